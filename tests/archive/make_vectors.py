"""Writes the vectors. Run as a script; the same files come out each time.

    python tests/archive/make_vectors.py            everything that is not random
    python tests/archive/make_vectors.py --fresh    a new example archive too, and the segments sealed anew
                                                    and section 16 of the specification

The answers of the tree are those published with RFC 6962's reference code; the others are what this program answers,
checked by the independent reader in the tests.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import worked_example
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from guvoh.archive import control, forms, segments
from guvoh.archive.control import Device, Epoch, Erasure, Founding, Member, Role, key_id, note_name, signed, text_id
from guvoh.archive.entries import Entry, head_line, leaf_hashes, packed, preimage
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, RingBox, RingKey
from guvoh.archive.store import Archive
from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import pad, padme
from guvoh.sealing.passphrases import Cost, Lock, _key

HERE = Path(__file__).parent / "vectors"
EXAMPLE = HERE / "example"
PASSPHRASE = "quince lantern orchard teacup"
QUICK = Cost(memory=64, iterations=1, lanes=1)
BODIES = [b'{"said":"an invented letter"}', b'{"said":"a second page of it"}', b'{"judged":"nothing yet"}']
EVIDENCE = b"The letter itself, invented as well.\n"

EPOCH = Identity("AGE-SECRET-KEY-12SG293L7FJW2PHVXGE2ZLX0KPURMHQJKRJSPKQLS6EYN60PHKZGSMTHFUG")
READS = Identity("AGE-SECRET-KEY-17CTAJZJ087QAQCEYWF3SVX3ZF2FY8D7XCSHNTEAWMZVQHRH9FJ9QAULLN6")
SOURCE = Identity("AGE-SECRET-KEY-1T0YZUQTLAZP0WG6XJPWG5EPEX6YD5PZ672K9YZDY7RFQXYF3PGKQS82P39")
OTHER = Identity("AGE-SECRET-KEY-1GPYM85GU7Z9NU7DRQE3WEXMWWEPC8VD84LY0982Q3MMLV59FZA0QM5SRD2")

RFC_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
RFC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

Vector = tuple[str, dict[str, Any]]


def key(name: str) -> SigningKey:
    return SigningKey(sha256(name.encode()).digest())


def right(name: str, fact: str, kind: str, given: dict[str, Any], answer: Any) -> Vector:
    return name, {"fact": fact, "kind": kind, "given": given, "answer": answer}


def wrong(name: str, fact: str, kind: str, given: dict[str, Any]) -> Vector:
    return name, {"fact": fact, "kind": kind, "given": given, "refused": True}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def trees() -> Iterator[Vector]:
    for size in (0, 1, 2, 3, 7, 8):
        given = {"leaves": RFC_LEAVES[:size]}
        yield right(f"root-{size}", f"the root of {size} leaves", "merkle root", given, RFC_ROOTS[size])
    for size in (0, 6, 7):
        frontier = Frontier()
        frontier.extend([sha256(b"\0" + bytes.fromhex(leaf)).digest() for leaf in RFC_LEAVES[:size]])
        edge = [node.hex() for node in frontier.edge]
        fact = "an edge gives the same root as the leaves"
        yield right(f"edge-{size}", fact, "edge", {"size": size, "edge": edge}, RFC_ROOTS[size])
    yield wrong("edge-short", "an edge with a subtree missing is none", "edge", {"size": 7, "edge": ["00" * 32] * 2})
    yield wrong("edge-narrow", "a node has 32 bytes", "edge", {"size": 1, "edge": ["00" * 31]})


def leaves() -> Iterator[Vector]:
    salt = bytes(range(16))
    for name, fact, subjects, body in (
        ("leaf", "subjects are parted by a blank and end with a newline", ["s-one", "m-two"], b"a body"),
        ("leaf-no-subjects", "without subjects the line is empty", [], b"a body"),
        ("leaf-newline-in-body", "only the first newline parts", ["s-one"], b"two\nlines\n"),
        ("leaf-empty-body", "a body may be empty", ["s-one"], b""),
    ):
        leaf = preimage(salt, head_line(subjects), body)
        given = {"salt": salt.hex(), "subjects": subjects, "body": body.hex()}
        yield right(name, fact, "leaf hash", given, leaf_hashes([leaf])[0].hex())
        yield right(f"pre{name}", fact, "preimage", {"preimage": leaf.hex()}, [subjects, body.hex()])
    for name, fact, subjects in (
        ("leaf-blank-in-subject", "a subject holds no blank", ["s one"]),
        ("leaf-newline-in-subject", "a subject holds no newline", ["s-one\n"]),
        ("leaf-empty-subject", "a subject is not empty", ["s-one", ""]),
        ("leaf-letter-in-subject", "a subject is ASCII", ["ш-one"]),
    ):
        yield wrong(name, fact, "leaf hash", {"salt": salt.hex(), "subjects": subjects, "body": ""})
    for name, fact, leaf in (
        ("preimage-node", "an inner node is no entry", b"\1" + salt + b"s-one\nbody"),
        ("preimage-no-line", "an entry has a line of subjects", b"\0" + salt + b"body"),
        ("preimage-letter", "the line of subjects is ASCII", b"\0" + salt + "ш\nbody".encode()),
        ("preimage-empty", "nothing is no entry", b""),
    ):
        yield wrong(name, fact, "preimage", {"preimage": leaf.hex()})


def paddings() -> Iterator[Vector]:
    for length in (0, 255, 256, 257, 1000, 65537, 10_000_000, (1 << 40) + 1):
        yield right(f"padme-{length}", f"{length} bytes are padded", "padme", {"length": length}, padme(length))
    for name, data in (("empty", b""), ("short", b"short"), ("long", b"x" * 300)):
        yield right(f"unpad-{name}", "what was padded comes back", "unpad", {"padded": pad(data).hex()}, data.hex())
    good = pad(b"short")
    for name, fact, padded in (
        ("cut", "a padding cut short is refused", good[:-1]),
        ("longer", "a padding that goes on is refused", good + b"\0"),
        ("not-zero", "nothing can hide in the padding", good[:-1] + b"\1"),
        ("next-size", "only the smallest fitting size is right", good + bytes(padme(257) - len(good))),
        ("length-beyond", "a length beyond the end is refused", b"\xff" * 8 + good[8:]),
        ("seven-bytes", "seven bytes hold no length", bytes(7)),
        ("nothing", "nothing holds no length", b""),
    ):
        yield wrong(f"unpad-{name}", fact, "unpad", {"padded": padded.hex()})


def notes() -> Iterator[Vector]:
    signer, name = key("a device"), "guvoh/a-example/d-example"
    note = signer.note("one line\nand another\n", name).encode()
    whole = {"key": signer.public.text, "name": name}
    line = note.rpartition(b"\n\n")[2]
    other = key("another").note("one line\nand another\n", name).encode().rpartition(b"\n\n")[2]
    yield right(
        "note", "a signed note gives its text", "note", {"note": note.hex(), **whole}, "one line\nand another\n"
    )
    empty_line = signer.note("one line\n\nand another\n", name).encode()
    fact = "the last empty line parts text and signature"
    yield right("note-empty-line", fact, "note", {"note": empty_line.hex(), **whole}, "one line\n\nand another\n")
    for end, fact, data in (
        ("text-changed", "a letter changed in the text breaks the signature", note.replace(b"one", b"two")),
        ("no-signature", "text alone is no note", b"one line\nand another\n"),
        ("two-signatures", "there is exactly one signature", note + other),
        ("twice-signed", "the same signature twice is not exactly one", note + line),
        ("other-key", "another key's signature is none", note.replace(line, other)),
        ("other-name", "a signature under another name is none", note.replace(b"d-example ", b"d-elsewhere ")),
        ("hyphen", "the line begins with a long dash", note.replace("— ".encode(), b"- ")),
        ("no-newline", "the line ends with a newline", note[:-1]),
        ("newline-more", "nothing follows the signature", note + b"\n"),
        ("base64-spare-bits", "base64 has one spelling", _spare_bits(note)),
        ("base64-broken", "base64 is base64", note[:-5] + b"*" + note[-4:]),
        ("not-utf8", "text is UTF-8", b"\xff" + note),
        ("carriage-return", "text holds no control character", _signed_raw(signer, "one\r\n", name)),
        ("nothing", "nothing is no note", b""),
        ("key-id", "the key id is that of the key", _with_key_id(note, b"\0\0\0\0")),
    ):
        yield wrong(f"note-{end}", fact, "note", {"note": data.hex(), **whole})
    upper = {"note": note.hex(), "key": signer.public.text.upper(), "name": name}
    yield wrong("note-key-upper-case", "a public key is written in lower case", "note", upper)


def _spare_bits(note: bytes) -> bytes:
    """68 bytes leave two bits unused in the last letter of their base64."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return note[:-3] + alphabet[alphabet.index(note[-3]) ^ 1 :][:1] + note[-2:]


