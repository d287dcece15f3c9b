"""The program `guvoh`: the group of commands, and the one place where an error becomes a line."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from guvoh import __version__
from guvoh.casebook import faults
from guvoh.casebook.hardening import harden
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError

_COMMANDS = {
    "init": "archives",
    "unlock": "archives",
    "lock": "archives",
    "verify": "archives",
    "add": "adding",
    "sources": "looking",
    "show": "looking",
    "search": "looking",
    "people": "counting",
    "count": "counting",
    "report": "counting",
    "consent": "consenting",
    "release": "releasing",
    "member": "members",
    "device": "members",
    "join": "joining",
    "passphrase": "joining",
    "leave": "removing",
    "recovery": "sheets",
    "recover": "sheets",
    "sync": "exchange",
    "bundle": "exchange",
    "backup": "exchange",
    "restore": "exchange",
    "erase": "erasing",
    "erasure": "erasing",
    "conflicts": "erasing",
    "doctor": "health",
    "upgrade": "health",
    "wipe": "removing",
    "schema": "about",
    "demo": "about",
}
"""Command to module; a module is imported when its command is called, so that each starts quickly."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = _COMMANDS.get(name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(f"guvoh.cli.{module}"), name)
        return command


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Every command has its own help with an example: guvoh add --help. Exit codes: 0 done; 1 something is "
    "wrong, and a line says what; 2 the command was called wrongly; 130 interrupted.",
)
@click.version_option(__version__, prog_name="guvoh", message="%(prog)s %(version)s")
def guvoh() -> None:
    """A protected, corroborated, countable record of coerced recruitment, for those who document it.

    Files go in, sealed; people are counted, not exposed. Start with: guvoh init my-archive
    """


def run() -> NoReturn:
    """Run a command and exit. Nothing of a record is ever in what is printed about an error."""
    harden()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = guvoh.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.exceptions.NoArgsIsHelpError as bare:
        bare.show()
        code = bare.exit_code
    except click.UsageError as wrong:
        command = wrong.ctx.command_path if wrong.ctx else "guvoh"
        _fail(f"{wrong.format_message().rstrip('.')}; `{command} --help` says how it is called")
        code = wrong.exit_code
    except click.ClickException as wrong:
        code = _fail(wrong.format_message())
    except (click.Abort, KeyboardInterrupt):
        click.echo("guvoh: interrupted; what was finished before is kept", err=True)
        code = 130
    except GuvohError as error:
        code = _fail(str(error))
    except BrokenPipeError:
        code = 1
    except Exception as fault:
        code = _fail(faults.words(fault))
    _let_go_of_output()
    sys.exit(code if isinstance(code, int) else 0)


def _let_go_of_output() -> None:
    """What nobody takes any more (a closed pipe, a full disk) is not tried again at the very end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    click.echo(f"guvoh: error: {printable(message)}", err=True)
    return 1
