"""A second reader of the format, written from docs/spec/archive.md alone; it imports nothing of guvoh.

Everything refused is `Bad`. `answer(kind, given)` solves a vector; `Reader` opens a whole archive.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
MOST = 8 << 20


class Bad(Exception):
    """Not of this format, or not as it was signed."""


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


class Segment:
    """A segment file, taken apart, with its seal and checkpoint checked against the device's key."""

    def __init__(self, data: bytes, key: str, archive: str, log: str) -> None:
        need(len(data) <= 64 << 20, "too large")
        first, _, rest = data[: 64 << 10].partition(b"\n")
        line, newline, _ = rest.partition(b"\n")
        need(first == b"guvoh segment 1" and newline, "first line")
        sizes = parsed(line, "boxes checkpoint clear leaves ring seal")
        need(isinstance(sizes["boxes"], list) and len(sizes["boxes"]) <= 1000, "boxes")
        at, parts = len(first) + len(line) + 2, []
        for size in [sizes[n] for n in ("clear", "leaves", "checkpoint", "seal", "ring")] + sizes["boxes"]:
            parts.append(data[at : at + number(size)])
            at += size
        need(at == len(data), "parts do not add up")
        self.clear, leaves, self.note, seal, self.ring, *self.boxes = parts
        self._read_clear(archive, log)
        need(len(leaves) == 32 * self.count, "leaf hashes")
        self.leaves = [leaves[i : i + 32] for i in range(0, len(leaves), 32)]
        named = [("clear", self.clear + leaves), ("checkpoint", self.note), ("ring", self.ring)]
        text = f"guvoh/{archive}/{log}\nseal of entries {self.first} to {self.first + self.count}\n"
        for name, part in [*named, *(("box", box) for box in self.boxes)]:
            text += f"{name} sha256:{hashlib.sha256(part).hexdigest()}\n"
        need(note_text(seal, key, f"guvoh/{archive}/{log}") == text, "seal")
        self.checkpoint = checkpoint(self.note, key, archive, log) if self.note else None

    def _read_clear(self, archive: str, log: str) -> None:
        need(self.clear.endswith(b"\n"), "clear part")
        clear = parsed(self.clear[:-1], "archive log first count epoch control evidence")
        need((clear["archive"], clear["log"]) == (archive, log), "another log or archive")
        self.first, self.count, self.epoch = number(clear["first"]), number(clear["count"]), clear["epoch"]
        need(isinstance(self.epoch, str) and ID.fullmatch(self.epoch), "epoch")
        self.control: dict[int, bytes] = {}
        for entry in clear["control"]:
            need(set(entry) == {"at", "leaf"} and number(entry["at"]) not in self.control, "control entry")
            self.control[entry["at"]] = unbase64(entry["leaf"])
        self.evidence = clear["evidence"]
        for found in self.evidence:
            need(set(found) == {"name", "sha256", "size"} and re.fullmatch("[a-z2-7]{26}", found["name"]), "evidence")
            need(re.fullmatch("[0-9a-f]{64}", found["sha256"]) and number(found["size"]) >= 0, "evidence")

    def check_control(self) -> None:
        for at, leaf in self.control.items():
            need(0 <= at - self.first < self.count and sha(leaf) == self.leaves[at - self.first], "control entry")

    def opened_ring(self, epoch: str, sources: dict[str, str]) -> list[dict[str, Any]]:
        ring = parsed(unpadded(age_open(self.ring, epoch)), "boxes keys")
        for key in ring["keys"]:
            need(make_id("k", recipient_of(key["identity"]).encode()) == key["key"], "source key")
            sources[key["key"]] = key["identity"]
        need(len(ring["boxes"]) == len(self.boxes), "boxes of the ring")
        return list(ring["boxes"])

    def entries(self, epoch: str, sources: dict[str, str]) -> dict[int, tuple[list[str], bytes]]:
        """Subjects and body of every sealed entry, by position."""
        found: dict[int, tuple[list[str], bytes]] = {}
        for box, sealed in zip(self.opened_ring(epoch, sources), self.boxes, strict=True):
            leaves = unfolded(unpadded(age_open(sealed, sources[box["key"]] if box["key"] else epoch)))
            need(sum(number(count) for _, count in box["at"]) == len(leaves), "runs")
            places = [first + i for first, count in box["at"] for i in range(count)]
            need(places == sorted(set(places)), "runs do not rise")
            for at, leaf in zip(places, leaves, strict=True):
                need(0 <= at - self.first < self.count and at not in found, "place")
                need(sha(leaf) == self.leaves[at - self.first], "not what was committed")
                found[at] = leaf_parts(leaf)
        need(set(found) == set(range(self.first, self.first + self.count)) - set(self.control), "missing entries")
        return found


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
    "member": "member role verify recipient",
    "device": "device member verify",
    "epoch": "epoch recipient",
    "erasure": "erased",
}
ROLES = ("owner", "editor", "reader", "reader-without-identities", "writer", "replica")


