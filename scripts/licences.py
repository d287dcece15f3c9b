"""Report the licences of everything that is installed beside this Python; fail on one that is not permitted.

Called by `make audit` with the file of rules and the file to write.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

NOT_STATED = "not stated"
INSTALLERS = frozenset({"pip"})  # it comes with the environment, and Guvoh never runs it
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One package. why: the reason why it may not be used, or ""."""

    name: str
    version: str
    licence: str
    why: str


def lines(installed: Iterable[Distribution], rules: dict[str, Any]) -> Iterator[Line]:
    """What each installed package states, judged by the rules."""
    for one in sorted(installed, key=lambda one: one.name.lower()):
        name = one.name.lower().replace("_", "-")
        if name in INSTALLERS:
            continue
        licence = stated(one, rules["means"])
        if licence == NOT_STATED:
            licence = rules["read"].get(name, NOT_STATED)
        named = rules["named"].get(name, {}).get("licence")
        allowed = {*rules["permitted"], *([named] if named else [])}
        why = "" if passes(licence, allowed) else "its licence is not permitted"
        yield Line(name=name, version=one.version, licence=licence, why=why)


def stated(one: Distribution, means: dict[str, str]) -> str:
    """A package's licence as an SPDX expression, from its metadata: the expression, a short word, or a classifier."""
    expression = "".join(_field(one, "License-Expression"))
    text = "".join(_field(one, "License")).strip()
    if expression or (text and "\n" not in text):
        return expression or means.get(text, text)
    classifiers = [c.removeprefix(_CLASSIFIER) for c in _field(one, "Classifier") if c.startswith(_CLASSIFIER)]
    return " AND ".join(means.get(c, c) for c in classifiers) or NOT_STATED


def _field(one: Distribution, name: str) -> list[str]:
    return one.metadata.get_all(name, [])


def passes(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression without brackets may be used. AND binds more closely than OR."""
    return any(all(part.strip() in allowed for part in choice.split(" AND ")) for choice in expression.split(" OR "))


def report(found: list[Line], rules: dict[str, Any]) -> str:
    """The lines as a page of Markdown."""
    rows = [f"| {line.name} | {line.version} | {line.licence} | {_remark(line, rules)} |" for line in found]
    head = ["# Licences of what Guvoh is made of and tested with", "", "| package | version | licence | remark |"]
    return "\n".join([*head, "|---|---|---|---|", *rows, ""])


def _remark(line: Line, rules: dict[str, Any]) -> str:
    if line.why:
        return f"**NOT PERMITTED**: {line.why}"
    return str(rules["named"].get(line.name, {}).get("why", ""))


def main(rules_path: Path, out: Path) -> int:
    rules = tomllib.loads(rules_path.read_text("utf-8"))
    found = list(lines(distributions(), rules))
    out.write_text(report(found, rules), "utf-8")
    refused = [line for line in found if line.why]
    for line in refused:
        print(f"{line.name} {line.version}: {line.why}: {line.licence}", file=sys.stderr)
    if not refused:
        print(f"{len(found)} packages, all under permitted licences: {out}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
