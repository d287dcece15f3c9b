"""An archive in which somebody has testified and said what he allows: a plugin of fixtures, beside `places`."""

from __future__ import annotations

from pathlib import Path

import pytest
from stranger import Place
from testimony import FORM, LIST, TESTIMONY, consent_in, mention_in


@pytest.fixture(scope="session")
def has_testified(nothing_yet: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One testimony with its consent (S1, S4, S11; S6 to be asked again), one list of ten. Copy it before writing."""
    place = nothing_yet.copy(tmp_path_factory.mktemp("has-testified"))
    letter, form = place.file("testimony.txt", TESTIMONY), place.file("form.toml", FORM)
    ran = place.well(place.run("add", letter, "--terms", "consent", "--consent", form))
    place.ids = {"mention": mention_in(ran), "consent": consent_in(ran)}
    place.well(place.run("add", place.file("list.csv", LIST)))
    place.ids |= {one["form"]: one["id"] for one in place.well(place.run("sources", "--json")).json}
    return place


@pytest.fixture
def testified(has_testified: Place, tmp_path: Path) -> Place:
    return has_testified.copy(tmp_path / "testified")
