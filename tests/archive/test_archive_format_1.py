"""An archive of format 1 is read, verified and written as it is, until an owner brings it to the next format."""

import json
import shutil
from pathlib import Path

import independent
import pytest
from small import Place, add, add_source, bodies
from vector import BODIES, EVIDENCE, EXAMPLE_1, PASSPHRASE

from guvoh.archive.control import Role, Settings, Upgrade
from guvoh.archive.entries import NAMELESS, Entry
from guvoh.archive.store import Archive
from guvoh.archive.verify import Verified, verify


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    shutil.copytree(EXAMPLE_1 / "archive", found.path)
    shutil.copytree(EXAMPLE_1 / "home", found.home)
    return found


def test_it_opens_and_verifies(place: Place) -> None:
    archive = place.open(PASSPHRASE)
    named = json.loads(list(archive.entries())[2].body)

    assert (archive.members.format, archive.role, archive.heads) == (1, Role.OWNER, {archive.device: 8})
    assert bodies(archive.entries())[::3] == [BODIES[0], BODIES[2]]
    (evidence,) = archive.own.read(archive.own.paths()[1][1]).clear.evidence
    assert archive.open_evidence(evidence, named["key"]) == EVIDENCE
    assert (place.verify_without_key().problems, place.verify_without_key().entries) == ([], 8)


def test_its_kept_files_are_those_that_were_made_once() -> None:
    """They stand for every archive that was founded before there was a second format."""
    first = min((EXAMPLE_1 / "archive").glob("logs/*/*.seg")).read_bytes()
    assert first.startswith(b'guvoh segment 1\n{"boxes":[],"checkpoint":')
    assert independent.sha(first).hex() == "d69ebd4bc623959de2e2894adb0e22929bb2583b31baf6b8dbe14105842fcdbe"


def test_it_takes_a_batch_and_stays_of_format_1(place: Place) -> None:
    archive = place.open(PASSPHRASE)
    key, evidence = add_source(archive, b"a second letter")
    add(archive, b"a judgement")
    with archive.batch() as batch:
        batch.add(Entry((), b"counted", NAMELESS))

    again = place.open(PASSPHRASE)
    assert bodies(again.entries())[4:] == [b"a second letter", b"a judgement", b"counted"]
    assert all(path.read_bytes().startswith(b"guvoh segment 1\n") for path in place.segments())
    assert b"format = 1" in (place.path / "guvoh.toml").read_bytes()
    found = _verified(again)
    assert (found.problems, found.notices, found.entries, found.evidence) == ([], [], 11, 2)
    reader = independent.Reader(place.path, PASSPHRASE)
    assert [body for _, _, _, body in reader.entries()] == bodies(again.entries())
    assert reader.evidence(key, evidence.name) == again.open_evidence(evidence, key)


def test_its_shared_secrets_are_those_of_its_first_epoch(place: Place) -> None:
    """So the ids of its sources stay as they are."""
    archive = place.open(PASSPHRASE)
    (epoch,) = archive.opener.epochs.values()
    assert epoch.identities is not None
    assert archive.ids_secret == independent.derived(epoch.identities.text, archive.id, "source ids")
    assert archive.forgotten_secret == independent.derived(epoch.identities.text, archive.id, "erased")


def test_it_holds_nothing_that_it_does_not_know(place: Place) -> None:
    archive = place.open(PASSPHRASE)
    settings = Settings(signer=archive.member, number=1, delay=24 * 30, approvals=2)
    with archive.batch() as batch:
        batch.control(settings)
    assert archive.members.settings != settings
    assert [refused.why for refused in archive.members.refused] == [
        "an archive of format 1 does not know it; an owner brings it to the next format"
    ]

    with archive.batch() as batch:
        batch.control(Upgrade(signer=archive.member, format=2))
    assert (archive.members.settings, archive.members.refused) == (settings, [])


def test_once_upgraded_it_goes_on_in_format_2_and_reads_what_is_old(place: Place) -> None:
    archive = place.open(PASSPHRASE)
    with archive.batch() as batch:
        batch.control(Upgrade(signer=archive.member, format=2))
    add(archive, b"new")
    assert bodies(place.open(PASSPHRASE).entries())[-2:] == [BODIES[2], b"new"]
    assert place.segments()[-1].read_bytes().startswith(b"guvoh segment 2\n")
    assert _verified(place.open(PASSPHRASE)).problems == []
    reader = independent.Reader(place.path, PASSPHRASE)
    assert [body for _, _, _, body in reader.entries()][-1] == b"new"


def _verified(archive: Archive) -> Verified:
    return verify(archive, archive.known)
