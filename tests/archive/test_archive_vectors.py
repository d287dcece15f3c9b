"""The vectors hold for this program and for the independent reader: one file, one fact."""

import base64
import json
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import independent
import make_vectors
import msgspec
import pytest
import worked_example

from guvoh.archive import control, segments
from guvoh.archive.control import text_id
from guvoh.archive.entries import head_line, leaf_hashes, preimage, split, unpacked
from guvoh.archive.errors import NotAnArchive
from guvoh.archive.home import Head
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint
from guvoh.archive.store import Archive
from guvoh.archive.verify import verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import VerifyKey, opened
from guvoh.sealing.padding import padme, unpad
from guvoh.sealing.passphrases import BadLock, Lock, unlock

FILES = sorted(make_vectors.HERE.glob("*.json"))


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


def _control(given: dict[str, Any]) -> dict[str, Any]:
    found, refused = control.membership(given["archive"], [note.encode() for note in given["notes"]])
    if found.founding is None:
        raise NotAnArchive(Path(), "not founded")
    names = {"members": sorted(found.members), "devices": sorted(found.devices), "epochs": sorted(found.epochs)}
    return {**names, "refused": len(refused)}


def _segment(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read as `verify` reads: the segment, its seal, its control entries, and with a key its entries."""
    path = folder / "a.seg"
    path.write_bytes(base64.b64decode(given["file"]))
    segment = segments.read(path, "there")
    key = VerifyKey(given["device key"])
    if (segment.clear.archive, segment.clear.log) != (given["archive"], given["log"]):
        raise GuvohError
    segment.check_seal(key)
    commits = segment.check_checkpoint(key) is not None
    hashes = segment.leaf_hashes()
    if any(leaf_hashes([c.leaf]) != [hashes[c.at - segment.clear.first]] for c in segment.clear.control):
        raise GuvohError
    answer = {"first": segment.clear.first, "count": segment.clear.count, "commits": commits}
    if "epoch" not in given:
        return answer
    archive = Archive.__new__(Archive)
    archive._epochs, archive._sources = {segment.clear.epoch: Identity(given["epoch"])}, {}
    entries = [(at, *split(leaf, "there")) for at, leaf in archive.opened(segment)]
    return answer | {"entries": [[at, list(subjects), body.hex()] for at, subjects, body in entries]}


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
    "control": _control,
    "box": lambda g: [bytes(leaf).hex() for leaf in unpacked(base64.b64decode(g["box"]), "there")],
    "lock": _lock,
    "id": lambda g: text_id(g["letter"], bytes.fromhex(g["data"])),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_this_program_answers_a_vector_as_written(path: Path, tmp_path: Path) -> None:
    found = vector(path)
    solve = KINDS.get(found["kind"]) or partial(_segment, folder=tmp_path)
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
    refused = [path for path in FILES if vector(path).get("refused") or path.stem.startswith("control-refused")]
    assert len(FILES) > 100
    assert len(refused) > len(FILES) - len(refused)


def test_the_script_makes_the_same_vectors_again() -> None:
    made = {name: found for family in make_vectors.STEADY for name, found in family()}
    kept = {path.stem: vector(path) for path in FILES if not path.stem.startswith("sealed-")}
    assert made == kept


def test_the_independent_reader_imports_nothing_of_guvoh() -> None:
    source = Path(independent.__file__).read_text("utf-8")
    assert not re.search(r"^\s*(from|import) guvoh", source, re.M)


def test_both_read_the_example_and_agree() -> None:
    archive = Archive(make_vectors.EXAMPLE / "archive", make_vectors.EXAMPLE / "home", make_vectors.PASSPHRASE)
    reader = independent.Reader(make_vectors.EXAMPLE / "archive", make_vectors.PASSPHRASE)

    assert reader.entries() == [(e.log, e.position, list(e.subjects), e.body) for e in archive.entries()]
    assert [body for _, _, _, body in reader.entries()][:2] == make_vectors.BODIES[:2]
    assert verify(archive, archive.known).problems == []
    named = json.loads(reader.entries()[2][3])
    assert reader.evidence(named["key"], named["evidence"]) == make_vectors.EVIDENCE
    assert reader.evidence_names() == [named["evidence"]]


def test_the_worked_example_of_the_specification_is_the_example() -> None:
    page = worked_example.SPEC.read_text("utf-8")
    assert page == worked_example.specification() + worked_example.text(make_vectors.Opened(), make_vectors.PASSPHRASE)
