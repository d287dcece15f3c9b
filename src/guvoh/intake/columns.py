"""What the columns of a list tell: from what a person said, else from their headings, else from their values.

A heading decides where heading and values both speak. What neither tells stays `other`: kept in the cells, not read.
Nothing here says anything about a person; endings of names are used only to tell a column of surnames from one of given
names.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from statistics import median

from guvoh.intake.dates import Style, read_date, style_of, year_of
from guvoh.intake.found import Certainty, Column, DateKind, Role, Unreadable, Why
from guvoh.values.absence import is_silent, read_absence

MOST = 0.8  # of the cells that say something: enough to call a column by its values
MANY = 0.5  # enough where the words are special, such as "ИК-5"
SOME = 0.35  # enough of surname endings: peoples differ in how many of their surnames have one
LATEST_BIRTH = 2009  # a column of dates whose middle year is later holds events
FEWEST_DATES = 0.1  # below this share of readable dates a column of dates is doubted

DATE_ROLES = frozenset(Role(kind.value) for kind in DateKind)
BIRTH_ROLES = frozenset({Role.BIRTH, Role.BIRTH_YEAR})
MANY_ALLOWED = frozenset({Role.OTHER, Role.NOTE, Role.LINK, Role.NUMBER})

_NAME_OR_GIVEN = "name_or_given"


def _table(name: str) -> dict[str, object]:
    return tomllib.loads(resources.files("guvoh.intake").joinpath("data", name).read_text("utf-8"))


_APOSTROPHES = re.compile("['`´‘’‛ʻʼʹʽ′＇]")
_BETWEEN = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])")
# Letters that people without a national keyboard replace, in headings and place names.
_FOLD = str.maketrans("ёўғқҳӯӣөүңҷәіұһşçžýňäöü", "еугкхуиоунчаиухscgynaou")


def fold(text: str) -> str:
    """Put a heading or a word into the form in which tables are compared: small plain letters and single spaces."""
    text = unicodedata.normalize("NFKC", text)
    text = _APOSTROPHES.sub("", _CAMEL.sub(" ", text)).casefold()
    return _BETWEEN.sub(" ", unicodedata.normalize("NFC", text).translate(_FOLD)).strip()


class Phrases:
    """A table of folded phrases with a meaning each; a word that ends in * matches any ending."""

    def __init__(self, pairs: Iterable[tuple[str, str]], only_whole: Iterable[str] = ()) -> None:
        self.only_whole = frozenset(map(fold, only_whole))
        self.exact: dict[str, str] = {}
        self.open: list[tuple[list[str], str]] = []
        for phrase, meaning in pairs:
            if "*" in phrase:
                words = [fold(word) + "*" * word.endswith("*") for word in phrase.split()]
                self.open.append((words, meaning))
            else:
                self.exact[fold(phrase)] = meaning

    def of(self, words: list[str]) -> str | None:
        """The meaning of exactly these folded words."""
        found = self.exact.get(" ".join(words))
        if found is not None:
            return found
        return next((meaning for phrase, meaning in self.open if _same_words(phrase, words)), None)

    def within(self, words: list[str]) -> tuple[str, int] | None:
        """The meaning of the longest phrase that stands among these words, and its number of words.

        Phrases of one or two letters, and words such as "who", count only when they are the whole.
        """
        best: tuple[int, str, int] | None = None
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + 8) + 1):
                length = sum(map(len, words[start:end]))
                if length <= 2 or (best and length <= best[0]) or " ".join(words[start:end]) in self.only_whole:
                    continue
                if found := self.of(words[start:end]):
                    best = (length, found, end - start)
        return best[1:] if best else None


def _same_words(phrase: list[str], words: list[str]) -> bool:
    return len(phrase) == len(words) and all(
        word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
        for pattern, word in zip(phrase, words, strict=True)
    )


def _headings() -> Iterable[tuple[str, str]]:
    for role, languages in _table("headings.toml").items():
        assert isinstance(languages, dict)
        for phrases in languages.values():
            for phrase in phrases:
                yield phrase, role


def _words(key: str) -> str:
    text = _VALUES[key]
    assert isinstance(text, str)
    return text


def _set(key: str) -> Phrases:
    return Phrases((word, key) for word in re.split(r"[|\n]", _words(key).strip()))


_VALUES = _table("values.toml")
HEADINGS = Phrases(_headings(), _words("only_whole").split("|"))
_CITIZENSHIP, _PLACES, _TOTALS = _set("citizenship"), _set("places"), _set("totals")
SEXES = Phrases((word, sex) for sex in ("male", "female") for word in _words(sex).split("|"))
_PLACE_WORDS = frozenset(fold(_words("place_words")).split())
_INSTITUTION = re.compile(_words("institutions").strip(), re.IGNORECASE)
_AGE = re.compile(rf"(\d{{1,3}})(?:\.0)?\s*(?:(?:{'|'.join(_words('age_words').split())})\.?\s*){{0,3}}", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.|t\.me/)\S+", re.IGNORECASE)
_IDENTIFIER = re.compile(r"(?=(?:\D*\d){4})[A-ZА-Я0-9/№ -]{5,24}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[-'`´‘’‛ʻʼʹʽ′. ])*")
_SMALL_WORDS = frozenset(_words("small_name_words").split())


def _endings(key: str) -> tuple[str, ...]:
    return tuple(_APOSTROPHES.sub("", ending) for ending in _words(key).split())


_SURNAME_ENDINGS, _PATRONYMIC_ENDINGS = _endings("surname_endings"), _endings("patronymic_endings")


def read_age(cell: str) -> int | None:
    """Completed years, from "34" or "34 года"; None when the cell is no age of a person."""
    found = _AGE.fullmatch(cell.strip())
    return int(found[1]) if found and int(found[1]) <= 110 else None


def is_total(cell: str) -> bool:
    """Whether a cell begins a row that sums the list up: "Итого", "Total: 25"."""
    first = cell.split(None, 1)
    if not first or not _may_be_total(first[0]):
        return False
    words = fold(cell).split()
    if _TOTALS.of(words) is not None:
        return True
    return _TOTALS.of(words[:1]) is not None and any(map(str.isdecimal, cell))


@lru_cache(maxsize=1 << 16)
def _may_be_total(word: str) -> bool:
    words = fold(word).split()
    return bool(words) and any(phrase.startswith(words[0]) for phrase in _TOTALS.exact)


def _is_place(cell: str) -> bool:
    words = [word for word in fold(cell).split() if word not in _PLACE_WORDS]
    return bool(words) and (_PLACES.of(words) or _PLACES.within(words[:4])) is not None


def _is_citizenship(cell: str) -> bool:
    return _CITIZENSHIP.of(fold(cell).split()) is not None


def _name_words(cell: str) -> list[str]:
    """The words of what may be a name, without apostrophes; empty when it cannot be one."""
    cell = cell.strip()
    if len(cell) > 80 or not _NAME.fullmatch(cell):
        return []
    words = _APOSTROPHES.sub("", cell).split()
    named = all(word[0].isupper() or word.casefold() in _SMALL_WORDS for word in words)
    return words if named and len(words) <= 6 else []


def _is_patronymic(words: list[str]) -> bool:
    if not words or len(words) > 2:
        return False
    last = words[-1].casefold()
    return last.endswith(_PATRONYMIC_ENDINGS) and (len(words) == 1 or last in _PATRONYMIC_ENDINGS)


@dataclass(frozen=True)
class Profile:
    """What the cells of one column look like. `cells` holds those that say something."""

    cells: list[str]
    dates: Style = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", style_of(self.cells))

    def share(self, test: Callable[[str], object]) -> float:
        return sum(1 for cell in self.cells if test(cell)) / len(self.cells) if self.cells else 0.0

    @cached_property
    def years(self) -> list[int]:
        found = (read_date(cell, self.dates) for cell in self.cells)
        years = (year_of(edtf) if edtf else None for edtf in found)
        return [year for year in years if year is not None]

    @cached_property
    def date_share(self) -> float:
        return self.share(lambda cell: read_date(cell, self.dates))

    @cached_property
    def names(self) -> list[list[str]]:
        return [_name_words(cell) for cell in self.cells]

    @cached_property
    def is_counter(self) -> bool:
        """Numbers that go up by one from row to row."""
        if len(self.cells) < 3 or not all(cell.strip(" .)").isdecimal() for cell in self.cells):
            return False
        numbers = [int(cell.strip(" .)")) for cell in self.cells]
        return all(after - before == 1 for before, after in pairwise(numbers))

    @property
    def is_age(self) -> bool:
        ages = [read_age(cell) for cell in self.cells]
        good = [age for age in ages if age is not None and 14 <= age <= 95]
        return not self.is_counter and len(good) >= MOST * max(1, len(ages))

    @property
    def is_names(self) -> bool:
        return self.names != [] and sum(map(bool, self.names)) >= MOST * len(self.names)

    @property
    def is_full_names(self) -> bool:
        several = sum(1 for words in self.names if len(words) >= 2)
        return self.is_names and several >= 0.6 * len(self.names) and self.patronymics < MANY

    @cached_property
    def patronymics(self) -> float:
        return sum(map(_is_patronymic, self.names)) / len(self.names) if self.names else 0.0

    @cached_property
    def surnames(self) -> float:
        ends = sum(1 for words in self.names if words and words[-1].casefold().endswith(_SURNAME_ENDINGS))
        return ends / len(self.names) if self.names else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The mapping of a list, with how each column of dates is to be read (by column number)."""

    columns: list[Column]
    styles: dict[int, Style]


