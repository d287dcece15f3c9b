"""member, device, join, passphrase, leave, recovery, recover: as people type them, each on a computer of his own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from stranger import PASSPHRASE, Place, Ran, at_a_terminal, one_line

pytest_plugins = ("places",)

OTHER = "velvet anchor pebble tornado crayon silver"
WEAK = "summer2024"
GROUPS = {
    "member": ("add", "list", "remove", "agree", "name", "accept"),
    "device": ("remove", "name", "lost"),
    "recovery": ("make", "list", "revoke"),
}
QUICK = ("--guess-memory", "1")


def beside(place: Place, name: str, passphrase: str = OTHER) -> Place:
    """Another computer, to which the archive's folder was copied."""
    other = Place(place.folder.with_name(f"{place.folder.name}-{name}"))
    other.prepare()
    other.passphrase.write_text(passphrase + "\n", "utf-8")
    shutil.copytree(place.archive, other.archive)
    return other


def carry(place: Place, other: Place) -> None:
    """Bring what one computer has to another."""
    shutil.copytree(place.archive, other.archive, dirs_exist_ok=True)


def join(other: Place, *words: str) -> Ran:
    file = ("--passphrase-file", str(other.passphrase))
    return other.well(other.bare("join", str(other.archive), *file, *QUICK, *words))


def asked(ran: Ran) -> tuple[str, str, str]:
    """(device, request file, the five words) of what `guvoh join` says."""
    device = re.search(r"device (d-[a-z2-7]{20})", ran.out)
    request = re.search(r"^    (.*\.request)$", ran.out, re.MULTILINE)
    words = re.search(r"^    ([a-z]+(?: [a-z]+){4})$", ran.out, re.MULTILINE)
    assert device is not None
    assert request is not None
    assert words is not None
    return device[1], request[1], words[1]


def admitted(place: Place, name: str, role: str) -> Place:
    """Somebody who has joined in this role, and has synced."""
    other = beside(place, name)
    _, request, words = asked(join(other))
    place.well(place.run("member", "add", request, "--role", role, "--name", name.title(), "--check", words))
    carry(place, other)
    return other


class TestHelp:
    @pytest.mark.parametrize(
        "words", [(group, name) for group, names in GROUPS.items() for name in names], ids=" ".join
    )
    def test_of_every_command_has_an_example(self, nothing_yet: Place, words: tuple[str, ...]) -> None:
        ran = nothing_yet.well(nothing_yet.bare(*words, "--help"))

        assert f"guvoh {' '.join(words)}" in ran.out.partition("Example:")[2]

    def test_of_admitting_says_what_each_role_may(self, nothing_yet: Place) -> None:
        said = " ".join(nothing_yet.well(nothing_yet.bare("member", "add", "--help")).out.split())

        for role in ("owner", "editor", "reader", "reader-without-identities", "writer", "replica"):
            assert f"{role}: " in said


class TestLettingSomebodyIn:
    def test_goes_by_five_words_that_both_see(self, place: Place) -> None:
        idris = beside(place, "idris")
        device, request, words = asked(join(idris))
        said = at_a_terminal(
            place,
            ("member", "add", request, "--role", "editor", "--name", "Idris", *given(place)),
            [("read these very words to you? [y/N]: ", "y")],
        )

        assert words in said
        assert f"Admitted: device {device}" in said
        carry(place, idris)
        idris.well(idris.run("sources"))
        assert "editor 2  Idris" in place.well(place.run("member", "list")).out

    def test_does_not_happen_where_the_words_differ(self, place: Place) -> None:
        _, request, _ = asked(join(beside(place, "idris")))
        said = at_a_terminal(
            place,
            ("member", "add", request, "--role", "editor", *given(place)),
            [("read these very words to you? [y/N]: ", "n")],
        )

        assert "Nothing was done." in said
        assert "editor" not in place.well(place.run("member", "list")).out

    def test_needs_the_words_where_nobody_can_be_asked(self, place: Place) -> None:
        _, request, words = asked(join(beside(place, "idris")))

        assert "--check" in one_line(place.run("member", "add", request, "--role", "editor"))
        others = " ".join(reversed(words.split()))
        assert "nobody was admitted" in one_line(
            place.run("member", "add", request, "--role", "editor", "--check", others)
        )

    def test_needs_a_role_for_a_new_member(self, place: Place) -> None:
        _, request, words = asked(join(beside(place, "idris")))

        assert "in which role" in one_line(place.run("member", "add", request, "--check", words), 2)

    def test_takes_a_device_whose_request_came_with_a_sync(self, place: Place) -> None:
        idris = beside(place, "idris")
        device, _, words = asked(join(idris))
        carry(idris, place)
        listed = place.well(place.run("member", "list")).out
        place.well(place.run("member", "add", device, "--role", "reader", "--check", words))

        assert f"  {device}  of a new member" in listed
        assert "wait" not in place.well(place.run("member", "list")).out

    @pytest.mark.parametrize("what", ["nothing-there.request", "d-aaaaaaaaaaaaaaaaaaaa", "."])
    def test_says_where_there_is_no_request(self, place: Place, what: str) -> None:
        one_line(place.run("member", "add", what, "--role", "reader", "--check", "a b c d e"))

    def test_refuses_a_file_that_is_none(self, place: Place) -> None:
        file = place.file("letter.request", "Dear colleague, please let me in.\n")

        assert "no request to join" in one_line(place.run("member", "add", file, "--role", "owner", "--check", "a"))

    def test_works_while_the_archive_is_unlocked(self, place: Place) -> None:
        _, request, words = asked(join(beside(place, "idris")))
        with place.unlocked():
            archive = ("--archive", str(place.archive))
            place.well(place.bare("member", "add", request, "--role", "editor", "--check", words, *archive))
            place.well(place.bare("member", "name", "editor 2", "Idris", *archive))
            listed = place.well(place.bare("member", "list", *archive)).out
            removed = place.well(place.bare("member", "remove", "Idris", "--yes", *archive)).out

        assert "editor 2  Idris" in listed
        assert "A new key is in use" in removed


