"""A small invented world, and archives that hold it: a plugin of fixtures for the tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from stranger import Place

PRISONERS = """ФИО;Год рождения;Гражданство
Каримов Азиз;1990;Узбекистан
Жўраев Шерзод;1985;Узбекистан
Турсунов Бобур;1979;Узбекистан
Назаров Далер;1993;Таджикистан
"""
CAPTURED = """name,birth date,unit
KARIMOV AZIZ,1990-04-02,assault
JURAEV SHERZOD,1985-01-20,storm
EMOMOV FIRUZ,1996-07-11,assault
"""
LETTER = "Мен, Каримова Дилноза, ўғлим Каримов Азиз ҳақида ёзаяпман. Уни қамоқхонадан олиб кетишди.\n"
PAGE = """<html lang="ru"><head><title>Письмо матерей</title><meta name="author" content="Вера Соколова">
<script>document.write('x')</script></head><body><nav>Главная</nav><article><h1>Письмо матерей</h1>
<p>Матери заключённых пишут, что их сыновей заставили подписать контракт в колонии.</p>
<p>Ответа на письмо не было, говорят они, и никто не знает, где теперь их дети.</p></article></body></html>"""


@pytest.fixture(scope="session")
def nothing_yet(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An archive just founded. Copy it before writing."""
    place = Place(tmp_path_factory.mktemp("nothing-yet"))
    place.prepare()
    place.found()
    return place


@pytest.fixture(scope="session")
def some_sources(nothing_yet: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An archive with two lists, a letter and a page. Copy it before writing."""
    place = nothing_yet.copy(tmp_path_factory.mktemp("some-sources"))
    files = [
        place.file("prisoners.csv", PRISONERS),
        place.file("captured.csv", CAPTURED),
        place.file("letter.txt", LETTER),
        place.file("page.html", PAGE),
    ]
    place.well(place.run("add", *files))
    found = place.well(place.run("sources", "--json")).json
    place.ids = {f"{one['form']} {one['rows']}": one["id"] for one in found}
    return place


@pytest.fixture
def place(nothing_yet: Place, tmp_path: Path) -> Place:
    return nothing_yet.copy(tmp_path / "place")


@pytest.fixture
def filled(some_sources: Place, tmp_path: Path) -> Place:
    return some_sources.copy(tmp_path / "filled")
