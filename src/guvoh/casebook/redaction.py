"""One person taken out of what stays: every form of the name blackened, at the same length, so that places still hold.

What is looked for are the words of the name and the strings that belong to the person alone. A word of a name is found
by its folded key (`guvoh.names.fold`), made wider: in any case, script and spelling that the key knows, with endings,
with marks and apostrophes or without, torn by a hyphen or the end of a line, s p a c e d, glued together in an address,
or written in percent signs. Too much is blackened rather than too little: a namesake goes too. What nobody named is not
found: a nickname, a photograph, "his neighbour, the baker".
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from guvoh.errors import GuvohError
from guvoh.names.fold import fold_token, words
from guvoh.records.codec import AnyRecord
from guvoh.records.people import Mention
from guvoh.records.sources import Source
from guvoh.values.spans import CONTEXT, TextSpan

BLACK = "█"

_Where = tuple[int, int]
"""Code points of a text: start, and end exclusive."""

# What a word is made of

_RARE_MARKS = (
    "\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f"
)
_MARKS = "\u0300-\u036f" + _RARE_MARKS
_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_APOSTROPHES = "'`´‘’‛′＇ʹʻʼʽʾʿˈˊˋ"
_LETTER = rf"[^\W\d_][{_MARKS}]*"
_SPACED = rf"(?<!\w){_LETTER}(?:[ \u00a0]{_LETTER}){{2,}}(?!\w)"
_DOTTED = rf"(?<!\w){_LETTER}([.\-_*·]){_LETTER}(?:\1{_LETTER}){{2,}}(?!\w)"  # with three letters they are initials
_JOINED = rf"{_LETTER}(?:[{_MARKS}{_UNSEEN}{_APOSTROPHES}]*{_LETTER})*"
_WORD = re.compile(f"{_SPACED}|{_DOTTED}|{_JOINED}")
_INK = re.compile(rf"[^\W_]|[{_MARKS}{_UNSEEN}{_APOSTROPHES}]")
"""What is blackened of what matches; blanks and punctuation stay."""
_DROPPED = re.compile(f"[{_UNSEEN}{_RARE_MARKS}]")
"""What `words` would take for the end of a word."""
_PARTING = (re.compile(f"[{_UNSEEN}{_RARE_MARKS}]"), re.compile(f"[{_APOSTROPHES}{_UNSEEN}{_RARE_MARKS}]"))
"""What stands within a word, or else between two; an apostrophe is rather within."""

# What may stand between two words that belong together

_BETWEEN_FIELDS = "\0"
"""Parts the strings of one record that are searched together; no blank, so that no word is torn across it."""
_NEAR = re.compile(rf"(?:[^\w{BLACK}]|_){{0,4}}")
_NEAR_INITIAL = re.compile(r"[\s.,_-]{0,3}")
_TORN = re.compile(r"[-‐‑‒–\u00ad]?[ \t\u00a0]*\n\s*|[-‐‑]")
_BLANKS = re.compile(r"[^\S\n]+")
_MOST_TORN = 4
_RUN = re.compile(rf"[^\s{_BETWEEN_FIELDS}]+")
_ADDRESS = re.compile(r"[@/_#\\&=]|\.\w|\d[^\W\d_]|[^\W\d_]\d")
"""What shows that a run without blanks is an address, a file's name or a handle, where words are glued together."""

# How a word may go on after a name

