"""Opening: what is refused, why, and what the message says to do."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from cast import Cast, placed
from small import PASSPHRASE, QUICK, Place, add, add_source, bodies

from guvoh.archive import control, keys, store
from guvoh.archive.control import Device, key_id, signed
from guvoh.archive.errors import CannotWrite, Damaged, MissingKey, NewerFormat, NotAnArchive, RolledBack, UnknownDevice
from guvoh.archive.home import Head, Home, default_home
from guvoh.archive.keys import KeyFolder
from guvoh.archive.membership import membership
from guvoh.archive.store import Archive, Folder, notes, read_hint
from guvoh.archive.verify import verify
from guvoh.errors import GuvohError
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.passphrases import BadLock, WrongPassphrase


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    archive = found.create()
    add_source(archive, b"first", b"second")
    add(archive, b"third")
    return found


def test_a_new_archive_is_whole_and_empty(tmp_path: Path) -> None:
    archive = Place(tmp_path).create()
    assert list(archive.entries()) == []
    assert archive.heads == {archive.device: 5}
    assert verify(archive, archive.known).problems == []


def test_folders_and_files_are_for_their_owner_alone(place: Place) -> None:
    for path in (place.path, *place.path.rglob("*"), place.home / read_hint(place.path)):
        assert os.stat(path).st_mode & 0o077 == 0, path


def test_an_archive_starts_in_an_empty_folder_only(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.path.mkdir()
    (place.path / "notes.txt").write_text("mine")
    with pytest.raises(NotAnArchive, match="not empty"):
        place.create()
    assert place.files() == ["notes.txt"]


def test_a_file_is_no_folder_for_an_archive(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.path.write_text("a file")
    with pytest.raises(NotAnArchive):
        place.create()
    with pytest.raises(NotAnArchive, match="a file, not a folder"):
        Folder(place.path)


@pytest.mark.parametrize("half", [keys, store])
def test_founding_that_fails_half_way_leaves_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: ModuleType
) -> None:
    """At the first file it writes, and at the last."""
    place = Place(tmp_path)

    def full(path: Path, data: bytes) -> None:
        raise CannotWrite(path, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(half, "replace", full)
        with pytest.raises(CannotWrite, match="No space left"):
            place.create()
    assert place.files() == []
    assert list(place.home.rglob("*")) == []
    assert place.create().heads


@pytest.mark.parametrize("typed", ["", "walnut harbour eighteen", PASSPHRASE.upper(), PASSPHRASE + "x", "\udcff"])
def test_another_passphrase_opens_nothing(place: Place, typed: str) -> None:
    with pytest.raises(WrongPassphrase):
        place.open(typed)


def test_blanks_at_the_ends_of_a_passphrase_do_not_matter(place: Place) -> None:
    assert place.open(f"  {PASSPHRASE.replace(' ', '  ')}\n").heads


def test_a_folder_without_a_hint_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchive, match="guvoh init"):
        Folder(tmp_path)
    with pytest.raises(NotAnArchive, match="guvoh init"):
        Folder(tmp_path / "not there")


SOME_ID = b'archive = "a-aaaaaaaaaaaaaaaaaaaa"'


@pytest.mark.parametrize(
    "hint",
    [
        b"",
        b"\xff",
        b"[[",
        b"format = 1",
        b'format = 1\narchive = ""',
        b'format = 1\narchive = "../../elsewhere"',
        b'format = 1\narchive = "/etc"',
        b'format = 1\narchive = "a-short"',
        b'format = "1"\n' + SOME_ID,
        b"format = 0\n" + SOME_ID,
        b"#" * 100_000,
    ],
)
def test_a_hint_that_is_not_one_is_refused_before_it_becomes_a_path(tmp_path: Path, hint: bytes) -> None:
    (tmp_path / "guvoh.toml").write_bytes(hint)
    with pytest.raises(NotAnArchive):
        Folder(tmp_path)


def test_a_pipe_in_the_place_of_the_hint_does_not_hold_the_program(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "guvoh.toml")
    with pytest.raises(NotAnArchive):
        Folder(tmp_path)


def test_a_newer_format_asks_for_a_newer_program(place: Place) -> None:
    hint = place.path / "guvoh.toml"
    hint.write_text(hint.read_text().replace("format = 2", "format = 3"))
    with pytest.raises(NewerFormat, match="install a newer Guvoh") as refused:
        place.open()
    assert (refused.value.found, refused.value.known) == (3, 2)


def test_a_segment_of_a_newer_format_asks_for_a_newer_program(place: Place) -> None:
    path = place.segments()[-1]
    path.write_bytes(path.read_bytes().replace(b"guvoh segment 2", b"guvoh segment 3", 1))
    with pytest.raises(NewerFormat):
        place.open()
    assert place.verify_without_key().problems


def test_a_founding_entry_of_a_newer_format_asks_for_a_newer_program() -> None:
    newer = Cast(control.FORMAT + 1)
    with pytest.raises(NewerFormat):
        newer.members()
    assert membership("a-" + "b" * 20, placed(newer.all())).founding is None


def test_a_computer_without_the_device_verifies_and_does_not_open(place: Place) -> None:
    place.home = place.root / "another computer"
    with pytest.raises(UnknownDevice, match="GUVOH_HOME"):
        place.open()
    found = place.verify_without_key()
    assert (found.problems, found.entries, found.evidence, found.read) == ([], 8, 1, False)


@pytest.mark.parametrize("missing", ["guvoh.toml", "logs", "logs/*", "logs/*/000000000000.seg"])
def test_a_half_copied_archive_does_not_open(place: Place, missing: str) -> None:
    for path in place.path.glob(missing):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises((NotAnArchive, Damaged)):
        place.open()


@pytest.mark.parametrize("pattern", ["keys/*.identity", "keys/*.age", "keys"])
def test_an_archive_without_a_key_file_does_not_open_and_says_that_a_colleague_may_bring_it(
    place: Place, pattern: str
) -> None:
    """Leaving keys behind before a border is no damage."""
    (path,) = place.path.glob(pattern)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(MissingKey, match="guvoh sync") as refused:
        place.open()
    assert refused.value.where.startswith("keys/")
    assert place.verify_without_key().problems == []


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_segment_is_found_wherever_it_is(place: Place, number: int) -> None:
    place.segments()[number].unlink()
    known = Home(place.home, read_hint(place.path)).load().heads
    assert verify(Folder(place.path), known).problems
    with pytest.raises((NotAnArchive, Damaged, RolledBack)):
        list(place.open().entries())


def test_missing_evidence_is_found(place: Place) -> None:
    (path,) = (place.path / "evidence").iterdir()
    path.unlink()
    assert [where for where, _ in place.verify().problems] == [f"evidence/{path.name}"]
    assert [where for where, _ in place.verify_without_key().problems] == [f"evidence/{path.name}"]
    assert len(bodies(place.open().entries())) == 3


def test_an_older_copy_is_refused_where_a_later_head_is_known(place: Place) -> None:
    copy = place.copy()
    add(place.open(), b"later")
    place.restore(copy)
    with pytest.raises(RolledBack, match="older copy") as refused:
        place.open()
    assert (refused.value.known, refused.value.found) == (9, 8)
    known = Home(place.home, read_hint(place.path)).load().heads
    assert verify(Folder(place.path), known).problems
    assert place.verify_without_key().problems == []  # nothing else knows of it


def test_another_history_of_the_same_length_is_refused(place: Place) -> None:
    copy = place.copy()
    add(place.open(), b"this happened")
    known = Home(place.home, read_hint(place.path)).load()
    place.restore(copy)
    heads = {known.device: place_head(place)}
    Home(place.home, read_hint(place.path)).save(msgspec.structs.replace(known, heads=heads))
    add(place.open(), b"no, this", b"and more")
    Home(place.home, read_hint(place.path)).save(known)
    with pytest.raises(RolledBack):
        place.open()
    problems = verify(Folder(place.path), known.heads).problems
    assert any("another history" in what for _, what in problems)


def place_head(place: Place) -> Head:
    """The head of the founding device's log as its files say, without a known head."""
    archive = Archive.__new__(Archive)
    Folder.__init__(archive, place.path)
    members = archive.membership()
    (log,) = archive.logs()
    key = members.verify_key(log.device)
    assert key is not None
    return log.state(key, None).head()


