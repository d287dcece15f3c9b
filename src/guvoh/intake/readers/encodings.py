"""From foreign bytes to letters: which encoding, and what did not fit.

A byte order mark decides; then UTF-8 if every byte fits; then what the page declares, if it fits; then a guess among
the encodings that the region used.
"""

import codecs
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

import charset_normalizer

from guvoh.intake.found import Note, Unreadable, Why

# Guessing freely takes Russian in cp1251 for mac_cyrillic, so the guess is among these. UTF-16 shows by its NUL bytes
# (`_without_mark`); among the candidates it would swallow short lists of an even length.
CANDIDATES = ["utf_8", "cp1251", "koi8_r", "cp866"]
GUESS_BYTES = 1 << 18
FEWEST_LETTERS = 0.5  # of what is not space in a guessed text; less is no text

_MARKS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
# First bytes of common files that are no text, with what a person can do.
_KNOWN = (
    (b"%PDF", "it is a PDF"),
    (
        b"PK\x03\x04",
        "it is a packed file such as .xlsx, .docx, .ods or .zip; save the sheet as CSV or the text as .txt",
    ),
    (b"\xd0\xcf\x11\xe0", "it is an old Office file such as .xls or .doc; save it as CSV or .txt"),
    (b"{\\rtf", "it is an RTF document; save it as .txt"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"RIFF", "it is a sound, video or picture"),
    (b"\x1f\x8b", "it is packed; unpack it first"),
    (b"Rar!", "it is packed; unpack it first"),
    (b"7z\xbc\xaf", "it is packed; unpack it first"),
    (b"SQLite format 3", "it is a database"),
    (b"\x7fELF", "it is a program"),
    (b"MZ\x90", "it is a program"),
)
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """The encoding of a file, how many bytes of mark to skip, and what was noticed."""

    name: str
    skip: int = 0
    notes: tuple[Note, ...] = ()
    cut: int = 0  # bytes of an unfinished character at the end


def read_all(data: BinaryIO, most: int, what: str) -> bytes:
    """Read a whole stream of at most `most` bytes. Raises Unreadable (too large)."""
    whole, size = io.BytesIO(), 0
    while piece := data.read(1 << 20):
        size += len(piece)
        if size > most:
            raise Unreadable(Why.TOO_LARGE, f"{what} of more than {most >> 20} MB are not read")
        whole.write(piece)
    return whole.getvalue()


def encoding_of(raw: bytes, *, declared: bool = False, whole: bool = True) -> Encoding:
    """Find the encoding of a file. Raises Unreadable (not text) for pictures, packed files and other bytes.

    declared  the file may declare its encoding as HTML does
    whole     False where more bytes follow: an unfinished character at the end means nothing then
    """
    for start, what in _KNOWN:
        if raw.startswith(start):
            raise Unreadable(Why.NOT_TEXT, what)
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _fitted(raw, name, len(mark), whole)
    if (wide := _without_mark(raw)) is not None:
        return _fitted(raw, wide, 0, whole)
    _refuse_binary(raw)
    fits, cut = _fits_utf8(raw)
    if fits:
        notes = (Note.TRUNCATED_TEXT,) if cut and whole else ()
        return Encoding(name="utf_8", notes=notes, cut=cut if whole else 0)
    claim = _declared(raw) if declared else None
    if claim is not None and claim not in {"utf_8", "ascii"} and _plausible(raw, claim):
        return Encoding(name=claim)
    return _guessed(raw, (Note.WRONG_CHARSET,) if claim is not None else ())


def decode(raw: bytes, encoding: Encoding) -> str:
    end = len(raw) - encoding.cut
    return raw[encoding.skip : end].decode(encoding.name, "replace")