_LONGEST_ENDING = 8
"""Letters: -ovlarning without -ov, which is part of the key."""
_LONGEST_WORD = 200
"""Beyond it letters are no words, but data."""
_ENDINGS = """
а у ы и е о ю я й ой ей ом ем ём ым им ою ею ам ям ах ях ами ями ых ого его ому ему ов ев ёв ин ина ович евич овна евна
нинг ни га ка қа ға да дан ча лар ники дек дай ман сан миз сиз жон бек хон бой ой ака опа ли лик чи гина м им нг инг си
ку ми мас эди ям ҳам ум уми нын нин нун нүн дын дин дун дүн тын тин тун түн ны нү ну ди ды ду дү ти ты ту тү ге го гө
ке ко кө на не де до дө та те то тө ден дон дөн тан тен тон төн лер лор лөр дар дер дор дөр тар тер тор төр байке эже
ро он ҳо ҷон аш ат анд ың ің ның нің дың дің тың тің
a u y i e o oy ey om em ym im am yam akh ami ov ev yev in ina ovich evich yevich ovna evna yevna
ning ni ga ka qa da dan cha lar niki dek day man san miz siz jon bek xon khon boy aka opa li lik chi gina m ng ing si
ku mi mas edi ham um nyn nin nun dyn din dun tyn tin tun ny nu di dy du ti ty tu ge go ke ko na ne de do ta te to den
don tan ten ton ler lor dar der dor tar ter tor bayke eje ro ra on ho jon ash at and yň iň nyň niň s es
"""
"""After a key of three letters only these: else the name Нури would take нарушение and народ with it."""
_ENDING = re.compile(f"(?:{'|'.join(sorted(_ENDINGS.split(), key=len, reverse=True))}){{1,3}}")
_SHORT_KEY = 3
_LEAST_GLUED, _LEAST_WITHIN = 4, 5
"""Letters of a key that is looked for in the middle of a word too: of an address, of any word."""

# Letters that sound or look like others

_ALIKE, _ONE_VOWEL = str.maketrans("чt", "jd"), str.maketrans("iu", "aa")
_DOUBLED = re.compile(r"(.)\1+")
_LEAST_VOWELLESS = 5
"""Letters of a key from which on one vowel is as good as another: Myrat and Мурад, Döwlet and Девлет."""

_LATIN_LOOKS, _CYRILLIC_LOOKS = "aceopxykmtbhijs", "асеорхукмтвніјѕ"
_TO_LATIN = str.maketrans(_CYRILLIC_LOOKS, _LATIN_LOOKS)
_TO_CYRILLIC = str.maketrans(_LATIN_LOOKS, _CYRILLIC_LOOKS)
_LATIN, _CYRILLIC = re.compile("[a-z]"), re.compile("[а-яёіјѕ]")


