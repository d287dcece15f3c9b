"""release prepare, write, second, list: as a caseworker types them."""

from __future__ import annotations

import json
import re
import stat

import pytest
from stranger import Place, Ran, one_line
from test_cli_members import admitted, carry
from testimony import NAME, ROWS

from guvoh.casebook.releasing import Kept, Preview, Reasoned
from guvoh.cli import releasing
from guvoh.sealing.boxes import Identity

pytest_plugins = ("places", "testimonies")

COUNSEL = ("--level", "counsel", "--to", "Vera Sokolova")
UN = ("--level", "un", "--body", "wgad", "--state", "ru", "--to", "Secretary of the group")
NAMES = (NAME, *(row.partition(";")[0] for row in ROWS.splitlines()))


def prepared(place: Place, *words: str) -> str:
    found = place.well(place.run("release", "prepare", *words, "--json")).json
    return str(found["release"])


def written(place: Place, release: str, name: str) -> Ran:
    return place.run("release", "write", release, "--out", str(place.folder / name))


def holds_no_name(*texts: str) -> bool:
    return not [name for text in texts for name in NAMES if name in text]


class TestPreparing:
    def test_shows_what_would_leave_with_warnings_and_the_risk_at_home(self, testified: Place) -> None:
        ran = testified.well(testified.run("release", "prepare", testified.ids["mention"], *COUNSEL))
        risks = re.findall(r"^ {6}([A-Z]{2})  .+\n {10}checked on (\S+); verify with counsel$", ran.out, re.MULTILINE)

        assert f"Person 1: {testified.ids['mention']}" in ran.out
        assert f"      name: {NAME}" in ran.out
        assert "WARNING: all that is shown comes from one source" in ran.out
        assert {state for state, _ in risks} == {"UZ"}
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for _, day in risks)
        assert "1 person; of 1 something would be shown." in ran.out

    def test_names_the_next_command_and_it_works_as_printed(self, testified: Place) -> None:
        ran = testified.well(testified.run("release", "prepare", testified.ids["mention"], *COUNSEL))
        offered = re.search(r"^ {4}guvoh release write (\S+) --out FILE.html --archive (\S+)$", ran.out, re.MULTILINE)
        assert offered is not None

        assert offered[2] == str(testified.archive)
        assert "reference is" in testified.well(written(testified, offered[1], "case.html")).out

    def test_tells_programs_numbers_and_reasons_alone(self, testified: Place) -> None:
        ran = testified.well(testified.run("release", "prepare", testified.ids["mention"], *UN, "--json"))
        found = ran.json

        assert (found["persons"], found["shown"], found["state"]) == (1, 0, "RU")
        assert [one["count"] for one in found["left_out"]] == [1]
        assert "(S5)" in found["left_out"][0]["why"]
        assert holds_no_name(ran.out, ran.err)
        assert testified.ids["mention"] not in ran.out
        assert "Ўзбекистон" not in ran.out

    def test_says_what_is_left_out_and_why(self, testified: Place) -> None:
        ran = testified.well(testified.run("release", "prepare", testified.ids["mention"], *UN))
        mention = testified.ids["mention"]

        assert re.search(rf"^  left out: mention {mention}: nobody was asked whether .*\(S5\)", ran.out, re.MULTILINE)
        assert "Note: UN Working Group on Arbitrary Detention sends a case with the person's name" in ran.out
        assert "there is nothing to write" in ran.out
        assert "release write" not in ran.out
        assert holds_no_name(ran.out)

    def test_shows_nobody_who_stands_on_a_list_alone(self, testified: Place) -> None:
        ran = testified.well(testified.run("release", "prepare", f"{testified.ids['list']}.3", *COUNSEL))

        assert "of 0 something would be shown" in ran.out
        assert holds_no_name(ran.out)

    def test_prints_as_many_persons_as_asked_and_counts_all(self, testified: Place) -> None:
        rows = [f"{testified.ids['list']}.{number}" for number in range(1, 6)]
        listed = testified.file("mentions.txt", "\n".join([testified.ids["mention"], "", *rows]) + "\n")
        ran = testified.well(testified.run("release", "prepare", "--from", listed, *COUNSEL, "--most", "2"))

        assert re.findall(r"^Person (\d):", ran.out, re.MULTILINE) == ["1", "2"]
        assert "6 persons; of 1 something would be shown." in ran.out
        assert "The first 2 are printed" in ran.out

    def test_takes_mentions_from_standard_input_and_the_recipient_from_a_file(self, testified: Place) -> None:
        to = testified.file("to.txt", "  Vera Sokolova \nher office\n")
        given = ("--archive", str(testified.archive), "--passphrase-file", str(testified.passphrase))
        words = ("release", "prepare", "--from", "-", "--level", "counsel", "--to-file", to, *given)
        ran = testified.well(testified.bare(*words, given=f"{testified.ids['mention']}\n"))

        assert "Level counsel to Vera Sokolova." in ran.out
        assert "of 1 something would be shown" in ran.out

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("--level", "secret", "--to", "V"), "--level"),
            (("--level", "internal", "--to", "V"), "--level"),
            (("--to", "V"), "--level"),
            (("--level", "un", "--body", "wgad", "--to", "V", "--state", "Russia"), "two letters"),
            (("--level", "counsel", "--to", "V", "--to-file", "to.txt"), "give one"),
        ],
    )
    def test_called_wrongly_ends_with_code_2(self, has_testified: Place, words: tuple[str, ...], why: str) -> None:
        assert why in one_line(has_testified.run("release", "prepare", has_testified.ids["mention"], *words), 2)

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("--level", "counsel"), "say who is to have it"),
            (("--level", "counsel", "--to", "V", "--state", "RU"), "for the level un"),
            (("--level", "un", "--to", "V"), "say to which body"),
            (("--level", "un", "--to", "V", "--body", "wgad"), "which one is concerned"),
            (("--level", "un", "--to", "V", "--body", "ced", "--state", "RU"), "is not"),
            (("--level", "counsel", "--to", "V", "--seal", "age1nonsense"), "no age recipient"),
            (("--level", "counsel", "--to", "V", "--from", "nothing-there.txt"), "cannot be read"),
            (("--level", "counsel", "--to-file", "nothing-there.txt"), "no such file"),
            (("s-aaaaaaaaaaaaaaaaaaaa.1", "--level", "counsel", "--to", "V"), "there is no record"),
        ],
    )
    def test_refuses_in_one_line_what_cannot_go_anywhere(
        self, has_testified: Place, words: tuple[str, ...], why: str
    ) -> None:
        assert why in one_line(has_testified.run("release", "prepare", has_testified.ids["mention"], *words))

    def test_is_about_somebody(self, has_testified: Place) -> None:
        assert "say whom it is about" in one_line(has_testified.run("release", "prepare", *COUNSEL))

    @pytest.mark.parametrize("content", [b"", b"  \nVera\n", b"\xff\xfeV"])
    def test_refuses_a_file_that_names_no_recipient(self, has_testified: Place, content: bytes) -> None:
        to = has_testified.file("to.txt", content)
        words = (has_testified.ids["mention"], "--level", "counsel", "--to-file", to)

        assert "to.txt" in one_line(has_testified.run("release", "prepare", *words))


