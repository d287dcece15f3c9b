"""The readers in the process that confines them: nothing they need may be missing there."""

import io
import sys

import pytest

from guvoh.intake.confinement import Confined
from guvoh.intake.found import End, Item, Kind, Request, decode, encode

LETTER = "Мать узнала, что её сына увезли из колонии весной. С тех пор он не звонил, и никто ей не отвечает."
FILES = {
    ".txt": (LETTER, Kind.TEXT),
    ".html": (
        f"<html><head><title>Увезли</title></head><body><article><p>{LETTER}</p></article></body></html>",
        Kind.HTML,
    ),
    ".csv": ("ФИО;дата рождения\nСаидов Рустам;5 марта 1990 г.\n", Kind.LIST),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the walls of this test are those of Linux")
def test_every_kind_of_file_is_read_behind_the_walls() -> None:
    with Confined() as confined:
        for suffix, (text, kind) in FILES.items():
            raw = text.encode("cp1251")
            found = [decode(message) for message in confined.run(encode(Request(name_hint=suffix)), io.BytesIO(raw))]
            assert isinstance(found[0], Item)
            assert found[0].kind is kind
            assert isinstance(found[-1], End)
