"""A place in a clip as an author writes it: `first`, `last`, seconds, or a timecode.

It becomes part of what a shot is made from, so there is one form for all ways to write a number:
whoever writes 2.50 for 2.5 has changed nothing.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal
from typing import Final

from pipeline.storyboard.messages import shown
from pipeline.storyboard.names import did_you_mean
from pipeline.storyboard.scalars import is_unsendable

WORDS: Final = ("first", "last")
SECONDS_MAX: Final = 3600
"""No model makes a clip of an hour; a larger number is a slip."""

_WAYS: Final = "write first, last, seconds such as 2.5, or a timecode HH:MM:SS:FF"
_TOO_LATE: Final = f"no clip is an hour long; {_WAYS}"
_NUMBER: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_NUMBER_AND_UNIT: Final = re.compile(
    r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?(?:s|secs?|seconds?)", re.IGNORECASE
)
_TIMECODE: Final = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})")
_PARTS: Final = (("hours", 24), ("minutes", 60), ("seconds", 60), ("pictures", 60))
"""What stands between the colons of a timecode, and what none of it reaches."""

_MICROSECOND: Final = Decimal("0.000001")


def canonical_frame(value: object) -> str:
    """A place as an author may write it, in its canonical form.

    `first`, `last`, seconds without needless zeros (`2.5`, to the microsecond), or `HH:MM:SS:FF`.
    Raises `ValueError` with a message for people, to which only the place is to be added.
    """
    if value is None:
        raise ValueError(f"there is no value; {_WAYS}")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or is_unsendable(value):
        raise ValueError(f"{shown(value)} is no place in a clip; {_WAYS}")
    return _seconds(value)


def frame_seconds(frame: str) -> float | None:
    """What a clip has to be longer than, in seconds, to have a picture at a canonical place.

    None for `first` and `last`, which every clip has. The pictures of a timecode don't count, as
    how many of them a second has is not known before the clip is there.
    """
    if frame in WORDS:
        return None
    if (found := _TIMECODE.fullmatch(frame)) is None:
        return float(frame)
    return float(_whole_seconds(found))


def _text(value: str) -> str:
    text = value.strip()
    if text in WORDS:
        return text
    if _NUMBER.fullmatch(text):
        return _seconds(Decimal(text))
    if found := _TIMECODE.fullmatch(text):
        return _timecode(found)
    if found := _NUMBER_AND_UNIT.fullmatch(text):
        raise ValueError(f"write {found[1]}: a plain number, always in seconds")
    raise ValueError(f"{shown(value)} is no place in a clip; {_WAYS}{did_you_mean(text, WORDS)}")


def _timecode(found: re.Match[str]) -> str:
    for text, (name, limit) in zip(found.groups(), _PARTS, strict=True):
        if int(text) >= limit:
            raise ValueError(
                f"{found[0]} is no timecode: its {name} go to {limit - 1}; HH:MM:SS:FF are hours, "
                "minutes, seconds and pictures"
            )
    if _whole_seconds(found) >= SECONDS_MAX:
        raise ValueError(_TOO_LATE)
    return ":".join(f"{int(text):02}" for text in found.groups())


def _whole_seconds(timecode: re.Match[str]) -> int:
    hours, minutes, seconds, _pictures = map(int, timecode.groups())
    return hours * 3600 + minutes * 60 + seconds


def _seconds(value: float | Decimal) -> str:
    if value < 0:
        raise ValueError("times count from a clip's first picture; for its last one, write last")
    if value >= SECONDS_MAX:
        raise ValueError(_TOO_LATE)
    exact = abs(Decimal(str(value)))  # there is a zero with a sign
    text = f"{exact.quantize(_MICROSECOND, ROUND_DOWN):f}"
    return text.rstrip("0").rstrip(".")