def _signed_raw(signer: SigningKey, text: str, name: str) -> bytes:
    signature = signer.public.key_id(name) + signer._key.sign(text.encode())
    return f"{text}\n— {name} {b64(signature)}\n".encode()


def _with_key_id(note: bytes, key_id: bytes) -> bytes:
    front, _, encoded = note.rpartition(b" ")
    return front + b" " + base64.b64encode(key_id + base64.b64decode(encoded)[4:]) + b"\n"


def checkpoints() -> Iterator[Vector]:
    signer, archive, log = key("a device"), "a-example", "d-example"
    given = {"key": signer.public.text, "archive": archive, "log": log}
    root = sha256(b"root").digest()
    good = Checkpoint(size=12, root=root, seen=(("d-other", 3, root),))
    text = good.text(archive, log)

    def note(changed: str) -> str:
        return _signed_raw(signer, changed, note_name(archive, log)).decode()

    answer = {"size": 12, "root": root.hex(), "seen": [["d-other", 3, root.hex()]]}
    yield right("checkpoint", "size, root and seen heads", "checkpoint", {"note": note(text), **given}, answer)
    alone = Checkpoint(size=0, root=sha256().digest()).text(archive, log)
    empty = {"size": 0, "root": sha256().hexdigest(), "seen": []}
    yield right("checkpoint-empty", "a log may be empty", "checkpoint", {"note": note(alone), **given}, empty)
    for end, fact, changed in (
        ("other-log", "the first line names the log", text.replace(log, "d-elsewhere")),
        ("leading-zero", "a size has no leading zero", text.replace("\n12\n", "\n012\n")),
        ("negative", "a size is not negative", text.replace("\n12\n", "\n-12\n")),
        ("other-digits", "a size is written in ASCII digits", text.replace("\n12\n", "\n١٢\n")),
        ("short-root", "a root has 32 bytes", text.replace(b64(root), b64(root[:31]), 1)),
        ("no-root", "size and root are there", f"{note_name(archive, log)}\n12\n"),
        ("other-extension", "a line after the root is a seen head", text.replace("seen ", "heard ")),
        ("seen-no-root", "a seen head has a root", text.replace(f"d-other 3 {b64(root)}", "d-other 3")),
        ("line-more", "no empty line at the end", text + "\n"),
    ):
        yield wrong(f"checkpoint-{end}", fact, "checkpoint", {"note": note(changed), **given})
    forged = key("another").note(text, note_name(archive, log))
    yield wrong("checkpoint-other-key", "a device signs its own", "checkpoint", {"note": forged, **given})


