"""consent form, add, show, withdraw, due, and add --consent: as a caseworker types them."""

from __future__ import annotations

import re
import shlex
import stat
import tomllib
from pathlib import Path

import pytest
from stranger import Place, Ran, one_line
from testimony import CONTACT, FORM, NAME, TESTIMONY, consent_in, mention_in

from guvoh.casebook.consenting import AuthorityForm, Form, Given, Notice, PersonForm, form_of
from guvoh.cli import consenting

pytest_plugins = ("places", "testimonies")

PRIVATE = (NAME, "Тоҳиров", "опамга", "саккиздан")


def says_nothing_private(*texts: str) -> bool:
    return not [word for text in texts for word in PRIVATE if word in text]


def scopes_shown(ran: Ran) -> dict[str, str]:
    return dict(re.findall(r"^(S\d+) +(yes|no) ", ran.out, re.MULTILINE))


def empty_form() -> str:
    return consenting.empty_form()


class TestTheEmptyForm:
    def test_is_printed_as_it_is_shipped(self, nothing_yet: Place) -> None:
        assert nothing_yet.well(nothing_yet.bare("consent", "form")).out == empty_form()

    def test_is_a_form_in_which_nothing_is_answered(self) -> None:
        form = form_of(tomllib.loads(empty_form()))

        assert set(form.scopes) == {f"S{number}" for number in range(1, 13)}
        assert set(form.scopes.values()) == {""}
        assert form == Form(scopes=form.scopes, person=PersonForm(name=""), authority=AuthorityForm())

    @pytest.mark.parametrize(
        "field",
        [
            *(name for name in Form.__struct_fields__ if name not in ("scopes", "person", "authority")),
            *(f"person.{name}" for name in PersonForm.__struct_fields__),
            *(f"authority.{name}" for name in AuthorityForm.__struct_fields__),
        ],
    )
    def test_has_a_line_for_every_field(self, field: str) -> None:
        assert re.search(rf"^(# )?{re.escape(field)} = ", empty_form(), re.MULTILINE)

    @pytest.mark.parametrize("number", range(1, 13))
    def test_puts_every_scope_as_a_question_in_english_and_in_russian(self, number: int) -> None:
        block = re.search(rf"^# S{number} [^\0]*?^scopes\.S{number} = ", empty_form(), re.MULTILINE)

        assert block is not None
        assert re.search(r"[a-z].*\?", block[0])
        assert re.search(r"[а-я].*\?", block[0])

    def test_is_no_consent_as_long_as_it_is_empty(self, place: Place) -> None:
        form = place.file("form.toml", empty_form())

        assert "say whom it is about" in one_line(place.run("consent", "add", "--form", form))

    def test_filled_in_is_recorded(self, testified: Place) -> None:
        text = empty_form().replace('scopes.S2 = ""', 'scopes.S2 = "yes"').replace("# age = 17", "age = 34")
        form = testified.file("second.toml", text.replace("about = []", f'about = ["{testified.ids["mention"]}"]'))
        ran = testified.well(testified.run("consent", "add", "--form", form))

        assert re.search(r"^Recorded: consent c-\w{20}: S2 yes\.$", ran.out, re.MULTILINE)
        assert "in clear: remove it" in ran.out


