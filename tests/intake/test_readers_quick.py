"""The reader of lists alone reads lists as the reader of everything does, and leaves the rest to it."""

import io

import pytest

from guvoh.intake.found import Item, Kind, Request, Role, Unreadable, Why, decode, encode
from guvoh.intake.readers import files, quick
from guvoh.intake.reading import Readers

LIST = "фамилия;имя;дата рождения\nКаримов;Азиз;05.03.1990\nРахимов;Олим;неизвестно\n".encode()
PAGE = b"<!doctype html><html><head><title>A list?</title></head><body><p>No, a page.</p></body></html>"


def asked(suffix: str, columns: dict[str, Role] | None = None) -> bytes:
    return encode(Request(name_hint=suffix, source="s-amina", columns=columns))


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".tsv"])
def test_a_list_is_read_as_the_other_reader_reads_it(suffix: str) -> None:
    both = [list(reader.read(asked(suffix), io.BytesIO(LIST))) for reader in (quick, files)]
    assert both[0] == both[1]
    assert len(both[0]) == 3


@pytest.mark.parametrize(("suffix", "data"), [(".csv", PAGE), (".txt", LIST), (".html", LIST), ("", b"a letter")])
def test_what_is_no_list_or_is_not_called_one_is_left_to_the_other(suffix: str, data: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        list(quick.read(asked(suffix), io.BytesIO(data)))
    assert refused.value.code is Why.NOT_A_LIST


def test_a_file_whose_columns_a_person_names_is_a_list_whatever_it_is_called() -> None:
    messages = list(quick.read(asked(".txt", {"1": Role.SURNAME}), io.BytesIO(LIST)))
    assert isinstance(decode(messages[0]), Item)


def test_a_page_that_is_called_a_list_is_read_as_a_page() -> None:
    with Readers() as readers:
        first = decode(next(iter(readers.run(asked(".csv"), PAGE))))
        assert isinstance(first, Item)
        assert first.kind is Kind.HTML
        again = decode(next(iter(readers.run(asked(".csv"), LIST))))
        assert isinstance(again, Item)
        assert again.kind is Kind.LIST
