"""Vectors about what control entries establish: who is a member, what is erased. Nothing in them is random."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from cast import Cast, Said, device_id, key, member_id
from vector import OTHER, Vector, right, signed_raw, wrong

from guvoh.archive import control
from guvoh.archive.control import (
    Acceptance,
    Approval,
    Clearance,
    Confirmation,
    Control,
    Epoch,
    Erasure,
    Hold,
    Refusal,
    Release,
    Role,
    Settings,
    Upgrade,
    decision_id,
    epoch_id,
    note_name,
    text_id,
)


def asked(cast: Cast, *what: str, said: Sequence[Said] | None = None, archive: str = "") -> dict[str, Any]:
    entries = [
        {"log": one.log, "at": one.at, "note": one.note.decode()} | ({} if one.sealed else {"sealed": False})
        for one in (cast.all() if said is None else said)
    ]
    return {"archive": archive or cast.id, "entries": entries, "asked": list(what)}


def roles(*names: str, **more: str) -> dict[str, str]:
    """Roles by member id; the founder is an owner."""
    found = {member_id(name): "owner" for name in ("amina", *names)}
    return found | {member_id(name): role for name, role in more.items()}


def says(name: str, fact: str, cast: Cast, **answer: Any) -> Vector:
    """A vector about what the entries of these people establish; words of a question are parted by blanks."""
    found = {question.replace("_", " "): one for question, one in answer.items()}
    if isinstance(found.get("members"), dict):
        found["members"] = dict(sorted(found["members"].items()))
    return right(f"members-{name}", fact, "members", asked(cast, *found), found)


def foundings() -> Iterator[Vector]:
    cast = Cast()
    first = cast.all()
    answer = {
        "format": 2,
        "members": roles(),
        "devices": [device_id("amina 1")],
        "current": cast.epoch(0).epoch,
        "refused": 0,
    }
    for end, fact, said in (
        ("first", "four entries found an archive", first),
        ("any-order", "their order in the file is free", first[::-1]),
        ("twice", "an entry twice is as once", first * 2),
        ("also-unsealed", "a damaged copy of a segment takes nothing away", [*(_unsealed(s) for s in first), *first]),
    ):
        yield right(f"members-{end}", fact, "members", asked(cast, *answer, said=said), answer)
    elsewhere, whole = "a-" + "a" * 20, asked(cast, "members")
    yield wrong("members-other-id", "the id commits to the founding", "members", whole | {"archive": elsewhere})
    yield wrong(
        "members-unfounded", "nothing counts before the founding", "members", asked(cast, "members", said=first[1:])
    )
    yield wrong("members-no-device", "without the log's device nobody vouches", "members", asked(cast, said=first[:2]))
    unsealed = [_unsealed(one) for one in first]
    yield wrong("members-unsealed", "its device has to have sealed the place", "members", asked(cast, said=unsealed))
    founding = msgspec.structs.replace(cast.founding, signer=member_id("idris"))
    named = text_id("a", control.text_of(founding).encode())
    misnamed = [Said(log=first[0].log, at=0, note=cast.note(founding, "amina", named)), *first[1:]]
    yield wrong(
        "members-founder-misnamed",
        "a founder has the id of his key",
        "members",
        asked(cast, said=misnamed, archive=named),
    )
    forged = [Said(log=first[0].log, at=0, note=cast.note(cast.founding, "vera")), *first[1:]]
    yield wrong("members-forged-founding", "the founder signs the founding", "members", asked(cast, said=forged))
    yield wrong("members-format-3", "a newer format is not read", "members", asked(Cast(3), "members"))
    cast.say("amina", Upgrade(signer=member_id("amina"), format=3))
    yield wrong(
        "members-upgrade-3", "an archive brought to a newer format is not read", "members", asked(cast, "members")
    )
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.removal("idris"))
    cast.say("idris", Upgrade(signer=member_id("idris"), format=3))
    fact = "nor does a removed owner bring it to one beyond his removal: no effect"
    yield says("refused-upgrade-3-removed", fact, cast, format=2, members=roles(), refused=1)


def _unsealed(said: Said) -> Said:
    return dataclasses.replace(said, sealed=False)


def old_foundings() -> Iterator[Vector]:
    cast = Cast(1)
    epoch = cast.epoch(0).epoch
    yield says("1-first", "four entries found an archive of format 1", cast, format=1, members=roles(), current=epoch)
    cast.join("idris", Role.OWNER)
    cast.say("amina", cast.removal("idris"))
    fact = "an archive of format 1 knows no removal"
    yield says("refused-1-removal", fact, cast, members=roles("idris"), refused=1)
    cast.say("amina", Upgrade(signer=member_id("amina"), format=2))
    yield says("1-upgraded", "an owner brings it to format 2", cast, format=2, members=roles(), refused=0)
    cast.say("amina", Epoch(signer=member_id("amina"), epoch=epoch_id(OTHER.recipient.text, ""), number=1,
                            recipient=OTHER.recipient.text))  # fmt: skip
    fact = "from then on an epoch has both keys: no effect"
    yield says("refused-1-epoch-after-upgrade", fact, cast, epochs=[epoch], current=epoch, refused=1)
    cast = Cast(1)
    cast.say("amina", Epoch(signer=member_id("amina"), epoch=epoch_id("", ""), recipient=""))
    yield says("refused-1-epoch-no-key", "an epoch of format 1 has a key: no effect", cast, epochs=[epoch], refused=1)


def admissions() -> Iterator[Vector]:
    cast = Cast()
    cast.join("idris", Role.EDITOR)
    devices = sorted((device_id("amina 1"), device_id("idris 1")))
    yield says("editor", "an owner takes a member in", cast, members=roles(idris="editor"), devices=devices, refused=0)
    cast.say("amina", cast.person("idris", Role.OWNER))
    again = msgspec.structs.replace(cast.person("idris", Role.EDITOR), recipient=OTHER.recipient.text)
    cast.say("amina", again)
    yield says("again", "a second entry about a member changes nothing", cast, members=roles(idris="editor"), refused=0)
    cast = Cast()
    cast.say("amina", cast.device("amina 2", of="amina"), log="amina 2")
    devices = sorted((device_id("amina 1"), device_id("amina 2")))
    yield says("in-its-own-log", "a device may be admitted in its own log", cast, devices=devices, refused=0)
    cast = _with_sheets()
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    found = roles("sevara", sheets="recovery")
    yield says("sheets", "keys on sheets admit an owner, in the log of a new device", cast, members=found, refused=0)


def _with_sheets() -> Cast:
    cast = Cast()
    cast.say("amina", cast.person("sheets", Role.RECOVERY))
    return cast


def refused_entries() -> Iterator[Vector]:
    """Entries without effect, each alone behind the founding, in the founder's log."""
    plain = Cast()
    person, new = plain.person("idris", Role.EDITOR), plain.device("amina 2", of="amina")
    text, signer = control.text_of(person), member_id("amina")
    other_id = "m-" + "a" * 20
    short = Epoch(signer=signer, epoch=text_id("e", OTHER.recipient.text.encode()), recipient="no key")
    epoch = plain.epoch(1)
    keyless = msgspec.structs.replace(
        epoch, recipient="no key", epoch=text_id("e", b"no key" + epoch.identities.encode())
    )
    erasure = _erasure("amina")
    hold = control.text_of(Hold(signer=signer, nonce="ab" * 16, held=()))
    spelled = control.text_of(plain.epoch(1, number=0)).replace('"recipient"', '"number":0,"recipient"')
    cases: list[tuple[str, str, bytes]] = [
        ("stranger", "nobody signs for an owner", plain.note(person, "vera")),
        ("other-archive", "a note of another archive", plain.note(person, "amina", "a-" + "b" * 20)),
        ("unknown-member", "a device belongs to a member", plain.note(plain.device("idris"), "amina")),
        (
            "wrong-device-id",
            "a device's id is its key's",
            plain.note(_changed(new, device=device_id("amina 1")), "amina"),
        ),
        ("wrong-member-id", "a member's id is his key's", plain.note(_changed(person, member=other_id), "amina")),
        (
            "wrong-epoch-id",
            "an epoch's id is that of both keys",
            plain.note(_changed(epoch, epoch=plain.epoch(2).epoch), "amina"),
        ),
        (
            "epoch-of-one-key",
            "an id of one key is not that of two",
            plain.note(_changed(epoch, epoch=short.epoch), "amina"),
        ),
        ("no-recipient", "an epoch has keys to seal to", plain.note(keyless, "amina")),
        (
            "epoch-nameless-empty",
            "an epoch has a key for what names nobody",
            plain.note(_of_keys(epoch, recipient=""), "amina"),
        ),
        (
            "epoch-no-identities",
            "an epoch has a key of identities",
            plain.note(_of_keys(epoch, identities=""), "amina"),
        ),
        ("epoch-no-ids", "an epoch has a secret of ids", plain.note(_of_keys(epoch, ids=""), "amina")),
        ("epoch-jumps", "the number of an epoch does not jump", plain.note(_changed(epoch, number=66), "amina")),
        ("hold-no-evidence", "a hold says which files", _raw(plain, hold.replace('"evidence":[],', ""))),
        ("hold-no-keys", "a hold says which keys", _raw(plain, hold.replace('"keys":[],', ""))),
        (
            "member-no-recipient",
            "a member has a key to seal to",
            plain.note(_changed(person, recipient="no key"), "amina"),
        ),
        ("unknown-kind", "an unknown kind", _raw(plain, f'{{"control":"crown","signer":"{signer}"}}\n')),
        ("unknown-role", "an unknown role", _raw(plain, text.replace('"editor"', '"king"'))),
        ("field-more", "a field more", _raw(plain, text.replace("}", ',"x":1}'))),
        ("field-less", "a field less", _raw(plain, text.replace(f'"recipient":"{person.recipient}",', ""))),
        ("field-empty", "of an epoch, what is empty is not written", _raw(plain, spelled)),
        ("blank", "JSON has one form", _raw(plain, text.replace(":", ": "))),
        ("line-more", "an entry is one line", _raw(plain, text + "more\n")),
        ("garbage", "garbage", b"\x7fnothing at all"),
        ("nobody-removed", "a removal names somebody known", plain.note(plain.removal("vera"), "amina")),
        ("delay", "a delay is a year at most", plain.note(_settings("amina", 1, 24 * 366 + 1, 1), "amina")),
        ("file-above", "a key file lies in keys/", plain.note(_key_file("../m-x.identity"), "amina")),
        ("digest-short", "a digest is whole", plain.note(_key_file("x", "abc"), "amina")),
        (
            "run-backwards",
            "a run begins at 0 at the earliest",
            plain.note(_changed(erasure, erased=((device_id("amina 1"), -1, 2),)), "amina"),
        ),
    ]
    for end, fact, note in cases:
        cast = Cast()
        cast.loose.append(Said(log=cast.log("amina"), at=7, note=note))
        answer = {"members": roles(), "devices": [device_id("amina 1")], "epochs": [cast.epoch(0).epoch], "refused": 1}
        yield says(f"refused-{end}", f"{fact}: no effect", cast, **answer)


