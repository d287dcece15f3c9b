"""The gate: what is not on its short list does not leave, whatever it is called and whatever is in it."""

import ast
import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.casebook import leaving
from guvoh.outputs.fields import Level
from guvoh.outputs.gate import countable, passed
from guvoh.records.base import Terms
from guvoh.records.codec import KINDS
from guvoh.records.people import Mention
from guvoh.records.sources import Source

CANARY = "Саодат Зулфиқорова"
MAY_LEAVE = frozenset(
    {
        "id",
        "source",
        "form",
        "kind",
        "terms",
        "language",
        "published",
        "size",
        "rows",
        "row",
        "columns",
        "gaps",
        "digest",
    }
)
"""Written down here a second time on purpose: a longer list is a decision, and changes this test."""
NAMES_OF_FIELDS = sorted({field for kind in KINDS for field in kind.__struct_fields__})

field_names = st.one_of(st.sampled_from(NAMES_OF_FIELDS), st.text(max_size=12))
canaries = st.sampled_from([CANARY, [CANARY], (CANARY,), {"name": CANARY}, {CANARY: 1}, f"s-1 {CANARY}"])


@given(st.dictionaries(field_names.filter(lambda name: name not in MAY_LEAVE), canaries), st.sampled_from(Terms))
def test_nothing_leaves_in_a_field_that_is_not_on_the_list(fields: dict[str, object], terms: Terms) -> None:
    left = passed({"id": "m-1", "terms": terms.value, **fields})
    assert CANARY not in json.dumps(left, ensure_ascii=False)
    assert set(left) == {"id", "terms", "withheld"}
    assert left["withheld"] == sorted(fields)


@given(st.dictionaries(field_names, st.text(max_size=5)))
def test_whatever_leaves_is_on_the_list_and_as_it_was(fields: dict[str, object]) -> None:
    left = passed(fields)
    withheld = left.pop("withheld")
    assert set(left) <= MAY_LEAVE
    assert left.items() <= fields.items()
    assert isinstance(withheld, list)
    assert set(withheld) <= set(fields) - set(left)


@pytest.mark.parametrize(
    "name", ["Id", "ID", " id", "id ", "name", "title", "text", "cells", "", "i", "idd", "source_name"]
)
def test_a_field_that_resembles_one_on_the_list_is_not_on_it(name: str) -> None:
    assert passed({name: CANARY}) == {"withheld": [name]}


def test_of_a_mention_only_its_place_leaves() -> None:
    fields: dict[str, object] = {**dict.fromkeys(Mention.__struct_fields__, "x-1"), "terms": "public"}
    assert set(passed(fields)) == {"id", "source", "row", "terms", "withheld"}


def test_of_a_source_only_what_says_nothing_about_a_person_leaves() -> None:
    fields: dict[str, object] = {**dict.fromkeys(Source.__struct_fields__, "x-1"), "terms": "public"}
    left = set(passed(fields)) - {"withheld"}
    assert left == {"id", "terms", "form", "kind", "published", "language", "gaps", "rows"}
    assert not left & {
        "title",
        "publisher",
        "author",
        "url",
        "text",
        "notes",
        "layout",
        "original",
        "encoding",
        "reader",
    }


@given(st.sampled_from(sorted(MAY_LEAVE - {"terms"})), canaries)
def test_a_field_on_the_list_that_holds_words_does_not_leave(field: str, value: object) -> None:
    left = passed({"terms": "public", field: value})
    assert left == {"terms": "public", "withheld": [field]}


@pytest.mark.parametrize("terms", ["internal", "", None, "unheard of"])
def test_of_working_material_and_of_what_has_no_terms_only_that_it_exists_leaves(terms: object) -> None:
    fields: dict[str, object] = {**dict.fromkeys(MAY_LEAVE, "x-1"), "terms": terms}
    assert set(passed(fields)) - {"terms"} == {"id", "source", "kind", "withheld"}


@pytest.mark.parametrize("empty", [None, "", (), []])
def test_a_field_that_is_empty_is_not_called_withheld(empty: object) -> None:
    assert passed({"name": empty, "title": CANARY}) == {"withheld": ["title"]}


@pytest.mark.parametrize(
    "terms", [None, "", "consent", "internal", "unknown", "PUBLIC", "public ", Terms.CONSENT, Terms.INTERNAL]
)
def test_the_digest_of_a_file_leaves_only_if_the_file_is_public(terms: object) -> None:
    digest = "sha256:" + "0" * 64
    assert passed({"digest": digest, "terms": Terms.PUBLIC.value})["digest"] == digest
    assert "digest" not in passed({"digest": digest, "terms": terms})
    assert "digest" not in passed({"digest": digest})


def test_a_members_own_screen_shows_everything() -> None:
    fields: dict[str, object] = {"name": CANARY, "terms": "internal"}
    assert passed(fields, Level.INTERNAL) == fields
    assert passed(fields, Level.INTERNAL) is not fields


def test_without_a_word_about_the_level_it_is_the_strictest() -> None:
    fields: dict[str, object] = {"name": CANARY, "id": "m-1"}
    assert passed(fields) == passed(fields, Level.ANONYMOUS) == leaving.passed(fields)


sources = st.dictionaries(st.from_regex(r"s-[a-z]{1,4}", fullmatch=True), st.sampled_from(Terms), max_size=8)


@given(sources)
def test_working_material_is_never_counted_and_every_source_has_an_answer(held: dict[str, Terms]) -> None:
    answer = countable(held.items())
    assert answer.sources | set(answer.left_out) == set(held)
    assert not answer.sources & set(answer.left_out)
    assert all(answer.left_out.values())
    assert answer.sources == {source for source, terms in held.items() if terms is Terms.PUBLIC}


OUTPUTS = sorted(str(path.name) for path in files("guvoh.outputs").iterdir() if path.name.endswith(".py"))
PERSONAL = {
    "surname",
    "given",
    "patronymic",
    "birth",
    "cells",
    "identifier",
    "citizenship",
    "origin",
    "exact",
    "file_name",
}


@pytest.mark.parametrize("module", OUTPUTS)
def test_no_output_reads_a_name_a_cell_or_the_words_of_a_source(module: str) -> None:
    tree = ast.parse(files("guvoh.outputs").joinpath(module).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            assert node.attr not in PERSONAL, node.lineno
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("guvoh.records.people", "guvoh.records.statements", "guvoh.names.fold"), (
                node.lineno
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", node.lineno
