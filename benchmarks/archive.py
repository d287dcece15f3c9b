"""What an archive costs as it grows: syncing, packing, opening, erasing, verifying, backing up and restoring.

    python benchmarks/archive.py [--sizes 10000 100000] [--large] [--people 10000]

Prints a table with one column a size, in seconds and for each record or segment, and says whether the cost of one stays
the same as there are more. Beside it, in the same run and on the same disk: git for fetching and repacking as many
objects, borg and restic for a backup and its restoring; what is not installed is said to be missing. Everything is
invented. --large adds a million, which takes an hour and 8 GB.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from guvoh.archive import bundles, forms, members, merging, rewriting, segments
from guvoh.archive.control import Erasure
from guvoh.archive.entries import leaf_hashes, packed, preimage
from guvoh.archive.founding import found
from guvoh.archive.logs import file_name
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Checkpoint, Clear, Ring, RingBox, Sealed
from guvoh.archive.store import Archive
from guvoh.archive.verify import verify
from guvoh.casebook.desk import Desk
from guvoh.records.codec import to_bytes
from guvoh.records.people import Mention
from guvoh.sealing.padding import pad
from guvoh.sealing.passphrases import Cost

QUICK = Cost(memory=64, iterations=1, lanes=1)
PASSPHRASE = "olive window carpet river candle meadow"
ROWS = 1000
"""Records of one source, which is one batch; sizes are multiples of it, of two at least."""
LINEAR = 1.5
"""So much dearer may one of the largest size be than one of the smallest."""
RESTORED_WITHIN = 60.0
Times = dict[str, float]


@contextmanager
def timed(times: Times, what: str) -> Iterator[None]:
    gc.collect()
    start = time.perf_counter()
    yield
    times[what] = time.perf_counter() - start


def founded(folder: Path) -> Archive:
    return found(folder / "archive", folder / "home", PASSPHRASE, QUICK, 0)


def opened(folder: Path) -> Archive:
    return Archive(folder / "archive", folder / "home", PASSPHRASE)


def row(source: str, number: int) -> bytes:
    name = f"Invented Person {number % 977} of {source}"
    return to_bytes(
        Mention(id=f"{source}.{number}", source=source, row=number, name=name, birth=str(1960 + number % 45))
    )


def add_sources(archive: Archive, records: int) -> list[tuple[str, str, str]]:
    """(source, its key, its evidence) of as many sources as these records fill."""
    added = []
    for number in range(records // ROWS):
        source = f"s-{number:020d}"
        with archive.batch() as batch:
            key = batch.source_key()
            original = f"an invented list {number}\n".encode() * 2000
            evidence = batch.evidence(original, len(original), key)
            batch.extend((source,), (row(source, at) for at in range(1, ROWS + 1)), key)
        added.append((source, key, evidence.name))
    return added


def of_records(folder: Path, records: int) -> Times:
    times: Times = {}
    archive = founded(folder)
    with timed(times, "add"):
        sources = add_sources(archive, records)
    with timed(times, "open"):
        archive = opened(folder)
    with timed(times, "verify"):
        assert verify(archive, archive.known).problems == []
    stick = merging.start_copy(archive, folder / "stick")
    with timed(times, "sync"):
        brought = merging.pull(stick, archive)
    assert sum(brought.entries.values()) >= records
    with timed(times, "sync again"):
        assert not merging.pull(stick, archive).anything
    erase(times, "erase a source", archive, lambda subjects: sources[0][0] in subjects, sources[0])
    first = iter([True])
    erase(times, "erase a record", archive, lambda subjects: next(first, False), None)
    assert verify(archive, archive.known).problems == []
    return times


def erase(
    times: Times, what: str, archive: Archive, doomed: Callable[[tuple[str, ...]], bool],
    source: tuple[str, str, str] | None,
) -> None:  # fmt: skip
    """From asking until it is destroyed here; finding what is to go is the index's work, and is not counted."""
    places = [(one.log, one.position) for one in archive.entries() if doomed(one.subjects)]
    erasure = Erasure(
        signer=archive.member, at="2027-01-15T08:00:00Z", why="withdrawn", erased=tuple(Runs.of(places)),
        keys=(source[1],) if source else (), evidence=(source[2],) if source else (),
    )  # fmt: skip
    with timed(times, what):
        with archive.batch() as batch:
            batch.control(erasure)
        assert rewriting.carry_out(archive, rewriting.left_to_do(archive))


