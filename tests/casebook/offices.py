"""Amina and Idris, who share an archive and have met: a plugin of fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest
from laptops import LETTER, LIST, Office


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Amina and Idris, who have met by a stick; she has a list and a letter."""
    office = Office.opened(tmp_path_factory.mktemp("founded"))
    office.amina.add("list.csv", LIST)
    office.amina.add("letter.txt", LETTER)
    office.meet()
    return office


@pytest.fixture
def office(founded: Office, tmp_path: Path) -> Office:
    return founded.copy(tmp_path / "office")
