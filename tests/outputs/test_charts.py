"""Pictures of counts: well-formed, self-contained, and readable without seeing them."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.outputs.charts import UnevenPicture, Whisker, bars, interval, overlap

HOSTILE = "<script>alert(1)</script> \"&' ]]> \x00\x1b onload="
NAMES = ("List A", "Рўйхат Б", "Ro‘yxat D")
SHARED = ((120, 30, 4), (30, 80, 12), (4, 12, 40))


def drawn(label: str = "List A") -> dict[str, str]:
    """Draw one picture of each kind."""
    return {
        "bars": bars(label, [(label, 12), ("қамоқхона рўйхати", 0)], "people"),
        "overlap": overlap(label, (label, *NAMES[1:]), SHARED),
        "interval": interval(
            label,
            938,
            [
                Whisker(label=label, estimate=1617.2, lower=1487.0, upper=1778.0, lower_bound=True),
                Whisker(label="two lists", estimate=None, lower=None, upper=None),
            ],
        ),
    }


def texts(picture: str) -> list[str]:
    """Read what is written in a picture."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(picture).iter("text")]


def described(picture: str) -> str:
    return ElementTree.fromstring(picture).findtext("desc") or ""


@pytest.mark.parametrize("kind", ["bars", "overlap", "interval"])
def test_a_picture_is_well_formed_and_named_for_those_who_hear_it(kind: str) -> None:
    root = ElementTree.fromstring(drawn()[kind])
    ids = [node.get("id") for node in root if node.tag in ("title", "desc")]

    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == ids
    assert root.findtext("title") == "List A"
    assert re.fullmatch(r"0 0 \d+ \d+", root.get("viewBox", ""))


@pytest.mark.parametrize("kind", ["bars", "overlap", "interval"])
def test_a_picture_refers_to_nothing_and_runs_nothing(kind: str) -> None:
    every = list(ElementTree.fromstring(drawn(HOSTILE)[kind]).iter())

    assert {node.tag for node in every} <= {"svg", "title", "desc", "text", "rect", "line", "path", "circle"}
    assert not {name for node in every for name in node.attrib if "href" in name or "src" in name or name[:2] == "on"}
    assert not any("url(" in value or "//" in value for node in every for value in node.attrib.values())


@pytest.mark.parametrize("kind", ["bars", "overlap", "interval"])
def test_markup_in_a_label_is_shown_and_not_obeyed(kind: str) -> None:
    picture = drawn(HOSTILE)[kind]

    assert "<script" not in picture
    assert (ElementTree.fromstring(picture).findtext("title") or "").startswith("<script>alert(1)</script> \"&' ]]>")


@pytest.mark.parametrize("kind", ["bars", "overlap", "interval"])
def test_nothing_is_drawn_outside_the_view(kind: str) -> None:
    root = ElementTree.fromstring(drawn()[kind])
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for node in root.iter("rect"):
        assert 0 <= float(node.get("x", "")) <= float(node.get("x", "")) + float(node.get("width", "")) <= width
        assert 0 <= float(node.get("y", "")) <= float(node.get("y", "")) + float(node.get("height", "")) <= height
    for node in root.iter("text"):
        assert 0 <= float(node.get("x", "")) <= width
        assert 0 < float(node.get("y", "")) < height


def test_bars_are_as_long_as_their_values_and_say_them() -> None:
    picture = bars("People by list", [("A", 400), ("B", 100), ("C", 0)], "people")
    lengths = [float(node.get("width", "")) for node in ElementTree.fromstring(picture).iter("rect")]

    assert lengths[0] == pytest.approx(4 * lengths[1], abs=0.5)
    assert lengths[2] == 0
    assert texts(picture) == ["A", "400", "B", "100", "C", "0"]
    assert described(picture) == "A: 400 people; B: 100 people; C: 0 people"


def test_no_rows_are_a_picture_too() -> None:
    assert described(bars("Nothing", [], "people")) == "No people."
    assert described(overlap("Nothing", [], [])).startswith("People shared by pairs of lists")
    assert "No estimate" in described(interval("Nothing", 0, []))


def test_a_long_label_is_broken_and_then_cut() -> None:
    picture = bars("Title", [("слово " * 40, 3)], "people")
    lines = texts(picture)[:-1]

    assert len(lines) == 3
    assert all(len(line) <= 32 for line in lines)
    assert lines[-1].endswith("…")
    assert "слово " * 39 in described(picture)


