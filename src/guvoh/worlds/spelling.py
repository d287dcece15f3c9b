"""One person's name as different people write it: relatives, Russian clerks, passport offices, journalists."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from guvoh.worlds import letters
from guvoh.worlds.people import Person, Sex
from guvoh.worlds.peoples import Ending, People


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in three parts, as one writer wrote it. `father` may be empty."""

    surname: str
    given: str
    father: str = ""

    @property
    def formal(self) -> str:
        """As lists have it: surname first."""
        return " ".join(filter(None, (self.surname, self.given, self.father)))

    @property
    def spoken(self) -> str:
        """As news has it. A surname of two words, such as `Асан уулу`, stands first there too."""
        return f"{self.surname} {self.given}" if " " in self.surname else f"{self.given} {self.surname}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody who writes: where the chance comes from, and how he writes.

    habit   chance, per letter that could be written in several ways, that it is not the usual way
    slip    chance of a slip of the finger, per part of a name
    gap     chance that something which could be missing is missing
    """

    rng: Random
    habit: float = 0.3
    slip: float = 0.0
    gap: float = 0.0

    def happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    def respell(self, text: str, table: letters.Table) -> str:
        """Write every word of the text in other letters. A capital at the beginning of a word stays."""
        return " ".join(self._respelt(word, table) for word in text.split(" "))

    def _respelt(self, word: str, table: letters.Table) -> str:
        out = table.pattern.sub(lambda found: self._way(table.ways[found[0]]), f"^{word.lower()}$").strip("^$")
        return out[:1].upper() + out[1:] if word[:1].isupper() else out

    def _way(self, ways: tuple[str, ...]) -> str:
        usual, *habits = ways
        return self.rng.choice(habits) if habits and self.happens(self.habit) else usual

    def slipped(self, word: str) -> str:
        """The word, now and then with one letter lost, doubled, swapped or replaced by a vowel."""
        if len(word) < 5 or " " in word or not self.happens(self.slip):
            return word
        at = self.rng.randrange(1, len(word) - 1)
        before, letter, after = word[:at], word[at], word[at + 1 :]
        vowels = "аеиоу" if letter >= "А" else "aeiou"
        changed = self.rng.choice(
            (before + after, before + letter * 2 + after, before + after[0] + letter + after[1:], None)
        )
        return changed if changed is not None else before + self.rng.choice(vowels) + after

    def slipped_name(self, name: Name) -> Name:
        return Name(
            surname=self.slipped(name.surname), given=self.slipped(name.given), father=self.slipped(name.father)
        )


# How a people's own orthography makes surnames and names after the father.


def native(person: Person) -> Name:
    """The name as his people's orthography has it."""
    return Name(surname=_native_surname(person), given=person.given, father=_native_father(person))


def _native_surname(person: Person) -> str:
    stem, woman = person.stem, person.sex is Sex.FEMALE
    if person.ending is Ending.BARE:
        return stem
    if person.ending is Ending.ZODA:
        return stem.replace("ӣ", "и") + "зода"
    if person.ending is Ending.I:
        return stem if stem[-1] in "ӣоаеиуӯ" else stem + "ӣ"
    if person.ending is Ending.SON and person.people is People.KYRGYZ:
        return f"{person.father} {'кызы' if woman else 'уулу'}"
    if person.ending is Ending.SON:
        return stem + ("қызы" if woman else "ұлы")
    return _with_ov(stem, person.people) + ("a" if woman and _is_latin(stem) else "а" if woman else "")


def _with_ov(stem: str, people: People) -> str:
    if people is People.UZBEK:
        vowel, soft = stem[-1] in "aeiou" or stem.endswith("oʻ"), stem.endswith(("sh", "ch", "j", "y"))
        return stem + ("yev" if vowel else "ev" if soft else "ov")
    if people is People.TURKMEN:
        return stem + ("ýew" if stem[-1] in "aeiouyäöü" else "ow")
    if stem[-1] in "йь":
        return stem[:-1] + "ев"
    stem = stem.replace("ӣ", "и") if stem.endswith("ӣ") else stem
    return stem + ("ев" if stem[-1] in "аеёиоуыэюяәіөүұӯшчжщц" else "ов")


def _native_father(person: Person) -> str:
    woman = person.sex is Sex.FEMALE
    marker = {
        People.UZBEK: (" oʻgʻli", " qizi"),
        People.TAJIK: ("", ""),
        People.KYRGYZ: (" уулу", " кызы"),
        People.KAZAKH: ("ұлы", "қызы"),
        People.TURKMEN: (" ogly", " gyzy"),
    }[person.people][woman]
    return "" if _is_named_after_father(person) else person.father + marker


def _is_named_after_father(person: Person) -> bool:
    """Where the surname already is the father's name, nobody writes it twice."""
    return person.ending is Ending.SON and person.people is People.KYRGYZ


def _is_latin(word: str) -> bool:
    return word[0].lower() < "а"


# The writers.


