"""Why a connection failed, in words of ours or of the libraries', never in the other side's."""

from __future__ import annotations

import re

import httpx

_LETTERS_MAX = 200
_QUOTED = re.compile(r"""[:,]?\s*\(?(bytearray\(|b['"]).*""", re.DOTALL)
"""What came, as h11 quotes it: it may hold what we have sent, our key or a signature."""

_NUMBER = re.compile(r"\[Errno -?\d+\] ")
"""The operating system's number for what it says behind it."""


def reason_of(error: BaseException) -> str:
    """httpx often has no words, but what lies below it may."""
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.PoolTimeout):
        return "timed out"  # below it lies the event loop's: cancel scopes and the like
    below: BaseException | None = error
    while below is not None:
        if said := _NUMBER.sub("", _QUOTED.sub("", str(below))):
            return said[:_LETTERS_MAX]
        below = below.__cause__ or below.__context__
    return type(error).__name__
