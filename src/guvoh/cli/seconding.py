"""What is told of a removal with which no second owner has agreed."""

from __future__ import annotations

from collections.abc import Iterable

import click


def print_lone(removals: Iterable[str], *, err: bool = False) -> None:
    """Of removals just made: who could still answer them, and what ends that."""
    for one in removals:
        click.echo(
            f"This is removal {one}. Whoever was removed could still answer it, as if he had not seen it,", err=err
        )
        click.echo(f"until another owner agrees. He does so with: guvoh member agree {one}", err=err)
        click.echo(
            "Whom sheets let in does not count; nor whom you let in, unless it is sheets that are removed.", err=err
        )
