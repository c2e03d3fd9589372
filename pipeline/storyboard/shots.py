"""What a storyboard says, once it is read: shots, takes and the requests they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
class Request:
    """The exact parameters that would be sent for one take, in authored names.

    `duration` is in whole seconds; `init_image` is a still, an https URL, or nothing;
    `extras` are the model's own fields (`style_preset`, …), sorted by name.
    """

    model: str
    prompt: str
    duration: int
    aspect: str
    resolution: str
    seed: int | None = None
    init_image: Still | str | None = None
    extras: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """One rendering of a shot: `number` counts from 1."""

    shot: str
    number: int
    request: Request

    @property
    def key(self) -> str:
        """The name under which results and clips know the take: `pour`, `pour.t2`."""
        return take_key(self.shot, self.number)


@dataclass(frozen=True, slots=True)
class Storyboard:
    """One storyboard, resolved for one pass: takes in cutting order."""

    name: str
    path: Path
    title: str
    pass_name: str
    takes: tuple[Take, ...]


def take_key(shot: str, number: int) -> str:
    """`pour` for the first take of shot `pour`, `pour.t2` for the second."""
    return shot if number == 1 else f"{shot}.t{number}"
