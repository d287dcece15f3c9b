"""What a person is asked before something that cannot be taken back."""

from __future__ import annotations

import sys

import click

from guvoh.errors import GuvohError

yes_option = click.option("--yes", is_flag=True, help="Do not ask whether that is right; for scripts.")


class NotConfirmed(GuvohError):
    """Something that a person has to agree to, and nobody can be asked."""

    def __init__(self, how: str) -> None:
        super().__init__(f"there is no terminal to ask whether that is right; {how}")


def agreed(question: str, yes: bool, how: str = "--yes says that it is") -> None:
    """Go on where a person agrees; else end the command. how: what to do where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(how)
    if not click.confirm(question, err=True):
        click.echo("Nothing was done.", err=True)
        raise click.exceptions.Exit(1)
