"""consent: what a person allows; taken, shown, withdrawn, and due for review."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click
import msgspec

from guvoh.casebook import consenting, erasing
from guvoh.casebook.desk import Tell
from guvoh.casebook.leaving import passed
from guvoh.casebook.opening import Door
from guvoh.cli import files
from guvoh.cli.common import Function, door_options, json_option, named_archive, print_json, table
from guvoh.cli.safe import printable, readable
from guvoh.errors import GuvohError
from guvoh.words.plain import count, listed

SCOPES = tuple(f"S{number}" for number in range(1, 13))
_MOST_BYTES = 256 << 10
_TABLES = ("scopes", "person", "authority")
_SHOWN = 5
_YES = {"yes": "yes", "no": "no", "ask_again": "ask again", "without_name": "without name"}


class BadForm(GuvohError):
    """A form that cannot be read. The message names a field or a line, never what stands in it."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        where = "standard input" if str(path) == "-" else path
        super().__init__(f"{where}: {why}; `guvoh consent form` prints an empty form")


def here() -> str:
    """The option that names the archive of this command, for a command that is offered as the next one."""
    archive = click.get_current_context().params.get("archive", Path("."))
    return "" if archive == Path(".") else named_archive(archive)


class _Consents(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Consents, short_help="Consents: take, show, withdraw, and see what is due.")
def consent() -> None:
    """What a person allows, use by use: S1 keep, S2 count, S3 an organisation, S4 a lawyer, S5 the UN, S6 the name to
    the government concerned, S7 the name in public by the UN, S8 a court, S9 a search, S10 publication, S11 contact
    again, S12 what can be used against him. What nobody was asked about is no. See docs/consent.md.

    \b
    Example:
      guvoh consent form > form.toml
      guvoh consent add --form form.toml --archive my-archive
    """


# --- the form


@consent.command("form")
def form_() -> None:
    """Print an empty form in TOML, with the questions in English and Russian.

    \b
    Example:
      guvoh consent form > form.toml
    """
    click.echo(empty_form(), nl=False)


def empty_form() -> str:
    return resources.files("guvoh.cli").joinpath("data", "consent_form.toml").read_text("utf-8")


def read_form(path: Path) -> consenting.Form:
    """The form in a file, "-" for standard input. Raises BadForm, BadFile, BadConsent, which quote nothing of it."""
    data = _standard_input(path) if str(path) == "-" else files.content(path)
    try:
        typed = tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise BadForm(path, f"it is not TOML{_line(error)}") from None
    except (UnicodeDecodeError, RecursionError):
        raise BadForm(path, "it is not TOML in UTF-8") from None
    form = consenting.form_of(_answered(typed))
    numbers = [number.upper() for number in form.scopes]
    if len(set(numbers)) < len(numbers):
        raise BadForm(path, "a scope is answered twice")
    return form


def _standard_input(path: Path) -> bytes:
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadForm(path, "it is too large to be a form")
    return data


def _line(error: tomllib.TOMLDecodeError) -> str:
    """Where; the error's own words can quote what stands there."""
    found = re.search(r"at line (\d+)", str(error))
    return f" in line {found[1]}" if found else ""


def _answered(typed: dict[str, Any]) -> dict[str, Any]:
    """A form without what was left empty: what was not asked is no answer."""
    answered = dict(typed)
    for name in _TABLES:
        if isinstance(inner := answered.get(name), dict):
            answered[name] = {key: value for key, value in inner.items() if value != ""}
            if not answered[name]:
                del answered[name]
    return answered


# --- taken


def _scope_option(name: str, allowed: Sequence[str], text: str) -> Callable[[Function], Function]:
    kind = click.Choice(allowed, case_sensitive=False)
    return click.option(f"--{name}", type=kind, multiple=True, metavar="SCOPE", help=text)


@consent.command()
@click.argument("mentions", nargs=-1, metavar="[MENTION]...")
@click.option("--form", "form_file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
              help="A form as `guvoh consent form` prints it, filled in; - is standard input.")  # fmt: skip
@_scope_option("yes", SCOPES, "Allowed: S1 to S12.")
@_scope_option("no", SCOPES, "Refused. It changes no other answer.")
@_scope_option("ask-again", SCOPES, "To be asked again; not yes.")
@_scope_option("without-name", ["S10"], "S10: to be published without the name only.")
@click.option("--statement", "statements", multiple=True, metavar="ID", help="Only for these statements.")
@click.option("--replaces", multiple=True, metavar="ID",
              help="The consent it takes the place of.  [default: those about the same mentions]")  # fmt: skip
