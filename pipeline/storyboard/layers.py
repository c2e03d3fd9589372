"""Fields of one origin, which know where they stand and whom to tell what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.storyboard.places import Map, Place
    from pipeline.storyboard.violation import Findings


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The defaults, a shot, a pass, or what a shot says for a pass.

    `path` is where they stand, as in `shots[3].passes.final`; `findings` are those of the file that
    says it: the storyboard, or a table.
    """

    path: str
    values: Map
    findings: Findings

    def path_of(self, key: str) -> str:
        """A key's own path."""
        return f"{self.path}.{key}" if self.path else key

    def note(self, key: str, message: str) -> None:
        """Something is wrong with a key's value."""
        self.findings.add(self.values.value_place(key), self.path_of(key), message)

    def note_key(self, key: str, message: str) -> None:
        """Something is wrong with a key itself."""
        self.findings.add(self.values.key_place(key), self.path_of(key), message)

    def note_lack(self, message: str) -> None:
        """Something is missing."""
        self.findings.add(self.values.place, self.path, message)

    def is_noted(self, key: str) -> bool:
        """Is there a violation at the key or its value already?"""
        return self.findings.at(self.values.value_place(key)) or self.findings.at(
            self.values.key_place(key)
        )

    def spot(self, key: str) -> tuple[str, Place]:
        """What tells a value from those of all files."""
        return self.findings.file, self.values.value_place(key)


_NO_PASSES: Mapping[str, Layer] = MappingProxyType({})


@dataclass(slots=True)
class Shot:
    """One entry under `shots`, or a row of a table; `id` is empty where the author's can't be used.

    `picked` is where its pick stands, with the key, if it has one.
    """

    id: str
    layer: Layer
    passes: Mapping[str, Layer] = field(default_factory=lambda: _NO_PASSES)
    picked: tuple[Layer, str] | None = None
    from_table: bool = False

    @property
    def pick(self) -> int | None:
        """The number of the circled take."""
        return None if self.picked is None else int(self.picked[0].values[self.picked[1]])
