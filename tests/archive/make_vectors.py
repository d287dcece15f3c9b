"""Writes the vectors. Run as a script; the same files come out each time.

    python tests/archive/make_vectors.py            everything that is not random
    python tests/archive/make_vectors.py --fresh    a new example archive too, and what is sealed anew, and section 16
                                                    of the specification

`vectors/example-1` is an archive of format 1 and is never made again: no program writes a new one.

The answers of the tree are those published with RFC 6962's reference code; the others are what this program answers,
checked by the independent reader in the tests.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import member_vectors
import msgspec
import segment_vectors
import worked_example
import zstandard
from cast import key
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from vector import (
    BODIES,
    EVIDENCE,
    EXAMPLE,
    HERE,
    NAMELESS_BODY,
    PASSPHRASE,
    QUICK,
    SOURCE,
    Vector,
    b64,
    right,
    signed_raw,
    wrong,
)

from guvoh.archive.control import (
    note_name,
    text_id,
)
from guvoh.archive.entries import NAMELESS, Entry, head_line, leaf_hashes, packed, preimage
from guvoh.archive.founding import found
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint
from guvoh.sealing.padding import pad, padme
from guvoh.sealing.passphrases import Cost, Lock, _key

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
        ("carriage-return", "text holds no control character", signed_raw(signer, "one\r\n", name)),
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
        return signed_raw(signer, changed, note_name(archive, log)).decode()

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


def make_example() -> None:
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    archive = found(EXAMPLE / "archive", EXAMPLE / "home", PASSPHRASE, QUICK)
    with archive.batch() as batch:
        source = batch.source_key()
        evidence = batch.evidence(EVIDENCE, len(EVIDENCE), source)
        named = json.dumps({"evidence": evidence.name, "key": source}).encode()
        batch.add(Entry(("s-letter",), BODIES[0], source))
        batch.add(Entry(("s-letter", "p-page"), BODIES[1], source))
        batch.add(Entry(("s-letter",), named))
        batch.add(Entry((), NAMELESS_BODY, NAMELESS))
    with archive.batch() as batch:
        batch.add(Entry((), BODIES[2]))
    (EXAMPLE / "home" / archive.id / "writing").unlink()


STEADY = (
    *(trees, leaves, paddings, notes, checkpoints, boxes, locks, ids),
    *(*member_vectors.FAMILIES, *segment_vectors.STEADY),
)


def write(made: Vector) -> None:
    name, vector = made
    (HERE / f"{name}.json").write_text(json.dumps(vector, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(fresh: bool) -> None:
    if fresh:
        make_example()
        for path in HERE.glob("*.json"):
            path.unlink()
        for family in segment_vectors.RANDOM:
            for vector in family():
                write(vector)
        page = worked_example.specification() + worked_example.text(segment_vectors.Opened(), PASSPHRASE)
        worked_example.SPEC.write_text(page, encoding="utf-8")
    for family in STEADY:
        for vector in family():
            write(vector)


if __name__ == "__main__":
    main("--fresh" in sys.argv)
