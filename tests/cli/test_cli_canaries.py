"""200 strings that must not be found anywhere after a day's work, failures included: canaries."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from stranger import PASSPHRASE, Place, Ran

from guvoh.names.fold import fold

pytest_plugins = ("places",)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

LATIN, CYRILLIC = "Zqvxwkjp", "Жъщыфжцч"
"""What every canary begins with: no word of any language, and too long to come up by chance in sealed bytes."""


def canary(number: int) -> str:
    """Letters alone, so that it passes for a name."""
    digits = "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")
    return f"{LATIN if number % 2 else CYRILLIC}{digits}"


CANARIES = [canary(number) for number in range(200)]


def needles() -> list[bytes]:
    """The beginnings in every spelling and encoding that a program may have made of them, in small letters."""
    spellings = {LATIN.lower(), CYRILLIC.lower(), fold(LATIN), fold(CYRILLIC), PASSPHRASE, PASSPHRASE[:13]}
    return [text.encode(encoding) for text in spellings for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def betrayed(content: bytes) -> bool:
    small = content.lower()
    cyrillic = content.decode("utf-8", "ignore").lower().encode() if CYRILLIC.encode() in content else b""
    return any(needle in small or needle in cyrillic for needle in NEEDLES)


NEEDLES = needles()


def write_files(place: Place) -> tuple[list[str], list[str]]:
    """Good and bad files that hold the canaries in every place where a word can stand; their names hold some, too."""
    c = iter(CANARIES)
    good, bad = [], []
    for _ in range(8):
        words = f"{next(c)}\n\nПисьмо о {next(c)} и {next(c)}, снова {next(c)}.\n"
        good.append(place.file(f"{next(c)}.txt", words * 3))
    for n in range(8):
        link = f'<link rel=canonical href="https://x.example/{next(c)}">'
        head = f'<title>{next(c)}</title><meta name="author" content="{next(c)}">{link}'
        body = f"<h1>{next(c)}</h1><p>{next(c)} сказал, что {next(c)} увезли ночью.</p><!-- {next(c)} -->"
        page = f"<html><head>{head}</head><body><article>{body}</article></body></html>"
        good.append(place.file(f"page-{n}.html", page))
    for _ in range(4):
        rows = "".join(f"{next(c)} {next(c)};19{60 + row};{next(c)};{next(c)}\n" for row in range(4))
        good.append(place.file(f"{next(c)}.csv", f"ФИО;Год рождения;Гражданство;{next(c)}\n{rows}"))
    bad.append(place.file(f"{next(c)}.txt", ""))
    bad.append(place.file(f"{next(c)}.bin", next(c).encode() + bytes(range(256)) * 8))
    bad.append(place.file("cut.csv", f'name,{next(c)}\n"{next(c)} {next(c)},19'))
    bad.append(str(place.files / next(c)))
    left = list(c)
    good.append(place.file("rest.txt", "\n".join(left)))
    return good, bad


@dataclass(slots=True)
class Watch:
    """Looks at every process and every file of the place, again and again, while commands run."""

    place: Place
    typed: set[bytes] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    rounds: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.stop.is_set():
            self.processes()
            self.files()
            self.rounds += 1
            time.sleep(0.01)

    def processes(self) -> None:
        for entry in os.scandir("/proc"):
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    content = Path(entry.path, name).read_bytes()
                    if content not in self.typed and betrayed(content):
                        self.found.add(f"/proc/*/{name}")

    def files(self) -> None:
        """Everything outside the folder of originals: archive, GUVOH_HOME, temporary files, reports."""
        for path in self.place.folder.rglob("*"):
            if path.is_relative_to(self.place.files) or path == self.place.passphrase:
                continue
            with contextlib.suppress(OSError):
                if betrayed(os.fsencode(path.name)) or (path.is_file() and betrayed(path.read_bytes())):
                    self.found.add(str(path.relative_to(self.place.folder)))


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    watching = Watch(place)
    thread = threading.Thread(target=watching.look)
    thread.start()
    yield watching
    watching.stop.set()
    thread.join()


class Day:
    """A day's work. What is typed is on the command's own command line, and nowhere else."""

    def __init__(self, watch: Watch) -> None:
        self.watch, self.place = watch, watch.place
        self.errors: list[str] = []

    def words(self, *words: str, key: bool) -> list[str | bytes]:
        given = ("--passphrase-file", str(self.place.passphrase)) if key else ()
        found = self.place.command(*words, "--archive", str(self.place.archive), *given)
        self.watch.typed.add(b"".join(os.fsencode(word) + b"\0" for word in found))
        return found

    def do(self, *words: str, key: bool = True) -> Ran:
        ran = subprocess.run(
            self.words(*words, key=key), env=self.place.environment(), cwd=self.place.folder, capture_output=True,
            encoding="utf-8", stdin=subprocess.DEVNULL,
        )  # fmt: skip
        error = ran.stderr
        for word in sorted(words, key=len, reverse=True):
            error = error.replace(word, "")
        self.errors.append(error)
        return Ran(code=ran.returncode, out=ran.stdout, err=ran.stderr)

    def kill(self, words: Sequence[str], after: float) -> None:
        with subprocess.Popen(
            self.words(*words, key=True), env=self.place.environment(), cwd=self.place.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            time.sleep(after)
            process.send_signal(signal.SIGKILL)


def test_no_canary_is_found_anywhere_after_a_days_work_with_failures(watch: Watch) -> None:
    place, day = watch.place, Day(watch)
    good, bad = write_files(place)
    wrong = place.file("wrong.txt", f"{CANARIES[0]} other words")
    half = len(good) // 2

    for after in (0.5, 0.9, 1.1):
        day.kill(("add", *good[:half]), after)
    assert day.do("add", *good[:half]).code == 0
    assert day.do("add", *bad).code == 1
    assert day.do("add", *bad, "--json").code == 1
    assert day.do("unlock").code == 0
    assert day.do("add", *good[half:], *good[:3], "--terms", "consent", key=False).code == 0
    ids = [one["id"] for one in day.do("sources", "--json", key=False).json]
    assert len(ids) >= len(good)
    for number in range(0, 200, 40):
        assert day.do("search", CANARIES[number], key=False).code == 0
    assert day.do("search", CANARIES[199], "--json", key=False).code == 0
    assert day.do("show", ids[0], key=False).code == 0
    assert day.do("show", CANARIES[3], key=False).code == 1
    assert day.do("show", f"{ids[0]}.{CANARIES[4]}", "--json", key=False).code == 1
    assert day.do("report", "--out", "report.html", key=False).code == 0
    assert day.do("count", "--json", key=False).code == 0
    assert day.do("sources", "--passphrase-file", wrong, key=False).code == 1
    assert day.do("lock", key=False).code == 0
    for path in place.home.glob("*/index.db*"):
        path.unlink()
    assert day.do("people").code == 0
    sorted(place.archive.glob("logs/*/*.seg"))[3].write_bytes(b"broken")
    assert day.do("sources").code == 1
    assert day.do("verify").code == 1

    watch.processes()
    watch.files()
    assert watch.rounds > 20
    assert watch.found == set()
    assert not [error for error in day.errors if betrayed(error.encode())]
    held = [path for path in place.folder.rglob("*") if path.is_file() and not path.is_relative_to(place.files)]
    everything = b"".join(path.read_bytes() for path in held if path != place.passphrase)
    assert not [one for one in CANARIES if one.encode() in everything or one.encode("utf-16-le") in everything]


def test_a_canary_would_be_seen(place: Place) -> None:
    """The watch itself is tried: what lies open is found, in a file and on a command line."""
    watch = Watch(place)
    (place.temporary / "open").write_text(f"a word, {CANARIES[1].upper()}", "utf-16")
    with subprocess.Popen(["sleep", "30"], env={"NOTE": CANARIES[2]}) as process:
        watch.files()
        watch.processes()
        process.kill()

    assert watch.found == {"tmp/open", "/proc/*/environ"}