def of_small_segments(folder: Path, count: int) -> Times:
    times: Times = {}
    archive = founded(folder)
    write_small_segments(archive, count)
    with timed(times, "first opening"):
        archive = opened(folder)
        archive.remember()
    with timed(times, "open before packing"):
        archive = opened(folder)
    with timed(times, "add one before packing"), archive.batch() as batch:
        batch.extend((), [b"one more"], "")
    with timed(times, "pack"):
        assert rewriting.pack(archive) >= count
    with timed(times, "open after packing"):
        archive = opened(folder)
    with timed(times, "add one after packing"), archive.batch() as batch:
        batch.extend((), [b"one more"], "")
    assert sum(1 for _ in archive.entries()) == count + 2
    assert verify(archive, archive.known).problems == []
    return times


def write_small_segments(archive: Archive, count: int) -> None:
    """As many batches of one entry: what `batch` writes, without its flushes and its look at all others."""
    frontier, key, log = archive.states[archive.device].frontier.copy(), archive.device_key, archive.own.path
    epoch = archive.members.epoch.epoch
    nameless, identities = archive.recipients(epoch)
    empty = pad(forms.written(Ring()))
    for number in range(count):
        at = frontier.size
        leaf = preimage(os.urandom(16), b"s-small\n", row("s-small", number + 1))
        hashes = leaf_hashes([leaf])
        frontier.extend(hashes)
        ring = pad(forms.written(Ring(boxes=(RingBox(key="", at=((at, 1),)),))))
        sealed = Sealed(nameless.seal(empty), identities.seal(ring), [identities.seal(pad(packed([leaf])))])
        clear = Clear(archive=archive.id, log=archive.device, first=at, count=1, epoch=epoch)
        head = Checkpoint(size=frontier.size, root=frontier.root())
        (log / file_name(at)).write_bytes(b"".join(segments.written(clear, hashes, sealed, key, head)))


def of_people(folder: Path, people: int) -> Times:
    """The drill: back up, wipe, restore as a new device of the same member, and everything is as it was."""
    times: Times = {}
    archive = founded(folder)
    add_sources(archive, people)
    desk = Desk(archive)
    before = desk.index.dump()["mention"]
    desk.index.close()
    with timed(times, "back up"):
        bundles.write_backup(archive, folder / "backup")
    shutil.rmtree(archive.path)
    shutil.rmtree(archive.home.path)
    with timed(times, "restore"):
        bundles.unpack_backup(folder / "backup", folder / "restored")
        members.ask(folder / "restored", folder / "new-home", PASSPHRASE, archive.member)
        restored = Archive(folder / "restored", folder / "new-home", PASSPHRASE)
    with timed(times, "index anew"):
        desk = Desk(restored)
    assert desk.index.dump()["mention"] == before
    assert len(before) == people
    desk.index.close()
    with timed(times, "verify"):
        assert verify(restored, restored.known).problems == []
    return times | of_backup_programs(folder)


# --- peers

GIT = ("git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.unpackLimit=1")


