"""The report: one page, self-contained, whole, and silent about persons."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from guvoh.estimation.two_lists import chapman
from guvoh.outputs.report import CONFIRMATION, FIGURES, TERMS, UNITS, WHY, render
from guvoh.outputs.view import (
    Confirmation,
    EstimateLine,
    FigureId,
    ReportView,
    RestsOn,
    Unit,
    Why,
)
from guvoh.records.base import Terms

VOID = {"meta", "br"}
SECTIONS = [
    "What this is",
    "Summary",
    "Sources",
    "Lists",
    "Overlaps",
    "Estimates",
    "What was left out",
    "Definitions",
    "Annex A. Sources",
    "Annex B. What each figure rests on",
]


class Page(HTMLParser):
    """Reads a page: is every element closed in order, which are there, and what do they say."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.headings: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "h2":
            self.headings.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words.append(data)
        if self.open and self.open[-1] == "h2":
            self.headings[-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_is_balanced_and_has_every_section(view: ReportView) -> None:
    page = Page(render(view))
    assert page.headings == SECTIONS
    assert dict(page.seen)["html"] == {"lang": "en"}
    assert [tag for tag, _ in page.seen].count("h1") == 1


def test_an_empty_archive_has_a_report_with_every_section(empty: ReportView) -> None:
    page = Page(render(empty))
    assert page.headings == SECTIONS
    for said in ("There are no sources", "There are no lists", "No estimate was made", "Nothing was left out"):
        assert said in page.text


def test_nothing_on_the_page_reaches_outside_it(view: ReportView) -> None:
    html = render(view)
    page = Page(html)

    for tag, attrs in page.seen:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "image", "use"}
        assert not [name for name in attrs if name in {"href", "src", "srcset", "action", "data"} or name[:2] == "on"]
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", html, re.IGNORECASE)


def test_the_policy_forbids_everything_but_its_own_style(view: ReportView) -> None:
    policies = [attrs["content"] for tag, attrs in Page(render(view)).seen if attrs.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert not [attrs for _, attrs in Page(render(view)).seen if "style" in attrs]


def test_the_page_says_when_from_what_and_how_far_confirmed(view: ReportView) -> None:
    text = Page(render(view)).text
    for said in ("23 November 2026", "ar-k3v7m2xq5t", "Guvoh 0.1.0", "run-5txq2mk7v3"):
        assert said in text
    assert "Confirmation level: as reported, unverified" in text


def test_every_figure_stands_with_the_records_behind_it(view: ReportView) -> None:
    text = Page(render(view)).text
    for figure in view.figures:
        assert f"{FIGURES[figure.id][0]} rests on {figure.rests_on.count:,} record" in text
        assert f"{figure.value:,}" in text
    every = [one.rests_on for one in view.figures]
    every += [one.rests_on for one in view.lists] + [one.rests_on for one in view.estimates]
    assert all(rests.digest in text and rests.first[0] in text for rests in every)


def test_gaps_are_named_with_their_size_and_closed_ones_are_not(view: ReportView) -> None:
    text = Page(render(view)).text
    assert "published: not recorded in 4 of 13" in text
    assert "author: not recorded in 7 of 13" in text
    assert "capture: not recorded" not in text


def test_every_source_is_listed_with_what_could_not_be_found(view: ReportView) -> None:
    text = Page(render(view)).text
    assert "src-a7qk2m article Russian public not recorded published and author 4 kB" in text
    assert "src-g7qk2m not recorded Tajik by consent not recorded published and author 10 kB" in text
    assert "src-h7qk2m official statement not recorded by consent 2024-08 author 11 kB" in text
    assert all(source.id in text for source in view.sources)


def test_lists_and_overlaps_are_printed_as_tables_beside_their_pictures(view: ReportView) -> None:
    text = Page(render(view)).text
    assert "List A list-1 431 422 name, birth and origin" in text
    assert "List B 99 395 57 38 15" in text
    assert "exactly 2 lists 232" in text


def test_each_picture_is_well_formed_and_has_ids_of_its_own(view: ReportView) -> None:
    pictures = re.findall(r"<svg.*?</svg>", render(view), re.DOTALL)
    ids = [node.get("id") for one in pictures for node in ElementTree.fromstring(one).iter() if node.get("id")]

    assert len(pictures) == 4
    assert len(set(ids)) == len(ids) == 8


def test_each_method_prints_its_assumptions_once_and_its_warnings_with_their_lists(view: ReportView) -> None:
    text = Page(render(view)).text
    for line in view.estimates:
        for said in line.estimate.assumptions:
            assert text.count(said) == 1
        assert line.estimate.data_digest in text
    warned = text.index("Only 5 people are on both lists")
    assert text.index("Lists D and E: about") < warned < text.index("Lists C and E: no number")


def test_a_refused_estimate_says_why(view: ReportView) -> None:
    assert "Lists C and E: no number, because nobody is on both lists" in Page(render(view)).text


def test_an_estimate_below_what_was_seen_is_called_doubtful(view: ReportView) -> None:
    low = EstimateLine(lists=("A", "B"), estimate=chapman(40, 30, 10), rests_on=RestsOn.of(["list-1.1"]))
    assert "This is below the 938 people who are on the lists" in Page(render(replace(view, estimates=(low,)))).text
    assert "This is below" not in Page(render(view)).text


def test_what_was_left_out_has_a_number_a_unit_and_a_reason(view: ReportView) -> None:
    text = Page(render(view)).text
    assert "4 mentions A group described together" in text
    assert "1 source Consent to this use was not asked for" in text


@pytest.mark.parametrize(
    ("vocabulary", "words"),
    [(FigureId, FIGURES), (Why, WHY), (Unit, UNITS), (Confirmation, CONFIRMATION)],
)
def test_every_term_of_the_view_has_words(vocabulary: type, words: dict[str, object]) -> None:
    assert set(words) == set(vocabulary)  # type: ignore[call-overload]


def test_every_term_of_use_that_may_leave_has_words() -> None:
    assert set(TERMS) == set(Terms) - {Terms.INTERNAL}


def test_tables_have_headings_for_those_who_hear_them(view: ReportView) -> None:
    page = Page(render(view))
    assert all(attrs.get("scope") in {"col", "row"} for tag, attrs in page.seen if tag == "th")


def test_markup_in_an_estimates_words_is_shown_and_not_obeyed(view: ReportView) -> None:
    estimate = replace(
        view.estimates[1].estimate,
        method="<b>x</b>",
        assumptions=("<script>a</script>",),
        warnings=("<i>w</i>",),
        references=("<u>r</u>",),
        settings={"<s>": "<q>"},
    )
    html = render(replace(view, estimates=(replace(view.estimates[1], estimate=estimate),)))

    assert not re.search(r"<(b|i|u|s|q|script)>", html)
    assert "<script>a</script>" in Page(html).text


def test_one_view_always_gives_one_page(view: ReportView) -> None:
    assert render(view) == render(view)
