"""What somebody testified and allowed, and how to read what the commands say of it."""

from __future__ import annotations

import re

from stranger import Ran

TESTIMONY = "Мен, Тоҳиров Комил, колонияда қоғозга мажбуран қўл қўйдим. Буни сизга айтяпман.\n"
NAME, CONTACT = "Тоҳиров Комил", "опамга, кечки саккиздан кейин"
FORM = f"""scopes.S1 = "yes"
scopes.S4 = "yes"
scopes.S11 = "yes"
scopes.S6 = "ask again"
given_on = 2026-03-01
given_by = "{NAME}"
safe_contact = "{CONTACT}"
person.name = "{NAME}"
person.birth = "1991"
person.citizenship = "Ўзбекистон"
"""
ROWS = "".join(f"Собиров Асқар{'о' * number};19{60 + number}\n" for number in range(10))
LIST = f"ФИО;Год рождения\n{ROWS}"


def mention_in(ran: Ran) -> str:
    """The mention that a consent has made."""
    found = re.search(r"as mention (m-[a-z2-7]{20})", ran.out)
    assert found is not None, ran.out
    return found[1]


def consent_in(ran: Ran) -> str:
    found = re.search(r"^Recorded: consent (c-[a-z2-7]{20}):", ran.out, re.MULTILINE)
    assert found is not None, ran.out
    return found[1]