def test_a_log_that_was_seen_and_is_gone_is_missed(place: Place) -> None:
    home = Home(place.home, read_hint(place.path))
    known = home.load()
    other = Head(size=1, edge=(bytes(32),))
    home.save(msgspec.structs.replace(known, heads={**known.heads, "d-gone": other}))
    with pytest.raises(RolledBack) as refused:
        place.open()
    assert refused.value.log == "d-gone"
    assert any("gone" in what for _, what in verify(Folder(place.path), {"d-gone": other}).problems)


def test_older_heads_in_the_home_are_no_harm(place: Place) -> None:
    home = Home(place.home, read_hint(place.path))
    known = home.load()
    add(place.open(), b"later")
    home.save(known)
    assert bodies(place.open().entries())[-1] == b"later"
    assert place.verify().problems == []


def swapped(place: Place, other: Place, pattern: str) -> None:
    (mine,), (theirs,) = place.path.glob(pattern), other.path.glob(pattern)
    mine.write_bytes(theirs.read_bytes())


@pytest.mark.parametrize("pattern", ["keys/*.identity", "keys/*.age"])
def test_a_key_file_of_another_archive_does_not_open_this_one(place: Place, tmp_path: Path, pattern: str) -> None:
    other = Place(tmp_path / "other")
    other.create()
    swapped(place, other, pattern)
    with pytest.raises(Damaged, match="keys/"):
        place.open()


