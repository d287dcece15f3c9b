"""What is said of a fault of the program itself: where it is, and nothing of what it was working on."""

from __future__ import annotations

import os


def place(fault: Exception) -> str:
    """The kind of fault and its line in the program; its own words could quote a record."""
    frame = fault.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" in {os.path.basename(frame.tb_frame.f_code.co_filename)} line {frame.tb_lineno}" if frame else ""
    return f"{type(fault).__name__}{where}"


def words(fault: Exception) -> str:
    """One line for the person in front of it."""
    match fault:
        case MemoryError():
            return "there is not enough memory; nothing half-done was kept"
        case OSError():
            return f"the system refused: {fault.strerror or type(fault).__name__}"
        case _:
            return f"a fault in the program ({place(fault)}); nothing half-done was kept. Please report this line"