class Cast:
    """An owner, her device, an epoch; and somebody from elsewhere."""

    def __init__(self) -> None:
        self.owner, self.device, self.stranger = key("an owner"), key("her device"), key("a stranger")
        self.signer = key_id("m", self.owner.public)
        epoch = EPOCH.recipient.text
        self.epoch = Epoch(signer=self.signer, epoch=text_id("e", epoch.encode()), recipient=epoch)
        self.founding = Founding(
            signer=self.signer, format=1, nonce="00" * 16, verify=self.owner.public.text, epoch=self.epoch.epoch
        )
        self.archive = text_id("a", control.text_of(self.founding).encode())
        self.member = self.person(self.owner, Role.OWNER)
        self.admitted = self.admit(self.device, self.signer)

    def person(self, who: SigningKey, role: Role, signer: str = "") -> Member:
        member, recipient = key_id("m", who.public), READS.recipient.text
        verify = who.public.text
        return Member(signer=signer or self.signer, member=member, role=role, verify=verify, recipient=recipient)

    def admit(self, device: SigningKey, member: str, signer: str = "") -> Device:
        verify = device.public.text
        return Device(signer=signer or self.signer, device=key_id("d", device.public), member=member, verify=verify)

    def by_owner(self, *entries: control.Control) -> list[bytes]:
        return [signed(entry, self.archive, self.owner) for entry in entries]

    @property
    def first(self) -> tuple[control.Control, ...]:
        return self.founding, self.member, self.admitted, self.epoch


