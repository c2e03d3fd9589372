"""A film as an OpenTimelineIO timeline: a clip a shot, its other takes one click away.

The other takes are alternative media references of the same clip, named by their keys, so that an
editor changes the take and not the cut. A shot without a clip is a clip whose media is missing, as
long as it will be, with a marker that says why. Sound stands on a track of its own, as everywhere;
what belongs together says so in the way of DaVinci Resolve, which is the one there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

# It says nothing of its types: all that comes from it is Any here, and texts are what goes out.
import opentimelineio as otio  # type: ignore[import-untyped]

from pipeline.review.conform import RATE, START, facts, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.review.conform import Conformed, Media, Placed

METADATA: Final = "shotmake"
"""What we have to say stands under this name, as each program that writes OTIO has its own."""

_LINKS: Final = "Resolve_OTIO"


def timeline(made: Conformed) -> str:
    """The timeline as OTIO's JSON; the same film is the same text.

    Media is named relative to the folder of the film's pass, where the text belongs.
    """
    board = made.film.board
    whole = otio.schema.Timeline(
        name=plain(board.title),
        global_start_time=_time(START),
        metadata={METADATA: {"storyboard": board.name, "pass": board.pass_name}},
    )
    whole.tracks.append(_track(made, "V1", otio.schema.TrackKind.Video, _picture))
    if any(placed.media and placed.media.channels for placed in made.shots):
        whole.tracks.append(_track(made, "A1", otio.schema.TrackKind.Audio, _sound))
    text: str = whole.to_json_string(indent=2)
    return text + "\n"


def _track(made: Conformed, name: str, kind: str, item: Callable[[Placed], Any]) -> Any:
    track = otio.schema.Track(name=name, kind=kind)
    track.extend([item(placed) for placed in made.shots])
    board = made.film.board
    for each in track.find_clips():
        each.metadata[METADATA].update({"storyboard": board.name, "pass": board.pass_name})
    return track


def _picture(placed: Placed) -> Any:
    clip = _clip(placed, placed.others)
    if placed.media is None:
        marker = otio.schema.Marker(
            name="missing",
            comment=plain(placed.missing),
            color=otio.schema.MarkerColor.RED,
            marked_range=_range(1),
        )
        clip.markers.append(marker)
    return clip


def _sound(placed: Placed) -> Any:
    """Also of another take where the chosen one is silent: only what stands in the cut counts."""
    if placed.media is None or not placed.media.channels:
        return otio.schema.Gap(source_range=_range(placed.frames))
    return _clip(placed, [media for media in placed.others if media.channels])


def _clip(placed: Placed, others: Iterable[Media]) -> Any:
    shot, chosen = placed.shot, placed.shot.chosen
    active = chosen.key if chosen else shot.shot
    references = {media.take.key: _reference(media) for media in others}
    references[active] = (
        _reference(placed.media) if placed.media else otio.schema.MissingReference()
    )
    clip = otio.schema.Clip(
        name=shot.shot,
        source_range=_range(placed.frames),
        metadata={METADATA: placed.facts},
    )
    clip.set_media_references(references, active)
    if placed.media and placed.media.channels:
        clip.metadata[_LINKS] = {"Link Group ID": shot.number}
    return clip


def _reference(media: Media) -> Any:
    return otio.schema.ExternalReference(
        target_url=quote(media.file),
        available_range=_range(media.frames),
        metadata={METADATA: facts(media.take)},
    )


def _range(frames: int) -> Any:
    return otio.opentime.TimeRange(_time(0), _time(frames))


def _time(frames: int) -> Any:
    return otio.opentime.RationalTime(frames, RATE)
