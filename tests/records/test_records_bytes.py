"""Records as bytes: one way to write them, and nothing of what is in them is said when they are refused."""

import json
import traceback
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from record_shapes import KIND_OF, TAGS, example, number_fields, records, text

from guvoh.records.base import LARGEST_INTEGER, BadRecord
from guvoh.records.codec import checked_bytes, from_bytes, kind_of, to_bytes
from guvoh.records.people import Mention, check_mention

any_kind = pytest.mark.parametrize("tag", TAGS)
CANARY = "Саодат Зулфиқорова"


@any_kind
@settings(max_examples=25)
@given(data=st.data())
def test_bytes_are_what_an_independent_writer_of_rfc_8785_makes(tag: str, data: st.DataObject) -> None:
    record = data.draw(records(tag))
    assert to_bytes(record) == rfc8785.dumps(msgspec.to_builtins(record))
    assert to_bytes(record) == rfc8785.dumps(json.loads(to_bytes(record)))


@any_kind
@settings(max_examples=25)
@given(data=st.data())
def test_a_record_comes_back_from_its_bytes_as_it_was(tag: str, data: st.DataObject) -> None:
    record = data.draw(records(tag))
    assert from_bytes(to_bytes(record)) == record
    assert checked_bytes(record) == to_bytes(record)
    assert kind_of(record) == tag


def test_fields_at_their_default_and_nulls_are_not_written() -> None:
    mention = from_bytes(b'{"type":"mention","id":"m-1","source":"s-1","name":null,"dates":{},"cells":[]}')
    assert to_bytes(mention) == b'{"id":"m-1","source":"s-1","type":"mention"}'


def test_not_asked_not_known_and_none_stated_are_three_different_bytes() -> None:
    head = '{"id":"m-1","patronymic":%s"source":"s-1","type":"mention"}'
    faces = [
        b'{"id":"m-1","source":"s-1","type":"mention"}',
        (head % '{"absent":"unknown"},').encode(),
        (head % '{"absent":"none"},').encode(),
    ]
    read = [from_bytes(body) for body in faces]
    assert [to_bytes(record) for record in read] == faces
    assert len({repr(record) for record in read}) == len(set(faces)) == 3


@any_kind
def test_a_field_a_kind_or_an_id_that_is_not_known_is_refused(tag: str) -> None:
    good = example(tag)
    for bad in (
        good | {"nickname": CANARY},
        good | {"type": CANARY},
        good | {"id": f"{CANARY}"},
        good | {"id": "m-1\n"},
    ):
        assert CANARY not in refusal(bad)
    assert refusal({field: value for field, value in good.items() if field != "id"}).endswith("'id' is missing")


@pytest.mark.parametrize(
    ("tag", "field"),
    [
        ("source", "published"), ("outline", "published"), ("statement", "said"), ("statement", "when"),
        ("event", "when"), ("actor", "since"), ("actor", "until"), ("consent", "given_on"), ("consent", "expires"),
        ("consent", "review"), ("case", "closed"), ("authority", "valid_from"), ("authority", "valid_until"),
        ("action", "sent"), ("action", "due"), ("action", "responded"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("date", ["5 March 2024", "2024-02-30", "2024-13", "", CANARY])
def test_a_date_that_is_not_edtf_is_refused(tag: str, field: str, date: str) -> None:
    assert refusal(example(tag) | {field: date}).endswith(f"its field {field!r} is not a date in EDTF")


@pytest.mark.parametrize(
    ("tag", "field", "part"),
    [("event", "pattern", "start"), ("event", "pattern", "end"), ("receipt", "capture", "captured_at")],
)
def test_a_date_in_a_part_of_a_record_is_checked_too(tag: str, field: str, part: str) -> None:
    good = {name: value for name, value in example(tag).items() if name != "when"}
    assert "EDTF" in refusal(good | {field: {part: CANARY}})


@pytest.mark.parametrize("fields", [{"birth": "4.3.1990"}, {"dates": {"death": "lately"}}, {"row": 3}])
def test_a_mention_is_checked_for_dates_and_its_row_when_it_is_written(fields: dict[str, Any]) -> None:
    check_mention(Mention(id="s-1.2", source="s-1", row=2, birth="1990", dates={"death": "2024-05/.."}))
    with pytest.raises(BadRecord):
        check_mention(msgspec.structs.replace(Mention(id="s-1.2", source="s-1", row=2), **fields))


@pytest.mark.parametrize("moment", ["2024-06-02", "2024-06-02T11:40:00", "2024-06-02T11:40:00+05:00", "lately", CANARY])
def test_a_session_ends_at_a_moment_and_not_at_a_vague_date(moment: str) -> None:
    assert "$.until" in refusal(example("session") | {"until": moment})


def test_what_was_opened_says_whether_identities_could_be_seen() -> None:
    assert "'identities' is missing" in refusal(
        example("session") | {"opened": [{"record": "m-1", "at": "2024-06-02T09:31:00Z"}]}
    )


@pytest.mark.parametrize("column", ["ФИО", "Name", "", CANARY])
def test_a_column_of_an_outline_is_a_term_and_never_a_heading(column: str) -> None:
    assert "$.columns" in refusal(example("outline") | {"columns": [column]})


def test_a_source_is_whole_unless_it_says_that_it_was_redacted() -> None:
    whole, redacted = example("source"), example("source") | {"redacted": True}
    for tree in (whole, redacted):
        assert json.loads(to_bytes(from_bytes(json.dumps(tree).encode()))) == tree
    assert to_bytes(from_bytes(json.dumps(whole | {"redacted": False}).encode())) == to_bytes(
        from_bytes(json.dumps(whole).encode())
    )


def test_a_mention_has_dates_of_known_events_only() -> None:
    assert CANARY not in refusal(example("mention") | {"dates": {CANARY: "2024"}})


NUMBERS = list(number_fields())


def test_every_kind_of_number_is_found_by_the_tests() -> None:
    assert {("mention", ("row",)), ("mention", ("age",)), ("statement", ("span", "start"))} <= set(NUMBERS)
    assert {
        ("mention", ("group", "most")),
        ("source", ("layout", "columns", "[]", "number")),
        ("backup", ("heads", "{}")),
    } <= set(NUMBERS)


@pytest.mark.parametrize(
    ("tag", "path"), NUMBERS, ids=lambda value: value if isinstance(value, str) else ".".join(value)
)
@pytest.mark.parametrize("number", [LARGEST_INTEGER + 1, 2**63, 2**64, 10**400, -1, 1.5, 1e300])
def test_a_number_that_other_readers_would_round_is_refused(tag: str, path: tuple[str, ...], number: float) -> None:
    refusal(_put(example(tag), path, number))


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    spans = {"start": 1, "end": 2, "exact": "x"}
    node: Any = tree
    for step in path[:-1]:
        node = node[0] if step == "[]" else node.setdefault(step, spans if step == "span" else {})
    if path[0] == "span" and isinstance(value, int) and value > 0:
        node |= {"start": value, "end": value + 1, "exact": "x"}  # a place that would otherwise be one
        node.pop("prefix", None)
    else:
        node[next(iter(node)) if path[-1] == "{}" else path[-1]] = value
    return tree


@settings(max_examples=200)
@given(body=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda said: said.encode("utf-8", "replace"))))
def test_garbage_is_a_bad_record_and_nothing_else(body: bytes) -> None:
    with pytest.raises(BadRecord):
        from_bytes(body)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=100)