def _changed(said: Control, **fields: Any) -> Control:
    return msgspec.structs.replace(said, **fields)


def _of_keys(epoch: Epoch, **fields: str) -> Epoch:
    """With other keys, and the id of these."""
    found = msgspec.structs.replace(epoch, **fields)
    return msgspec.structs.replace(found, epoch=epoch_id(found.recipient, found.identities))


def _key_file(name: str, digest: str = "ab" * 32, by: str = "amina", number: int = 1) -> Control:
    return control.KeyFiles(signer=member_id(by), number=number, files=((name, digest),))


def _settings(by: str, number: int, delay: int, approvals: int) -> Settings:
    return Settings(signer=member_id(by), number=number, delay=delay, approvals=approvals)


def _erasure(by: str, first: int = 9, **more: Any) -> Erasure:
    """Of two entries of the founder's log."""
    runs = ((device_id("amina 1"), first, 2),)
    return Erasure(signer=member_id(by), at="2026-03-01", why="withdrawn", erased=runs, **more)


def _raw(cast: Cast, text: str) -> bytes:
    return signed_raw(key("amina"), text, note_name(cast.id, member_id("amina")))


def places() -> Iterator[Vector]:
    """An entry counts where its signer's device, or an owner, has put it."""
    for end, fact, said in (
        ("log-of-nobody", "a log that no device entry names", _elsewhere("vera 1")),
        ("unsealed-place", "a place that the log's device has not signed", _elsewhere("idris 1", sealed=False)),
        ("repeated", "what one member says, another does not repeat in his log", _elsewhere("idris 1")),
    ):
        yield says(f"refused-{end}", f"{fact}: no effect", said, members=roles("idris"), refused=1)
    cast = Cast()
    cast.loose.append(Said(log=device_id("vera 1"), at=0, note=cast.note(cast.device("vera", by="vera"), "vera")))
    cast.loose.append(
        Said(log=device_id("vera 1"), at=1, note=cast.note(cast.person("vera", Role.OWNER, "vera"), "vera"))
    )
    fact = "nobody admits himself: no effect"
    yield says("refused-self-admission", fact, cast, members=roles(), devices=[device_id("amina 1")], refused=2)
    cast = _with_editor()
    cast.say("idris", cast.person("idris", Role.OWNER, "idris"))
    yield says(
        "refused-self-promotion", "nobody raises himself: no effect", cast, members=roles(idris="editor"), refused=1
    )
    cast = Cast()
    cast.say("amina", cast.device("amina 2", of="amina"))
    cast.loose.append(Said(log=device_id("amina 2"), at=0, note=cast.note(cast.person("idris", Role.EDITOR), "vera")))
    fact = "a forged note in an admitted log: no effect"
    yield says("refused-forged-in-admitted-log", fact, cast, members=roles(), refused=1)


