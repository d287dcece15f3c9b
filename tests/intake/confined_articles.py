"""A reader with the real libraries for articles, imported before the walls stand as the real readers do."""

from collections.abc import Iterator
from typing import BinaryIO

import py3langid
import trafilatura


def prepare() -> None:
    py3langid.classify("warm")


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    text = trafilatura.extract(data.read().decode(), output_format="txt") or ""
    yield text.encode()
    language, _ = py3langid.classify(text)
    yield str(language).encode()
