"""What a storyboard says, once it is read: shots, takes and the requests they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Still:
    """A local init image.

    `path` is where it lies, `name` how the storyboard calls it, `sha256` the hex digest of
    its bytes: the digest of a request depends on the bytes and not on the name.
    """

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FrameOf:
    """A picture of another shot's clip, as the storyboard names it.

    `take` None: that shot has several takes in that pass, and none is picked. `frame` is `first`,
    `last`, seconds such as `2.5`, or a timecode `HH:MM:SS:FF`.
    """

    pass_name: str
    shot: str
    take: int | None
    frame: str

    @property
    def key(self) -> str:
        """The name of the take whose clip it is, within its pass."""
        return take_key(self.shot, self.take or 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Such a picture, found: the clip that has it, and what identifies both.

    `clip` is where the clip lies; `sha256` is the hex digest of the picture as PNG.
    """

    of: FrameOf
    clip: Path
    clip_sha256: str
    sha256: str


InitImage = Still | FrameOf | Frame | str
"""A local file, a frame of another shot's clip, not known yet or known, or an https URL."""


@dataclass(frozen=True, slots=True)
class Request:
    """The exact parameters that would be sent for one take, in authored names.

    `duration` is in whole seconds; `extras` are the model's own fields (`style_preset`, …), sorted
    by name.
    """

    model: str
    prompt: str
    duration: int
    aspect: str
    resolution: str
    seed: int | None = None
    init_image: InitImage | None = None
    extras: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """One rendering of a shot: `number` counts from 1. `picked`: it is the circled one.

    `key` is the name under which results and clips know the take: `pour`, `pour.t2`.
    """

    shot: str
    number: int
    request: Request
    picked: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        # Worked out once: a plan asks for it fifteen times a take.
        object.__setattr__(self, "key", take_key(self.shot, self.number))


@dataclass(frozen=True, slots=True)
class Undecided:
    """A shot that this pass renders one take of, and none of its `takes` is picked.

    `place` is how many takes of other shots stand before it, and `request` what the pass would ask
    for, but for the seed.
    """

    shot: str
    takes: int
    place: int
    request: Request


@dataclass(frozen=True, slots=True)
class Storyboard:
    """One storyboard, resolved for one pass: takes in cutting order.

    `picks` are the numbers of the circled takes, by shot. `drafts` are the seeds of the takes that
    they are picked from, by shot, where this pass renders the picked one alone.
    """

    name: str
    path: Path
    title: str
    pass_name: str
    takes: tuple[Take, ...]
    undecided: tuple[Undecided, ...] = ()
    picks: Mapping[str, int] = field(default_factory=dict)
    drafts: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)


def take_key(shot: str, number: int) -> str:
    """`pour` for the first take of shot `pour`, `pour.t2` for the second."""
    return shot if number == 1 else f"{shot}.t{number}"
