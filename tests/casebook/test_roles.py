"""What each role can do, and what it cannot see however hard it looks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from desks import CHEAP, PASSPHRASE, add

from guvoh.archive import founding, members
from guvoh.archive.control import Role
from guvoh.archive.errors import NotAllowed, NotReadable
from guvoh.archive.store import Archive
from guvoh.archive.verify import verify
from guvoh.casebook import keeper, queries, rights
from guvoh.casebook.answers import Nothing, Search, Show, Verify
from guvoh.casebook.desk import Desk, NoSuchRecord

NAMES = [f"Canaryev{chr(97 + n)}{chr(97 + m)}" for n in range(10) for m in range(10)]
LISTS: dict[str, str | bytes] = {
    "one.csv": "name,birth\n" + "".join(f"{name} Aziz,19{60 + n % 40}\n" for n, name in enumerate(NAMES[:70])),
    "two.csv": "name,birth\n" + "".join(f"{name} Aziz,19{60 + n % 40}\n" for n, name in enumerate(NAMES[:70:2])),
    "letter.txt": "A letter about " + ", ".join(NAMES[70:]) + " and others.",
}


class Group:
    """An archive of one owner with sources in it, and a colleague in some role on a computer of his own."""

    def __init__(self, folder: Path, role: Role) -> None:
        self.folder, self.role = folder, role
        self.owner = Desk(founding.found(folder / "archive", folder / "home", PASSPHRASE, CHEAP))
        _, request = members.ask(self.owner.archive.path, folder / "other", PASSPHRASE, None, CHEAP)
        assert request is not None
        add(self.owner, LISTS)
        self.people = self.owner.ask(queries.people, Nothing()).people
        members.admit(self.owner.archive, request.read_bytes(), role)

    def desk(self) -> Desk:
        return Desk(Archive(self.folder / "archive", self.folder / "other", PASSPHRASE))

    def source(self) -> str:
        found: str = self.owner.ask(queries.sources, Nothing()).sources[0].id
        return found


@pytest.fixture
def group(tmp_path: Path, request: pytest.FixtureRequest) -> Group:
    return Group(tmp_path, request.param)


def in_role(role: Role) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("group", [role], indirect=True, ids=[role.value])


def named_in(data: bytes) -> list[str]:
    lower = data.lower()
    return [name for name in NAMES if name.lower().encode() in lower or name.encode("utf-16-le") in data]


@in_role(Role.READER)
class TestAReader:
    def test_sees_all_and_adds_nothing(self, group: Group) -> None:
        desk = group.desk()

        assert desk.index.dump()["mention"] == group.owner.index.dump()["mention"]
        assert desk.ask(queries.people, Nothing()).people == group.people
        with pytest.raises(NotAllowed, match="adds nothing"):
            add(desk, {"x.txt": "something"})

    def test_what_he_looked_at_is_kept_in_his_own_log(self, group: Group) -> None:
        desk = group.desk()
        desk.ask(queries.show, Show(id=f"{group.source()}.1", reason="a letter"))
        desk.close()

        group.owner.archive.refresh()
        group.owner.catch_up()
        kinds = {kind for (kind,) in group.owner.index.db.execute("SELECT kind FROM records")}
        assert "session" in kinds

    def test_a_record_that_he_writes_all_the_same_is_not_taken_in(self, group: Group) -> None:
        from guvoh.archive.entries import Entry
        from guvoh.records.base import now
        from guvoh.records.codec import checked_bytes, subjects_of
        from guvoh.records.decisions import Note

        desk = group.desk()
        source = group.source()
        note = Note(id="n-" + "a" * 20, by=desk.archive.member, at=now(), about=(source,), text="smuggled in")
        with desk.archive.batch() as batch:
            batch.add(Entry(subjects_of(note), checked_bytes(note)))

        group.owner.archive.refresh()
        group.owner.catch_up()
        with pytest.raises(NoSuchRecord):
            group.owner.ask(queries.show, Show(id=note.id))
        assert len(group.owner.index.unreadable()) == 1


@in_role(Role.READER_WITHOUT_IDENTITIES)
class TestAReaderWithoutIdentities:
    def test_counts_the_same_people_and_sees_no_name(self, group: Group) -> None:
        desk = group.desk()

        assert desk.ask(queries.people, Nothing()).people == group.people
        assert desk.ask(queries.people, Nothing()).overlaps == group.owner.ask(queries.people, Nothing()).overlaps
        seen = repr([desk.ask(queries.sources, Nothing()), desk.index.dump(), desk.ask(queries.count, Nothing())])
        assert named_in(seen.encode()) == []
        assert len(desk.ask(queries.sources, Nothing()).sources) == 3

    def test_can_neither_search_nor_open_a_row(self, group: Group) -> None:
        desk = group.desk()

        with pytest.raises(NotAllowed, match="no names"):
            desk.ask(queries.search, Search(text=NAMES[0]))
        with pytest.raises(NoSuchRecord):
            desk.ask(queries.show, Show(id=f"{group.source()}.1", reason="curious"))

    def test_verifies_everything_that_he_can_open(self, group: Group) -> None:
        archive = group.desk().archive
        found = verify(archive, archive.known)
        assert found.problems == []
        assert any("was not opened" in notice for notice in found.notices)

    def test_has_no_name_in_the_pages_of_his_index_nor_in_the_memory_of_his_process(self, group: Group) -> None:
        script = (
            "import sys; from pathlib import Path; from guvoh.archive.store import Archive;"
            "from guvoh.casebook.desk import Desk; from guvoh.casebook import queries;"
            "from guvoh.casebook.answers import Nothing;"
            "folder = Path(sys.argv[1]);"
            "desk = Desk(Archive(folder / 'archive', folder / sys.argv[2], sys.stdin.readline().strip()));"
            "found = [desk.ask(queries.people, Nothing()), desk.ask(queries.sources, Nothing()), desk.index.dump()];"
            "print('ready', flush=True); sys.stdin.readline()"
        )

        def named(home: str) -> list[str]:
            with subprocess.Popen(
                [sys.executable, "-c", script, str(group.folder), home],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(PASSPHRASE + "\n")
                process.stdin.flush()
                assert process.stdout.readline() == "ready\n"
                found = named_in(_memory(process.pid))
                process.stdin.write("\n")
                process.stdin.flush()
            return found

        if not os.access(f"/proc/{os.getpid()}/mem", os.R_OK):
            pytest.skip("this system does not let a process read another's memory")
        assert len(named("home")) > 50  # the owner's process has them: so they would be found
        assert named("other") == []


def _memory(process: int) -> bytes:
    """All of a process's memory that can be read."""
    found = []
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(start)
                found.append(memory.read(end - start))
            except OSError:
                continue
    return b"\n".join(found)