@dataclass(slots=True, kw_only=True)
class _Call:
    """A column on its way to a role."""

    role: Role
    certainty: Certainty
    why: str
    exact: bool = False
    maybe_given: bool = False


def recognise(
    heading: Sequence[str], sample: Sequence[Sequence[str]], given: dict[str, Role] | None = None
) -> Understood:
    """Say what each column tells, from the heading row (empty: there is none) and some hundreds of data rows.

    given  what a person said, by heading or 1-based number; it comes before everything else. Raises Unreadable (code
           "columns") when it names a column that is not there or gives one role to two columns
    """
    width = max((len(heading), *map(len, sample)), default=0)
    profiles = [Profile(_said(sample, at)) for at in range(width)]
    told = _told(heading, width, given or {})
    calls = [
        told.get(at) or _by_heading(heading[at] if at < len(heading) else "") or _by_values(profiles[at])
        for at in range(width)
    ]
    _settle_names(calls, profiles)
    _settle_births(calls, profiles)
    _settle_twins(calls, profiles)
    columns, styles = [], {}
    for at, call in enumerate(calls):
        style = None
        if call.role in DATE_ROLES | BIRTH_ROLES:
            style = style_of(profiles[at].cells, birth=call.role in BIRTH_ROLES)
            styles[at + 1] = style
            _remark(call, style, profiles[at])
        title = heading[at] if at < len(heading) else ""
        columns.append(
            Column(
                number=at + 1,
                heading=title,
                role=call.role,
                certainty=call.certainty,
                why=call.why,
                style=style.name if style else None,
            )
        )
    return Understood(columns=columns, styles=styles)


