"""A film as it is to be put together: stretches of clips and cards, one after the other. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from pipeline.media.reels import Reel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from pipeline.media.cards import Card


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of the film: a clip, or a card that stands there for `frames` pictures.

    `name` is its chapter's; `label` is burnt into its pictures.
    """

    name: str
    picture: Reel | Card
    frames: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Montage:
    """The film: its frame in pixels, both sides even, and its pictures a second.

    `copied`: all scenes are clips, of one coding and of this very rate, and their pictures are
    taken over as they are.
    """

    title: str
    scenes: tuple[Scene, ...]
    size: tuple[int, int]
    rate: Fraction
    copied: bool

    @property
    def begins(self) -> tuple[int, ...]:
        """With which picture of the film each scene begins; behind the last one, their number."""
        return tuple(accumulate((scene.frames for scene in self.scenes), initial=0))

    @property
    def frames(self) -> int:
        """How many pictures the film has."""
        return sum(scene.frames for scene in self.scenes)

    @property
    def reels(self) -> Iterator[Reel]:
        """The clips, in order; one that is used twice, twice."""
        return (scene.picture for scene in self.scenes if isinstance(scene.picture, Reel))

    @property
    def sound(self) -> bool:
        """Whether any of it can be heard."""
        return any(reel.sound for reel in self.reels)
