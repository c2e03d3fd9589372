"""One thing that is wrong with a storyboard, and the place to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.storyboard.places import Place


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """`file`, then `line` and `column` from 1, `path` as in `shots[3].duration` (from 0)."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: "
        return f"{place}{self.path}: {self.message}" if self.path else place + self.message


@dataclass(slots=True)
class Findings:
    """Collects the violations of one file, each once."""

    file: str
    _found: dict[Violation, None] = field(default_factory=dict)
    _places: set[Place] = field(default_factory=set)

    def add(self, place: Place, path: str, message: str) -> None:
        """Notes one violation; the same one twice counts once.

        A storyboard's own words stand in paths and messages: what a terminal would obey
        (escape sequences, line ends, changes of direction) is shown as `\\u001b` instead.
        """
        line, column = place
        violation = Violation(self.file, line, column, _visible(path), _visible(message))
        self._found[violation] = None
        self._places.add(place)

    def at(self, place: Place) -> bool:
        """Is there a violation at this place already?"""
        return place in self._places

    def sorted(self) -> list[Violation]:
        """All of them, in the order of the file."""
        return sorted(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
