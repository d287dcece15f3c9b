"""A rough ear for names, written apart from the generator: what sounds alike gets one letter, vowels get none."""

from difflib import SequenceMatcher
from itertools import groupby

SOUNDS = (
    (("дж", "dzh", "zh", "ж", "ҷ", "ž", "j"), "J"),
    (("kh", "gh", "х", "ҳ", "һ", "x", "h", "г", "ғ", "к", "қ", "g", "k", "q"), "K"),
    (("sh", "ch", "ş", "ç", "ш", "ч", "с", "s", "c", "ц"), "S"),
    (("з", "z"), "Z"),
    (("б", "b", "п", "p"), "B"),
    (("в", "v", "w", "ф", "f"), "V"),
    (("д", "d", "т", "t"), "D"),
    (("л", "l"), "L"),
    (("м", "m"), "M"),
    (("н", "n", "ң", "ň"), "N"),
    (("р", "r"), "R"),
)


def skeleton(word: str) -> str:
    """The consonants of a word, as classes; a doubled one counts once."""
    word, out = word.lower(), ""
    while word:
        spelled = next(((spell, sound) for spells, sound in SOUNDS for spell in spells if word.startswith(spell)), None)
        out += spelled[1] if spelled else ""
        word = word[len(spelled[0]) if spelled else 1 :]
    return "".join(sound for sound, _ in groupby(out))


def alike(written: str, parts: tuple[str, ...]) -> float:
    """The best likeness, 0 to 1, of a word of a written name to one of the parts of the true name."""
    words = [skeleton(word) for word in written.replace(",", " ").split()]
    return max(SequenceMatcher(None, word, skeleton(part)).ratio() for word in words or [""] for part in parts if word)
