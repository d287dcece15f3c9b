"""An invented archive on the computer of Amina, who founded it: a plugin of fixtures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from computers import Computer
from desks import CHEAP, PASSPHRASE, add

from guvoh.archive.store import Archive
from guvoh.casebook import commands
from guvoh.casebook.answers import Terms
from guvoh.casebook.desk import Desk

LIST = "name,birth date\nKARIMOV AZIZ,1990-04-02\nJURAEV SHERZOD,1985-01-20\n"
HOTLINE = "name,birth date\nEMOMOV FIRUZ,1996-07-11\nNAZAROV DALER,1993-02-03\n"
NOTES = "name,birth date\nTURSUNOV BOBUR,1979-05-05\n"
TESTIMONY = "A mother says that her son was taken from the colony at night.\n"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a list, a hotline's list under consent, a testimony and notes. Copy it before writing."""
    folder = tmp_path_factory.mktemp("office") / "amina"
    folder.mkdir()
    commands.init(folder / "archive", folder / "home", PASSPHRASE, CHEAP)
    desk = Desk(Archive(folder / "archive", folder / "home", PASSPHRASE))
    add(desk, {"list.csv": LIST})
    add(desk, {"hotline.csv": HOTLINE, "testimony.txt": TESTIMONY}, Terms.CONSENT)
    add(desk, {"notes.csv": NOTES}, Terms.INTERNAL)
    desk.close()
    return folder


@pytest.fixture
def amina(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """The founder, an owner. Nothing here is about power cuts, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    shutil.copytree(furnished, tmp_path / "amina")
    return Computer(tmp_path / "amina", monkeypatch).use()
