"""Where benchmarks work: a folder, how large they are, and boards that several of them share."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.bench.boards import render_board, write_board

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Lab:
    """`quick`: small sizes and one run, which tries the machinery and measures nothing."""

    folder: Path
    quick: bool = False
    _boards: dict[tuple[str, int], Path] = field(default_factory=dict)

    @property
    def picture(self) -> Path:
        """Where the picture of the growth is drawn."""
        return self.folder / "growth.png"

    def size(self, full: int, quick: int) -> int:
        """How many."""
        return quick if self.quick else full

    def runs(self, full: int) -> int:
        """How often."""
        return 1 if self.quick else full

    def empty(self, name: str) -> Path:
        """A folder of that name with nothing in it."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def unrendered(self, takes: int) -> Path:
        """A project with a board of which nothing is rendered; nobody may change it."""
        return self._shared("unrendered", takes)

    def rendered(self, takes: int) -> Path:
        """A project with a board of which all is; nobody may change it."""
        return self._shared("rendered", takes)

    def _shared(self, kind: str, takes: int) -> Path:
        if (kind, takes) not in self._boards:
            project = self.empty(f"{kind}-{takes}")
            spec = write_board(project, takes)
            if kind == "rendered":
                render_board(project, spec)
            self._boards[kind, takes] = project
        return self._boards[kind, takes]
