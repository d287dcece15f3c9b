"""The rules by which `make audit` judges licences."""

import importlib.util
import sys
import tomllib
from email.message import Message
from types import ModuleType
from typing import Any

import pytest
from ground import ROOT, read

RULES: dict[str, Any] = tomllib.loads(read("scripts/licences.toml"))


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "scripts" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["licences"] = module  # a dataclass looks its own module up
    spec.loader.exec_module(module)
    return module


class Package:
    """An installed package that states what it is told to."""

    def __init__(self, name: str, **stated: str) -> None:
        self.name, self.version, self.metadata = name, "1.0", Message()
        for field, value in stated.items():
            self.metadata[field.replace("_", "-")] = value


def judged(licences: ModuleType, name: str, **stated: str) -> Any:
    (line,) = licences.lines([Package(name, **stated)], RULES)
    return line


@pytest.mark.parametrize(
    "expression", ["MIT", "Apache-2.0 OR BSD-3-Clause", "GPL-3.0-only OR MIT", "BSD-3-Clause AND 0BSD AND Zlib"]
)
def test_a_permitted_licence_passes_however_it_is_joined(licences: ModuleType, expression: str) -> None:
    assert judged(licences, "something", License_Expression=expression).why == ""


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "LGPL-3.0-or-later OR GPL-2.0-only"])
def test_a_licence_that_binds_the_whole_program_is_refused(licences: ModuleType, expression: str) -> None:
    assert judged(licences, "something", License_Expression=expression).why


def test_a_package_that_states_no_licence_is_refused_until_somebody_has_read_it(licences: ModuleType) -> None:
    assert judged(licences, "something").licence == "not stated"
    assert judged(licences, "something").why
    assert judged(licences, "pyrage").why == ""


def test_an_exception_holds_for_the_package_that_it_names_alone(licences: ModuleType) -> None:
    assert judged(licences, "certifi", License="MPL-2.0").why == ""
    assert judged(licences, "something", License="MPL-2.0").why


def test_what_older_packages_say_in_words_is_understood(licences: ModuleType) -> None:
    assert judged(licences, "a", License="The BSD 2-Clause License").licence == "BSD-2-Clause"
    assert judged(licences, "a", Classifier="License :: OSI Approved :: MIT License").licence == "MIT"


def test_every_exception_says_why(licences: ModuleType) -> None:
    assert RULES["named"]
    assert all(rule["why"] and rule["licence"] not in RULES["permitted"] for rule in RULES["named"].values())


def test_the_report_marks_what_is_refused(licences: ModuleType) -> None:
    page = licences.report([judged(licences, "something", License_Expression="GPL-3.0-only")], RULES)

    assert "| something | 1.0 | GPL-3.0-only | **NOT PERMITTED**" in page
