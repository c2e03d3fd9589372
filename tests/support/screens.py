"""What a program has written on a terminal that is a test's."""

from __future__ import annotations

import os


def written_on(ours: int) -> bytes:
    """All of it, once the other end has closed; then this one is closed, too."""
    seen = b""
    while True:
        try:
            seen += os.read(ours, 65536)
        except OSError:  # how Linux says that the other end has closed
            break
    os.close(ours)
    return seen
