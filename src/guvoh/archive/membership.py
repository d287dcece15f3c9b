"""What the control entries of all logs add up to: a function of their set, whatever order they are read in.

Each entry is signed by a member and lies at a place of a log that its device vouches for. A removal names the size of
every log that its signer had seen; what the removed member signed or appended beyond those sizes takes no effect. Of
two removals that contradict each other the one holds to which a second owner agreed; of equals, that by the senior
member: the founder's word goes before that of whom he admitted, and so on; the sheets of paper that a member made go
before that member (docs/decisions/membership.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import msgspec

from guvoh.archive.control import (
    DECIDES,
    FIRST_FORMAT,
    FORMAT,
    OF_FORMAT_1,
    OWNS,
    READS,
    Acceptance,
    Approval,
    Clearance,
    Confirmation,
    Control,
    Device,
    Epoch,
    Erasure,
    Founding,
    Hold,
    KeyFiles,
    Late,
    Member,
    Refusal,
    Refused,
    Release,
    Removal,
    Role,
    Settings,
    Upgrade,
    check_keys,
    decision_id,
    decoder,
    key_id,
    note_name,
    require,
    text_id,
    text_of,
)
from guvoh.archive.errors import NewerFormat
from guvoh.archive.runs import Runs
from guvoh.sealing.boxes import CannotOpen
from guvoh.sealing.notes import BadNote, VerifyKey, opened

DEFAULT_SETTINGS = Settings(signer="m-aaaaaaaaaaaaaaaaaaaa", number=0, delay=7 * 24, approvals=1)
"""Where no owner has said otherwise: seven days, and one other member."""


class Placed(NamedTuple):
    """A note and where it lies. vouched: whether that key, its log's device's, has signed that it lies there."""

    log: str
    at: int
    note: bytes
    vouched: Callable[[VerifyKey], bool]


class _Item(NamedTuple):
    log: str
    at: int
    note: bytes
    vouched: Callable[[VerifyKey], bool]
    control: Control


class _Admission(NamedTuple):
    """An entry that admits a member or a device. free: it takes effect in a log whose device nobody has admitted."""

    one: str
    signer: str
    log: str
    at: int
    free: bool


@dataclass(slots=True, kw_only=True)
class Standing:
    """An erasure, and how far it has come. approved: it may be carried out. held: by a legal hold."""

    id: str
    erasure: Erasure
    log: str
    at: int
    approvals: set[str] = field(default_factory=set)
    needed: int = 0
    least: int = 0
    """As many approvals as were needed when the settings asked for the fewest."""
    held: bool = False
    refused: bool = False
    confirmed: set[str] = field(default_factory=set)

    @property
    def granted(self) -> bool:
        """Enough had agreed, by some settings that held. What was destroyed then stays destroyed by right."""
        return len(self.approvals) >= self.least

    @property
    def approved(self) -> bool:
        return len(self.approvals) >= self.needed and not self.refused and not self.held


class Membership:
    """What holds. Members and devices that were removed stay in `members` and `devices`: see `in_force`."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self.founding: Founding | None = None
        self.format = FIRST_FORMAT
        self.members: dict[str, Member] = {}
        self.devices: dict[str, Device] = {}
        self.epochs: dict[str, Epoch] = {}
        self.removals: list[tuple[Removal, str, int]] = []
        self.seconded: set[str] = set()
        """Ids of those removals in force to which a second owner agreed."""
        self.undone: list[Removal] = []
        """Removals that members have signed and that are not in force: they came too late, or others went before."""
        self.erasures: dict[str, Standing] = {}
        self.void_epochs: dict[str, Epoch] = {}
        """Epochs whose maker was removed before others had seen them: to read with, never to write with."""
        self.void_key_files: dict[str, str] = {}
        self._void_erasures: dict[str, Standing] = {}
        self._confirmed: set[str] = set()
        """What devices in force say that they have destroyed, whatever became of the erasure."""
        self.holds: dict[str, Hold] = {}
        self.key_files: dict[str, str] = {}
        self.admitted: dict[str, int] = {}
        """For each member a number that grows with the order of admission."""
        self.key_number = 0
        """The largest number that an entry about key files has, of those that owners signed."""
        self.own_numbers: dict[str, int] = {}
        """By member, the largest number under which he has spoken of his own key file."""
        self._void_numbers: dict[str, int] = {}
        """Likewise, if nobody had been removed: who puts his device back in force must find no word after his last."""
        self.cleared: set[str] = set()
        self.settings = DEFAULT_SETTINGS
        self.asked_settings: dict[str, Settings] = {}
        """By their ids, settings that wait for another owner or editor to agree."""
        self.settings_number = 0
        self.refused: list[Refused] = []
        self._cuts: dict[str, int] = {}
        self._accepted: dict[str, int] = {}
        self._rank: dict[str, tuple[int, int, str, int]] = {}

    # --- members, devices, keys

    def in_force(self, one: str) -> bool:
        """Whether this member or device is one today: admitted, not removed, nor is the device's member."""
        if one in self.removed:
            return False
        device = self.devices.get(one)
        return one in self.members if device is None else self.in_force(device.member)

    @cached_property
    def removed(self) -> frozenset[str]:
        return frozenset(removal.removed for removal, _, _ in self.removals)

    def role(self, member: str) -> Role | None:
        return self.members[member].role if member in self.members and self.in_force(member) else None

    def with_roles(self, roles: Iterable[Role]) -> list[Member]:
        wanted = frozenset(roles)
        return [member for one, member in self.members.items() if member.role in wanted and self.in_force(one)]

    def line(self, member: str) -> list[str]:
        """Who admitted this member, who admitted that one, and so on up to the founder."""
        found: list[str] = []
        while member in self.members and self.members[member].signer != member:
            member = self.members[member].signer
            found.append(member)
        return found

    def may_second(self, one: str, removal: Removal) -> bool:
        """Whether this member's agreement lets a removal go before those to which nobody else agreed.

        Only an owner's, who is neither of the two. Whom sheets let in does not count: whoever holds them can make such
        owners. Nor does whom the remover let in, unless against sheets, or against whom sheets let in.
        """
        member, device = self.members.get(one), self.devices.get(removal.removed)
        removed, line = device.member if device else removal.removed, self.line(one)
        his_own = removal.signer in line and not self._of_sheets([removed, *self.line(removed)])
        owner = member is not None and member.role is Role.OWNER
        return owner and one not in (removal.signer, removed) and not self._of_sheets(line) and not his_own

    def _of_sheets(self, line: Iterable[str]) -> bool:
        return any(one in self.members and self.members[one].role is Role.RECOVERY for one in line)

    @property
    def lone(self) -> list[Removal]:
        """Removals in force that whoever was removed could still answer: an owner could second them, and none has."""
        seconded = {one.removed for one, _, _ in self.removals if decision_id(one) in self.seconded}
        owners = [member.member for member in self.with_roles([Role.OWNER])]
        found = {
            decision_id(one): one
            for one, _, _ in self.removals
            if one.removed not in {*seconded, one.signer}
            and self._may_answer(one.removed)
            and any(self.may_second(owner, one) for owner in owners)
        }
        return list(found.values())

    def _may_answer(self, removed: str) -> bool:
        """Only owners and sheets sign removals."""
        member = self.devices[removed].member if removed in self.devices else removed
        return member in self.members and self.members[member].role in OWNS

    def devices_of(self, member: str) -> list[str]:
        return sorted(device for device, entry in self.devices.items() if entry.member == member)

    def verify_key(self, device: str) -> VerifyKey | None:
        """Of a device that is or was admitted: what it wrote while it was one is still to be checked."""
        found = self.devices.get(device)
        return VerifyKey(found.verify) if found else None

    @property
    def epoch(self) -> Epoch:
        """The one to write with: given to the fewest who were removed; of such the latest; then by its id."""
        return self.best(self.epochs.values())

    def best(self, epochs: Iterable[Epoch]) -> Epoch:
        readers = self._removed_readers
        return min(epochs, key=lambda e: (-len(readers.intersection(e.without)), -e.number, e.epoch))

    @property
    def _removed_readers(self) -> set[str]:
        return {one for one in self.removed if one in self.members and self.members[one].role in READS}

    @property
    def uncovered(self) -> list[str]:
        """Removed members who hold a key to what is written today: an owner has to make a new epoch."""
        return sorted(self._removed_readers.difference(self.epoch.without))

    def cut(self, log: str) -> int | None:
        """How many entries of a log count where its device, or its member, was removed; None where all do."""
        cut = self._cuts.get(log)
        return None if cut is None else max(cut, self._accepted.get(log, 0))

    # --- what removals made void, and honest work may rest on

    def remember(self, before: Membership) -> None:
        """Keep what would hold if nobody had been removed, where what was done by it must not be lost.

        Entries that somebody else sealed to an epoch are still read, though its maker was removed meanwhile; nothing is
        sealed to it any more. What was destroyed by an erasure is destroyed, though who approved it was removed.
        """
        self.void_epochs = {one: epoch for one, epoch in before.epochs.items() if one not in self.epochs}
        self.void_key_files = {
            name: digest
            for name, digest in before.key_files.items()
            if (name not in self.key_files and name.partition(".")[0] in self.void_epochs)
            or (name.endswith(_IDENTITY) and self.key_files.get(name, digest) != digest)
        }
        self._void_numbers = before.own_numbers
        self._void_erasures = {
            one: was for one, was in before.erasures.items() if not self.stands(one) and one in self._confirmed
        }

    def stands(self, erasure: str) -> bool:
        """Whether this erasure is in force: enough agree, and nobody has taken it back."""
        found = self.erasures.get(erasure)
        return found is not None and found.granted and not found.refused

    @property
    def vouched(self) -> frozenset[str]:
        """The names of the key files that somebody may still need."""
        return frozenset(self.void_key_files | self.key_files)

    def right(self, name: str) -> list[str]:
        """The digests that a key file may have, the best first; none where nobody has vouched for it.

        What a member made of his own file on a device that was removed later has replaced the one before it wherever it
        came: where that one is lost, his last is as good.
        """
        return [files[name] for files in (self.key_files, self.void_key_files) if name in files]

    def next_key_number(self, member: str) -> int:
        """The number with which a member speaks of his own key file: larger than any that he has given."""
        own, void = self.own_numbers.get(member, 0), self._void_numbers.get(member, 0)
        # Who had his device may have jumped, to have the last word for ever.
        return 1 + max(self.key_number, own, void if void <= max(self.key_number, own) + _SLACK else 0)

    @cached_property
    def granted(self) -> dict[str, Erasure]:
        """Erasures to which enough have agreed, be they removed since: what lacks them is no damage."""
        standing = (*self.erasures.values(), *self._void_erasures.values())
        return {one.id: one.erasure for one in standing if one.granted}

    def may_change(self, erasures: Iterable[str], log: str, first: int, end: int) -> bool:
        """Whether one of these erasures names an entry there, or a key: what a key opens is told in no clear part."""
        named = [self.granted[one] for one in erasures if one in self.granted]
        return any(one.keys or Runs(one.erased).within(log, first, end) for one in named)

    # --- erasure

    @cached_property
    def unused(self) -> Runs:
        """Entries that nobody uses any more, since somebody asked for their erasure and nobody refused."""
        return Runs(run for one in self.erasures.values() if not one.refused for run in one.erasure.erased)

    @cached_property
    def erased(self) -> Runs:
        """Entries that may be absent: enough have agreed to their erasure.

        A hold or a refusal keeps what is there from being destroyed; it cannot bring back what is gone, and must not
        make damage of it.
        """
        return Runs(run for one in self.granted.values() for run in one.erased)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Keyed digests of ids whose records are not used, wherever they lie."""
        return frozenset(one for s in self.erasures.values() if not s.refused for one in s.erasure.gone)

    @cached_property
    def people(self) -> frozenset[str]:
        """Keyed digests of erased persons, to know them again in another list."""
        return frozenset(one for s in self.erasures.values() if not s.refused for one in s.erasure.people)

    @cached_property
    def evidence_gone(self) -> frozenset[str]:
        """Names of evidence that may be absent."""
        return frozenset(name for one in self.granted.values() for name in one.evidence)


def membership(archive: str, notes: Iterable[Placed]) -> Membership:
    """What the notes establish. Removals take effect one by one: seconded ones first, then the most senior signer's."""
    items, unread = _read(notes)
    done: list[_Item] = []
    void: list[_Item] = []
    checked: dict[bytes, str | None] = {}
    state = _Applying(archive, items, done, checked)
    before = state.settled() if state.candidates else None
    while candidates := [item for item in state.candidates if item not in done and item not in void]:
        first = min(candidates, key=state.order)
        after = _Applying(archive, items, [*done, first], checked)
        if first in after.candidates and state.founded <= after.founded:
            done, state = [*done, first], after
        else:
            void.append(first)
    undone = [Refused("it would undo that by which its own signer is a member, or the founding") for _ in void]
    state.found.refused += [*unread, *undone]
    signed = [item for item in items if item not in done and checked.get(item.note, "") is None]
    state.found.undone = [item.control for item in signed if isinstance(item.control, Removal)]
    found = state.settled()
    if state.newest > FORMAT:
        raise NewerFormat(state.newest, FORMAT)
    if before is not None and done:
        found.remember(before)
    return found