class _Skeletons(dict[int, int]):
    """One character for one: a figure as 0 to 9, a letter small, without marks, Cyrillic as the Latin it looks like."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        figure = unicodedata.digit(letter, None)
        if figure is not None:
            letter = str(figure)
        elif letter.isalpha():
            letter = unicodedata.normalize("NFKD", letter)[0].lower()[0].translate(_TO_LATIN)
        self[code] = ord(letter)
        return self[code]


_SKELETON = _Skeletons()
_SIGN = r"[^\W_]"
_BETWEEN_SIGNS = rf"(?:[^\w{BLACK}]|_){{0,6}}"
_LEAST_IDENTIFIER = 4
_SURELY_ONE_STRING = 6
"""Letters and figures; a shorter string is found only where none other touches it."""
_FIGURES = re.compile(r"\d(?:[\s\-.()]*\d){5,}")
_NATIONAL_NUMBER = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """What to look for: the words of one person's names, and strings that are this person's.

    names    words of the names; a word of fewer than three letters, or an initial, is found only beside another word
    strings  telephone numbers, addresses, numbers of papers: found whatever stands between their letters and figures.
             One that is words alone is found as a name is: all of its words, in their order
    alone    whether one word of a name is enough. If not, two different ones must stand beside each other (or one and
             an initial): for the rows of others in a list, of whom many share a surname
    """

    names: frozenset[str] = field(default=frozenset(), repr=False)
    strings: frozenset[str] = field(default=frozenset(), repr=False)
    alone: bool = True
    _finder: _Finder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_finder", _Finder(self))

    @classmethod
    def of(cls, mentions: Iterable[Mention], also: Iterable[str] = (), *, alone: bool = True) -> Forms:
        """Forms of the person that these mentions are, and of whatever else a custodian names.

        An identifier of fewer than four letters and figures is not looked for: it is the number of a row. Given as
        `also`, it is.
        """
        names: set[str] = set()
        strings = {text for text in also if _signs(text)}
        for mention in mentions:
            for name in (mention.full_name, mention.name, mention.surname, mention.given, mention.patronymic):
                if isinstance(name, str):
                    names.update(_name_words(name))
            if isinstance(mention.identifier, str) and len(_signs(mention.identifier)) >= _LEAST_IDENTIFIER:
                strings.add(mention.identifier)
        return cls(names=frozenset(names), strings=frozenset(strings), alone=alone)


def blackened(text: str, forms: Forms, spans: Iterable[TextSpan] = ()) -> str:
    """The text with every form blackened, code point for code point, and these spans of it, all but their blanks."""
    for span in spans:
        text = text[: span.start] + re.sub(r"\S", BLACK, text[span.start : span.end]) + text[span.end :]
    # What is blackened can part or bare something that was not seen before; each round blackens more, and so it ends.
    while found := forms._finder.find(text):
        text = _inked(text, found)
    return text


def _inked(text: str, found: Iterable[_Where]) -> str:
    parts, at = [], 0
    for start, end in sorted(found):
        if end > at:
            parts += [text[at : max(at, start)], _INK.sub(BLACK, text[max(at, start) : end])]
            at = end
    return "".join([*parts, text[at:]])


def _signs(text: str) -> str:
    """The letters and figures of a string, as they are compared."""
    return "".join(re.findall(_SIGN, text.translate(_SKELETON)))


def _name_words(name: str) -> Iterator[str]:
    """The words of a name; Абдул-Рахман is Абдулрахман too."""
    for piece in name.split():
        found = words(_DROPPED.sub("", piece))
        yield from found
        if len(found) > 1:
            yield "".join(found)


# Looking


class _Word(NamedTuple):
    """A word of a text: its place, as it stands, its letters alone, and whether words may be glued together in it."""

    start: int
    end: int
    raw: str
    letters: str
    glued: bool


class _Role(NamedTuple):
    """What a word may be of the name. rank 3: it says who is meant; 2: a short word; 1: an initial; 0: "son of"."""

    rank: int
    key: str


_SON_OF = _Role(0, "")


class _Finder:
    """Finds the places of one person's forms in a text."""

    def __init__(self, forms: Forms) -> None:
        self._alone = forms.alone
        whole = [tuple(_name_words(text)) for text in forms.strings if not re.search(r"\d|@|://", text)]
        self._phrases = [phrase for phrase in whole if len(phrase) > 1]
        own = {phrase[0] for phrase in whole if len(phrase) == 1 and len(phrase[0]) >= _SHORT_KEY}
        named = forms.names | own
        keyed = {word: _keys(word) for word in named if len(word) >= _SHORT_KEY}
        self._keys = frozenset(key for keys in keyed.values() for key in keys)
        self._own = frozenset(key for word in own for key in keyed[word])
        self._heads = frozenset(map(_head, self._keys))
        self._initials = frozenset(fold_token(word)[:1] for word in forms.names) - {""}
        self._short = frozenset(word for word in forms.names if len(word) < _SHORT_KEY)
        self._short_keys = frozenset(fold_token(word) for word in self._short if len(word) > 1) - {""}
        self._longest = 2 * max(map(len, named), default=0) + _SHORT_KEY
        self._strings = _pattern(forms.strings)
        self._parts_of_names = _edges(keyed)
        self._remembered: dict[tuple[str, bool], str] = {}

    def find(self, text: str) -> list[_Where]:
        found: list[_Where] = []
        for reading, at in _readings(text):
            for start, end in (*self._names(reading), *self._strings_in(reading)):
                found.append((start, end) if at is None else (at[start], at[end]))
        return found

    def _strings_in(self, text: str) -> Iterator[_Where]:
        if self._strings is not None:
            yield from (match.span() for match in self._strings.finditer(text.translate(_SKELETON)))

    def _names(self, text: str) -> Iterator[_Where]:
        if not self._keys and not self._short and not self._phrases:
            return
        found = list(_words_of(text))
        roles = [self._role(text, word) for word in found]
        self._mend(text, found, roles)
        yield from self._phrases_in(text, found)
        for first, last in _runs(text, found, roles):
            if self._says_who(roles[first : last + 1]):
                yield from (word[:2] for word in found[first : last + 1])

    def _role(self, text: str, word: _Word) -> _Role | None:
        """What this word alone may be of the name; None: nothing."""
        letters = word.letters
        key = self._key_of(word)
        if key:
            return _Role(3, key)
        if not letters:
            return None
        folded = fold_token(letters)
        if not folded:
            return _SON_OF
        if len(letters) in range(2, _SHORT_KEY) and (letters in self._short or folded in self._short_keys):
            return _Role(2, folded)
        stands_out = word.raw[0].isupper() or text[word.end : word.end + 1] in (".", "-", "_") or word.glued
        return _Role(1, folded) if len(folded) == 1 and folded in self._initials and stands_out else None

    def _key_of(self, word: _Word) -> str:
        known = self._remembered.get((word.raw, word.glued))
        if known is None:
            if len(self._remembered) > 1 << 17:
                self._remembered.clear()
            known = self._remembered[word.raw, word.glued] = next(filter(None, self._keys_in(word)), "")
        return known

    def _keys_in(self, word: _Word) -> Iterator[str]:
        for letters in _looks(word.letters):
            yield self._begun(letters)
        for piece in _pieces(word.raw):
            yield self._begun(piece)
        if len(word.letters) <= _LONGEST_WORD:
            least = _LEAST_GLUED if word.glued else _LEAST_WITHIN
            inner = (self._begun(word.letters[at:]) for at in range(1, len(word.letters) - _SHORT_KEY))
            yield from (key for key in inner if len(key) >= least)

    def _begun(self, letters: str) -> str:
        """The key of the name that a word begins with, "" if none: the name, or several, and at most an ending."""
        starts, seen = [(0, "")], {0}
        for start, first in starts:
            for key, end in self._begun_at(letters, start):
                if _may_end(key, letters[end:]):
                    return first or key
                if end not in seen and len(letters) <= _LONGEST_WORD:
                    seen.add(end)
                    starts.append((end, first or key))
        return ""

    def _begun_at(self, letters: str, start: int) -> Iterator[tuple[str, int]]:
        """The keys of the names that stand here, and their ends, the longest first."""
        longest = min(len(letters), start + self._longest)
        head = _head(_key(letters[start:longest]))
        if head and head not in self._heads:
            return
        for end in range(longest, start + _SHORT_KEY - 1, -1):
            key = _key(letters[start:end])
            if key in self._keys:
                yield key, end

    def _mend(self, text: str, found: list[_Word], roles: list[_Role | None]) -> None:
        """Give the pieces of a torn name their role."""
        for at, word in enumerate(found):
            role, joined = roles[at], word.letters
            is_name = role is not None and role.rank == 3
            for last in range(at + 1, min(at + _MOST_TORN, len(found))):
                gap, piece = text[found[last - 1].end : found[last].start], found[last].letters
                torn = _TORN.fullmatch(gap) is not None
                parted = not is_name and min(len(joined), len(piece)) >= _SHORT_KEY and _BLANKS.fullmatch(gap)
                if not torn and not parted:
                    break
                joined += piece
                key = self._begun(joined) if torn and not is_name else _key(joined)
                if key in self._keys:
                    roles[at : last + 1] = [_Role(3, key)] * (last + 1 - at)
                    break

    def _says_who(self, run: Sequence[_Role | None]) -> bool:
        full = {role.key for role in run if role is not None and role.rank >= 2}
        if any(role is not None and role.rank == 3 and (self._alone or role.key in self._own) for role in run):
            return True
        if len(full) > 1:
            return True
        return bool(full) and any(role is not None and role.rank == 1 for role in run)

    def _phrases_in(self, text: str, found: list[_Word]) -> Iterator[_Where]:
        for phrase in self._phrases:
            keys = [_keys(word) for word in phrase]
            for at in range(len(found) - len(phrase) + 1):
                part = found[at : at + len(phrase)]
                if all(map(_is_form, part, phrase, keys)) and all(
                    _NEAR.fullmatch(text, one.end, other.start) for one, other in pairwise(part)
                ):
                    yield part[0].start, part[-1].end

    def edges(self, text: str, *, left: bool, right: bool) -> Iterator[_Where]:
        """The word that a cut through a text left over at its beginning and end, where it may be the rest of a name."""
        if not self._alone:
            return
        found = list(_words_of(text))
        ends, starts = self._parts_of_names
        if left and found and found[0].start == 0:
            rest = found[0].letters
            if any(_key(rest[:end]) in ends for end in range(2, len(rest) + 1)):
                yield found[0][:2]
        if right and found and found[-1].end == len(text) and _key(found[-1].letters) in starts:
            yield found[-1][:2]


