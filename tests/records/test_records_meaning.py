"""What records mean: what may enter a count, what a finding needs, which records an erasure finds."""

import json
from typing import cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record_shapes import TAGS, example, ids_in, records

from guvoh.archive.entries import head_line
from guvoh.records.base import Absent, BadRecord
from guvoh.records.codec import from_bytes, subjects_of, to_bytes
from guvoh.records.custody import Backup, Label, Opening, Session
from guvoh.records.decisions import Consent, Finding, Note, Permission, Scope, Standard
from guvoh.records.people import Group, LinkageRun, Mention, Partition
from guvoh.records.sources import Layout, Source, outline
from guvoh.records.statements import Event, Pattern, StatementKind
from guvoh.values.absence import Absence

NOW = "2024-06-02T09:15:00Z"
any_kind = pytest.mark.parametrize("tag", TAGS)


@pytest.mark.parametrize("group", [Group(words="seven men"), Group(least=1, most=1), Group(most=300), Group()])
def test_a_group_never_counts_as_a_person_whatever_its_size(group: Group) -> None:
    assert not Mention(id="m-1", source="s-1", group=group).counts
    assert Mention(id="m-1", source="s-1").counts


def test_a_group_has_at_least_no_more_people_than_at_most() -> None:
    Group(least=7, most=7)
    with pytest.raises(BadRecord):
        Group(least=300, most=12)


def test_a_pattern_never_counts_as_an_event_and_has_no_date_of_its_own() -> None:
    assert Event(id="v-1", statements=()).counts
    assert not Event(id="v-1", statements=(), pattern=Pattern(start="2023", end="2024")).counts
    with pytest.raises(BadRecord):
        Event(id="v-1", statements=(), pattern=Pattern(), when="2024")


def test_only_statements_about_acts_and_statuses_count() -> None:
    assert [kind for kind in StatementKind if kind.counts] == [StatementKind.ACT, StatementKind.STATUS]
    assert {kind.value for kind in StatementKind} == {
        "SK_ACT", "SK_STATUS", "SK_MOTIVE", "SK_ATTITUDE", "SK_DEMAND", "SK_LEGAL", "SK_QUANTITY", "SK_POSITION",
        "SK_CONTEXT", "SK_OPINION",
    }  # fmt: skip


def finding(standard: Standard, second: str | None, reason: str, supporting: tuple[str, ...] = ("t-1",)) -> Finding:
    return Finding(
        id="f-1",
        by="u-idris",
        at=NOW,
        reason=reason,
        conclusion="…",
        standard=standard,
        supporting=supporting,
        second=second,
    )


@pytest.mark.parametrize("standard", [Standard.ALLEGED, Standard.SUSPICION])
def test_a_low_standard_of_proof_needs_one_reviewer(standard: Standard) -> None:
    assert finding(standard, None, "", ()).standard is standard


@pytest.mark.parametrize("standard", [Standard.GROUNDS, Standard.CLEAR])
@pytest.mark.parametrize(
    ("second", "reason", "supporting"),
    [
        (None, "two origins agree", ("t-1",)),
        ("u-idris", "two origins agree", ("t-1",)),
        ("u-vera", "", ("t-1",)),
        ("u-vera", " \n", ("t-1",)),
        ("u-vera", "two origins agree", ()),
    ],
    ids=["alone", "with himself", "without reasons", "with blank reasons", "without statements"],
)
def test_reasonable_grounds_are_not_found_alone_without_reasons_or_statements(
    standard: Standard, second: str | None, reason: str, supporting: tuple[str, ...]
) -> None:
    assert finding(standard, "u-vera", "two origins agree").second == "u-vera"
    with pytest.raises(BadRecord, match="second reviewer"):
        finding(standard, second, reason, supporting)


def test_a_finding_read_from_bytes_is_held_to_the_same_rules() -> None:
    body = to_bytes(finding(Standard.GROUNDS, "u-vera", "two origins agree"))
    from_bytes(body)
    with pytest.raises(BadRecord, match="second reviewer"):
        from_bytes(body.replace(b"u-vera", b"u-idris"))


@pytest.mark.parametrize("scope", Scope)
def test_only_publication_can_be_allowed_without_the_name(scope: Scope) -> None:
    def consent() -> Consent:
        return Consent(id="c-1", by="u-idris", at=NOW, about=("m-1",), scopes={scope: Permission.NAMELESS})

    if scope is Scope.MEDIA:
        assert consent().scopes[scope] is not Permission.YES
    else:
        with pytest.raises(BadRecord, match="S10"):
            consent()


