"""Consents: taken, shown, withdrawn, and due for review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

import msgspec

from guvoh.archive.errors import NotAllowed
from guvoh.casebook import commands
from guvoh.casebook.answers import WAITING, Value
from guvoh.casebook.desk import Desk, NoSuchRecord, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.erasing import Left, left_by
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.whose import MOST_MENTIONS, Whose, is_mention, listed
from guvoh.codebook import load
from guvoh.consent.decide import due as falls_due
from guvoh.consent.replacing import Replacements
from guvoh.errors import GuvohError
from guvoh.records.base import ID, Absent, BadRecord, Terms, check_date, now
from guvoh.records.codec import from_bytes
from guvoh.records.decisions import Authority, Consent, Disclosure, Permission, Scope
from guvoh.records.people import Mention
from guvoh.values.absence import Absence
from guvoh.values.dates import DateSpan
from guvoh.values.ids import new_id


class BadConsent(GuvohError):
    """A consent that cannot be recorded as it was given. The message names fields, never what stands in them."""


class RefusedToKeep(BadConsent):
    """S1 is no."""

    def __init__(self) -> None:
        super().__init__(
            "the person refuses that the account is kept (S1 is no): nothing was recorded. Do not add it; what is here "
            "already is stopped by `guvoh consent withdraw` and destroyed by `guvoh erase`"
        )


class PersonForm(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who it is, where no mention stands for the person yet: as the source names him."""

    source: str = ""
    name: str
    birth: str = ""
    citizenship: str = ""
    origin: str = ""


