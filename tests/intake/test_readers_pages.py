"""Saved web pages, with all that news sites put around an article."""

import time

import pytest
from reading import Reading

from guvoh.intake.found import Gap, Kind, Note, Unreadable, Why
from guvoh.intake.readers import shapes
from guvoh.intake.readers.articles import told_by
from guvoh.values.languages import Language

PARAGRAPH = (
    "The mother said that her son was taken from the colony in spring and has not called since. She wrote to the "
    "prosecutor, to the embassy and to the president, and nobody has answered any of her letters so far."
)
HEAD = """
<meta charset="utf-8"><title>Taken in spring | The Invented Herald</title>
<meta property="og:title" content="Taken in spring"><meta property="og:site_name" content="The Invented Herald">
<meta name="author" content="Zarina Qodirova"><link rel="canonical" href="https://herald.example/2023/taken">
<meta property="article:published_time" content="2023-04-05T10:00:00+05:00">
"""
CLUTTER_BEFORE = """
<div class="cookie-banner"><p>We use cookies to make this site better. Do you accept them all?</p></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<script>document.write("<p>written by a script</p>")</script><style>p { color: red }</style>
<noscript>Please switch on scripts</noscript>
"""
CLUTTER_AFTER = """
<aside><p>Most read this week: ten recipes for plov</p></aside>
<section class="comments"><p>first comment: I do not believe a word</p></section>
<div class="related-links"><p>Read also: another sad story</p></div>
<footer><p>All rights reserved</p></footer>
"""


def page(article: str, head: str = HEAD, before: str = CLUTTER_BEFORE, after: str = CLUTTER_AFTER) -> str:
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{before}{article}{after}</body></html>'


ARTICLE = f"<article><h1>Taken in spring</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH}</p><p>The end.</p></article>"


def test_a_page_tells_what_it_is() -> None:
    item = Reading(page(ARTICLE).encode(), ".html").item

    assert item.kind is Kind.HTML
    assert item.title == "Taken in spring"
    assert item.publisher == "The Invented Herald"
    assert item.author == "Zarina Qodirova"
    assert item.published == "2023-04-05"
    assert item.url == "https://herald.example/2023/taken"
    assert item.language is Language.EN
    assert item.gaps == []
    assert item.notes == []


@pytest.mark.parametrize(
    "article",
    [
        ARTICLE,
        ARTICLE.replace("article>", "main>"),
        ARTICLE.replace("<article>", '<div class="wrap with-sidebar"><div>').replace("</article>", "</div></div>"),
        ARTICLE.replace("</p>", "").replace("</article>", "</article>"),
    ],
    ids=["article", "main", "divs", "unclosed"],
)
def test_the_words_of_the_article_are_kept_in_order_and_the_clutter_is_not(article: str) -> None:
    text = Reading(page(article).encode(), ".html").item.text

    assert text == f"Taken in spring\n\n{PARAGRAPH}\n\n{PARAGRAPH}\n\nThe end.", "a repeated paragraph stays"


def test_blocks_are_lines_and_what_is_inline_is_not() -> None:
    article = f"<article><p>{PARAGRAPH}</p><ul><li>on<b>e</b></li><li>two</li></ul>one<br>line  more</article>"

    text = Reading(page(article).encode()).item.text

    assert text.removeprefix(PARAGRAPH) == "\n\none\ntwo\none\nline more"


def test_scripts_are_never_run_and_never_read() -> None:
    text = Reading(page(ARTICLE).encode()).item.text

    assert "written by a script" not in text
    assert "color" not in text


def test_json_ld_tells_what_the_head_does_not() -> None:
    head = """<title>x</title><script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
        {"@type": "WebSite", "name": "no article"},
        {"@type": ["NewsArticle"], "headline": "From JSON", "datePublished": "2023-04-06", "dateModified": "2024-01-01",
         "author": [{"@type": "Person", "name": "Olim Sodiqov"}, {"name": "Anna Test"}],
         "publisher": {"@type": "Organization", "name": "The Invented Herald"}, "url": "https://herald.example/1"}]}
    </script><script type="application/ld+json">{"broken": </script>"""

    item = Reading(page(ARTICLE, head).encode()).item

    assert (item.title, item.published, item.author) == ("From JSON", "2023-04-06", "Olim Sodiqov, Anna Test")
    assert (item.publisher, item.url) == ("The Invented Herald", "https://herald.example/1")


