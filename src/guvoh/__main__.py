"""Picks the program."""

from __future__ import annotations


def main() -> None:
    from guvoh.cli.main import run

    run()


if __name__ == "__main__":
    main()
