"""The Merkle tree of a log (RFC 6962, section 2.1).

A leaf is the SHA-256 of a zero byte, a random salt and the entry: that is RFC 6962's leaf hash of `salt || entry`, and
at the same time a hiding commitment to the entry. So a holder of leaf hashes alone checks the whole tree and learns
nothing, and a leaf whose salt and entry were destroyed still verifies (docs/spec/archive.md, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

LEAF = b"\x00"
NODE = b"\x01"
HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


class Frontier:
    """The right edge of a growing tree: enough to append to it and to tell its root, in memory O(log n)."""

    __slots__ = ("_edge", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """`edge`: the roots of the complete subtrees of a tree of `size` leaves, largest first."""
        self.size = size
        self._edge: dict[int, bytes] = {}
        heights = [h for h in range(size.bit_length() - 1, -1, -1) if size >> h & 1]
        for height, node in zip(heights, edge, strict=True):
            self._edge[height] = node

    @property
    def edge(self) -> list[bytes]:
        return [self._edge[h] for h in sorted(self._edge, reverse=True)]

    def copy(self) -> Frontier:
        return Frontier(self.size, self.edge)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append leaf hashes: whole rows at a time, which costs one hash per leaf and little else."""
        self.size += len(leaves)
        row, height = list(leaves), 0
        while row:
            if height in self._edge:
                row.insert(0, self._edge.pop(height))
            if len(row) % 2:
                self._edge[height] = row.pop()
            row = [sha256(NODE + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
            height += 1

    def root(self) -> bytes:
        if not self.size:
            return EMPTY_ROOT
        nodes = self.edge
        root = nodes.pop()
        while nodes:
            root = sha256(NODE + nodes.pop() + root).digest()
        return root