def _may_end(key: str, ending: str) -> bool:
    return not ending or (len(key) > _SHORT_KEY and len(ending) <= _LONGEST_ENDING) or bool(_ENDING.fullmatch(ending))


@lru_cache(maxsize=1 << 18)
def _key(word: str) -> str:
    """The folded key of a word, wider: ҷ may have become ч; in longer words any vowel may have become another."""
    key = fold_token(word).translate(_ALIKE)
    return _DOUBLED.sub(r"\1", key.translate(_ONE_VOWEL)) if len(key) >= _LEAST_VOWELLESS else key


def _head(key: str) -> str:
    """What a key begins with; any vowel is one, for in longer keys it is."""
    return key[:1].translate(_ONE_VOWEL)


def _keys(word: str) -> frozenset[str]:
    return frozenset(map(_key, _looks(word))) - {""}


def _looks(letters: str) -> list[str]:
    """A word as it stands, without marks (ё as е, ş as s), and in each script by its looks if it mixes two."""
    looks = [letters, letters.replace("yo", "e")] if "yo" in letters else [letters]
    if letters.isascii():
        return looks
    bare = "".join(letter for letter in unicodedata.normalize("NFD", letters) if not unicodedata.combining(letter))
    if bare != letters:
        looks.append(bare)
    if _LATIN.search(letters) and _CYRILLIC.search(letters):
        looks += [letters.translate(_TO_LATIN), letters.translate(_TO_CYRILLIC)]
    return looks


