"""A file system may claim any time of a file."""

import os
from pathlib import Path

import pytest

from guvoh.intake.originals import take


@pytest.mark.parametrize("seconds", [253402300800, -70000000000])
def test_a_time_that_no_calendar_has_is_not_recorded_and_stops_nothing(tmp_path: Path, seconds: int) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("An invented letter.")
    try:
        os.utime(path, (seconds, seconds))
    except (OSError, OverflowError):
        pytest.skip("this file system does not keep such times")
    if int(path.stat().st_mtime) != seconds:
        pytest.skip("this file system does not keep such times")
    assert take(path, "letter.txt").modified is None