@given(value=json_values, tag=st.sampled_from(TAGS))
def test_json_that_is_no_record_is_a_bad_record(value: object, tag: str) -> None:
    with pytest.raises(BadRecord):
        from_bytes(json.dumps(value).encode())
    with pytest.raises(BadRecord):
        from_bytes(json.dumps({"type": tag, "x": value}).encode())


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"type":"mention","id":"\\ud800"}', b"\xff\xfe"]
)
def test_bottomless_or_broken_text_is_a_bad_record(body: bytes) -> None:
    with pytest.raises(BadRecord):
        from_bytes(body)


def test_half_a_character_is_refused_before_it_is_written() -> None:
    with pytest.raises(BadRecord) as refused:
        checked_bytes(Mention(id="m-1", source="s-1", name=f"{CANARY}\ud800"))
    assert said(refused.value).count(CANARY) == 0


@pytest.mark.parametrize("field", ["age", "row"])
def test_a_record_made_in_memory_with_too_large_a_number_is_refused_before_it_is_written(field: str) -> None:
    with pytest.raises(BadRecord):
        checked_bytes(msgspec.structs.replace(Mention(id="m-1", source="s-1"), **{field: 2**53}))


canaries = st.sampled_from(
    [CANARY, f"{CANARY} - at `$.name", f"x - at `{CANARY}", f"x` - at `$.{CANARY}`", f"`{CANARY}`", f"$.{CANARY}"]
)


@any_kind
@settings(max_examples=60)
@given(data=st.data())
def test_no_message_about_a_broken_record_quotes_it(tag: str, data: st.DataObject) -> None:
    tree = json.loads(to_bytes(data.draw(records(tag)))) if data.draw(st.booleans()) else example(tag)
    canary = data.draw(canaries)
    broken = data.draw(
        st.sampled_from([canary, [canary], {canary: canary}, {"absent": canary}, {"absent": canary, canary: 1}])
    )
    node, key = data.draw(st.sampled_from(_places(tree)))
    node[key] = broken
    if data.draw(st.booleans()):
        tree[canary] = canary
    body = json.dumps(tree, ensure_ascii=data.draw(st.booleans())).encode()
    body = body[: data.draw(st.sampled_from([len(body), len(body) - 1, len(body) // 2]))]
    error = _refused(body)
    if error is not None:  # else the place takes any text
        assert "Саодат" not in said(error)
        assert len(str(error)) < 200


def _refused(body: bytes) -> BadRecord | None:
    try:
        from_bytes(body)
    except BadRecord as error:
        return error
    return None


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree of JSON where something else can be put, and one new field in each object."""
    here: list[tuple[Any, Any]] = []
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    if isinstance(tree, dict):
        here.append((tree, f"x` - at `$.{CANARY}"))
    for key, value in items:
        here += [(tree, key), *_places(value)]
    return here


def refusal(tree: dict[str, Any]) -> str:
    with pytest.raises(BadRecord) as refused:
        from_bytes(json.dumps(tree).encode())
    return said(refused.value)


def said(error: BaseException) -> str:
    """All that a person or a log would see of an error, but for the source lines of this test."""
    shown = traceback.TracebackException.from_exception(error)
    chain = [shown.__cause__, None if shown.__suppress_context__ else shown.__context__]
    return "\n".join([*(str(one) for one in chain if one is not None), repr(error.args), str(error)])


def test_every_kind_has_a_class() -> None:
    assert len(KIND_OF) == len(set(KIND_OF.values())) == 23