def test_the_device_of_another_archive_does_not_open_this_one(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    theirs = other.create()
    mine = Home(place.home, read_hint(place.path))
    shutil.copy(theirs.home.path / "device.json", mine.path / "device.json")
    with pytest.raises(Damaged, match="another archive"):
        place.open()


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[", b'{"archive":"a-x"}', b"x" * (2 << 20)])
def test_a_device_file_that_is_not_one_is_said_to_be_damaged(place: Place, data: bytes) -> None:
    (Home(place.home, read_hint(place.path)).path / "device.json").write_bytes(data)
    with pytest.raises(Damaged, match=r"device\.json"):
        place.open()


@pytest.mark.parametrize(("size", "edge"), [(-1, ()), (1, ()), (2, (b"short",)), (3, (bytes(32),))])
def test_a_head_that_is_no_tree_is_refused(size: int, edge: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="edge"):
        Head(size=size, edge=edge)


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"x" * 100_000])
def test_a_key_file_that_is_not_one_is_said_to_be_damaged(place: Place, data: bytes) -> None:
    (path,) = place.path.glob("keys/*.identity")
    path.write_bytes(data)
    with pytest.raises(Damaged, match=path.name):
        place.open()


def test_a_key_file_that_asks_for_an_absurd_cost_is_refused_unpaid(place: Place) -> None:
    (path,) = place.path.glob("keys/*.identity")
    path.write_bytes(path.read_bytes().replace(b'"memory":64', b'"memory":99999999'))
    with pytest.raises(Damaged, match="not the key file that was signed"):
        place.open()
    with pytest.raises(BadLock, match="cost"):
        KeyFolder(place.path).open_member(path.stem, PASSPHRASE)


@pytest.mark.parametrize("pattern", ["keys/*.identity", "keys/*.age"])
def test_a_key_file_that_was_changed_is_found_by_anybody(place: Place, pattern: str) -> None:
    (path,) = place.path.glob(pattern)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert [where for where, _ in place.verify_without_key().problems] == [f"keys/{path.name}"]


def test_a_key_file_that_somebody_put_in_is_found_by_anybody(place: Place) -> None:
    (place.path / "keys" / f"m-{'a' * 20}.identity").write_bytes(b"{}")
    found = place.verify_without_key()
    assert [notice for notice in found.notices if "nobody uses it" in notice and f"m-{'a' * 20}" in notice]
    assert f"m-{'a' * 20}" not in place.open().members.members


def test_a_foreign_control_entry_changes_nothing_and_is_reported(place: Place) -> None:
    """It cannot be put into a segment without breaking the seal; here it is put in, and everything says so."""
    archive = place.open()
    stranger = SigningKey(bytes(32))
    device = Device(
        signer=archive.member, device=key_id("d", stranger.public), member=archive.member, verify=stranger.public.text
    )
    forged = signed(device, archive.id, stranger)
    known = list(notes(archive.own, damage=True))
    found = membership(archive.id, [*known, known[-1]._replace(at=99, note=forged, vouched=lambda key: True)])
    assert len(found.refused) == 1
    assert list(found.devices) == [archive.device]
    assert membership(archive.id, known).refused == []


def test_a_log_of_a_device_that_nobody_admitted_is_passed_over_and_told(place: Place) -> None:
    """It is no part of the archive: whoever put it there keeps nobody from opening the rest, and `verify` tells."""
    before = bodies(place.open().entries())
    (log,) = (place.path / "logs").iterdir()
    shutil.copytree(log, log.with_name("d-stranger"))
    assert bodies(place.open().entries()) == before
    assert "d-stranger" not in place.open().heads
    for found in (place.verify(), place.verify_without_key()):
        assert ("logs/d-stranger", "no owner has admitted the device that wrote this log") in found.problems


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
@pytest.mark.parametrize("pattern", ["keys/*.identity", "keys/*.age", "logs/*/000000000000.seg"])
def test_what_is_no_readable_file_is_damage_and_never_a_wait(
    place: Place, pattern: str, make: Callable[[Path], object]
) -> None:
    (path,) = place.path.glob(pattern)
    path.unlink()
    make(path)
    with pytest.raises(GuvohError):
        place.open()


def test_the_home_is_where_the_environment_says() -> None:
    assert default_home({"GUVOH_HOME": "/somewhere"}) == Path("/somewhere")
    assert default_home({"XDG_DATA_HOME": "/data"}).name == "guvoh"


def test_the_cost_of_a_guess_is_kept(place: Place) -> None:
    (path,) = place.path.glob("keys/*.identity")
    assert f'"memory":{QUICK.memory}'.encode() in path.read_bytes()
