"""A desk: one opened archive with its index, where commands and queries are asked."""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from guvoh.archive.errors import Busy
from guvoh.archive.store import Archive
from guvoh.casebook.answers import Progress, Step
from guvoh.casebook.index import INDEX_WAIT_SECONDS, DatabaseError, Index, delete
from guvoh.errors import GuvohError
from guvoh.records.codec import from_bytes
from guvoh.records.sources import Source

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
        self._source_key = archive.ids_secret
        self._index_key = archive.secret_for("index")
        self._index_file = archive.home.path / "index.db" if os.access(archive.home.path, os.W_OK) else None
        self.index = self._opened()
        self.catch_up(tell)

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any:
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

    @staticmethod
    def _give_way(error: DatabaseError) -> None:
        """Another process that is busy with the index has not broken it."""
        if "locked" in str(error):
            raise Busy(INDEX_WAIT_SECONDS) from None

    def _opened(self) -> Index:
        try:
            return Index.open(self._index_file, self._index_key)
        except DatabaseError:
            return Index.open(None, self._index_key)

    def _start_anew(self, tell: Tell) -> None:
        """Replay into memory, and leave no broken file to the next desk."""
        self.index.close()
        if self._index_file is not None:
            with contextlib.suppress(OSError):
                delete(self._index_file)
        self.index = Index.open(None, self._index_key)
        self._read_on(tell)

    def _read_on(self, tell: Tell) -> None:
        self.index.catch_up(
            self.archive, lambda done, total: tell(Step(task="bringing the index up to date", done=done, total=total))
        )

    def source_id(self, digest: str) -> str:
        """The id of the source with these bytes: equal on every laptop of this archive, meaningless elsewhere."""
        keyed = hmac.digest(self._source_key, digest.encode(), "sha256")
        return f"s-{base64.b32encode(keyed).decode().lower()[:20]}"

    def source(self, source: str) -> Source:
        """The record of a source, the one that the index decided for. Raises NoSuchRecord."""
        place = self.index.db.execute("SELECT log, position FROM sources WHERE id = ?", (source,)).fetchone()
        if place is None:
            raise NoSuchRecord(source)
        record = from_bytes(self.archive.entry(*place).body)
        assert isinstance(record, Source)
        return record

    def close(self) -> None:
        self.index.close()