class TestThePreviewInWords:
    def test_says_in_one_line_what_of_a_record_is_left_out_for_one_reason(self) -> None:
        def kept(field: str, why: str) -> Kept:
            return Kept(record="t-1", kind="statement", field=field, why=why)

        lines = releasing._left_out((kept("value", "words"), kept("speaker", "words"), kept("", "not allowed")))

        assert list(lines) == ["statement t-1 its value and speaker: words", "statement t-1: not allowed"]

    def test_counts_a_reason_once_whoever_it_is_about(self) -> None:
        left_out = (
            Reasoned(why="nobody was asked", count=5),
            Reasoned(why="free words", count=4),
        )
        preview = Preview(
            release="x-1", level="counsel", recipient="", body="", state="", persons=2, shown=0, second_needed=False,
            sealed=False,
            people=(), left_out=left_out, warnings=(), notes=(),
        )  # fmt: skip

        assert releasing._reasons(preview) == [("nobody was asked", 5), ("free words", 4)]


class TestWriting:
    def test_makes_a_file_for_its_owner_and_records_that_it_left(self, testified: Place) -> None:
        release, path = prepared(testified, testified.ids["mention"], *COUNSEL), testified.folder / "case.html"
        ran = testified.well(written(testified, release, "case.html"))
        reference = re.search(r"reference is (x-[a-z2-7]{20})", ran.out)
        assert reference is not None
        page = path.read_text("utf-8")
        shown = testified.well(testified.run("consent", "show", testified.ids["mention"])).out

        assert str(path) in ran.out
        assert "1 person" in ran.out
        assert "It is NOT sealed" in ran.out
        assert holds_no_name(ran.out, ran.err)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert NAME in page
        assert reference[1] in page
        assert re.search(rf"{reference[1]} +\d{{4}}-\d\d-\d\d +counsel +Vera Sokolova", shown)

    def test_takes_the_format_from_the_suffix(self, testified: Place) -> None:
        release = prepared(testified, testified.ids["mention"], *COUNSEL)
        testified.well(written(testified, release, "case.jsonl"))
        head, person = map(json.loads, (testified.folder / "case.jsonl").read_text("utf-8").splitlines())

        assert head["recipient"] == "Vera Sokolova"
        assert NAME in json.dumps(person, ensure_ascii=False)
        assert "--format" in one_line(written(testified, release, "case.docx"), 2)
        testified.well(testified.run("release", "write", release, "--out", "page", "--format", "html"))
        assert (testified.folder / "page").read_text("utf-8").startswith("<!")

    def test_never_writes_over_what_is_there(self, testified: Place) -> None:
        release = prepared(testified, testified.ids["mention"], *COUNSEL)
        (testified.folder / "case.html").write_text("mine", "utf-8")
        (testified.folder / "link.html").symlink_to(testified.folder / "elsewhere.html")

        for name in ("case.html", "link.html", "nowhere/case.html"):
            one_line(written(testified, release, name))
        assert (testified.folder / "case.html").read_text("utf-8") == "mine"
        assert not (testified.folder / "elsewhere.html").exists()
        assert testified.run("release", "list", "--json").json[0]["written"] == []

    def test_seals_to_the_key_of_the_recipient(self, testified: Place) -> None:
        key = Identity.generate()
        release = prepared(testified, testified.ids["mention"], *COUNSEL, "--seal", key.recipient.text)
        ran = testified.well(written(testified, release, "case.jsonl.age"))
        sealed = (testified.folder / "case.jsonl.age").read_bytes()

        assert "It is sealed" in ran.out
        assert "NOT sealed" not in ran.out
        assert NAME.encode() not in sealed
        assert NAME in key.open(sealed).decode("utf-8")

    def test_decides_anew_after_a_withdrawal(self, testified: Place) -> None:
        release = prepared(testified, testified.ids["mention"], *COUNSEL)
        testified.well(testified.run("consent", "withdraw", testified.ids["mention"]))

        assert "nothing was written" in one_line(written(testified, release, "case.html"))
        assert not (testified.folder / "case.html").exists()
        assert not list(testified.folder.glob(".guvoh-*"))

    def test_works_while_the_archive_is_unlocked(self, testified: Place) -> None:
        archive = ("--archive", str(testified.archive))
        with testified.unlocked():
            words = ("release", "prepare", testified.ids["mention"], *COUNSEL, "--json", *archive)
            release = testified.well(testified.bare(*words)).json["release"]
            testified.well(testified.bare("release", "write", release, "--out", "case.html", *archive))

        assert NAME in (testified.folder / "case.html").read_text("utf-8")

    def test_of_something_that_was_not_prepared_is_refused(self, has_testified: Place) -> None:
        assert "was prepared here" in one_line(written(has_testified, "x-aaaaaaaaaaaaaaaaaaaa", "no.html"))


