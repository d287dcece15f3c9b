"""The table of fields: it knows every kind and every field there is, and what it does not know does not leave."""

from __future__ import annotations

from typing import Any

import pytest

from guvoh.outputs.fields import FIELDS, LEAVES, PARTS, Level, Sort
from guvoh.outputs.gate import Exit, Gate, Item, Why
from guvoh.records.base import Terms
from guvoh.records.codec import KINDS
from guvoh.records.people import EVENTS

FIELDS_OF = {str(kind.__struct_config__.tag): set(kind.__struct_fields__) for kind in KINDS}
CANARY = "Saodat"
EXITS = (
    Exit(level=Level.COUNSEL, recipient="Advocate Vera"),
    Exit(level=Level.ANNEX, recipient="Advocate Vera"),
    Exit(level=Level.UN, recipient="a special rapporteur", body="special-procedures"),
    Exit(level=Level.TRACING, recipient="the search project"),
    Exit(level=Level.ANONYMOUS),
)
LEVELS = [one.level.value for one in EXITS]


class _Yes:
    """What everybody allows, of whom nothing is known but that."""

    allowed, consents = True, ()

    def may_show(self, mention: str) -> _Yes:
        return self

    def may(self, scope: Any, mention: str, **more: Any) -> _Yes:
        return self


def ask(exit_: Exit, kind: str, fields: dict[str, Any]) -> Any:
    everything_allowed: Any = lambda mention: _Yes()  # noqa: E731
    asked = Item(kind=kind, id="r-1", terms=Terms.PUBLIC, about=("m-1",), fields=fields)
    return Gate(exit_, everything_allowed).ask(asked)


def test_the_table_names_every_kind_of_record_and_no_other() -> None:
    assert FIELDS.keys() == FIELDS_OF.keys()


@pytest.mark.parametrize("kind", sorted(FIELDS_OF))
def test_the_table_names_every_field_of_a_kind_and_no_other(kind: str) -> None:
    assert FIELDS[kind].keys() == FIELDS_OF[kind]


def test_every_event_that_a_list_may_date_has_a_sort() -> None:
    assert PARTS["dates"].keys() == EVENTS


def test_each_field_that_holds_terms_has_a_table_of_them() -> None:
    fields = {name for known in FIELDS.values() for name, sort in known.items() if sort is Sort.PARTS}
    assert fields == PARTS.keys()
    assert all(sort is not Sort.PARTS for terms in PARTS.values() for sort in terms.values())


def test_what_is_for_members_only_leaves_at_no_level() -> None:
    assert LEAVES.keys() == set(Level)
    assert [level for level, sorts in LEAVES.items() if Sort.OURS in sorts] == [Level.INTERNAL]


def test_below_counsel_neither_words_nor_custody_nor_what_incriminates_leave_by_the_table() -> None:
    kept = {Sort.WORDS, Sort.CUSTODY, Sort.INCRIMINATING, Sort.OURS}
    assert not {level for level, sorts in LEAVES.items() if sorts & kept} - {Level.INTERNAL, Level.COUNSEL}


def test_nothing_that_names_anybody_leaves_anonymously_by_the_table() -> None:
    assert LEAVES[Level.ANONYMOUS] == {Sort.OPEN, Sort.CODE, Sort.DATE}


@pytest.mark.parametrize("exit_", EXITS, ids=LEVELS)
def test_a_new_kind_of_record_leaves_nowhere(exit_: Exit) -> None:
    passed = ask(exit_, "photograph", {"id": "r-1", "name": CANARY, "code": "CO_BEATING"})
    assert passed.values == {}
    assert [(one.field, one.why) for one in passed.withheld] == [("", Why.UNKNOWN_KIND)]


@pytest.mark.parametrize("exit_", EXITS, ids=LEVELS)
@pytest.mark.parametrize("kind", sorted(FIELDS_OF))
def test_a_new_field_of_a_known_kind_leaves_nowhere(exit_: Exit, kind: str) -> None:
    code = {"code": "FA_NOCONTACT"} if "code" in FIELDS_OF[kind] else {}
    passed = ask(exit_, kind, {"id": "r-1", "nickname": CANARY, **code})
    assert "nickname" not in passed.values
    whole_record = [one.why for one in passed.withheld if one.field == ""]
    assert whole_record or Why.UNKNOWN_FIELD in [one.why for one in passed.withheld if one.field == "nickname"]


@pytest.mark.parametrize("exit_", EXITS[1:], ids=LEVELS[1:])
@pytest.mark.parametrize(("kind", "field"), [("statement", "attributes"), ("mention", "dates")])
def test_a_new_term_of_a_field_leaves_in_the_counsel_file_alone(exit_: Exit, kind: str, field: str) -> None:
    fields = {"id": "r-1", field: {"nickname": CANARY}}
    assert ask(EXITS[0], kind, fields).values[field] == {"nickname": CANARY}
    passed = ask(exit_, kind, fields)
    assert field not in passed.values
    assert passed.withheld


@pytest.mark.parametrize("exit_", EXITS, ids=LEVELS)
def test_on_ones_own_screen_alone_what_is_not_known_is_shown(exit_: Exit) -> None:
    fields = {"id": "r-1", "nickname": CANARY}
    assert ask(Exit(level=Level.INTERNAL), "mention", fields).values["nickname"] == CANARY
    assert CANARY not in str(ask(exit_, "mention", fields).values)