def _elsewhere(log: str, *, sealed: bool = True) -> Cast:
    """Idris is an owner; what Amina says lies in a log that is not hers."""
    cast = Cast()
    cast.join("idris", Role.OWNER)
    note = cast.note(cast.person("sevara", Role.EDITOR), "amina")
    cast.loose.append(Said(log=device_id(log), at=5, note=note, sealed=sealed))
    return cast


def _with_editor(role: Role = Role.EDITOR) -> Cast:
    cast = Cast()
    cast.join("idris", role)
    return cast


def entitled() -> Iterator[Vector]:
    """Who may say what: each said by one who may not."""
    hold, log = Hold(signer=member_id("amina"), nonce="ab" * 16, held=()), device_id("amina 1")
    by = member_id("idris")
    plain = Cast()
    owners: list[tuple[str, str, Control]] = [
        ("device", "an editor admits no device", plain.device("idris 2", of="idris", by="idris")),
        ("member", "an editor admits nobody", plain.person("sevara", Role.READER, "idris")),
        ("epoch", "an editor makes no epoch", plain.epoch(1, by="idris")),
        ("removal", "an editor removes nobody", plain.removal("amina", by="idris")),
        ("acceptance", "an editor takes in nothing that was kept apart", Acceptance(signer=by, log=log, size=9)),
        ("settings", "an editor sets nothing", _settings("idris", 1, 24 * 30, 1)),
        ("hold", "an editor holds nothing", msgspec.structs.replace(hold, signer=by)),
        ("release", "an editor releases nothing", Release(signer=by, decision=decision_id(hold))),
        ("upgrade", "an editor upgrades nothing", Upgrade(signer=by, format=2)),
        (
            "refusal",
            "an editor refuses no erasure of another",
            Refusal(signer=by, decision=decision_id(_erasure("amina"))),
        ),
        ("keys", "an editor speaks of no other's key file", plain.keys("idris", 1, amina="ab")),
        (
            "confirmation",
            "an editor confirms for no other",
            Confirmation(signer=by, decision=decision_id(hold), device=log),
        ),
    ]
    for end, fact, said in owners:
        cast = _with_editor()
        cast.say("amina", hold, _erasure("amina"))
        cast.say("idris", said)
        answer = {"members": roles(idris="editor"), "epochs": [cast.epoch(0).epoch], "settings": [168, 1], "cuts": {}}
        yield says(f"refused-editor-{end}", f"{fact}: no effect", cast, **answer, refused=1)
    for role in (Role.READER, Role.READER_WITHOUT_IDENTITIES, Role.WRITER, Role.REPLICA):
        cast = _with_editor(role)
        cast.say("idris", _erasure("idris"))
        cast.say("idris", Approval(signer=by, decision=decision_id(_erasure("amina"))))
        fact = f"a {role.value} asks and approves no erasure: no effect"
        yield says(f"refused-{role.value}-erases", fact, cast, erasures={}, refused=2)
    cast = _with_editor(Role.REPLICA)
    cast.say("idris", cast.keys("idris", 1, idris="ab"), cast.keys("idris", 2, idris="cd"))
    held = {f"{by}.identity": "cd" * 32}
    fact = "every member speaks of his own key file"
    yield says("own-key-file", fact, cast, key_files=held, refused=0)


