"""Taking in a long list, beside what Python's csv module and plain SQLite need for the same rows in the same run.

    python benchmarks/intake.py [--rows 1000000] [--rounds 3]

Prints a table: seconds, ratio to the baseline of the same round, the limit, and the peak memory of every process taking
part. Medians over the rounds. The list is invented.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HEADINGS = ("фамилия", "имя", "отчество", "дата рождения", "гражданство", "область", "дата этапа")
SURNAMES = ["Каримов", "Рахимов", "Жумабоев", "Тошматов", "Юлдашев", "Назаров", "Холматов", "Эргашев", "Турсунов"]
GIVEN = ["Азиз", "Анвар", "Бахтиёр", "Олим", "Шерзод", "Далер", "Рустам", "Фаррух", "Нурлан", "Азамат"]
COUNTRIES = ("Узбекистан", "Таджикистан", "Киргизия")
REGIONS = ["Самарканд", "Фергана", "Хатлон", "Согд", "Ош", "Баткен", "Бухара", "Хорезм"]
QUICK = {"memory": 64, "iterations": 1, "lanes": 1}
PASSPHRASE = "olive window carpet river candle meadow"


def make_list(path: Path, rows: int) -> None:
    rng = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(rows):
            surname = f"{rng.choice(SURNAMES)[:-2]}{'абвгдежз'[number % 8]}{'оеиу'[number % 4]}в"
            born = f"{1 + number % 28:02d}.{1 + number % 12:02d}.{1965 + number % 40}"
            sent = f"{1 + number % 27:02d}.{1 + number % 11:02d}.{2022 + number % 3}"
            place = (COUNTRIES[number % 3], REGIONS[number % 8])
            writer.writerow((surname, rng.choice(GIVEN), rng.choice(GIVEN) + "ович", born, *place, sent))


def csv_into_sqlite(source: Path, database: Path) -> float:
    """The baseline: the same rows into a table of seven columns without an index."""
    start = time.perf_counter()
    db = sqlite3.connect(database)
    db.execute(f"CREATE TABLE row ({', '.join(f'c{n}' for n in range(len(HEADINGS)))})")
    with source.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        db.executemany(f"INSERT INTO row VALUES ({', '.join('?' * len(HEADINGS))})", reader)
    db.commit()
    db.close()
    return time.perf_counter() - start


def through_guvoh(source: Path, folder: Path) -> dict[str, float]:
    """Seconds from the start until the list is sealed, and until it can be searched; and to verify it with the key."""
    from guvoh.archive.store import Archive
    from guvoh.casebook import commands, queries
    from guvoh.casebook.answers import Add, FileAdded, FileAsked, Search, Verify
    from guvoh.casebook.desk import Desk
    from guvoh.sealing.passphrases import Cost

    commands.init(folder / "archive", folder / "home", PASSPHRASE, Cost(**QUICK))
    times: dict[str, float] = {}
    start = time.perf_counter()
    desk = Desk(Archive(folder / "archive", folder / "home", PASSPHRASE))

    def tell(news: object) -> None:
        if isinstance(news, FileAdded):
            assert news.outcome == "added", news.error
            times["sealed"] = time.perf_counter() - start

    desk.ask(commands.add, Add(files=(FileAsked(typed=source.name, path=os.fsencode(source)),)), tell)
    times["searchable"] = time.perf_counter() - start
    assert desk.ask(queries.search, Search(text="Nazarov")).people >= 0
    start = time.perf_counter()
    checked = desk.ask(queries.verify, Verify())
    times["verify"] = time.perf_counter() - start
    assert not checked.problems
    times["sealed and verified"] = times["sealed"] + times["verify"]
    times |= peaks()
    times["bare hashes"] = bare_hashes(desk.archive)
    times["replay"], times["plain replay"] = replays(desk)
    desk.close()
    return times


def bare_hashes(archive: Any) -> float:
    """The hashes that verifying cannot do without, in a bare loop: leaves, nodes, the digests of what lies sealed."""
    leaves, sealed = [], []
    for log in archive.logs():
        for segment in log.segments():
            leaves += [bytes(leaf) for _, leaf in archive.opened(segment)]
            sealed += [segment.clear_bytes, segment.leaves, segment.ring, *segment.boxes]
    sealed += [(archive.evidence.path / name).read_bytes() for name in archive.evidence.names()]
    start = time.perf_counter()
    row = [hashlib.sha256(leaf).digest() for leaf in leaves]
    while len(row) > 1:
        pairs = [hashlib.sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = pairs + row[len(pairs) * 2 :]
    for part in sealed:
        hashlib.sha256(part).digest()
    return time.perf_counter() - start


def replays(desk: Any) -> tuple[float, float]:
    """Replaying the archive into an empty index; and decoding and inserting the same rows into plain SQLite, with the
    same tables and indexes."""
    from guvoh.casebook.index import Index

    path = desk.archive.path / "again.db"
    start = time.perf_counter()
    index = Index.open(path, bytes(32))
    index.catch_up(desk.archive)
    replayed = time.perf_counter() - start
    bodies = [entry.body for entry in desk.archive.entries()]
    mentions = index.db.execute("SELECT * FROM mention ORDER BY n").fetchall()
    index.close()
    from guvoh.names.fold import fold

    keys = [(row[0], fold(row[2] or "")) for row in mentions]
    plain = path.with_name("plain.db")
    took = decode_and_insert(plain, bodies, mentions, keys)
    return replayed, took


def decode_and_insert(path: Path, bodies: list[bytes], mentions: list[Any], keys: list[Any]) -> float:
    from guvoh.casebook.index import _statements

    start = time.perf_counter()
    db = sqlite3.connect(path)
    for statement in _statements():
        if " mention" in statement.split("(")[0]:
            db.execute(statement)
    for body in bodies:
        json.loads(body)
    db.executemany(f"INSERT INTO mention VALUES ({', '.join('?' * 7)})", mentions)
    db.executemany("INSERT INTO mention_words (rowid, key) VALUES (?, ?)", keys)
    db.commit()
    db.close()
    return time.perf_counter() - start


def one_round(rows: int) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp())
    try:
        source = folder / "list.csv"
        make_list(source, rows)
        times = {"csv and SQLite": csv_into_sqlite(source, folder / "plain.db")}
        result = subprocess.run(
            [sys.executable, __file__, "--measure", str(source), str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        return {**times, **json.loads(result.stdout)}
    finally:
        shutil.rmtree(folder)


def peaks() -> dict[str, float]:
    """The largest memory that this process and the reader's process have had so far, in MiB."""
    who = {"memory": resource.RUSAGE_SELF, "memory of the reader": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(which).ru_maxrss / 1024 for name, which in who.items()}


