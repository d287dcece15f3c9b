"""Nothing leaves that was not allowed: canaries in every field of every kind of record, and every way out.

What may leave is decided here a second time, by the oracle of leaks.py.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from click.testing import CliRunner
from desks import PASSPHRASE, found
from leaks import EXITS, KIND_OF, SEARCH, SOURCES, VERA, Exit, Oracle, Place, World, text_fields

from guvoh.archive.store import Archive
from guvoh.casebook import releasing, whose
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.casebook.releasing import NothingLeaves, Prepare, Write
from guvoh.cli.main import guvoh
from guvoh.consent import decide
from guvoh.consent.people import People
from guvoh.errors import GuvohError
from guvoh.outputs import fields, gate
from guvoh.records.base import Record, Terms
from guvoh.records.decisions import Consent, Correction, Finding, Permission, Scope, Standard
from guvoh.records.statements import Event
from guvoh.sealing.boxes import Identity

ASKED = (("m-a1",), ("m-a2", "m-b1"), ("s-list.1",), ("m-a4", "m-a5", "s-list.2"))
"""Persons that a release may be asked for."""


# --- one run


@dataclass(slots=True)
class Run:
    """What came of many combinations of records, consents, levels and outputs.

    leaks   in words: where, at which level, what of which record
    shown   canaries that might stand where they stood, by level
    fields  (level, kind, field) of those
    """

    combinations: int = 0
    leaks: set[str] = field(default_factory=set)
    shown: Counter[str] = field(default_factory=Counter)
    fields: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, other: Run) -> None:
        self.combinations += other.combinations
        self.leaks |= other.leaks
        self.shown += other.shown
        self.fields |= other.fields

    def look(self, number: int, what: str, output: str, oracle: Oracle) -> None:
        self.combinations += 1
        level = oracle.exit.level
        for canary, places in oracle.leaks(output):
            named = " or ".join(
                f"{one.kind} {one.record}.{one.field}{f' {one.part}' * bool(one.part)}" for one in places
            )
            self.leaks.add(f"world {number}, {what} at {level} {oracle.exit.body}: {canary}, {named}")
        for place in oracle.allowed(output):
            self.shown[level] += 1
            self.fields.add((level, place.kind, place.field))

    def holds_nothing(self, number: int, what: str, output: str, world: World) -> None:
        self.combinations += 1
        for canary in world.planted.found_in(output):
            # A reason may name a scope or a code of the program's own: a code alone tells of nobody.
            if "_" not in canary or canary.startswith("zq_"):
                self.leaks.add(f"world {number}, {what}: {canary}, {world.planted.places[canary][0]}")


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """An entry does not change, and to unseal it takes most of the time. That it is read well is tried elsewhere."""
    read: Any = Archive.entry
    kept: dict[tuple[int, str, int], Any] = {}

    def entry_(self: Archive, log: str, position: int) -> Any:
        key = (id(self), log, position)
        if key not in kept:
            kept[key] = read(self, log, position)
        return kept[key]

    with mock.patch.object(Archive, "entry", entry_):
        yield


@contextlib.contextmanager
def archive_of(world: World, folder: Path) -> Iterator[Desk]:
    with read_once():
        desk = Desk(Archive(folder / "archive", folder / "home", PASSPHRASE))
        try:
            with desk.archive.batch() as batch:
                for record in world.records.values():
                    batch.add(entry(record))
            desk.catch_up()
            yield desk
        finally:
            desk.leave()


def run(numbers: Iterable[int], *, exits: tuple[Exit, ...] = EXITS, files: bool = True, flaw: str | None = None) -> Run:
    whole = Run()
    with tempfile.TemporaryDirectory() as root:
        found(Path(root) / "founded")
        for number in numbers:
            folder = Path(root) / f"world-{number}"
            shutil.copytree(Path(root) / "founded", folder)
            whole.add(_run(World.of(number, flaw), folder, exits, files))
            shutil.rmtree(folder)
    return whole


def _run(world: World, folder: Path, exits: tuple[Exit, ...], files: bool) -> Run:
    number, done = world.number, Run()
    with archive_of(world, folder) as desk:
        for place, exit_ in enumerate(exits):
            asked = ASKED[(number + place) % len(ASKED)]
            oracle = Oracle(world, exit_, date.today(), asked)
            sealed = Identity.generate() if (number + place) % 5 == 0 else None
            preview = desk.ask(releasing.prepare_release, _prepare(asked, exit_, sealed))
            shown = [one.shown for one in preview.people]
            done.look(number, "preview", msgspec.json.encode(shown).decode(), oracle)
            rest = msgspec.json.encode(msgspec.structs.replace(preview, people=())).decode()
            aside = [(one.left_out, one.warnings, one.risks) for one in preview.people]
            done.holds_nothing(number, "what is said beside it", rest + msgspec.json.encode(aside).decode(), world)
            if files and (number + place) % 2 == 0:
                done.add(_written(number, desk, preview.release, oracle, folder / f"{place}.out", sealed))
        names = " ".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
        done.holds_nothing(number, "names of files", names, world)
    return done


def _prepare(asked: tuple[str, ...], exit_: Exit, sealed: Identity | None) -> Prepare:
    return Prepare(
        about=asked, level=exit_.level, recipient=exit_.recipient, body=exit_.body, state=exit_.state,
        recipient_key=str(sealed.recipient.text) if sealed else "",
    )  # fmt: skip


def _written(number: int, desk: Desk, release: str, oracle: Oracle, path: Path, sealed: Identity | None) -> Run:
    done, form = Run(), ("html", "jsonl")[number // 2 % 2]
    try:
        desk.ask(releasing.write_release, Write(release=release, path=os.fsencode(path), form=form))
    except NothingLeaves as problem:
        assert not path.exists()
        done.holds_nothing(number, "an error", str(problem), oracle.world)
        return done
    content = path.read_bytes()
    if sealed is not None:
        done.holds_nothing(number, "a sealed file", content.decode("latin-1"), oracle.world)
        content = sealed.open(content)
    done.look(number, form, content.decode("utf-8"), oracle)
    return done


# --- the canaries themselves


def test_every_field_of_every_kind_that_can_hold_text_holds_a_canary() -> None:
    world = World.of(1)
    assert {type(record) for record in world.records.values()} == set(KIND_OF.values())
    assert text_fields() - world.planted.fields == set()


def test_a_new_field_or_kind_without_a_canary_would_be_seen() -> None:
    more = msgspec.defstruct(
        "Photograph", [("shows", str), ("taken_by", str | None)], bases=(Record,), tag="photograph"
    )
    assert text_fields([*KIND_OF.values(), more]) - World.of(1).planted.fields == {
        ("photograph", "shows"),
        ("photograph", "taken_by"),
    }


def test_no_two_canaries_are_alike_and_each_is_found_again() -> None:
    planted = World.of(2).planted
    for canary in planted.places:
        if canary.startswith(("Zq", "zq", "61", "15", "16", "sha")):
            assert planted.found_in(f'<bdi>{canary}</bdi>, "{canary}": [{canary}]') == {canary}
            kinds = {(one.record, one.field) for one in planted.places[canary]}
            assert len(kinds) == 1
    assert planted.found_in(f"there are {6_100_001:,} of them") <= {"6100001"}


# --- nothing leaves that was not allowed


@pytest.fixture(scope="module")
def some() -> Run:
    return run(range(12))


def test_nothing_leaves_that_was_not_allowed(some: Run) -> None:
    assert sorted(some.leaks) == []
    assert some.combinations > 350


def test_each_level_shows_what_it_is_for(some: Run) -> None:
    """Who shows nothing leaks nothing either."""
    assert {one.level for one in EXITS} == some.shown.keys()
    assert min(some.shown.values()) > 100
    assert {
        ("counsel", "mention", "name"), ("counsel", "mention", "cells"), ("counsel", "statement", "span"),
        ("counsel", "statement", "attributes"), ("counsel", "source", "title"), ("counsel", "case", "needs"),
        ("annex", "mention", "name"), ("annex", "statement", "code"), ("annex", "statement", "when"),
        ("annex", "statement", "where"), ("un", "mention", "name"), ("un", "action", "addressee"),
        ("tracing", "mention", "name"), ("tracing", "mention", "dates"), ("anonymous", "statement", "code"),
        ("anonymous", "statement", "when"),
    } <= some.fields  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_combinations_leak_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    whole, parts, each = Run(), 64, 5
    numbers = [range(1000 + each * part, 1000 + each * (part + 1)) for part in range(parts)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        for one in pool.map(run, numbers):
            whole.add(one)
    with capsys.disabled():
        print(f"\n{whole.combinations:,} combinations, {sum(whole.shown.values()):,} canaries where they may be")
    assert sorted(whole.leaks) == []
    assert whole.combinations >= 10_000


# --- a broken gate is seen


YES = decide.Decision(allowed=True, why=decide.Reason.CONSENT)


def _as_it_is(one: Consent) -> Consent:
    return one


BROKEN: dict[str, tuple[str, Any, str, Any]] = {
    "keeps no field back": ("", gate.Gate, "_kept_back", lambda *_: None),
    "keeps no record back": ("", gate.Gate, "_whole", lambda *_: (None, set())),
    "takes every answer for a yes": ("kept alone", decide.Answers, "may", lambda *_, **__: YES),
    "shows who is on a list alone": ("a list alone", decide.Answers, "may_show", lambda *_: YES),
    "asks for nothing but S1": ("kept alone", gate.Exit, "scopes", (Scope.KEEP,)),
    "looks at no code": ("to nobody else", gate.Gate, "_by_code", lambda *_: None),
    "looks at a code in its own field alone": ("", gate.Gate, "_tells", lambda *_: False),
    "takes every S12 for a yes": ("to nobody else", gate.Gate, "_allowed_by_name", lambda *_: True),
    "needs nobody to name the most sensitive": ("", gate.Gate, "_names", lambda *_: True),
    "names everybody": ("without S6", gate.Gate, "_named", lambda *_: True),
    "lets every place leave": ("", gate.Gate, "_place_leaves", lambda *_: True),
    "lets whole dates leave": ("", gate.Gate, "_cut", lambda _, __, value: (gate._plain(value), None, None)),
    "takes what was taken back for a yes": ("taken back", whose, "_without_yes", _as_it_is),
    "knows of no joins": ("one mention alone", People, "around", lambda _, mention: (mention,)),
    "voids nothing that has expired": ("expired", decide, "void", lambda *_: None),
    "voids nothing of the future": ("of the future", decide, "void", lambda *_: None),
    "takes a child's word": ("young", decide, "void", lambda *_: None),
    "asks for no paper": ("without paper", decide, "without_authority", lambda *_: None),
    "reads no date of a paper": ("old paper", decide, "without_authority", lambda *_: None),
    "reads no name in a paper": ("somebody's paper", decide, "without_authority", lambda *_: None),
    "meets no condition": ("to nobody else", decide, "unmet", lambda *_: None),
    "hears no refusal": ("refused besides", decide, "says_no", lambda *_: None),
    "asks only who is asked for": ("", releasing._People, "_about", lambda self, record, records: ("m-a1",)),
}
"""What is broken: where it shows (what alone is wrong with what was allowed), and what stands in place of what."""


FEW = tuple(EXITS[place] for place in (0, 1, 2, 4, 10, 11))


@cache
def leaks_by(flaw: str) -> frozenset[str]:
    """Of a gate that is not broken: none, one hopes."""
    return frozenset(run([1], flaw=flaw, exits=FEW, files=False).leaks)


@pytest.mark.parametrize("how", BROKEN)
def test_a_gate_that_is_broken_is_seen(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flaw, where, name, instead = BROKEN[how]
    assert hasattr(where, name)
    sound = leaks_by(flaw)
    monkeypatch.setattr(where, name, instead)
    assert run([1], flaw=flaw, exits=FEW, files=False).leaks - sound


@pytest.mark.parametrize("level", [level for level in fields.Level if level is not fields.Level.INTERNAL])
def test_a_level_that_lets_everything_leave_is_seen(level: fields.Level, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = leaks_by("")
    exits = tuple(one for one in FEW if one.level == level.value)
    monkeypatch.setitem(fields.LEAVES, level, frozenset(fields.Sort))
    assert run([1], flaw="", exits=exits, files=False).leaks - sound


@pytest.mark.parametrize(("kind", "name"), [("statement", "value"), ("mention", "cells"), ("source", "title")])
def test_a_field_that_is_of_the_wrong_sort_is_seen(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = leaks_by("")
    monkeypatch.setitem(fields.FIELDS[kind], name, fields.Sort.OPEN)
    assert run([1], flaw="", exits=FEW, files=False).leaks - sound


# --- what programs print


OF_SOURCES = frozenset({"kind", "form", "language", "gaps", "rows", "published", "original", "layout", "columns"})
"""What `--json` tells of a source to anybody; when, how long it is and its digest of what is public."""
ALSO_OF_CONSENTED = frozenset({"form", "language", "gaps", "layout", "columns", "kind"})
TELLS_NOBODY = frozenset({"kind", "language", "published", "rows", "row", "gaps", "source", "at", "by", "form"})
OPEN_TO_MEMBERS = frozenset({"outline", "linkage-run", "partition", "disclosure"})
OF_A_CONSENT = frozenset({"about", "at", "by", "expires", "review", "statements"})


def may_be_printed(place: Place) -> bool:
    """In `--json` and in the report: of sources what tells of nobody, of releases the way they take."""
    if place.kind == "release" and place.field in ("level", "body"):
        return True  # terms of the gate's own
    if place.kind not in ("source", "outline"):
        return False
    terms = SOURCES[place.record][0]
    allowed = {Terms.PUBLIC: OF_SOURCES, Terms.CONSENT: ALSO_OF_CONSENTED, Terms.INTERNAL: frozenset({"kind"})}
    return place.field in allowed[terms]


class Shell:
    """The commands, in this process, at the archive of one world."""

    def __init__(self, folder: Path, world: World) -> None:
        self.folder, self.world = folder, world
        self.leaks: list[str] = []
        self.ran = 0
        (folder / "passphrase").write_text(PASSPHRASE)

    def run(self, *words: str, may: Callable[[Place], bool] = may_be_printed) -> str:
        """Run a command and look at all that it prints. What was typed may be said again."""
        env = {"GUVOH_HOME": str(self.folder / "home"), "GUVOH_PASSPHRASE_FILE": str(self.folder / "passphrase")}
        done = CliRunner().invoke(guvoh, [*words, "--archive", str(self.folder / "archive")], env=env)
        self.ran += 1
        error = "" if done.exception is None or isinstance(done.exception, SystemExit) else str(done.exception)
        if error:
            assert isinstance(done.exception, GuvohError), repr(done.exception)
        self.look(" ".join(words), done.stdout, words, may)
        self.look(f"{' '.join(words)}, error", done.stderr + error, words, lambda place: False)
        return done.stdout

    def look(self, what: str, output: str, words: Iterable[str], may: Callable[[Place], bool]) -> None:
        typed = " ".join(words)
        for canary in self.world.planted.found_in(output):
            places = self.world.planted.places[canary]
            if canary not in typed and not any(map(may, places)):
                self.leaks.append(f"world {self.world.number}: {what}: {canary}, {places[0]}")


@pytest.fixture(params=[3, 8])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    found(tmp_path)
    world = World.of(request.param)
    with archive_of(world, tmp_path):
        return Shell(tmp_path, world)


def test_what_is_printed_for_programs_names_nobody(shell: Shell, tmp_path: Path) -> None:
    canaries = [one for one in shell.world.planted.places if one.startswith("Zq")]
    for words in (["sources"], ["people"], ["count"], ["consent", "due"], ["release", "list"]):
        shell.run(*words, "--json")
    one_of_each = {type(record): record.id for record in shell.world.records.values()}
    for record in {*one_of_each.values(), *SOURCES, "m-a1", "s-list.1"}:
        shell.run("show", record, "--json", "--reason", "to see whether it leaks")
    for canary in canaries[:: len(canaries) // 8]:
        shell.run("search", canary, "--json")
    for mention in ("m-a1", "s-list.1", "c-0"):
        shell.run("consent", "show", mention, "--json")
    for exit_ in EXITS[::2]:
        body = ["--body", exit_.body, "--state", exit_.state] if exit_.body else []
        to = ["--to", exit_.recipient] if exit_.recipient else []
        shell.run("release", "prepare", "m-a1", "--level", exit_.level, *to, *body, "--json")
    shell.run("report", "--out", str(tmp_path / "report.html"))
    shell.look("report", (tmp_path / "report.html").read_text("utf-8"), (), may_be_printed)
    assert shell.leaks == []
    assert shell.ran > 40


def test_what_a_member_sees_without_a_reason_names_nobody(shell: Shell) -> None:
    def may(place: Place) -> bool:
        public = place.record in SOURCES and SOURCES[place.record] == SOURCES["s-article"]
        column = place.field == "layout" and place.part in ("number", "role", "why")
        return place.field in TELLS_NOBODY or place.kind in OPEN_TO_MEMBERS or public or column

    for record in shell.world.records.values():
        if record.id not in ("s-article",):
            shell.run("show", record.id, may=may)
    assert shell.leaks == []


def test_who_gave_a_consent_and_how_to_reach_him_is_shown_for_a_reason_alone(shell: Shell) -> None:
    def may(place: Place) -> bool:
        what_left = place.kind == "disclosure" and place.field in ("reference", "recipient", "level", "at")
        return what_left or (place.kind == "consent" and place.field in OF_A_CONSENT)

    for mention in ("m-a1", "m-a2", "m-b1", "s-list.1"):
        shell.run("consent", "show", mention, may=may)
    shell.run("consent", "due", "--within", "36500", may=may)
    assert shell.leaks == []


def test_an_error_says_nothing_of_any_record(shell: Shell, tmp_path: Path) -> None:
    canaries = iter([one for one in shell.world.planted.places if one.startswith("Zq")])
    path = tmp_path / "form.toml"
    forms = (
        'scopes.S1 = "{}"', 'given_on = "{}"\nscopes.S1 = "yes"', 'age = "{}"', 'home_state = "{}"\nscopes.S6 = "yes"',
        'language = "{} {}"\nscopes.S1 = "yes"', 'values = ["{}"]\nscopes.S12 = "yes"\nrecipients = ["{}"]',
        'authority = "{}"\nscopes.S1 = "yes"', 'about = ["{}"]\nscopes.S1 = "yes"', "{} {} = 1", 'scopes = "{}"',
        '[person]\nname = "{}"\nbirth = "{}"\nsource = "s-letter"\n[scopes]\nS1 = "yes"',
        '[person]\nnickname = "{}"', '[authority]\nvalid_from = "{}"\nholder = "{}"\n[scopes]\nS1 = "yes"',
    )  # fmt: skip
    for form in forms:
        path.write_text(form.format(next(canaries), next(canaries)))
        shell.run("consent", "add", "m-a1", "--form", str(path))
    for words in (
        ["show", "t-nowhere"], ["release", "write", "x-nowhere", "--out", str(tmp_path / "a.html")],
        ["release", "prepare", "m-nowhere", "--level", "counsel", "--to", VERA],
        ["release", "prepare", "s-letter", "--level", "counsel", "--to", VERA],
        ["release", "prepare", "m-a1", "--level", "counsel"],
        ["release", "prepare", "m-a1", "--level", "un", "--to", VERA, "--body", "ced", "--state", "UZ"],
        ["release", "prepare", "m-a1", "--level", "tracing", "--to", SEARCH, "--seal", "age1nothing"],
        ["release", "write", "x-0", "--out", str(tmp_path / "b.html")],
        ["release", "second", "x-0", "--reason", "looked"],
        ["release", "second", "x-nowhere", "--reason", "looked"], ["consent", "withdraw", "n-0"],
        ["consent", "show", "t-0"], ["search", "FA_POW"],
    ):  # fmt: skip
        shell.run(*words, may=lambda place: False)
    assert shell.leaks == []


# --- what was once wrong, or nearly


def _refusing_one_statement(number: int) -> tuple[World, str, list[str]]:
    """All is allowed, and one statement is refused to everybody. What rests on that statement."""
    world = World.of(number, "")
    refused = next(one for one in world.records.values() if one.id == "t-0")
    answers = dict.fromkeys(Scope, Permission.NO)
    no = Consent(id="c-1", by="idris", at="2026-01-02T03:04:05Z", about=("m-a1",), scopes=answers, statements=("t-0",))
    world.records["c-1"] = no
    world.records["e-7"] = Event(id="e-7", statements=("t-0",), code="CO_DOCS", when="2024-05-06")
    world.records["f-7"] = Finding(
        id="f-7", by="idris", at="2026-01-02T03:04:05Z", conclusion="it was so", standard=Standard.ALLEGED,
        supporting=("t-0",),
    )  # fmt: skip
    return world, refused.id, ["e-7", "f-7"]


def test_what_rests_on_a_statement_that_was_refused_does_not_leave_either(tmp_path: Path) -> None:
    """An event says what its statements say."""
    found(tmp_path)
    world, refused, resting = _refusing_one_statement(1)
    with archive_of(world, tmp_path) as desk:
        preview = desk.ask(releasing.prepare_release, Prepare(about=("m-a1",), level="counsel", recipient=VERA))
    shown = {record.id for one in preview.people for record in one.shown}
    assert "m-a1" in shown
    assert refused not in shown
    assert not shown & set(resting)


@pytest.mark.parametrize("which", ["t-0", "m-a1"])
def test_what_was_taken_back_does_not_leave(which: str, tmp_path: Path) -> None:
    found(tmp_path)
    world = World.of(1, "")
    world.records["g-7"] = Correction(id="g-7", by="idris", at="2026-01-02T03:04:05Z", old=which)
    with archive_of(world, tmp_path) as desk:
        preview = desk.ask(releasing.prepare_release, Prepare(about=("m-a2",), level="counsel", recipient=VERA))
    shown = {record.id for one in preview.people for record in one.shown}
    assert "m-a2" in shown
    assert which not in shown


def test_a_consent_that_was_taken_back_sets_nobody_apart(tmp_path: Path) -> None:
    """What widens is only a consent that stands."""
    found(tmp_path)
    world = World.of(1, "one mention alone")
    apart = Consent(
        id="c-1", by="idris", at="2026-01-02T03:04:05Z", about=("m-a1",), scopes={Scope.CONTACT: Permission.YES},
        apart=("m-a2",),
    )  # fmt: skip
    world.records["c-1"] = apart
    world.records["g-7"] = Correction(id="g-7", by="idris", at="2026-01-02T03:04:05Z", old="c-1")
    with archive_of(world, tmp_path) as desk:
        preview = desk.ask(releasing.prepare_release, Prepare(about=("m-a1",), level="counsel", recipient=VERA))
    assert preview.shown == 0
