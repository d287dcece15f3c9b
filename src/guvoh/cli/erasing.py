"""erase, erasure, conflicts: what is to be forgotten, and what two people decided differently."""

from __future__ import annotations

import click
import msgspec

from guvoh.casebook import conflicts as conflicting
from guvoh.casebook import deciding, erasing
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.cli.asking import agreed, yes_option
from guvoh.cli.common import door_options, json_option, print_json, table
from guvoh.cli.safe import printable, readable
from guvoh.words.plain import count


@click.command(short_help="Erase a source, a person wherever he stands, or one record.")
@click.argument("records", nargs=-1, required=True, metavar="ID...")
@click.option("--why", type=click.Choice(erasing.WHY), default="other", show_default=True,
              help="withdrawn: consent was taken back. danger: to somebody. mistake, law, other.")  # fmt: skip
@click.option("--person", "everywhere", is_flag=True,
              help="Also all other mentions that linkage has found of the same person.")  # fmt: skip
@click.option("--also", multiple=True, metavar="WORDS",
              help="A telephone number or other words of this person's alone: blackened in what stays.")  # fmt: skip
@click.option("--in", "within", multiple=True, metavar="SOURCE",
              help="A source that names the person without a mention of him: he is blackened there too.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@yes_option
@door_options
def erase(
    door: Door,
    tell: Tell,
    records: tuple[str, ...],
    why: str,
    everywhere: bool,
    also: tuple[str, ...],
    within: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Erase: a whole source, one person (the row of a list, a mention), or one record.

    Nothing of it is used from this moment on. It is destroyed on each device after another owner or editor has
    approved it and the delay has passed there, unless a legal hold stands. A list or a text that names others too stays
    as a redacted derivative; its original is destroyed. What has left the archive already is listed: tell those who
    have it.

    \b
    Example:
      guvoh erase s-abcdefghijklmnopqrst --why danger --archive my-archive
      guvoh erase s-abcdefghijklmnopqrst.17 --person --why withdrawn --archive my-archive
    """
    ids = tuple(map(readable, records))
    asked = erasing.Erase(
        ids=ids,
        why=why,
        everywhere=everywhere,
        also=tuple(map(readable, also)),
        within=tuple(map(readable, within)),
    )
    plan: erasing.Plan = door.ask(erasing.erase, asked, tell)
    _print_plan(plan)
    if dry_run:
        return
    agreed("Erase this?", yes, "--yes says that you have read what goes")
    done: erasing.Plan = door.ask(erasing.erase, msgspec.structs.replace(asked, confirmed=True), tell)
    click.echo(f"Erasure {done.id}: not used any more from now on.")
    _print_next(done)


def _print_plan(plan: erasing.Plan) -> None:
    for source in plan.sources:
        click.echo(f"goes whole: source {source}")
    for source in plan.shared:
        click.echo(f"stays, redacted: source {source}; its original is destroyed")
    if plan.mentions:
        table(("mention that goes", "name as written"), [(one.id, one.name) for one in plan.mentions])
    for source in plan.named_in:
        click.echo(f"Look at it: source {source} holds such a name too; --in {source} takes the person out there")
    for one in plan.alike:
        click.echo(f"Look at it: {one.id} has the same name and birth; add it if it is the same person")
    for label, kinds in (("destroyed", plan.destroyed), ("kept without it", plan.rewritten)):
        if kinds:
            click.echo(f"{label}: " + ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())))
    for finding in plan.findings:
        click.echo(f"A finding goes with it: {finding}. If it rests on others too, write it anew first.")
    for left in plan.left:
        recipient = printable(left.recipient)
        click.echo(f"Left the archive already: {left.reference} at {left.at}, {left.level}, to: {recipient}")
    if plan.left:
        click.echo("What has left cannot be called back: ask those who have it to destroy it.")


def _print_next(plan: erasing.Plan) -> None:
    if plan.approvals:
        people = count(plan.approvals, "other owner or editor approves", "other owners or editors approve")
        click.echo(f"It is destroyed once {people}: guvoh erasure approve {plan.id}")
    click.echo(
        f"Then each device destroys it {count(plan.hours, 'hour', 'hours')} after it has first seen this; `guvoh sync` "
        "brings it there, `guvoh erasure list` tells who has not confirmed."
    )


_SHOWN = 5


class _Erasures(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Erasures, short_help="Erasures: see, approve, refuse, hold, carry out.")
def erasure() -> None:
    """Erasures that were asked for: see how far they are, approve, refuse, hold, carry out.

    \b
    Example:
      guvoh erasure list --archive my-archive
      guvoh erasure approve x-abcdefghijklmnopqrst --archive my-archive
    """


@erasure.command("list")
@json_option
@door_options
def list_(door: Door, tell: Tell, as_json: bool) -> None:
    """List erasures, holds, and rows that resemble an erased person.

    \b
    Example:
      guvoh erasure list --archive my-archive
    """
    found: deciding.Erasures = door.ask(deciding.erasures, Nothing(), tell)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for one in found.erasures:
        entries = count(one.entries, "entry", "entries")
        click.echo(f"{one.id}  asked {one.at} by {one.by}, why: {one.why}, {entries}: {_how_far(one)}")
        if one.targets:
            more = " and others" if len(one.targets) > _SHOWN else ""
            click.echo(f"    it names: {', '.join(one.targets[:_SHOWN])}{more}")
        if one.returned:
            came = count(one.returned, "entry of it has come back", "entries of it have come back")
            click.echo(f"    {came} with another copy: `guvoh erasure carry-out` asks for them too")
        if one.waiting and not one.refused:
            click.echo(f"    not confirmed by: {', '.join(one.waiting)}")
            click.echo("    backups made before it hold it too: guvoh backup --list")
    for asked in found.asked:
        wanted = f"{count(asked.hours, 'hour', 'hours')} and {count(asked.approvals, 'approval', 'approvals')}"
        click.echo(f"{asked.id}  {asked.by} asks for weaker settings: {wanted}; guvoh erasure approve {asked.id}")
    for hold in found.holds:
        click.echo(f"{hold}  a legal hold")
    for row in found.stopped:
        click.echo(f"{row}  is like an erased person and not used: guvoh erase {row}, or guvoh erasure clear {row}")
    if not (found.erasures or found.holds or found.stopped or found.asked):
        click.echo("Nothing is erased, and nothing is held.")
    others = count(found.approvals, "other member", "other members")
    click.echo(f"An erasure needs {others} to approve, and {count(found.hours, 'hour', 'hours')} on each device.")


def _how_far(one: deciding.ErasureSeen) -> str:
    if one.refused:
        return "refused: used again"
    if one.done_here:
        return "destroyed on this device"
    if one.held:
        return "a legal hold stands against it"
    if one.approvals < one.needed:
        return f"{one.approvals} of {one.needed} approvals"
    return f"approved; destroyed here in {count(one.hours_left, 'hour', 'hours')}" if one.hours_left else "due here now"


def _decision(name: str, use_case: object, help_text: str, said: str) -> None:
    @erasure.command(name, help=help_text, short_help=help_text.partition("\n")[0])
    @click.argument("decision", metavar="ID")
    @door_options
    def decide(door: Door, tell: Tell, decision: str) -> None:
        decided: deciding.Decided = door.ask(use_case, deciding.Decide(id=readable(decision)), tell)  # type: ignore[arg-type]
        click.echo(f"{decided.id}: {said}" + ("" if decided.stands else "; more is needed before it takes effect"))


_EXAMPLE = "\n\n\b\nExample:\n  guvoh erasure {0} {1} --archive my-archive"


@erasure.command()
@click.argument("decision", metavar="ID")
@yes_option
@door_options
def approve(door: Door, tell: Tell, decision: str, yes: bool) -> None:
    """Agree to what another member asks: an erasure, or weaker settings. It is shown before.

    \b
    Example:
      guvoh erasure approve x-abcdefghijklmnopqrst --archive my-archive
    """
    found: deciding.Erasures = door.ask(deciding.erasures, Nothing(), tell)
    for one in found.erasures:
        if one.id == decision:
            click.echo(f"{one.by} asked {one.at}, why: {one.why}; {count(one.entries, 'entry', 'entries')} of:")
            click.echo(f"    {', '.join(one.targets) or 'what you cannot open, or is destroyed here already'}")
    for asked in found.asked:
        if asked.id == decision:
            wanted = f"{count(asked.hours, 'hour', 'hours')} and {count(asked.approvals, 'approval', 'approvals')}"
            now = f"{count(found.hours, 'hour', 'hours')} and {count(found.approvals, 'approval', 'approvals')}"
            click.echo(f"{asked.by} asks that erasing take {wanted}; now it takes {now}.")
    agreed("Do you agree?", yes, "--yes says that you agree")
    decided: deciding.Decided = door.ask(deciding.approve, deciding.Decide(id=readable(decision)), tell)
    click.echo(f"{decided.id}: approved" + ("" if decided.stands else "; more is needed before it takes effect"))


_decision(
    "refuse",
    deciding.refuse,
    "Take an erasure back: an owner, or who asked for it." + _EXAMPLE.format("refuse", "x-..."),
    "refused; what is not destroyed yet is used again",
)
_decision("release", deciding.release, "End a legal hold." + _EXAMPLE.format("release", "x-..."), "released")
_decision(
    "clear",
    deciding.clear,
    "Say that a row is another person than the erased one it resembles." + _EXAMPLE.format("clear", "s-....17"),
    "used from now on",
)


@erasure.command()
@click.argument("records", nargs=-1, metavar="[ID...]")
@door_options
def hold(door: Door, tell: Tell, records: tuple[str, ...]) -> None:
    """Set a legal hold: nothing of these records, or of an erasure (x-...) that was asked for, is destroyed while it
    stands. No id: nothing at all.

    \b
    Example:
      guvoh erasure hold s-abcdefghijklmnopqrst --archive my-archive
    """
    decided: deciding.Decided = door.ask(deciding.hold, deciding.Holding(ids=tuple(map(readable, records))), tell)
    click.echo(f"Hold {decided.id} stands. It ends with: guvoh erasure release {decided.id}")
    for one in decided.stops:
        click.echo(f"It stops erasure {one}.")


@erasure.command()
@click.option("--hours", type=click.IntRange(0, 24 * 366), required=True, help="From seeing it until destroying it.")
@click.option("--approvals", type=click.IntRange(0, 9), default=1, show_default=True, help="How many others agree.")
@door_options
def settings(door: Door, tell: Tell, hours: int, approvals: int) -> None:
    """Set how erasing goes. What is weaker takes effect when another owner or editor approves it.

    \b
    Example:
      guvoh erasure settings --hours 72 --approvals 2 --archive my-archive
    """
    asked = deciding.HowToErase(hours=hours, approvals=approvals)
    decided: deciding.Decided = door.ask(deciding.set_erasing, asked, tell)
    if decided.stands:
        click.echo("Set.")
    else:
        click.echo(f"Asked. It takes effect when another owner or editor agrees: guvoh erasure approve {decided.id}")


@erasure.command("carry-out")
@door_options
def carry_out(door: Door, tell: Tell) -> None:
    """Destroy on this device what is due. `guvoh sync` and `guvoh unlock` do it too.

    \b
    Example:
      guvoh erasure carry-out --archive my-archive
    """
    done: deciding.CarriedOut = door.ask(deciding.carry_out, deciding.CarryOut(again=True), tell)
    if not done.erasures:
        click.echo("Nothing is due on this device.")
        return
    for one in done.erasures:
        click.echo(f"{one}: destroyed on this device.")
    click.echo("Flash storage, old backups and other devices may still hold it; see `guvoh erasure list`.")


@click.command(short_help="What two people decided differently.")
@click.option("--keep", "kept", metavar="ID", help="Decide for this record; those that contradict it are taken back.")
@click.option("--reason", default="", metavar="WORDS", help="Why: whoever decided otherwise will read it.")
@json_option
@door_options
def conflicts(door: Door, tell: Tell, kept: str | None, reason: str, as_json: bool) -> None:
    """List corrections and judgements that contradict each other, with both sides. All are kept until you decide.

    \b
    Example:
      guvoh conflicts --archive my-archive
      guvoh conflicts --keep j-abcdefghijklmnopqrst --reason "the birth certificate" --archive my-archive
    """
    if kept is not None:
        asked = conflicting.Keep(id=readable(kept), reason=readable(reason))
        settled: conflicting.Settled = door.ask(conflicting.keep, asked, tell)
        click.echo(f"{settled.kept} holds; taken back: {', '.join(settled.taken_back)}.")
        return
    found: conflicting.Conflicts = door.ask(conflicting.conflicts, Nothing(), tell)
    if as_json:
        print_json(msgspec.to_builtins(found.conflicts))
        return
    for one in found.conflicts:
        click.echo(f"{one.kind} of {', '.join(one.about)}:")
        for side in one.sides:
            click.echo(f"    {side.id}  by {side.by} at {side.at}: {printable(side.says)}")
    click.echo("Decide with --keep ID --reason WHY." if found.conflicts else "Nobody contradicts anybody.")