class TestAgreeing:
    def test_with_a_removal_takes_the_id_that_was_printed(self, place: Place) -> None:
        sevara = admitted(place, "sevara", "owner")
        idris = admitted(place, "idris", "owner")
        out = idris.well(idris.run("member", "remove", "owner 1", "--yes")).out
        removal = re.search(r"guvoh member agree (x-[a-z2-7]{20})", out)
        assert removal is not None
        sevara.well(sevara.run("sync", str(idris.archive)))
        listed = sevara.well(sevara.run("member", "list")).out
        [waits] = sevara.well(sevara.run("member", "list", "--json")).json["not_seconded"]
        agreed = sevara.well(sevara.run("member", "agree", removal[1], "--yes")).out

        assert f"Removal {removal[1]} of owner 1, by owner 3, can still be answered" in listed
        assert waits == {"removal": removal[1], "removed": "owner 1", "by": "owner 3"}
        assert "It stands, also against an answer" in agreed
        assert "member agree" not in sevara.well(sevara.run("member", "list")).out
        assert "your own" in one_line(idris.run("member", "agree", removal[1], "--yes"))
        assert "no removal" in one_line(place.run("member", "agree", removal[1], "--yes"))

    def test_is_asked_for_by_the_one_who_revokes_sheets(self, place: Place) -> None:
        admitted(place, "idris", "owner")
        made = place.well(place.run("recovery", "make"))
        again = place.well(place.run("recovery", "make", "--yes"))
        revoked = place.well(place.run("recovery", "revoke", "--yes"))

        assert "member agree" not in made.out + made.err + again.out
        assert "guvoh member agree x-" in again.err
        assert "guvoh member agree x-" in revoked.out


class TestJoining:
    def test_offers_a_passphrase_and_asks_again_for_a_weak_one(self, place: Place) -> None:
        idris = beside(place, "idris")
        said = at_a_terminal(
            idris,
            ("join", str(idris.archive), *QUICK),
            [
                ("one of your own: ", WEAK),
                ("for confirmation: ", WEAK),
                ("one of your own: ", OTHER),
                ("for confirmation: ", OTHER),
            ],
        )

        assert "too easy to guess" in said
        assert "Read these words to an owner" in said
        assert OTHER not in said

    def test_shows_the_words_again_when_asked_again(self, place: Place) -> None:
        idris = beside(place, "idris")
        first = asked(join(idris))

        assert asked(idris.well(idris.bare("join", str(idris.archive)))) == first

    def test_a_copied_folder_makes_an_owners_new_device_at_once(self, place: Place) -> None:
        second = beside(place, "second", PASSPHRASE)
        ran = join(second, "--member", "owner 1")

        assert "is now device" in ran.out
        assert "owner 1 device 2" in second.well(second.run("member", "list")).out

    def test_for_nobody_known_says_who_there_is(self, place: Place) -> None:
        second = beside(place, "second")
        line = one_line(second.bare("join", str(second.archive), "--member", "Idris"))

        assert "owner 1 is m-" in line
        assert "Idris" not in line

    def test_a_computer_that_is_a_device_already_stays_the_one_it_is(self, place: Place) -> None:
        assert "already" in one_line(place.bare("join", str(place.archive), "--passphrase-file", str(place.passphrase)))

    def test_a_folder_that_is_no_archive_is_named(self, place: Place) -> None:
        line = one_line(place.bare("join", str(place.files), "--passphrase-file", str(place.passphrase)))

        assert "is not a whole archive" in line


