"""The main job end to end, on an invented world: what was found is set beside what is true."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

import msgspec

from guvoh.archive.store import Archive
from guvoh.casebook import commands, queries
from guvoh.casebook.answers import Add, Added, Checked, Count, FileAsked, Found, Nothing, Report, Search, Verify
from guvoh.casebook.desk import Desk, Tell
from guvoh.errors import GuvohError
from guvoh.sealing.passphrases import DEFAULT_COST, Cost
from guvoh.words.passphrases import offer
from guvoh.worlds import World, invent, native, write


class NotEmpty(GuvohError):
    """The demo makes files, and wants a folder of its own for them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is no empty folder; name a new or empty one")


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One figure as found and as it truly is in the invented world."""

    what: str
    found: str
    true: str


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path
    report: Path
    added: Added
    checked: Checked
    count: Count
    asked: str
    """The name that was searched for, as the truth spells it."""
    search: Found
    compared: tuple[Compared, ...]


def run(folder: Path, people: int, seed: int, tell: Tell, cost: Cost = DEFAULT_COST) -> Demo:
    """Invent a world, and put it through the chain. Everything lies under `folder`, the device's home included.

    The passphrase is kept in a file beside the archive: nothing in an invented world needs protection.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty(folder)
    world = invent(people, seed)
    write(world, folder / "world")
    passphrase = offer("en")
    (folder / "passphrase.txt").write_text(passphrase + "\n", "utf-8")
    home = folder / "home"
    commands.init(folder / "archive", home, passphrase, cost)
    desk = Desk(Archive(folder / "archive", home, passphrase), tell)
    try:
        return _chain(desk, world, folder, tell)
    finally:
        desk.close()


def _chain(desk: Desk, world: World, folder: Path, tell: Tell) -> Demo:
    files = [folder / "world" / "lists" / one.filename for one in world.lists]
    files += [folder / "world" / "texts" / one.filename for one in world.letters]
    asked = tuple(FileAsked(typed=file.name, path=os.fsencode(file.resolve())) for file in files)
    added: Added = desk.ask(commands.add, Add(files=asked), tell)
    count: Count = desk.ask(queries.count, Nothing(), tell)
    report: Report = desk.ask(queries.report, Nothing(), tell)
    page = folder / "report.html"
    page.write_text(report.html, "utf-8")
    name = _somebody(world)
    return Demo(
        folder=folder,
        report=page,
        added=added,
        checked=desk.ask(queries.verify, Verify(), tell),
        count=count,
        asked=name,
        search=desk.ask(queries.search, Search(text=name, most=6), tell),
        compared=tuple(_compared(world, added, count)),
    )


def _somebody(world: World) -> str:
    """Somebody on many lists, by given name and surname as his own people write them."""
    times = [sum(number in one.truth for one in world.lists) for number in range(len(world.people))]
    person = world.people[max(range(len(times)), key=times.__getitem__)]
    name = native(person)
    return f"{name.given} {name.surname}"


def _compared(world: World, added: Added, count: Count) -> list[Compared]:
    wanted = {one.filename: [role for _, role in one.columns] for one in world.lists}
    roles = [
        (column.role, true)
        for file in added.files
        for column, true in zip(file.columns, wanted.get(file.typed, []), strict=False)
    ]
    right = sum(found == true for found, true in roles)
    seen = {number for one in world.lists for number in one.truth}
    labels = {line.title: line.label for line in count.people.lists}
    order = {line.label: place for place, line in enumerate(count.people.lists)}
    rows = [
        Compared(what="columns recognised", found=f"{right}", true=f"{len(roles)}"),
        Compared(what="people on the lists", found=f"{sum(count.people.times_listed):,}", true=f"{len(seen):,}"),
    ]
    for a, b in combinations(world.lists, 2):
        x, y = labels.get(a.filename, ""), labels.get(b.filename, "")
        if x in order and y in order:
            shared = count.people.overlaps[order[x]][order[y]]
            both = len(set(a.truth) & set(b.truth))
            rows.append(Compared(what=f"on both {a.name} and {b.name}", found=f"{shared:,}", true=f"{both:,}"))
    bound = count.estimates[0] if count.estimates else None
    if bound is not None and bound.estimate is not None:
        rows.append(
            Compared(what="people in all (lower bound)", found=f"{bound.estimate:,.0f}", true=f"{len(world.people):,}")
        )
    return rows
