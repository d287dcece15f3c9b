"""A second reader of the format, written from docs/spec/archive.md alone; it imports nothing of guvoh.

Everything refused is `Bad`. `answer(kind, given)` solves a vector; `Reader` opens a whole archive, of format 1 or 2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
MOST = 8 << 20


class Bad(Exception):
    """Not of this format, or not as it was signed."""


class Newer(Bad):
    """Of a format that is not known here."""


def need(holds: object, why: str) -> None:
    if not holds:
        raise Bad(why)


# Section 2: common forms


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parsed(data: bytes, fields: str) -> dict[str, Any]:
    """A JSON object in the one form, with exactly these fields."""
    try:
        value = json.loads(data)
    except ValueError:
        raise Bad("not JSON") from None
    need(isinstance(value, dict) and canonical(value) == data, "not in the one form")
    need(set(value) == set(fields.split()), "fields")
    return dict(value)


def unbase64(text: object) -> bytes:
    try:
        raw = base64.b64decode(str(text), validate=True)
    except ValueError:
        raise Bad("base64") from None
    need(base64.b64encode(raw).decode() == text, "base64 not canonical")
    return raw


def number(value: object, most: int = 1 << 40) -> int:
    need(type(value) is int and 0 <= value <= most, "not a number within bounds")
    assert isinstance(value, int)
    return value


def make_id(letter: str, data: bytes) -> str:
    return f"{letter}-{base64.b32encode(sha(data)).decode().lower()[:20]}"


def public_key(text: object) -> Ed25519PublicKey:
    need(isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text), "public key")
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(text)))


def note_text(note: bytes, key: str, name: str) -> str:
    verify = public_key(key)
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None
    text, gap, line = whole.rpartition("\n\n")
    text += "\n"
    need(gap and not any(ord(c) < 32 and c != "\n" for c in text), "no signature, or control characters")
    match = re.fullmatch(r"— (\S+) ([A-Za-z0-9+/=]+)\n", line)
    need(match and match[1] == name, "signature line")
    assert match is not None
    raw = unbase64(match[2])
    need(raw[:4] == sha(name.encode() + b"\n\x01" + bytes.fromhex(key))[:4], "key id")
    try:
        verify.verify(raw[4:], text.encode())
    except InvalidSignature:
        raise Bad("signature") from None
    return text


def padme(length: int) -> int:
    if length < 256:
        return 256
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-length // step) * step


def unpadded(data: bytes) -> bytes:
    need(len(data) >= 8, "too short")
    end = 8 + int.from_bytes(data[:8], "big")
    need(len(data) == padme(end) and not any(data[end:]), "padding")
    return data[8:end]


def age_open(sealed: bytes, identity: str) -> bytes:
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)]))
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise Bad("does not open") from None


def recipient_of(identity: str) -> str:
    try:
        return str(pyrage.x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError:
        raise Bad("not an identity") from None


def check_recipient(text: str) -> None:
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise Bad("not a recipient") from None


# Section 4: the tree


def leaf_hash(salt: bytes, subjects: list[str], body: bytes) -> bytes:
    need(len(salt) == 16 and all(re.fullmatch(r"[!-~]+", s) for s in subjects), "salt or subjects")
    return sha(b"\0" + salt + " ".join(subjects).encode() + b"\n" + body)


def leaf_parts(preimage: bytes) -> tuple[list[str], bytes]:
    line, newline, body = preimage[17:].partition(b"\n")
    need(preimage[:1] == b"\0" and newline and line.isascii(), "preimage")
    return line.decode().split(), body


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def edge_root(size: int, edge: list[bytes]) -> bytes:
    need(size >= 0 and len(edge) == bin(size).count("1") and all(len(e) == 32 for e in edge), "edge")
    if not edge:
        return sha(b"")
    found = edge[-1]
    for node in reversed(edge[:-1]):
        found = sha(b"\x01" + node + found)
    return found


# Section 5: segments


def checkpoint(note: bytes, key: str, archive: str, log: str) -> tuple[int, bytes, list[tuple[str, int, bytes]]]:
    lines = note_text(note, key, f"guvoh/{archive}/{log}").split("\n")
    need(len(lines) >= 4 and lines.pop() == "" and lines[0] == f"guvoh/{archive}/{log}", "origin")

    def head(size: str, root: str) -> tuple[int, bytes]:
        need(re.fullmatch("0|[1-9][0-9]{0,15}", size) and len(unbase64(root)) == 32, "head")
        return int(size), unbase64(root)

    seen = []
    for line in lines[3:]:
        words = line.split(" ")
        need(len(words) == 4 and words[0] == "seen", "extension line")
        seen.append((words[1], *head(words[2], words[3])))
    return (*head(lines[1], lines[2]), seen)


Run = tuple[str, int, int]
Place = tuple[str, int]


def places_of(runs: Iterable[Run]) -> set[Place]:
    return {(log, first + i) for log, first, count in runs for i in range(count)}


class Segment:
    """A segment file, taken apart, with its seal, its checkpoint and its rewriting checked.

    key        the public key of the device whose log it is
    rewriters  public keys of devices that may write a segment anew for an erasure
    asked      ids of erasures that somebody entitled has asked for
    """

    def __init__(
        self,
        data: bytes,
        key: str,
        archive: str,
        log: str,
        rewriters: dict[str, str] | None = None,
        asked: Iterable[str] = (),
    ) -> None:
        need(len(data) <= 64 << 20, "too large")
        first, _, rest = data[: 64 << 10].partition(b"\n")
        line, newline, _ = rest.partition(b"\n")
        match = re.fullmatch(rb"guvoh (segment|commitments) ([12])", first)
        need(match and newline, "first line")
        assert match is not None
        self.thin, self.format = match[1] == b"commitments", int(match[2])
        names = ["clear", "leaves", "checkpoint", "seal"]
        names += ["ring"] if self.format == 1 and not self.thin else ["rewriting", "ring", "identities"]
        sizes = parsed(line, " ".join([*names, "boxes"]))
        need(isinstance(sizes["boxes"], list) and len(sizes["boxes"]) <= 1000, "boxes")
        at, parts = len(first) + len(line) + 2, []
        for size in [sizes[n] for n in names] + sizes["boxes"]:
            parts.append(data[at : at + number(size)])
            at += size
        need(at == len(data), "parts do not add up")
        self.clear, leaves, self.note, seal = parts[:4]
        self.boxes = parts[len(names) :]
        part = dict(zip(names, parts, strict=False))
        rewriting, self.ring, self.identities = part.get("rewriting", b""), part["ring"], part.get("identities", b"")
        need(not self.thin or not (rewriting or self.ring or self.identities or self.boxes), "more than commitments")
        self._read_clear(archive, log)
        need(len(leaves) == 32 * self.count, "leaf hashes")
        self.leaves = [leaves[i : i + 32] for i in range(0, len(leaves), 32)]
        self.erasures = self._signed(archive, log, key, leaves, seal, rewriting, rewriters or {})
        self.rewritten = bool(rewriting)
        told = type(self) is Commitments or not rewriting or self.erasures.intersection(asked)
        need(told, "written anew for no erasure that is known")
        self.checkpoint = checkpoint(self.note, key, archive, log) if self.note else None

    def _signed(
        self, archive: str, log: str, key: str, leaves: bytes, seal: bytes, rewriting: bytes, rewriters: dict[str, str]
    ) -> set[str]:
        """Who has signed that it consists of these parts. Returns the erasures on whose account something is gone."""
        text, front = note_text(seal, key, f"guvoh/{archive}/{log}"), self._front(archive, log, leaves)
        need(text.startswith(front), "seal")
        form = self.format
        if rewriting:
            device = rewriting.split(b"\n")[0].decode("utf-8", "replace").rpartition("/")[2]
            need(device in rewriters, "a rewriter who may not")
            text = note_text(rewriting, rewriters[device], f"guvoh/{archive}/{device}")
            what = f"rewriting of {log}, entries {self.first} to {self.end}"
            front = f"guvoh/{archive}/{device}\n{what}\nseal sha256:{hexdigest(seal)}\n"
            need(text.startswith(front), "rewriting")
            form = 2
        lines = text[len(front) :].split("\n")[:-1]
        erasures = [line for line in lines if line.startswith("erasure ")]
        if not self.thin:
            second = [("identities", self.identities)] if form == 2 else []
            parts = [("ring", self.ring), *second, *(("box", box) for box in self.boxes)]
            need(lines == [*(f"{n} sha256:{hexdigest(p)}" for n, p in parts), *erasures], "sealed parts")
        return {line.removeprefix("erasure ") for line in erasures}

    def _front(self, archive: str, log: str, leaves: bytes) -> str:
        parts = (("clear", self.clear + leaves), ("checkpoint", self.note))
        front = f"guvoh/{archive}/{log}\nseal of entries {self.first} to {self.end}\n"
        return front + "".join(f"{name} sha256:{hexdigest(part)}\n" for name, part in parts)

    def _read_clear(self, archive: str, log: str) -> None:
        need(self.clear.endswith(b"\n"), "clear part")
        clear = parsed(self.clear[:-1], "archive log first count epoch control evidence")
        need((clear["archive"], clear["log"]) == (archive, log), "another log or archive")
        self.first, self.count, self.epoch = number(clear["first"]), number(clear["count"]), clear["epoch"]
        need(isinstance(self.epoch, str) and ID.fullmatch(self.epoch), "epoch")
        self.log, self.control = log, dict[int, bytes]()
        for entry in clear["control"]:
            need(set(entry) == {"at", "leaf"} and number(entry["at"]) not in self.control, "control entry")
            self.control[entry["at"]] = unbase64(entry["leaf"])
        self.evidence = clear["evidence"]
        for found in self.evidence:
            need(set(found) == {"name", "sha256", "size"} and re.fullmatch("[a-z2-7]{26}", found["name"]), "evidence")
            need(re.fullmatch("[0-9a-f]{64}", found["sha256"]) and number(found["size"]) >= 0, "evidence")

    @property
    def end(self) -> int:
        return self.first + self.count

    def check_control(self) -> None:
        for at, leaf in self.control.items():
            need(0 <= at - self.first < self.count and sha(leaf) == self.leaves[at - self.first], "control entry")

    def _opened_ring(self, sealed: bytes, epoch: str, sources: dict[str, str]) -> list[dict[str, Any]]:
        ring = parsed(unpadded(age_open(sealed, epoch)), "boxes keys")
        for key in ring["keys"]:
            need(make_id("k", recipient_of(key["identity"]).encode()) == key["key"], "source key")
            sources[key["key"]] = key["identity"]
        return list(ring["boxes"])

    def entries(
        self, nameless: str, identities: str | None, sources: dict[str, str], absent: set[Place] | None = None
    ) -> dict[int, tuple[list[str], bytes]]:
        """Subjects and body of every sealed entry that these keys open, by position. absent: what may be missing."""
        need(not self.thin, "only commitments")
        rings = [(self._opened_ring(self.ring, nameless, sources), nameless)]
        whole = not self.identities or identities is not None
        if self.identities and identities is not None:
            rings.append((self._opened_ring(self.identities, identities, sources), identities))
        named = [(box, epoch) for boxes, epoch in rings for box in boxes]
        need(len(named) == len(self.boxes) if whole else len(named) <= len(self.boxes), "boxes of the rings")
        found: dict[int, tuple[list[str], bytes]] = {}
        for (box, epoch), sealed in zip(named, self.boxes, strict=False):
            need(not box["key"] or box["key"] in sources, "a source key that no ring brings")
            leaves = unfolded(unpadded(age_open(sealed, sources[box["key"]] if box["key"] else epoch)))
            need(sum(number(count) for _, count in box["at"]) == len(leaves), "runs")
            places = [first + i for first, count in box["at"] for i in range(count)]
            need(places == sorted(set(places)), "runs do not rise")
            for at, leaf in zip(places, leaves, strict=True):
                need(0 <= at - self.first < self.count and at not in found, "place")
                need(at not in self.control and sha(leaf) == self.leaves[at - self.first], "not what was committed")
                found[at] = leaf_parts(leaf)
        missing = set(range(self.first, self.end)) - set(self.control) - set(found)
        need(not whole or {(self.log, at) for at in missing} <= (absent or set()), "missing entries")
        return found


class Commitments(Segment):
    """A segment of which only the clear parts are checked: whoever wrote the sealed parts anew."""

    def _signed(
        self, archive: str, log: str, key: str, leaves: bytes, seal: bytes, rewriting: bytes, rewriters: dict[str, str]
    ) -> set[str]:
        need(note_text(seal, key, f"guvoh/{archive}/{log}").startswith(self._front(archive, log, leaves)), "seal")
        self.check_control()
        return set()


def hexdigest(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()


def walked(files: dict[str, Segment]) -> list[tuple[str, Segment, int]]:
    """The segments of a log by rising names, each with the position from which on it counts."""
    found, at = [], 0
    for name in sorted(files):
        segment = files[name]
        need(name == f"{segment.first:012d}.seg", "name of a segment")
        if segment.end <= at:
            continue
        need(segment.first <= at, "a segment is missing")
        found.append((name, segment, at))
        at = segment.end
    return found


def committed(files: dict[str, Segment]) -> tuple[list[bytes], list[tuple[str, Segment, int]]]:
    """The leaf hashes up to the last checkpoint, and the segments that hold them."""
    leaves: list[bytes] = []
    done: list[tuple[str, Segment, int]] = []
    batch: list[tuple[str, Segment, int]] = []
    size = 0
    for name, segment, at in walked(files):
        leaves += segment.leaves[at - segment.first :]
        batch.append((name, segment, at))
        if segment.checkpoint:
            need(segment.checkpoint[:2] == (len(leaves), root(leaves)), "checkpoint")
            done, batch, size = done + batch, [], len(leaves)
    return leaves[:size], done


def unfolded(box: bytes) -> list[bytes]:
    try:
        size = zstandard.frame_content_size(box)
        need(0 <= size <= 2 * MOST, "unfolds to too much")
        plain = zstandard.ZstdDecompressor().decompress(box, max_output_size=size, allow_extra_data=False)
        (count,) = struct.unpack_from(">I", plain)
        lengths = struct.unpack_from(f">{count}I", plain, 4)
    except (zstandard.ZstdError, struct.error):
        raise Bad("cannot be unfolded") from None
    at, found = 4 + 4 * count, []
    for length in lengths:
        found.append(plain[at : at + length])
        at += length
    need(at == len(plain), "lengths")
    return found


# Section 7: control entries

FIELDS = {
    "archive": "format nonce verify epoch",
    "upgrade": "format",
    "member": "member role verify recipient",
    "device": "device member verify",
    "epoch": "epoch recipient identities ids number without",
    "removal": "removed logs",
    "acceptance": "log size",
    "keys": "number files",
    "settings": "number delay approvals",
    "erasure": "at why erased evidence keys gone people",
    "approval": "decision",
    "refusal": "decision",
    "hold": "nonce held evidence keys",
    "release": "decision",
    "clearance": "cleared",
    "confirmation": "decision device",
}
LEFT_OUT = {"identities": "", "ids": "", "number": 0, "without": []}
OF_FORMAT_1 = ("archive", "member", "device", "epoch", "upgrade")
ROLES = ("owner", "editor", "reader", "reader-without-identities", "writer", "replica", "recovery")
OWNS, DECIDES = ("owner", "recovery"), ("owner", "editor", "recovery")
IDENTITIES = ("owner", "editor", "reader", "recovery")
READS = (*IDENTITIES, "reader-without-identities")
WRITES = ("owner", "editor", "writer", "recovery")


def is_id(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[a-z]-[a-z2-7]{20}", text) is not None


def is_hex(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{32}|[0-9a-f]{64}", text) is not None


def is_name(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[a-z0-9][a-z0-9.-]{0,79}", text) is not None


def is_count(value: object, most: int = 1 << 40) -> bool:
    return type(value) is int and 0 <= value <= most


def is_run(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and is_id(value[0]) and all(map(is_count, value[1:]))


def each(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(holds, value))


def pair(first: Callable[[Any], bool], second: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) == 2 and first(value[0]) and second(value[1])


def is_text(value: object) -> bool:
    return isinstance(value, str)


SHAPES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(["signer", "member", "device", "epoch", "removed", "log", "decision"], is_id),
    **dict.fromkeys(["nonce", "verify", "recipient", "identities", "ids", "at", "why"], is_text),
    "format": lambda value: type(value) is int,
    "role": lambda value: value in ROLES,
    "number": is_count,
    "size": is_count,
    "delay": lambda value: is_count(value, 24 * 366),
    "approvals": lambda value: is_count(value, 9),
    "without": each(is_id),
    "keys": each(is_id),
    "logs": each(pair(is_id, is_count)),
    "files": each(pair(is_name, is_hex)),
    "erased": each(is_run),
    "held": each(is_run),
    "evidence": each(is_name),
    "gone": each(is_hex),
    "people": each(is_hex),
    "cleared": each(is_hex),
}


def control_entry(note: bytes) -> dict[str, Any]:
    """The value of a control entry, if it has the one form of its kind."""
    line = note.partition(b"\n")[0]
    try:
        found = json.loads(line)
        kind = found["control"]
    except (ValueError, KeyError, TypeError):
        raise Bad("not a control entry") from None
    need(isinstance(kind, str) and kind in FIELDS, "unknown kind")
    need(canonical(found) == line, "not in the one form")
    wanted = set(FIELDS[kind].split()) | {"control", "signer"}
    if kind == "epoch":
        need(not any(found.get(name) == empty for name, empty in LEFT_OUT.items()), "what is empty is not written")
        found = {**LEFT_OUT, **found}
    need(set(found) == wanted, "fields")
    shapes = {**SHAPES, "nonce": is_hex} if kind == "hold" else SHAPES
    shapes = {**shapes, "epoch": is_text} if kind == "archive" else shapes
    need(all(shapes[name](found[name]) for name in wanted - {"control"}), "a field")
    return dict(found)


class Said:
    """A control entry at its place. sealed: whether the device of the log has signed that it lies there."""

    def __init__(self, log: str, at: int, note: bytes, sealed: bool) -> None:
        self.log, self.at, self.note, self.sealed = log, at, note, sealed
        self.place = (log, at, note)
        self.entry: dict[str, Any] = {}


def device_keys(notes: Iterable[bytes]) -> dict[str, str]:
    """Public keys of devices by id, whoever names them: an id commits to its key."""
    found = {}
    for note in notes:
        try:
            entry = control_entry(note)
            need(entry["control"] == "device", "another kind")
            public_key(entry["verify"])
        except Bad:
            continue
        found[make_id("d", bytes.fromhex(entry["verify"]))] = entry["verify"]
    return found


def decision(note: bytes) -> str:
    return make_id("x", note.partition(b"\n")[0] + b"\n")


def numbered(said: Iterable[Said]) -> list[Said]:
    """By rising number, those whose number is at most 64 more than how many of these went before."""
    found: list[Said] = []
    for one in sorted(said, key=lambda one: (one.entry["number"], one.log, one.at)):
        if one.entry["number"] - len(found) <= 64:
            found.append(one)
    return found


def named_in(said: Iterable[Said]) -> Iterator[tuple[Said, str, str]]:
    return ((one, name, digest) for one in said for name, digest in one.entry["files"])


def holds_back(hold: dict[str, Any], erasure: dict[str, Any]) -> bool:
    if not hold["held"] or places_of(map(tuple, hold["held"])) & places_of(map(tuple, erasure["erased"])):
        return True
    return any(set(hold[field]) & set(erasure[field]) for field in ("evidence", "keys"))


class Members:
    """What the control entries establish."""

    def __init__(self, archive: str, said: Iterable[Said]) -> None:
        self.archive, self.refused = archive, 0
        entries: dict[tuple[str, int, bytes], Said] = {}
        for one in said:
            old = entries.setdefault(one.place, one)
            old.sealed = old.sealed or one.sealed
        self._all = []
        for place in sorted(entries):
            try:
                entries[place].entry = control_entry(entries[place].note)
                self._all.append(entries[place])
            except Bad:
                self.refused += 1
        self._keys = device_keys(one.note for one in self._all)
        self._in_force: list[Said] = []
        void: list[Said] = []
        left = self._pass()
        self._settle()
        self._granted_once = {one: state["entry"] for one, state in self.erasures.items() if state["granted"]}
        while True:
            removals = [one for one in self._kind("removal") if one not in self._in_force and one not in void]
            if not removals:
                break
            first = min(removals, key=self._turn)
            founded = self.founded
            self._in_force.append(first)
            left = self._pass()
            if first not in self._taken or founded > self.founded:
                self._in_force.remove(first)
                void.append(first)
                left = self._pass()
        if self._newest > 2:
            raise Newer("newer format")
        self._settle()
        self.refused += left + len(void) + self._jumping

    def _pass(self) -> int:
        """Take what takes effect while the removals in force are; returns how many entries do not."""
        self.founding: dict[str, Any] | None = None
        self.format = 1
        self.members: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.epochs: dict[str, dict[str, Any]] = {}
        self._admissions: list[tuple[str, Said]] = []
        self._rank: dict[str, tuple[int, int, str, int]] = {}
        self._erasures: dict[str, Said] = {}
        self._taken: list[Said] = []
        self._holding: dict[str, Said] = {}
        self._newest = 1
        waiting = self._all
        while True:
            left = []
            for one in waiting:
                try:
                    self._check(one)
                    self._take(one)
                except Newer:
                    raise
                except Bad:
                    left.append(one)
            if len(left) == len(waiting):
                self.founded = self._is_founded()
                return len(left)
            waiting = left

    def _is_founded(self) -> bool:
        return self.founding is not None and self.founding["epoch"] in self.epochs

    def _role(self, member: str) -> str:
        return str(self.members[member]["role"]) if member in self.members else ""

    def _check(self, one: Said) -> None:
        e = one.entry
        text = note_text(one.note, self._signer_key(e), f"guvoh/{self.archive}/{e['signer']}")
        need(text.encode() == one.note.partition(b"\n")[0] + b"\n", "more than one line")
        getattr(self, f"_is_{e['control']}", lambda one: None)(one)
        self._check_place(one)
        self._check_entitled(one)
        for removal in self._in_force:
            if one not in self._in_force:
                self._check_not_removed(one, removal.entry)

    def _signer_key(self, e: dict[str, Any]) -> str:
        if e["control"] == "archive":
            return str(e["verify"])
        need(self.founding, "before the founding")
        assert self.founding is not None
        if e["signer"] in self.members:
            return str(self.members[e["signer"]]["verify"])
        need(e["signer"] == self.founding["signer"], "signer is no member")
        return str(self.founding["verify"])

    def _is_archive(self, one: Said) -> None:
        e = one.entry
        need(make_id("a", one.note.partition(b"\n")[0] + b"\n") == self.archive, "another archive")
        need(e["signer"] == make_id("m", bytes.fromhex(e["verify"])), "founder")

    def _is_member(self, one: Said) -> None:
        public_key(one.entry["verify"])
        need(one.entry["member"] == make_id("m", bytes.fromhex(one.entry["verify"])), "member")
        check_recipient(one.entry["recipient"])

    def _is_device(self, one: Said) -> None:
        public_key(one.entry["verify"])
        need(one.entry["device"] == make_id("d", bytes.fromhex(one.entry["verify"])), "device")
        need(one.entry["member"] in self.members, "member of the device")

    def _is_epoch(self, one: Said) -> None:
        e = one.entry
        need(e["epoch"] == make_id("e", (e["recipient"] + e["identities"]).encode()), "epoch")
        need(self.format == 1 or (e["identities"] and e["ids"]), "an epoch without a key")
        for recipient in (e["recipient"], *filter(None, [e["identities"]])):
            check_recipient(recipient)

    def _is_removal(self, one: Said) -> None:
        need(one.entry["removed"] in self.members or one.entry["removed"] in self.devices, "removes nobody known")

    def _check_place(self, one: Said) -> None:
        e = one.entry
        need(one.log in self._keys and one.sealed, "nobody vouches for its place")
        if e["control"] == "archive":
            return
        sheets, keeper = self._role(e["signer"]) == "recovery", self.devices.get(one.log)
        if e["control"] == "device" and e["device"] == one.log:
            return
        if keeper is not None:
            need(keeper["member"] == e["signer"] or sheets, "in the log of another member")
        else:
            need(e["control"] == "member" and (sheets or not self.members), "in a log that nobody has admitted")

    def _check_entitled(self, one: Said) -> None:
        e, role = one.entry, self._role(one.entry["signer"])
        kind = e["control"]
        need(self.format > 1 or kind in OF_FORMAT_1, "not of format 1")
        if kind == "archive":
            return
        if kind == "member" and not self.members:
            need(e["signer"] == e["member"] and e["role"] == "owner", "the first member")
        elif kind in ("erasure", "approval", "clearance"):
            need(role in DECIDES, "neither owner nor editor")
        elif kind == "refusal":
            asked = self._erasures.get(e["decision"])
            need(role in OWNS or (asked and asked.entry["signer"] == e["signer"]), "neither owner nor who asked")
        elif kind == "confirmation":
            need(self.devices.get(e["device"], {}).get("member") == e["signer"], "another's device")
        elif kind == "keys" and role not in OWNS:
            need(role and all(name == f"{e['signer']}.identity" for name, _ in e["files"]), "others' keys")
        else:
            need(role in OWNS, "no owner")

    def _check_not_removed(self, one: Said, removal: dict[str, Any]) -> None:
        e, gone = one.entry, removal["removed"]
        if (e["control"] == "member" and e["member"] == gone) or (e["control"] == "device" and e["device"] == gone):
            return
        keeper = self.devices[one.log]["member"] if one.log in self.devices else e.get("member", "")
        keeper = keeper if one.log in self.devices or e["control"] == "device" else ""
        if gone in (e["signer"], keeper, one.log):
            need(one.at < dict(removal["logs"]).get(one.log, 0), "removed before")

    def _take(self, one: Said) -> None:
        e = one.entry
        kind = e["control"]
        if kind == "archive":
            if e["format"] not in (1, 2):
                raise Newer("newer format")
            self.founding, self.format = e, e["format"]
        if kind == "upgrade":
            self._newest = max(self._newest, e["format"])
            self.format = max(self.format, min(e["format"], 2))
        if kind in ("member", "device"):
            self._admissions.append((e[kind], one))
        if kind == "member" and e["member"] not in self.members:
            self.members[e["member"]] = e
            depth = self._rank[e["signer"]][0] if e["signer"] in self._rank else -1
            sheets = e["role"] == "recovery"
            self._rank[e["member"]] = (depth + (not sheets), int(not sheets), one.log, one.at)
        elif kind == "device":
            self.devices.setdefault(e["device"], e)
        elif kind == "epoch":
            self.epochs[e["epoch"]] = self._holding.setdefault(e["epoch"], one).entry
        elif kind == "erasure":
            self._erasures.setdefault(decision(one.note), one)
        self._taken.append(one)

    # --- whose removal goes first

    def _turn(self, removal: Said) -> tuple[bool, tuple[int, int, str, int], str, int]:
        return not self._seconded(removal), self._rank[removal.entry["signer"]], removal.log, removal.at

    def _seconded(self, removal: Said) -> bool:
        by, gone = removal.entry["signer"], removal.entry["removed"]
        gone = self.devices[gone]["member"] if gone in self.devices else gone
        for one in self._agreed(removal):
            above = self._above(one)
            sheets = any(self._role(a) == "recovery" for a in above)
            own = by in above and not any(self._role(a) == "recovery" for a in {gone} | self._above(gone))
            if self._role(one) == "owner" and one != gone and not sheets and not own:
                return True
        return False

    def _above(self, member: str) -> set[str]:
        """By whom he was admitted, and by whom these were."""
        by = self.members[member]["signer"]
        return set() if by == member else {by} | self._above(by)

    # --- what several entries say together

    def _kind(self, kind: str) -> list[Said]:
        return [one for one in self._taken if one.entry["control"] == kind]

    def _settle(self) -> None:
        removals = [one.entry for one in self._in_force]
        self.removed = {e["removed"] for e in removals}
        cuts: dict[str, int] = {}
        for e in removals:
            own = [d for d, device in self.devices.items() if device["member"] == e["removed"]]
            for log in own if e["removed"] in self.members else [e["removed"]]:
                size = dict(e["logs"]).get(log, 0)
                cuts[log] = min(size, cuts.get(log, size))
        for one in self._in_force:
            if one.log in cuts:
                cuts[one.log] = max(cuts[one.log], one.at + 1)
        for one in self._kind("acceptance"):
            if one.entry["log"] in cuts:
                cuts[one.entry["log"]] = max(cuts[one.entry["log"]], one.entry["size"])
        self.cuts = cuts
        in_line = numbered(self._holding.values())
        self._jumping = len(self._holding) - len(in_line)
        self.epochs = {one.entry["epoch"]: one.entry for one in in_line}
        self.key_files = self._key_files()
        self.cleared = sorted({one_ for one in self._kind("clearance") for one_ in one.entry["cleared"]})
        self.settings = self._settings()
        released = {one.entry["decision"] for one in self._kind("release")}
        holds = {decision(one.note): one.entry for one in self._kind("hold")}
        self.holds = {one: hold for one, hold in holds.items() if one not in released}
        refused = {one.entry["decision"] for one in self._kind("refusal")}
        self.erasures: dict[str, dict[str, Any]] = {}
        for one_id, one in self._erasures.items():
            others = self._others(one)
            held = any(holds_back(hold, one.entry) for hold in self.holds.values())
            agreed = len(self._agreed(one))
            granted, approved = agreed >= min(self._fewest, others), agreed >= min(self.settings[1], others)
            state = "refused" if one_id in refused else "held" if held else "approved" if approved else "asked"
            self.erasures[one_id] = {"entry": one.entry, "granted": granted, "state": state}

    def _key_files(self) -> dict[str, str]:
        """Of members: as they said last, else as who let them in said first. Of epochs: as owners said last."""
        said = self._kind("keys")
        by_owners = numbered([one for one in said if self._role(one.entry["signer"]) in OWNS])
        found: dict[str, str] = {}
        for one in sorted(said, key=lambda one: (one.at, one.entry["number"]), reverse=True):
            for name, digest in sorted(one.entry["files"], reverse=True):
                if self._let_in(one, name.removesuffix(".identity")) and name.endswith(".identity"):
                    found[name] = digest
        for one, name, digest in sorted(named_in(said), key=lambda said: (said[0].entry["number"], said[2])):
            if name == f"{one.entry['signer']}.identity":
                found[name] = digest
        for _, name, digest in sorted(named_in(by_owners), key=lambda said: (said[0].entry["number"], said[2])):
            if not name.endswith(".identity"):
                found[name] = digest
        return found

    def _let_in(self, one: Said, member: str) -> bool:
        """Whether this is said by who let a member in, in the log in which he did, and behind that."""
        if member not in self.members:
            return False
        log, at = self._rank[member][2:]
        return self.members[member]["signer"] == one.entry["signer"] and one.log == log and one.at > at

    def _settings(self) -> tuple[int, int]:
        found = (7 * 24, 1)
        self._fewest = found[1]
        order = sorted(
            numbered(self._kind("settings")),
            key=lambda one: (one.entry["number"], -one.entry["delay"], one.entry["signer"], one.log, one.at),
        )
        for one in order:
            new = (one.entry["delay"], one.entry["approvals"])
            stricter = new[0] >= found[0] and new[1] >= found[1]
            if stricter or self._agreed(one) or not self._others(one):
                found = new
                self._fewest = min(self._fewest, new[1])
        return found

    def _agreed(self, asked: Said) -> set[str]:
        about = decision(asked.note)
        found = {one.entry["signer"] for one in self._kind("approval") if one.entry["decision"] == about}
        return found - {asked.entry["signer"]}

    def _others(self, asked: Said) -> int:
        who = asked.entry["signer"]
        by_others = {one.entry["removed"] for one in self._in_force if one.entry["signer"] != who}
        left = [(who, one) for who, one in self._admissions if one.log != asked.log or one.at <= asked.at]
        assert self.founding is not None
        there: set[str] = set()
        more = {self.founding["signer"]}
        while more:
            there |= more
            more = {one for one, said in left if self._stands(said, there)} - there
        able = {name for name in there if self._role(name) in ("owner", "editor")}
        return len(able - by_others - {who})

    def _stands(self, admission: Said, there: set[str]) -> bool:
        """Whether it would take effect, as to who signs it where, if these were members and devices."""
        e = admission.entry
        free = e.get("device") == admission.log or (e["control"] == "member" and self._role(e["signer"]) == "recovery")
        return e["signer"] in there and (free or admission.log in there)

    def in_force(self, one: str) -> bool:
        if one in self.removed:
            return False
        return self.in_force(self.devices[one]["member"]) if one in self.devices else one in self.members

    def _removed_readers(self) -> set[str]:
        return {one for one in self.removed if self._role(one) in READS}

    @property
    def current(self) -> str:
        readers = self._removed_readers()
        order = {e: (-len(readers & set(v["without"])), -v["number"], e) for e, v in self.epochs.items()}
        return min(order, key=order.__getitem__)

    @property
    def uncovered(self) -> list[str]:
        return sorted(self._removed_readers() - set(self.epochs[self.current]["without"]))

    def named(self, field: str, *states: str) -> list[Any]:
        found = [x for one in self.erasures.values() if one["state"] in states for x in one["entry"][field]]
        return [x for number, x in enumerate(sorted(found)) if x not in sorted(found)[:number]]

    @property
    def absent(self) -> set[Place]:
        """Entries that may be missing."""
        return {p for e in self.may_be_gone.values() for p in places_of(map(tuple, e["erased"]))}

    @property
    def absent_evidence(self) -> set[str]:
        return {name for e in self.may_be_gone.values() for name in e["evidence"]}

    @property
    def may_be_gone(self) -> dict[str, dict[str, Any]]:
        """Erasures that are granted; or would be without removals, and somebody in force says that he did it."""
        done = {one.entry["decision"] for one in self._kind("confirmation") if self.in_force(one.entry["device"])}
        once = {one: e for one, e in self._granted_once.items() if one in done}
        return once | {one: state["entry"] for one, state in self.erasures.items() if state["granted"]}

    @property
    def rewriters(self) -> dict[str, str]:
        """Public keys of devices that may write segments anew."""
        able = {m for m in self.members if self._role(m) in IDENTITIES and self._role(m) != "recovery"}
        return {d: e["verify"] for d, e in self.devices.items() if e["member"] in able}


# Section 8: keys


def unlocked(data: bytes, passphrase: str) -> bytes:
    lock = parsed(data, "cost nonce salt sealed")
    cost = lock["cost"]
    need(set(cost) == {"iterations", "lanes", "memory"}, "cost")
    memory, iterations, lanes = (number(cost[n]) for n in ("memory", "iterations", "lanes"))
    need(8 * lanes <= memory <= 4 << 20 and 1 <= iterations <= 64 and 1 <= lanes <= 16, "cost")
    salt, nonce = unbase64(lock["salt"]), unbase64(lock["nonce"])
    need(len(salt) >= 16 and len(nonce) == 12, "salt or nonce")
    plain = " ".join(unicodedata.normalize("NFKC", passphrase).split()).encode()
    key = Argon2id(salt=salt, length=32, iterations=iterations, lanes=lanes, memory_cost=memory).derive(plain)
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, unbase64(lock["sealed"]), b"guvoh passphrase lock 1")
    except InvalidTag:
        raise Bad("passphrase") from None


def secrets_of(data: bytes) -> tuple[str, bytes]:
    """The MessagePack map {"identity": text of 74 letters, "seed": 32 bytes}, as its bytes must lie."""
    match = re.fullmatch(rb"\x82\xa8identity\xd9\x4a(.{74})\xa4seed\xc4\x20(.{32})", data, re.S)
    need(match, "a member's secrets")
    assert match is not None
    return match[1].decode(), match[2]


def epoch_secrets(sealed: bytes, member: str, epoch: dict[str, Any], role: str) -> dict[str, str]:
    """What a key file gives of an epoch: `nameless`, `identities` (texts) and `ids` (hex), as far as they are there."""
    plain = age_open(sealed, member)
    if not epoch["identities"]:
        text = plain.decode("ascii", "replace")
        need(recipient_of(text) == epoch["recipient"], "another epoch's key")
        return {"nameless": text, "identities": text}
    found = unpadded(plain)
    value = parsed(found, "nameless identities ids")
    for name, wanted, readers in (("nameless", "recipient", READS), ("identities", "identities", IDENTITIES)):
        if value[name] or role in readers:
            need(recipient_of(value[name]) == epoch[wanted], "another epoch's key")
    ids = unbase64(value["ids"])
    need(not ids or hexdigest(ids) == epoch["ids"], "another secret of ids")
    return {name: text for name, text in {**value, "ids": ids.hex()}.items() if text}


def derived(secret: str, archive: str, purpose: str) -> bytes:
    info = f"guvoh {archive} {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def tombstone(identities: str, archive: str, about: str) -> str:
    """The keyed digest under which an id stands that must not come back."""
    return hmac.digest(derived(identities, archive, "erased"), about.encode(), "sha256")[:16].hex()


def _clear(data: bytes) -> tuple[dict[str, Any], int, bytes]:
    """The clear part of a segment file, unchecked; whether a checkpoint follows; the file."""
    _, line, rest = data.split(b"\n", 2)
    sizes = json.loads(line)
    return json.loads(rest[: sizes["clear"]]), sizes["checkpoint"], data


class Reader:
    """A whole archive, opened with a passphrase by one of its members; without one it is only checked."""

    def __init__(self, folder: Path, passphrase: str = "", member: str = "") -> None:
        hint = dict(re.findall(r'^(\w+) = "?([^"\n]*)"?$', (folder / "guvoh.toml").read_text(), re.M))
        need(hint["format"] in ("1", "2") and re.fullmatch("a-[a-z2-7]{20}", hint["archive"]), "hint")
        self.id, self._folder = hint["archive"], folder
        self.members = Members(self.id, self._said())
        need(self.members.founding and self.members.epochs, "founding")
        assert self.members.founding is not None
        self.member = member or str(self.members.founding["signer"])
        self._sources: dict[str, str] = {}
        if not passphrase:
            return
        lock = self._key_file(f"{self.member}.identity")
        self._identity, seed = secrets_of(unlocked(lock, passphrase))
        signing = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        need(make_id("m", signing) == self.member, "seed")
        need(recipient_of(self._identity) == self.members.members[self.member]["recipient"], "identity")

    def _all_logs(self) -> list[Path]:
        return sorted(path for path in (self._folder / "logs").iterdir() if path.is_dir())

    def _files(self, log: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in log.iterdir() if re.fullmatch(r"[0-9]{12}\.seg", path.name)}

    def _said(self) -> Iterator[Said]:
        """The control entries of all logs, each log up to its last checkpoint, and whether its device vouches."""
        clears = [(log.name, *_clear(data)) for log in self._all_logs() for _, data in sorted(self._files(log).items())]
        keys = device_keys(
            leaf_parts(unbase64(one["leaf"]))[1] for _, clear, _, _ in clears for one in clear["control"]
        )
        ends, batch = dict[str, int](), dict[str, list[Said]]()
        for log, clear, commits, data in clears:
            end = clear["first"] + clear["count"]
            if end <= ends.get(log, 0):
                continue
            ends[log], waiting = end, batch.setdefault(log, [])
            sealed = log in keys and self._vouched(log, data, keys[log])
            for entry in clear["control"]:
                waiting.append(Said(log, entry["at"], leaf_parts(unbase64(entry["leaf"]))[1], sealed))
            if commits:
                yield from waiting
                batch[log] = []

    def _vouched(self, log: str, data: bytes, key: str) -> bool:
        try:
            Commitments(data, key, self.id, log)
        except Bad:
            return False
        return True

    def _key_file(self, name: str) -> bytes:
        data = (self._folder / "keys" / name).read_bytes()
        need(self.members.key_files.get(name, hexdigest(data)) == hexdigest(data), "not the key file that was signed")
        return data

    def epoch(self, epoch: str) -> dict[str, str]:
        role = str(self.members.members[self.member]["role"])
        sealed = (self._folder / "keys" / f"{epoch}.{self.member}.age").read_bytes()
        return epoch_secrets(sealed, self._identity, self.members.epochs[epoch], role)

    def log(self, log: str) -> tuple[list[bytes], list[tuple[str, Segment, int]]]:
        """The committed leaf hashes and segments of a log, each checked."""
        key, granted = self.members.devices[log]["verify"], self.members.may_be_gone
        files = {
            name: Segment(data, key, self.id, log, self.members.rewriters, granted)
            for name, data in self._files(self._folder / "logs" / log).items()
        }
        for segment in files.values():
            segment.check_control()
            here = {(log, at) for at in range(segment.first, segment.end)}
            named = [e for one, e in granted.items() if one in segment.erasures]
            concerns = any(e["keys"] or places_of(map(tuple, e["erased"])) & here for e in named)
            need(not segment.rewritten or concerns, "written anew for an erasure of other entries")
        return committed(files)

    def _logs(self) -> list[str]:
        return sorted(log for log in self.members.devices if (self._folder / "logs" / log).is_dir())

    def entries(self) -> list[tuple[str, int, list[str], bytes]]:
        """(log, position, subjects, body) of every committed sealed entry that counts and that this member can open."""
        found = []
        unused = places_of(map(tuple, self.members.named("erased", "asked", "held", "approved")))
        for log in self._logs():
            for _, segment, since in self.log(log)[1]:
                keys = self.epoch(segment.epoch)
                args = (keys["nameless"], keys.get("identities"), self._sources, self.members.absent)
                opened = {} if segment.thin else segment.entries(*args)
                for at in sorted(opened):
                    if since <= at < self.members.cuts.get(log, at + 1) and (log, at) not in unused:
                        found.append((log, at, *opened[at]))
        return found

    def evidence(self, key: str, name: str) -> bytes:
        return unpadded(age_open((self._folder / "evidence" / name).read_bytes(), self._sources[key]))

    def evidence_names(self) -> list[str]:
        """Every file of evidence that is there, each as its segment says."""
        found = []
        gone = self.members.absent_evidence
        for log in self._logs():
            for _, segment, _ in self.log(log)[1]:
                for brought in segment.evidence:
                    path = self._folder / "evidence" / brought["name"]
                    if brought["name"] in gone and not path.exists():
                        continue
                    sealed = path.read_bytes()
                    need(hashlib.sha256(sealed).hexdigest() == brought["sha256"], "evidence")
                    need(len(sealed) == brought["size"], "evidence")
                    found.append(brought["name"])
        return found


# The vectors


def _membership(given: dict[str, Any]) -> dict[str, Any]:
    said = [Said(e["log"], e["at"], e["note"].encode(), e.get("sealed", True)) for e in given["entries"]]
    found = Members(given["archive"], said)
    need(found.founding, "not founded")
    whole = {
        "format": found.format,
        "members": {one: found.members[one]["role"] for one in sorted(found.members) if found.in_force(one)},
        "devices": sorted(one for one in found.devices if found.in_force(one)),
        "epochs": sorted(found.epochs),
        "removed": sorted(found.removed),
        "refused": found.refused,
        "cuts": {log: cut for log, cut in found.cuts.items() if log in found.devices},
        "settings": list(found.settings),
        "erasures": {one: state["state"] for one, state in found.erasures.items()},
        "absent": sorted(map(list, found.absent)),
        "unused": sorted(map(list, places_of(map(tuple, found.named("erased", "asked", "held", "approved"))))),
        "gone": found.named("gone", "asked", "held", "approved"),
        "people": found.named("people", "asked", "held", "approved"),
        "cleared": found.cleared,
        "key files": found.key_files,
    }
    if found.epochs:
        whole |= {"current": found.current, "uncovered": found.uncovered}
    return {name: whole[name] for name in given["asked"]}


def _segment(given: dict[str, Any]) -> dict[str, Any]:
    segment = Segment(
        unbase64(given["file"]),
        given["device key"],
        given["archive"],
        given["log"],
        given.get("rewriters"),
        given.get("erasures", ()),
    )
    segment.check_control()
    answer: dict[str, Any] = {"first": segment.first, "count": segment.count, "commits": bool(segment.checkpoint)}
    if "keys" in given:
        keys = given["keys"]
        absent = places_of(map(tuple, given.get("absent", ())))
        found = segment.entries(keys["nameless"], keys.get("identities"), {}, absent)
        answer["entries"] = [[at, found[at][0], found[at][1].hex()] for at in sorted(found)]
    return answer


def _log(given: dict[str, Any]) -> dict[str, Any]:
    where = given["device key"], given["archive"], given["log"]
    leaves, walk = committed({name: Segment(unbase64(data), *where) for name, data in given["files"].items()})
    return {"size": len(leaves), "root": root(leaves).hex(), "from": [[name, at] for name, _, at in walk]}


def _epoch_key(given: dict[str, Any]) -> dict[str, str]:
    epoch = {**LEFT_OUT, **given["epoch"]}
    return epoch_secrets(unbase64(given["file"]), given["identity"], epoch, given["role"])


def _checkpoint(given: dict[str, Any]) -> dict[str, Any]:
    size, top, seen = checkpoint(given["note"].encode(), given["key"], given["archive"], given["log"])
    return {"size": size, "root": top.hex(), "seen": [[log, n, r.hex()] for log, n, r in seen]}


KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "merkle root": lambda g: root([sha(b"\0" + bytes.fromhex(leaf)) for leaf in g["leaves"]]).hex(),
    "edge": lambda g: edge_root(g["size"], [bytes.fromhex(node) for node in g["edge"]]).hex(),
    "leaf hash": lambda g: leaf_hash(bytes.fromhex(g["salt"]), g["subjects"], bytes.fromhex(g["body"])).hex(),
    "preimage": lambda g: [
        leaf_parts(bytes.fromhex(g["preimage"]))[0],
        leaf_parts(bytes.fromhex(g["preimage"]))[1].hex(),
    ],
    "padme": lambda g: padme(g["length"]),
    "unpad": lambda g: unpadded(bytes.fromhex(g["padded"])).hex(),
    "note": lambda g: note_text(bytes.fromhex(g["note"]), g["key"], g["name"]),
    "checkpoint": _checkpoint,
    "members": _membership,
    "log": _log,
    "epoch key": _epoch_key,
    "tombstone": lambda g: tombstone(g["identities"], g["archive"], g["about"]),
    "box": lambda g: [leaf.hex() for leaf in unfolded(unbase64(g["box"]))],
    "segment": _segment,
    "lock": lambda g: unlocked(g["lock"].encode(), g["passphrase"]).hex(),
    "id": lambda g: make_id(g["letter"], bytes.fromhex(g["data"])),
}


def answer(kind: str, given: dict[str, Any]) -> Any:
    return KINDS[kind](given)
