"""A file that takes its reader over is stopped, leaves nothing behind, and the rest of the import goes on."""

from __future__ import annotations

import socket
import sys
from functools import partial
from pathlib import Path

import pytest
from desks import Heard, asked, desk_in

from guvoh.casebook import commands, queries
from guvoh.casebook.answers import Add, FileAdded, Nothing, Verify
from guvoh.intake.confinement import Confined, Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are those of Linux")

HERE = Path(__file__).parent
STRICT = Limits(seconds=3, cpu_seconds=1, memory=128 << 20, output=8 << 20)
OURS_WITH_A_FLAW = partial(Confined, "readers_that_misbehave:read", STRICT, path=[HERE])


def outcomes(folder: Path, deeds: dict[str, str]) -> dict[str, FileAdded]:
    """Add a file for each deed, and an ordinary letter after each; returns what became of the deeds."""
    files: dict[str, str | bytes] = {}
    for number, (name, first_line) in enumerate(deeds.items()):
        files[name] = f"{first_line}\nA letter like any other, number {number}.\n"
        files[f"after {name}"] = f"An ordinary letter, after {name}.\n"
    heard = Heard()
    with desk_in(folder) as desk:
        added = commands.add(desk, Add(files=asked(folder / "files", files)), heard, readers=OURS_WITH_A_FLAW)
        assert heard.files == list(added.files)
        seen = {source.id for source in queries.sources(desk, Nothing(), heard).sources}
        checked = queries.verify(desk, Verify(), heard)
    by_name = {file.typed: file for file in added.files}
    assert {file.source for file in added.files if file.outcome == "added"} == seen
    assert [by_name[f"after {name}"].outcome for name in deeds] == ["added"] * len(deeds)
    assert checked.problems == ()
    assert checked.notices == ()
    assert list(folder.rglob("*.part")) == []
    return {name: by_name[name] for name in deeds}


def test_a_reader_that_never_ends_is_stopped(tmp_path: Path) -> None:
    found = outcomes(tmp_path, {"loop": "loop", "sleep": "sleep"})

    assert {file.outcome for file in found.values()} == {"failed"}
    assert "took too long" in found["loop"].error
    assert "took too long" in found["sleep"].error


def test_a_reader_that_eats_memory_is_stopped(tmp_path: Path) -> None:
    found = outcomes(tmp_path, {"eat": "eat"})

    assert "too much memory" in found["eat"].error


def test_a_reader_that_reaches_out_is_stopped_and_reaches_nothing(tmp_path: Path) -> None:
    written = tmp_path / "written"
    secret = tmp_path / "secret"
    secret.write_text("known to the parent alone")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        found = outcomes(
            tmp_path,
            {
                "connect": f"connect {server.getsockname()[1]}",
                "write": f"write {written}",
                "look": f"look {secret}",
                "run": "run /bin/true",
            },
        )
        with pytest.raises(TimeoutError):
            server.accept()

    assert {file.outcome for file in found.values()} == {"failed"}
    assert all("tried what it may not do" in file.error for file in found.values())
    assert not written.exists()


def test_a_reader_that_speaks_nonsense_is_not_believed(tmp_path: Path) -> None:
    found = outcomes(tmp_path, {"end": "end", "nonsense": "nonsense", "disorder": "disorder", "flood": "flood"})

    assert {file.outcome for file in found.values()} == {"failed"}
    assert "nothing of it was kept" in found["nonsense"].error
    assert "nothing of it was kept" in found["disorder"].error
    assert "nothing of it was kept" in found["flood"].error


def test_the_same_reader_without_a_deed_reads_as_ours_does(tmp_path: Path) -> None:
    found = outcomes(tmp_path, {"calm": "Dear all,"})

    assert found["calm"].outcome == "added"