def _is_form(word: _Word, asked: str, keys: frozenset[str]) -> bool:
    letters = word.letters
    if letters == asked:
        return True
    ends = range(max(_SHORT_KEY, len(letters) - _LONGEST_ENDING), len(letters) + 1)
    return len(asked) >= _SHORT_KEY and any(_key(letters[:end]) in keys for end in ends)


def _words_of(text: str) -> Iterator[_Word]:
    """The words of a text, a spaced one as one word."""
    glued_until, glued = 0, False
    for match in _WORD.finditer(text):
        start, end = match.span()
        if end > glued_until:
            run = _RUN.match(text, start)
            glued_until = run.end() if run is not None else end
            glued = _ADDRESS.search(text, _run_start(text, start), glued_until) is not None
        raw = match[0]
        spaced = match.lastindex is not None or " " in raw or "\u00a0" in raw
        yield _Word(start, end, raw, _letters(raw), glued or spaced)


def _letters(raw: str) -> str:
    return "".join(words(_DROPPED.sub("", raw)))


def _run_start(text: str, at: int) -> int:
    """Where the run without blanks begins, of which a word is the first; an address may begin with an @ or a figure."""
    while at and not text[at - 1].isspace() and text[at - 1] != _BETWEEN_FIELDS:
        at -= 1
    return at


