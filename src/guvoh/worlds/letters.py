"""How letters of one alphabet are written in another, as tables.

A key is what stands in the word, in lower case; `^` is its beginning and `$` its end; the longest key that fits wins;
what no key names stays as it is. The value lists the ways to write it: the usual one first, then habits.
"""

import re
from dataclasses import dataclass

from guvoh.worlds.peoples import People


@dataclass(frozen=True, slots=True)
class Table:
    """The ways to write each key, and a pattern that finds the keys in a word between `^` and `$`."""

    ways: dict[str, tuple[str, ...]]
    pattern: re.Pattern[str]


def _table(text: str, base: Table | None = None) -> Table:
    """Read `key=usual,habit,habit` pairs over those of a base. Nothing after the sign: the key is dropped."""
    ways = dict(base.ways) if base else {}
    ways.update((key, tuple(values.split(","))) for key, values in (pair.split("=") for pair in text.split()))
    longest_first = sorted(ways, key=len, reverse=True)
    return Table(ways, re.compile("|".join(map(re.escape, longest_first))))


UZBEK_TO_CYRILLIC = _table("""
    yoʻ=йў oʻ=ў gʻ=ғ sʼh=сҳ sh=ш ch=ч yo=ё yu=ю ya=я ye=е ^e=э ʼ=ъ
    a=а b=б d=д e=е f=ф g=г h=ҳ i=и j=ж k=к l=л m=м n=н o=о p=п q=қ r=р s=с t=т u=у v=в x=х y=й z=з
""")

# Russian clerks. Uzbek is read from its Cyrillic, Turkmen from its Latin. What comes out is in Russian letters alone.
CLERK: dict[People, Table] = {
    People.UZBEK: _table("""
        йў=ю,йу ^ўр=ур,юр ў=у,о ғ=г қ=к ҳ=х ъ= ж=дж,ж о=о,а,а и=и,и,и,ы ^и=и ё=ё,е ^ё=ё,я
        бой=бай,бой жон=джон,жон,джан мурод=мурод,мурад хўж=ходж,хуж
    """),
    People.TAJIK: _table("""
        ҷ=дж,ж ғ=г қ=к ҳ=х ӣ=и ӯ=у,о ъ=,ъ о=о,о,а ё=ё,е ^ё=ё,я бой=бой,бай мурод=мурод,мурад
    """),
    People.KYRGYZ: _table("""
        ө=о,у,е өө=оо,о ү=у,ю ң=н,нг ээ=ээ,е ж=ж,дж ы=ы,и
    """),
    People.KAZAKH: _table("""
        ә=а,е ^ә=а ғ=г қ=к ң=н,нг ө=о,у ^ө=о,у ұ=у ү=у,ю ^ү=у і=и,ы ^і=и һ=х ж=ж,дж ілеу=илеу,леу
    """),
    People.TURKMEN: _table("""
        ýe=е ýa=я ýo=ё,е ýu=ю ýü=ю ý=й ^e=э e=е ä=я,а,э ^ä=а ^g=г,к ^ög=ог j=дж ž=ж ş=ш ç=ч ň=н,нг
        ö=о,е ü=ю,у ^ü=у y=ы,и i=и w=в h=х g=г myrat=мурат,мырат,мурад guly=гулы,кули geldi=гельды,гелды
        a=а b=б d=д f=ф k=к l=л m=м n=н o=о p=п r=р s=с t=т u=у z=з
    """),
}

# Russian letters in passports: the ICAO table of today first, the tables of earlier decades as habits.
PASSPORT = _table("""
    а=a б=b в=v г=g д=d е=e ё=e,yo ж=zh з=z и=i й=i,y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh
    щ=shch ъ=ie, ы=y ь= э=e ю=iu,yu я=ia,ya
""")

# Russian letters in the English of journalists.
JOURNALIST = _table("""
    а=a б=b в=v г=g д=d дж=j,dzh,zh е=e ое=oe,oye ае=ae,aye ^е=ye,e ё=yo,e ж=zh,j з=z и=i ий$=iy,y й=y,i к=k л=l м=m
    н=n о=o п=p р=r с=s т=t у=u ф=f х=kh,h ц=ts ч=ch ш=sh щ=shch ъ= ы=y,i ь= э=e ю=yu,iu я=ya,ia
""")

# Names taken into English without the detour through Russian.
TO_ENGLISH: dict[People, Table] = {
    People.UZBEK: _table("oʻ=o,u gʻ=g,gh ʼ= x=kh,h,x q=k,q yev$=yev,ev yeva$=yeva,eva boy=boy,bay"),
    People.TAJIK: _table("ҷ=j ғ=gh,g қ=q,k ҳ=h,kh х=kh ӣ=i ӯ=u,o ъ= ё=yo ю=yu я=ya ж=zh", JOURNALIST),
    People.KYRGYZ: _table("ө=o,u ү=u ң=ng,n ж=j,zh х=kh,h ээ=ee,e", JOURNALIST),
    People.KAZAKH: _table("ә=a,e ^ә=a ғ=gh,g қ=q,k ң=n,ng ө=o,u ұ=u ү=u і=i һ=h ж=zh,j", JOURNALIST),
    People.TURKMEN: _table("ý=y ş=sh,s ç=ch,c ž=zh,z ň=n,ng ä=a ö=o ü=u w=v,w j=j,dzh"),
}

# A passport of a Latin orthography: the marks vanish.
STRIPPED = _table("ʻ= ʼ= ý=y ş=s ç=c ž=z ň=n ä=a ö=o ü=u")

# Keyboards that lack the letters.
WITHOUT_OWN_LETTERS: dict[People, Table] = {
    People.UZBEK: _table("ў=у,о ғ=г қ=к ҳ=х"),
    People.TAJIK: _table("ҷ=ч,дж ғ=г қ=к ҳ=х ӣ=и ӯ=у"),
    People.KYRGYZ: _table("ө=о ү=у ң=н"),
    People.KAZAKH: _table("ә=а,е ғ=г қ=к ң=н ө=о ұ=у ү=у і=и һ=х"),
    People.TURKMEN: STRIPPED,
}

# A name in a text of another language of the region. Uzbek is read from its Cyrillic, Turkmen by way of Russian.
INTO: dict[str, Table] = {
    "ky": _table("дж=ж ў=у қ=к ғ=г ҳ=х ъ= ҷ=ж ӣ=и ӯ=у ә=а ұ=у і=и һ=х"),
    "tg": _table("дж=ҷ ь= ў=ӯ ж=ҷ ө=у ү=у ң=нг ә=а ұ=у і=и һ=ҳ ы=и"),
    "uz-Cyrl": _table("дж=ж ҷ=ж ӣ=и ӯ=ў ө=ў ү=у ң=нг ә=а ұ=у і=и һ=ҳ ы=и"),
    "uz-Latn": _table("""
        дж=j ҷ=j ӣ=i ӯ=oʻ ө=oʻ ү=u ң=ng ә=a ұ=u і=i һ=h ы=i ў=oʻ ғ=gʻ ш=sh ч=ch ё=yo ю=yu я=ya ^е=ye
        ае=aye ое=oye ие=iye э=e ъ=ʼ щ=sh ь=
        а=a б=b в=v г=g д=d е=e ж=j з=z и=i й=y к=k қ=q л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=x ҳ=h ц=s
    """),
}

UZBEK_MARKS = ("'", "ʻ", "‘", "’", "`", "´", "")  # what stands for ʻ and ʼ, by keyboard; often nothing