def given(place: Place) -> tuple[str, ...]:
    return ("--archive", str(place.archive), "--passphrase-file", str(place.passphrase))


class TestTheListOfMembers:
    def test_for_programs_holds_neither_labels_nor_ids_of_members(self, place: Place) -> None:
        admitted(place, "idris", "editor")
        out = place.well(place.run("member", "list", "--json")).out
        found = json.loads(out)

        assert [one["member"] for one in found["members"]] == ["owner 1", "editor 2"]
        assert "Idris" not in out
        assert re.search(r"\b[md]-[a-z2-7]{20}", out) is None

    def test_shows_a_hostile_name_as_what_it_is(self, place: Place) -> None:
        place.well(place.run("member", "name", "owner 1", "A\u202eB\x1b[31m"))

        assert "A\\u202eB\\u001b[31m" in place.well(place.run("member", "list")).out

    @pytest.mark.parametrize("command", [("member", "remove"), ("device", "remove"), ("device", "lost")])
    def test_a_name_that_fits_nobody_is_not_repeated_in_the_error(self, place: Place, command: tuple[str, ...]) -> None:
        line = one_line(place.run(*command, "Karimova", *(("--yes",) if command[1] == "remove" else ())))

        assert "guvoh member list" in line
        assert "Karimova" not in line


class TestRemoving:
    def test_asks_first_and_says_what_he_still_has(self, place: Place) -> None:
        admitted(place, "idris", "editor")
        said = at_a_terminal(
            place, ("member", "remove", "Idris", *given(place)), [("Remove this member? [y/N]: ", "y")]
        )

        assert "He may still have" in said
        assert "the keys to everything that was written until now" in said
        assert "Removed: Idris (editor 2)." in place.well(place.run("member", "list")).out

    def test_does_nothing_where_nobody_can_be_asked(self, place: Place) -> None:
        admitted(place, "idris", "editor")

        assert "--yes" in place.run("member", "remove", "Idris").err
        assert "Removed" not in place.well(place.run("member", "list")).out

    def test_what_comes_later_is_kept_apart_and_can_be_taken_in(self, place: Place) -> None:
        idris = admitted(place, "idris", "editor")
        place.well(place.run("device", "remove", "Idris", "--yes"))
        idris.well(idris.run("add", idris.file("late.txt", "Written without knowing.\n")))
        carry_log(idris, place)
        listed = place.well(place.run("member", "list")).out
        kept = re.search(r"`guvoh member accept (d-[a-z2-7]{20})`", listed)

        assert kept is not None
        assert "No sources" in place.well(place.run("sources")).out
        place.well(place.run("member", "accept", kept[1], "--yes"))
        assert "1 source." in place.well(place.run("sources")).out

    def test_of_a_device_says_when_that_is_not_enough(self, place: Place) -> None:
        admitted(place, "idris", "editor")
        out = place.well(place.run("device", "remove", "editor 2 device 1", "--yes")).out

        assert "remove the member too" in out


def carry_log(place: Place, other: Place) -> None:
    """Bring the logs of one computer that another has not, and the originals."""
    for part in ("logs", "evidence"):
        for path in (place.archive / part).rglob("*"):
            final = other.archive / path.relative_to(place.archive)
            if path.is_file() and not final.exists():
                final.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, final)


