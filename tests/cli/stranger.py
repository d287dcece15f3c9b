"""The program as a stranger uses it: by its commands, in a folder of its own, with invented files."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

PASSPHRASE = "orbit lantern mosaic thistle copper meadow"
SECONDS = 120
"""How long one command may take on a busy machine before the test gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Place:
    """One person's corner of a disk: an archive, GUVOH_HOME, a folder of files, a folder for temporary ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive, self.home = folder / "archive", folder / "home"
        self.files, self.temporary = folder / "files", folder / "tmp"
        self.passphrase = folder / "passphrase.txt"
        self.ids: dict[str, str] = {}
        """Form and number of rows of each source there was when this was copied, to its id."""

    def prepare(self) -> None:
        self.files.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        self.passphrase.write_text(PASSPHRASE + "\n", "utf-8")

    def file(self, name: str, content: str | bytes) -> str:
        """An invented file; returns its path as one would type it."""
        path = self.files / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "GUVOH_HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        }

    def command(self, *words: str | bytes) -> list[str | bytes]:
        return [sys.executable, "-m", "guvoh", *words]

    def bare(
        self,
        *words: str | bytes,
        given: str = "",
        cwd: Path | None = None,
        before: Callable[[], None] | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Ran:
        """Run a command with nothing added to it. before: done in the new process; env: further variables."""
        done = subprocess.run(
            self.command(*words),
            input=given,
            capture_output=True,
            encoding="utf-8",
            env={**self.environment(), **env},
            cwd=cwd or self.folder,
            preexec_fn=before,
            timeout=SECONDS,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def run(self, *words: str | bytes, before: Callable[[], None] | None = None) -> Ran:
        """Run a command on the archive, with the passphrase from its file."""
        given = ("--archive", str(self.archive), "--passphrase-file", str(self.passphrase))
        return self.bare(*words, *given, before=before)

    @staticmethod
    def well(ran: Ran) -> Ran:
        """A command that did what it was asked."""
        assert ran.code == 0, ran.err
        return ran

    def found(self) -> None:
        """Found the archive. A guess at its passphrase costs 1 MiB, so that tests are quick."""
        words = ("init", str(self.archive), "--guess-memory", "1", "--passphrase-file", str(self.passphrase))
        self.well(self.bare(*words))

    def copy(self, folder: Path) -> Place:
        """The same, elsewhere: as if the days until now had been spent there."""
        other = Place(folder)
        other.ids = dict(self.ids)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
        return other

    @contextlib.contextmanager
    def unlocked(self, *words: str) -> Iterator[None]:
        self.well(self.run("unlock", *words))
        try:
            yield
        finally:
            self.bare("lock", "--archive", str(self.archive))


def one_line(ran: Ran, code: int = 1) -> str:
    """What a failed command says: one line that begins as all do."""
    assert ran.code == code, (ran.out, ran.err)
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("guvoh: error: ")
    return lines[0]


def at_a_terminal(place: Place, words: tuple[str, ...], answers: list[tuple[str, str]]) -> str:
    """Run a command in a terminal of its own, answering each prompt; returns all that was to be seen."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        try:
            os.chdir(place.folder)
            os.execve(sys.executable, [str(word) for word in place.command(*words)], place.environment())
        finally:
            os._exit(97)
    seen, end = "", time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part.decode("utf-8", "replace")
        if answers and seen.endswith(answers[0][0]):
            os.write(terminal, answers.pop(0)[1].encode() + b"\n")
    os.waitpid(child, 0)
    os.close(terminal)
    assert answers == []
    assert PASSPHRASE not in seen
    assert "Traceback" not in seen
    return seen