@click.option("--apart", multiple=True, metavar="MENTION",
              help="A mention that was taken for this person and is somebody else.")  # fmt: skip
@click.option("--source", default="", metavar="ID", help="The source in which the person of the form stands.")
@door_options
def add(
    door: Door,
    tell: Tell,
    mentions: tuple[str, ...],
    form_file: Path | None,
    statements: tuple[str, ...],
    replaces: tuple[str, ...],
    apart: tuple[str, ...],
    source: str,
    **scopes: tuple[str, ...],
) -> None:
    """Record what a person allows and refuses.

    Names and contacts stand in the form, so that they are in no history of the shell. What is asked is put to the
    person in words that the form has. In a first contact ask S1, S11 and S4 only.

    \b
    Example:
      guvoh consent add --form form.toml --archive my-archive
      guvoh consent add m-abcdefghijklmnopqrst --yes S1 --yes S4 --no S10 --ask-again S6 --archive my-archive
    """
    form = read_form(form_file) if form_file is not None else consenting.Form()
    asked = msgspec.structs.replace(
        form,
        about=_both(form.about, mentions),
        scopes=_all_scopes(form.scopes, scopes),
        statements=_both(form.statements, statements),
        replaces=_both(form.replaces or (), replaces) if replaces else form.replaces,
        apart=_both(form.apart, apart),
        person=_standing_in(form.person, readable(source)) if source else form.person,
    )
    given: consenting.Given = door.ask(consenting.give_consent, asked, tell)
    print_given(given, asked, _before(door, given, tell))
    if form_file is not None and str(form_file) != "-":
        click.echo("The form still lies where it was, in clear: remove it.")


def _both(written: Iterable[str], typed: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*written, *map(readable, typed))))