def _read(notes: Iterable[Placed]) -> tuple[list[_Item], list[Refused]]:
    vouching: dict[tuple[str, int, bytes], list[Callable[[VerifyKey], bool]]] = {}
    for placed in notes:
        vouching.setdefault(placed[:3], []).append(placed.vouched)
    items, refused = [], []
    for (log, at, note), several in sorted(vouching.items(), key=lambda one: one[0]):
        try:
            control = decoder.decode(note.partition(b"\n")[0])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            refused.append(Refused("it is not of a kind that this format knows"))
            continue
        items.append(_Item(log, at, note, partial(_anybody, several), control))
    return items, refused


def _anybody(several: list[Callable[[VerifyKey], bool]], key: VerifyKey) -> bool:
    """Two segments may hold the same entry; one that is damaged takes nothing away from the other."""
    return any(vouched(key) for vouched in several)


class _Applying:
    """One pass: the entries that take effect once the given removals do."""

    def __init__(self, archive: str, items: list[_Item], done: list[_Item], checked: dict[bytes, str | None]) -> None:
        self.found = Membership(archive)
        self.found.removals = [(item.control, item.log, item.at) for item in done if isinstance(item.control, Removal)]
        self.candidates: list[_Item] = []
        self.newest = FIRST_FORMAT
        """The format of the latest upgrade that takes effect: perhaps a newer one than this program knows."""
        self._done = {id(item) for item in done}
        self._checked = checked
        self._taken: list[_Item] = []
        self._epochs: list[_Item] = []
        """Of several entries about one epoch that which holds."""
        self._admissions: list[_Admission] = []
        self._agreed: dict[str, set[str]] = {}
        self._fewest = 0
        self._keys = {log: key for item in items for log, key in self._key_of(item.control)}
        waiting = items
        while True:
            refused: list[tuple[_Item, Refused]] = []
            for item in waiting:
                try:
                    self._apply(item)
                except Refused as problem:
                    refused.append((item, problem))
            if len(refused) == len(waiting):
                break
            waiting = [item for item, _ in refused]
        self.found.refused = [problem for _, problem in refused]
        founding = self.found.founding
        self.founded = founding is not None and founding.epoch in self.found.epochs
        """Whether the founding is there, and the first epoch with it."""

    @staticmethod
    def _key_of(control: Control) -> list[tuple[str, VerifyKey]]:
        """A device's id commits to its key: whoever names the key, it is the right one."""
        if isinstance(control, Device):
            try:
                key = VerifyKey(control.verify)
            except BadNote:
                return []
            return [(control.device, key)] if key_id("d", key) == control.device else []
        return []

    def order(self, item: _Item) -> tuple[bool, tuple[int, int, str, int], str, int]:
        return not self._seconded(item.control), self.found._rank[item.control.signer], item.log, item.at

    def _seconded(self, control: Control) -> bool:
        agreed = self._agreed.get(decision_id(control), ())
        return isinstance(control, Removal) and any(self.found.may_second(one, control) for one in agreed)

    def _apply(self, item: _Item) -> None:
        control = item.control
        try:
            self._check_signature(item)
            check_keys(control)
            self._check_place(item)
            self._check_entitled(item)
            self._check_not_removed(item)
        except BadNote as bad:
            raise Refused(bad.why) from None
        except CannotOpen:
            raise Refused("its public key for sealing is not one") from None
        self._take(item)

    def _check_signature(self, item: _Item) -> None:
        """Once for each note: what a signer's key says of it does not change with who is a member."""
        key = self._signer_key(item.control)
        why = self._checked.get(item.note, "")
        if why == "":
            try:
                text = opened(item.note, key, note_name(self.found.archive, item.control.signer))
                why = None if text == text_of(item.control) else "it is not written in the one way that this format has"
            except BadNote as bad:
                why = bad.why
            self._checked[item.note] = why
        if why:
            raise Refused(why)

    def _signer_key(self, control: Control) -> VerifyKey:
        """The key whose id the signer is: an id commits to its key."""
        if isinstance(control, Founding):
            return VerifyKey(control.verify)
        require(self.found.founding is not None, "it comes before the founding of the archive")
        assert self.found.founding is not None
        member = self.found.members.get(control.signer)
        if member is not None:
            return VerifyKey(member.verify)
        founder = VerifyKey(self.found.founding.verify)
        require(control.signer == key_id("m", founder), "its signer is no member of this archive")
        return founder

    def _check_place(self, item: _Item) -> None:
        """It lies where it says: in a log of its signer, or in the very log that it admits.

        So nobody can repeat elsewhere what another has said. Keys on sheets have no log: they speak in anybody's.
        """
        key, control = self._keys.get(item.log), item.control
        require(key is not None and item.vouched(key), "nobody who may write vouches for the place where it lies")
        if isinstance(control, Founding):
            return
        sheets = self._role(control.signer) is Role.RECOVERY
        device = self.found.devices.get(item.log)
        if device is None:
            first_of_all = isinstance(control, Member) and not self.found.members
            by_sheets = isinstance(control, Member) and sheets
            itself = isinstance(control, Device) and control.device == item.log
            require(first_of_all or by_sheets or itself, "it lies in a log whose device nobody has admitted")
        else:
            itself = isinstance(control, Device) and control.device == item.log
            require(device.member == control.signer or sheets or itself, "it lies in the log of another member")

    def _check_entitled(self, item: _Item) -> None:
        control, role = item.control, self._role(item.control.signer)
        if self.found.format == FIRST_FORMAT and not isinstance(control, (*OF_FORMAT_1, Upgrade)):
            raise Refused("an archive of format 1 does not know it; an owner brings it to the next format")
        match control:
            case Founding():
                require(text_id("a", text_of(control).encode()) == self.found.archive, "it founds another archive")
                if not FIRST_FORMAT <= control.format <= FORMAT:
                    raise NewerFormat(control.format, FORMAT)
            case Member() if not self.found.members:
                require(control.signer == control.member, "the first member is not the founder")
                require(control.role is Role.OWNER, "the first member is no owner")
            case Erasure() | Approval() | Clearance():
                require(role in DECIDES, "its signer is neither owner nor editor of this archive")
            case Refusal():
                asked = self.found.erasures.get(control.decision)
                mine = asked is not None and asked.erasure.signer == control.signer
                require(role in OWNS or mine, "its signer is not an owner of this archive, nor who asked")
            case Confirmation():
                device = self.found.devices.get(control.device)
                require(device is not None and device.member == control.signer, "it speaks for another's device")
            case KeyFiles() if role not in OWNS:
                own = f"{control.signer}.identity"
                require(all(name == own for name, _ in control.files), "it speaks of other members' keys")
                require(role is not None, "its signer is no member of this archive")
            case _:
                require(role in OWNS, "its signer is not an owner of this archive")
        if isinstance(control, Epoch) and self.found.format > FIRST_FORMAT:
            require(bool(control.identities and control.ids), "it lacks a key that an epoch of this format has")

    def _role(self, member: str) -> Role | None:
        found = self.found.members.get(member)
        return found.role if found else None

    def _check_not_removed(self, item: _Item) -> None:
        control = item.control
        device = self.found.devices.get(item.log)
        keeper = device.member if device else control.member if isinstance(control, Device) else None
        for removal, _, _ in self.found.removals:
            added = control.member if isinstance(control, Member) else ""
            if (
                removal.removed in (added, control.device if isinstance(control, Device) else "")
                and id(item) not in self._done
            ):
                # What was admitted and then removed was admitted all the same; it is in force no more.
                continue
            if removal.removed in (control.signer, keeper, item.log) and id(item) not in self._done:
                seen = dict(removal.logs).get(item.log, 0)
                if item.at >= seen:
                    raise Late

    def _take(self, item: _Item) -> None:
        found, control = self.found, item.control
        match control:
            case Founding():
                found.founding = control
                found.format = control.format
            case Upgrade():
                self.newest = max(self.newest, control.format)
                found.format = max(found.format, min(control.format, FORMAT))
            case Member():
                by_sheets = self._role(control.signer) is Role.RECOVERY
                self._admissions.append(_Admission(control.member, control.signer, item.log, item.at, by_sheets))
                if control.member not in found.members:
                    found.members[control.member] = control
                    found._rank[control.member] = self._rank(item, control)
            case Device():
                require(control.member in found.members, "its device belongs to nobody known")
                itself = control.device == item.log
                self._admissions.append(_Admission(control.device, control.signer, item.log, item.at, itself))
                found.devices.setdefault(control.device, control)
            case Epoch():
                if control.epoch not in found.epochs:
                    found.epochs[control.epoch] = control
                    self._epochs.append(item)
            case Removal():
                require(control.removed in found.members or control.removed in found.devices, "it removes nobody known")
                self.candidates.append(item)
            case Erasure():
                one = decision_id(control)
                found.erasures.setdefault(one, Standing(id=one, erasure=control, log=item.log, at=item.at))
            case Approval():
                self._agreed.setdefault(control.decision, set()).add(control.signer)
            case _:
                pass
        self._taken.append(item)

    def _rank(self, item: _Item, control: Member) -> tuple[int, int, str, int]:
        """The smaller, the more senior. Sheets stand before the member who made them."""
        admitter = self.found._rank.get(control.signer)
        depth = admitter[0] if admitter else -1
        return (depth, 0, item.log, item.at) if control.role is Role.RECOVERY else (depth + 1, 1, item.log, item.at)

    def settled(self) -> Membership:
        """What depends on several entries together."""
        found = self.found
        for removal, _, _ in found.removals:
            logs = found.devices_of(removal.removed) if removal.removed in found.members else [removal.removed]
            for log in logs:
                size = dict(removal.logs).get(log, 0)
                found._cuts[log] = min(size, found._cuts.get(log, size))
        # An effective removal by a senior stands, and so does all before it in its log.
        for _, log, at in found.removals:
            if log in found._cuts:
                found._cuts[log] = max(found._cuts[log], at + 1)
        found.seconded = {decision_id(removal) for removal, _, _ in found.removals if self._seconded(removal)}
        controls = [item.control for item in self._taken]
        self._settle_rest(controls)
        self._settle_epochs()
        self._settle_keys()
        self._settle_settings()
        self._settle_erasures(controls)
        return found

    def _settle_rest(self, controls: list[Control]) -> None:
        for control in controls:
            match control:
                case Acceptance():
                    self.found._accepted[control.log] = max(control.size, self.found._accepted.get(control.log, 0))
                case Clearance():
                    self.found.cleared.update(control.cleared)
                case _:
                    pass

    def _settle_epochs(self) -> None:
        """Epochs whose number does not jump: else one owner's would stay the latest for ever."""
        kept = {item.control.epoch for item in _in_line(self._epochs) if isinstance(item.control, Epoch)}
        for one in [one for one in self.found.epochs if one not in kept]:
            del self.found.epochs[one]
            self.found.refused.append(Refused("the number of its epoch jumps"))

    def _settle_keys(self) -> None:
        """Which key files are the right ones.

        A member's own: as he said last, else as who admitted him said first, in the same log. Nobody else's word
        counts, so nobody shuts another out. Those of epochs: as the owner said whose number is the highest.
        """
        found = self.found
        said = [item for item in self._taken if isinstance(item.control, KeyFiles)]
        by_owners = _in_line([item for item in said if self._role(item.control.signer) in OWNS])
        found.key_number = max((item.control.number for item in by_owners), default=0)  # type: ignore[union-attr]
        own: dict[str, tuple[int, str]] = {}
        admitted: dict[str, tuple[int, int, str]] = {}
        epochs: dict[str, tuple[int, str]] = {}
        owners = {id(item) for item in by_owners}
        for item in said:
            control = item.control
            assert isinstance(control, KeyFiles)
            for name, digest in control.files:
                member = name.removesuffix(_IDENTITY)
                if name == member:
                    if id(item) in owners:
                        epochs[name] = max(epochs.get(name, (-1, "")), (control.number, digest))
                    continue
                if member == control.signer:
                    own[name] = max(own.get(name, (-1, "")), (control.number, digest))
                if member in found.members and self._admits(item, member):
                    first = (item.at, control.number, digest)
                    admitted[name] = min(admitted.get(name, first), first)
        found.admitted = {name.removesuffix(_IDENTITY): number for name, (_, number, _) in admitted.items()}
        identities = {name: digest for name, (_, _, digest) in admitted.items()}
        identities |= {name: digest for name, (_, digest) in own.items()}
        found.own_numbers = {name.removesuffix(_IDENTITY): number for name, (number, _) in own.items()}
        found.key_files = identities | {name: digest for name, (_, digest) in epochs.items()}

    def _admits(self, item: _Item, member: str) -> bool:
        """Whether an entry about key files is of who admitted this member, in the log in which he did."""
        _, _, log, at = self.found._rank[member]
        return item.control.signer == self.found.members[member].signer and item.log == log and item.at > at

    def _others(self, one: str, log: str, at: int) -> int:
        """How many could approve what this member asks at this place of a log: owners and editors beside him.

        Past ones count too unless others removed them: whoever removes all others first is still not alone. Whom only
        what comes later in this log admits, or what rests on that, does not: what one alone could decide stays decided
        when others come.
        """
        removed = {removal.removed for removal, _, _ in self.found.removals if removal.signer != one}
        deciding = {name for name, member in self.found.members.items() if member.role in DECIDES - {Role.RECOVERY}}
        return len(deciding.intersection(self._without_later(log, at)) - removed - {one})

    def _without_later(self, log: str, at: int) -> set[str]:
        """Members and devices who would be ones if there were nothing further on in this log."""
        assert self.found.founding is not None
        known = {self.found.founding.signer}
        while more := {
            said.one
            for said in self._admissions
            if said.one not in known
            and said.signer in known
            and (said.free or said.log in known)
            and not (said.log == log and said.at > at)
        }:
            known |= more
        return known

    def _approvals(self, decision: str, asked_by: str) -> set[str]:
        return self._agreed.get(decision, set()) - {asked_by}

    def _settle_settings(self) -> None:
        """A stricter setting holds at once; a weaker one when another owner agrees, or where there is no other."""
        self.found.settings, self.found.asked_settings = DEFAULT_SETTINGS, {}
        self._fewest = self.found.settings.approvals
        known = _in_line([item for item in self._taken if isinstance(item.control, Settings)])
        said = [(item.control, item.log, item.at) for item in known if isinstance(item.control, Settings)]
        for new, log, at in sorted(said, key=lambda one: (one[0].number, -one[0].delay, one[0].signer, *one[1:])):
            old = self.found.settings
            stricter = new.delay >= old.delay and new.approvals >= old.approvals
            agreed = self._approvals(decision_id(new), new.signer) or not self._others(new.signer, log, at)
            self.found.settings_number = new.number
            if stricter or agreed:
                self.found.settings = new
                self._fewest = min(self._fewest, new.approvals)
                self.found.asked_settings = {}  # what was asked before this is out of date
            else:
                self.found.asked_settings[decision_id(new)] = new

    def _settle_erasures(self, controls: list[Control]) -> None:
        released = {c.decision for c in controls if isinstance(c, Release)}
        holds = {decision_id(c): c for c in controls if isinstance(c, Hold)}
        self.found.holds = {one: hold for one, hold in holds.items() if one not in released}
        refused = {c.decision for c in controls if isinstance(c, Refusal)}
        for one, standing in self.found.erasures.items():
            asked_by = standing.erasure.signer
            standing.approvals = self._approvals(one, asked_by)
            others = self._others(asked_by, standing.log, standing.at)
            standing.needed = min(self.found.settings.approvals, others)
            standing.least = min(self._fewest, others)
            standing.refused = one in refused
            standing.held = any(_holds(hold, standing.erasure) for hold in self.found.holds.values())
        for control in controls:
            if isinstance(control, Confirmation):
                if control.decision in self.found.erasures:
                    self.found.erasures[control.decision].confirmed.add(control.device)
                if self.found.in_force(control.device):
                    self.found._confirmed.add(control.decision)


_SLACK = 64
"""So many numbers may miss before one that counts: those who gave them may have been removed meanwhile."""
_IDENTITY = ".identity"


def _in_line(items: list[_Item]) -> list[_Item]:
    """Entries whose number is no jump: of the smaller numbers nearly all are there. Each maker adds one to the largest.

    Else one entry with an enormous number would go before all that others ever say.
    """
    found: list[_Item] = []
    for item in sorted(items, key=lambda one: (one.control.number, one.log, one.at)):  # type: ignore[union-attr]
        if item.control.number <= len(found) + _SLACK:  # type: ignore[union-attr]
            found.append(item)
    return found


def _holds(hold: Hold, erasure: Erasure) -> bool:
    held = Runs(hold.held)
    files = set(erasure.evidence) & set(hold.evidence) or set(erasure.keys) & set(hold.keys)
    entries = any(count and held.within(log, first, first + count) for log, first, count in erasure.erased)
    return not hold.held or entries or bool(files)