def controls() -> Iterator[Vector]:
    cast = Cast()
    first = cast.by_owner(*cast.first)

    def given(notes: Sequence[bytes], archive: str = cast.archive) -> dict[str, Any]:
        return {"archive": archive, "notes": [note.decode() for note in notes]}

    def answer(refused: int = 0, **more: list[str]) -> dict[str, Any]:
        found = {"members": [cast.signer], "devices": [cast.admitted.device], "epochs": [cast.epoch.epoch]}
        return {name: sorted(ids + more.get(name, [])) for name, ids in found.items()} | {"refused": refused}

    yield right("control-first", "the first four entries found an archive", "control", given(first), answer())
    yield right("control-any-order", "their order is free", "control", given(first[::-1]), answer())
    yield right("control-twice", "an entry twice is as once", "control", given(first * 2), answer())
    erasure = cast.by_owner(Erasure(signer=cast.signer, erased=(("d-example", 4),)))
    yield right("control-erasure", "an owner may erase", "control", given(first + erasure), answer())
    editor = cast.person(key("an editor"), Role.EDITOR)
    more = answer(members=[editor.member])
    yield right("control-editor", "an owner takes a member in", "control", given(first + cast.by_owner(editor)), more)
    yield from _refused_controls(cast, first, editor, given, answer)
    elsewhere = "a-" + "a" * 20
    yield wrong("control-other-id", "the id commits to the founding entry", "control", given(first, elsewhere))
    yield wrong("control-unfounded", "nothing counts before the founding", "control", given(first[1:]))
    founding = msgspec.structs.replace(cast.founding, signer="m-" + "a" * 20)
    named = text_id("a", control.text_of(founding).encode())
    signed_so = [signed(founding, named, cast.owner)]
    yield wrong("control-founder-misnamed", "a founder has the id of his key", "control", given(signed_so, named))
    forged = signed(cast.founding, cast.archive, cast.stranger)
    yield wrong("control-forged-founding", "the founder signs the founding", "control", given([forged, *first[1:]]))