def _all_scopes(written: dict[str, str], options: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Of the form and of the options. Raises UsageError where one stands twice."""
    found = {number.upper(): said for number, said in written.items()}
    for option, numbers in options.items():
        for number in numbers:
            if number in found:
                raise click.UsageError(f"{number} is answered twice, in the form or by options")
            found[number] = _YES[option]
    return found


def _standing_in(person: consenting.PersonForm | None, source: str) -> consenting.PersonForm:
    """Raises UsageError where the form names nobody, or another source."""
    if person is None:
        raise click.UsageError("--source is for the person of a form: fill in person.name there")
    if person.source not in ("", source):
        raise click.UsageError("the form names another source for its person: leave one of them out")
    return msgspec.structs.replace(person, source=source)


def _before(door: Door, given: consenting.Given, tell: Tell) -> dict[str, consenting.ConsentSeen]:
    """The consents that were there before, by id."""
    if not given.before:
        return {}
    seen: consenting.ConsentsSeen = door.ask(consenting.show_consent, consenting.ShowConsent(id=given.consent), tell)
    return {one.id: one for one in seen.consents}


def print_given(given: consenting.Given, asked: consenting.Form, before: dict[str, consenting.ConsentSeen]) -> None:
    """What was recorded, and what whoever took it must know. before: earlier consents, by id."""
    answers = listed([f"{number} {' '.join(said.split()).lower()}" for number, said in asked.scopes.items()])
    click.echo(f"Recorded: consent {given.consent}: {printable(answers)}.")
    if given.mention:
        click.echo(f"    the person stands in the source as mention {given.mention}")
    if given.authority:
        click.echo(f"    the authority to act for the person is {given.authority}")
    for one in given.before:
        earlier = before.get(one)
        day = f" on {earlier.at[:10]}" if earlier is not None else ""
        if earlier is not None and earlier.withdrawn:
            click.echo(f"Withdrawn before: {one}{day}.")
        else:
            click.echo(f"Already asked: consent {one}{day}; do not ask again what is known.")
    if given.replaces:
        click.echo(f"For the scopes that it answers it takes the place of {listed(given.replaces)}.")
    for scope, why in given.void:
        click.echo(f"It does NOT allow {printable(scope)} as it stands: {printable(why)}")
    if given.elsewhere:
        others = count(len(given.elsewhere), "other mention", "other mentions")
        click.echo(f"The person is taken to stand in {others} too, about which nobody was asked:")
        click.echo(f"    {_some(given.elsewhere)}")
        click.echo("    Until then the narrower holds. Ask about them too, or say with --apart who is somebody else.")


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return printable(", ".join(ids[:_SHOWN])) + more


# --- shown


@consent.command()
@click.argument("record", metavar="ID")
@click.option("--reason", default="", metavar="WORDS",
              help="Why you look at who gave it and how to reach them. It is kept; name nobody in it.")  # fmt: skip
@json_option
@door_options
def show(door: Door, tell: Tell, record: str, reason: str, as_json: bool) -> None:
    """Show what is allowed for a person today and why, the consents behind it, and what has left the archive.

    ID is a mention of the person, or a consent. What stands in a consent (who gave it, contacts) is shown for a reason.

    \b
    Example:
      guvoh consent show s-abcdefghijklmnopqrst.17 --archive my-archive
      guvoh consent show c-abcdefghijklmnopqrst --reason "to call back" --archive my-archive
    """
    asked = consenting.ShowConsent(id=readable(record), reason="" if as_json else readable(reason))
    seen: consenting.ConsentsSeen = door.ask(consenting.show_consent, asked, tell)
    if as_json:
        print_json(_seen_json(seen))
        return
    click.echo(f"mention {printable(seen.mention)}")
    others = [one for one in seen.mentions if one != seen.mention]
    if others:
        click.echo(f"  is or was taken for the same person as {_some(others)}")
    table(("scope", "today", "why"), [(one.scope, "yes" if one.allowed else "no", one.why) for one in seen.scopes])
    for one in seen.consents:
        _print_consent(one)
    if not seen.consents:
        click.echo("No consent is recorded about this person.")
    if seen.kept_back:
        click.echo('  Who gave it, and how to reach them, is kept back: --reason "why you look" shows it, and is kept.')
    if seen.left:
        click.echo("Left the archive, with this person in it:")
        _print_left(seen.left)
    else:
        click.echo("Nothing has left the archive with this person in it, as far as was recorded.")


def _print_consent(one: consenting.ConsentSeen) -> None:
    said = "everything withdrawn" if one.withdrawn else listed([f"{s} {answer}" for s, answer in one.scopes.items()])
    facts = [f"expires {one.expires}"] if one.expires else []
    facts += [f"review {one.review}"] if one.review else []
    facts += [f"only for {count(one.statements, 'statement', 'statements')}"] if one.statements else []
    more = f"; {'; '.join(facts)}" if facts else ""
    click.echo(f"consent {printable(one.id)}, recorded {one.at[:10]} by {printable(one.by)}: {printable(said + more)}")
    for label, value in one.details:
        click.echo(f"    {printable(label)}: {printable(value)}")


def _print_left(left: Iterable[erasing.Left]) -> None:
    rows = [(one.reference, one.at[:10], one.level, one.recipient) for one in left]
    table(("  reference", "on", "level", "to"), [(f"  {reference}", *rest) for reference, *rest in rows])


def _seen_json(seen: consenting.ConsentsSeen) -> dict[str, object]:
    """Ids, and the names of what was held back: who allowed what is nobody else's business."""
    mention = {"id": seen.mention, "kind": "mention", "scopes": [msgspec.to_builtins(one) for one in seen.scopes]}
    return {
        **passed(mention),
        "mentions": [passed({"id": one, "kind": "mention"})["id"] for one in seen.mentions],
        "consents": [passed({"kind": "consent", **msgspec.to_builtins(one)}) for one in seen.consents],
        "left": [passed({"kind": "disclosure", **msgspec.to_builtins(one)}) for one in seen.left],
    }


# --- withdrawn


@consent.command()
@click.argument("record", metavar="ID")
@click.option("--reason", default="", metavar="WORDS", help="Not needed. It is kept; name nobody in it.")
@click.option("--notices", "folder", type=click.Path(path_type=Path), metavar="DIR",
              help="Write the drafts of letters to those who have something into DIR, one file each.  "
              "[default: print them]")  # fmt: skip
@door_options
def withdraw(door: Door, tell: Tell, record: str, reason: str, folder: Path | None) -> None:
    """Stop all use of a person, counting included, from this moment on. Nothing is asked, and no reason is needed.

    ID is a mention of the person, or a consent. What has left is listed, with drafts of letters to those who have it;
    the letters name nobody. Destroying what is here is a step of its own: guvoh erase.

    \b
    Example:
      guvoh consent withdraw s-abcdefghijklmnopqrst.17 --notices letters --archive my-archive
    """
    asked = consenting.Withdraw(id=readable(record), reason=readable(reason))
    done: consenting.Withdrawn = door.ask(consenting.withdraw, asked, tell)
    click.echo(f"Withdrawn on {done.at[:10]}, as {done.consent}: nothing of this person is used any more.")
    click.echo(f"    mentions: {printable(', '.join(done.mentions))}")
    click.echo("    If the person stands in others too, which were never joined with these, withdraw those as well.")
    if done.alike:
        click.echo(f"    Look at these, of the same name and birth: {_some(done.alike)}")
    click.echo("    Other laptops stop when it reaches them: guvoh sync")
    if not done.left:
        click.echo("Nothing has left the archive with this person in it, as far as was recorded.")
    else:
        click.echo("Left the archive already:")
        _print_left(done.left)
    whole = _give_notices(done.notices, folder)
    click.echo("What left, and what was printed, copied or read, no program can call back. Say so to the person.")
    click.echo("It is still here, unused. To destroy it, as a second step:")
    click.echo(f"    guvoh erase {printable(' '.join(done.mentions))} --why withdrawn{here()}")
    if not whole:
        raise click.exceptions.Exit(1)


def _give_notices(notices: Sequence[consenting.Notice], folder: Path | None) -> bool:
    """Write or print the drafts. Whether all were put where they were wanted; those that were not are printed."""
    whole = True
    for notice in notices:
        if folder is None:
            _print_notice(notice)
            continue
        try:
            click.echo(f"Draft of a letter: {printable(_write_notice(notice, folder))}")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "bad name"
            click.echo(f"A draft could not be written to {printable(folder)} ({why}); here it is:", err=True)
            _print_notice(notice)
            whole = False
    return whole


def _print_notice(notice: consenting.Notice) -> None:
    click.echo("\n----- draft of a letter -----")
    click.echo(printable(notice.text, lines=True).rstrip())
    click.echo("-----------------------------\n")


def _write_notice(notice: consenting.Notice, folder: Path) -> Path:
    """A new file for its owner's eyes; what stands there is left alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The reference came from a record, which somebody else may have written.
    name = f"recall-{re.sub(r'[^A-Za-z0-9-]', '_', notice.reference)[:80]}"
    number = 1
    while True:
        path = folder / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(notice.text)
            return path
        number += 1


# --- due


@consent.command()
@click.option("--within", type=click.IntRange(0, 36_500), default=30, show_default=True, help="So many days ahead.")
@json_option
@door_options
def due(door: Door, tell: Tell, within: int, as_json: bool) -> None:
    """List consents that have expired, expire, or are to be talked over soon, and what is to be asked again.

    \b
    Example:
      guvoh consent due --within 60 --archive my-archive
    """
    found: consenting.DuesSeen = door.ask(consenting.due_consents, consenting.AskDue(within=within), tell)
    again: dict[str, list[str]] = {}
    for one, scope in found.again:
        again.setdefault(one, []).append(scope)
    if as_json:
        print_json(_dues_json(found, again))
        return
    if not found.dues and not again:
        click.echo(f"Nothing is due within {count(within, 'day', 'days')}, and nothing is to be asked again.")
        return
    if found.dues:
        rows = [(one.consent, one.what, one.day or "day not known", _some(one.about)) for one in found.dues]
        table(("consent", "what", "day", "about"), rows)
    for one, scopes in again.items():
        click.echo(f"{printable(one)}  to be asked again: {listed(scopes)}")
    click.echo('How to reach them: guvoh consent show ID --reason "why you look"')


def _dues_json(found: consenting.DuesSeen, again: dict[str, list[str]]) -> dict[str, object]:
    """Ids and numbers: which consents, and how many of each sort."""
    whats = [one.what for one in found.dues]
    return {
        "due": [
            passed({"id": one.consent, "kind": "consent", "about": one.about, "what": one.what, "day": one.day})
            for one in found.dues
        ],
        "ask_again": [passed({"id": one, "kind": "consent", "scopes": scopes}) for one, scopes in again.items()],
        "counts": {what: whats.count(what) for what in sorted(set(whats))} | {"ask again": len(again)},
    }