class AuthorityForm(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    holder: str = ""
    document: str = ""
    valid_from: str = ""
    valid_until: str = ""


class Form(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person is asked and answers, as it is typed in. "" is: not asked; "unknown" and "none" are answers.

    scopes     by number (S1 to S12): "yes", "no", "ask again", and for S10 "without name"
    about      mentions of the person; person: makes one, in a source that is here
    authority  of who speaks for the person: the id of a record that is here, or what is to be recorded
    replaces   consents that this one takes the place of; None: those that stand about the same mentions
    """

    about: tuple[str, ...] = ()
    person: PersonForm | None = None
    scopes: dict[str, str] = {}
    statements: tuple[str, ...] = ()
    given_on: str = ""
    given_by: str = ""
    age: int | None = None
    guardian: str = ""
    on_behalf: str = ""
    cannot_ask: str = ""
    authority: str | AuthorityForm = ""
    language: str = ""
    interpreter: str = ""
    method: str = ""
    witness: str = ""
    explained: str = ""
    text_version: str = ""
    recipients: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    home_state: str = ""
    expires: str = ""
    review: str = ""
    safe_contact: str = ""
    unsafe_contact: str = ""
    replaces: tuple[str, ...] | None = None
    apart: tuple[str, ...] = ()
    reason: str = ""


def form_of(filled_in: dict[str, Any]) -> Form:
    """A form from plain values, as TOML gives them. Raises BadConsent, naming the field and never its content."""
    plain = {key: _typed(value) for key, value in filled_in.items()}
    unknown = sorted(set(plain) - set(Form.__struct_fields__))
    if unknown:
        raise BadConsent(f"the form has a field that is not known: {_near(unknown[0])}; `guvoh consent form` has all")
    try:
        return msgspec.convert(plain, Form)
    except msgspec.ValidationError as error:
        place = str(error).rpartition(" - at `$.")[2].rstrip("`")
        raise BadConsent(f"the field {place or '?'} of the form is not filled in as it should be") from None


def _near(key: str) -> str:
    """What a mistyped field was perhaps meant to be. The key itself may hold anything."""
    near = get_close_matches(key, Form.__struct_fields__, n=1)
    return f"is it `{near[0]}`?" if near else "see how it is written"


def _typed(value: Any) -> Any:
    """TOML has dates of its own."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


class Given(Value, frozen=True, kw_only=True):
    """What was recorded. before: consents that stood about the same mentions: who was asked already.

    elsewhere  other mentions taken for the same person that no consent covers yet
    void       (scope, why) of a yes that allows nothing as it stands
    """

    consent: str
    mention: str = ""
    authority: str = ""
    before: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    void: tuple[tuple[str, str], ...] = ()


@needs(Need.WRITES)
def give_consent(desk: Desk, request: Form, tell: Tell) -> Given:
    """Record a consent, and with it the mention or the authority that it needs. Raises BadConsent."""
    scopes = checked(request)
    reads = desk.archive.reads and desk.archive.sees_identities
    whose = Whose(desk) if reads else None
    records: list[tuple[Any, str]] = []
    mention = _mention(desk, request.person, reads) if request.person is not None else None
    about = (*request.about, *([mention[0].id] if mention else []))
    if whose is not None:
        for one in (*request.about, *request.apart):
            _check_mention(desk, whose, one)
        for field, ids, kind in (
            ("statements", request.statements, "statement"),
            ("replaces", request.replaces or (), "consent"),
        ):
            if any(_kind(desk, one) != kind for one in ids):
                raise BadConsent(f"`{field}` names what is no {kind} that is here")
    before = tuple(c.id for one in request.about for c in whose.about(one)) if whose else ()
    replaces = request.replaces if request.replaces is not None else before
    authority = _authority(desk, request, about)
    if mention is not None:
        records.append(mention)
    if isinstance(authority, Authority):
        records.append((authority, ""))
    try:
        consent = Consent(
            id=new_id("c"),
            by=desk.archive.member,
            at=now(),
            reason=request.reason,
            about=about,
            scopes=scopes,
            statements=request.statements,
            given_on=_answer(request.given_on),
            given_by=_answer(request.given_by),
            age=request.age,
            guardian=_answer(request.guardian),
            on_behalf=_answer(request.on_behalf),
            cannot_ask=_answer(request.cannot_ask),
            authority=authority.id if isinstance(authority, Authority) else authority or None,
            language=request.language or None,
            interpreter=_answer(request.interpreter),
            method=_answer(request.method),
            witness=_answer(request.witness),
            explained=request.explained,
            text_version=request.text_version,
            recipients=request.recipients,
            values=request.values,
            home_state=Permission(request.home_state) if request.home_state else None,
            expires=_answer(request.expires),
            review=_answer(request.review),
            safe_contact=_answer(request.safe_contact),
            unsafe_contact=_answer(request.unsafe_contact),
            replaces=tuple(dict.fromkeys(replaces)),
            apart=request.apart,
        )
        records.append((consent, ""))
        entries = [entry(record, key) for record, key in records]
    except BadRecord as problem:
        raise BadConsent(f"it cannot be recorded: {problem.why}") from None
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        for ready in entries:
            batch.add(ready)
    desk.catch_up(tell)
    return Given(
        consent=consent.id,
        mention=mention[0].id if mention else "",
        authority=authority.id if isinstance(authority, Authority) else "",
        before=tuple(dict.fromkeys(before)),
        replaces=consent.replaces,
        elsewhere=_elsewhere(desk, about) if reads else (),
        void=_void(desk, consent) if reads else (),
    )


def _void(desk: Desk, consent: Consent) -> tuple[tuple[str, str], ...]:
    """What was allowed and does not hold: given by a minor, without authority, expired, against another's no."""
    answers = Whose(desk).answers(consent.about[0])
    statement = consent.statements[0] if consent.statements else ""
    recipient, code = (consent.recipients or ("",))[0], (consent.values or ("",))[0]
    found = []
    for scope, said in sorted(consent.scopes.items(), key=_number):
        if said in (Permission.YES, Permission.NAMELESS):
            decision = answers.may(
                scope,
                consent.about[0],
                statement=statement,
                recipient=recipient,
                code=code,
                nameless=said is Permission.NAMELESS,
            )
            if not decision.allowed:
                found.append((scope.value, decision.words()))
    return tuple(found)


def checked(request: Form) -> dict[Scope, Permission]:
    """The scopes of a form, if it can be recorded at all. Raises BadConsent, RefusedToKeep."""
    if not request.about and request.person is None:
        raise BadConsent("say whom it is about: a mention, or [person] with the source that names him")
    if len(request.about) + len(request.apart) > MOST_MENTIONS:
        raise BadConsent(f"one consent is about {MOST_MENTIONS} mentions at most")
    scopes = {}
    for number, said in request.scopes.items():
        try:
            scopes[Scope(number.upper())] = Permission(" ".join(said.split()).lower())
        except ValueError:
            known = number.upper() if re.fullmatch(r"[sS][0-9]{1,2}", number) else "a scope"
            raise BadConsent(
                f"{known} is answered with what is no answer, or is no scope: S1 to S12, each yes, no, ask again; "
                "S10 also without name"
            ) from None
    if not scopes:
        raise BadConsent("it answers nothing: name at least one scope, such as --yes S1")
    if scopes.get(Scope.KEEP) is Permission.NO:
        raise RefusedToKeep
    if not all(one.strip() for one in request.recipients):
        raise BadConsent("`recipients` has an empty name")
    for scope in (Scope.SHARE_ORG, Scope.INCRIMINATING):
        if scopes.get(scope) is Permission.YES and not request.recipients:
            raise BadConsent(f"{scope.value} is for those it names: name them in `recipients`")
    if scopes.get(Scope.INCRIMINATING) is Permission.YES and not request.values:
        raise BadConsent("S12 is for the values it names: name their codes in `values`, such as IN_BONUS")
    if scopes.get(Scope.INCRIMINATING) is scopes.get(Scope.SHARE_ORG) is Permission.YES and len(request.recipients) > 1:
        raise BadConsent("S3 and S12 with several recipients: record S12 in a consent of its own, with its recipient")
    unknown = [code for code in request.values if code not in load()]
    if unknown:
        raise BadConsent("`values` names a code that the codebook does not have")
    if request.home_state and request.home_state not in (p.value for p in Permission if p is not Permission.NAMELESS):
        raise BadConsent("`home_state` is yes, no or ask again")
    _check_dates(request)
    return scopes


def _check_dates(request: Form) -> None:
    for field in ("given_on", "expires", "review"):
        try:
            check_date(_answer(getattr(request, field)), field)
        except BadRecord:
            raise BadConsent(f"`{field}` is no date in EDTF, such as 2026-11-24, 2026-11 or 2026-11-24~") from None
    given, until = (_answer(text) for text in (request.given_on, request.expires))
    if isinstance(given, str) and isinstance(until, str):
        first, last = DateSpan.parse(given).earliest, DateSpan.parse(until).latest
        if first is not None and last is not None and last < first:
            raise BadConsent("it expires before it was given: one of `given_on` and `expires` is wrong")


def _answer(text: str) -> str | Absent | None:
    text = text.strip()
    if text.lower() in ("unknown", "none"):
        return Absent(absent=Absence(text.lower()))
    return text or None


def _mention(desk: Desk, person: PersonForm, reads: bool) -> tuple[Mention, str]:
    """A mention of the person in a source that is here, and the key it is sealed under."""
    if not person.source:
        raise BadConsent("[person] needs the source that names the person")
    if not person.name.strip():
        raise BadConsent("[person] needs a name, as the source writes it")
    key = desk.source(person.source).original.key if reads else ""
    try:
        check_date(_answer(person.birth), "birth")
    except BadRecord:
        raise BadConsent("`birth` is no date in EDTF, such as 1990 or 1990-05-17") from None
    mention = Mention(
        id=new_id("m"),
        source=person.source,
        name=person.name.strip(),
        birth=_answer(person.birth),
        citizenship=_answer(person.citizenship),
        origin=_answer(person.origin),
    )
    return mention, key


def _authority(desk: Desk, request: Form, about: Sequence[str]) -> Authority | str:
    asked = request.authority
    if isinstance(asked, str):
        if asked and desk.archive.reads and _kind(desk, asked) != "authority":
            raise BadConsent("`authority` is the id of no authority that is here; describe it under [authority]")
        return asked
    if not asked.document.strip():
        raise BadConsent('[authority] needs its document; write "none" where there is none')
    holder = asked.holder or request.given_by or request.on_behalf
    if not holder:
        raise BadConsent("[authority] needs a holder: who may act for the person")
    try:
        return Authority(
            id=new_id("h"),
            by=desk.archive.member,
            at=now(),
            holder=holder,
            about=tuple(about),
            document=_answer(asked.document),
            valid_from=_answer(asked.valid_from),
            valid_until=_answer(asked.valid_until),
        )
    except BadRecord as problem:
        raise BadConsent(f"the authority cannot be recorded: {problem.why}") from None


def _kind(desk: Desk, record: str) -> str:
    found = desk.index.db.execute("SELECT kind FROM record WHERE id = ?", (record,)).fetchone()
    return str(found[0]) if found else ""


def _check_mention(desk: Desk, whose: Whose, mention: str) -> None:
    """Raise NoSuchRecord, or BadConsent where it is a record that is no mention, or no id at all."""
    if not ID.fullmatch(mention):
        raise BadConsent("`about` and `apart` take ids of mentions; one of them is no id")
    if is_mention(desk, mention):
        return
    if _kind(desk, mention) or whose.terms_of(mention):
        raise BadConsent(f"{mention} is no mention of a person; for a text give [person] with its source and the name")
    raise NoSuchRecord(mention)


def _elsewhere(desk: Desk, about: Iterable[str]) -> tuple[str, ...]:
    """Mentions of the same person, of sources used by consent, about which nobody was asked."""
    whose = Whose(desk)
    near = {one for mention in about for one in whose.answers(mention).mentions} - set(about)
    return tuple(sorted(one for one in near if whose.terms(one) is not Terms.PUBLIC and not whose.about(one)))


# --- shown


class ShowConsent(Value, frozen=True, kw_only=True):
    """id: a mention, or a consent. reason: why contacts and the giver are to be seen."""

    id: str
    reason: str = ""


class ScopeSeen(Value, frozen=True, kw_only=True):
    scope: str
    allowed: bool
    why: str


class ConsentSeen(Value, frozen=True, kw_only=True):
    """details: what stands in it beside ids and scopes; only for a reason."""

    id: str
    about: tuple[str, ...]
    scopes: dict[str, str]
    at: str
    by: str
    withdrawn: bool
    statements: int
    expires: str = ""
    review: str = ""
    details: tuple[tuple[str, str], ...] = ()


class ConsentsSeen(Value, frozen=True, kw_only=True):
    """Of a mention: what is allowed today and why, the consents that bear on it, and what has left."""

    mention: str
    mentions: tuple[str, ...]
    scopes: tuple[ScopeSeen, ...]
    consents: tuple[ConsentSeen, ...]
    left: tuple[Left, ...]
    kept_back: bool


_SEEN = ("id", "by", "at", "about", "scopes", "statements", "withdrawn", "expires", "review")


@needs(Need.IDENTITIES)
def show_consent(desk: Desk, request: ShowConsent, tell: Tell) -> ConsentsSeen:
    """What is allowed for a person today, and why not. Who gave it and how to reach them is shown for a reason."""
    whose = Whose(desk)
    mention = _mention_of(desk, whose, request.id)
    answers = whose.answers(mention)
    reason = " ".join(request.reason.split())
    consents = tuple(_seen(consent, bool(reason)) for consent in answers.consents)
    if reason:
        desk.opened([consent.id for consent in answers.consents], reason[:500])
    scopes = []
    for scope in Scope:
        decision = answers.may(scope, mention)
        scopes.append(ScopeSeen(scope=scope.value, allowed=decision.allowed, why=decision.words()))
    return ConsentsSeen(
        mention=mention,
        mentions=tuple(sorted(answers.mentions)),
        scopes=tuple(scopes),
        consents=consents,
        left=left_with(desk, whose.person(mention, ever=True)),
        kept_back=not reason and bool(consents),
    )


def _mention_of(desk: Desk, whose: Whose, one: str) -> str:
    """The mention of an id: itself, or the first one of a consent. Raises NoSuchRecord, BadConsent."""
    consent = whose.consents.get(one)
    if consent is not None:
        return consent.about[0]
    _check_mention(desk, whose, one)
    return one


def _seen(consent: Consent, details: bool) -> ConsentSeen:
    more: list[tuple[str, str]] = []
    if details:
        for name in consent.__struct_fields__:
            value = getattr(consent, name)
            if name not in _SEEN and value not in (None, "", (), {}):
                more.append((name.replace("_", " "), _in_words(value)))
    return ConsentSeen(
        id=consent.id,
        about=consent.about,
        scopes={scope.value: said.value for scope, said in sorted(consent.scopes.items(), key=_number)},
        at=consent.at,
        by=consent.by,
        withdrawn=consent.withdrawn,
        statements=len(consent.statements),
        expires=consent.expires if isinstance(consent.expires, str) else "",
        review=consent.review if isinstance(consent.review, str) else "",
        details=tuple(more),
    )


def _number(one: tuple[Scope, Permission]) -> int:
    return int(one[0].value[1:])


def _in_words(value: object) -> str:
    if isinstance(value, Absent):
        return f"stated: {value.absent.value}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# --- withdrawn


class Withdraw(Value, frozen=True, kw_only=True):
    """id: a mention of the person, or a consent. reason: not needed."""

    id: str
    reason: str = ""


class Notice(Value, frozen=True, kw_only=True):
    """The draft of a letter to one who has something. It names nobody: the reference is on what he has."""

    reference: str
    recipient: str
    text: str


class Withdrawn(Value, frozen=True, kw_only=True):
    consent: str
    mentions: tuple[str, ...]
    alike: tuple[str, ...]
    """Others of the same name and birth that nobody has joined with these: they are not withdrawn."""
    at: str
    left: tuple[Left, ...]
    notices: tuple[Notice, ...]


@needs(Need.WRITES)
def withdraw(desk: Desk, request: Withdraw, tell: Tell) -> Withdrawn:
    """Stop all use of a person from now on, in one step. What has left is listed; destroying it is another step."""
    if not (desk.archive.reads and desk.archive.sees_identities):
        raise NotAllowed("who cannot read the consents cannot find the person's: ask an owner or an editor to do it")
    whose = Whose(desk)
    mention = _mention_of(desk, whose, request.id)
    before = whose.person(mention)
    commands.link(desk, tell)  # who stands on a list that came in since is found first
    whose = Whose(desk)
    given = whose.consents.get(request.id)
    about = tuple(sorted({mention, *before, *whose.person(mention), *(given.about if given else ())}))
    record = Consent(
        id=new_id("c"),
        by=desk.archive.member,
        at=now(),
        reason=request.reason,
        about=about,
        scopes=dict.fromkeys(Scope, Permission.NO),
        replaces=tuple(sorted({consent.id for one in about for consent in whose.about(one)})),
        withdrawn=True,
    )
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        batch.add(entry(record))
    desk.catch_up(tell)
    commands.link(desk, tell)  # so that those who see no names stop counting too, once it has reached them
    left = left_with(desk, Whose(desk).person(mention, ever=True))
    notices = tuple(Notice(reference=one.reference, recipient=one.recipient, text=_notice(one)) for one in left)
    alike = _alike(desk, about)
    return Withdrawn(consent=record.id, mentions=about, alike=alike, at=record.at, left=left, notices=notices)


def _alike(desk: Desk, mentions: Sequence[str]) -> tuple[str, ...]:
    db = desk.index.db
    found: set[str] = set()
    for mention in mentions:
        row = listed(mention)
        key = (
            ("n = ((SELECT n FROM source_id WHERE id = ?) << 32) + ?", row)
            if row is not None
            else ("id = ?", (mention,))
        )
        who = db.execute(f"SELECT pair, birth FROM mention WHERE {key[0]}", key[1]).fetchone()  # noqa: S608
        if who is not None and who[0]:
            found.update(one for (one,) in db.execute("SELECT id FROM mentions WHERE pair = ? AND birth IS ?", who))
    return tuple(sorted(found - set(mentions)))


_NOTICE = """\
To / Кому: {recipient}

On {day} you received from us material under the reference {reference}.
Consent to the use of a part of it has been withdrawn. Please
  - stop using it from the day you receive this,
  - destroy your copies, and those you have passed on or tell us to whom you passed them,
  - confirm to us that this was done, by the reference alone. Please name nobody in your answer.
We will send what may still be used, if anything, under a new reference.

{day}: вы получили от нас материалы, номер {reference}.
Согласие на использование части этих материалов отозвано. Пожалуйста,
  - прекратите их использовать со дня получения этого письма,
  - уничтожьте свои копии и сообщите, кому их передали,
  - подтвердите это нам, указав только номер. Не называйте в ответе имён.
То, что ещё можно использовать, мы пришлём под новым номером.
"""


def _notice(left: Left) -> str:
    return _NOTICE.format(recipient=left.recipient, day=left.at[:10], reference=left.reference)


def left_with(desk: Desk, mentions: Iterable[str]) -> tuple[Left, ...]:
    """Disclosures that held one of these mentions, what is said of them, or the source in which they stand.

    The parts of one export are one line.
    """
    db = desk.index.db
    touched: set[str] = set()
    for mention in mentions:
        source, dot, row = mention.rpartition(".")
        listed = [source] if dot and row.isdecimal() else []
        touched.update((mention, *listed))
        own = db.execute("SELECT i.id FROM mention m JOIN source_id i ON i.n = m.n >> 32 WHERE m.id = ?", (mention,))
        touched.update(one for (one,) in own)
    waiting = list(touched)
    while waiting:
        one = waiting.pop()
        speaking = db.execute(
            "SELECT r.id FROM subject s JOIN record r USING (log, position)"
            " WHERE s.id = ? AND r.kind IN ('statement', 'event', 'case', 'action', 'finding')",
            (one,),
        )
        new = {found for (found,) in speaking} - touched
        touched |= new
        waiting += new
    places = {
        (log, position)
        for one in touched
        for log, position in db.execute(
            "SELECT s.log, s.position FROM subjects s JOIN records r USING (log, position)"
            " WHERE s.id = ? AND r.kind = 'disclosure'",
            (one,),
        )
    }
    found: dict[str, Left] = {}
    for place in sorted(places):
        record = from_bytes(desk.archive.entry(*place).body)
        assert isinstance(record, Disclosure)
        found.setdefault(
            record.reference,
            left_by(record),
        )
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.reference)))


