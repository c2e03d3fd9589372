"""Where each shot of a film stands in the edit, in pictures at 24 a second, and by which clip.

Timeline, EDL and shot list are all made of this, so that they agree to the picture. A shot that
has no clip keeps its place, as long as its request says: what comes behind it stands where it will
stand once everything is rendered.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import MediaError
from pipeline.media.length import length
from pipeline.rendering.digest import request_fields
from pipeline.review.film import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.review.film import Film, ShownShot, ShownTake

RATE: Final = 24
"""Pictures a second, everywhere: cinema's, and what most of the models render."""

START: Final = 3600 * RATE
"""Where a film begins: at 01:00:00:00, as Avid and Resolve begin theirs, so that a leader, bars
or a slate fit before it, and a timecode that anybody notes down is the same in every program."""

_SLACK: Final = Fraction(1, 10)
"""Of a picture. Many clips count in milliseconds: 4 s may be 3.999 there, and are 96 pictures."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""No UTF-8 has a half of a pair, and what is written in C ends at a zero."""

_INTEGER_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Media:
    """A clip that an edit can use: `file` is relative to the pass's folder, and has `channels` of
    sound.
    """

    take: ShownTake
    file: str
    frames: int
    channels: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A shot in the edit: `frames` long, `start` of them behind the film's beginning.

    `media` is the clip that stands for it; without one, `missing` says why. `others` are the clips
    of its other takes.
    """

    shot: ShownShot
    start: int
    frames: int
    media: Media | None
    others: tuple[Media, ...]
    missing: str

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to know about the shot, by the names that it has in every export.

        Of a clip that is there it is what that was made by, also where the storyboard says
        something else by now: `note` tells.
        """
        shot, chosen = self.shot, self.shot.chosen
        known: dict[str, Any] = {
            "shot": shot.shot,
            "number": shot.number,
            "takes": len(shot.takes),
            "pick": shot.picked,
            "status": "undecided",
            **_asked(request_fields(shot.request)),
        }
        if chosen is not None:
            known |= facts(chosen)
        if self.missing and self.missing != known["status"]:
            known["note"] = plain(self.missing)
        elif shot.for_want_of_a_pick and not self.missing:
            known["note"] = "; ".join(filter(None, (shot.for_want_of_a_pick, known["note"])))
        return known


@dataclass(frozen=True, slots=True)
class Conformed:
    """A film with its shots in their places; all of it is `frames` long."""

    film: Film
    shots: tuple[Placed, ...]
    frames: int

    @property
    def missing(self) -> tuple[Placed, ...]:
        """The shots that have no clip."""
        return tuple(placed for placed in self.shots if placed.media is None)


def conform(film: Film) -> Conformed:
    """Look at the clips that are there, and put the shots one behind the other."""
    placed, start = [], 0
    for shot in film.shots:
        chosen, missing, found = shot.chosen, shot.missing, dict[str, Media]()
        for take in shot.takes:
            try:
                if media := _media(take):
                    found[take.key] = media
            except MediaError as error:
                if take is chosen:
                    missing = f"its clip can't be used: {error}"
        media = found.pop(chosen.key, None) if chosen else None
        frames = media.frames if media else shot.request.duration * RATE
        placed.append(Placed(shot, start, frames, media, tuple(found.values()), missing))
        start += frames
    return Conformed(film, tuple(placed), start)


def facts(take: ShownTake) -> dict[str, Any]:
    """The same of one take, whether or not it stands for its shot."""
    clip, request = take.clip, take.told.fields
    record = None if take.standing is Standing.MISSING else take.record
    digest = take.told.digest or None
    if record is not None and clip is not None:
        request, digest = {**record.request}, record.digest
    return {
        "take": take.told.take.number,
        "picked": take.told.take.picked,
        "status": str(take.standing),
        **_asked(request),
        "digest": digest,
        "task_id": record.task_id if record else None,
        "credits": record.credits if record else None,
        "attempts": len(take.told.history),
        "sha256": plain(clip.sha256) if clip else None,
        "note": plain(take.told.step.reason) if take.standing is Standing.CHANGED else "",
    }


def timecode(frames: int) -> str:
    """`01:00:04:12`, without drop frames; beyond a day the hours go on."""
    seconds, pictures = divmod(frames, RATE)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{pictures:02}"


def _media(take: ShownTake) -> Media | None:
    """The take's clip, if there is one. Raises `MediaError`."""
    if take.clip is None or take.path is None:
        return None
    found = length(take.path)
    # Whole pictures only: an edit that asks for one more than there is says that media is missing.
    frames = max(math.floor(found.seconds * RATE + _SLACK), 1)
    return Media(take, take.clip.path, frames, found.channels)


def plain(value: Any) -> Any:
    """A value of foreign origin as every file can hold it: texts, numbers and None are what they
    are, but for letters that would break a file, which are written out.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda found: ascii(found[0])[1:-1], value)
    if value is None or (isinstance(value, int) and abs(value) <= _INTEGER_MAX):
        return value
    return plain(str(value))


def _asked(request: Mapping[str, Any]) -> dict[str, Any]:
    names = ("prompt", "model", "seed", "duration", "aspect", "resolution")
    return {name: plain(request.get(name)) for name in names}