def _fitted(raw: bytes, name: str, skip: int, whole: bool) -> Encoding:
    """Check an encoding that a mark names; bytes that do not fit are replaced, and that is noted."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        for at in range(skip, len(raw), 1 << 20):
            decoder.decode(raw[at : at + (1 << 20)])
        cut = len(decoder.getstate()[0]) if whole else 0
        return Encoding(name=name, skip=skip, notes=(Note.TRUNCATED_TEXT,) if cut else (), cut=cut)
    except UnicodeDecodeError:
        return Encoding(name=name, skip=skip, notes=(Note.REPLACED,))


def _without_mark(raw: bytes) -> str | None:
    """UTF-16 without a mark: in text every second byte of spaces, digits and line ends is NUL."""
    head = raw[:4096]
    if len(head) < 4 or head.count(0) * 20 < len(head):
        return None
    if not head.isascii() and _fits_utf8(head)[0]:
        return None  # letters beyond ASCII that fit UTF-8 are no accident; the NUL bytes are
    even, odd = head[::2].count(0), head[1::2].count(0)
    for name, zeros, others in (("utf_16_le", odd, even), ("utf_16_be", even, odd)):
        if zeros * 20 >= len(head) and others * 50 <= zeros:
            text = head[: len(head) & ~1].decode(name, "replace").replace("\ufffd", "")
            if _letters(text) >= FEWEST_LETTERS and len(_CONTROLS.findall(text.encode())) * 100 <= len(text):
                return name
    return None


def _refuse_binary(raw: bytes) -> None:
    head = raw[: 1 << 16]
    if len(_CONTROLS.findall(head)) * 100 > len(head) or head.count(0) * 10 > len(head):
        raise Unreadable(Why.NOT_TEXT, "its bytes are no text in any encoding that is known here")


def _fits_utf8(raw: bytes) -> tuple[bool, int]:
    decoder = codecs.getincrementaldecoder("utf_8")("strict")
    try:
        for at in range(0, len(raw), 1 << 20):
            decoder.decode(raw[at : at + (1 << 20)])
    except UnicodeDecodeError:
        return False, 0
    cut = len(decoder.getstate()[0])
    return cut < len(raw), cut


def _declared(raw: bytes) -> str | None:
    found = _XML.search(raw[:1024]) or _META.search(raw[: 1 << 16])
    if found is None:
        return None
    try:
        name = codecs.lookup(found[1].decode("ascii")).name.replace("-", "_")
        codecs.getincrementaldecoder(name)
        "".encode(name)
    except (LookupError, UnicodeError):
        return None
    return name


def _plausible(raw: bytes, name: str) -> bool:
    try:
        text = raw[:GUESS_BYTES].decode(name, "strict")
    except (UnicodeDecodeError, LookupError, ValueError):
        return False
    return _letters(re.sub(r"<[^>]{0,2000}>", " ", text)) >= FEWEST_LETTERS


def _letters(text: str) -> float:
    """The share of letters and figures, with spaces left out."""
    seen = "".join(text[:20000].split())
    return sum(map(str.isalnum, seen)) / len(seen) if seen else 0.0


def _guessed(raw: bytes, notes: tuple[Note, ...]) -> Encoding:
    sample = _telling(raw)
    best = charset_normalizer.from_bytes(sample, cp_isolation=CANDIDATES, threshold=0.5).best()
    name = "utf_8" if _mostly_utf8(sample) else best.encoding if best else "cp1251"
    text = raw.decode(name, "replace") if len(raw) <= GUESS_BYTES else sample.decode(name, "replace")
    if _letters(text) < FEWEST_LETTERS and name != "utf_8":
        raise Unreadable(Why.NOT_TEXT, "its bytes are no text in any encoding that is known here")
    replaced = (Note.REPLACED,) if "\ufffd" in text else ()
    return Encoding(name=name, notes=(*notes, Note.GUESSED_ENCODING, *replaced))


def _telling(raw: bytes) -> bytes:
    """Up to GUESS_BYTES from the first byte that is not ASCII on: only such bytes tell encodings apart."""
    first = re.search(rb"[\x80-\xff]", raw)
    start = max(0, first.start() - 200) if first else 0
    return raw[start : start + GUESS_BYTES]


def _mostly_utf8(sample: bytes) -> bool:
    """Whether all but a few of the bytes beyond ASCII are good UTF-8: a damaged file, not another encoding."""
    beyond = len(re.findall(rb"[\x80-\xff]", sample))
    bad = sample.decode("utf_8", "replace").count("\ufffd")
    return beyond > 0 and bad * 10 <= beyond