class TestManyPersons:
    def test_are_written_once_a_second_member_agrees(self, testified: Place) -> None:
        rows = [f"{testified.ids['list']}.{number}" for number in range(1, 11)]
        idris = admitted(testified, "idris", "editor")
        ran = testified.well(testified.run("release", "prepare", testified.ids["mention"], *rows, *COUNSEL))
        [release] = set(re.findall(r"guvoh release (?:second|write) (x-\w{20})", ran.out))
        second = ("release", "second", release, "--reason", "went through the refusals")

        assert "another owner or editor has to agree first" in ran.out
        assert "second member has to agree" in one_line(written(testified, release, "case.html"))
        assert "another member" in one_line(testified.run(*second))
        carry(testified, idris)
        assert "Agreed" in idris.well(idris.run(*second)).out
        carry(idris, testified)
        done = testified.well(written(testified, release, "case.html"))
        [listed] = testified.well(testified.run("release", "list", "--json")).json

        assert "Left out whole: 10 persons" in done.out
        assert (listed["persons"], listed["second_needed"], listed["seconded"]) == (11, True, 1)
        assert re.search(rf"^{release} .* editor 2 +x-\w{{20}}$", testified.run("release", "list").out, re.MULTILINE)


class TestTheListOfReleases:
    def test_says_that_there_are_none(self, nothing_yet: Place) -> None:
        assert "No release was prepared" in nothing_yet.well(nothing_yet.run("release", "list")).out
        assert nothing_yet.well(nothing_yet.run("release", "list", "--json")).json == []

    def test_names_the_recipient_to_members_and_not_to_programs(self, testified: Place) -> None:
        release = prepared(testified, testified.ids["mention"], *COUNSEL)
        listed = testified.well(testified.run("release", "list")).out
        [found] = testified.well(testified.run("release", "list", "--json")).json

        assert re.search(rf"^{release} .*counsel +Vera Sokolova +1 +- +not written$", listed, re.MULTILINE)
        assert found["id"] == release
        assert "Sokolova" not in json.dumps(found)
        assert holds_no_name(listed, json.dumps(found, ensure_ascii=False))

    def test_shows_letters_that_would_move_the_cursor_as_what_they_are(self, testified: Place) -> None:
        words = (testified.ids["mention"], "--level", "counsel", "--to", "Vera\x1b[2J\u202e")
        ran = testified.well(testified.run("release", "prepare", *words))

        assert "Vera\\u001b[2J\\u202e" in ran.out
        assert "\x1b" not in ran.out + testified.run("release", "list").out