def is_heading(row: Sequence[str], below: Sequence[Sequence[str]], given: dict[str, Role] | None = None) -> bool:
    """Whether the first row names the columns instead of being a person.

    Words that are known as headings decide, unless a cell of the row is a date or a number; where no word is known, a
    row without numbers over columns of dates or numbers is a heading.
    """
    cells = [cell for cell in row if cell.strip()]
    if not cells or any(_is_data(cell) for cell in cells):
        return False
    names = {fold(cell) for cell in cells}
    if any(fold(key) in names for key in given or () if not key.isdecimal()):
        return True
    known = {at: call for at, cell in enumerate(row) if (call := _by_heading(cell))}
    if len(known) > 1 or any(_fits_below(call.role, _said(below, at)) for at, call in known.items()):
        return True
    for at, cell in enumerate(row):
        rest = Profile(_said(below, at))
        if cell.strip() and len(rest.cells) >= 2 and rest.share(_is_data) >= MOST:
            return True
    return False


def _fits_below(role: Role, cells: list[str]) -> bool:
    """Whether a column may have this role: names can look like headings of dates (Olim, and Uzbek o'lim)."""
    if not cells or role not in DATE_ROLES | BIRTH_ROLES | {Role.AGE}:
        return True
    return any(map(_is_data, cells))


