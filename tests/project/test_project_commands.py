"""What the pages say about the commands, held against the commands."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from ground import PAGES, read

from guvoh.cli.main import guvoh


def _commands() -> dict[str, click.Command]:
    context = click.Context(guvoh)
    found = {name: guvoh.get_command(context, name) for name in guvoh.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


COMMANDS = _commands()


def _typed(page: str) -> Iterator[list[str]]:
    """The calls of guvoh that a page shows as typed, as words without `guvoh`."""
    for line in re.findall(r"^(?: {4}|)\$ guvoh (.+)$|`guvoh ([a-z][^`]*)`", read(page), re.MULTILINE):
        yield shlex.split("".join(line).partition(" > ")[0])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(guvoh, [name, "--help"])

    assert shown.exit_code == 0
    assert re.search(rf"Examples?:\s+guvoh {name}\b", shown.output)


@pytest.mark.parametrize("page", PAGES)
def test_a_command_that_a_page_names_exists_and_has_these_options(page: str) -> None:
    for name, *words in _typed(page):
        assert name in COMMANDS, f"{page} names the command {name}"
        command = COMMANDS[name]
        if isinstance(command, click.Group) and words and not words[0].startswith("--"):
            assert words[0] in command.commands, f"{page} names guvoh {name} {words[0]}"
            command = command.commands[words[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}, f"{page}: guvoh {name}"


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if isinstance(command, click.Group)])
def test_every_command_of_a_group_explains_itself_with_an_example(name: str) -> None:
    group = COMMANDS[name]
    assert isinstance(group, click.Group)
    for one in group.commands:
        shown = CliRunner().invoke(guvoh, [name, one, "--help"])
        assert shown.exit_code == 0
        assert re.search(rf"Examples?:\s+guvoh {name} {one}\b", shown.output), f"guvoh {name} {one}"


def test_the_readme_has_a_line_on_every_command_and_on_no_other() -> None:
    table = read("README.md").partition("## Commands")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `([a-z]+)", table, re.MULTILINE) == list(COMMANDS)


def test_the_help_lists_every_command() -> None:
    shown = CliRunner().invoke(guvoh, ["--help"])

    assert re.findall(r"^  ([a-z]+)  +\S", shown.output.partition("Commands:")[2], re.MULTILINE) == list(COMMANDS)


def test_the_readme_shows_the_two_commands_and_a_tour() -> None:
    page = read("README.md")
    toured = [words[0] for words in _typed("README.md")]

    assert "make demo" in page
    assert "make test" in page
    for name in ("init", "unlock", "add", "sources", "search", "people", "count", "report", "verify", "lock"):
        assert name in toured
