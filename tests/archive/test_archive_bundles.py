"""An archive in one file: a bundle for members, a backup for everybody; whole or refused."""

import io
import shutil
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from several import (
    Killed,
    Laptop,
    asks,
    asks_to_erase,
    at_every_write,
    broken_disk,
    carries_out,
    founder,
    full_disk,
    opens,
    stick,
    stopped,
    team,
)
from small import LETTER, QUICK

from guvoh.archive import bundles, members, rewriting
from guvoh.archive.bundles import BadBundle
from guvoh.archive.control import Role
from guvoh.archive.errors import CannotWrite, Damaged, NewerFormat, NotAllowed
from guvoh.archive.logs import Log
from guvoh.archive.merging import Brought, OtherArchive, pull
from guvoh.archive.store import HINT, Folder
from guvoh.archive.verify import verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Identity, Recipient
from guvoh.sealing.padding import padme


def identity(laptop: Laptop) -> Identity:
    return laptop.open().member_keys.identity


def sizes(laptop: Laptop) -> dict[str, int]:
    return {log: state.size for log, state in laptop.open().states.items()}


def bundle(laptop: Laptop, *members: Laptop, since: dict[str, int] | None = None, name: str = "bundle") -> Path:
    path = laptop.root / name
    path.unlink(missing_ok=True)
    bundles.write_bundle(laptop.folder(), path, [identity(one).recipient for one in members], since or {})
    return path


def backup(laptop: Laptop, name: str = "backup") -> Path:
    path = laptop.root / name
    bundles.write_backup(laptop.folder(), path)
    return path


def takes(laptop: Laptop, path: Path) -> Brought:
    with bundles.opened(path, identity(laptop), laptop.root / "scratch") as folder:
        return laptop.take(folder)


Content = tuple[str | tarfile.TarInfo, bytes]


def tar(path: Path, contents: Iterable[Content]) -> Path:
    """A tar file as somebody else might make it."""
    with tarfile.open(path, "w") as file:
        for name, data in contents:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            if info.isreg():
                info.size = len(data)
            file.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path


def contents(path: Path) -> list[Content]:
    with tarfile.open(path) as file:
        return [(one.name, (file.extractfile(one) or io.BytesIO()).read()) for one in file]


def refused(path: Path, laptop: Laptop) -> None:
    """Neither taken nor laid out, and nothing is left of the attempt."""
    target = laptop.root / "target"
    with pytest.raises(BadBundle):
        bundles.unpack_backup(path, target)
    with pytest.raises(BadBundle), bundles.opened(path, None, laptop.root / "scratch"):
        pass
    assert not target.exists()
    assert not (laptop.root / "target.part").exists()
    assert list((laptop.root / "scratch").iterdir()) == []


# --- bundles


