"""The readers that `add` uses: one process for lists, which starts quickly, and one for all else, when it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from guvoh.intake.confinement import Confined, ReaderRefused
from guvoh.intake.found import Why, decode_request
from guvoh.intake.readers.shapes import is_called_a_list


class Readers:
    """Used as a `Confined` is."""

    def __init__(self) -> None:
        self._lists = Confined("guvoh.intake.readers.quick:read")
        self._all = Confined()

    def __enter__(self) -> Self:
        self._lists.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lists.close()
        self._all.close()

    @property
    def missing(self) -> tuple[str, ...]:
        return self._lists.missing

    def run(self, request: bytes, data: bytes) -> Iterator[bytes]:
        """Read one file, as `Confined.run` does. A list that turns out to be something else is read as that."""
        if is_called_a_list(decode_request(request)):
            try:
                yield from self._lists.run(request, data)
            except ReaderRefused as refused:
                if refused.code != Why.NOT_A_LIST:
                    raise
            else:
                return
        yield from self._all.run(request, data)