def _refused_controls(cast: Cast, first: list[bytes], editor: Member, given: Any, answer: Any) -> Iterator[Vector]:
    new, editing = key("a new device"), key("an editor")
    epoch = Epoch(signer=cast.signer, epoch=text_id("e", b"no key"), recipient="no key")
    good_epoch = text_id("e", OTHER.recipient.text.encode())
    misnamed = msgspec.structs.replace(cast.admit(new, cast.signer), device=cast.admitted.device)
    by_editor = signed(cast.admit(new, editor.member, editor.member), cast.archive, editing)
    cases: list[tuple[str, str, list[bytes]]] = [
        ("stranger", "nobody signs for an owner", [signed(cast.admit(new, cast.signer), cast.archive, cast.stranger)]),
        (
            "other-archive",
            "a note of another archive has no effect here",
            [signed(cast.admit(new, cast.signer), "a-" + "b" * 20, cast.owner)],
        ),
        ("unknown-member", "a device belongs to a member", cast.by_owner(cast.admit(new, editor.member))),
        ("wrong-device-id", "a device's id is its key's", cast.by_owner(misnamed)),
        (
            "wrong-member-id",
            "a member's id is his key's",
            cast.by_owner(msgspec.structs.replace(editor, member="m-" + "a" * 20)),
        ),
        (
            "wrong-epoch-id",
            "an epoch's id is its key's",
            cast.by_owner(Epoch(signer=cast.signer, epoch=cast.epoch.epoch, recipient=OTHER.recipient.text)),
        ),
        ("no-recipient", "an epoch has a key to seal to", cast.by_owner(epoch)),
        (
            "unknown-kind",
            "an unknown kind has no effect",
            [_raw(cast, f'{{"control":"crown","signer":"{cast.signer}"}}\n')],
        ),
        (
            "unknown-role",
            "an unknown role has no effect",
            [_raw(cast, control.text_of(editor).replace('"editor"', '"king"'))],
        ),
        ("field-more", "a field more has no effect", [_raw(cast, control.text_of(editor).replace("}", ',"x":1}'))]),
        (
            "field-less",
            "a field less has no effect",
            [_raw(cast, f'{{"control":"epoch","epoch":"{good_epoch}","signer":"{cast.signer}"}}\n')],
        ),
        ("blank", "JSON has one form", [_raw(cast, control.text_of(editor).replace(":", ": "))]),
        ("line-more", "an entry is one line", [_raw(cast, control.text_of(editor) + "more\n")]),
        ("garbage", "garbage has no effect", [b"\x7fnothing at all"]),
    ]
    for end, fact, notes in cases:
        yield right(f"control-refused-{end}", fact, "control", given(first + notes), answer(refused=1))
    both = [*cast.by_owner(editor), by_editor]
    held = answer(refused=1, members=[editor.member])
    yield right("control-refused-editor", "an editor admits nobody", "control", given(first + both), held)


def _raw(cast: Cast, text: str) -> bytes:
    return _signed_raw(cast.owner, text, note_name(cast.archive, cast.signer))


def boxes() -> Iterator[Vector]:
    first, second = b"\0first", b"\0the second"
    plain = (2).to_bytes(4) + len(first).to_bytes(4) + len(second).to_bytes(4) + first + second
    folded = zstandard.ZstdCompressor().compress
    answer = [first.hex(), second.hex()]
    yield right("box", "count, lengths, preimages", "box", {"box": b64(packed([first, second]))}, answer)
    for end, fact, data in (
        ("bytes-more", "lengths add up: nothing follows", folded(plain + b"x")),
        ("bytes-less", "lengths add up: nothing is missing", folded(plain[:-1])),
        ("count-beyond", "a count has its lengths", folded((1 << 31).to_bytes(4) + plain[4:])),
        ("two-frames", "a box is one frame", folded(plain) + folded(b"more")),
        ("cut", "a frame is whole", folded(plain)[:-3]),
        ("not-zstd", "a box is Zstandard", plain),
        ("no-size", "a frame says what it unfolds to", _unsized(plain)),
        ("huge", "a frame unfolds to 16 MiB at most", folded(bytes((16 << 20) + 1))),
        ("empty", "nothing is no box", b""),
    ):
        yield wrong(f"box-{end}", fact, "box", {"box": b64(data)})