@pytest.mark.parametrize("tag", ["consent", "authority", "note"])
def test_what_is_about_nobody_and_nothing_is_refused(tag: str) -> None:
    with pytest.raises(BadRecord, match=r"\$\.about"):
        from_bytes(json.dumps(example(tag) | {"about": []}).encode())


@any_kind
@settings(max_examples=25)
@given(data=st.data())
def test_an_erasure_finds_a_record_by_every_id_in_it(tag: str, data: st.DataObject) -> None:
    record = data.draw(records(tag))
    subjects = subjects_of(record)
    assert head_line(subjects)  # the archive takes them
    if isinstance(record, Mention) and record.row is not None:
        assert subjects == (record.source,)
        return
    assert subjects[0] == record.id
    for named in ids_in(record):
        source, _, row = named.rpartition(".")
        assert named in subjects or (
            isinstance(record, Partition | LinkageRun) and row.isdecimal() and source in subjects
        )


def test_a_part_of_a_run_is_found_under_the_sources_of_its_rows_and_under_other_mentions() -> None:
    part = Partition(id="n-1", run="l-1", part=1, persons=(("s-b.7", "s-a.1"), ("s-a.2", "m-1")))
    assert subjects_of(part) == ("n-1", "l-1", "m-1", "s-a", "s-b")


def test_members_are_not_subjects() -> None:
    note = Note(id="b-1", by="u-idris", at=NOW, about=("m-1",), text="…")
    assert subjects_of(note) == ("b-1", "m-1")
    assert "u-vera" not in subjects_of(finding(Standard.GROUNDS, "u-vera", "two origins agree"))


def test_what_members_and_devices_are_called_is_found_under_no_member_or_device() -> None:
    label = Label(id="w-1", by="u-idris", at=NOW, about="u-vera", name="Vera")
    backup = Backup(id="y-1", by="u-idris", at=NOW, place="a safe", heads={"d-1": 12})
    assert subjects_of(label) == ("w-1",)
    assert subjects_of(backup) == ("y-1",)


def test_a_session_is_found_by_every_record_it_touched_and_names_each_once() -> None:
    opened = tuple(Opening(record=record, at=NOW, identities=True) for record in ("m-1", "s-1", "m-1"))
    session = Session(
        id="g-1",
        by="u-idris",
        at=NOW,
        until=NOW,
        device="d-1",
        program="guvoh 0",
        added=("s-1", "r-1"),
        opened=opened,
        exported=("o-1",),
    )
    assert subjects_of(session) == ("g-1", "s-1", "r-1", "m-1", "o-1")


SOURCES = records("source").map(lambda record: cast(Source, record))


@settings(max_examples=50)
@given(source=SOURCES)
def test_an_outline_says_what_a_source_is_and_nothing_of_its_words(source: Source) -> None:
    found = outline(source)
    blanked = msgspec.structs.replace(
        source,
        title="x",
        publisher="x",
        author="x",
        url="x",
        text="x",
        notes=("x",),
        reader="x",
        layout=_with_other_words(source.layout),
        original=msgspec.structs.replace(source.original, evidence="x", digest="sha256:" + "5" * 64),
    )
    assert outline(blanked) == found
    assert (found.id, found.terms, found.form, found.rows) == (source.id, source.terms, source.form, source.rows)
    assert (found.kind, found.published, found.language) == (source.kind, source.published, source.language)
    assert from_bytes(to_bytes(found)) == found
    assert subjects_of(found) == subjects_of(source)


def _with_other_words(layout: Layout | None) -> Layout | None:
    if layout is None:
        return None
    columns = tuple(msgspec.structs.replace(column, heading="x", why="x") for column in layout.columns)
    return msgspec.structs.replace(layout, delimiter="x", columns=columns, definition="x")


def test_the_outline_of_a_list_keeps_what_its_columns_mean() -> None:
    source = from_bytes(json.dumps(example("source")).encode())
    assert isinstance(source, Source)
    assert json.loads(to_bytes(outline(source, [(210, 3)]))) == example("outline")


def test_an_outline_keeps_that_the_day_of_publication_is_not_known() -> None:
    for said in (None, *(Absent(absent=face) for face in Absence)):
        source = from_bytes(json.dumps(example("source")).encode())
        assert isinstance(source, Source)
        assert outline(msgspec.structs.replace(source, published=said)).published == said
