"""Values that know where in a file they stand, and what is wrong at a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Place = tuple[int, int]
"""Line and column, both from 1, in characters."""

START: Final[Place] = (1, 1)


class Map(dict[str, Any]):
    """A mapping that knows where it, its keys and its values stand."""

    __slots__ = ("place", "spots")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.spots: dict[str, tuple[int, int, int, int]] = {}

    def key_place(self, key: str) -> Place:
        """Where the key stands (for a merged one: where it was merged from)."""
        return self.spots[key][:2]

    def value_place(self, key: str) -> Place:
        """Where the key's value begins."""
        return self.spots[key][2:]


class Seq(list[Any]):
    """A list that knows where it and its items stand."""

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document as YAML."""

    place: Place
    path: str
    message: str
