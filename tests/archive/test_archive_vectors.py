"""The vectors hold for this program and for the independent reader: one file, one fact."""

import base64
import hmac
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import independent
import make_vectors
import msgspec
import pytest
import segment_vectors
import worked_example
from cast import Said, placed
from vector import BODIES, EVIDENCE, EXAMPLE, EXAMPLE_1, HERE, PASSPHRASE

from guvoh.archive import control, segments
from guvoh.archive.control import Epoch, Role, text_id
from guvoh.archive.entries import head_line, leaf_hashes, preimage, split, unpacked
from guvoh.archive.errors import Damaged, NotAnArchive
from guvoh.archive.home import Head
from guvoh.archive.keys import EpochKeys, KeyFolder, MemberKeys, epoch_name
from guvoh.archive.logs import Log, file_name
from guvoh.archive.membership import Membership, Standing, membership
from guvoh.archive.merkle import Frontier
from guvoh.archive.opener import Opener
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Checkpoint
from guvoh.archive.store import Archive, check_control
from guvoh.archive.verify import verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import SigningKey, VerifyKey, opened
from guvoh.sealing.padding import padme, unpad
from guvoh.sealing.passphrases import BadLock, Lock, derived_key, unlock

FILES = sorted(HERE.glob("*.json"))


@cache
def vector(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _root(given: dict[str, Any]) -> str:
    frontier = Frontier()
    frontier.extend(leaf_hashes([b"\0" + bytes.fromhex(leaf) for leaf in given["leaves"]]))
    return frontier.root().hex()


def _edge(given: dict[str, Any]) -> str:
    try:
        head = Head(size=given["size"], edge=tuple(bytes.fromhex(node) for node in given["edge"]))
    except ValueError:
        raise GuvohError from None
    return Frontier(head.size, head.edge).root().hex()


def _leaf_hash(given: dict[str, Any]) -> str:
    leaf = preimage(bytes.fromhex(given["salt"]), head_line(given["subjects"]), bytes.fromhex(given["body"]))
    return leaf_hashes([leaf])[0].hex()


def _preimage(given: dict[str, Any]) -> list[Any]:
    subjects, body = split(bytes.fromhex(given["preimage"]), "there")
    return [list(subjects), body.hex()]


def _checkpoint(given: dict[str, Any]) -> dict[str, Any]:
    name = control.note_name(given["archive"], given["log"])
    text = opened(given["note"].encode(), VerifyKey(given["key"]), name)
    found = Checkpoint.parse(text, given["archive"], given["log"])
    return {"size": found.size, "root": found.root.hex(), "seen": [[log, n, root.hex()] for log, n, root in found.seen]}


def answer_members(given: dict[str, Any]) -> dict[str, Any]:
    said = [
        Said(log=e["log"], at=e["at"], note=e["note"].encode(), sealed=e.get("sealed", True)) for e in given["entries"]
    ]
    found = membership(given["archive"], placed(said))
    if found.founding is None:
        raise NotAnArchive(Path(), "not founded")
    return {question: answers_of(found)[question]() for question in given["asked"]}


def answers_of(found: Membership) -> dict[str, Callable[[], Any]]:
    return {
        "format": lambda: found.format,
        "members": lambda: {one: found.members[one].role.value for one in sorted(found.members) if found.in_force(one)},
        "devices": lambda: sorted(one for one in found.devices if found.in_force(one)),
        "epochs": lambda: sorted(found.epochs),
        "current": lambda: found.epoch.epoch,
        "uncovered": lambda: found.uncovered,
        "removed": lambda: sorted(found.removed),
        "refused": lambda: len(found.refused),
        "cuts": lambda: {log: cut for log in found.devices if (cut := found.cut(log)) is not None},
        "settings": lambda: [found.settings.delay, found.settings.approvals],
        "erasures": lambda: {one: _state(standing) for one, standing in found.erasures.items()},
        "absent": lambda: _places(found.erased),
        "unused": lambda: _places(found.unused),
        "gone": lambda: sorted(found.gone),
        "people": lambda: sorted(found.people),
        "cleared": lambda: sorted(found.cleared),
        "key files": lambda: found.key_files,
    }


def _places(runs: Runs) -> list[list[Any]]:
    return [[log, at] for log, first, count in runs for at in range(first, first + count)]


def _state(one: Standing) -> str:
    if one.refused or one.held:
        return "refused" if one.refused else "held"
    return "approved" if one.approved else "asked"


def _segment(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read as `verify` reads: the segment, its seal, its control entries, and with keys its entries."""
    path = folder / "a.seg"
    path.write_bytes(base64.b64decode(given["file"]))
    segment = segments.read(path, "there")
    key = VerifyKey(given["device key"])
    if (segment.clear.archive, segment.clear.log) != (given["archive"], given["log"]):
        raise Damaged("there", "of another log")
    rewriters = {device: VerifyKey(text) for device, text in given.get("rewriters", {}).items()}
    segment.check_seal(key, rewriters.get)
    if segment.rewriting and segment.erasures.isdisjoint(given.get("erasures", ())):
        raise Damaged("there", "for no erasure that is known")
    commits = segment.check_checkpoint(key) is not None
    check_control(segment)
    answer = {"first": segment.clear.first, "count": segment.clear.count, "commits": commits}
    if "keys" not in given:
        return answer
    keys = {name: Identity(text) for name, text in given["keys"].items()}
    epoch = EpochKeys(nameless=keys["nameless"], identities=keys.get("identities"))
    opener = Opener({segment.clear.epoch: epoch}, list)
    absent = Runs((log, first, count) for log, first, count in given.get("absent", ()))
    entries = [(at, *split(leaf, "there")) for at, leaf in opener.opened(segment, absent)]
    return answer | {"entries": [[at, list(subjects), body.hex()] for at, subjects, body in entries]}


def _log(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    log = Log(folder, given["log"])
    log.path.mkdir(parents=True)
    for name, data in given["files"].items():
        (log.path / name).write_bytes(base64.b64decode(data))
    key = VerifyKey(given["device key"])
    state = log.state(key, None)
    parts, at = [], 0
    for segment in log.segments():
        if segment.end <= state.size:
            parts.append([file_name(segment.clear.first), at])
            at = segment.end
    return {"size": state.size, "root": state.frontier.root().hex(), "from": parts}


def _epoch_key(given: dict[str, Any], folder: Path) -> dict[str, str]:
    epoch, reads = msgspec.convert(given["epoch"], Epoch), Identity(given["identity"])
    keys = MemberKeys(identity=reads, signing=SigningKey(bytes(32)))
    kept = KeyFolder(folder)
    kept.save(epoch_name(epoch.epoch, keys.member), base64.b64decode(given["file"]))
    found = kept.open_epoch(epoch, keys, Role(given["role"]))
    texts = {name: one.text for name in ("nameless", "identities") if (one := getattr(found, name)) is not None}
    return texts | ({"ids": found.ids.hex()} if found.ids else {})


def _tombstone(given: dict[str, Any]) -> str:
    secret = derived_key(given["identities"].encode(), f"guvoh {given['archive']} erased")
    return hmac.digest(secret, given["about"].encode(), "sha256")[:16].hex()


def _lock(given: dict[str, Any]) -> str:
    try:
        lock = msgspec.json.decode(given["lock"], type=Lock)
    except msgspec.ValidationError:
        raise BadLock("its form") from None
    if msgspec.json.encode(lock, order="sorted").decode() != given["lock"]:
        raise BadLock("its spelling")
    return unlock(lock, given["passphrase"]).hex()


KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "merkle root": _root,
    "edge": _edge,
    "leaf hash": _leaf_hash,
    "preimage": _preimage,
    "padme": lambda g: padme(g["length"]),
    "unpad": lambda g: bytes(unpad(bytes.fromhex(g["padded"]))).hex(),
    "note": lambda g: opened(bytes.fromhex(g["note"]), VerifyKey(g["key"]), g["name"]),
    "checkpoint": _checkpoint,
    "members": answer_members,
    "tombstone": _tombstone,
    "box": lambda g: [bytes(leaf).hex() for leaf in unpacked(base64.b64decode(g["box"]), "there")],
    "lock": _lock,
    "id": lambda g: text_id(g["letter"], bytes.fromhex(g["data"])),
}
OF_FILES: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "segment": _segment,
    "log": _log,
    "epoch key": _epoch_key,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_this_program_answers_a_vector_as_written(path: Path, tmp_path: Path) -> None:
    found = vector(path)
    kind = found["kind"]
    solve = KINDS.get(kind) or (lambda given: OF_FILES[kind](given, tmp_path))
    if found.get("refused"):
        with pytest.raises(GuvohError):
            solve(found["given"])
    else:
        assert solve(found["given"]) == found["answer"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_independent_reader_answers_a_vector_as_written(path: Path) -> None:
    found = vector(path)
    if found.get("refused"):
        with pytest.raises(independent.Bad):
            independent.answer(found["kind"], found["given"])
    else:
        assert independent.answer(found["kind"], found["given"]) == found["answer"]


def test_there_are_more_refusals_than_answers() -> None:
    refused = [path for path in FILES if vector(path).get("refused") or path.stem.startswith("members-refused")]
    assert len(FILES) > 250
    assert len(refused) > len(FILES) - len(refused)


def test_the_script_makes_the_same_vectors_again() -> None:
    made = {name: found for family in make_vectors.STEADY for name, found in family()}
    kept = {path.stem: vector(path) for path in FILES if not path.stem.startswith(("sealed-", "anew", "epoch-key-"))}
    assert made == kept


def test_the_independent_reader_imports_nothing_of_guvoh() -> None:
    source = Path(independent.__file__).read_text("utf-8")
    assert not re.search(r"^\s*(from|import) guvoh", source, re.M)


@pytest.mark.parametrize("folder", [EXAMPLE, EXAMPLE_1], ids=lambda folder: folder.name)
def test_both_read_the_examples_and_agree(folder: Path) -> None:
    archive = Archive(folder / "archive", folder / "home", PASSPHRASE)
    reader = independent.Reader(folder / "archive", PASSPHRASE)

    assert reader.entries() == [(e.log, e.position, list(e.subjects), e.body) for e in archive.entries()]
    assert [body for _, _, _, body in reader.entries()][:2] == BODIES[:2]
    assert verify(archive, archive.known).problems == []
    named = json.loads(reader.entries()[2][3])
    assert reader.evidence(named["key"], named["evidence"]) == EVIDENCE
    assert reader.evidence_names() == [named["evidence"]]
    assert reader.members.format == archive.members.format


def test_the_worked_example_of_the_specification_is_the_example() -> None:
    page = worked_example.SPEC.read_text("utf-8")
    assert page == worked_example.specification() + worked_example.text(segment_vectors.Opened(), PASSPHRASE)
