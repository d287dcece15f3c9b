"""What Guvoh refuses to be (SECURITY.md), guarded as far as a test can."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from ground import ROOT, modules, read

import guvoh.cli.main
from guvoh.outputs.gate import passed
from guvoh.records.codec import KINDS
from guvoh.records.people import Mention

SPEAK_TO_OTHERS = {
    *("aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "poplib", "requests", "smtplib", "socketserver"),
    *("ssl", "urllib3", "webbrowser", "websockets", "xmlrpc", "urllib.request", "urllib.error"),
}
MAY_HAVE_SOCKETS = {"casebook/keeper.py", "intake/_keepers.py", "intake/_zygote.py"}
"""The key process and the confined readers: sockets between processes of one machine."""

WATCHING = re.compile(
    r"(face|facial|voice|speaker|biometr|scrap|crawl|spider|selenium|telethon|instaloader|ethni|geopy|geocod|whois)"
)
ABOUT_A_PERSON = re.compile(
    r"(latitude|longitude|coordinate|\blat\b|\blon\b|geo|face|voice|biometr|ethni|nationality|religio|race\b"
    r"|watch|alert|phone|e?mail|account|handle)"
)
NAMED_COMMANDS = re.compile(r"(lookup|watch|alert|track|scrape|crawl|fetch|harvest|locate|map\b|face|voice|profile)")

CONNECTS_TO_NOBODY = """
import os, socket, sys
def watch(event, arguments):
    outward = event in ("socket.getaddrinfo", "socket.gethostbyname")
    outward |= event in ("socket.connect", "socket.bind") and arguments[0].family != getattr(socket, "AF_UNIX", None)
    if outward:
        os.write(2, f"reached out: {event}".encode())
        os._exit(99)
sys.addaudithook(watch)
from guvoh.cli.main import run
run()
"""


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _inside(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def test_no_module_can_speak_to_another_machine() -> None:
    found = [
        (path.name, module) for path in modules() for module in _imported(path) if _inside(module, SPEAK_TO_OTHERS)
    ]

    assert found == []


def test_only_the_key_process_and_the_readers_have_sockets_and_these_stay_in_the_machine() -> None:
    home = ROOT / "src" / "guvoh"
    with_sockets = [path for path in modules() if any(_inside(module, {"socket"}) for module in _imported(path))]

    assert {path.relative_to(home).as_posix() for path in with_sockets} <= MAY_HAVE_SOCKETS
    for path in with_sockets:
        assert not re.search(r"AF_INET|create_connection|create_server|getaddrinfo", path.read_text("utf-8"))


@pytest.mark.skipif(os.name != "posix", reason="Windows makes its pairs of sockets from those of the network")
def test_the_whole_chain_reaches_out_to_nobody(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "GUVOH_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-c", CONNECTS_TO_NOBODY, "demo", str(tmp_path / "demo"), "--people", "16"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert "reached out" not in ran.stderr
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "demo" / "report.html").exists()


def test_nothing_that_recognises_or_collects_people_is_installed_for_guvoh() -> None:
    locked = re.findall(r"^([a-z0-9-]+)==", read("requirements.txt"), re.MULTILINE)

    assert len(locked) > 40
    assert [name for name in locked if WATCHING.search(name)] == []


def test_no_module_is_named_for_recognising_or_collecting_people() -> None:
    assert [path.stem for path in modules() if WATCHING.search(path.stem)] == []


def _fields(kind: type[msgspec.Struct], seen: set[type]) -> Iterator[str]:
    """The names of all fields of a struct and of the structs inside it."""
    seen.add(kind)
    for field in msgspec.structs.fields(kind):
        yield field.name
        for inner in _structs(field.type):
            if inner not in seen:
                yield from _fields(inner, seen)


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _structs(argument)


def test_no_record_has_a_place_for_coordinates_contacts_faces_or_a_guessed_origin() -> None:
    seen: set[type] = set()
    names = {name for kind in KINDS for name in _fields(kind, seen)}

    assert len(names) > 60
    assert sorted(name for name in names if ABOUT_A_PERSON.search(name)) == []


def test_the_library_of_names_offers_nothing_that_tells_where_a_name_is_from() -> None:
    code = [path for path in modules() if path.parent.name == "names"]
    defined = {
        node.name
        for path in code
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }

    assert defined
    assert [name for name in defined if re.search(r"(?i)ethni|nation|origin|people_of|religi|country", name)] == []


@pytest.mark.parametrize("terms", ["public", "consent", "internal"])
def test_of_a_person_on_a_list_only_its_ids_leave_whatever_the_terms(terms: str) -> None:
    whole: dict[str, object] = {**dict.fromkeys(Mention.__struct_fields__, "whatever"), "terms": terms}
    left = passed(whole)

    assert set(left) - {"withheld"} <= {"id", "source", "row", "terms"}
    assert set(left["withheld"]) >= {"name", "birth", "place", "dates", "cells"}  # type: ignore[call-overload]


def test_no_command_looks_people_up_watches_them_or_fetches_anything() -> None:
    commands = guvoh.cli.main.guvoh.list_commands(None)  # type: ignore[arg-type]

    assert [name for name in commands if NAMED_COMMANDS.search(name)] == []
