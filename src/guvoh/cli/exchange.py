"""sync, bundle, backup, restore: what goes between copies of an archive."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import click

from guvoh.casebook import exchange, opening, removing
from guvoh.casebook.answers import Nothing, Problem
from guvoh.casebook.colleagues import Called
from guvoh.casebook.desk import Tell
from guvoh.casebook.exchange import (
    BackupMade,
    Backups,
    Bundled,
    Restored,
    Sync,
    Synced,
    Way,
)
from guvoh.casebook.opening import Door
from guvoh.cli.common import (
    archive_option,
    asked_passphrase,
    door_options,
    given_passphrase,
    json_option,
    named_archive,
    passphrase_option,
    print_json,
    progress,
    table,
)
from guvoh.cli.safe import printable, readable
from guvoh.errors import GuvohError
from guvoh.words.plain import count, listed, size


def _absolute(path: Path) -> bytes:
    """As a process elsewhere can open it, in bytes."""
    return os.fsencode(os.path.abspath(path))


@click.command(short_help="Bring two copies to the same state: a stick, another folder, a bundle.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--pull", "only_pull", is_flag=True, help="Only bring what PATH has.")
@click.option("--push", "only_push", is_flag=True, help="Only bring to PATH what is here.")
@click.option("--without-key", is_flag=True,
              help="For a copy that nobody opens (a stick, a replica), or that has lost its keys.")  # fmt: skip
@json_option
@archive_option
@passphrase_option
def sync(
    path: Path,
    only_pull: bool,
    only_push: bool,
    without_key: bool,
    as_json: bool,
    archive: Path,
    passphrase_file: Path | None,
) -> None:
    """Bring this archive and PATH to the same state.

    PATH is a folder on a stick (a new one becomes a copy), another archive's folder, or a file: a bundle or a backup,
    from which things are only brought. Interrupted at any moment, nothing is half there: run it again.

    An archive that does not open, since it is damaged, was set back, or was left without its keys, is first mended from
    PATH as far as that goes without a key.

    \b
    Example:
      guvoh sync /media/stick/copy --archive my-archive
      guvoh sync from-samarkand.bundle --archive my-archive
    """
    if only_pull and only_push:
        raise click.UsageError("--pull and --push leave nothing to do together; leave both out")
    request = Sync(path=_absolute(path), pull=not only_push, push=not only_pull)
    opens_now = False
    try:
        with progress() as tell:
            if without_key:
                synced = exchange.sync_without_key(archive, request, tell)
            else:
                syncing = _Syncing(archive, passphrase_file, request, path, tell)
                synced, opens_now = syncing.run(), syncing.mended
    except KeyboardInterrupt:
        click.echo("Interrupted: what came over until now stays, and the next sync goes on from it.", err=True)
        raise
    if as_json:
        print_json(_synced_json(synced))
    else:
        _print_synced(synced, path)
        if opens_now:
            click.echo("The archive opens now.")
    if synced.problems:
        raise click.exceptions.Exit(1)


class _Syncing:
    """A sync of an archive that is opened, or, where it does not open, is mended first."""

    def __init__(self, archive: Path, passphrase_file: Path | None, request: Sync, path: Path, tell: Tell) -> None:
        self._archive, self._request, self._path, self._tell = archive, request, path, tell
        self.mended = False
        self._passphrase = given_passphrase(passphrase_file)
        self._running = opening.running(archive) if self._passphrase is None else None
        if self._running is None:
            opening.check(archive)

    def run(self) -> Synced:
        if self._running is None and removing.was_left(self._archive):
            self._say_first("This computer was left without your keys.")
        else:
            try:
                return self._asked(self._door())
            except _DoesNotOpen as why:
                if not exchange.waits(why.problem):
                    self._say_first(f"The archive here does not open: {why}.")
        first = exchange.sync_without_key(self._archive, self._request, self._tell, self._passphrase)
        if removing.was_left(self._archive):
            click.echo("Your keys did not come with it: the archive here does not open yet.", err=True)
            return first
        try:
            synced = self._asked(self._door()).after(first)
        except _DoesNotOpen as why:
            if not exchange.waits(why.problem):
                raise why.problem from None
            click.echo(printable(f"The archive here does not open yet: {why}"), err=True)
            return first
        self.mended = True
        return synced

    def _say_first(self, why: str) -> None:
        click.echo(printable(f"{why} What needs no key is synced with {self._path} first."), err=True)

    def _door(self) -> Door:
        if self._running is not None:
            return self._running
        if self._passphrase is None:
            self._passphrase = asked_passphrase("Passphrase")
        try:
            return opening.opened(self._archive, self._passphrase, self._tell)
        except GuvohError as problem:
            if exchange.can_be_mended(problem):
                raise _DoesNotOpen(problem) from None
            raise

    def _asked(self, door: Door) -> Synced:
        try:
            synced: Synced = door.ask(exchange.sync, self._request, self._tell)
        except GuvohError as problem:
            if self._running is not None and opening.damage(problem) is not None:
                self._running = None
                opening.lock(self._archive)
                self._passphrase = self._passphrase or asked_passphrase("Passphrase")
                raise _DoesNotOpen(problem) from None
            raise
        finally:
            door.close()
        return synced


class _DoesNotOpen(GuvohError):
    """What is wrong with the archive here, where a sync without a key may help."""

    def __init__(self, problem: GuvohError) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _print_synced(synced: Synced, path: Path) -> None:
    place = printable(path)
    for way, where in ((synced.came, "came from"), (synced.went, "went to")):
        if way is not None:
            _print_way(way, f"{where} {place}")
    for done in synced.done:
        click.echo(f"done     {printable(done)}")
    for notice in synced.notices:
        click.echo(f"note     {printable(notice)}")
    for device in synced.waiting:
        click.echo(f"note     device {device} asks to join; an owner who knows whose it is: guvoh member add {device}")
    for history in synced.histories:
        click.echo(f"PROBLEM  {history.pseudonym} ({history.device}) has signed two different histories of its log.")
        click.echo(
            "         Nothing of it was taken. Ask its member how that could be: a copy of GUVOH_HOME makes two."
        )
        click.echo(f"         An owner removes it: guvoh device remove {history.device}")
        if history.proof:
            click.echo(f"         The proof, both signed checkpoints: {printable(history.proof)}")
    print_legend(synced.called, [moved.pseudonym for way in (synced.came, synced.went) if way for moved in way.logs])
    if synced.problems:
        click.echo(
            f"{count(synced.problems, 'problem', 'problems')}; what is not named there is the same on both sides."
        )


def _print_way(way: Way, where: str) -> None:
    parts = [
        count(number, one, many)
        for number, one, many in (
            (way.evidence, "file of evidence", "files of evidence"),
            (way.keys, "key file", "key files"),
            (way.mended, "mended segment", "mended segments"),
            (way.requests, "request to join", "requests to join"),
        )
        if number
    ]
    if not way.logs and not parts:
        click.echo(f"Nothing new {where}.")
    else:
        entries = [count(way.entries, "entry", "entries")] if way.logs else []
        click.echo(f"{listed([*entries, *parts])} {where}.")
    for moved in way.logs:
        apart = f"; kept apart, for it was removed: {moved.apart:,}" if moved.apart else ""
        click.echo(f"    {count(moved.entries, 'entry', 'entries')} of {moved.pseudonym} ({moved.device}){apart}")
    _print_problems(way.problems)


def _print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"PROBLEM  {printable(problem.where)}: {printable(problem.what)}")


def _problems_json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"where": problem.where, "what": problem.what} for problem in problems]


def print_legend(called: tuple[Called, ...], said: list[str]) -> None:
    """Who is behind the pseudonyms in what was printed, for members' eyes."""
    for one in called:
        whole = re.compile(rf"\b{re.escape(one.pseudonym)}\b")
        if any(whole.search(text) for text in said):
            click.echo(f"    {one.pseudonym} is {printable(one.label)}")