def _unsized(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(plain)


def locks() -> Iterator[Vector]:
    secret, salt, nonce = b"a secret of an invented member", bytes(range(16)), bytes(range(12))

    def made(phrase: str, cost: Cost = QUICK, purpose: bytes = b"guvoh passphrase lock 1") -> dict[str, Any]:
        sealed = ChaCha20Poly1305(_key(phrase, salt, cost)).encrypt(nonce, secret, purpose)
        return dict(msgspec.to_builtins(Lock(cost=cost, salt=salt, nonce=nonce, sealed=sealed)))

    def given(lock: dict[str, Any], phrase: str, *, blanks: bool = False) -> dict[str, Any]:
        separators = (", ", ": ") if blanks else (",", ":")
        return {"lock": json.dumps(lock, sort_keys=True, separators=separators), "passphrase": phrase}

    good, phrase = made(PASSPHRASE), PASSPHRASE
    for end, fact, lock, typed in (
        ("", "a passphrase opens a lock", good, phrase),
        ("-blanks", "runs of blanks are one", good, f" {phrase.replace(' ', '   ')}\n"),
        ("-accents", "letters and their accents may come apart", made("café ёлка"), "cafe\u0301 е\u0308лка"),
        ("-cost", "the cost stands in the lock", made(phrase, Cost(memory=256, iterations=3, lanes=2)), phrase),
    ):
        yield right(f"lock{end}", fact, "lock", given(lock, typed), secret.hex())

    def costing(memory: int, iterations: int, lanes: int) -> dict[str, Any]:
        return good | {"cost": {"iterations": iterations, "lanes": lanes, "memory": memory}}

    for end, fact, lock, typed in (
        ("wrong", "another passphrase opens nothing", good, "quince lantern orchard teapot"),
        ("case", "capitals count", good, phrase.upper()),
        ("cost-changed", "another cost gives another key", costing(64, 2, 1), phrase),
        ("cost-absurd", "an absurd cost is refused unpaid", costing(1 << 30, 1, 1), phrase),
        ("cost-nothing", "no pass is no cost", costing(64, 0, 1), phrase),
        ("memory-below-lanes", "a lane has 8 KiB", costing(64, 1, 9), phrase),
        ("salt-short", "a salt has 16 bytes", good | {"salt": b64(salt[:15])}, phrase),
        ("nonce-short", "a nonce has 12 bytes", good | {"nonce": b64(nonce[:11])}, phrase),
        ("sealed-changed", "what is sealed is authentic", good | {"sealed": b64(bytes(46))}, phrase),
        ("purpose", "a lock of another purpose is none", made(phrase, purpose=b"something else"), phrase),
        ("field-more", "a field more is refused", good | {"hint": "fruit"}, phrase),
        ("field-less", "a field less is refused", {k: v for k, v in good.items() if k != "nonce"}, phrase),
    ):
        yield wrong(f"lock-{end}", fact, "lock", given(lock, typed))
    yield wrong("lock-spelling", "JSON has one form", "lock", given(good, phrase, blanks=True))


def ids() -> Iterator[Vector]:
    data = key("a device").public.text
    for letter in ("m", "d"):
        given = {"letter": letter, "data": data}
        yield right(
            f"id-{letter}", "an id begins the hash of what it names", "id", given, text_id(letter, bytes.fromhex(data))
        )
    recipient = SOURCE.recipient.text.encode()
    answer = text_id("k", recipient)
    yield right(
        "id-k", "a key's id is that of its recipient's text", "id", {"letter": "k", "data": recipient.hex()}, answer
    )


class Opened:
    """The example archive, with what is needed to take its segments apart."""

    def __init__(self) -> None:
        self.archive = Archive(EXAMPLE / "archive", EXAMPLE / "home", PASSPHRASE)
        self.device = self.archive._signing
        self.epoch = next(iter(self.archive._epochs.values()))
        self.files = [path.read_bytes() for _, path in self.archive.own.paths()]

    def given(self, file: bytes, *, read: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {"file": b64(file), "device key": self.device.public.text}
        found |= {"archive": self.archive.id, "log": self.archive.device}
        return found | ({"epoch": self.epoch.text} if read else {})


def example_segments() -> Iterator[Vector]:
    opened = Opened()
    founding, batch = opened.files[:2]
    stored = list(opened.archive.entries({opened.archive.device: 4}))
    read = [[entry.position, list(entry.subjects), entry.body.hex()] for entry in stored if entry.position < 7]
    first, second = {"first": 0, "count": 4, "commits": True}, {"first": 4, "count": 3, "commits": True}
    yield right("segment-founding", "four entries found an archive", "segment", opened.given(founding), first)
    yield right("segment", "a batch in one segment, seen without a key", "segment", opened.given(batch), second)
    with_key = second | {"entries": read}
    yield right("segment-read", "the same, read", "segment", opened.given(batch, read=True), with_key)
    top, line, rest = batch.split(b"\n", 2)
    sizes = json.loads(line)
    note = rest[sizes["clear"] + sizes["leaves"] :][: sizes["checkpoint"]]
    spelled = json.dumps(sizes, sort_keys=True).encode()
    stripped = json.dumps(sizes | {"checkpoint": 0}, sort_keys=True, separators=(",", ":")).encode()
    lines = len(top) + len(line) + 2
    leaves_at = lines + sizes["clear"]

    def flipped(at: int) -> bytes:
        return batch[:at] + bytes([batch[at] ^ 1]) + batch[at + 1 :]

    for end, fact, file in (
        ("flipped-clear", "a bit changed in the clear part is found", flipped(leaves_at - 20)),
        ("flipped-leaf", "a bit changed in a leaf hash is found", flipped(leaves_at + 5)),
        ("flipped-checkpoint", "a bit changed in the checkpoint is found", flipped(leaves_at + sizes["leaves"] + 70)),
        ("flipped-ring", "a bit changed in the ring is found", flipped(len(batch) - sum(sizes["boxes"]) - 9)),
        ("flipped-box", "a bit changed in a box is found", flipped(len(batch) - 9)),
        ("cut", "a segment cut short is found", batch[:-1]),
        ("longer", "a segment added to is found", batch + b"\0"),
        ("empty", "nothing is no segment", b""),
        ("only-lines", "first lines are no segment", batch[:lines]),
        ("format-0", "format 0 does not exist", b"guvoh segment 0" + batch[len(top) :]),
        ("format-2", "a newer format is not read", b"guvoh segment 2" + batch[len(top) :]),
        ("format-01", "a version has no leading zero", b"guvoh segment 01" + batch[len(top) :]),
        ("sizes-spelled", "the second line has one form", batch.replace(line, spelled, 1)),
        ("checkpoint-off", "a checkpoint cannot be taken off", batch.replace(line, stripped, 1).replace(note, b"", 1)),
    ):
        yield wrong(f"segment-{end}", fact, "segment", opened.given(file))
    elsewhere = opened.given(batch) | {"log": "d-" + "a" * 20}
    yield wrong("segment-other-log", "a segment names its log", "segment", elsewhere)
    stranger = opened.given(batch) | {"device key": key("a stranger").public.text}
    yield wrong("segment-other-device", "its device has sealed it", "segment", stranger)
    other = opened.given(batch) | {"epoch": OTHER.text}
    yield wrong("segment-other-epoch", "another epoch's key does not read it", "segment", other)


def sealed_segments() -> Iterator[Vector]:
    """Segments that a device has signed and that are wrong inside: random, for sealing is."""
    opened = Opened()
    bodies = [preimage(bytes([n]) * 16, b"s-one\n", body) for n, body in enumerate(BODIES)]
    source = text_id("k", SOURCE.recipient.text.encode())
    epoch, whole = opened.epoch.recipient, ((0, 3),)
    clear = Clear(
        archive=opened.archive.id, log=opened.archive.device, first=0, count=3, epoch=next(iter(opened.archive._epochs))
    )
    brought = (RingKey(key=source, identity=SOURCE.text),)
    sealed = to_source(*bodies)
    entries = [[at, ["s-one"], body.hex()] for at, body in enumerate(BODIES)]

    def file(
        ring: Ring, boxes: list[bytes], leaf_bytes: Sequence[bytes] = (), changed: Clear = clear
    ) -> dict[str, Any]:
        hashes = leaf_hashes(leaf_bytes or bodies)
        sealed_ring = epoch.seal(pad(forms.written(ring)))
        pieces = segments.written(changed, hashes, sealed_ring, boxes, opened.device, None)
        return opened.given(b"".join(pieces), read=True)

    good = Ring(keys=brought, boxes=(RingBox(key=source, at=whole),))
    answer = {"first": 0, "count": 3, "commits": False, "entries": entries}
    yield right("sealed-source", "a box sealed to a source's key", "segment", file(good, [sealed]), answer)
    two = Ring(keys=brought, boxes=(RingBox(key=source, at=((0, 1), (2, 1))), RingBox(key="", at=((1, 1),))))
    parts = [to_source(bodies[0], bodies[2]), epoch.seal(pad(packed([bodies[1]])))]
    yield right("sealed-two-boxes", "boxes of two keys, run by run", "segment", file(two, parts), answer)
    in_clear = msgspec.structs.replace(clear, control=(ControlEntry(at=1, leaf=bodies[2]),))
    node = [*bodies[:2], b"\1" + bodies[2][1:]]
    again = Ring(keys=brought, boxes=(*good.boxes, RingBox(key=source, at=((0, 1),))))
    to_other = OTHER.recipient.seal(pad(packed(bodies)))
    unpadded = SOURCE.recipient.seal(packed(bodies))
    for end, fact, given in (
        ("exchanged-key", "a key's id is that of its key", file(replaced(good, identity=OTHER.text), [to_other])),
        ("missing-entry", "an entry left out", file(replaced(good, at=((0, 2),)), [to_source(*bodies[:2])])),
        ("entry-twice", "a position is in one box", file(again, [sealed, to_source(bodies[0])])),
        ("swapped-entries", "an entry has its own place", file(good, [to_source(*bodies[::-1])])),
        ("other-entry", "an entry is what was committed", file(good, [sealed], [*bodies[:2], b"\0another"])),
        ("runs-beyond", "runs stay inside the segment", file(replaced(good, at=((1, 3),)), [sealed])),
        ("runs-absurd", "runs are as long as the box", file(replaced(good, at=((0, 1 << 40),)), [sealed])),
        ("box-more", "every box is named", file(good, [sealed, sealed])),
        ("box-less", "every named box is there", file(good, [])),
        ("unpadded", "a box is padded", file(good, [unpadded])),
        ("node", "an inner node is no entry", file(good, [to_source(*node)], node)),
        ("control-other", "a control entry is what was committed", file(good, [sealed], bodies, in_clear)),
    ):
        yield wrong(f"sealed-{end}", fact, "segment", given)


def to_source(*leaves: bytes) -> bytes:
    return SOURCE.recipient.seal(pad(packed(leaves)))


def replaced(ring: Ring, *, identity: str = "", at: tuple[tuple[int, int], ...] = ()) -> Ring:
    (key_,), (box,) = ring.keys, ring.boxes
    return Ring(
        keys=(RingKey(key=key_.key, identity=identity or key_.identity),),
        boxes=(RingBox(key=box.key, at=at or box.at),),
    )


def make_example() -> None:
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    archive = Archive.create(EXAMPLE / "archive", EXAMPLE / "home", PASSPHRASE, QUICK)
    with archive.batch() as batch:
        source = batch.source_key()
        evidence = batch.evidence(EVIDENCE, len(EVIDENCE), source)
        named = json.dumps({"evidence": evidence.name, "key": source}).encode()
        batch.add(Entry(("s-letter",), BODIES[0], source))
        batch.add(Entry(("s-letter", "p-page"), BODIES[1], source))
        batch.add(Entry(("s-letter",), named))
    with archive.batch() as batch:
        batch.add(Entry((), BODIES[2]))
    (EXAMPLE / "home" / archive.id / "writing").unlink()


STEADY = (trees, leaves, paddings, notes, checkpoints, controls, boxes, locks, ids, example_segments)


def write(found: Vector) -> None:
    name, vector = found
    (HERE / f"{name}.json").write_text(json.dumps(vector, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(fresh: bool) -> None:
    if fresh:
        make_example()
        for path in HERE.glob("*.json"):
            path.unlink()
        for found in sealed_segments():
            write(found)
        page = worked_example.specification() + worked_example.text(Opened(), PASSPHRASE)
        worked_example.SPEC.write_text(page, encoding="utf-8")
    for family in STEADY:
        for found in family():
            write(found)


if __name__ == "__main__":
    main("--fresh" in sys.argv)