class TestGivingAConsent:
    def test_by_options_records_each_answer(self, testified: Place) -> None:
        mention = testified.ids["mention"]
        ran = testified.well(
            testified.run("consent", "add", mention, "--yes", "s2", "--no", "S8", "--without-name", "S10")
        )
        shown = testified.well(testified.run("consent", "show", mention))

        assert ": S2 yes, S8 no and S10 without name." in ran.out
        assert {scope for scope, said in scopes_shown(shown).items() if said == "yes"} == {"S1", "S2", "S4", "S11"}
        assert "S2 yes, S8 no and S10 without name" in shown.out

    def test_says_who_asked_already_and_what_is_replaced(self, testified: Place) -> None:
        ran = testified.well(testified.run("consent", "add", testified.ids["mention"], "--yes", "S9"))
        earlier = testified.ids["consent"]

        assert re.search(rf"^Already asked: consent {earlier} on \d{{4}}-\d\d-\d\d; do not ask again", ran.out, re.M)
        assert f"takes the place of {earlier}." in ran.out

    def test_comes_from_standard_input_too(self, testified: Place) -> None:
        given = ("--archive", str(testified.archive), "--passphrase-file", str(testified.passphrase))
        text = f'about = ["{testified.ids["mention"]}"]\nscopes.S5 = "no"\nsafe_contact = "{CONTACT}"\n'
        ran = testified.well(testified.bare("consent", "add", "--form", "-", *given, given=text))

        assert ": S5 no." in ran.out
        assert "remove it" not in ran.out
        assert says_nothing_private(ran.out, ran.err)

    def test_names_a_person_of_a_source_that_is_here(self, testified: Place) -> None:
        form = testified.file("other.toml", 'scopes.S1 = "yes"\nperson.name = "Раҳимова Лола"\n')
        ran = testified.well(testified.run("consent", "add", "--form", form, "--source", testified.ids["text"]))

        assert "Раҳимова Лола" in testified.well(testified.run("search", "Раҳимова")).out
        assert scopes_shown(testified.run("consent", "show", mention_in(ran)))["S1"] == "yes"

    @pytest.mark.parametrize(
        "words",
        [
            ("--yes", "S9", "--no", "S9"),
            ("--yes", "S9", "--yes", "s9"),
            ("--yes", "S13"),
            ("--without-name", "S1"),
            ("--source", "s-aaaaaaaaaaaaaaaaaaaa", "--yes", "S1"),
        ],
        ids=" ".join,
    )
    def test_called_wrongly_ends_with_code_2(self, has_testified: Place, words: tuple[str, ...]) -> None:
        one_line(has_testified.run("consent", "add", has_testified.ids["mention"], *words), 2)

    def test_is_not_answered_in_the_form_and_by_an_option(self, has_testified: Place) -> None:
        form = has_testified.file("twice.toml", 'scopes.s4 = "yes"\n')
        ran = has_testified.run("consent", "add", has_testified.ids["mention"], "--form", form, "--no", "S4")

        assert "S4 is answered twice" in one_line(ran, 2)

    def test_is_not_recorded_where_the_account_may_not_be_kept(self, testified: Place) -> None:
        mention = testified.ids["mention"]
        line = one_line(testified.run("consent", "add", mention, "--no", "S1", "--yes", "S4"))

        assert "nothing was recorded" in line
        assert testified.run("consent", "show", mention).out.count("\nconsent c-") == 1

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (f'scopes.S1 = "yes"\ngiven_by = {NAME}\n', "not TOML in line 2"),
            (f'scopes.S1 = "yes"\nscopes.s1 = "no"\ngiven_by = "{NAME}"\n', "answered twice"),
            (f'scopes.S1 = "yes"\ngiven = "{NAME}"\n', "is it `given_on`?"),
            (f'scopes.S1 = "yes"\nage = "{NAME}"\n', "field age"),
            (f'scopes.S1 = "{NAME}"\n', "S1 is answered with what is no answer"),
            (f'scopes = "{NAME}"\n', "field scopes"),
            (f'scopes.S1 = "yes"\ngiven_on = "{NAME}"\n', "`given_on` is no date"),
            (f'scopes.S1 = "yes"\nlanguage = "{NAME}"\n', "cannot be recorded"),
            (f'scopes.S12 = "yes"\nrecipients = ["{NAME}"]\n', "name their codes"),
            (f'scopes.S3 = "yes"\ngiven_by = "{NAME}"\n', "`recipients`"),
            (f'scopes.S1 = "yes"\nperson.nome = "{NAME}"\n', "field person"),
            (f'scopes.S1 = "yes"\nauthority.holder = 3\ngiven_by = "{NAME}"\n', "field authority"),
        ],
    )
    def test_names_the_field_of_a_bad_form_and_never_its_content(
        self, has_testified: Place, text: str, why: str
    ) -> None:
        form = has_testified.file("bad.toml", text)
        line = one_line(has_testified.run("consent", "add", has_testified.ids["mention"], "--form", form))

        assert why in line
        assert says_nothing_private(line)

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a = " + b"[" * 5_000, b"#" * 300_000])
    def test_refuses_a_file_that_is_no_form(self, has_testified: Place, content: bytes) -> None:
        form = has_testified.file("bad.toml", content)

        assert "bad.toml" in one_line(has_testified.run("consent", "add", "--form", form))

    @pytest.mark.parametrize("kind", ["source", "list", "unknown"])
    def test_is_about_a_mention_that_is_here_and_nothing_else(self, has_testified: Place, kind: str) -> None:
        other = {"source": has_testified.ids["text"], "list": f"{has_testified.ids['list']}.11", "unknown": "m-x"}[kind]

        assert other in one_line(has_testified.run("consent", "add", other, "--yes", "S1"))

    def test_says_where_else_the_person_is_taken_to_stand(self, capsys: pytest.CaptureFixture[str]) -> None:
        others = tuple(f"m-{number}" for number in range(7))
        given = Given(consent="c-1", elsewhere=others)
        consenting.print_given(given, Form(scopes={"S1": "yes"}), {})
        said = capsys.readouterr().out

        assert "7 other mentions" in said
        assert "m-4 and 2 more" in said
        assert "Until then the narrower holds." in said


class TestShowingWhatIsAllowed:
    def test_gives_every_scope_a_yes_or_no_and_a_reason(self, has_testified: Place) -> None:
        ran = has_testified.well(has_testified.run("consent", "show", has_testified.ids["mention"]))
        said = scopes_shown(ran)

        assert len(said) == 12
        assert {scope for scope, answer in said.items() if answer == "yes"} == {"S1", "S4", "S11"}
        assert re.search(r"^S6 +no +.*to ask again, which is not yes", ran.out, re.MULTILINE)
        assert re.search(r"^S9 +no +nobody was asked", ran.out, re.MULTILINE)
        assert "Nothing has left the archive" in ran.out

    def test_keeps_who_gave_it_and_contacts_back_without_a_reason(self, testified: Place) -> None:
        kept = testified.well(testified.run("consent", "show", testified.ids["consent"]))
        shown = testified.well(testified.run("consent", "show", testified.ids["consent"], "--reason", "to call back"))

        assert says_nothing_private(kept.out)
        assert "--reason" in kept.out
        assert f"safe contact: {CONTACT}" in shown.out

    def test_tells_programs_ids_alone_even_with_a_reason(self, testified: Place) -> None:
        ran = testified.well(testified.run("consent", "show", testified.ids["mention"], "--json", "--reason", "x"))

        assert says_nothing_private(ran.out)
        assert ran.json["id"] == testified.ids["mention"]
        assert [one["id"] for one in ran.json["consents"]] == [testified.ids["consent"]]
        assert "scopes" in ran.json["withheld"]
        assert "ask again" not in ran.out

    def test_shows_letters_that_would_move_the_cursor_as_what_they_are(self, testified: Place) -> None:
        form = testified.file("odd.toml", 'scopes.S2 = "yes"\nsafe_contact = "a\\u001b[2J\\u202eb"\n')
        testified.well(testified.run("consent", "add", testified.ids["mention"], "--form", form))
        ran = testified.well(testified.run("consent", "show", testified.ids["mention"], "--reason", "a test"))

        assert "a\\u001b[2J\\u202eb" in ran.out
        assert "\x1b" not in ran.out

    def test_of_an_unknown_id_says_that_it_is_unknown(self, has_testified: Place) -> None:
        assert "there is no record" in one_line(has_testified.run("consent", "show", "m-aaaaaaaaaaaaaaaaaaaa"))


def released(place: Place, name: str) -> str:
    """A counsel file about the person who testified; returns its reference."""
    words = ("--level", "counsel", "--to", "Vera Sokolova")
    found = place.well(place.run("release", "prepare", place.ids["mention"], *words, "--json")).json
    ran = place.well(place.run("release", "write", found["release"], "--out", str(place.folder / name)))
    reference = re.search(r"reference is (x-[a-z2-7]{20})", ran.out)
    assert reference is not None
    return reference[1]


class TestWithdrawing:
    def test_stops_all_use_in_one_step_without_a_question(self, testified: Place) -> None:
        mention = testified.ids["mention"]
        ran = testified.well(testified.run("consent", "withdraw", mention))
        shown = testified.well(testified.run("consent", "show", mention))

        assert "nothing of this person is used any more" in ran.out
        assert set(scopes_shown(shown).values()) == {"no"}
        assert "everything withdrawn" in shown.out
        assert says_nothing_private(ran.out, ran.err)

    def test_lists_what_left_and_writes_letters_that_name_nobody(self, testified: Place) -> None:
        reference, letters = released(testified, "case.html"), testified.folder / "letters"
        ran = testified.well(testified.run("consent", "withdraw", testified.ids["mention"], "--notices", str(letters)))
        [letter] = letters.iterdir()

        assert re.search(rf"{reference} +\d{{4}}-\d\d-\d\d +counsel +Vera Sokolova", ran.out)
        assert "no program can call back" in ran.out
        assert letter.name == f"recall-{reference}.txt"
        assert stat.S_IMODE(letter.stat().st_mode) == 0o600
        assert reference in letter.read_text("utf-8")
        assert says_nothing_private(letter.read_text("utf-8"))

    def test_prints_the_letters_where_no_folder_is_named(self, testified: Place) -> None:
        reference = released(testified, "case.html")
        ran = testified.well(testified.run("consent", "withdraw", testified.ids["consent"]))

        assert ran.out.count("draft of a letter") == 1
        assert f"under the reference {reference}" in ran.out

    def test_stands_even_where_the_letters_cannot_be_written(self, testified: Place) -> None:
        reference, taken = released(testified, "case.html"), testified.file("taken", "a file")
        ran = testified.run("consent", "withdraw", testified.ids["mention"], "--notices", taken)

        assert ran.code == 1
        assert "could not be written" in ran.err
        assert f"under the reference {reference}" in ran.out
        assert set(scopes_shown(testified.run("consent", "show", testified.ids["mention"])).values()) == {"no"}

    def test_names_the_command_that_destroys_and_it_works_as_printed(self, testified: Place) -> None:
        ran = testified.well(testified.run("consent", "withdraw", testified.ids["mention"]))
        offered = re.search(r"^ {4}guvoh (erase .*)$", ran.out, re.MULTILINE)
        assert offered is not None
        words = shlex.split(offered[1])
        done = testified.well(testified.bare(*words, "--yes", "--passphrase-file", str(testified.passphrase)))

        assert testified.ids["mention"] in words
        assert "not used any more from now on" in done.out

    def test_is_told_to_who_asks_again_later(self, testified: Place) -> None:
        withdrawn = testified.well(testified.run("consent", "withdraw", testified.ids["mention"]))
        done = re.search(r"as (c-[a-z2-7]{20}):", withdrawn.out)
        assert done is not None
        ran = testified.well(testified.run("consent", "add", testified.ids["mention"], "--yes", "S1"))
        shown = scopes_shown(testified.run("consent", "show", testified.ids["mention"]))

        assert f"Withdrawn before: {done[1]} on " in ran.out
        assert {scope for scope, said in shown.items() if said == "yes"} == {"S1"}


class TestTheDraftOfALetter:
    def write(self, reference: str, folder: Path) -> Path:
        notice = Notice(reference=reference, recipient="Vera Sokolova", text="Please destroy it.\n")
        return consenting._write_notice(notice, folder)

    def test_is_never_written_over_another(self, tmp_path: Path) -> None:
        first, second = self.write("x-a", tmp_path), self.write("x-a", tmp_path)

        assert [first.name, second.name] == ["recall-x-a.txt", "recall-x-a-2.txt"]

    @pytest.mark.parametrize("reference", ["../../x", "/etc/x", "a\0b", "a\nb", "", "é" * 500])
    def test_stays_in_its_folder_whatever_its_reference_is(self, tmp_path: Path, reference: str) -> None:
        folder = tmp_path / "letters"

        assert self.write(reference, folder).parent == folder
        assert len(list(folder.iterdir())) == 1
        assert list(tmp_path.iterdir()) == [folder]

    def test_does_not_follow_a_link_that_waits_for_it(self, tmp_path: Path) -> None:
        (tmp_path / "recall-x-a.txt").symlink_to(tmp_path / "elsewhere")

        assert self.write("x-a", tmp_path).name == "recall-x-a-2.txt"
        assert not (tmp_path / "elsewhere").exists()


class TestWhatIsDue:
    def test_is_told_with_the_day_and_what_is_to_be_asked_again(self, testified: Place) -> None:
        form = testified.file("due.toml", 'scopes.S5 = "yes"\nexpires = "2020-01-31"\nreview = "2020-01"\n')
        given = testified.well(testified.run("consent", "add", testified.ids["mention"], "--form", form))
        ran = testified.well(testified.run("consent", "due"))

        assert re.search(rf"^{consent_in(given)} +expired +2020-01-31 ", ran.out, re.MULTILINE)
        assert re.search(rf"^{consent_in(given)} +review +2020-01-01 ", ran.out, re.MULTILINE)
        assert f"{testified.ids['consent']}  to be asked again: S6" in ran.out

    def test_is_told_to_programs_by_ids_and_numbers(self, has_testified: Place) -> None:
        found = has_testified.well(has_testified.run("consent", "due", "--json")).json

        assert [one["id"] for one in found["ask_again"]] == [has_testified.ids["consent"]]
        assert found["due"] == []
        assert found["counts"] == {"ask again": 1}

    def test_is_nothing_in_a_fresh_archive(self, nothing_yet: Place) -> None:
        ran = nothing_yet.well(nothing_yet.run("consent", "due", "--within", "1"))

        assert "Nothing is due within 1 day" in ran.out


class TestAFileWithItsConsent:
    def add(self, place: Place, form: str, *words: str) -> Ran:
        files = (place.file("new.txt", f"{TESTIMONY}Яна бир гап.\n"), "--terms", "consent")
        return place.run("add", *files, "--consent", place.file("new.toml", form), *words)

    def test_is_recorded_as_the_source_of_its_person(self, has_testified: Place) -> None:
        shown = has_testified.well(has_testified.run("show", has_testified.ids["mention"], "--json")).json

        assert shown["terms"] == "consent"
        assert shown["source"] == has_testified.ids["text"]

    def test_tells_programs_the_ids_of_both(self, place: Place) -> None:
        ran = place.well(self.add(place, FORM, "--json"))
        [one] = ran.json

        assert one["outcome"] == "added"
        assert one["consent"]["mention"].startswith("m-")
        assert says_nothing_private(ran.out, ran.err)

    def test_is_not_added_where_the_person_refuses_that_it_is_kept(self, place: Place) -> None:
        line = one_line(self.add(place, FORM.replace('S1 = "yes"', 'S1 = "no"')))

        assert "nothing was recorded" in line
        assert place.run("sources", "--json").json == []

    @pytest.mark.parametrize(
        ("form", "why"),
        [
            (f"{FORM}person.source = 's-aaaaaaaaaaaaaaaaaaaa'\n", "leave person.source empty"),
            (FORM.replace(f'person.name = "{NAME}"', 'person.name = " "'), "person.name is empty"),
            (FORM.replace("2026-03-01", f'"{NAME}"'), "`given_on` is no date"),
            ("given_on = ", "not TOML"),
        ],
    )
    def test_is_not_added_with_a_form_that_is_wrong(self, place: Place, form: str, why: str) -> None:
        line = one_line(self.add(place, form))

        assert why in line
        assert says_nothing_private(line)
        assert place.run("sources", "--json").json == []

    def test_is_one_file_under_the_terms_of_consent(self, nothing_yet: Place) -> None:
        form, files = nothing_yet.file("f.toml", FORM), [nothing_yet.file(f"{n}.txt", f"{n}") for n in range(2)]

        assert "exactly one file" in one_line(nothing_yet.run("add", files[0], "--consent", form), 2)
        assert "exactly one file" in one_line(
            nothing_yet.run("add", *files, "--terms", "consent", "--consent", form), 2
        )

    def test_is_said_to_be_in_where_the_consent_fails_and_how_to_add_it(self, place: Place) -> None:
        ran = self.add(place, FORM.replace('person.birth = "1991"', f'person.birth = "{NAME}"'))
        source = one_source(place)
        offered = re.search(r"to add it: guvoh (.*)$", ran.err, re.MULTILINE)
        assert offered is not None
        place.file("new.toml", FORM)
        words = shlex.split(offered[1])
        mended = place.well(place.bare(*words, "--passphrase-file", str(place.passphrase)))

        assert ran.code == 1
        assert f"the source is in, as {source}, and this consent is not" in ran.err
        assert "`birth` is no date" in ran.err
        assert says_nothing_private(ran.err)
        assert scopes_shown(place.run("consent", "show", mention_in(mended)))["S4"] == "yes"

    def test_that_was_here_before_gets_no_second_consent_unasked(self, place: Place) -> None:
        place.well(self.add(place, FORM))
        ran = self.add(place, FORM)

        assert ran.code == 1
        assert "was here before" in ran.err
        assert f"guvoh consent add --source {one_source(place)}" in ran.err
        assert "1 mention" in place.run("search", "Тоҳиров").out


def one_source(place: Place) -> str:
    [source] = place.well(place.run("sources", "--json")).json
    return str(source["id"])
