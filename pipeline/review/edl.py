"""A film as CMX 3600 EDLs, the format of tape machines that every editing program reads.

What it can't say stands in comments: prompt, model, seed, task. The library's adapter writes the
events; here its output gets what it leaves out: that timecodes drop no frames, and where there is
sound.

- An event is numbered with three digits, so a film of more than 999 shots becomes several lists.
  Record times go on from one to the next.
- A source ("reel") has eight letters. It is made of the take's name and of nothing else, so that
  it stays the same when shots come and go: programs find a clip again by it.
- All is ASCII, other letters are written out as in `\\u9eba`. Old readers know no UTF-8, and in a
  text that is taken for Latin-1 some of its bytes are line ends: `Å` would cut a line in two.
- A missing shot is black (`BL`) for as long as it will be.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from itertools import chain, count
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

# It says nothing of its types: all that comes from it is Any here, and texts are what goes out.
import opentimelineio as otio  # type: ignore[import-untyped]

from pipeline.errors import UsageError
from pipeline.review.conform import RATE, START, timecode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.review.conform import Conformed, Placed

EVENTS_MAX: Final = 999

_COLUMNS: Final = 80
_DAY: Final = 24 * 3600 * RATE
_REEL_LETTERS: Final = 8
_NO_REEL: Final = {"BL", "BLACK", "AX", "BARS"}
"""What means something else in that column."""

_EVENT: Final = re.compile(r"[0-9]{3}  ")
_PICTURE_ALONE: Final = f" {'V':5} C "
_CHANNELS: Final = {0: "V", 1: "B"}
"""How the column is called that says where an event goes; of two channels of sound and more the
first two are named, as there is no word for the others.
"""


def edls(made: Conformed) -> list[str]:
    """The film's lists in their order; the same film is the same text.

    Raises `UsageError` for a film that is longer than a timecode can say.
    """
    if START + made.frames > _DAY:
        raise UsageError(
            f"{made.film.board.path}: it would end at {timecode(START + made.frames)}, and the "
            "timecodes of an EDL end with the day; --to otio has no such limit"
        )
    reels = _reels([take.key for take in made.film.takes])
    parts = range(0, len(made.shots), EVENTS_MAX)
    return [_list(made, made.shots[part : part + EVENTS_MAX], reels) for part in parts]


def _list(made: Conformed, shots: Sequence[Placed], reels: Mapping[str, str]) -> str:
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    # The adapter counts from the track's beginning: a gap is no event, and moves the others.
    track.append(otio.schema.Gap(source_range=_range(START + shots[0].start)))
    track.extend([_event(placed, reels) for placed in shots])
    board = made.film.board
    whole = otio.schema.Timeline(name=_ascii(board.title) or board.name)  # a list needs a title
    whole.tracks.append(track)
    text: str = otio.adapters.write_to_string(whole, "cmx_3600", rate=RATE)
    return "".join(f"{line}\n" for line in _completed(text, shots))


def _event(placed: Placed, reels: Mapping[str, str]) -> Any:
    media, shot = placed.media, placed.shot
    event = otio.schema.Clip(
        name=media.file if media else shot.shot,
        media_reference=otio.schema.MissingReference(),
        source_range=_range(placed.frames),
        metadata={
            "cmx_3600": {
                "reel": reels[media.take.key] if media else "BL",
                "comments": [*_comments(placed)],
            }
        },
    )
    if media:
        event.media_reference = otio.schema.ExternalReference(target_url=quote(media.file))
    return event


def _comments(placed: Placed) -> Iterator[str]:
    """A name with its value a line; values of more than a line begin with the name again."""
    known = placed.facts
    for name in ("shot", "take", "model", "seed", "task_id", "status", "note", "prompt"):
        value, label = known.get(name), name.replace("_", " ").upper()
        if value not in {None, ""}:
            room = _COLUMNS - len(f"* {label}: ")
            for line in wrap(_ascii(str(value)), room, break_on_hyphens=False):
                yield f"{label}: {line}"


def _completed(text: str, shots: Sequence[Placed]) -> Iterator[str]:
    """The adapter's text, line by line, with what it leaves out."""
    channels = (placed.media.channels if placed.media else 0 for placed in shots)
    for line in text.splitlines():
        if _EVENT.match(line):
            column = _CHANNELS.get(next(channels), "AA/V")
            yield line.replace(_PICTURE_ALONE, f" {column:5} C ", 1)
        else:
            yield line
        if line.startswith("TITLE:"):
            yield "FCM: NON-DROP FRAME"


def _reels(keys: Sequence[str]) -> dict[str, str]:
    """A source for each take: its name without punctuation where that will do."""
    bare = {key: re.sub("[^A-Z0-9]", "", key.upper()) for key in keys}
    known = Counter(bare.values())
    reels: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in bare.items():
        fits = len(name) <= _REEL_LETTERS and known[name] == 1 and name not in _NO_REEL
        names = chain([name] if fits else [], (_hashed(key, name, tried) for tried in count()))
        reels[key] = next(each for each in names if each not in taken)
        taken.add(reels[key])
    return reels


def _hashed(key: str, name: str, tried: int) -> str:
    """How the name begins, and letters that tell it from all others."""
    digest = hashlib.sha256(f"{key} {tried}".encode()).digest()
    return name[:3] + base64.b32encode(digest).decode()[: _REEL_LETTERS - len(name[:3])]


def _ascii(text: str) -> str:
    """One line of ASCII: white space is a blank, and other letters are written out."""
    return " ".join(text.split()).encode("unicode_escape").decode("ascii")


def _range(frames: int) -> Any:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(0, RATE), otio.opentime.RationalTime(frames, RATE)
    )