def by_relatives(person: Person, hand: Hand) -> Name:
    """His own people's letters, as far as the keyboard has them; Uzbek in either script, with any mark or none."""
    name = native(person)
    if hand.happens(0.35):
        name = Name(surname=name.surname, given=name.given)
    if person.people is People.UZBEK:
        if name.father and hand.happens(0.3):
            name = Name(surname=name.surname, given=name.given, father=_russian_style_in_uzbek(person))
        if hand.happens(0.3):
            return _on_keyboard(_each(name, lambda part: hand.respell(part, letters.UZBEK_TO_CYRILLIC)), person, hand)
        mark = hand.rng.choice(letters.UZBEK_MARKS)
        return _each(name, lambda part: part.replace("ʻ", mark).replace("ʼ", mark))
    return _on_keyboard(name, person, hand)


def _on_keyboard(name: Name, person: Person, hand: Hand) -> Name:
    if not hand.happens(hand.habit):
        return name
    return _each(name, lambda part: hand.respell(part, letters.WITHOUT_OWN_LETTERS[person.people]))


def _russian_style_in_uzbek(person: Person) -> str:
    ending = ("yevich", "yevna") if person.father[-1] in "aeiouʻ" else ("ovich", "ovna")
    return person.father + ending[person.sex is Sex.FEMALE]


def by_clerk(person: Person, hand: Hand) -> Name:
    """A Russian registry: Russian letters, Russian endings, the father's name as a patronymic or with угли."""
    return Name(
        surname=_clerk_surname(person, hand),
        given=_clerk(person.given, person, hand),
        father=_clerk_father(person, hand),
    )


def _clerk(word: str, person: Person, hand: Hand) -> str:
    if person.people is People.UZBEK:
        word = hand.respell(word, letters.UZBEK_TO_CYRILLIC)
    return hand.respell(word, letters.CLERK[person.people])


def _clerk_surname(person: Person, hand: Hand) -> str:
    woman = person.sex is Sex.FEMALE
    if _is_named_after_father(person):
        return _clerk(person.father, person, hand) + (" кызы" if woman else " уулу")
    stem = _clerk(person.stem, person, hand)
    # Names given up ov for a national ending late, and registries keep the old one.
    if person.ending is Ending.OV or (person.people is People.TAJIK and hand.happens(hand.habit)):
        return _russian_ov(stem) + ("а" if woman else "")
    endings = {Ending.ZODA: "зода", Ending.SON: "кызы" if woman else "улы", Ending.I: "" if stem[-1] in "ио" else "и"}
    return stem + endings.get(person.ending, "")


def _russian_ov(stem: str) -> str:
    if stem[-1] in "йь":
        return stem[:-1] + "ев"
    return stem + ("ев" if stem[-1] in "аеёиоуыэюяшчжщц" else "ов")


def _clerk_father(person: Person, hand: Hand) -> str:
    woman = person.sex is Sex.FEMALE
    if _is_named_after_father(person) or hand.happens(hand.gap):
        return ""
    father = _clerk(person.father, person, hand)
    marker = {
        People.UZBEK: (" угли", " кизи"),
        People.KYRGYZ: (" уулу", " кызы"),
        People.KAZAKH: ("улы", "кызы"),
        People.TURKMEN: (" оглы", " гызы"),
    }.get(person.people)
    if marker and hand.happens(0.2):
        return father + marker[woman]
    return _russian_ov(father) + ("на" if woman else "ич")


def by_passport(person: Person, hand: Hand) -> Name:
    """Plain Latin letters A to Z: a Latin orthography without its marks, or Russian letters by the passport table."""
    if person.people in (People.UZBEK, People.TURKMEN) and not hand.happens(hand.habit):
        name = native(person)
        return _each(Name(surname=name.surname, given=name.given), lambda part: hand.respell(part, letters.STRIPPED))
    name = by_clerk(person, hand)
    return _each(Name(surname=name.surname, given=name.given), lambda part: hand.respell(part, letters.PASSPORT))


def by_journalist(person: Person, hand: Hand) -> Name:
    """English: from the name itself, or from the Russian of a court paper."""
    if hand.happens(0.5):
        name, table = native(person), letters.TO_ENGLISH[person.people]
    else:
        name, table = by_clerk(person, hand), letters.JOURNALIST
    return _each(Name(surname=name.surname, given=name.given), lambda part: hand.respell(part, table))


def in_text(person: Person, language: str, hand: Hand) -> Name:
    """The name in a text of a language: en, ru, uz-Latn, uz-Cyrl, ky or tg."""
    if language == "en":
        return by_journalist(person, hand)
    own = {"uz-Latn": People.UZBEK, "uz-Cyrl": People.UZBEK, "ky": People.KYRGYZ, "tg": People.TAJIK}
    if language == "ru":
        return by_clerk(person, hand)
    name = native(person)
    if language == "uz-Latn" and own[language] is person.people:
        return _each(name, lambda part: part.replace("ʻ", "'").replace("ʼ", "'"))
    if person.people is People.UZBEK:
        name = _each(name, lambda part: hand.respell(part, letters.UZBEK_TO_CYRILLIC))
    if person.people is People.TURKMEN:
        name = by_clerk(person, hand)
    if person.people is own[language]:
        return name
    return _each(name, lambda part: hand.respell(part, letters.INTO[language]))


def _each(name: Name, change: Callable[[str], str]) -> Name:
    return Name(surname=change(name.surname), given=change(name.given), father=change(name.father))
