"""A desk: one opened archive with its index, where commands and queries are asked."""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from guvoh.archive.errors import Busy
from guvoh.archive.files import replace
from guvoh.archive.store import Archive
from guvoh.casebook import rights
from guvoh.casebook.answers import Progress, Said, Step
from guvoh.casebook.custody import Journal
from guvoh.casebook.forgotten import Forgotten
from guvoh.casebook.index import INDEX_WAIT_SECONDS, DatabaseError, Index, ViewChanged, delete
from guvoh.errors import GuvohError
from guvoh.records.codec import from_bytes
from guvoh.records.sources import Source

_SALT = "index.salt"
Tell = Callable[[Progress], None]
Request = TypeVar("Request", contravariant=True)
Answer = TypeVar("Answer", covariant=True)


class UseCase(Protocol[Request, Answer]):
    """A command or a query: told what is asked, it answers, and tells on the way how far it is."""

    __name__: str

    def __call__(self, desk: Desk, request: Request, tell: Tell, /) -> Answer: ...


def unheard(progress: Progress) -> None:
    """For callers who need no progress."""


class NoSuchRecord(GuvohError):
    """An id that the archive does not have."""

    def __init__(self, record: str) -> None:
        self.record = record
        super().__init__(f"there is no record {record}; `guvoh sources` and `guvoh search` list ids")


class Desk:
    """The archive opened by a member, and its index caught up.

    The index lies in GUVOH_HOME: whoever holds the archive's folder alone can put no older one in its place. Where it
    cannot be written, the index is kept in memory. An index that fails (its file is damaged, the disk is full) is
    replayed: it is never the truth, so nothing is lost with it.
    """

    def __init__(self, archive: Archive, tell: Tell = unheard) -> None:
        self.archive = archive
        self.journal = Journal(archive)
        self._told: set[str] = set()
        self._index_file = archive.home.path / "index.db" if os.access(archive.home.path, os.W_OK) else None
        self.index = self._opened()
        self.catch_up(tell)

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any:
        rights.check(self.archive, use_case.__name__)
        try:
            return use_case(self, request, tell)
        except DatabaseError as error:
            self._give_way(error)
            self._start_anew(tell)
            return use_case(self, request, tell)

    def catch_up(self, tell: Tell = unheard) -> None:
        """Let the index read what this or another process has committed since."""
        try:
            self._read_on(tell)
        except DatabaseError as error:
            self._give_way(error)
            self._start_anew(tell)

    def opened(self, records: list[str], reason: str, *, identities: bool = True) -> None:
        """Keep that these records were looked at, and why."""
        self.journal.opened(records, reason, identities=identities)

    @staticmethod
    def _give_way(error: DatabaseError) -> None:
        """Another process that is busy with the index has not broken it."""
        if "locked" in str(error):
            raise Busy(INDEX_WAIT_SECONDS) from None

    def _opened(self) -> Index:
        try:
            return Index.open(self._index_file, self._index_key())
        except DatabaseError:
            return Index.open(None, self._index_key())

    def _index_key(self) -> bytes:
        """Of this member, and of a random number beside the file: once that is destroyed, no copy of the file opens."""
        if self._index_file is None:
            return self.archive.secret_for("index")
        salt = self._index_file.with_name(_SALT)
        with contextlib.suppress(OSError):
            if not salt.exists():
                replace(salt, os.urandom(32))
            return self.archive.secret_for(f"index {salt.read_bytes().hex()}")
        return self.archive.secret_for("index")

    def _start_anew(self, tell: Tell) -> None:
        """Replay into memory, and leave no broken file to the next desk."""
        self.index.close()
        self._discard()
        self.index = Index.open(None, self.archive.secret_for("index"))
        self._read_on(tell)

    def _discard(self) -> None:
        if self._index_file is not None:
            with contextlib.suppress(OSError):
                self._index_file.with_name(_SALT).unlink(missing_ok=True)
                delete(self._index_file)

    def _read_on(self, tell: Tell) -> None:
        """Nothing for a member who can read nothing. What was erased since is left out by making all of it anew."""
        if not self.archive.reads:
            return
        try:
            self._catch_up(tell)
        except ViewChanged:
            self.index.close()
            self._discard()
            self.index = self._opened()
            self._catch_up(tell)
        for log, (at, why) in self.archive.broken.items():
            if log not in self._told:
                self._told.add(log)
                what = f"log {log} cannot be read beyond entry {at} and is left out from there ({why})"
                tell(Said(text=f"{what}: see `guvoh verify`"))

    def _catch_up(self, tell: Tell) -> None:
        self.index.catch_up(
            self.archive,
            lambda done, total: tell(Step(task="bringing the index up to date", done=done, total=total)),
            Forgotten.of(self.archive),
        )

    def forgotten(self) -> Forgotten | None:
        return Forgotten.of(self.archive)

    def source_id(self, digest: str) -> str:
        """The id of the source with these bytes: equal on every laptop of this archive, meaningless elsewhere."""
        keyed = hmac.digest(self.archive.ids_secret, digest.encode(), "sha256")
        return f"s-{base64.b32encode(keyed).decode().lower()[:20]}"

    def source(self, source: str) -> Source:
        """The record of a source, the one that the index decided for. Raises NoSuchRecord."""
        place = self.index.db.execute("SELECT log, position FROM sources WHERE id = ?", (source,)).fetchone()
        if place is None:
            raise NoSuchRecord(source)
        record = from_bytes(self.archive.entry(*place).body)
        assert isinstance(record, Source)
        return record

    def leave(self) -> None:
        """Close the index; the session goes on."""
        self.index.close()

    def close(self) -> None:
        """End the session: what was opened in it is kept in the log."""
        self.index.close()
        self.journal.close()
