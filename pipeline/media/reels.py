"""A clip as a cut has to know it: its pictures counted, its rate, its coding.

All of it is read, and one picture decoded. What is kept of it is small: a film may have thousands.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipeline.errors import MediaError
from pipeline.media.clips import opened, packets, require_size
from pipeline.media.seams import Seams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_USUAL: Final = tuple(
    Fraction(rate) for rate in ("24", "24000/1001", "25", "30", "30000/1001", "50", "60",
                                "60000/1001", "48", "15", "12", "8")
)  # fmt: skip
"""What a rate is likely to be that a coarse clock can't tell exactly."""

_CLOCK_MAX: Final = 1_000_000
"""A film's clock counts this many ticks a second at most."""

_SLACK_SECONDS: Final = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Coding:
    """How pictures are stored. Clips with equal ones can share a track.

    `size` is the stored one in pixels, `aspect` that of a pixel, `colour` primaries, transfer,
    matrix and range; `parameters` are what the decoder is told beforehand.
    """

    codec: str
    tag: str
    size: tuple[int, int]
    layout: str
    aspect: Fraction
    colour: tuple[int, int, int, int]
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Reel:
    """A clip. `pictures` are those that are shown, at a constant `rate` a second; it is None where
    they are shown for unequally long. `seconds` from the first one to the end of the last one.

    `size` in square pixels, upright. `begin` is when the first one is shown, in ticks of `tick`
    seconds; `delay` is how many pictures later than in the order of decoding one may be shown.
    `hitch`: why it can't be joined to others without loss, to stand behind its name; nor can it to
    one whose `first_idr` is its `last_idr`.
    """

    path: Path
    size: tuple[int, int]
    pictures: int
    seconds: Fraction
    rate: Fraction | None
    begin: int
    tick: Fraction
    delay: int
    sound: bool
    coding: Coding
    hitch: str = ""
    first_idr: int | None = None
    last_idr: int | None = None

    def number(self, pts: int) -> int:
        """Which picture is shown at a time in ticks, counted from 0; for a constant rate."""
        return round((pts - self.begin) * self.tick * (self.rate or 0))


@contextmanager
def named(path: Path) -> Iterator[None]:
    """What goes wrong while a clip is read, as `MediaError` that begins with its path."""
    import av  # noqa: PLC0415 (FFmpeg takes a while to load, and most commands never need it)

    try:
        yield
    except MediaError as error:
        raise MediaError(f"{path}: {error}") from error
    except OSError as error:
        raise MediaError(f"{path}: it can't be read ({error.strerror})") from error
    except (av.error.FFmpegError, ArithmeticError, ValueError) as error:
        kind = type(error).__name__
        raise MediaError(f"{path}: it is no MP4 that can be played ({kind})") from error


def read_reel(path: Path) -> Reel:
    """Look through a clip. Raises `MediaError`, which names it."""
    with named(path), opened(path) as (container, stream):
        return _read(path, container, stream)


def _read(path: Path, container: InputContainer, stream: VideoStream) -> Reel:
    coder = stream.codec_context
    coder.thread_count = 1  # more of them take longer to start than one picture does
    seams = Seams(coder.codec.canonical_name, coder.extradata or b"")
    first: VideoFrame | None = None
    stored: list[tuple[int, int]] = []
    for pts, packet in packets(path, container, stream):
        if first is None:
            first = next(iter(packet.decode()), None)
        seams.look(packet)
        if not packet.is_discard:
            stored.append((pts, max(packet.duration or 0, 1)))
    first = first or next(iter(stream.decode(None)), None)
    if first is None or not stored:
        raise MediaError("it has no picture in it")
    require_size(first.width, first.height)
    coding = _coding(stream, first)
    hitch = seams.hitch or ("is stored turned" if first.rotation else "")
    shown = sorted(stored)
    places = {pts: place for place, (pts, _ticks) in enumerate(shown)}
    begin, (last, last_ticks) = shown[0][0], shown[-1]
    tick = Fraction(stream.time_base or 0)
    rate = constant_rate([*places], last_ticks, tick) if len(places) == len(shown) else None
    return Reel(
        path=path,
        size=_upright(coding, first.rotation),
        pictures=len(shown),
        seconds=(last + last_ticks - begin) * tick if rate is None else len(shown) / rate,
        rate=rate,
        begin=begin,
        tick=tick,
        delay=max(place - places[pts] for place, (pts, _ticks) in enumerate(stored)),
        sound=_has_sound(container),
        coding=coding,
        hitch=hitch or ("has no constant rate" if rate is None else ""),
        first_idr=seams.first_idr,
        last_idr=seams.last_idr,
    )


def constant_rate(shown: Sequence[int], last_ticks: int, tick: Fraction) -> Fraction | None:
    """The rate at which pictures are shown at these times, each later than the one before, or None
    if there is no such.

    A clock may be too coarse to tell it, as that of milliseconds is for 24: times may be off by
    one. `last_ticks`, for how long the last one is shown, counts only where it is the only one:
    many an encoder writes anything there.
    """
    ends = [*shown, shown[0] + last_ticks] if len(shown) == 1 else shown
    steps = {after - before for before, after in pairwise(ends)}
    average = (len(ends) - 1) / ((ends[-1] - ends[0]) * tick)
    if len(steps) == 1 and average in _USUAL:
        return average
    for rate in sorted(_USUAL, key=lambda usual: abs(usual - average)):
        each = tick * rate  # pictures a tick
        slack = math.floor(_SLACK_SECONDS * rate * each.denominator)
        if all(
            abs((pts - ends[0]) * each.numerator - number * each.denominator) <= slack
            for number, pts in enumerate(ends)
        ):
            return rate
    odd = len(steps) > 1 or average.numerator > _CLOCK_MAX
    return None if odd else average


def _coding(stream: VideoStream, first: VideoFrame) -> Coding:
    coder = stream.codec_context
    return Coding(
        codec=coder.codec.canonical_name,
        tag=coder.codec_tag,
        size=(first.width, first.height),
        layout=first.format.name,
        aspect=Fraction(stream.sample_aspect_ratio or 1),
        colour=(coder.color_primaries, coder.color_trc, coder.colorspace, coder.color_range),
        parameters=coder.extradata or b"",
    )


def _upright(coding: Coding, rotation: int) -> tuple[int, int]:
    """As a player shows it: wide pixels are stretched, and a clip that lies is stood up."""
    width, height = coding.size
    shape = max(round(width * coding.aspect), 1), height
    return shape[::-1] if rotation in {90, -90} else shape


def _has_sound(container: InputContainer) -> bool:
    if not container.streams.audio:
        return False
    if container.streams.audio[0].codec_context is None:
        raise MediaError("its sound is stored in a way that can't be read")
    return True
