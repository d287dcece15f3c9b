"""The specification, its examples and the JSON Schema say what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect
from record_shapes import EXAMPLES, KIND_OF, TAGS, example, records

from guvoh.records.codec import from_bytes, kind_of, schema, to_bytes
from guvoh.records.statements import StatementKind

SPEC = (Path(__file__).parents[2] / "docs" / "spec" / "records.md").read_text("utf-8")
SCHEMA = schema()
any_kind = pytest.mark.parametrize("tag", TAGS)


def section(tag: str) -> str:
    found = re.search(rf"^### {re.escape(tag)}\n(.*?)(?=^##|\Z)", SPEC, re.MULTILINE | re.DOTALL)
    assert found is not None, tag
    return found[1]


def test_there_is_one_example_of_every_kind() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.json")) == sorted(TAGS)


@any_kind
def test_an_example_is_a_record_in_its_shortest_form(tag: str) -> None:
    record = from_bytes((EXAMPLES / f"{tag}.json").read_bytes())
    assert kind_of(record) == tag
    assert json.loads(to_bytes(record)) == example(tag)


@any_kind
def test_the_specification_shows_the_example_as_it_is(tag: str) -> None:
    assert re.findall(r"```json\n(.*?)```", section(tag), re.DOTALL) == [(EXAMPLES / f"{tag}.json").read_text("utf-8")]


@any_kind
def test_the_specification_tells_every_field_of_a_kind_and_of_its_parts(tag: str) -> None:
    words = section(tag).partition("```")[0]
    common = {"id", "by", "at", "reason"} if "*Decision.*" in words else {"id"}
    told = set(re.findall(r"`([a-z_]+)`", words))
    assert set(_fields(inspect.type_info(KIND_OF[tag]))) - common <= told


def _fields(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.StructType(fields=fields):
            parts = [(field.name, _fields(field.type)) for field in fields]
            return [name for own, inner in parts for name in (own, *inner) if name != "absent"]
        case inspect.UnionType(types=types):
            return [name for one in types for name in _fields(one)]
        case inspect.VarTupleType(item_type=item):
            return _fields(item)
        case _:
            return []


def test_the_specification_tells_how_a_place_in_a_text_is_given() -> None:
    places = SPEC.partition("### Places in a text")[2].partition("###")[0]
    assert {"start", "end", "exact", "prefix", "suffix"} <= set(re.findall(r"`([a-z]+)`", places))


def test_the_specification_names_the_fields_of_all_decisions() -> None:
    decisions = SPEC.partition("### Decisions")[2].partition("###")[0]
    assert {"by", "at", "reason"} <= set(re.findall(r"^\| `([a-z]+)` \|", decisions, re.MULTILINE))


@any_kind
def test_every_word_that_a_field_may_hold_is_in_the_specification(tag: str) -> None:
    told = section(tag) + SPEC.partition("## Sources")[0]
    for word in _words(inspect.type_info(KIND_OF[tag])):
        assert f"`{word}`" in told or f'`{{"absent":"{word}"}}`' in told, word


def _words(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.EnumType(cls=cls):
            return [str(one.value) for one in cls if not isinstance(one, StatementKind)]  # list SK is the codebook's
        case inspect.StructType(fields=fields):
            return [word for field in fields for word in _words(field.type)]
        case inspect.UnionType(types=types):
            return [word for one in types for word in _words(one)]
        case inspect.VarTupleType(item_type=item):
            return _words(item)
        case inspect.DictType(key_type=key, value_type=value):
            return [*_words(key), *_words(value)]
        case _:
            return []


# A reader of the parts of JSON Schema that ours uses, written from the standard.


def faults(value: Any, rule: dict[str, Any], where: str = "$") -> list[str]:
    """What a value breaks of a rule of JSON Schema. An unknown keyword is an error of the test."""
    assert rule.keys() <= KEYWORDS, rule.keys() - KEYWORDS
    if "$ref" in rule:
        return faults(value, SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")], where)
    if "anyOf" in rule:
        every = [faults(value, one, where) for one in rule["anyOf"]]
        return [] if [] in every else [f"{where}: none of {len(every)}"]
    if "enum" in rule:
        return [] if value in rule["enum"] else [f"{where}: not in the list"]
    kind = rule.get("type", "string")  # the name of a property is a string, and our schema does not repeat it
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where}: not a {kind}"]
    match value:
        case str():
            return [] if re.search(rule.get("pattern", ""), value) else [f"{where}: pattern"]
        case bool() | None:
            return []
        case int():
            fits = rule.get("minimum", value) <= value <= rule.get("maximum", value)
            return [] if fits else [f"{where}: out of bounds"]
        case list():
            few = [f"{where}: too few"] if len(value) < rule.get("minItems", 0) else []
            return few + [fault for one in value for fault in faults(one, rule["items"], f"{where}[]")]
        case dict():
            return _faults_of_object(value, rule, where)
        case _:
            raise AssertionError(kind)


def _faults_of_object(value: dict[str, Any], rule: dict[str, Any], where: str) -> list[str]:
    known, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    found = [f"{where}.{name}: missing" for name in rule.get("required", ()) if name not in value]
    for name, one in value.items():
        if name in known:
            found += faults(one, known[name], f"{where}.{name}")
        elif others is False:
            found.append(f"{where}: unknown field")
        else:
            found += faults(name, rule.get("propertyNames", {"type": "string"}), where) + faults(
                one, others, f"{where}[]"
            )
    return found


KEYWORDS = frozenset(
    {"$ref", "anyOf", "enum", "type", "pattern", "minimum", "maximum", "minItems", "items", "properties", "required",
     "additionalProperties", "propertyNames", "title", "description", "default", "discriminator"}
)  # fmt: skip
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)
}  # fmt: skip
ANY_RECORD = {"anyOf": SCHEMA["anyOf"]}


@any_kind
def test_the_schema_takes_every_example_and_nothing_around_it(tag: str) -> None:
    good = example(tag)
    assert faults(good, ANY_RECORD) == []
    assert faults(good | {"nickname": "Idris"}, ANY_RECORD)
    assert faults(good | {"id": "M 1"}, ANY_RECORD)
    assert faults(good | {"id": "m-1\n"}, ANY_RECORD)
    for field in set(good) & set(SCHEMA["$defs"][KIND_OF[tag].__name__]["required"]):
        assert faults({name: value for name, value in good.items() if name != field}, ANY_RECORD), field


@any_kind
@settings(max_examples=15)
@given(data=st.data())
def test_the_schema_takes_every_record_that_the_code_makes(tag: str, data: st.DataObject) -> None:
    assert faults(json.loads(to_bytes(data.draw(records(tag)))), ANY_RECORD) == []


def test_the_schema_names_every_kind_by_its_type() -> None:
    assert SCHEMA["discriminator"]["propertyName"] == "type"
    assert set(SCHEMA["discriminator"]["mapping"]) == set(TAGS)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_patterns_mean_the_same_to_readers_of_other_languages() -> None:
    patterns = set(re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', json.dumps(SCHEMA)))
    assert len(patterns) >= 6
    for pattern in map(json.loads, (f'"{pattern}"' for pattern in patterns)):
        assert pattern.startswith("^")
        assert pattern.endswith(r"$(?!\n)")
        assert not re.search(r"\\[AZzdwsDWS]|\(\?P", pattern)  # anchors only Python has, and classes that differ
