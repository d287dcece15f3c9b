"""A report's view cannot carry what a source says."""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.outputs import view as views
from guvoh.outputs.view import (
    FigureId,
    GapLine,
    ListLine,
    NotForAReport,
    ReportView,
    RestsOn,
    SourceLine,
    UnevenTable,
    letter,
)
from guvoh.records.base import Terms
from guvoh.values.languages import Language

SOURCE: dict[str, Any] = {
    "id": "src-a",
    "kind": "article",
    "language": Language.RU,
    "terms": Terms.PUBLIC,
    "published": "2024-03",
    "size": 12,
}
SAID = ("Alisher Karimov", "Алишер Каримов", "he was beaten", "Karimov", "о‘ғлим", "", "a\nb", "<b>", "karimov a.")


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("field", ["id", "kind", "published"])
def test_a_source_line_refuses_what_a_source_says(field: str, said: str) -> None:
    with pytest.raises(NotForAReport) as refused:
        SourceLine(**(SOURCE | {field: said}))
    assert not said or said not in str(refused.value)


def test_working_material_is_on_no_line() -> None:
    with pytest.raises(NotForAReport, match="working material is in no output"):
        SourceLine(**(SOURCE | {"terms": Terms.INTERNAL}))


@pytest.mark.parametrize("said", SAID)
def test_gaps_columns_and_labels_refuse_it_too(said: str) -> None:
    rests = RestsOn.of(["list-a.1"])
    with pytest.raises(NotForAReport):
        SourceLine(**SOURCE, gaps=(said,))
    with pytest.raises(NotForAReport):
        GapLine(field=said, missing=1, of=2)
    with pytest.raises(NotForAReport):
        ListLine(label="A", source="list-a", rows=1, people=1, columns=(said,), rests_on=rests)
    with pytest.raises(NotForAReport):
        ListLine(label=said, source="list-a", rows=1, people=1, columns=(), rests_on=rests)
    with pytest.raises(NotForAReport):
        RestsOn.of([said])


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("field", ["archive", "version", "linkage_run"])
def test_a_report_refuses_it_as_an_id(view: ReportView, field: str, said: str) -> None:
    changes: dict[str, Any] = {field: said}
    with pytest.raises(NotForAReport):
        replace(view, **changes)


def test_every_text_that_a_view_can_carry_is_checked() -> None:
    """A new field of plain text must be added here, and with it a check."""
    checked = {
        "RestsOn": {"first", "digest"},
        "SourceLine": {"id", "kind", "published", "gaps"},
        "GapLine": {"field"},
        "ListLine": {"label", "source", "columns"},
        "EstimateLine": {"lists"},  # must be labels of the lists
        "ReportView": {"archive", "version", "linkage_run"},
    }
    open_texts: dict[str, set[str]] = {}
    for name, struct in vars(views).items():
        if is_dataclass(struct) and getattr(struct, "__module__", "") == views.__name__ and name[0] != "_":
            texts = {field.name for field in fields(struct) if "str" in str(field.type) or "Digest" in str(field.type)}
            open_texts |= {name: texts} if texts else {}
    assert open_texts == checked


def test_vocabularies_are_closed() -> None:
    assert issubclass(FigureId, StrEnum)
    with pytest.raises(ValueError, match="salaries"):
        FigureId("salaries")


def test_what_a_figure_rests_on_is_abridged_to_first_ids_a_count_and_a_digest() -> None:
    rests = RestsOn.of(["m-4", "m-2", "m-3", "m-1", "m-2"])

    assert rests.count == 4
    assert rests.first == ("m-1", "m-2", "m-3")
    assert rests.digest == "sha256:" + sha256(b"m-1\nm-2\nm-3\nm-4\n").hexdigest()


def test_a_figure_may_rest_on_nothing() -> None:
    assert RestsOn.of([]) == RestsOn(count=0, first=(), digest=RestsOn.of([]).digest)


@given(st.lists(st.from_regex(r"[a-z0-9][a-z0-9.-]{0,9}", fullmatch=True), max_size=20))
@settings(max_examples=40)
def test_order_and_repetition_of_ids_make_no_difference(ids: list[str]) -> None:
    assert RestsOn.of(ids) == RestsOn.of(reversed(ids)) == RestsOn.of(ids + ids)


def test_lists_are_called_by_letters() -> None:
    assert [letter(n) for n in (0, 1, 25, 26, 27, 51, 52, 701)] == ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ"]


@pytest.mark.parametrize(
    "change",
    [
        {"overlaps": ((1,),)},
        {"overlaps": tuple((1, 2) for _ in range(5))},
        {"times_listed": (1, 2)},
        {"lists": ()},
    ],
)
def test_tables_that_do_not_fit_the_lists_are_refused(view: ReportView, change: dict[str, Any]) -> None:
    with pytest.raises(UnevenTable):
        replace(view, **change)


def test_an_estimate_names_lists_of_the_report_only(view: ReportView) -> None:
    stranger = replace(view.estimates[0], lists=("A", "Karimov"))
    with pytest.raises(UnevenTable, match="labels"):
        replace(view, estimates=(stranger,))


def test_two_lists_never_have_one_letter(view: ReportView) -> None:
    with pytest.raises(UnevenTable, match="labels"):
        replace(view, lists=(view.lists[0], *view.lists[:4]))


def test_a_report_has_a_day(view: ReportView) -> None:
    assert view.generated_on == date(2026, 11, 23)
