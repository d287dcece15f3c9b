"""Offered passphrases are good, and poor ones are refused with a reason."""

import math
import random
import re
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.words.passphrases import (
    OFFERED,
    StuckRandomness,
    Tongue,
    TooFewWords,
    _lines,
    _without_what_is_tried_first,
    bits,
    offer,
    weakness,
    words_of,
)

TONGUES: list[Tongue] = ["en", "ru", "uz"]
tongues = st.sampled_from(TONGUES)


@pytest.mark.parametrize(
    ("language", "fewest", "letters"), [("en", 2048, "a-z"), ("ru", 2048, "а-я"), ("uz", 1296, "a-z")]
)
def test_a_list_has_enough_short_words_that_are_easily_typed(language: Tongue, fewest: int, letters: str) -> None:
    words = words_of(language)
    assert len(words) >= fewest
    assert list(words) == sorted(set(words))
    assert not [word for word in words if not re.fullmatch(f"[{letters}]{{3,8}}", word)]


@pytest.mark.parametrize("language", TONGUES)
def test_no_word_of_a_list_begins_another(language: Tongue) -> None:
    # In sorted order a word stands directly before the words that it begins.
    assert not [(one, other) for one, other in pairwise(sorted(words_of(language))) if other.startswith(one)]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_first_four_letters_tell_the_word(language: Tongue) -> None:
    assert len({word[:4] for word in words_of(language)}) == len(words_of(language))


@pytest.mark.parametrize("language", TONGUES)
def test_no_offered_word_is_one_that_everybody_tries_first(language: Tongue) -> None:
    assert not set(words_of(language)) & set(_lines("common_passwords.txt"))
    assert not [word for word in words_of(language) if len(_without_what_is_tried_first(word)) <= 1]


@pytest.mark.parametrize("language", TONGUES)
def test_no_word_reminds_of_war_or_prison(language: Tongue) -> None:
    unwanted = """
        army attack battle blood bomb bullet gun kill knife pistol prison rifle shoot soldier tank war weapon wound
        армия арест боец бомба война войско враг лагерь оружие патрон плен полк пушка рана солдат танк труп тюрьма фронт
        armiya askar asir bomba jang lager qamoq qotil qurol tank tutqun urush yara zindon qon
    """
    assert not set(words_of(language)) & set(unwanted.split())


def test_six_words_of_2048_hold_66_bits_and_seven_uzbek_ones_more_than_72() -> None:
    assert bits("en", 6) == bits("ru", 6) == pytest.approx(66)
    assert bits("uz", OFFERED["uz"]) >= 72
    assert bits("uz", 1) == pytest.approx(math.log2(len(words_of("uz"))))


@given(tongues, st.integers(6, 8), st.integers(0, 2**32))
def test_an_offered_passphrase_is_made_of_listed_words_and_is_never_refused(
    language: Tongue, words: int, seed: int
) -> None:
    phrase = offer(language, words, rng=random.Random(seed).randrange)
    assert len(phrase.split(" ")) == words
    assert set(phrase.split(" ")) <= set(words_of(language))
    assert weakness(phrase) is None
    assert weakness(phrase.upper()) is None


def test_offers_differ_and_use_the_whole_list() -> None:
    phrases = [offer("ru") for _ in range(3000)]
    assert len(set(phrases)) == 3000
    # 18,000 draws leave each of 2,048 words out with probability e^-8.8: some 0.3 words in all.
    assert len({word for phrase in phrases for word in phrase.split()}) > 2030
    assert len(offer("en").split()) == len(offer("ru").split()) == 6
    assert len(offer("uz").split()) == 7


def test_a_repeated_run_offers_the_same() -> None:
    assert offer("en", rng=random.Random(5).randrange) == offer("en", rng=random.Random(5).randrange)


def test_too_few_words_and_stuck_chance_are_refused() -> None:
    with pytest.raises(TooFewWords, match="5 words are too few"):
        offer("en", 5)
    stuck: Callable[[int], int] = lambda below: 0  # noqa: E731
    with pytest.raises(StuckRandomness):
        offer("en", rng=stuck)


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("", "shorter than 16"),
        ("korotko", "shorter than 16"),
        ("a b c d e f g h", "shorter than 16"),
        ("              mouse              ", "shorter than 16"),
        ("1990-03-05 1991-04-06", "no letters"),
        ("+998 90 000 00 00 00", "no letters"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaa", "same few"),
        ("abababababababababababab", "same few"),
        ("samovarsamovarsamovar", "same few"),
        ("Пароль пароль ПАРОЛЬ пароль", "same few"),
        ("river river river mountain mountain river", "repeats its words"),
        ("cat1 cat2 cat3 cat4 cat5", "repeats its words"),
        ("qwertyuiopasdfghjkl", "tried first"),
        ("йцукенгшщзхъфывапролджэ", "tried first"),
        ("abcdefghijklmnopqrstuvwxyz", "tried first"),
        ("lkjhgfdsapoiuytrewq", "tried first"),
        ("Password123456789!!qwerty", "tried first"),
        ("Пароль1234567890йцукен!", "tried first"),
        ("qwerty asdfgh zxcvbn password letmein iloveyou", "tried first"),
        ("correct horse battery staple", "fewer than 5"),
        ("thequickbrownfoxjumps", "fewer than 5"),
        ("Samovar-2024-Choynak", "fewer than 5"),
        ("Password-2024-Choynak-77", "fewer than 5"),
        ("I am so it is on at up", "fewer than 5"),
        ("x7Kf!q92LmZ0-vTe8", "fewer than 5"),
    ],
)
def test_a_poor_passphrase_is_refused_with_its_reason(passphrase: str, reason: str) -> None:
    answer = weakness(passphrase)
    assert answer is not None
    assert reason in answer
    assert not passphrase or passphrase not in answer


@pytest.mark.parametrize(
    "passphrase",
    [
        "river mountain kettle violin orange",
        "bugun bozordan olma, uzum va anor oldim",
        "oʻrik daraxti ostida keksa toshbaqa uxlardi",
        "Пять зеленых чайников пели ночью в саду",
        "x7Kf!q92LmZ0-vTe81RwPb",
        "river qwerty mountain kettle violin orange",
    ],
)
def test_a_good_passphrase_of_ones_own_is_taken(passphrase: str) -> None:
    assert weakness(passphrase) is None


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_gets_one_of_a_few_fixed_answers(passphrase: str) -> None:
    answer = weakness(passphrase)
    assert answer is None or answer.startswith("it ")
    if answer is None:
        assert len(passphrase) >= 16
    if len(passphrase) >= 6:
        assert answer is None or passphrase not in answer


def test_24_characters_drawn_by_chance_are_mostly_taken() -> None:
    chance = random.Random(24)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    drawn = ["".join(chance.choices(alphabet, k=24)) for _ in range(300)]
    assert sum(weakness(passphrase) is None for passphrase in drawn) >= 270


def test_a_whole_file_as_a_passphrase_is_judged_at_once() -> None:
    started = time.perf_counter()
    for passphrase in ("a1" * 50_000 + "x", "ab cd " * 20_000, "q" * 100_000 + "zxcvb", "aB1!" * 25_000 + "c"):
        weakness(passphrase)
    assert time.perf_counter() - started < 1  # about 0.02 s on an idle machine


@given(st.text(alphabet="ab1 ", max_size=40))
def test_three_characters_never_make_a_passphrase(passphrase: str) -> None:
    assert weakness(passphrase) is not None
