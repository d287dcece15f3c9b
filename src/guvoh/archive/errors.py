"""What can go wrong with an archive, one class per thing a caller does differently."""

from __future__ import annotations

from pathlib import Path

from guvoh.errors import GuvohError


class NotAnArchive(GuvohError):
    """The folder holds no archive, or only part of one."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} is not a whole archive: {why}")


class NoFolder(NotAnArchive):
    """There is nothing where the archive should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "there is no such folder")
        self.args = (f"there is no folder {path}; --archive names an archive, and `guvoh init` makes one",)


class NotEmpty(NotAnArchive):
    """The folder where an archive was to be founded holds something."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "it is not empty")
        self.args = (f"{path} is not empty; an archive starts in a new or empty folder",)


class NewerFormat(GuvohError):
    """The archive was made by a later Guvoh than this one."""

    def __init__(self, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(f"this archive has format {found}, and this Guvoh reads format {known}: install a newer Guvoh")


class UnknownDevice(GuvohError):
    """This computer holds no device key for the archive: a copied or restored folder, or another home."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        super().__init__(
            f"this computer has no device key for archive {archive}: it can be verified here, but not read or written. "
            "`guvoh join` makes it a device; if it was opened here before, check GUVOH_HOME"
        )


class Damaged(GuvohError):
    """Something in the archive is not as it was signed. `where` is a path inside the archive folder."""

    def __init__(self, where: str, why: str) -> None:
        self.where, self.why = where, why
        super().__init__(f"{where}: {why}; run `guvoh verify`, and restore this file from a copy")


class RolledBack(GuvohError):
    """A log is shorter than, or differs from, what this computer has seen of it."""

    def __init__(self, log: str, known: int, found: int) -> None:
        self.log, self.known, self.found = log, known, found
        super().__init__(
            f"log {log} has {found} committed entries where this computer has seen {known}, or they differ: "
            "the folder is an older copy or was changed; restore the newer one"
        )


class CannotWrite(GuvohError):
    """The disk refuses: full, read-only, no rights. Nothing of the batch was kept."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot write in {path}: {reason}; nothing was added, and what was there before is unchanged")


class Busy(GuvohError):
    """Another process has been writing to this log for longer than we waited."""

    def __init__(self, waited: float) -> None:
        self.waited = waited
        super().__init__(
            f"another guvoh has been writing to this archive for {waited:.0f} seconds; try again when it ends"
        )


class BadSubject(GuvohError):
    """A subject that cannot stand in the line of subjects."""

    def __init__(self) -> None:
        super().__init__(
            "a subject of an entry is not a plain id: it is empty, or holds a blank or a letter beyond ASCII"
        )


class TooLarge(GuvohError):
    """One entry that does not fit into a segment."""

    def __init__(self, size: int, most: int) -> None:
        self.size, self.most = size, most
        super().__init__(f"one record has {size} bytes, and {most} is the most that fits; split the file")


class MissingKey(GuvohError):
    """A key file that is not there: it was removed from this computer, or was not brought along yet."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"{where} is not here: this computer was left without it, or it has not been brought along yet; "
            "`guvoh sync` with a colleague's copy brings it"
        )


class NotYetAdmitted(GuvohError):
    """This device has asked to join, and no owner has answered yet."""

    def __init__(self, device: str) -> None:
        self.device = device
        super().__init__(
            f"device {device} waits to be admitted: bring its request to an owner (`guvoh member add`), then sync"
        )


class NotAllowed(GuvohError):
    """What a member's role, or the state of the archive, does not allow."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class OldFormat(NotAllowed):
    """Something that an archive of the first format cannot hold."""

    def __init__(self) -> None:
        super().__init__("this archive has format 1, which cannot hold that: an owner runs `guvoh upgrade` first")


class NotReadable(GuvohError):
    """Entries that this member has no key for (yet)."""

    def __init__(self, where: str, why: str) -> None:
        self.where, self.why = where, why
        super().__init__(f"{where}: {why}")


class OnlyCommitments(NotReadable):
    """A segment whose sealed parts are not here."""

    def __init__(self, where: str) -> None:
        super().__init__(
            where, "only its commitments are here, not what it holds; `guvoh sync` with a whole copy brings the rest"
        )


class TwoHistories(GuvohError):
    """A device has signed two histories of its log: it, or a copy of its key, is not to be trusted.

    proof  the two signed checkpoints
    """

    def __init__(self, log: str, proof: tuple[bytes, ...] = ()) -> None:
        self.log, self.proof = log, proof
        super().__init__(
            f"device {log} has signed two different histories of its log; nothing of it was taken. Remove it "
            f"(`guvoh device remove {log}`) and ask its member how that could be"
        )