def test_what_a_page_does_not_state_is_a_gap_and_no_date_is_taken_from_words_or_addresses() -> None:
    head = '<title>Taken in spring</title><link rel="canonical" href="https://herald.example/2021/02/03/taken">'
    article = ARTICLE.replace("The end.", "On 5 March 2022 she wrote again. Updated 2024-01-02. Copyright 2020")

    item = Reading(page(article, head).encode()).item

    assert item.published is None
    assert set(item.gaps) == {Gap.PUBLISHER, Gap.PUBLISHED, Gap.AUTHOR}


def test_one_time_element_of_the_article_is_its_date_and_several_are_none() -> None:
    one = ARTICLE.replace("<p>", '<time datetime="2023-04-05T08:00">5 April</time><p>', 1)
    other = '<div class="related"><time datetime="2020-01-02">old</time></div></article>'

    assert Reading(page(one.replace("</article>", other), "").encode()).item.published == "2023-04-05"
    two = one.replace("<p>", '<time datetime="2022-04-05">a</time><p>', 1)
    assert Reading(page(two, "").encode()).item.published is None


@pytest.mark.parametrize(
    ("value", "published"),
    [("5 апреля 2023", "2023-04-05"), ("2023-04", "2023-04"), ("2023-02-31", None), ("yesterday", None)],
)
def test_a_stated_date_is_as_wide_as_it_is_stated(value: str, published: str | None) -> None:
    head = f'<meta property="article:published_time" content="{value}">'

    assert Reading(page(ARTICLE, head).encode()).item.published == published


RUSSIAN = "Мать узнала, что её сына увезли из колонии весной, и с тех пор он не звонил. " * 4


@pytest.mark.parametrize(
    ("encoding", "declared", "notes"),
    [
        ("cp1251", "windows-1251", []),
        ("koi8-r", "koi8-r", []),
        ("utf-8", "windows-1251", []),
        ("cp1251", "utf-8", [Note.WRONG_CHARSET, Note.GUESSED_ENCODING]),
        ("cp1251", "no-such", [Note.GUESSED_ENCODING]),
        ("utf-16", "utf-8", []),
    ],
)
def test_the_encoding_is_what_fits_whatever_the_page_declares(encoding: str, declared: str, notes: list[Note]) -> None:
    raw = page(f"<article><p>{RUSSIAN}</p></article>", f'<meta charset="{declared}">').encode(encoding)

    item = Reading(raw, ".html").item

    assert item.text == RUSSIAN.strip()
    assert item.language is Language.RU
    assert [note for note in item.notes if note is not Note.NO_ARTICLE] == notes


def test_fifty_megabytes_of_junk_end_soon_and_it_is_said() -> None:
    junk = "<div class=x>junk <b>junk</b></div>" * (50 * 1024 * 1024 // 35)
    started = time.monotonic()

    item = Reading(page(ARTICLE + junk).encode(), ".html").item

    assert time.monotonic() - started < 30
    assert Note.TRUNCATED_HTML in item.notes
    assert item.title == "Taken in spring"
    assert item.text.startswith("Taken in spring\n\n" + PARAGRAPH)


def test_pictures_and_scripts_inside_a_large_page_cost_no_words() -> None:
    picture = '<img src="data:image/png;base64,' + "A" * (6 << 20) + '">'
    script = "<script>" + "var x = 1;" * 400_000 + "</script>"

    item = Reading(page(ARTICLE, before=CLUTTER_BEFORE + picture + script).encode(), ".html").item

    assert item.text.endswith("The end.")
    assert Note.TRUNCATED_HTML not in item.notes


@pytest.mark.parametrize("junk", ["<div>" * 20_000, "<p>word " * 20_000, "<b><i>" * 10_000, "</p></div>" * 10_000])
def test_broken_nesting_does_no_harm(junk: str) -> None:
    item = Reading(f"<html><body>{junk}{ARTICLE}".encode(), ".html").item

    assert PARAGRAPH in item.text


def test_a_page_without_an_article_is_taken_whole_and_it_is_said() -> None:
    item = Reading(b"<html><body><div>Only a line</div></body></html>").item

    assert item.text == "Only a line"
    assert Note.NO_ARTICLE in item.notes


@pytest.mark.parametrize("raw", [b"<html></html>", b"<!DOCTYPE html>", b"<html><script>alert(1)</script></html>"])
def test_a_page_without_words_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        Reading(raw, ".html")
    assert refused.value.code is Why.EMPTY


def test_a_page_under_another_suffix_is_a_page() -> None:
    assert Reading(page(ARTICLE).encode(), ".txt").item.kind is Kind.HTML
    assert Reading(page(ARTICLE).encode(), ".csv").item.kind is Kind.HTML
    assert not shapes.looks_like_page(b"Dear all, the <html> tag")


def test_the_library_that_helps_raises_nothing_on_garbage() -> None:
    assert told_by("").title is None
    assert told_by("<" * 1000).author is None