class TestALostDevice:
    def test_says_whom_to_warn_and_what_to_do(self, filled: Place) -> None:
        admitted(filled, "idris", "editor")
        filled.well(filled.run("add", "--terms", "consent", filled.file("own.csv", "name\nSOBIROV KOMIL\n")))
        out = filled.well(filled.run("device", "lost", "Idris")).out
        device = re.search(r"guvoh device remove (d-[a-z2-7]{20})", out)

        assert device is not None
        assert out.index("SOBIROV KOMIL") < out.index("prisoners.csv, 4 persons") < out.index("Colleagues")
        assert out.index("Colleagues") < out.index("What to do now")
        assert "guvoh member remove m-" in out
        assert "KARIMOV" not in out  # of a published list nobody is named

    def test_of_a_writer_names_nobody_as_readable(self, filled: Place) -> None:
        admitted(filled, "idris", "writer")
        out = filled.well(filled.run("device", "lost", "Idris")).out

        assert "Nothing of the archive could be read" in out
        assert "prisoners.csv" not in out

    def test_lists_many_only_when_asked_to(self, place: Place) -> None:
        admitted(place, "idris", "editor")
        rows = "".join(f"SOBIROV KOMIL{chr(97 + n // 26)}{chr(97 + n % 26)}\n" for n in range(60))
        place.well(place.run("add", "--terms", "internal", place.file("many.csv", f"name\n{rows}")))
        short = place.well(place.run("device", "lost", "Idris")).out
        whole = place.well(place.run("device", "lost", "Idris", "--all")).out

        assert "and 20 more: --all lists them" in short
        assert (short.count("SOBIROV"), whole.count("SOBIROV")) == (40, 60)


class TestAnotherPassphrase:
    def test_is_chosen_at_the_terminal(self, place: Place) -> None:
        said = at_a_terminal(
            place,
            ("passphrase", "--archive", str(place.archive)),
            [
                ("until now: ", PASSPHRASE),
                ("one of your own: ", OTHER),
                ("for confirmation: ", OTHER),
            ],
        )

        assert "still opens with the old one" in said
        assert OTHER not in said
        one_line(place.run("sources"))
        place.passphrase.write_text(OTHER + "\n", "utf-8")
        place.well(place.run("sources"))

    def test_is_given_by_file_in_scripts(self, place: Place) -> None:
        new = place.file("new.txt", OTHER + "\n")
        place.well(place.run("passphrase", "--new-passphrase-file", new))
        place.passphrase.write_text(OTHER + "\n", "utf-8")

        place.well(place.run("sources"))

    def test_that_is_weak_or_not_given_changes_nothing(self, place: Place) -> None:
        weak = place.file("weak.txt", WEAK + "\n")

        assert "too easy to guess" in one_line(place.run("passphrase", "--new-passphrase-file", weak))
        assert "--new-passphrase-file" in one_line(place.run("passphrase"))
        place.well(place.run("sources"))


class TestLeaving:
    def test_is_refused_where_nobody_else_has_what_is_here(self, filled: Place) -> None:
        line = one_line(filled.run("leave", "--yes"))

        assert "not known to be anywhere else" in line
        filled.well(filled.run("sources"))

    def test_ends_the_key_process_and_leaves_nothing_that_opens(self, place: Place) -> None:
        archive = ("--archive", str(place.archive))
        with place.unlocked():
            out = place.well(place.bare("leave", "--force", "--yes", *archive)).out
            line = one_line(place.bare("sources", *given(place)))

        assert "Still on this disk:" in out
        assert "keys/" in line
        assert list((place.archive / "keys").iterdir()) == []

    def test_goes_where_a_colleague_is_known_to_have_all_and_gives_it_back(self, filled: Place) -> None:
        idris = admitted(filled, "idris", "editor")
        idris.well(idris.run("add", idris.file("his.txt", "His words.\n")))
        carry(idris, filled)
        out = filled.well(filled.run("leave", "--commitments-only", "--yes")).out

        assert list((filled.archive / "evidence").iterdir()) == []
        assert "commitments alone" in out
        one_line(filled.run("sources"))
        carry(idris, filled)
        assert "5 sources." in filled.well(filled.run("sources")).out

    def test_asks_before_anything_is_removed(self, place: Place) -> None:
        assert "--yes" in one_line(place.bare("leave", "--force", "--archive", str(place.archive)))
        said = at_a_terminal(
            place, ("leave", "--force", "--archive", str(place.archive)), [("from this computer? [y/N]: ", "")]
        )

        assert "Nothing was done." in said
        place.well(place.run("sources"))


