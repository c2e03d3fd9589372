"""What a chained take begins with: the frame, if it is there, else why not. Pure.

A frame is told by the clip that it is taken from. Where a record says which picture a frame of
that very clip was, nobody looks again: a rerun decodes nothing, and another version of a decoder,
on another machine, re-renders nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.rendering.records import Clip, State, state_of
from pipeline.storyboard.shots import Frame, FrameOf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pipeline.rendering.records import Record
    from pipeline.storyboard.shots import Storyboard, Take


class Footage(Protocol):
    """Looks into clips for a plan, and changes nothing."""

    def current(self, of: FrameOf) -> Clip | str:
        """The clip that a take of another pass has now, or why it has none."""
        ...

    def place(self, of: FrameOf, clip: Clip) -> Path:
        """Where the clip of that take lies."""
        ...

    def picture(self, of: FrameOf, clip: Clip) -> str:
        """sha256 (hex) of the frame as PNG. Raises `MediaError`."""
        ...


_BOUGHT = frozenset({State.OPEN, State.DELIVERABLE, State.COMPLETED})


@dataclass(frozen=True, slots=True)
class Coming:
    """The clip isn't there yet; this run is about to bring it."""

    key: str


Standing = Clip | Coming | str
"""How a take stands for those that begin with its frames; text is why it has no clip for them."""


class Frames:
    """The frames that are known by now."""

    def __init__(self, footage: Footage, records: Iterable[Record]) -> None:
        self._footage = footage
        self._known: dict[tuple[str, str], str] = {}
        """Pictures by clip and frame."""
        for record in records:
            self.learn(record)

    def learn(self, record: Record) -> None:
        """Which picture a frame was, as far as the record knows. Only of a task that the provider
        has: what is still to be sent is better looked at again.
        """
        image = record.request.get("init_image")
        if isinstance(image, dict) and "clip_sha256" in image and state_of(record) in _BOUGHT:
            self._known[image["clip_sha256"], image["frame"]] = image["sha256"]

    def frame(self, of: FrameOf, clip: Clip) -> Frame:
        """The frame of a clip that is there, or was. Raises `MediaError`."""
        sha256 = self._known.get((clip.sha256, of.frame))
        if sha256 is None:
            sha256 = self._footage.picture(of, clip)
        return Frame(of, self._footage.place(of, clip), clip.sha256, sha256)

    def is_known(self, of: FrameOf, clip: Clip) -> bool:
        """Whether the clip itself isn't needed for it."""
        return (clip.sha256, of.frame) in self._known

    def elsewhere(self, of: FrameOf) -> Clip | str:
        """The clip that a take of another pass has now, or why it has none."""
        return self._footage.current(of)


def upstream(take: Take) -> FrameOf | None:
    """The frame that a take begins with, if it is one."""
    image = take.request.init_image
    return image if isinstance(image, FrameOf) else None


def in_order(storyboard: Storyboard) -> list[list[Take]]:
    """The takes by shots, each shot behind the one that it begins with a frame of."""
    shots: dict[str, list[Take]] = {}
    for take in storyboard.takes:
        shots.setdefault(take.shot, []).append(take)
    placed: dict[str, list[Take]] = {}
    for shot in shots:
        path: list[str] = []
        at: str | None = shot
        while at in shots and at not in placed:
            path.append(at)
            of = _upstream_here(shots[at][0], storyboard)
            at = of.shot if of is not None else None
        placed.update((each, shots[each]) for each in reversed(path))
    return list(placed.values())


def line(take: Take, storyboard: Storyboard, by_key: Mapping[str, Take]) -> Iterator[Take]:
    """A take, and before it one by one those of its pass that it goes back to."""
    yield take
    while (of := _upstream_here(take, storyboard)) is not None and of.key in by_key:
        take = by_key[of.key]
        yield take


def _upstream_here(take: Take, storyboard: Storyboard) -> FrameOf | None:
    of = upstream(take)
    here = of is not None and of.pass_name == storyboard.pass_name and of.take is not None
    return of if here else None


def words(of: FrameOf) -> str:
    """`the last frame of zoom`, for reasons."""
    named = f"the {of.frame} frame" if of.frame in {"first", "last"} else f"the frame at {of.frame}"
    return f"{named} of {of.key}"
