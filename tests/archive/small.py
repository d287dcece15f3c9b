"""Small archives for the tests: one owner, one device, a cheap passphrase."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from guvoh.archive.entries import Entry, Stored
from guvoh.archive.founding import found
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import Verified, verify
from guvoh.sealing.passphrases import Cost

PASSPHRASE = "walnut harbour seventeen"
QUICK = Cost(memory=64, iterations=1, lanes=1)
LETTER = b"An invented letter, as it came in.\n" * 40


class Place:
    """Where a test keeps an archive, its GUVOH_HOME, and copies of both."""

    def __init__(self, root: Path) -> None:
        self.root, self.path, self.home = root, root / "archive", root / "home"

    def create(self) -> Archive:
        return found(self.path, self.home, PASSPHRASE, QUICK)

    def open(self, passphrase: str = PASSPHRASE) -> Archive:
        return Archive(self.path, self.home, passphrase)

    def verify(self) -> Verified:
        """With the key, and against the heads that this computer knows."""
        archive = self.open()
        return verify(archive, archive.known)

    def verify_without_key(self) -> Verified:
        return verify(Folder(self.path), {})

    def copy(self) -> Path:
        """The archive folder as it is now, for restoring later."""
        return shutil.copytree(self.path, self.root / f"copy-{len(list(self.root.iterdir()))}")

    def restore(self, copy: Path) -> None:
        shutil.rmtree(self.path)
        shutil.copytree(copy, self.path)

    def segments(self) -> list[Path]:
        return sorted(self.path.glob("logs/*/*.seg"))

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())


def add(archive: Archive, *bodies: bytes, subjects: Sequence[str] = (), key: str = "") -> None:
    with archive.batch() as batch:
        for body in bodies:
            batch.add(Entry(tuple(subjects), body, key))


def add_source(archive: Archive, *bodies: bytes, original: bytes = LETTER) -> tuple[str, Evidence]:
    """A source with a key of its own, its entries and its evidence."""
    with archive.batch() as batch:
        key = batch.source_key()
        evidence = batch.evidence(original, len(original), key)
        for body in bodies:
            batch.add(Entry(("s-letter",), body, key))
    return key, evidence


def bodies(stored: Iterable[Stored]) -> list[bytes]:
    return [entry.body for entry in stored]