class TestSheets:
    def test_are_written_privately_and_open_the_archive_elsewhere(self, filled: Place) -> None:
        out = filled.folder / "paper"
        made = filled.well(filled.run("recovery", "make", "--out", str(out)))
        sheets = sorted(out.iterdir())

        assert [path.name for path in sheets] == ["sheet-1.txt", "sheet-2.txt", "sheet-3.txt"]
        assert {path.stat().st_mode & 0o777 for path in sheets} == {0o600}
        assert "guvoh" not in "".join(path.read_text("utf-8") for path in sheets).casefold()
        assert made.out == ""
        rescued = beside(filled, "rescued")
        words = ("recover", str(rescued.archive), "--passphrase-file", str(rescued.passphrase), *QUICK)
        rescued.well(rescued.bare(*words, "--sheet", str(sheets[2]), "--sheet", str(sheets[0])))
        assert "4 sources." in rescued.well(rescued.run("sources")).out
        assert "owner 2" in rescued.well(rescued.run("member", "list")).out

    def test_are_shown_where_no_folder_is_named_and_typed_again_at_a_terminal(self, place: Place) -> None:
        shown = place.well(place.run("recovery", "make")).out
        words = [dict(re.findall(r"(\d+)  ([a-z]+)", sheet)) for sheet in shown.split("sheet ")[1:]]
        first, second = (" ".join(one[str(at)] for at in range(1, 34)) for one in (words[0], words[1]))
        rescued = beside(place, "rescued")
        half = len(first) // 2
        cut = first.index(" ", half)
        said = at_a_terminal(
            rescued,
            ("recover", str(rescued.archive), *QUICK),
            [
                ("> ", first[:cut]),
                ("> ", first[cut:]),
                ("> ", first),  # the same once more is no second sheet
                ("> ", second),
                ("one of your own: ", OTHER),
                ("for confirmation: ", OTHER),
            ],
        )

        assert "the same sheet" in said
        assert "an owner, on this computer" in said
        rescued.well(rescued.run("sources"))

    def test_one_alone_opens_nothing_and_changes_nothing(self, place: Place) -> None:
        out = place.folder / "paper"
        place.well(place.run("recovery", "make", "--out", str(out)))
        rescued = beside(place, "rescued")
        words = ("recover", str(rescued.archive), "--passphrase-file", str(rescued.passphrase), *QUICK)
        line = one_line(rescued.bare(*words, "--sheet", str(out / "sheet-1.txt")))

        assert "find another one" in line
        assert not rescued.home.exists()

    def test_are_not_made_where_they_cannot_be_written(self, place: Place) -> None:
        out = place.folder / "paper"
        out.mkdir()
        (out / "sheet-2.txt").write_text("mine", "utf-8")
        line = one_line(place.run("recovery", "make", "--out", str(out)))

        assert "nothing was made" in line
        assert [path.name for path in out.iterdir()] == ["sheet-2.txt"]
        assert "no sheets in force" in place.well(place.run("recovery", "list")).out

    def test_leave_no_empty_files_where_they_are_refused(self, place: Place) -> None:
        idris = admitted(place, "idris", "editor")
        out = idris.folder / "paper"
        one_line(idris.run("recovery", "make", "--out", str(out)))

        assert list(out.iterdir()) == []

    def test_are_revoked_after_a_question(self, place: Place) -> None:
        place.well(place.run("recovery", "make"))
        assert "--yes" in one_line(place.run("recovery", "revoke"))
        assert re.search(r"made on \d{4}-\d\d-\d\d", place.well(place.run("recovery", "list")).out)
        out = place.well(place.run("recovery", "revoke", "--yes")).out

        assert "still open what was written until now" in out
        assert place.well(place.run("recovery", "list", "--json")).json == []

    def test_made_again_are_agreed_to_since_the_old_ones_end(self, place: Place) -> None:
        place.well(place.run("recovery", "make"))

        assert "--yes" in one_line(place.run("recovery", "make"))
        place.well(place.run("recovery", "make", "--yes"))
        assert len(place.well(place.run("recovery", "list", "--json")).json) == 1


def test_no_word_of_a_passphrase_or_a_sheet_is_in_an_error(place: Place, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(" ".join(["academic"] * 32 + ["Karimova"]), "utf-8")
    ran = place.bare("recover", str(place.archive), "--sheet", str(sheet), "--sheet", str(sheet))

    assert "word 33" in one_line(ran)
    assert "academic" not in ran.err
    assert "Karimova" not in ran.err


def test_a_computer_that_was_left_asks_for_the_passphrase_once_the_keys_are_back(filled: Place) -> None:
    copy = filled.folder / "stick"
    filled.well(filled.run("sync", str(copy)))
    archive = ("--archive", str(filled.archive))
    filled.well(filled.bare("leave", "--force", "--yes", *archive))
    empty = filled.folder / "empty"
    asked_for_none = filled.bare("sync", str(empty), *archive)
    looked = filled.bare("doctor", *archive)
    back = filled.well(filled.run("sync", str(copy)))

    assert "Your keys did not come with it" in asked_for_none.err
    assert "this computer was left" in looked.out
    assert "key file" in back.out
    assert back.out.rstrip().endswith("The archive opens now.")
    filled.well(filled.run("sources"))