def test_an_overlap_is_measured_by_the_smaller_list() -> None:
    picture = overlap("Overlaps", NAMES, SHARED)
    fills = [node.get("fill") for node in ElementTree.fromstring(picture).iter("rect")]

    # Row by row: A; A and B, B; A and C, B and C, C. Whole lists stay white.
    assert fills == ["#fff", "#cccccc", "#fff", "#e6e6e6", "#cccccc", "#fff"]
    assert "List A and Рўйхат Б share 30, 38% of the smaller" in described(picture)
    assert texts(picture).count("in all") == 3


def test_a_list_inside_another_is_darkest_and_its_letters_are_white() -> None:
    root = ElementTree.fromstring(overlap("Overlaps", ("A", "B"), ((90, 10), (10, 10))))
    assert [node.get("fill") for node in root.iter("rect")][1] == "#5a5a5a"
    assert {node.get("fill") for node in root.iter("text") if node.text in ("100%",)} == {"#fff"}


def test_an_empty_list_shares_nothing_with_anybody() -> None:
    assert "A and B share 0, 0% of the smaller" in described(overlap("Overlaps", ("A", "B"), ((9, 0), (0, 0))))


@pytest.mark.parametrize("matrix", [((1,),), ((1, 0), (0,)), ()])
def test_a_table_that_does_not_fit_its_names_is_refused(matrix: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(UnevenPicture, match="2 lists"):
        overlap("Overlaps", ("A", "B"), matrix)


def test_an_estimate_stands_right_of_what_was_seen_inside_its_whisker() -> None:
    one = Whisker(label="Two lists", estimate=1600.0, lower=1400.0, upper=2000.0)
    root = ElementTree.fromstring(interval("Estimates", 900, [one]))
    (dot,) = [float(node.get("cx", "")) for node in root.iter("circle")]
    (seen,) = [float(node.get("x1", "")) for node in root.iter("line") if node.get("stroke-dasharray")]
    whiskers = [node for node in root.iter("line") if node.get("y1") == node.get("y2") == "71.0"]
    (low, high) = (float(whiskers[0].get("x1", "")), float(whiskers[0].get("x2", "")))

    assert seen < low < dot < high
    assert (dot - seen) / (high - seen) == pytest.approx(700 / 1100, abs=0.01)


def test_a_refusal_has_a_row_and_no_dot() -> None:
    picture = interval("Estimates", 90, [Whisker(label="Two lists", estimate=None, lower=None, upper=None)])
    assert "Two lists: no number, see its reason" in texts(picture)
    assert not list(ElementTree.fromstring(picture).iter("circle"))


def test_a_whisker_of_a_million_does_not_press_the_others_together() -> None:
    wild = Whisker(label="wild", estimate=900.0, lower=300.0, upper=1_000_000.0)
    picture = interval("Estimates", 200, [wild])

    assert "1,000,000" not in [text for text in texts(picture) if ":" not in text]
    assert "wild: 900 (300 to 1,000,000)" in texts(picture)
    assert "fill" in next(ElementTree.fromstring(picture).iter("path")).attrib


numbers = st.integers(0, 10**9)


@given(st.lists(st.tuples(st.text(max_size=60), numbers), max_size=6), st.text(max_size=30))
@settings(max_examples=50)
def test_any_text_gives_well_formed_bars(rows: list[tuple[str, int]], title: str) -> None:
    picture = bars(title, rows, "people")
    assert sum(1 for _ in ElementTree.fromstring(picture).iter("rect")) == len(rows)


@given(numbers, st.lists(st.tuples(numbers, numbers, numbers), max_size=5))
@settings(max_examples=50)
def test_any_estimates_are_drawn_inside_the_view(seen: int, rows: list[tuple[int, int, int]]) -> None:
    whiskers = [
        Whisker(label="x", estimate=float(estimate), lower=float(lower), upper=float(upper))
        for lower, estimate, upper in map(sorted, rows)
    ]
    root = ElementTree.fromstring(interval("Estimates", seen, whiskers))
    edges: list[Callable[[ElementTree.Element], str | None]] = [lambda n: n.get("x1"), lambda n: n.get("x2")]

    assert all(0 <= float(edge(node) or "nan") <= 680 for node in root.iter("line") for edge in edges)
    assert all(6 <= float(node.get("cx", "")) <= 674 for node in root.iter("circle"))