def removals() -> Iterator[Vector]:
    idris, log = member_id("idris"), device_id("idris 1")
    cast = _with_editor(Role.OWNER)
    cast.say("idris", cast.person("sevara", Role.READER, "idris"))
    cast.say("amina", cast.removal("idris"))
    cast.say("idris", cast.person("vera", Role.OWNER, "idris"))
    answer = {"members": roles(sevara="reader"), "removed": [idris], "cuts": {log: 2}, "refused": 1}
    yield says("removed", "what he said before counts, what he says later does not", cast, **answer)
    cast.say("amina", Acceptance(signer=member_id("amina"), log=log, size=3))
    fact = "an acceptance takes in entries, and gives no later control entry effect"
    yield says("acceptance", fact, cast, **(answer | {"cuts": {log: 3}}))
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.removal("idris", amina=7))
    cast.say("idris", cast.person("vera", Role.OWNER, "idris"))
    fact = "of a log that a removal does not name, nothing counts"
    yield says("refused-log-not-named", fact, cast, members=roles(), cuts={log: 0}, refused=1)
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.removal("idris"))
    cast.say("idris", cast.device("idris 2", of="idris", by="idris"), log="idris 2")
    cast.say("idris", cast.person("vera", Role.OWNER, "idris"), log="idris 2")
    fact = "a removed owner admits no new device of his, however early he says that it was: no effect"
    yield says("refused-backdated", fact, cast, members=roles(), devices=[device_id("amina 1")], refused=2)
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.EDITOR)
    cast.say("amina", cast.removal("idris"))
    late = cast.note(cast.person("vera", Role.OWNER, "idris"), "idris")
    cast.loose.append(Said(log=device_id("sevara 1"), at=5, note=late))
    fact = "nor does a colleague say it for him: no effect"
    yield says("refused-by-a-colleague", fact, cast, members=roles(sevara="editor"), refused=1)
    cast = _with_editor()
    cast.say("amina", cast.device("idris 2", of="idris"))
    cast.skip("idris 2", 3)
    cast.say("amina", _removal_of_device("idris 2", 2))
    devices = sorted((device_id("amina 1"), log))
    fact = "a lost device goes, its member stays"
    yield says(
        "device-removed", fact, cast, members=roles(idris="editor"), devices=devices, cuts={device_id("idris 2"): 2}
    )
    cast = _with_editor()
    cast.say("amina", cast.removal("idris"), cast.person("idris", Role.OWNER))
    cast.say("amina", cast.device("idris 3", of="idris"))
    answer = {"members": roles(), "devices": [device_id("amina 1")], "removed": [idris]}
    yield says("not-again", "who was removed comes back only with new keys", cast, **answer)
    cast = _with_editor()
    cast.join("sevara", Role.OWNER)
    cast.skip("idris", 8)
    cast.say("amina", cast.removal("idris", idris=7))
    cast.say("sevara", cast.removal("idris", "sevara", idris=3))
    yield says("smallest-cut", "of two removals the smaller size counts", cast, cuts={log: 3})
    for end, sizes in (("-everything", {}), ("-admission", {"amina": 4})):
        cast = _with_editor(Role.OWNER)
        cast.say("idris", _removal_of("amina", "idris", **sizes))
        fact = "a removal does not undo that by which its own signer is a member: no effect"
        yield says(f"refused-undoing{end}", fact, cast, members=roles("idris"), removed=[], refused=1)
    cast = Cast()
    cast.say("amina", _removal_of("amina", "amina", amina=3))
    fact = "nor the first epoch: no effect"
    yield says("refused-undoing-epoch", fact, cast, members=roles(), current=cast.epoch(0).epoch, refused=1)
    cast = Cast()
    cast.say("amina", _removal_of("amina", "amina", amina=4), cast.person("idris", Role.OWNER))
    fact = "who leaves says what of his counts, and no more is said by him"
    yield says("leaving", fact, cast, members={}, removed=[member_id("amina")], refused=1)
    cast = _with_sheets()
    cast.say("amina", cast.removal("sheets"))
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    fact = "sheets that were revoked admit nobody: no effect"
    yield says("refused-revoked-sheets", fact, cast, members=roles(), refused=2)


def _removal_of_device(name: str, size: int) -> Control:
    removed = device_id(name)
    return control.Removal(signer=member_id("amina"), removed=removed, logs=((removed, size),))


def _removal_of(removed: str, by: str, **sizes: int) -> Control:
    logs = tuple(sorted((device_id(f"{name} 1"), size) for name, size in sizes.items()))
    return control.Removal(signer=member_id(by), removed=member_id(removed), logs=logs)


def against_each_other() -> Iterator[Vector]:
    """Two who remove each other: the senior's word goes first."""
    cast = _with_editor(Role.OWNER)
    seen = cast.removal("idris")
    cast.say("idris", cast.removal("amina", "idris"))
    cast.say("amina", seen)
    fact = "of two who remove each other unseen, the founder stays"
    yield says("mutual-founder", fact, cast, members=roles(), removed=[member_id("idris")], refused=1)
    cast = _with_editor(Role.OWNER)
    cast.say("idris", cast.removal("amina", "idris"))
    cast.say("amina", cast.removal("idris"))
    both = sorted((member_id("amina"), member_id("idris")))
    fact = "who names the other's removal as seen lets it stand: both go"
    yield says("mutual-seen", fact, cast, members={}, removed=both, refused=0)
    cast = _with_editor(Role.OWNER)
    cast.say("idris", cast.removal("amina", "idris"))
    yield says(
        "founder-removed", "a founder who says nothing against it goes", cast, members={member_id("idris"): "owner"}
    )
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.OWNER)
    one, other = cast.removal("sevara", "idris"), cast.removal("idris", "sevara")
    cast.say("sevara", other)
    cast.say("idris", one)
    fact = "of two whom one has admitted, the earlier in his log stays"
    yield says("mutual-earlier", fact, cast, members=roles("idris"), removed=[member_id("sevara")], refused=1)
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.OWNER, "idris")
    one, other = cast.removal("sevara", "idris"), cast.removal("idris", "sevara")
    cast.say("sevara", other)
    cast.say("idris", one)
    fact = "who admitted stays before whom he admitted"
    yield says("mutual-admitter", fact, cast, members=roles("idris"), removed=[member_id("sevara")], refused=1)
    cast = _with_sheets()
    unseen = cast.removal("sheets")
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    cast.say("sheets", cast.removal("amina", "sheets", amina=5), log="sevara 1")
    cast.say("amina", unseen)
    fact = "a member's sheets go before the member"
    found = {member_id("sevara"): "owner", member_id("sheets"): "recovery"}
    yield says("mutual-sheets", fact, cast, members=found, removed=[member_id("amina")], refused=1)


def _agreed(cast: Cast, by: str, decision: Control) -> None:
    cast.say(by, Approval(signer=member_id(by), decision=decision_id(decision)))


