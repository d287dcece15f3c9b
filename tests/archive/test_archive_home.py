"""What a computer keeps beside the archive: when it first met an erasure, and what is unpacked for a while."""

import os
import signal
import time
from pathlib import Path

from children import ended, start

from guvoh.archive.home import Home, left_unpacked, remove_scratch, scratch

DAY = 86_400.0


def test_the_delay_of_an_erasure_does_not_begin_anew_however_many_there_are(tmp_path: Path) -> None:
    home = Home(tmp_path, "a-aaaaaaaaaaaaaaaaaaaa")
    many = [f"x-{number:020d}" for number in range(40_000)]
    home.first_seen(many, 1000.0)

    assert home.first_seen(many, 1000.0 + 10 * DAY)[many[0]] == 1000.0


def test_what_nobody_asks_about_any_more_is_forgotten_when_something_new_is_met(tmp_path: Path) -> None:
    home = Home(tmp_path, "a-aaaaaaaaaaaaaaaaaaaa")
    home.first_seen(["x-one", "x-two"], 1000.0)

    assert home.first_seen(["x-two", "x-three"], 2000.0) == {"x-two": 1000.0, "x-three": 2000.0}
    assert b"x-one" not in (home.path / "seen.json").read_bytes()


def test_what_a_killed_process_has_unpacked_is_removed_and_what_a_running_one_needs_is_not(tmp_path: Path) -> None:
    def unpacks() -> None:
        with scratch(tmp_path) as place:
            (place / "archive").mkdir()
            (place / "archive" / "key").write_bytes(b"a key")
            time.sleep(600)

    child = start(unpacks)
    while not list(tmp_path.glob("incoming-*/archive/key")):
        time.sleep(0.01)
    with scratch(tmp_path) as ours:
        (ours / "archive").mkdir()
        assert left_unpacked(tmp_path) == []
        assert remove_scratch(tmp_path) == 0

        os.kill(child, signal.SIGKILL)
        ended(child)

        assert remove_scratch(tmp_path) == 1
        assert list(tmp_path.iterdir()) == [ours]
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_is_called_like_such_a_folder_is_left_and_what_it_leads_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "letter").write_bytes(b"a letter")
    (tmp_path / "incoming-x").symlink_to(elsewhere)

    assert remove_scratch(tmp_path) == 0
    assert (elsewhere / "letter").exists()