def _pieces(raw: str) -> Iterator[str]:
    """The parts of a word that capitals, apostrophes or unseen signs part: КаримовАзиз, d'Aziz."""
    capitals = [at for at in range(1, len(raw)) if raw[at].isupper() and raw[at - 1].islower()]
    for cuts in (capitals, *([match.end() for match in parting.finditer(raw)] for parting in _PARTING)):
        for start, end in pairwise([0, *cuts, len(raw)]) if cuts else ():
            yield _letters(raw[start:end])


def _runs(text: str, found: Sequence[_Word], roles: Sequence[_Role | None]) -> Iterator[tuple[int, int]]:
    """The first and last word of each run of words that may be of the name and stand beside each other."""
    first, last = None, 0
    for at, role in enumerate(roles):
        if role is None:
            continue
        if first is None or not _are_near(text, found, roles, at):
            if first is not None:
                yield first, last
            first = at
        last = at
    if first is not None:
        yield first, last


def _are_near(text: str, found: Sequence[_Word], roles: Sequence[_Role | None], at: int) -> bool:
    """Whether this word and the one before it may be of one name."""
    before, here = roles[at - 1], roles[at]
    if before is None or here is None:
        return False
    gap = _NEAR_INITIAL if min(before.rank, here.rank) < 2 else _NEAR
    return gap.fullmatch(text, found[at - 1].end, found[at].start) is not None


