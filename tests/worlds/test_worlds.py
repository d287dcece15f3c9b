"""An invented world: the same again from the same seed, true to its own truth, and as untidy as lists are."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.worlds import Fate, NotWritten, Route, Sex, World, WorldTooSmall, invent, write
from guvoh.worlds.people import YOUNGEST
from guvoh.worlds.world import Spelling


@pytest.fixture(scope="module")
def world() -> World:
    return invent(2000, seed=7)


def digest(world: World) -> str:
    files = [*world.lists, *world.letters]
    return hashlib.sha256(repr((world.people, files)).encode()).hexdigest()


def chao(world: World) -> float:
    """Chao's lower bound from how often people are seen (1987, for a fixed number of occasions)."""
    times = Counter(len(names) for names, people in world.seen_on().items() for _ in range(people))
    occasions = len(world.lists)
    return world.seen() + (occasions - 1) / occasions * times[1] ** 2 / (2 * times[2])


def test_the_same_seed_gives_the_same_world_in_every_process() -> None:
    script = "from guvoh.worlds import invent; from test_worlds import digest; print(digest(invent(60, 5)))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }

    assert seen == {digest(invent(60, 5))}


def test_another_seed_gives_other_people() -> None:
    assert digest(invent(60, 5)) != digest(invent(60, 6))


def test_hard_spelling_changes_the_lists_and_neither_the_people_nor_the_letters() -> None:
    plain, hard = invent(300, 2), invent(300, 2, spelling="hard")

    assert plain.people == hard.people
    assert plain.letters == hard.letters
    assert all(one.content != other.content for one, other in zip(plain.lists, hard.lists, strict=True))


@settings(max_examples=15, deadline=None)
@given(st.integers(16, 90), st.integers(), st.sampled_from(["plain", "hard"]), st.floats(0, 1))
def test_every_world_knows_who_stands_where(people: int, seed: int, spelling: Spelling, duplicates: float) -> None:
    world = invent(people, seed, spelling, duplicates)

    assert [person.number for person in world.people] == list(range(people))
    for one in world.lists:
        assert set(one.truth) <= set(range(people))
        assert max(Counter(one.truth).values(), default=1) <= 2
    assert sum(world.seen_on().values()) == world.seen() <= people


def test_a_world_too_small_for_its_stories_is_refused() -> None:
    with pytest.raises(WorldTooSmall, match="ask for 16 or more"):
        invent(15)


def test_nobody_is_taken_as_a_child_or_dies_before_being_taken(world: World) -> None:
    for person in world.people:
        assert person.taken.year - person.born.year >= YOUNGEST
        assert person.captured_on is None or person.captured_on > person.taken
        assert person.died_on is None or person.died_on > (person.captured_on or person.taken)
        assert not (person.returned and person.died_on)
        assert person.taken < date(2025, 12, 31)


def test_women_are_few_and_come_from_womens_colonies(world: World) -> None:
    women = [person for person in world.people if person.sex is Sex.FEMALE]

    assert 0.01 < len(women) / len(world.people) < 0.06
    assert all(person.route is Route.PRISON for person in women)
    assert {person.colony[0] for person in women if person.colony} == {"ИК-12", "ИК-5"}


def test_only_those_recruited_in_prison_have_a_colony(world: World) -> None:
    assert all((person.colony is not None) == (person.route is Route.PRISON) for person in world.people)


def test_brothers_share_their_father_surname_and_home(world: World) -> None:
    families = Counter((one.people, one.father, one.stem, one.ending, one.region) for one in world.people)

    assert sum(1 for size in families.values() if size > 1) > 20


def test_the_dead_list_has_the_dead_and_the_prisoner_list_the_captured(world: World) -> None:
    lists = {one.name: one for one in world.lists}

    assert all(world.people[number].fate is Fate.KILLED for number in lists["deaths"].truth)
    assert all(world.people[number].captured_on for number in lists["captured"].truth)


def test_as_many_are_written_twice_as_was_asked_for() -> None:
    def twice(duplicates: float) -> float:
        counts = Counter(
            (one.name, number) for one in invent(1500, 3, duplicates=duplicates).lists for number in one.truth
        )
        return sum(1 for rows in counts.values() if rows == 2) / len(counts)

    assert twice(0) == 0
    assert twice(1) == 1
    assert 0.07 < twice(0.1) < 0.13


def test_a_second_row_of_the_same_person_is_often_written_differently() -> None:
    court = next(one for one in invent(1500, 4, duplicates=1).lists if one.name == "court")
    rows = court.content.decode(court.encoding).splitlines()[1:]
    spellings: dict[int, set[str]] = {}
    for number, row in zip(court.truth, rows, strict=True):
        spellings.setdefault(number, set()).add(row.split(";")[0])

    assert sum(len(names) == 2 for names in spellings.values()) > len(spellings) / 3


def test_prisoners_and_the_free_are_seen_by_different_lists(world: World) -> None:
    def share_of_prisoners(name: str) -> float:
        on = set(next(one for one in world.lists if one.name == name).truth)
        return sum(world.people[number].route is Route.PRISON for number in on) / len(on)

    assert share_of_prisoners("court") > 0.85
    assert share_of_prisoners("social") < 0.65


def test_a_lower_bound_on_the_unseen_comes_close_to_the_truth_and_stays_below_it() -> None:
    bounds = [chao(invent(2500, seed)) / 2500 for seed in range(6)]

    assert all(0.8 < bound < 1.05 for bound in bounds)
    assert sum(bounds) / len(bounds) < 1


def test_a_third_or_so_of_the_people_is_on_no_list(world: World) -> None:
    assert 0.2 < 1 - world.seen() / len(world.people) < 0.45


def test_a_world_on_disk_is_its_files_and_the_truth_about_them(world: World, tmp_path: Path) -> None:
    small = invent(80, 9)
    write(small, tmp_path / "world")

    for folder, files in (("lists", small.lists), ("texts", small.letters)):
        written = {path.name: path.read_bytes() for path in (tmp_path / "world" / folder).iterdir()}
        assert written == {file.filename: file.content for file in files}
    truth = json.loads((tmp_path / "world" / "truth.json").read_text(encoding="utf-8"))
    assert len(truth["people"]) == 80
    assert truth["seen"] == small.seen()
    assert truth["lists"]["court.csv"]["rows"] == list(small.lists[1].truth)
    assert truth["texts"]["otkrytoe-pismo.txt"]["copy_of"] == "ochiq-xat.txt"
    assert truth["people"][0]["died_on"] == "2023-05-21"


def test_a_folder_that_is_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("here already")

    with pytest.raises(NotWritten, match="taken"):
        write(invent(16), tmp_path / "taken")
