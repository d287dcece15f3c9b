"""Opening sealed entries: with the keys of epochs and of sources that a member has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from guvoh.archive import forms
from guvoh.archive.control import text_id
from guvoh.archive.entries import MOST_BYTES, leaf_hashes, positions, unpacked
from guvoh.archive.errors import Damaged, NotReadable, OnlyCommitments
from guvoh.archive.keys import EpochKeys
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Ring, RingBox, Segment
from guvoh.sealing.boxes import CannotOpen, Identity
from guvoh.sealing.padding import BadPadding, unpad

Leaf = tuple[int, memoryview]
"""(position, preimage)."""


class Opener:
    """What a member can open.

    epochs    by id, as far as they were given to him
    sources   keys of sources, as they are met in rings; `find` is asked for one that was not met
    """

    def __init__(self, epochs: dict[str, EpochKeys], segments: Callable[[], Iterable[Segment]]) -> None:
        self.epochs = epochs
        self.sources: dict[str, Identity] = {}
        self._segments = segments

    def learn(self, segment: Segment) -> None:
        """Know from now on the keys of sources that a segment brings. Raises Damaged."""
        if not segment.thin and self._secrets(segment).identities is not None:
            self.rings(segment)

    def opened(self, segment: Segment, absent: Runs) -> Iterator[Leaf]:
        """Every sealed entry that this member can open, in order, each equal to its commitment.

        absent  entries that may be missing, since they were erased
        """
        if segment.thin:
            raise OnlyCommitments(segment.where)
        found, whole = self._unsealed(segment)
        places, committed = list(range(segment.clear.first, segment.end)), segment.leaf_hashes()
        if segment.clear.control:
            clear = {entry.at for entry in segment.clear.control}
            committed = [leaf for at, leaf in zip(places, committed, strict=True) if at not in clear]
            places = [at for at in places if at not in clear]
        if [at for at, _ in found] != places:
            committed = self._present(segment, [at for at, _ in found], places, committed, absent, whole)
        if leaf_hashes([leaf for _, leaf in found]) != committed:
            raise Damaged(segment.where, "an entry is not what was committed")
        return iter(found)

    def _present(
        self, segment: Segment, found: list[int], places: list[int], committed: list[bytes], absent: Runs, whole: bool
    ) -> list[bytes]:
        """The commitments of those that are there, once it is sure that the others may be absent."""
        here = set(found)
        if len(here) != len(found) or not here.issubset(places):
            raise Damaged(segment.where, "its boxes hold other entries than were committed")
        missing = [at for at in places if at not in here]
        if whole and any((segment.clear.log, at) not in absent for at in missing):
            raise Damaged(segment.where, "an entry is missing, and nobody has approved that it be erased")
        return [leaf for at, leaf in zip(places, committed, strict=True) if at in here]

    def _unsealed(self, segment: Segment) -> tuple[list[Leaf], bool]:
        """The entries that open, and whether those are all that are there."""
        secrets = self._secrets(segment)
        ring = self._ring(segment, secrets.nameless, segment.ring)
        whole = not segment.identities or secrets.identities is not None
        found = self._boxes(segment, ring, secrets.nameless, 0)
        if segment.identities and secrets.identities is not None:
            second = self._ring(segment, secrets.identities, segment.identities)
            found += self._boxes(segment, second, secrets.identities, len(ring.boxes))
            ring = Ring(boxes=(*ring.boxes, *second.boxes))
        if whole and len(ring.boxes) != len(segment.boxes):
            raise Damaged(segment.where, "its rings name other boxes than it has")
        if len(ring.boxes) > 1:
            found.sort(key=itemgetter(0))
        return found, whole

    def _boxes(self, segment: Segment, ring: Ring, epoch: Identity | None, first: int) -> list[Leaf]:
        sealed = segment.boxes[first : first + len(ring.boxes)]
        if len(sealed) != len(ring.boxes) or epoch is None:
            raise Damaged(segment.where, "its rings name other boxes than it has")
        found: list[Leaf] = []
        weight = 0
        for box, data in zip(ring.boxes, sealed, strict=True):
            leaves = self._leaves(box, data, epoch, segment.where)
            weight += sum(len(leaf) for _, leaf in leaves)
            if weight > 2 * MOST_BYTES:
                raise Damaged(segment.where, "its boxes unfold to more than a segment may hold")
            found += leaves
        return found

    def _leaves(self, box: RingBox, data: bytes, epoch: Identity, where: str) -> list[Leaf]:
        leaves = unpacked(_unpadded(self.source(box.key) if box.key else epoch, data, where), where)
        if sum(count for _, count in box.at) != len(leaves):
            raise Damaged(where, "a box holds other entries than its ring says")
        return list(zip(positions(box.at), leaves, strict=True))

    def leaves(self, segment: Segment, kind: int, box: RingBox, data: bytes) -> list[Leaf]:
        """The entries of one box. kind: 0 where the ring that names it is that of what names nobody, else 1."""
        secrets = self._secrets(segment)
        epoch = secrets.identities if kind else secrets.nameless
        if epoch is None:
            raise NotReadable(segment.where, "this member has no key to it")
        return self._leaves(box, data, epoch, segment.where)

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of keys of sources that are destroyed."""
        for key in keys:
            self.sources.pop(key, None)

    def rings(self, segment: Segment) -> tuple[Ring, Ring]:
        """Both directories of a segment, for who may see identities. Format 1 has one, and it names everything."""
        secrets = self._secrets(segment)
        first = self._ring(segment, secrets.nameless, segment.ring)
        if segment.format == 1:
            return Ring(), first
        return first, self._ring(segment, secrets.identities, segment.identities) if segment.identities else Ring()

    def _ring(self, segment: Segment, identity: Identity | None, sealed: bytes) -> Ring:
        """A directory. The keys of sources that it brings are known from now on, each believed by its id."""
        if identity is None:
            raise NotReadable(segment.where, "this member has no key to it")
        try:
            ring = forms.read(_unpadded(identity, sealed, segment.where), Ring)
        except forms.NotTheForm:
            raise Damaged(segment.where, "its ring opens but is not of this format") from None
        for brought in ring.keys:
            key = _source_key(brought.identity, segment.where)
            if brought.key != text_id("k", key.recipient.text.encode()):
                raise Damaged(segment.where, "its ring brings a source's key under the id of another")
            self.sources[brought.key] = key
        return ring

    def _secrets(self, segment: Segment) -> EpochKeys:
        found = self.epochs.get(segment.clear.epoch)
        if found is None:
            raise NotReadable(segment.where, "it is sealed to an epoch that this member has not been given")
        return found

    def source(self, key: str) -> Identity:
        """The key of a source. A ring is believed by the id of each key in it."""
        for segment in self._segments() if key not in self.sources else ():
            if segment.clear.epoch in self.epochs:
                self.learn(segment)
            if key in self.sources:
                break
        if key not in self.sources:
            raise Damaged("logs", f"the key {key} of a source is in no segment")
        return self.sources[key]


def _unpadded(identity: Identity, sealed: bytes, where: str) -> memoryview:
    try:
        return unpad(identity.open(sealed))
    except (CannotOpen, BadPadding) as problem:
        raise Damaged(where, f"a sealed part does not open ({problem})") from None


def _source_key(text: str, where: str) -> Identity:
    try:
        return Identity(text)
    except CannotOpen:
        raise Damaged(where, "its ring opens but is not of this format") from None