# --- due


class AskDue(Value, frozen=True, kw_only=True):
    within: int = 30


class DueSeen(Value, frozen=True, kw_only=True):
    consent: str
    about: tuple[str, ...]
    what: str
    day: str


class DuesSeen(Value, frozen=True, kw_only=True):
    dues: tuple[DueSeen, ...]
    again: tuple[tuple[str, str], ...]
    """(consent, scope) of what is to be asked again."""


@needs(Need.IDENTITIES)
def due_consents(desk: Desk, request: AskDue, tell: Tell) -> DuesSeen:
    """Consents that have expired, expire or are to be reviewed soon; and questions that are to be asked again."""
    whose = Whose(desk)
    standing_ = [one for one in whose.consents.values() if not one.withdrawn]
    replacements = Replacements(whose.consents.values())
    dues = falls_due(whose.consents.values(), whose.day, request.within)
    return DuesSeen(
        dues=tuple(
            DueSeen(
                consent=one.id,
                about=whose.consents[one.id].about,
                what=one.what.value,
                day=one.day.isoformat() if one.day else "",
            )
            for one in dues
        ),
        again=tuple(
            (one.id, scope.value)
            for one in standing_
            for scope, said in sorted(one.scopes.items(), key=_number)
            if said is Permission.ASK_AGAIN
            and not all(replacements.lifted(one, mention, scope) is None for mention in one.about)
        ),
    )
