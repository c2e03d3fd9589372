"""The boxes that an MP4 file is made of: are they all there to their ends?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BOXES_MAX = 100_000
"""A clip has some ten of them, or two a fragment; a file of more is made to keep us busy."""


def missing_bytes(path: Path) -> int:
    """How many bytes the last box of a file lacks; 0 where there are no boxes. Raises `OSError`.

    Every box begins with its own length (ISO/IEC 14496-12, 4.2), so a file that was cut is found
    out by its first bytes of each box: without asking for its pictures, of which a whole clip
    may leave some away (by an edit list).
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        end = 0
        for _ in range(_BOXES_MAX):
            file.seek(end)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:  # the true one follows, in 64 bits
                length = int.from_bytes(header[8:16], "big")
            if len(header) < 8 or length < 8:  # the end, a box that goes on to it, or no box
                return 0
            end += length
            if end > size:
                return end - size
    return 0
