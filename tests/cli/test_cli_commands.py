"""Every command, called as a person or a script would call it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stranger import PASSPHRASE, Place, at_a_terminal, one_line

pytest_plugins = ("places",)

COMMANDS = (
    "init", "unlock", "lock", "verify", "add", "sources", "show", "search", "people", "count", "report", "schema",
    "demo",
)  # fmt: skip
WORLD = (
    "Каримов", "Азиз", "Karimov", "KARIMOV", "karimov", "Жўраев", "JURAEV", "Турсунов", "Назаров", "EMOMOV", "Каримова",
    "Дилноза", "қамоқхона", "матерей", "Матери", "Соколова", "prisoners.csv", "captured.csv", "letter.txt", "page.html",
    "assault",
)  # fmt: skip
"""Words of the invented world, from its titles, names, cells, texts and file names."""


def holds_nothing_of_the_world(text: str) -> bool:
    return not [word for word in WORLD if word in text]


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_of_every_command_has_an_example(self, place: Place, command: str) -> None:
        ran = place.bare(command, "--help")

        assert ran.code == 0
        assert "Example:" in ran.out
        assert f"guvoh {command}" in ran.out

    @pytest.mark.parametrize("words", [("--help",), ("-h",), ()])
    def test_lists_every_command_with_a_whole_sentence(self, place: Place, words: tuple[str, ...]) -> None:
        ran = place.bare(*words)
        text = ran.out + ran.err

        assert ran.code == (0 if words else 2)
        assert set(COMMANDS) <= set(re.findall(r"^  (\w+)  ", text, re.M))
        assert "..." not in text.replace("[ARGS]...", "")

    def test_says_the_version(self, place: Place) -> None:
        assert re.fullmatch(r"guvoh \d+\.\d+\.\d+\n", place.bare("--version").out)


class TestACommandCalledWrongly:
    @pytest.mark.parametrize(
        "words",
        [
            ("nosuch",),
            ("add",),
            ("add", "--terms", "secret", "x"),
            ("search",),
            ("search", "--most", "0", "x"),
            ("show",),
            ("people", "extra"),
            ("unlock", "--minutes", "0"),
            ("init", "--guess-memory", "0"),
            ("demo", "--people", "3"),
            ("sources", "--passphrase", PASSPHRASE),
        ],
        ids=" ".join,
    )
    def test_ends_with_code_2_and_one_line_that_names_the_help(self, place: Place, words: tuple[str, ...]) -> None:
        line = one_line(place.bare(*words), 2)

        assert "--help" in line
        assert PASSPHRASE not in line


class TestAFreshArchive:
    def test_holds_nothing_and_every_command_says_so(self, place: Place) -> None:
        assert "No sources yet" in place.well(place.run("sources")).out
        assert place.well(place.run("sources", "--json")).json == []
        assert "Nothing found" in place.well(place.run("search", "Karimov")).out
        assert "No mentions of people" in place.well(place.run("people")).out
        assert "No estimate" in place.well(place.run("count")).out
        found = place.well(place.run("count", "--json")).json
        assert (found["people"], found["mentions"], found["estimates"]) == (0, 0, [])
        assert "all as signed" in place.well(place.run("verify")).out

    def test_gives_a_report_of_nothing(self, place: Place) -> None:
        out = place.folder / "report.html"

        assert "0 sources and 0 people" in place.well(place.run("report", "--out", str(out))).out
        assert "<html" in out.read_text("utf-8")

    def test_is_not_founded_over_something_else(self, place: Place) -> None:
        before = sorted(place.archive.rglob("*"))

        one_line(place.bare("init", str(place.archive), "--passphrase-file", str(place.passphrase)))
        one_line(place.bare("init", str(place.folder), "--passphrase-file", str(place.passphrase)))

        assert sorted(place.archive.rglob("*")) == before

    def test_is_founded_in_the_current_folder_without_an_argument(self, place: Place, tmp_path: Path) -> None:
        here = tmp_path / "here"
        here.mkdir()

        ran = place.bare("init", "--guess-memory", "1", "--passphrase-file", str(place.passphrase), cwd=here)

        assert ran.code == 0
        assert "in the current folder." in ran.out
        assert "cheap to guess" in ran.err
        assert (here / "guvoh.toml").exists()
        assert place.bare("verify", "--passphrase-file", str(place.passphrase), cwd=here).code == 0

    def test_is_not_left_half_founded_where_guvoh_home_cannot_be_written(self, place: Place, tmp_path: Path) -> None:
        blocked = tmp_path / "blocked"
        blocked.write_text("a file where a folder should be")
        words = ("init", str(tmp_path / "new"), "--guess-memory", "1", "--passphrase-file", str(place.passphrase))

        one_line(place.bare(*words, env={"GUVOH_HOME": str(blocked)}))

        assert not (tmp_path / "new").exists()
        assert place.bare(*words).code == 0


class TestAdd:
    def test_says_of_each_file_what_it_is_and_what_was_not_found_in_it(self, place: Place) -> None:
        letter, page = place.file("a.txt", "A letter."), place.file("b.html", "<title>T</title><p>A page</p>")

        ran = place.well(place.run("add", letter, page))

        assert re.search(rf"^{re.escape(letter)}: added as s-\w{{20}} \(text, 9 bytes\)$", ran.out, re.M)
        assert re.search(rf"^{re.escape(page)}: added as s-\w{{20}} \(page, 29 bytes\)$", ran.out, re.M)
        assert "not found in it: title, publisher" in ran.out
        assert "2 files added, 0 here already, 0 failed." in ran.out
        assert "still lie where they were" in ran.out
        assert "Proof that you hold them starts now" in ran.out

    def test_of_the_same_bytes_twice_adds_nothing_and_says_so(self, place: Place) -> None:
        first, second = place.file("first.txt", "The same words."), place.file("second.txt", "The same words.")

        ran = place.well(place.run("add", first, second, first))
        again = place.well(place.run("add", second, "--terms", "internal"))

        assert ran.out.count("the same bytes are here already") == 2
        assert "1 file added, 2 here already, 0 failed." in ran.out
        assert "0 files added, 1 here already" in again.out
        assert len(place.run("sources", "--json").json) == 1
        assert json.loads(place.run("verify", "--json").out)["evidence"] == 1

    def test_goes_on_after_bad_files_and_ends_with_a_summary_and_code_1(self, place: Place) -> None:
        good = [place.file(f"good-{n}.txt", f"Letter {n}") for n in range(3)]
        empty, missing = place.file("empty.txt", ""), str(place.files / "missing.txt")

        ran = place.run("add", good[0], empty, good[1], missing, str(place.files), good[2])

        assert ran.code == 1
        assert ran.out.count(": added as ") == 3
        assert f"{empty}: NOT ADDED: it is empty" in ran.err
        assert f"{missing}: NOT ADDED: there is no such file" in ran.err
        assert f"{place.files}: NOT ADDED: it is a folder" in ran.err
        assert "3 files added, 0 here already, 3 failed." in ran.out
        assert len(place.run("sources", "--json").json) == 3

    def test_shows_how_it_understood_the_columns_of_a_list(self, place: Place) -> None:
        ran = place.well(place.run("add", place.file("list.csv", "ФИО;Год рождения\nКаримов Азиз;1990\n")))

        assert "column 1 ФИО -> name" in ran.out
        assert "column 2 Год рождения -> birth" in ran.out

    def test_takes_a_mapping_of_columns_by_heading_and_by_number(self, place: Place) -> None:
        mapping = place.file("mapping.toml", '[columns]\n"x" = "name"\n2 = "birth_year"\n')

        ran = place.well(place.run("add", place.file("l.csv", "x,y\nKarimov Aziz,1990\n"), "--columns", mapping))

        assert "column 1 x -> name" in ran.out
        assert "column 2 y -> birth_year" in ran.out
        assert "1 mention" in place.run("search", "Каримов").out

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ('[columns]\n"x" = "nome"\n', "there is no role 'nome'"),
            ("columns = 3\n", "no table [columns]"),
            ("[columns\n", "not TOML"),
            ("", "no table [columns]"),
            ('[columns]\n"x" = 3\n', "no table [columns]"),
        ],
    )
    def test_refuses_a_mapping_that_it_does_not_understand_before_anything_is_added(
        self, place: Place, text: str, why: str
    ) -> None:
        mapping, letter = place.file("mapping.toml", text), place.file("l.csv", "x\ny\n")

        assert why in one_line(place.run("add", letter, "--columns", mapping))
        assert place.run("sources", "--json").json == []

    def test_names_a_mapping_that_is_missing_or_a_folder(self, place: Place) -> None:
        letter = place.file("l.csv", "x\ny\n")

        assert "no-map.toml" in one_line(place.run("add", letter, "--columns", "no-map.toml"))
        assert str(place.files) in one_line(place.run("add", letter, "--columns", str(place.files)))

    def test_tells_programs_the_outcome_by_place_and_without_any_name(self, place: Place) -> None:
        files = [place.file("Каримов.csv", "ФИО\nКаримов Азиз\n"), place.file("empty.txt", "")]

        ran = place.run("add", *files, "--json")

        assert ran.code == 1
        assert [(one["place"], one["outcome"]) for one in ran.json] == [(1, "added"), (2, "failed")]
        assert holds_nothing_of_the_world(ran.out)
        assert "empty.txt: NOT ADDED" in ran.err

    def test_interrupted_ends_with_code_130_and_keeps_what_was_finished(self, place: Place) -> None:
        rows = "".join(f"Person{n},19{n % 80 + 10}\n" for n in range(60_000))
        files = [place.file("first.txt", "First"), place.file("long.csv", "name,birth\n" + rows)]
        words = place.command(
            "add", *files, "--archive", str(place.archive), "--passphrase-file", str(place.passphrase)
        )
        with subprocess.Popen(
            words, env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            said = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            error = process.stderr.read()

        assert process.returncode == 130
        assert error.splitlines()[-1] == "guvoh: interrupted; what was finished before is kept"
        assert "Traceback" not in error
        assert "first.txt: added as" in said
        assert [one["form"] for one in place.run("sources", "--json").json] == ["text"]
        assert list(place.folder.rglob("*.part")) == []
        assert place.well(place.run("verify", "--json")).json["notices"] == []


class TestLooking:
    def test_sources_are_listed_in_the_order_they_came_in(self, filled: Place) -> None:
        ran = filled.well(filled.run("sources"))

        assert "4 sources." in ran.out
        assert "4 rows: name birth citizenship" in ran.out
        assert "Письмо матерей" in ran.out
        forms = [line.split()[1] for line in ran.out.splitlines() if line.startswith("s-")]
        assert forms == ["list", "list", "text", "page"]

    def test_a_row_of_a_list_is_shown_with_its_cells(self, filled: Place) -> None:
        ran = filled.well(filled.run("show", f"{filled.ids['list 4']}.2", "--reason", "a test"))

        assert "Жўраев Шерзод" in ran.out
        assert "Год рождения: 1985" in ran.out

    def test_a_source_is_shown_with_how_it_came_in_and_its_text(self, filled: Place) -> None:
        ran = filled.well(filled.run("show", filled.ids["text 0"]))

        assert "as letter.txt" in ran.out
        assert "ўғлим Каримов Азиз ҳақида" in ran.out

    @pytest.mark.parametrize(
        "record",
        ["", "s-aaaaaaaaaaaaaaaaaaaa.1", "'; DROP TABLE source", "x" * 5000, b"\xff"],
    )
    def test_an_unknown_id_is_said_to_be_unknown(self, filled: Place, record: str | bytes) -> None:
        assert "there is no record" in one_line(filled.run("show", record))

    @pytest.mark.parametrize("row", ["0", "5", "99999999999999999999"])
    def test_a_row_that_is_not_there_is_said_to_be_unknown(self, filled: Place, row: str) -> None:
        assert "there is no record" in one_line(filled.run("show", f"{filled.ids['list 4']}.{row}"))

    @pytest.mark.parametrize("words", ["karimov", "Азиз КАРИМОВ", "Qarimov"])
    def test_a_person_is_found_in_any_script(self, filled: Place, words: str) -> None:
        out = filled.well(filled.run("search", *words.split())).out

        assert "Каримов Азиз" in out
        assert "KARIMOV AZIZ" in out
        assert "2 mentions" in out

    @pytest.mark.parametrize("words", ['"', "a* OR", "NEAR(", "--", "   ", b"\xfe"])
    def test_no_word_is_read_as_an_operator(self, filled: Place, words: str | bytes) -> None:
        given = ("--archive", str(filled.archive), "--passphrase-file", str(filled.passphrase))

        assert "Nothing found" in filled.well(filled.bare("search", *given, "--", words)).out

    def test_a_search_prints_no_more_than_asked_and_says_how_many_there_are(self, filled: Place) -> None:
        out = filled.well(filled.run("search", "Каримов", "--most", "1")).out

        assert "2 mentions" in out
        assert "2 are printed; --most N prints more." in out


class TestCounting:
    def test_people_are_counted_by_list_with_overlaps(self, filled: Place) -> None:
        found = filled.well(filled.run("people", "--json")).json

        assert found["mentions"] == 7
        assert [(one["label"], one["rows"], one["people"]) for one in found["lists"]] == [("A", 4, 4), ("B", 3, 3)]
        assert sum(found["times_listed"]) == found["people"]
        assert found["overlaps"][0][1] == found["overlaps"][1][0] == found["times_listed"][1]

    def test_the_same_question_has_the_same_answer_from_the_same_run(self, filled: Place) -> None:
        first, second = (filled.well(filled.run("count", "--json")).json for _ in range(2))

        assert first == second

    def test_an_estimate_comes_with_its_assumptions(self, filled: Place) -> None:
        out = filled.well(filled.run("count")).out

        assert "Two lists (Chapman)" in out
        assert " holds only if:" in out

    def test_a_report_is_written_once_and_never_over_another_file(self, filled: Place) -> None:
        out = filled.folder / "report.html"

        filled.well(filled.run("report", "--out", str(out)))
        page = out.read_text("utf-8")

        assert holds_nothing_of_the_world(page)
        assert page.count(filled.ids["list 4"]) >= 1
        assert "it exists already" in one_line(filled.run("report", "--out", str(out)))
        assert out.read_text("utf-8") == page

    def test_a_report_without_a_name_is_numbered_in_the_current_folder(self, filled: Place) -> None:
        filled.well(filled.run("report"))
        filled.well(filled.run("report"))

        names = sorted(path.name for path in filled.folder.glob("guvoh-report-*.html"))
        assert len(names) == 2
        assert names[0].replace("-2.html", "") == names[1].replace(".html", "")

    @pytest.mark.parametrize("where", ["no/such/folder/report.html", "files", "x" * 300])
    def test_a_report_that_cannot_be_written_is_not_recorded_as_made(self, filled: Place, where: str) -> None:
        before = filled.run("verify", "--json").json["entries"]

        assert "cannot be written to" in one_line(filled.run("report", "--out", where))
        assert filled.run("verify", "--json").json["entries"] == before


class TestTerms:
    @pytest.mark.parametrize(("terms", "why"), [("consent", "nobody was asked"), ("internal", "working material")])
    def test_that_do_not_let_a_list_be_counted_leave_it_out_with_the_reason(
        self, filled: Place, terms: str, why: str
    ) -> None:
        withheld = filled.file("more.csv", "name,birth year\nSobirov Olim,1991\nKARIMOV AZIZ,1990\n")
        filled.well(filled.run("add", withheld, "--terms", terms))

        found = filled.well(filled.run("count", "--json")).json

        assert found["mentions"] == 7
        assert [one["label"] for one in found["lists"]] == ["A", "B"]
        # Of working material only that it exists: its rows would tell which list it is.
        left_out = ("mentions", 2) if terms == "consent" else ("sources", 1)
        assert [(one["what"], one["count"]) for one in found["left_out"]] == [left_out]
        assert why in found["left_out"][0]["why"]

    def test_are_shown_with_each_source(self, filled: Place) -> None:
        filled.well(filled.run("add", filled.file("n.txt", "A working note"), "--terms", "internal"))

        assert "internal" in filled.run("sources").out
        assert {one["terms"] for one in filled.run("sources", "--json").json} == {"public", "internal"}

    def test_internal_material_is_in_no_report(self, filled: Place) -> None:
        filled.well(filled.run("add", filled.file("n.txt", "A working note"), "--terms", "internal"))
        internal = next(one["id"] for one in filled.run("sources", "--json").json if one["terms"] == "internal")

        filled.well(filled.run("report", "--out", "r.html"))

        assert internal not in (filled.folder / "r.html").read_text("utf-8")


class TestWhatProgramsGet:
    @pytest.mark.parametrize(
        "words",
        [("sources",), ("people",), ("count",), ("verify",), ("search", "Каримов"), ("search", "Матери")],
        ids=" ".join,
    )
    def test_is_json_without_anything_of_the_world(self, filled: Place, words: tuple[str, ...]) -> None:
        ran = filled.well(filled.run(*words, "--json"))

        assert ran.json
        assert holds_nothing_of_the_world(ran.out)

    def test_is_the_same_for_every_record_that_can_be_shown(self, filled: Place) -> None:
        known = filled.ids
        run = filled.run("people", "--json").json["run"]
        for record in (*known.values(), f"{known['list 4']}.1", f"{known['list 3']}.3", run):
            ran = filled.well(filled.run("show", record, "--json"))
            assert ran.json["id"] == record
            assert holds_nothing_of_the_world(ran.out)

    def test_is_a_schema_of_every_kind_of_record(self, place: Place) -> None:
        found = place.well(place.bare("schema")).json

        assert {"Source", "Mention", "Statement", "Consent"} <= set(found["$defs"])


class TestTheArchive:
    def test_is_the_current_folder_unless_it_is_named(self, filled: Place) -> None:
        given = ("--passphrase-file", str(filled.passphrase))

        assert "4 sources." in filled.bare("sources", *given, cwd=filled.archive).out
        assert "is not a whole archive" in one_line(filled.bare("sources", *given, cwd=filled.files))

    def test_may_lose_its_index_at_any_time(self, filled: Place) -> None:
        before = filled.run("count", "--json").json
        for begin, end in ((0, 100), (40_000, None), (4_096, 8_192)):
            index = next(filled.home.glob("*/index.db"))
            content = bytearray(index.read_bytes())
            content[begin:end] = content[begin:end][::-1]
            index.write_bytes(content)
            assert filled.well(filled.run("count", "--json")).json == before

        for path in filled.home.glob("*/index.db*"):
            path.unlink()
        assert filled.well(filled.run("count", "--json")).json == before

    def test_copied_elsewhere_is_verified_without_a_key_and_not_opened(self, filled: Place, tmp_path: Path) -> None:
        copied = tmp_path / "copied"
        shutil.copytree(filled.archive, copied)
        elsewhere = {"GUVOH_HOME": str(tmp_path / "elsewhere")}

        ran = filled.bare("verify", "--without-key", "--archive", str(copied), env=elsewhere)
        refused = filled.bare(
            "sources", "--archive", str(copied), "--passphrase-file", str(filled.passphrase), env=elsewhere
        )

        assert "all as signed" in filled.well(ran).out
        assert "no device key" in one_line(refused)

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
    def test_is_read_at_a_terminal_with_bars_that_leave_no_trace_in_what_is_printed(self, filled: Place) -> None:
        for path in filled.home.glob("*/index.db*"):
            path.unlink()

        seen = at_a_terminal(filled, ("people", "--archive", str(filled.archive)), [("Passphrase: ", PASSPHRASE)])

        lines = [re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", line.rpartition("\r")[2]) for line in seen.split("\r\n")]
        assert "bringing the index up to date" in seen
        assert next(line for line in lines if "mentions" in line and "comparing" not in line).startswith("7 mentions,")

    def test_is_read_where_there_is_no_output_at_all(self, filled: Place) -> None:
        ran = filled.run("sources", before=lambda: os.close(1))

        assert "Exception" not in ran.err

    def test_that_ends_up_in_a_closed_pipe_brings_no_traceback(self, filled: Place) -> None:
        words = ["sources", "--archive", str(filled.archive), "--passphrase-file", str(filled.passphrase)]
        with subprocess.Popen(
            filled.command(*words), env=filled.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            error = process.stderr.read()

        assert b"Traceback" not in error
        assert b"Exception ignored" not in error
