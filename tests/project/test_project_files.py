"""The files around the code: locks, pages, contracts, and what must stand in none of them."""

import os
import re
import tomllib

import pytest
from ground import PAGES, ROOT, read, tracked

import guvoh

DECISIONS = (
    "age-and-argon2",
    "anonymous-by-default",
    "commitments",
    "compression-before-sealing",
    "confinement",
    "edtf",
    "ids",
    "index-is-derived",
    "key-process",
    "linkage-run-as-record",
    "per-source-keys",
    "readers-give-records",
    "record-bytes",
    "segments-and-seals",
    "terms-default-public",
    "two-cores",
)
TARGETS = {"demo", "test", "bench", "fuzz", "audit", "lint", "lock", "clean", "help"}

_LOCK_LINE = re.compile(
    r"""[a-z0-9][a-z0-9-]*==[a-z0-9.]+(\ ;\ [a-z_0-9.'"!=<>\ A-Z]+)?\ \\   # a package, its version, where it is needed
    |\ {4}--hash=sha256:[0-9a-f]{64}(\ \\)?
    |\ {4}\#\ via(\ [a-z0-9-]+(\ \(pyproject\.toml(:[a-z]+)?\))?)?
    |\ {4}\#\ {3}[a-z0-9-]+(\ \(pyproject\.toml(:[a-z]+)?\))?""",
    re.VERBOSE,
)
_UNWANTED = (
    r"/work/|/root/|/opt/pypi|/home/(?!user\b|amina\b)[a-z]+/",
    r"\b(claude|anthropic|chatgpt|openai|copilot|llm)\b",
    r"\b(this|that|previous|earlier|next|another) session\b|\bsub-?agents?\b",
    r"\b(TODO|FIXME|XXX)\b",
)
_ABOUT_ITSELF = {"tests/project/test_project_files.py", "CONTRIBUTING.md"}
_RELATIVE_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
_NAMED_FILE = re.compile(r"`((?:tests|docs|scripts|benchmarks)/[\w./-]+\.\w+)`")


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-audit.txt"])
def test_a_lock_file_holds_names_versions_and_hashes_and_no_address(lock: str) -> None:
    strange = [line for line in read(lock).splitlines() if not _LOCK_LINE.fullmatch(line)]

    assert not strange


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-audit.txt"])
def test_every_package_of_a_lock_file_has_a_hash(lock: str) -> None:
    packages = re.split(r"^(?=[a-z0-9])", read(lock), flags=re.MULTILINE)[1:]

    assert len(packages) > 40
    assert all("--hash=sha256:" in package for package in packages)


def test_what_the_program_needs_is_in_the_lock_file() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(re.findall(r"^([a-z0-9-]+)==", read("requirements.txt"), re.MULTILINE))

    assert {re.match(r"[a-z0-9-]+", one)[0] for one in wanted} <= locked  # type: ignore[index]


def test_the_changelog_tells_of_the_current_version() -> None:
    assert guvoh.__version__ == tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"\n## [{guvoh.__version__}]" in read("CHANGELOG.md")


def test_the_licence_is_apache_2_in_full() -> None:
    text = " ".join(read("LICENSE").split())

    assert text.startswith("Apache License Version 2.0, January 2004")
    assert "9. Accepting Warranty or Additional Liability." in text


def test_every_choice_that_is_hard_to_take_back_has_its_page() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "decisions").glob("*.md")}

    assert set(DECISIONS) <= pages


@pytest.mark.parametrize("name", [name for name in DECISIONS if name != "confinement"])
def test_a_page_on_a_choice_says_why_what_follows_and_what_would_change_it(name: str) -> None:
    page = read(f"docs/decisions/{name}.md")

    for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**What would change it.**"):
        assert part in page
    assert len(page.splitlines()) <= 60


def test_links_and_named_files_of_the_pages_lead_somewhere() -> None:
    pages = [*PAGES, *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
    links = [(page, ROOT / page, link) for page in pages for link in _RELATIVE_LINK.findall(read(page))]
    files = [(page, name) for page in pages for name in _NAMED_FILE.findall(read(page))]

    assert [(page, link) for page, path, link in links if not (path.parent / link).exists()] == []
    assert [(page, name) for page, name in files if not (ROOT / name).exists()] == []


def test_the_rows_that_contributors_read_are_the_rows_that_are_checked() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract for contract in contracts if contract["type"] == "layers"]
    checked = [re.sub(r"[()]", "", row) for row in layers["layers"]]
    page = read("CONTRIBUTING.md").partition("## Who may import whom")[2]
    shown = re.findall(r"^ {4}(.+)$", page.partition("## How it reads")[0], re.MULTILINE)

    assert layers["exhaustive"] is True
    assert shown == checked


def test_make_has_the_targets_that_the_pages_name() -> None:
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:^ {4}|`)make ([a-z]+)\b", read(page), re.MULTILINE)}

    assert targets >= TARGETS
    assert named <= TARGETS


def test_what_machines_run_is_what_people_run() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text("utf-8")


def test_no_file_speaks_of_the_machine_or_the_way_it_was_made() -> None:
    files = [path for path in tracked() if str(path.relative_to(ROOT)) not in _ABOUT_ITSELF]
    if not files:
        pytest.skip("this is no clone of the repository, or git is missing")
    pattern = re.compile("|".join(f"(?:{one})" for one in _UNWANTED), re.IGNORECASE)
    found = [
        (str(path.relative_to(ROOT)), match[0])
        for path in files
        if (match := pattern.search(path.read_bytes().decode("utf-8", "replace")))
    ]

    assert found == []
