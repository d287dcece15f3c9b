"""The invented articles and letters: what languages they are in, whom they name, which are copies."""

import html
import re
from difflib import SequenceMatcher
from random import Random

import pytest
from names_by_ear import skeleton

from guvoh.worlds import TextFile, World, invent
from guvoh.worlds.people import Fate
from guvoh.worlds.spelling import Hand
from guvoh.worlds.texts import CAST, tell


@pytest.fixture(scope="module")
def world() -> World:
    return invent(100, seed=21)


def text_of(one: TextFile) -> str:
    return one.content.decode(one.encoding)


def words_of(one: TextFile) -> list[str]:
    """The words a reader sees."""
    text = text_of(one)
    if one.filename.endswith(".html"):
        text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", text)
    return re.findall(r"\w[\w'’ʻ-]*", html.unescape(text))


def by_name(world: World) -> dict[str, TextFile]:
    return {one.filename: one for one in world.letters}


def test_there_are_texts_in_every_language_and_uzbek_in_both_scripts(world: World) -> None:
    assert {one.language for one in world.letters} == {"en", "ru", "uz-Latn", "uz-Cyrl", "ky", "tg"}


def test_there_are_articles_letters_an_open_letter_and_a_denial(world: World) -> None:
    kinds = [one.kind for one in world.letters]

    assert set(kinds) == {"article", "letter", "open letter", "statement"}
    assert kinds.count("letter") >= 3
    statement = next(one for one in world.letters if one.kind == "statement")
    assert "не соответствуют действительности" in text_of(statement)
    assert statement.persons == ()


def test_a_text_is_short_and_filled_in(world: World) -> None:
    for one in world.letters:
        assert 60 <= len(words_of(one)) <= 330, one.filename
        assert "[[" not in text_of(one)
        assert "]]" not in text_of(one).replace("]]>", "")


def test_one_russian_letter_is_in_windows_1251_and_all_else_in_utf_8(world: World) -> None:
    assert [one.filename for one in world.letters if one.encoding != "utf-8"] == ["pismo-materi.txt"]
    with pytest.raises(UnicodeDecodeError):
        by_name(world)["pismo-materi.txt"].content.decode("utf-8")


def test_saved_pages_have_the_clutter_of_pages(world: World) -> None:
    pages = [one for one in world.letters if one.filename.endswith(".html")]

    assert len(pages) >= 3
    for page in pages:
        text = text_of(page)
        assert "<script" in text
        assert "href=" in text
        assert page.title is not None
        assert page.title in html.unescape(text)
        assert page.published is not None
        assert page.published in text


def test_what_a_text_is_said_to_state_it_states(world: World) -> None:
    for one in world.letters:
        for stated in (one.title, one.publisher, one.author):
            assert stated is None or stated in html.unescape(text_of(one)), one.filename
        assert one.published is not None
        assert one.published[:4] in text_of(one)


def test_copies_name_their_originals_and_every_chain_ends_at_a_text_that_copies_nothing(world: World) -> None:
    texts = by_name(world)
    copies = [one for one in world.letters if one.copy_of is not None]

    assert len(copies) >= 4
    assert {one.relation for one in copies} == {"translation", "shortened", "rewrite", "reprint"}
    for copy in copies:
        seen = {copy.filename}
        while copy.copy_of is not None:
            original = texts[copy.copy_of]
            assert original.filename not in seen
            assert original.published is not None
            assert copy.published is not None
            assert original.published <= copy.published
            assert set(copy.persons) <= set(original.persons)
            seen.add(original.filename)
            copy = original


def test_a_reprint_repeats_the_words_of_its_original(world: World) -> None:
    texts = by_name(world)
    for copy in (one for one in world.letters if one.relation == "reprint"):
        assert copy.copy_of is not None
        matcher = SequenceMatcher(None, words_of(texts[copy.copy_of]), words_of(copy), autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        assert same / len(words_of(texts[copy.copy_of])) > 0.75


def test_every_person_a_text_names_is_found_in_it_by_ear(world: World) -> None:
    for one in world.letters:
        heard = {skeleton(word) for word in words_of(one)}
        for number in one.persons:
            person = world.people[number]
            given = skeleton(person.given)
            assert any(SequenceMatcher(None, given, word).ratio() > 0.6 for word in heard), (one.filename, number)


def test_what_the_texts_tell_is_true_of_the_people_they_name(world: World) -> None:
    for person, facts in zip(world.people, CAST.values(), strict=False):
        assert person.people == facts["people"]
        assert person.region.en == facts["region"]
        assert person.born == facts["born"]
        assert person.taken == facts["taken"]
        assert person.route == facts["route"]
        assert (person.fate is Fate.KILLED) == ("died_on" in facts)


def test_every_member_of_the_cast_is_named_somewhere(world: World) -> None:
    assert {number for one in world.letters for number in one.persons} == set(range(len(CAST)))


def test_one_person_is_spelled_differently_by_different_outlets() -> None:
    spellings = set()
    for seed in range(12):
        people = invent(16, seed).people
        texts = {one.filename: one for one in tell(people, lambda name: Hand(rng=Random(name), habit=0.3))}
        original = text_of(texts["orchard-wire-two-coffins.txt"]).split()
        reprint = text_of(texts["news-basket-two-coffins.html"])
        names = [word for word in original if word.endswith(("v,", "va,", "w,"))]
        spellings.add(all(name in reprint for name in names))

    assert spellings == {True, False}


def test_no_text_points_to_a_real_site() -> None:
    hosts = {host for one in invent(16).letters for host in re.findall(r"https?://([^/\"]+)", text_of(one))}

    assert hosts - {"schema.org"}
    assert all(host.endswith(".example") for host in hosts - {"schema.org"})