def test_a_bundle_brings_what_a_sync_would(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    idris.add(b"new")
    idris.add_source(b"with a letter", original=LETTER)
    brought = takes(amina, bundle(idris, amina))
    assert (brought.problems, brought.evidence, sum(brought.entries.values())) == ([], 1, 2)
    assert sorted(amina.bodies()) == sorted(idris.bodies())
    assert amina.verify().problems == []
    assert not takes(amina, tmp_path / "bundle").anything


def test_a_bundle_of_what_is_new_is_smaller_and_fits_whoever_has_the_rest(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    idris.add_source(b"old", original=LETTER * 300)
    amina.take(idris.folder())
    had = sizes(amina)
    idris.add(b"new")
    whole, part = bundle(idris, amina, name="whole"), bundle(idris, amina, since=had, name="part")
    assert part.stat().st_size < whole.stat().st_size
    with bundles.opened(part, identity(amina), tmp_path / "scratch") as folder:
        assert [log.paths()[0][0] for log in folder.logs()] == [had[idris.open().device]]
    brought = takes(amina, part)
    assert (brought.problems, sum(brought.entries.values())) == ([], 1)
    assert b"new" in amina.bodies()


def test_a_bundle_that_comes_late_or_twice_says_nothing_and_one_that_comes_too_early_says_what_misses(
    tmp_path: Path,
) -> None:
    amina, idris, _ = team(tmp_path)
    log = idris.open().device
    bundle(idris, amina, since=sizes(idris), name="nothing")
    had = sizes(amina)
    idris.add(b"one")
    first = bundle(idris, amina, since=had, name="first")
    after_first = sizes(idris)
    idris.add(b"two")
    idris.add(b"three")
    second = bundle(idris, amina, since=after_first, name="second")

    early = takes(amina, second)
    assert [where.split("/")[1] for where, _ in early.problems] == [log]
    assert b"two" not in amina.bodies()
    for one in (first, second, first, second, tmp_path / "nothing"):
        assert takes(amina, one).problems == []
    assert {b"one", b"two", b"three"} <= set(amina.bodies())
    idris.add(b"four")
    amina.take(idris.folder())
    late = takes(amina, first)
    assert (late.problems, late.histories, late.anything) == ([], [], False)
    assert amina.verify().problems == []


def test_a_late_bundle_of_another_history_is_no_silence(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    twin = idris.copy("twin")
    had = sizes(amina)
    twin.add(b"another history")
    part = bundle(twin, amina, since=had)
    idris.add(b"one")
    idris.add(b"two")
    amina.take(idris.folder())
    before = amina.bodies()
    brought = takes(amina, part)
    assert [one.log for one in brought.histories] == [idris.open().device]
    assert not brought.anything
    assert amina.bodies() == before


def test_only_members_for_whom_it_is_sealed_open_a_bundle_and_it_shows_nothing_but_its_size(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    amina.add(b"new")
    path = bundle(amina, idris)
    other = founder(tmp_path / "stranger")
    with pytest.raises(BadBundle, match="does not open"):
        takes(other, path)
    with pytest.raises(BadBundle, match="sealed to members"), bundles.opened(path, None, tmp_path / "scratch"):
        pass
    data = path.read_bytes()
    for name in (b"guvoh/", b"logs/", b"keys/", amina.open().member.encode(), amina.folder().id.encode()):
        assert name not in data
    plain = identity(idris).open(data)
    assert len(plain) == padme(len(plain))
    assert bundles.is_bundle(path)
    assert not bundles.is_bundle(backup(amina))


def test_a_bundle_cut_at_any_kilobyte_or_with_any_byte_changed_is_refused(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    amina.add_source(b"new", original=LETTER * 50)
    data = bundle(amina, idris).read_bytes()
    before = idris.bodies()
    broken = tmp_path / "broken"
    key = identity(idris)
    for end in range(0, len(data), 1 << 10):
        broken.write_bytes(data[:end])
        with pytest.raises(BadBundle), bundles.opened(broken, key, tmp_path / "scratch"):
            pass
    for at in range(0, len(data), 997):
        broken.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(BadBundle), bundles.opened(broken, key, tmp_path / "scratch"):
            pass
    assert list((tmp_path / "scratch").iterdir()) == []
    assert idris.bodies() == before


# --- backups


def test_a_backup_cut_at_any_kilobyte_is_refused_and_lays_nothing_out(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    amina.add_source(b"new", original=LETTER * 20)
    data = backup(amina).read_bytes()
    broken, target = tmp_path / "broken", tmp_path / "target"
    hint = len(data) - len(data[data.rindex(HINT.encode()) :])
    for end in range(0, hint + 1024, 1 << 9):
        broken.write_bytes(data[:end])
        with pytest.raises(BadBundle):
            bundles.unpack_backup(broken, target)
        assert not target.exists()
    bundles.unpack_backup(tmp_path / "backup", target)
    assert verify(Folder(target), {}).problems == []


def test_backup_wipe_restore_and_join_give_equal_entries(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    amina.add_source(b"with a letter", original=LETTER)
    amina.add(b"more", b"and more")
    before = sorted((one.log, one.position, one.body) for one in amina.open().entries())
    member, path = amina.open().member, backup(amina)
    for folder in (amina.path, amina.home):
        shutil.rmtree(folder)
    restored = Laptop(tmp_path, "restored", amina.passphrase)
    bundles.unpack_backup(path, restored.path)
    assert verify(restored.folder(), {}).problems == []
    members.ask(restored.path, restored.home, restored.passphrase, member, QUICK)
    assert sorted((one.log, one.position, one.body) for one in restored.open().entries()) == before
    restored.add(b"after the loss")
    idris.take(restored.folder())
    assert sorted(idris.bodies()) == sorted(restored.bodies())
    for laptop in (restored, idris):
        assert laptop.verify().problems == []
    assert restored.verify().evidence == 1
    assert stat_of(restored.path) == 0o700


def stat_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_backup_goes_into_a_new_or_empty_folder_only_and_over_no_file(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    path = backup(amina)
    with pytest.raises(NotAllowed, match="not empty"):
        bundles.unpack_backup(path, amina.path)
    with pytest.raises(NotAllowed, match="there already"):
        backup(amina)
    with pytest.raises(NotAllowed, match="there already"):
        bundles.write_bundle(amina.folder(), path, [identity(amina).recipient], {})
    empty = tmp_path / "empty"
    empty.mkdir()
    bundles.unpack_backup(path, empty)
    assert verify(Folder(empty), {}).problems == []


def test_a_backup_is_what_lies_in_the_folder_and_a_sync_takes_it_without_a_key(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    amina.add(b"new")
    (amina.path / "logs" / "d-not-a-log").mkdir()
    (amina.path / "logs" / "d-not-a-log" / "000000000000.seg").write_bytes(b"of no archive")
    (amina.path / "join").mkdir()
    (amina.path / "join" / "d-ABCDEFGHIJKLMNOPQRST.request").write_bytes(b"no request")
    (amina.path / "web.db").write_bytes(b"accounts of the workbench")
    shutil.rmtree(amina.path / "logs" / "d-not-a-log")
    path = backup(amina)
    names = [str(name) for name, _ in contents(path)]
    assert names[-1] == HINT
    assert len(names) == len(set(names))
    assert not [name for name in names if "web.db" in name or "ABC" in name]
    with bundles.opened(path, None, tmp_path / "scratch") as folder:
        assert idris.take(folder).problems == []
    assert b"new" in idris.bodies()


def test_a_request_to_join_travels_in_a_bundle(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    vera, note = asks(amina, "vera")
    path = tmp_path / "from vera"
    bundles.write_bundle(vera.folder(), path, [identity(amina).recipient], {})
    assert takes(amina, path).requests == 1
    (name,) = [one.name for one in (amina.path / "join").iterdir()]
    assert members.request_file(amina.folder(), name.removesuffix(".request")) == note
    members.admit(amina.open(), note, Role.READER)
    assert idris.folder().id == amina.folder().id


# --- what is no bundle


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    (tmp_path / "scratch").mkdir()
    path = tmp_path / "file"
    for data in (
        b"",
        b"hello",
        bytes(2048),
        b"PK\x03\x04" + bytes(600),
        b"age-encryption.org/v1",
        bytes(range(256)) * 9,
    ):
        path.write_bytes(data)
        refused(path, amina)
    path.unlink()
    refused(path, amina)
    path.mkdir()
    refused(path, amina)


def special(name: str, kind: bytes, target: str = "") -> Content:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


LOG = "logs/d-aaaaaaaaaaaaaaaaaaaa/000000000000.seg"
HOSTILE: list[Content] = [
    ("../escaped", b"x"),
    ("logs/../../escaped", b"x"),
    ("/tmp/escaped-from-guvoh", b"x"),
    ("logs/d-aaaaaaaaaaaaaaaaaaaa/../../../escaped", b"x"),
    ("keys/anything", b"x"),
    ("index.db", b"x"),
    ("logs/d-aaaaaaaaaaaaaaaaaaaa/000000000000.seg.part", b"x"),
    ("guvoh.toml\n", b"x"),
    ("keys/m-aaaaaaaaaaaaaaaaaaaa.identity", bytes((256 << 10) + 1)),
    ("join/d-aaaaaaaaaaaaaaaaaaaa.request", bytes((256 << 10) + 1)),
    special(LOG, tarfile.SYMTYPE, "/etc/passwd"),
    special(LOG, tarfile.LNKTYPE, HINT),
    special(LOG, tarfile.CHRTYPE),
    special(LOG, tarfile.BLKTYPE),
    special(LOG, tarfile.FIFOTYPE),
    special("logs", tarfile.DIRTYPE),
    special("logs/d-aaaaaaaaaaaaaaaaaaaa", tarfile.SYMTYPE, "/tmp"),
]


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: repr(getattr(content[0], "name", content[0])))
def test_a_name_a_link_or_a_device_that_no_archive_has_refuses_the_whole(tmp_path: Path, content: Content) -> None:
    amina, _, _ = team(tmp_path)
    good = contents(backup(amina))
    for position in (0, len(good) - 1):
        path = tar(tmp_path / "hostile", [*good[:position], content, *good[position:]])
        refused(path, amina)
    assert not (tmp_path / "escaped").exists()
    assert not Path("/tmp/escaped-from-guvoh").exists()


def test_one_file_twice_a_hint_before_the_end_and_none_at_all_are_refused(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    good = contents(backup(amina))
    for bad in ([*good[:-1], good[0], good[-1]], [good[-1], *good[:-1]], good[:-1], [], [*good, good[-1]]):
        refused(tar(tmp_path / "bad", bad), amina)


def test_a_file_that_says_it_is_sparse_and_huge_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    info = tarfile.TarInfo("evidence/" + "a" * 26)
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0,1099511627776,0"}
    info.pax_headers["GNU.sparse.size"] = info.pax_headers["GNU.sparse.realsize"] = str(1 << 40)
    path = tmp_path / "sparse"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info, io.BytesIO())
    refused(path, amina)


def test_headers_one_within_another_without_end_are_refused(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    path = tmp_path / "nested"
    path.write_bytes((info.tobuf() + b"x" + bytes(511)) * 5000)
    refused(path, amina)


def test_a_bundle_of_another_archive_is_refused(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    stranger = founder(tmp_path / "stranger")
    path = tmp_path / "bundle"
    bundles.write_bundle(stranger.folder(), path, [identity(amina).recipient], {})
    before = amina.bodies()
    with pytest.raises(OtherArchive):
        takes(amina, path)
    assert amina.bodies() == before


def test_a_bundle_of_a_newer_format_says_so(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    good = contents(backup(amina))
    hint = good[-1][1].replace(b"format = 2", b"format = 3")
    path = tar(tmp_path / "newer", [*good[:-1], (HINT, hint)])
    with pytest.raises(NewerFormat), bundles.opened(path, None, tmp_path / "scratch"):
        pass
    assert list((tmp_path / "scratch").iterdir()) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_backup_that_was_changed_anywhere_is_refused_or_seen_by_verify_or_was_filling(
    tmp_path: Path, data: st.DataObject
) -> None:
    if not (tmp_path / "backup").exists():
        backup(team(tmp_path)[0])
    good = (tmp_path / "backup").read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + data.draw(st.binary(min_size=1, max_size=40)) + good[at + 1 :]
    (tmp_path / "bad").write_bytes(bad)
    shutil.rmtree(tmp_path / "target", ignore_errors=True)
    try:
        bundles.unpack_backup(tmp_path / "bad", tmp_path / "target")
        problems = verify(Folder(tmp_path / "target"), {}).problems
    except GuvohError:
        return
    restored = {path.relative_to(tmp_path / "target"): path.read_bytes() for path in (tmp_path / "target").rglob("*.*")}
    original = {Path(str(name)): body for name, body in contents(tmp_path / "backup")}
    changed = {path for path in restored | original if restored.get(path) != original.get(path)}
    assert problems or changed <= {Path(HINT)} or not changed


# --- disks


@pytest.mark.parametrize("raises", [Killed, full_disk, broken_disk])
def test_a_restore_that_is_stopped_at_any_write_is_all_there_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina = founder(tmp_path)
    amina.add_source(b"with a letter", original=LETTER)
    path, target = backup(amina), tmp_path / "target"

    def begin() -> Callable[[], object]:
        shutil.rmtree(target, ignore_errors=True)
        return lambda: bundles.unpack_backup(path, target)

    for _ in at_every_write(monkeypatch, raises, begin, every=2):
        if target.exists():
            assert verify(Folder(target), {}).problems == []
        else:
            bundles.unpack_backup(path, target)
            assert verify(Folder(target), {}).problems == []


@pytest.mark.parametrize("sealed", [True, False])
def test_a_bundle_or_backup_that_could_not_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    amina = founder(tmp_path)
    amina.add_source(b"with a letter", original=LETTER)
    archive, path, recipients = amina.open(), tmp_path / "out", [identity(amina).recipient]

    def begin() -> Callable[[], object]:
        path.unlink(missing_ok=True)
        if sealed:
            return lambda: bundles.write_bundle(archive, path, recipients, {})
        return lambda: bundles.write_backup(archive, path)

    for _ in at_every_write(monkeypatch, full_disk, begin):
        if path.exists():
            with bundles.opened(path, identity(amina), tmp_path / "scratch") as folder:
                assert verify(folder, {}).problems == []
        assert not (tmp_path / "out.part").exists()
    with stopped(1, monkeypatch, full_disk), pytest.raises(CannotWrite, match="No space left"):
        bundles.write_backup(archive, tmp_path / "another")


def test_a_disk_that_fills_while_a_backup_is_written_is_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = founder(tmp_path)
    amina.add_source(b"with a letter", original=LETTER)

    def refuses(*_: object) -> None:
        raise full_disk()

    with monkeypatch.context() as patched:
        patched.setattr(tarfile.TarFile, "addfile", refuses)
        with pytest.raises(CannotWrite, match="No space left"):
            backup(amina)


def test_a_file_that_cannot_be_read_is_named_and_no_backup_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = founder(tmp_path)
    amina.add_source(b"with a letter", original=LETTER)
    with monkeypatch.context() as patched:
        patched.setattr(bundles._Source, "read", _broken_read)
        with pytest.raises(Damaged, match="keys/"):
            backup(amina)
    assert not (tmp_path / "backup").exists()


def _broken_read(source: bundles._Source, size: int = -1) -> bytes:
    source._file = _Broken()
    return _REAL_READ(source, size)


_REAL_READ = bundles._Source.read


class _Broken(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise broken_disk()


# --- together with erasing and packing


def test_a_bundle_made_while_it_is_packed_or_erased_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = founder(tmp_path)
    for number in range(6):
        amina.add(b"entry %d" % number)
    real, packed = bundles._add, [False]

    def add(file: tarfile.TarFile, root: Path, name: str) -> None:
        if name.startswith("logs/") and not packed[0]:
            packed[0] = True
            rewriting.pack(amina.open(), least=2)
        real(file, root, name)

    with monkeypatch.context() as patched:
        patched.setattr(bundles, "_add", add)
        path = backup(amina)
    with bundles.opened(path, None, tmp_path / "scratch") as folder:
        assert verify(folder, {}).problems == []
        assert verify(folder, {}).entries == verify(amina.folder(), {}).entries


def test_a_backup_made_after_an_erasure_holds_none_of_it_and_one_made_before_is_cleaned_by_a_sync(
    tmp_path: Path,
) -> None:
    amina = founder(tmp_path)
    _, evidence = amina.add_source(b"canary", b"kept", original=LETTER)
    old = backup(amina, "old")
    assert evidence is not None
    asks_to_erase(amina, b"canary", evidence=[evidence.name])
    carries_out(amina)
    new = backup(amina, "new")
    bundles.unpack_backup(new, tmp_path / "from new")
    key = [identity(amina)]
    keys = [*key, *(one.identities for one in amina.open().opener.epochs.values() if one.identities)]
    assert b"canary" not in opens(tmp_path / "from new", keys)
    assert b"kept" in opens(tmp_path / "from new", keys)
    bundles.unpack_backup(old, tmp_path / "from old")
    assert b"canary" in opens(tmp_path / "from old", keys)
    amina.give(Folder(tmp_path / "from old"))
    assert b"canary" not in opens(tmp_path / "from old", keys)
    assert not (tmp_path / "from old" / "evidence" / evidence.name).exists()
    with bundles.opened(old, None, tmp_path / "scratch") as folder:
        assert amina.take(folder).problems == []
    assert b"canary" not in opens(amina.path, keys)


def test_a_bundle_seals_to_the_recipients_it_is_given_and_to_nobody_else(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    path = tmp_path / "for nobody here"
    bundles.write_bundle(copy, path, [Recipient(Identity.generate().recipient.text)], {})
    for laptop in (amina, idris):
        with pytest.raises(BadBundle):
            takes(laptop, path)
    assert pull(copy, stick(amina, "other")).problems == []
    assert Log(copy.path, amina.open().device).paths()