def seconded() -> Iterator[Vector]:
    """Of two who remove each other, the one to whose removal another owner agreed."""
    amina, idris, sheets = member_id("amina"), member_id("idris"), member_id("sheets")
    for end, fact, role, by, second, removed in (
        ("", "a removal to which another owner agreed goes before the founder's", Role.OWNER, "amina", "sevara", amina),
        ("-editor", "an editor's agreement does not count", Role.EDITOR, "amina", "sevara", idris),
        ("-own", "nor does that of an owner whom the remover let in", Role.OWNER, "idris", "sevara", idris),
        ("-himself", "nor the remover's own", Role.OWNER, "amina", "idris", idris),
        ("-removed", "nor that of the removed himself", Role.OWNER, "amina", "amina", idris),
        ("-unsaid", "nor that of who says nothing", Role.OWNER, "amina", "", idris),
    ):
        cast = _with_editor(Role.OWNER)
        cast.join("sevara", role, by)
        unseen, against = cast.removal("idris"), cast.removal("amina", "idris")
        cast.say("idris", against)
        if second:
            _agreed(cast, second, against)
        cast.say("amina", unseen)
        yield says(f"seconded{end}" if removed == amina else f"refused-seconded{end}", fact, cast, removed=[removed])
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.OWNER)
    cast.join("timur", Role.OWNER)
    unseen, against = cast.removal("idris"), cast.removal("amina", "idris")
    cast.say("idris", against)
    _agreed(cast, "sevara", against)
    cast.say("amina", unseen)
    _agreed(cast, "timur", unseen)
    fact = "a founder gains nothing by an owner whom he let in, though he let in both: no effect"
    yield says("refused-seconded-founder", fact, cast, removed=[amina])
    cast = _with_editor(Role.OWNER)
    for name in ("sevara", "timur", "umed"):
        cast.join(name, Role.OWNER)
    unseen, against = cast.removal("sevara", "idris"), cast.removal("idris", "sevara")
    cast.say("sevara", against)
    _agreed(cast, "timur", against)
    cast.say("idris", unseen)
    _agreed(cast, "umed", unseen)
    fact = "of two to which others agreed, the senior's goes first"
    yield says("seconded-both", fact, cast, removed=[member_id("sevara")])
    for end, fact, agrees, removed in (
        (
            "refused-seconded-sheets",
            "sheets do not undo a revocation to which an owner agreed: no effect",
            True,
            sheets,
        ),
        ("unseconded-sheets", "but one to which nobody agreed they undo", False, amina),
    ):
        cast = _with_sheets()
        cast.join("idris", Role.OWNER)
        before, unseen = cast.removal("amina", "sheets"), cast.removal("sheets")
        cast.say("amina", unseen)
        cast.say("sheets", cast.device("sevara", by="sheets"), cast.person("sevara", Role.OWNER, "sheets"), before,
                 log="sevara 1")  # fmt: skip
        if agrees:
            _agreed(cast, "idris", unseen)
        yield says(end, fact, cast, removed=[removed])
    cast = _with_sheets()
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    cast.join("idris", Role.OWNER, "sevara")
    cast.join("timur", Role.OWNER)
    unseen, against = cast.removal("timur"), cast.removal("amina", "timur")
    cast.say("timur", against)
    _agreed(cast, "idris", against)
    cast.say("amina", unseen)
    fact = "the agreement of whom sheets let in, at whatever remove, does not count"
    yield says("seconded-by-sheets", fact, cast, removed=[member_id("timur")])
    for end, fact, device, removed in (
        ("sheets-let-in", "against whom sheets let in, an owner whom the remover let in counts", "", member_id("vera")),
        ("sheets-device", "and against a device of such a one", " 1", device_id("vera 1")),
    ):
        cast = _with_sheets()
        cast.join("idris", Role.OWNER)
        cast.say("sheets", cast.person("vera", Role.OWNER, "sheets"), cast.device("vera", by="sheets"), log="vera 1")
        unseen, removal = cast.removal("amina", "sheets"), cast.removal(f"vera{device}")
        cast.say("sheets", unseen, log="vera 1")
        cast.say("amina", removal)
        _agreed(cast, "idris", removal)
        yield says(f"seconded-{end}", fact, cast, removed=[removed])
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.OWNER, "idris")
    cast.join("timur", Role.OWNER, "idris")
    unseen, removal = cast.removal("idris", "timur"), cast.removal("timur 1", "idris")
    cast.say("timur", unseen)
    _agreed(cast, "sevara", unseen)
    cast.say("idris", removal)
    fact = "whom the removed let in, and not the remover, counts"
    yield says("seconded-by-his-own", fact, cast, removed=[idris])


def epochs() -> Iterator[Vector]:
    cast = Cast()
    cast.say("amina", cast.epoch(1))
    yield says("epoch-latest", "the epoch with the highest number is current", cast, current=cast.epoch(1).epoch)
    cast = _with_editor()
    cast.say("amina", cast.removal("idris"))
    yield says("epoch-uncovered", "a removed reader still has the current key", cast, uncovered=[member_id("idris")])
    cast.say("amina", cast.epoch(1, without=["idris"]), cast.epoch(2))
    answer = {"current": cast.epoch(1).epoch, "uncovered": []}
    yield says("epoch-without", "an epoch not given to the removed goes before a later one", cast, **answer)
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.epoch(1))
    cast.say("idris", cast.epoch(2, by="idris", number=1))
    smaller = min(cast.epoch(1).epoch, cast.epoch(2).epoch)
    yield says("epoch-tie", "of two epochs of one number the smaller id is current", cast, current=smaller)
    cast = _with_editor(Role.WRITER)
    cast.say("amina", cast.removal("idris"))
    yield says("epoch-writer", "a removed writer had no key to read with", cast, uncovered=[])
    cast = Cast()
    cast.say("amina", cast.epoch(1), msgspec.structs.replace(cast.epoch(1), number=9, without=(member_id("amina"),)))
    cast.say("amina", cast.epoch(2))
    yield says("epoch-again", "a second entry about an epoch changes nothing", cast, current=cast.epoch(2).epoch)
    yield from _jumps()
    yield from _key_files()
    file = f"{member_id('amina')}.identity"
    for end, fact, numbers, digits, answer_ in (
        ("later", "of two entries about a key file the higher number holds", (2, 1), ("ab", "cd"), "ab"),
        ("tie", "of one number, the greater digest", (1, 1), ("cd", "ab"), "cd"),
    ):
        cast = Cast()
        for number, digit in zip(numbers, digits, strict=True):
            cast.say("amina", cast.keys("amina", number, amina=digit))
        yield says(f"key-file-{end}", fact, cast, key_files={file: answer_ * 32}, refused=0)


