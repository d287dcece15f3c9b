"""Invented worlds with known truth, for the demonstration and for tests.

`invent()` makes up people of five peoples and what documenters would hold about them: five overlapping lists, and
articles and letters of which some copy others. Who is who, and how many there are, is known. Nobody in them is real.
"""

from guvoh.worlds.lists import ListFile
from guvoh.worlds.people import Fate, Person, Route, Sex
from guvoh.worlds.peoples import People
from guvoh.worlds.spelling import Name, native
from guvoh.worlds.texts import TextFile
from guvoh.worlds.world import NotWritten, World, WorldTooSmall, invent, write

__all__ = [
    "World",
    "Person",
    "People",
    "Sex",
    "Route",
    "Fate",
    "ListFile",
    "TextFile",
    "Name",
    "native",
    "invent",
    "write",
    "WorldTooSmall",
    "NotWritten",
]