def heading_words(row: Sequence[str]) -> int:
    """How many cells of a row are known headings in full."""
    return sum(HEADINGS.of(fold(cell).split()) is not None for cell in row)


def _is_data(cell: str) -> bool:
    """Whether a cell is a date, a number or a link, which no heading is."""
    cell = cell.strip()
    return (
        bool(_LINK.match(cell))
        or (any(map(str.isdecimal, cell)) and not any(map(str.isalpha, cell)))
        or (any(map(str.isdecimal, cell)) and read_date(cell, Style()) is not None)
    )


def _said(sample: Sequence[Sequence[str]], at: int) -> list[str]:
    cells = (row[at] for row in sample if at < len(row))
    return [cell for cell in cells if not is_silent(cell) and read_absence(cell) is None]


def _told(heading: Sequence[str], width: int, given: dict[str, Role]) -> dict[int, _Call]:
    told: dict[int, _Call] = {}
    places = {fold(title): at for at, title in reversed(list(enumerate(heading))) if title.strip()}
    exact = {title: at for at, title in reversed(list(enumerate(heading)))}
    for entry, (key, role) in enumerate(given.items(), 1):
        at = exact.get(key, places.get(fold(key)))
        if at is None and key.isdecimal() and 1 <= int(key[:6]) <= width:
            at = int(key[:6]) - 1
        if at is None:
            raise Unreadable(Why.COLUMNS, f"entry {entry} of the mapping names a column that the list does not have")
        told[at] = _Call(role=role, certainty=Certainty.GIVEN, why="as given in the mapping")
    once = [call.role for call in told.values() if call.role not in MANY_ALLOWED]
    twice = sorted({role for role in once if once.count(role) > 1})
    if twice:
        raise Unreadable(Why.COLUMNS, f"the mapping gives the role {twice[0]} to two columns; only one can have it")
    return told


def _by_heading(title: str) -> _Call | None:
    words = fold(title).split()
    found = HEADINGS.of(words) if words else None
    if found is not None:
        why = "the heading says so" if found != Role.OTHER else "the heading names something that is not read"
        return _call(found, why, exact=True)
    inside = HEADINGS.within(words)
    if inside is None:
        return None
    meaning, count = inside
    if meaning == _NAME_OR_GIVEN and 2 * count <= len(words):
        return None  # "name of the village": a word that stands in many headings
    return _call(meaning, "the heading has a word for it", exact=False)


def _call(meaning: str, why: str, *, exact: bool) -> _Call:
    maybe = meaning == _NAME_OR_GIVEN
    role = Role.NAME if maybe else Role(meaning)
    return _Call(role=role, certainty=Certainty.HEADING, why=why, exact=exact, maybe_given=maybe)


def _by_values(profile: Profile) -> _Call:
    found = _role_of_values(profile) if profile.cells else None
    if found is not None:
        return _Call(role=found[0], certainty=Certainty.VALUES, why=found[1])
    if not profile.cells:
        return _Call(role=Role.OTHER, certainty=Certainty.NONE, why="no cell of the sample says anything")
    if profile.date_share >= MOST:
        why = "dates, but nothing says of what"
        return _Call(role=Role.OTHER, certainty=Certainty.NONE, why=why)
    return _Call(role=Role.OTHER, certainty=Certainty.NONE, why="neither the heading nor the values tell")


def _role_of_values(profile: Profile) -> tuple[Role, str] | None:
    if profile.share(_LINK.match) >= MOST:
        return Role.LINK, "the values are links"
    if profile.is_counter:
        return Role.NUMBER, "the values count the rows"
    if profile.date_share >= MOST and profile.years and median(profile.years) <= LATEST_BIRTH:
        return Role.BIRTH, "the values are dates or years in which adults of today were born"
    if profile.date_share >= MOST:
        return None
    if profile.is_age:
        return Role.AGE, "the values are ages"
    if profile.share(lambda cell: SEXES.of(fold(cell).split())) >= MOST:
        return Role.SEX, "the values are sexes"
    if profile.share(_INSTITUTION.search) >= MANY:
        return Role.INSTITUTION, "the values are colonies, prisons or units"
    if profile.share(_is_citizenship) >= MOST:
        return Role.CITIZENSHIP, "the values are countries"
    if profile.share(_is_place) >= MANY:
        return Role.ORIGIN, "the values are provinces and towns"
    if profile.is_full_names:
        return Role.NAME, "the values are names of several words"
    if profile.patronymics >= MANY:
        return Role.PATRONYMIC, "the values have endings of patronymics"
    if profile.share(_IDENTIFIER.fullmatch) >= MOST and len(set(profile.cells)) >= MOST * len(profile.cells):
        return Role.IDENTIFIER, "the values are numbers or codes, a different one in each row"
    return None