def _jumps() -> Iterator[Vector]:
    """A number is at most 64 more than how many go before."""
    first, second, third = (Cast().epoch(which).epoch for which in range(3))
    cast = Cast()
    cast.say("amina", cast.epoch(1, number=65))
    answer = {"epochs": sorted((first, second)), "current": second, "refused": 0}
    yield says("epoch-64-missing", "of the numbers before an epoch's 64 may be missing", cast, **answer)
    cast.say("amina", cast.epoch(2, number=66))
    answer = {"epochs": sorted((first, second, third)), "current": third, "refused": 0}
    yield says("epoch-after-64-missing", "what counts lets the next count", cast, **answer)
    cast = Cast()
    cast.say("amina", cast.epoch(1, number=66))
    cast.say("amina", cast.epoch(2, number=1 << 40))
    answer = {"epochs": [first], "current": first, "refused": 2}
    yield says("refused-epochs-jump", "what does not count lets none count: no effect", cast, **answer)
    cast = Cast()
    cast.say("amina", cast.epoch(1, number=1 << 40), cast.epoch(1, number=1))
    fact = "nor does a second entry with a smaller number about it: no effect"
    yield says("refused-epoch-jumps-again", fact, cast, epochs=[first], current=first, refused=1)
    for number, name, fact, setting in (
        (64, "settings-64-missing", "so many may be missing of settings too", [240, 1]),
        (65, "refused-settings-jump", "the number of settings does not jump: no effect", [168, 1]),
    ):
        cast = Cast()
        cast.say("amina", _settings("amina", number, 240, 1))
        yield says(name, fact, cast, settings=setting, refused=0)
    file = f"{first}.{member_id('amina')}.age"
    for number, name, fact, found in (
        (64, "key-file-64-missing", "nor of words about key files", {file: "ab" * 32}),
        (65, "refused-key-file-jump", "the number of a word about key files does not jump: no effect", {}),
    ):
        cast = _with_editor()
        cast.say("idris", *(cast.keys("idris", count, idris="cd") for count in range(3)))
        cast.say("amina", _key_file(file, number=number))
        own = {f"{member_id('idris')}.identity": "cd" * 32}
        yield says(name, fact, cast, key_files=own | found, refused=0)


def _key_files() -> Iterator[Vector]:
    """Whose word about a key file counts."""
    file = f"{member_id('idris')}.identity"
    ab, cd = {file: "ab" * 32}, {file: "cd" * 32}
    cast = _with_editor()
    cast.say("amina", cast.keys("amina", 1, idris="ab"))
    yield says("key-file-admitted", "who lets a member in says which key file he has", cast, key_files=ab)
    cast.say("amina", cast.keys("amina", 2, idris="cd"))
    yield says("refused-key-file-later", "and does not say it anew: no effect", cast, key_files=ab)
    cast.say("idris", cast.keys("idris", 0, idris="cd"))
    yield says("key-file-own", "his own word goes before, whatever its number", cast, key_files=cd)
    cast = _with_editor()
    cast.say("amina", cast.keys("amina", 9, idris="ab"), cast.keys("amina", 1, idris="cd"))
    yield says("key-file-first", "the first is that with the smaller position", cast, key_files=ab)
    cast = _with_editor()
    cast.join("sevara", Role.OWNER)
    cast.say("sevara", cast.keys("sevara", 1, idris="ab"))
    yield says("refused-key-file-other", "another owner has no word about it: no effect", cast, key_files={})
    cast = _with_editor()
    cast.say("amina", cast.device("amina 2", of="amina"))
    cast.skip("amina 2", 9)
    cast.say("amina", cast.keys("amina", 1, idris="ab"), log="amina 2")
    fact = "nor has who let him in elsewhere than in the log in which he did: no effect"
    yield says("refused-key-file-elsewhere", fact, cast, key_files={})
    cast = Cast()
    cast.say("amina", cast.keys("amina", 1, idris="ab"))
    cast.join("idris", Role.EDITOR)
    yield says("refused-key-file-before", "nor before he did: no effect", cast, key_files={})
    cast = _with_sheets()
    cast.say("sheets", cast.person("idris", Role.OWNER, "sheets"), cast.device("idris", by="sheets"), log="idris 1")
    cast.say("sheets", cast.keys("sheets", 1, idris="ab"), log="idris 1")
    yield says("key-file-by-sheets", "sheets say it in the log in which they let him in", cast, key_files=ab)
    epoch = f"{cast.epoch(0).epoch}.{member_id('idris')}.age"
    cast = _with_editor(Role.OWNER)
    cast.say("amina", _key_file(epoch, "ab" * 32, number=2))
    cast.say("idris", _key_file(epoch, "cd" * 32, "idris", 1))
    fact = "of an epoch's file the highest number of an owner holds"
    yield says("key-file-epoch", fact, cast, key_files={epoch: "ab" * 32})
    cast = _with_editor()
    cast.say("idris", _key_file(epoch, by="idris"))
    yield says("refused-key-file-epoch", "an editor has no word about it: no effect", cast, key_files={}, refused=1)
    bare = Cast()
    bare.say("amina", _key_file(member_id("amina")))
    fact = "another name counts like an epoch's file"
    yield says("key-file-other-name", fact, bare, key_files={member_id("amina"): "ab" * 32})