def _synced_json(synced: Synced) -> dict[str, object]:
    return {
        "came": _way_json(synced.came),
        "went": _way_json(synced.went),
        "two histories": [{"device": one.device, "of": one.pseudonym} for one in synced.histories],
        "asks to join": synced.waiting,
        "done": synced.done,
        "notices": synced.notices,
    }


def _way_json(way: Way | None) -> dict[str, object] | None:
    if way is None:
        return None
    return {
        "entries": {moved.pseudonym: moved.entries for moved in way.logs},
        "evidence": way.evidence,
        "keys": way.keys,
        "mended": way.mended,
        "requests": way.requests,
        "problems": _problems_json(way.problems),
    }


# --- bundles


@click.command(short_help="Write a file for members: what they have not got yet.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--for", "members", multiple=True, metavar="MEMBER",
              help="For this member alone (id, name, or \"editor 2\"); again for another.  [default: all]")  # fmt: skip
@click.option("--whole", is_flag=True, help="Everything, not only what their devices have not reported to have.")
@json_option
@door_options
def bundle(door: Door, tell: Tell, file: Path, members: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Write a file that only members open, to be sent or carried: what their devices have not reported to have.

    It shows nobody else anything but its size. `guvoh sync FILE` takes it in.

    \b
    Example:
      guvoh bundle for-all.bundle --archive my-archive
      guvoh bundle for-one.bundle --for "editor 2" --whole --archive my-archive
    """
    request = exchange.Bundle(path=_absolute(file), members=tuple(map(readable, members)), whole=whole)
    bundled: Bundled = door.ask(exchange.bundle, request, tell)
    if as_json:
        print_json({"members": bundled.members, "entries": bundled.entries, "size": bundled.size})
        return
    if not bundled.entries:
        click.echo("They have reported to have all of it: nothing was written. --whole writes everything.")
        return
    entries = count(bundled.entries, "entry", "entries")
    click.echo(f"{printable(file)}: {entries}, {size(bundled.size)}, for {listed(bundled.members)}.")
    print_legend(bundled.called, list(bundled.members))
    click.echo("They take it in with: guvoh sync FILE")


# --- backups


@click.command(short_help="Write everything into one file, and read it back.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--place", default="", metavar="WORDS", help="Where it is to lie, for the list of backups.")
@click.option("--list", "listing", is_flag=True, help="List the backups that exist.")
@click.option("--gone", metavar="ID", help="Say that a backup exists no more.")
@json_option
@door_options
def backup(
    door: Door, tell: Tell, file: Path | None, place: str, listing: bool, gone: str | None, as_json: bool
) -> None:
    """Write everything into one file, read it back, and record that it exists.

    It opens with a member's passphrase and nothing else: keep the passphrase elsewhere. What is erased later stays in
    it; `guvoh doctor` says which backups are to be destroyed then.

    \b
    Example:
      guvoh backup /media/disk/2026-11.backup --place "disk in the safe" --archive my-archive
      guvoh backup --list --archive my-archive
      guvoh backup --gone b-abcdefghijklmnopqrst --archive my-archive
    """
    if sum((file is not None, listing, gone is not None)) != 1:
        raise click.UsageError("name one file to write, or give --list, or --gone ID")
    if listing:
        _list_backups(door, tell, as_json)
    elif gone is not None:
        door.ask(exchange.backup_gone, exchange.BackupGone(id=readable(gone)), tell)
        click.echo("It is taken from the list of backups.")
    elif file is not None:
        _make_backup(door, tell, file, readable(place), as_json)


def _list_backups(door: Door, tell: Tell, as_json: bool) -> None:
    found: Backups = door.ask(exchange.backup_list, Nothing(), tell)
    if as_json:
        print_json([{"id": b.id, "at": b.at, "by": b.by, "entries": b.entries} for b in found.backups])
        return
    if not found.backups:
        click.echo("No backups are recorded. `guvoh backup FILE` makes one.")
        return
    rows = [(b.id, b.at, b.by, f"{b.entries:,}", b.place or "-") for b in found.backups]
    table(("id", "made", "by", "entries", "place"), rows, numbers=(3,))
    print_legend(found.called, [b.by for b in found.backups])


def _make_backup(door: Door, tell: Tell, file: Path, place: str, as_json: bool) -> None:
    request = exchange.Backup(path=_absolute(file), place=place)
    made: BackupMade = door.ask(exchange.backup, request, tell)
    if as_json:
        print_json({
            "id": made.id, "size": made.size, "entries": made.entries, "evidence": made.evidence,
            "checked": made.checked, "problems": _problems_json(made.problems),
            "notices": made.notices,
        })  # fmt: skip
    else:
        _print_backup(made, file)
    if made.problems:
        raise click.exceptions.Exit(1)


def _print_backup(made: BackupMade, file: Path) -> None:
    _print_problems(made.problems)
    for notice in made.notices:
        click.echo(f"note     {printable(notice)}")
    entries = count(made.entries, "entry", "entries")
    if made.problems:
        click.echo(f"{printable(file)} is not whole: do not rely on it. `guvoh verify` says what is wrong here.")
        return
    checked = "; read back, and all as signed" if made.checked else ""
    click.echo(f"{printable(file)}: {entries}, {size(made.size)}{checked}.")
    if made.id:
        click.echo(f"Recorded as {made.id}. When it is destroyed: guvoh backup --gone {made.id}")
    click.echo("It opens with a member's passphrase: keep that elsewhere. To try it: guvoh restore FILE NEW-FOLDER")


@click.command(short_help="Lay a backup out in a new folder, and verify it.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def restore(file: Path, directory: Path, as_json: bool) -> None:
    """Lay a backup out in a new or empty folder, and verify it without a key.

    \b
    Example:
      guvoh restore /media/disk/2026-11.backup my-archive
    """
    with progress() as tell:
        restored = exchange.restore(file, directory, tell)
    if as_json:
        print_json(_restored_json(restored))
    else:
        _print_restored(restored, directory)
    if restored.problems:
        raise click.exceptions.Exit(1)


def _restored_json(restored: Restored) -> dict[str, object]:
    return {
        "archive": restored.archive,
        "entries": restored.entries,
        "evidence": restored.evidence,
        "problems": _problems_json(restored.problems),
        "device": restored.here,
        "behind": restored.behind,
        "members": {pseudonym: member for member, pseudonym in restored.members},
    }


def _print_restored(restored: Restored, directory: Path) -> None:
    _print_problems(restored.problems)
    entries, files = count(restored.entries, "entry", "entries"), count(restored.evidence, "file", "files")
    problems = count(len(restored.problems), "problem", "problems")
    checked = f"{problems} found" if restored.problems else "all as signed"
    click.echo(f"Archive {restored.archive} is laid out in {printable(directory)}.")
    click.echo(f"{entries} and {files} of evidence, {checked}.")
    named = named_archive(directory)
    if restored.behind:
        more = count(restored.behind, "entry", "entries")
        click.echo(f"It is an older copy: this computer has seen {more} more. Bring them from a newer copy:")
        click.echo(f"    guvoh sync PATH{named}")
    elif restored.here:
        click.echo(f"This computer is a device of it already. Next: guvoh verify{named}")
    else:
        click.echo("This computer is no device of it yet. Whoever has a passphrase joins with it, as one of:")
        for member, pseudonym in restored.members:
            click.echo(f"    guvoh join {printable(directory)} --member {member}    ({pseudonym})")
        if restored.sheets:
            click.echo(f"or with two of the recovery sheets: guvoh recover {printable(directory)}")
