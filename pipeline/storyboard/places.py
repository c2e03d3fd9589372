"""Values that know where in a file they stand, and what is wrong at a place."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[int, int]
"""Line and column, both from 1, in characters."""

Spot = tuple[int, int, int, int]
"""The places of a key and of its value."""

_FEW: Final = 32

START: Final[Place] = (1, 1)


class Map(dict[str, Any]):
    """A mapping that knows where it, its keys and its values stand. It only grows, by `put`."""

    __slots__ = ("_index", "_spots")

    def __init__(self, place: Place) -> None:
        super().__init__()
        # Its own place, then four numbers a key, in the order of the keys. They are asked for when
        # something is wrong: tuples would be a third of a large board's memory.
        self._spots = array("I", place)
        self._index: dict[str, int] | None = None
        """Where in them a key's begin, once somebody has asked."""

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self._spots[0], self._spots[1]

    def put(self, key: str, value: Any, spot: Spot) -> None:
        """Add a key, or give it another value."""
        if key in self:
            begin = self._begin(key)
            self._spots[begin : begin + 4] = array("I", spot)
        else:
            self._spots.extend(spot)
        self[key] = value

    def _begin(self, key: str) -> int:
        if len(self) <= _FEW:
            return 2 + 4 * list(self).index(key)
        # Not so once a key: a file can be made of a million mistakes.
        if self._index is None or len(self._index) < len(self):
            self._index = {known: at for at, known in zip(count(2, 4), self)}
        return self._index[key]

    def spot(self, key: str) -> Spot:
        """Where the key stands, and where its value begins."""
        begin = self._begin(key)
        key_line, key_column, line, column = self._spots[begin : begin + 4]
        return key_line, key_column, line, column

    def key_place(self, key: str) -> Place:
        """Where the key stands (for a merged one: where it was merged from)."""
        return self.spot(key)[:2]

    def value_place(self, key: str) -> Place:
        """Where the key's value begins."""
        return self.spot(key)[2:]


class Seq(list[Any]):
    """A list that knows where it and its items stand. It only grows, by `put`."""

    __slots__ = ("_places", "place")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self._places = array("I")

    def put(self, value: Any, place: Place) -> None:
        """Add an item."""
        self.append(value)
        self._places.extend(place)

    @property
    def places(self) -> Iterator[Place]:
        """Where the items begin."""
        numbers = iter(self._places)
        return zip(numbers, numbers, strict=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document as YAML."""

    place: Place
    path: str
    message: str