class Members:
    """What the control entries establish."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self.founding: dict[str, Any] | None = None
        self.members: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.epochs: dict[str, dict[str, Any]] = {}

    def take_all(self, notes: list[bytes]) -> list[bytes]:
        """Returns what takes no effect."""
        waiting = list(notes)
        while True:
            refused = []
            for note in waiting:
                try:
                    self.take(note)
                except Bad:
                    refused.append(note)
            if len(refused) == len(waiting):
                return refused
            waiting = refused

    def take(self, note: bytes) -> None:
        line = note.partition(b"\n")[0]
        try:
            kind = json.loads(line)["control"]
        except (ValueError, KeyError, TypeError):
            raise Bad("not a control entry") from None
        need(kind in FIELDS, "unknown kind")
        entry = parsed(line, f"control signer {FIELDS[kind]}")
        need(isinstance(entry["signer"], str), "signer")
        text = note_text(note, self._key(entry), f"guvoh/{self.archive}/{entry['signer']}")
        need(text.encode() == line + b"\n", "more than one line")
        getattr(self, f"_{kind}")(entry, text)

    def _key(self, entry: dict[str, Any]) -> str:
        if entry["control"] == "archive":
            return str(entry["verify"])
        need(self.founding, "before the founding")
        assert self.founding is not None
        owner = self.members.get(entry["signer"])
        if owner and owner["role"] == "owner":
            return str(owner["verify"])
        need(not self.members and entry["signer"] == self.founding["signer"], "signer is no owner")
        return str(self.founding["verify"])

    def _archive(self, entry: dict[str, Any], text: str) -> None:
        need(make_id("a", text.encode()) == self.archive, "another archive")
        need(entry["format"] == 1 and entry["signer"] == make_id("m", bytes.fromhex(entry["verify"])), "founder")
        self.founding = entry

    def _member(self, entry: dict[str, Any], text: str) -> None:
        public_key(entry["verify"])
        need(entry["member"] == make_id("m", bytes.fromhex(entry["verify"])) and entry["role"] in ROLES, "member")
        check_recipient(entry["recipient"])
        self.members.setdefault(entry["member"], entry)

    def _device(self, entry: dict[str, Any], text: str) -> None:
        public_key(entry["verify"])
        need(entry["device"] == make_id("d", bytes.fromhex(entry["verify"])), "device")
        need(entry["member"] in self.members, "member of the device")
        self.devices.setdefault(entry["device"], entry)

    def _epoch(self, entry: dict[str, Any], text: str) -> None:
        need(entry["epoch"] == make_id("e", entry["recipient"].encode()), "epoch")
        check_recipient(entry["recipient"])
        self.epochs.setdefault(entry["epoch"], entry)

    def _erasure(self, entry: dict[str, Any], text: str) -> None:
        need(all(isinstance(log, str) and type(at) is int for log, at in entry["erased"]), "erased")


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


class Reader:
    """A whole archive, opened with a passphrase by the one member it has."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        hint = dict(re.findall(r'^(\w+) = "?([^"\n]*)"?$', (folder / "guvoh.toml").read_text(), re.M))
        need(hint["format"] == "1" and re.fullmatch("a-[a-z2-7]{20}", hint["archive"]), "hint")
        self.id, self._folder = hint["archive"], folder
        self.members = Members(self.id)
        notes = []
        for path in sorted(folder.glob("logs/*/*.seg")):
            clear = path.read_bytes().split(b"\n", 2)
            size = json.loads(clear[1])["clear"]
            notes += [leaf_parts(unbase64(c["leaf"]))[1] for c in json.loads(clear[2][:size])["control"]]
        self.refused = self.members.take_all(notes)
        need(self.members.founding, "founding")
        (self.member,) = self.members.members.values()
        lock = (folder / "keys" / f"{self.member['member']}.identity").read_bytes()
        self._identity, seed = secrets_of(unlocked(lock, passphrase))
        signing = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        need(make_id("m", signing) == self.member["member"], "seed")
        need(recipient_of(self._identity) == self.member["recipient"], "identity")
        self._sources: dict[str, str] = {}

    def _epoch(self, epoch: str) -> str:
        sealed = (self._folder / "keys" / f"{epoch}.{self.member['member']}.age").read_bytes()
        identity = age_open(sealed, self._identity).decode()
        need(recipient_of(identity) == self.members.epochs[epoch]["recipient"], "epoch key")
        return identity

    def segments(self, log: str) -> Iterator[Segment]:
        """The committed segments of a log, each checked, the whole followed from checkpoint to checkpoint."""
        key = self.members.devices[log]["verify"]
        leaves: list[bytes] = []
        batch: list[Segment] = []
        for path in sorted((self._folder / "logs" / log).glob("*.seg")):
            segment = Segment(path.read_bytes(), key, self.id, log)
            need(segment.first == int(path.stem) == len(leaves), "place")
            segment.check_control()
            leaves += segment.leaves
            batch.append(segment)
            if segment.checkpoint:
                need(segment.checkpoint[:2] == (len(leaves), root(leaves)), "checkpoint")
                yield from batch
                batch = []

    def entries(self) -> list[tuple[str, int, list[str], bytes]]:
        """(log, position, subjects, body) of every committed sealed entry."""
        found = []
        for log in sorted(self.members.devices):
            for segment in self.segments(log):
                opened = segment.entries(self._epoch(segment.epoch), self._sources)
                found += [(log, at, *opened[at]) for at in sorted(opened)]
        return found

    def evidence(self, key: str, name: str) -> bytes:
        return unpadded(age_open((self._folder / "evidence" / name).read_bytes(), self._sources[key]))

    def evidence_names(self) -> list[str]:
        """Every file of evidence, each as its segment says."""
        found = []
        for log in sorted(self.members.devices):
            for segment in self.segments(log):
                for brought in segment.evidence:
                    sealed = (self._folder / "evidence" / brought["name"]).read_bytes()
                    need(hashlib.sha256(sealed).hexdigest() == brought["sha256"], "evidence")
                    need(len(sealed) == brought["size"], "evidence")
                    found.append(brought["name"])
        return found


# The vectors


def _membership(given: dict[str, Any]) -> dict[str, Any]:
    found = Members(given["archive"])
    refused = found.take_all([note.encode() for note in given["notes"]])
    need(found.founding, "not founded")
    return {
        "members": sorted(found.members),
        "devices": sorted(found.devices),
        "epochs": sorted(found.epochs),
        "refused": len(refused),
    }


def _segment(given: dict[str, Any]) -> dict[str, Any]:
    segment = Segment(unbase64(given["file"]), given["device key"], given["archive"], given["log"])
    segment.check_control()
    answer: dict[str, Any] = {"first": segment.first, "count": segment.count, "commits": bool(segment.checkpoint)}
    if "epoch" in given:
        found = segment.entries(given["epoch"], {})
        answer["entries"] = [[at, found[at][0], found[at][1].hex()] for at in sorted(found)]
    return answer


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
    "control": _membership,
    "box": lambda g: [leaf.hex() for leaf in unfolded(unbase64(g["box"]))],
    "segment": _segment,
    "lock": lambda g: unlocked(g["lock"].encode(), g["passphrase"]).hex(),
    "id": lambda g: make_id(g["letter"], bytes.fromhex(g["data"])),
}


def answer(kind: str, given: dict[str, Any]) -> Any:
    return KINDS[kind](given)