def _edges(keyed: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the ends and of the beginnings of words, of two letters at least."""
    ends = {_key(word[at:]) for word in keyed for at in range(1, len(word) - 1)}
    starts = {_key(word[:at]) for word in keyed for at in range(2, len(word))}
    return frozenset(ends) - {""}, frozenset(starts) - {""}


def _pattern(strings: Iterable[str]) -> re.Pattern[str] | None:
    """One pattern for all strings, in skeletons, the longest first."""
    wanted: set[str] = set()
    for text in strings:
        signs = _signs(text)
        wanted.add(signs)
        wanted.update(_signs(figures) for figures in _FIGURES.findall(text))
        if signs.isdigit() and len(signs) > _NATIONAL_NUMBER + 1:
            abroad = len(signs) - _NATIONAL_NUMBER
            national = [signs[at:] for at in range(abroad + 1)]
            wanted.update(prefix + number for number in national for prefix in ("", "0", "8"))
    patterns = map(_string_pattern, sorted(wanted - {""}, key=lambda signs: (-len(signs), signs)))
    joined = "|".join(patterns)
    return re.compile(joined) if joined else None


def _string_pattern(signs: str) -> str:
    pattern = _BETWEEN_SIGNS.join(map(re.escape, signs))
    return pattern if len(signs) >= _SURELY_ONE_STRING else rf"(?<!{_SIGN}){pattern}(?!{_SIGN})"


# Texts in which letters are written as the numbers of their bytes

_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|(?:\\x[0-9A-Fa-f]{2})+")
_ENCODINGS = ("utf-8", "cp1251", "cp866", "koi8_r")
_MOST_TIMES_ESCAPED = 3


def _readings(text: str) -> Iterator[tuple[str, list[int] | None]]:
    """The text, and as it reads with %HH and \\xHH as letters, with the place where each of its letters stands."""
    yield text, None
    if not _ESCAPED.search(text):
        return
    for encoding in _ENCODINGS:
        reading, at = text, list(range(len(text) + 1))
        for _ in range(_MOST_TIMES_ESCAPED):
            if not _ESCAPED.search(reading):
                break
            reading, at = _unescaped(reading, at, encoding)
            yield reading, at


def _unescaped(text: str, at: list[int], encoding: str) -> tuple[str, list[int]]:
    letters: list[str] = []
    places: list[int] = []
    done = 0
    for match in _ESCAPED.finditer(text):
        letters.append(text[done : match.start()])
        places += at[done : match.start()]
        width = 3 if match[0][0] == "%" else 4
        data = bytes.fromhex(match[0].replace("%", "").replace("\\x", ""))
        place = match.start()
        for letter, size in _decoded(data, encoding):
            letters.append(letter)
            places.append(at[place])
            place += size * width
        done = match.end()
    return "".join([*letters, text[done:]]), places + at[done:]


def _decoded(data: bytes, encoding: str) -> Iterator[tuple[str, int]]:
    """The letters and how many bytes each takes; a byte that is none of this encoding is no letter."""
    at = 0
    while at < len(data):
        for size in (1, 2, 3, 4):
            try:
                letter = data[at : at + size].decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        else:
            size, letter = 1, "\ufffd"
        yield letter, size
        at += size


# Records

# fmt: off
_KEPT = frozenset({
    # dates
    "published", "period", "captured_at", "birth", "dates", "said", "when", "start", "end", "since", "until",
    "given_on", "expires", "review", "valid_from", "valid_until", "closed", "sent", "due", "responded",
    # words of the program, not of a source or a person
    "id", "source", "original", "encoding", "reader", "program", "delimiter", "style", "why", "engine", "version",
    "settings", "codebook", "text_version", "level", "digest",
})
# fmt: on
"""Fields without words of a source or a person. Fields whose shape is checked (ids, codes, terms) are kept anyway."""
_KEPT_OF_KIND = {"disclosure": frozenset({"reference"})}


def redacted(
    record: AnyRecord, forms: Forms, spans: Iterable[TextSpan] = (), text: str | None = None
) -> AnyRecord | None:
    """The record under its id with all its words blackened; None if there is nothing to blacken in it.

    spans  further places in the text of the source that the record is, or stands in
    text   that source's blackened text, if there is one: places are then cut from it anew, and are found in it again.
           Without it, the rest of a word that was cut at the edge of a quote is blackened where it may be of a name
    """
    spans = tuple(spans)
    changed: AnyRecord = _with_words(record, lambda word: word, lambda span: _recut(span, forms, spans, text))
    body = blackened(changed.text, forms, spans) if isinstance(changed, Source) else ""
    if isinstance(changed, Source):
        changed = msgspec.structs.replace(changed, text="")
    said = _Heard()
    _with_words(changed, said, lambda span: span)
    joined = blackened(_BETWEEN_FIELDS.join(said), forms)
    new = iter(_split(joined, map(len, said)))
    changed = _with_words(changed, lambda _: next(new), lambda span: span)
    if isinstance(changed, Source):
        changed = msgspec.structs.replace(changed, text=body)
    if changed == record:
        return None
    return msgspec.structs.replace(changed, redacted=True) if isinstance(changed, Source) else changed


class _Heard(list[str]):
    """Takes down each string that it is called with, and gives it back as it is."""

    def __call__(self, word: str) -> str:
        self.append(word)
        return word


def _split(joined: str, sizes: Iterable[int]) -> Iterator[str]:
    at = 0
    for size in sizes:
        yield joined[at : at + size]
        at += size + len(_BETWEEN_FIELDS)


def _with_words(value: Any, word: Callable[[str], str], span: Callable[[TextSpan], TextSpan]) -> Any:
    """The value with each free string and each span in it replaced, always in the same order."""
    match value:
        case str():
            return word(value)
        case TextSpan():
            return span(value)
        case tuple():
            return tuple(_with_words(item, word, span) for item in value)
        case dict():
            return {key: _with_words(item, word, span) for key, item in value.items()}
        case msgspec.Struct():
            fields = {name: _with_words(getattr(value, name), word, span) for name in _free(type(value))}
            return msgspec.structs.replace(value, **fields)
    return value


@cache
def _free(cls: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a record, or of a part of one, in which there may be words."""
    kept = _KEPT | _KEPT_OF_KIND.get(str(cls.__struct_config__.tag), frozenset())
    shape = inspect.type_info(cls)
    assert isinstance(shape, inspect.StructType)
    return tuple(one.name for one in shape.fields if one.name not in kept and _has_words(one.type))


def _has_words(shape: inspect.Type) -> bool:
    match shape:
        case inspect.StrType(pattern=pattern):
            return pattern is None
        case inspect.UnionType(types=types):
            return any(map(_has_words, types))
        case inspect.VarTupleType(item_type=item):
            return _has_words(item)
        case inspect.DictType(value_type=value):
            return _has_words(value)
        case inspect.StructType(cls=cls):
            return bool(_free(cls))
        case inspect.DataclassType(cls=cls):
            return cls is TextSpan
        case _:
            return False


def _recut(span: TextSpan, forms: Forms, spans: Sequence[TextSpan], text: str | None) -> TextSpan:
    """A place with its words blackened, as they are in the text if that is at hand and is that text."""
    size = len(span.prefix)
    if text is not None and _is_blackened_from(text[span.start : span.end], span.exact):
        return TextSpan(
            start=span.start,
            end=span.end,
            exact=text[span.start : span.end],
            prefix=text[span.start - size : span.start],
            suffix=text[span.end : span.end + len(span.suffix)],
        )
    window, start = span.prefix + span.exact + span.suffix, span.start - size
    for other in spans:
        first, last = max(0, other.start - start), max(0, other.end - start)
        window = window[:first] + re.sub(r"\S", BLACK, window[first:last]) + window[last:]
    cut_right = not span.suffix or len(span.suffix) == CONTEXT
    window = _inked(window, forms._finder.edges(window, left=start > 0, right=cut_right))
    window = blackened(window, forms)
    return TextSpan(
        start=span.start,
        end=span.end,
        exact=window[size : size + len(span.exact)],
        prefix=window[:size],
        suffix=window[size + len(span.exact) :],
    )


def _is_blackened_from(new: str, old: str) -> bool:
    return len(new) == len(old) and all(a == b or BLACK in (a, b) for a, b in zip(new, old, strict=True))


# Lists


class RowsOutOfOrder(GuvohError):
    """Mentions that are not the rows of this source, each once and in their order."""

    def __init__(self, source: str, row: int | None) -> None:
        self.source, self.row = source, row
        super().__init__(
            f"the list {source} cannot be written anew: what comes as row {row} is no later row of it; "
            "read its rows in order"
        )


_CHUNK = 1 << 16


def list_without(source: Source, mentions: Iterable[Mention], gone: Container[int]) -> Iterator[bytes]:
    """A list as UTF-8 CSV, in pieces: its headings, and the raw cells of its rows, each under the number it had.

    A list without headings is given the roles of its columns: else a first row of blacks would be taken for headings.

    mentions  the rows in their order, as they are to be written: with the words of others' cells blackened if need be
    gone      numbers of rows that are blackened whole. A row that is not among the mentions is too
    Raises RowsOutOfOrder on the way.
    """
    columns = source.layout.columns if source.layout is not None else ()
    delimiter = source.layout.delimiter if source.layout is not None else ","
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=delimiter if _can_part(delimiter) else ",", lineterminator="\n").writerow
    if columns:
        named = any(column.heading for column in columns)
        write([column.heading if named else column.role for column in columns])
    row = 0
    for mention in mentions:
        if mention.source != source.id or mention.row is None or mention.row <= row:
            raise RowsOutOfOrder(source.id, mention.row)
        for _ in range(mention.row - row - 1):
            write([BLACK] * max(1, len(columns)))
        row = mention.row
        write([BLACK] * max(1, len(columns), len(mention.cells)) if row in gone else mention.cells)
        if out.tell() >= _CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    for _ in range(source.rows - row):
        write([BLACK] * max(1, len(columns)))
    yield out.getvalue().encode()


def _can_part(delimiter: str) -> bool:
    return len(delimiter) == 1 and delimiter not in '"\r\n'
