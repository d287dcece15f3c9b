"""Where the project's own files are, for the tests that guard its ground rules."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "ROADMAP.md")


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def modules() -> list[Path]:
    return sorted((ROOT / "src" / "guvoh").rglob("*.py"))


def tracked() -> list[Path]:
    """The files that git keeps or would keep; none where this is no clone, or git is not there."""
    try:
        found = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return [path for name in found.stdout.split("\0") if name and (path := ROOT / name).is_file()]