LIMITS = (
    ("sealed and verified", "csv and SQLite", 4.0),
    ("searchable", "csv and SQLite", 7.0),
    ("verify", "bare hashes", 2.0),
    ("replay", "plain replay", 3.0),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(through_guvoh(*chosen.measure)))
        return
    rounds = [one_round(chosen.rows) for _ in range(chosen.rounds)]
    print(f"{chosen.rows:,} rows, {chosen.rounds} rounds, medians\n")
    print(f"{'':24}{'seconds':>9}")
    for name in ("csv and SQLite", "sealed", "verify", "sealed and verified", "searchable", "bare hashes", "replay",
                 "plain replay"):  # fmt: skip
        print(f"{name:24}{statistics.median(one[name] for one in rounds):9.2f}")
    print(f"\n{'':24}{'beside':24}{'ratio':>7}{'limit':>7}")
    for name, beside, limit in LIMITS:
        ratio = statistics.median(one[name] / one[beside] for one in rounds)
        print(f"{name:24}{beside:24}{ratio:7.2f}{limit:7.1f}{'' if ratio <= limit else '  OVER'}")
    for name in ("memory", "memory of the reader"):
        print(f"{name:48}{max(one[name] for one in rounds):7.0f} MiB")


if __name__ == "__main__":
    main()
