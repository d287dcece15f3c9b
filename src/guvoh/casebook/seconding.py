"""A second owner agrees with a removal: then nobody whom it removes can answer it as if he had not seen it."""

from __future__ import annotations

from guvoh.archive.control import Approval, Removal, decision_id
from guvoh.archive.errors import NotAllowed
from guvoh.archive.membership import Membership
from guvoh.casebook.answers import Value
from guvoh.casebook.colleagues import pseudonyms
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs

SHEETS = "sheets for recovery"
"""What they are called where members have pseudonyms."""


class Lone(Value, frozen=True, kw_only=True):
    """A removal with which a second owner could agree, and none has. removed, by: pseudonyms. yours: by this member."""

    id: str
    removed: str
    by: str
    yours: bool


class Agree(Value, frozen=True, kw_only=True):
    """id: of a removal."""

    id: str


class Agreed(Value, frozen=True, kw_only=True):
    """removed: a pseudonym. stands: whether the removal is in force now."""

    removed: str
    stands: bool


def lone(desk: Desk) -> tuple[Lone, ...]:
    """Removals that can still be answered."""
    known = desk.archive.members
    names = pseudonyms(known)
    return tuple(
        Lone(
            id=decision_id(one),
            removed=_removed(known, one),
            by=names.get(one.signer, SHEETS),
            yours=one.signer == desk.archive.member,
        )
        for one in known.lone
    )


def lone_of(desk: Desk, *removed: str) -> tuple[str, ...]:
    """Ids of such removals, of these members or devices."""
    return tuple(decision_id(one) for one in desk.archive.members.lone if one.removed in removed)


def _removed(known: Membership, removal: Removal) -> str:
    return pseudonyms(known).get(removal.removed, SHEETS)


@needs(Need.OWNS)
def agree(desk: Desk, request: Agree, tell: Tell) -> Agreed:
    """Agree with a removal that another owner has signed; also with one that was answered before anybody agreed."""
    archive = desk.archive
    said = [*(one for one, _, _ in archive.members.removals), *archive.members.undone]
    removal = next((one for one in said if decision_id(one) == request.id), None)
    if removal is None:
        raise NotAllowed(f"there is no removal {request.id} here; `guvoh member list` names those that wait for it")
    if removal.signer == archive.member:
        raise NotAllowed("that removal is your own: another owner has to agree with it")
    if not archive.members.may_second(archive.member, removal):
        raise NotAllowed(
            "your agreement would not count: it must be that of an owner who is not removed by it himself, whom sheets "
            "did not let in, and, unless sheets are removed, whom who signed it did not let in either (docs/keys.md)"
        )
    with archive.batch() as batch:
        batch.control(Approval(signer=archive.member, decision=request.id))
    desk.catch_up(tell)
    stands = any(decision_id(one) == request.id for one, _, _ in archive.members.removals)
    return Agreed(removed=_removed(archive.members, removal), stands=stands)