@in_role(Role.WRITER)
class TestAWriter:
    def test_adds_what_others_read_and_can_read_nothing_back(self, group: Group) -> None:
        desk = group.desk()
        added = add(desk, {"testimony.txt": "What Canaryevzz saw at the market."})
        assert [file.outcome for file in added.files] == ["added"]

        with pytest.raises(NotReadable):
            list(desk.archive.entries())
        for use_case, request in ((queries.sources, Nothing()), (queries.show, Show(id=added.files[0].source))):
            with pytest.raises(NotAllowed, match="can read nothing back"):
                desk.ask(use_case, request)
        group.owner.archive.refresh()
        group.owner.catch_up()
        assert "Canaryevzz" in group.owner.ask(queries.show, Show(id=added.files[0].source)).text

    def test_gives_the_same_bytes_the_same_id_as_everybody(self, group: Group) -> None:
        (file,) = add(group.desk(), {"letter.txt": LISTS["letter.txt"]}).files
        group.owner.archive.refresh()
        group.owner.catch_up()
        ids = [source.id for source in group.owner.ask(queries.sources, Nothing()).sources]
        assert file.source in ids
        assert len(ids) == 3

    def test_verifies_everything_without_opening_it(self, group: Group) -> None:
        archive = group.desk().archive
        found = verify(archive, archive.known)
        assert found.problems == []
        assert not found.read


@in_role(Role.REPLICA)
class TestAReplica:
    def test_verifies_everything_and_does_nothing_else(self, group: Group) -> None:
        desk = group.desk()

        assert desk.ask(queries.verify, Verify()).problems == ()
        with pytest.raises(NotReadable):
            list(desk.archive.entries())
        assert not any(desk.archive.opener.epochs.values())
        with pytest.raises(NotAllowed):
            add(desk, {"x.txt": "something"})


def test_every_use_case_says_what_it_needs() -> None:
    assert keeper.ASKED  # importing it has registered them all
    assert set(rights.REGISTERED) == set(rights._NEEDS)
    assert {"add", "show", "search", "erase", "carry_out", "conflicts"} <= set(rights.REGISTERED)