def decisions() -> Iterator[Vector]:
    """Settings, erasures, approvals, refusals, holds."""
    yield from _settled()
    erasure = _erasure("amina", gone=("ab" * 16,), people=("cd" * 16,))
    one = decision_id(erasure)
    runs = [[device_id("amina 1"), 9], [device_id("amina 1"), 10]]
    answer: dict[str, Any]

    def asking() -> Cast:
        cast = _with_editor()
        cast.say("amina", erasure)
        return cast

    def approved() -> Cast:
        cast = asking()
        cast.say("idris", Approval(signer=member_id("idris"), decision=one))
        return cast

    answer = {"erasures": {one: "asked"}, "unused": runs, "absent": [], "gone": ["ab" * 16], "people": ["cd" * 16]}
    yield says("erasure-asked", "what is asked to be erased is not used, and is still there", asking(), **answer)
    cast = asking()
    cast.say("amina", Approval(signer=member_id("amina"), decision=one))
    yield says("erasure-own-approval", "nobody approves what he asks himself", cast, erasures={one: "asked"}, absent=[])
    yield says("erasure-approved", "another member approves", approved(), erasures={one: "approved"}, absent=runs)
    cast = _with_editor()
    cast.say("idris", _erasure("idris"))
    cast.say("amina", Approval(signer=member_id("amina"), decision=decision_id(_erasure("idris"))))
    yield says("erasure-by-editor", "an editor may ask", cast, erasures={decision_id(_erasure("idris")): "approved"})
    cast = asking()
    cast.say("idris", Approval(signer=member_id("idris"), decision=decision_id(_erasure("amina", 10))))
    yield says("erasure-other-approved", "an approval is of one erasure", cast, erasures={one: "asked"}, absent=[])
    cast = Cast()
    cast.say("amina", erasure)
    yield says("erasure-alone", "one member alone needs no approval", cast, erasures={one: "approved"}, absent=runs)
    cast.join("idris", Role.EDITOR)
    fact = "what one alone could decide stays decided when a second comes"
    yield says("erasure-alone-before", fact, cast, erasures={one: "approved"}, absent=runs)
    yield from _alone_before(erasure)
    cast = Cast()
    cast.join("idris", Role.OWNER)
    cast.say("idris", _erasure("idris"))
    admission: tuple[Control, ...] = (cast.founding, cast.person("amina", Role.OWNER))
    for at, said in enumerate(admission):
        cast.loose.append(Said(log=cast.log("idris"), at=20 + at, note=cast.note(said, "amina")))
    fact = "nobody makes himself alone by repeating later how others were admitted"
    yield says("erasure-repeated-admission", fact, cast, erasures={decision_id(_erasure("idris")): "asked"}, absent=[])
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.removal("idris"), erasure)
    fact = "who removes all others first is still not alone"
    yield says("erasure-after-removal", fact, cast, erasures={one: "asked"}, absent=[])
    for end, fact, by in (("by-owner", "an owner refuses", "sevara"), ("by-asker", "who asked takes it back", "amina")):
        cast = asking()
        cast.join("sevara", Role.OWNER)
        cast.say(by, Refusal(signer=member_id(by), decision=one))
        answer = {"erasures": {one: "refused"}, "unused": [], "absent": [], "gone": [], "people": []}
        yield says(f"erasure-refused-{end}", fact, cast, **answer)
    cast = _with_editor()
    cast.say("amina", cast.person("sevara", Role.EDITOR), erasure)
    cast.say("idris", Approval(signer=member_id("idris"), decision=one))
    cast.say("amina", _settings("amina", 1, 7 * 24, 2))
    fact = "stricter settings make no damage of what was destroyed by right"
    yield says("erasure-stricter-late", fact, cast, erasures={one: "asked"}, absent=runs)
    cast = _with_editor(Role.OWNER)
    cast.join("sevara", Role.EDITOR)
    cast.say("idris", _erasure("idris"))
    cast.say("amina", cast.removal("sevara"))
    cast.say("sevara", Approval(signer=member_id("sevara"), decision=decision_id(_erasure("idris"))))
    asked_by_idris = {decision_id(_erasure("idris")): "asked"}
    fact = "an approval beyond a removal does not count: no effect"
    yield says("refused-approver-removed", fact, cast, erasures=asked_by_idris, absent=[], refused=1)
    done = Confirmation(
        signer=member_id("sevara"), decision=decision_id(_erasure("idris")), device=device_id("sevara 1")
    )
    cast.say("sevara", done)
    fact = "nor does the removed one's word that it is done: no effect"
    yield says("refused-removed-confirms", fact, cast, absent=[], refused=2)
    cast.say("amina", _changed(done, signer=member_id("amina"), device=device_id("amina 1")))
    fact = "what was destroyed by it, as a device in force says, makes no damage"
    yield says("erasure-approver-removed", fact, cast, erasures=asked_by_idris, absent=runs)
    cast = asking()
    cast.say("idris", Confirmation(signer=member_id("idris"), decision=one, device=device_id("idris 1")))
    fact = "what nobody has approved nobody destroys by right, whatever he says: no effect"
    yield says("refused-confirmed-unapproved", fact, cast, erasures={one: "asked"}, absent=[])
    cast = approved()
    cast.say("amina", Refusal(signer=member_id("amina"), decision=one))
    fact = "a refusal makes no damage of what was destroyed by right"
    yield says("erasure-refused-late", fact, cast, erasures={one: "refused"}, absent=runs, unused=[])
    log = device_id("amina 1")
    for end, fact, held, state in (
        ("", "a hold on one of its entries stands against it", ((log, 10, 5),), "held"),
        ("-all", "a hold without entries holds everything", (), "held"),
        ("-others", "a hold on others does not", ((log, 11, 5), (device_id("idris 1"), 9, 2)), "approved"),
    ):
        cast = approved()
        cast.say("amina", Hold(signer=member_id("amina"), nonce="ab" * 16, held=held))
        yield says(f"hold{end}", fact, cast, erasures={one: state}, absent=runs)
    of_files = _erasure("amina", evidence=("aaaa", "bbbb"), keys=("k-" + "a" * 20,))
    for end, fact, held, more, state in (
        ("-evidence", "a hold on one of its files stands against it", ((log, 50, 1),), {"evidence": ("aaaa",)}, "held"),
        ("-key", "a hold on one of its keys does", ((log, 50, 1),), {"keys": ("k-" + "a" * 20,)}, "held"),
        ("-other-evidence", "one on other files does not", ((log, 50, 1),), {"evidence": ("cccc",)}, "approved"),
        ("-other-key", "nor does one on other keys", ((log, 50, 1),), {"keys": ("k-" + "b" * 20,)}, "approved"),
        ("-only-evidence", "a hold of files and no entries holds everything", (), {"evidence": ("cccc",)}, "held"),
    ):
        cast = _with_editor()
        cast.say("amina", of_files)
        cast.say("idris", Approval(signer=member_id("idris"), decision=decision_id(of_files)))
        cast.say("amina", Hold(signer=member_id("amina"), nonce="ab" * 16, held=held, **more))
        yield says(f"hold{end}", fact, cast, erasures={decision_id(of_files): state})
    cast = approved()
    hold = Hold(signer=member_id("amina"), nonce="ab" * 16, held=())
    cast.say("amina", hold, Release(signer=member_id("amina"), decision=decision_id(hold)))
    yield says("hold-released", "a hold ends", cast, erasures={one: "approved"})
    again = msgspec.structs.replace(hold, nonce="cd" * 16)
    cast.say("amina", again)
    yield says("hold-again", "a new hold is another one", cast, erasures={one: "held"})
    cast = _with_editor()
    cast.say("idris", Clearance(signer=member_id("idris"), cleared=("cd" * 16, "ab" * 16)))
    yield says("clearance", "an editor says who is another person", cast, cleared=["ab" * 16, "cd" * 16], refused=0)