def quietly(*command: str | Path, **options: object) -> None:
    environment = {**os.environ, "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_PASSPHRASE": PASSPHRASE}
    environment |= {"RESTIC_PASSWORD": PASSPHRASE, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": tempfile.gettempdir()}
    given = options.pop("input", None)
    assert given is None or isinstance(given, bytes)
    where = options.pop("cwd", None)
    assert where is None or isinstance(where, Path)
    subprocess.run([str(part) for part in command], check=True, capture_output=True, env=environment, input=given,
                   cwd=where)  # fmt: skip


def of_git(folder: Path, records: int) -> Times:
    """As many blobs in as many commits as there are batches: fetched by another repository, and repacked from loose."""
    times: Times = {}
    if shutil.which("git") is None:
        return times
    one, other, loose = folder / "one.git", folder / "other.git", folder / "loose.git"
    for repository in (one, other, loose):
        quietly(*GIT, "init", "--bare", "-q", repository)
    quietly(*GIT, "fast-import", "--quiet", cwd=one, input=b"".join(commits(records)))
    with timed(times, "git fetch"):
        quietly(*GIT, "fetch", "-q", f"file://{one}", "refs/heads/main:refs/heads/main", cwd=other)
    (packs,) = [sorted(one.glob("objects/pack/*.pack"))]
    for pack in packs:
        quietly(*GIT, "unpack-objects", "-q", cwd=loose, input=pack.read_bytes())
    quietly(*GIT, "fetch", "-q", one, "refs/heads/main:refs/heads/main", cwd=loose)
    with timed(times, "git repack"):
        quietly(*GIT, "repack", "-adq", cwd=loose)
    return times


def commits(records: int) -> Iterator[bytes]:
    for batch in range(records // ROWS):
        yield b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 0\n" % (1_800_000_000 + batch)
        for at in range(ROWS):
            body = row(f"s-{batch:020d}", at + 1)
            yield b"M 100644 inline %d/%d\ndata %d\n%s\n" % (batch, at, len(body), body)


def of_backup_programs(folder: Path) -> Times:
    times: Times = {}
    source, target = folder / "restored", folder / "peers"
    target.mkdir()
    if shutil.which("borg"):
        borg = target / "borg"
        quietly("borg", "init", "-e", "repokey-blake2", borg)
        with timed(times, "borg create"):
            quietly("borg", "create", f"{borg}::one", ".", cwd=source)
        (target / "from-borg").mkdir()
        with timed(times, "borg extract"):
            quietly("borg", "extract", f"{borg}::one", cwd=target / "from-borg")
    if shutil.which("restic"):
        restic = target / "restic"
        quietly("restic", "init", "-r", restic)
        with timed(times, "restic backup"):
            quietly("restic", "-r", restic, "backup", ".", cwd=source)
        with timed(times, "restic restore"):
            quietly("restic", "-r", restic, "restore", "latest", "--target", target / "from-restic")
    return times


# --- telling

BESIDE = (("sync", "git fetch"), ("pack", "git repack"))
OF_PEOPLE = (
    ("back up", "borg create"), ("back up", "restic backup"), ("restore", "borg extract"), ("restore", "restic restore")
)  # fmt: skip
OF_ALL = frozenset({"add", "sync", "verify", "pack", "first opening"})
"""What has to touch every record: of these the cost of one is told, and must not grow."""


def in_fresh_folder(measure: Callable[[Path, int], Times], count: int) -> Times:
    folder = Path(tempfile.mkdtemp())
    try:
        return measure(folder, count)
    finally:
        shutil.rmtree(folder)


def table(title: str, sizes: list[int], measured: list[Times]) -> None:
    print(f"\n{title:28}" + "".join(f"{size:>14,}" for size in sizes))
    for name in measured[0]:
        print(f"{name:28}" + "".join(f"{times[name]:>12.2f} s" for times in measured))
    for name in [name for name in measured[0] if name in OF_ALL]:
        each = [times[name] / size * 1e6 for times, size in zip(measured, sizes, strict=True)]
        growth = each[-1] / each[0]
        told = f"{growth:8.2f} times{'' if growth <= LINEAR else '  OVER'}" if len(each) > 1 else ""
        print(f"{name + ', each':28}" + "".join(f"{one:>11.1f} us" for one in each) + told)


def ratios(pairs: tuple[tuple[str, str], ...], columns: list[Times]) -> None:
    for name, peer in pairs:
        if all(name in times and peer in times for times in columns):
            print(
                f"{name + ' beside ' + peer:34}" + "".join(f"{times[name] / times[peer]:>12.2f}" for times in columns)
            )
        elif any(name in times for times in columns):
            print(f"{name + ' beside ' + peer:34}  {peer.split()[0]} is not installed: not compared")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--large", action="store_true", help="a million too")
    options.add_argument("--people", type=int, default=10_000)
    chosen = options.parse_args()
    sizes = [*chosen.sizes, *([1_000_000] if chosen.large else [])]
    people = in_fresh_folder(of_people, chosen.people)
    table("people", [chosen.people], [people])
    ratios(OF_PEOPLE, [people])
    drill = people["back up"] + people["restore"] + people["index anew"]
    print(f"the whole drill: {drill:.1f} s{'' if drill <= RESTORED_WITHIN else '  OVER'}")
    git = [in_fresh_folder(of_git, size) for size in sizes]
    records = [in_fresh_folder(of_records, size) for size in sizes]
    table("records", sizes, records)
    small = [in_fresh_folder(of_small_segments, size) for size in sizes]
    table("segments of one record", sizes, small)
    print()
    ratios(BESIDE, [one | two | three for one, two, three in zip(records, small, git, strict=True)])


if __name__ == "__main__":
    main()