def _settle_names(calls: list[_Call], profiles: list[Profile]) -> None:
    """Tell given names from full names, and find the parts of names among columns of single words."""
    certain = {Role.SURNAME, Role.NAME}
    others = any(call.role in certain and not call.maybe_given for call in calls if call.certainty != Certainty.VALUES)
    by_parts = {Role.SURNAME, Role.GIVEN} <= {call.role for call in calls if call.exact}
    for at, call in enumerate(calls):
        if by_parts and call.role == Role.NAME and call.certainty == Certainty.HEADING and not call.exact:
            why = "the heading has a word for a name, but surname and given name stand in other columns"
            calls[at] = _Call(role=Role.OTHER, certainty=Certainty.NONE, why=why)
        elif call.maybe_given and others:
            call.role, call.why = Role.GIVEN, "the heading says name, and another column has the surname or full name"
    if any(call.role in {Role.NAME, Role.SURNAME, Role.GIVEN} for call in calls):
        return
    single = [at for at, call in enumerate(calls) if call.certainty == Certainty.NONE and profiles[at].is_names]
    surname = max(single, key=lambda at: profiles[at].surnames, default=None)
    if surname is not None and profiles[surname].surnames >= SOME and len(single) > 1:
        why = "the values are single words with endings of surnames"
        calls[surname] = _Call(role=Role.SURNAME, certainty=Certainty.VALUES, why=why)
        beside = min((at for at in single if at != surname), key=lambda at: abs(at - surname))
        why = "the values are names beside the surnames"
        calls[beside] = _Call(role=Role.GIVEN, certainty=Certainty.VALUES, why=why)
    elif len(single) == 1:
        why = "the values are names of one word, in the only such column"
        calls[single[0]] = _Call(role=Role.NAME, certainty=Certainty.VALUES, why=why)


def _settle_births(calls: list[_Call], profiles: list[Profile]) -> None:
    """Where a list has both the date and the year of birth, the year is the second of the two."""
    births = [at for at, call in enumerate(calls) if call.role == Role.BIRTH and call.certainty != Certainty.GIVEN]
    if len(births) != 2:
        return
    years = [at for at in births if profiles[at].dates.name == "yyyy"]
    if len(years) == 1:
        calls[years[0]].role = Role.BIRTH_YEAR
        calls[years[0]].why += "; another column has the full date"


_RANK = {Certainty.GIVEN: 3, Certainty.HEADING: 2, Certainty.VALUES: 1, Certainty.NONE: 0}


def _settle_twins(calls: list[_Call], profiles: list[Profile]) -> None:
    """Give a role that only one column can have to the most certain: given, heading, values, then the first."""
    for role in {call.role for call in calls} - MANY_ALLOWED:
        twins = [at for at, call in enumerate(calls) if call.role == role]
        best = max(twins, key=lambda at: (_RANK[calls[at].certainty], calls[at].exact, bool(profiles[at].cells), -at))
        for at in twins:
            if at != best:
                why = f"column {best + 1} is the {role.replace('_', ' ')} with more certainty"
                calls[at] = _Call(role=Role.OTHER, certainty=Certainty.NONE, why=why)


def _remark(call: _Call, style: Style, profile: Profile) -> None:
    """Add to the reason of a column of dates what is doubtful about reading it."""
    if style.undecided:
        call.why += "; day and month cannot be told apart, the day was taken first"
    if style.short_years:
        window = "21 to 99 as 1921 to 1999" if style.birth else "as years of this century"
        call.why += f"; years of two figures were read {window}"
    if profile.cells and profile.share(lambda cell: read_date(cell, style)) < FEWEST_DATES:
        call.why += "; but hardly any value is a date"