def _alone_before(erasure: Erasure) -> Iterator[Vector]:
    """Amina, alone, erases; others come later, or nobody can tell."""
    one = decision_id(erasure)
    cast = Cast()
    cast.say("amina", erasure)
    cast.join("idris", Role.OWNER)
    cast.join("sevara", Role.EDITOR, "idris")
    fact = "whom a log admits that came later came later too"
    yield says("erasure-alone-later-log", fact, cast, erasures={one: "approved"})
    cast = Cast()
    cast.say("amina", erasure)
    cast.say("amina", cast.person("idris", Role.OWNER), cast.device("idris"))
    cast.say("idris", cast.device("idris 2", of="idris", by="idris"), log="idris 2")
    cast.say("idris", cast.person("sevara", Role.EDITOR, "idris"), log="idris 2")
    fact = "so does whom somebody admits who came later, in whichever log"
    yield says("erasure-alone-later-signer", fact, cast, erasures={one: "approved"})
    cast = Cast()
    cast.say("amina", erasure, cast.device("amina 2", of="amina"))
    cast.say("amina", cast.person("sevara", Role.EDITOR), log="amina 2")
    fact = "of a device admitted later all is later, its member's own too"
    yield says("erasure-alone-later-device", fact, cast, erasures={one: "approved"})
    cast = Cast()
    cast.say("amina", cast.device("amina 2", of="amina"), log="amina 2")
    cast.say("amina", cast.person("sevara", Role.EDITOR), log="amina 2")
    cast.say("amina", erasure)
    fact = "whom another log admits may have been there: nobody erases alone beside him"
    yield says("erasure-other-log", fact, cast, erasures={one: "asked"})
    cast = _with_sheets()
    cast.say("amina", erasure)
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    fact = "so may be whom sheets from before let in"
    yield says("erasure-sheets-before", fact, cast, erasures={one: "asked"})
    cast = Cast()
    cast.say("amina", erasure, cast.person("sheets", Role.RECOVERY))
    cast.say("sheets", cast.person("sevara", Role.OWNER, "sheets"), cast.device("sevara", by="sheets"), log="sevara 1")
    fact = "whom sheets let in that were made later came later"
    yield says("erasure-sheets-later", fact, cast, erasures={one: "approved"})


def _settled() -> Iterator[Vector]:
    stricter, weaker = _settings("amina", 1, 24 * 30, 2), _settings("amina", 2, 1, 0)
    cast = _with_editor()
    cast.say("amina", stricter)
    yield says("settings-stricter", "a stricter setting holds at once", cast, settings=[24 * 30, 2])
    cast.say("amina", weaker)
    yield says("settings-weaker", "a weaker one does not, said by one alone", cast, settings=[24 * 30, 2], refused=0)
    cast.say("amina", Approval(signer=member_id("amina"), decision=decision_id(weaker)))
    yield says("settings-own-approval", "nor when he approves it himself", cast, settings=[24 * 30, 2])
    cast.say("idris", Approval(signer=member_id("idris"), decision=decision_id(weaker)))
    yield says("settings-approved", "a weaker one holds when another approves", cast, settings=[1, 0])
    mixed = _settings("amina", 3, 24 * 60, 0)
    cast = _with_editor()
    cast.say("amina", mixed)
    yield says("settings-mixed", "longer with fewer approvals is weaker", cast, settings=[7 * 24, 1])
    cast = Cast()
    cast.say("amina", weaker)
    yield says("settings-alone", "one member alone weakens by himself", cast, settings=[1, 0])
    cast.join("idris", Role.EDITOR)
    fact = "what one alone has set stays set when a second comes"
    yield says("settings-alone-before", fact, cast, settings=[1, 0])
    cast = _with_editor()
    cast.say("amina", cast.removal("idris"), weaker)
    yield says("settings-after-removal", "who removes the other first is still not alone", cast, settings=[7 * 24, 1])
    cast = _with_editor(Role.OWNER)
    cast.say("amina", cast.person("sevara", Role.EDITOR), _erasure("amina"))
    cast.say("amina", _settings("amina", 1, 24 * 30, 1), _settings("amina", 2, 24 * 40, 2))
    cast.say("idris", Approval(signer=member_id("idris"), decision=decision_id(_erasure("amina"))))
    cast.say("idris", _removal_of("amina", "idris"))
    runs = [[device_id("amina 1"), 9], [device_id("amina 1"), 10]]
    fact = "a removal that does not come into force changes nothing about which settings held: no effect"
    yield says("refused-removal-and-settings", fact, cast, settings=[24 * 40, 2], absent=runs, refused=1)
    cast = Cast()
    cast.say("amina", _settings("amina", 2, 3, 1), _settings("amina", 1, 24 * 40, 1))
    yield says("settings-number", "they follow one another by number", cast, settings=[3, 1])


FAMILIES = (
    *(foundings, old_foundings, admissions, refused_entries, places, entitled),
    *(removals, against_each_other, seconded, epochs, decisions),
)
