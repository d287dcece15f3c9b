"""Section 16 of the specification, from the bytes of the example archive; make_vectors.py --fresh writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guvoh.archive import forms, segments
from guvoh.archive.entries import leaf_hashes
from guvoh.archive.store import Archive

SPEC = Path(__file__).parents[2] / "docs" / "spec" / "archive.md"
HEADING = "## 16. A worked example\n"


def text(opened: Any, passphrase: str) -> str:
    archive: Archive = opened.archive
    founding, batch = (segments.read(path, path.name) for _, path in archive.own.paths()[:2])
    leaf = founding.clear.control[0].leaf
    _, _, note = leaf.partition(b"\n")
    entries = [(at, bytes(found)) for at, found in archive.opened(batch)]
    root = archive.states[archive.device].frontier.root().hex()
    size = archive.states[archive.device].size
    nameless, identities = archive.opener.rings(batch)
    parts = [
        HEADING,
        f"The archive in `tests/archive/vectors/example/` (passphrase `{passphrase}`) has five control entries,",
        "a batch of four entries with one file of evidence, and a batch of one entry. Long lines are cut at `…`.\n",
        _block(_files(archive)),
        "The preimage of the founding entry: a zero byte and the salt (in hexadecimal), an empty line, and the note.\n",
        _block([leaf[:17].hex(), "", *note.decode().splitlines()]),
        "The archive's id is from the SHA-256 of the first line of that note with its newline; the signer's from the",
        f"bytes of `verify`. The leaf hash is `{leaf_hashes([leaf])[0].hex()}`.\n",
        "The second segment begins with two lines and the clear part, which ends with a newline:\n",
        _block(_top(opened.files[1])),
        "Its four leaf hashes follow, 128 bytes, here in hexadecimal:\n",
        _block([found.hex() for found in batch.leaf_hashes()]),
        "Then the checkpoint and the seal:\n",
        _block([*batch.checkpoint.decode().splitlines(), "", *batch.seal.decode().splitlines()]),
        "Then the nameless ring, which opens with the epoch's first key and says, without its padding:\n",
        _block([forms.written(nameless).decode()]),
        "And the ring of identities, which opens with the epoch's second key:\n",
        _block([forms.written(identities).decode()]),
        "The first box opens with the epoch's first key, the second with that source's, the third with the epoch's",
        "second. The preimage of the first entry:\n",
        _block([entries[0][1][:17].hex(), *entries[0][1][17:].decode().splitlines()]),
        f"After the last batch the log has {size} entries, and its root is",
        f"`{root}`.\n",
    ]
    return "\n".join(parts)


def _block(lines: list[str]) -> str:
    return "\n".join(("```", *(_cut(line) for line in lines), "```\n"))


def _cut(line: str) -> str:
    return line if len(line) <= 320 else f"{line[:200]} … {line[-60:]}"


def _files(archive: Archive) -> list[str]:
    found = sorted(path for path in archive.path.rglob("*") if path.is_file())
    return [f"{path.relative_to(archive.path).as_posix()}  {path.stat().st_size} bytes" for path in found]


def _top(file: bytes) -> list[str]:
    first, second, rest = file.split(b"\n", 2)
    return [first.decode(), second.decode(), rest[: json.loads(second)["clear"]].decode().rstrip("\n")]


def specification() -> str:
    """The page without the example."""
    return SPEC.read_text("utf-8").partition(HEADING)[0]
