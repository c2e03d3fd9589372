"""What a storyboard calls its passes, shots and takes; nothing is judged, so that it is quick."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.storyboard import documents
from pipeline.storyboard.boards import BoardReader
from pipeline.storyboard.catalog import load_catalog
from pipeline.storyboard.choosing import choice
from pipeline.storyboard.locations import LocationError, Projects
from pipeline.storyboard.shot_list import ShotReader, Table
from pipeline.storyboard.tables import read_table
from pipeline.storyboard.violation import Findings

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pipeline.storyboard.boards import Board
    from pipeline.storyboard.layers import Shot


class _Unjudged:
    """In place of the schemas' rules, which take three times as long to load as all else here."""

    def faults(self, _model: str | None, _field: str, _value: Any) -> tuple[()]:
        return ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A shot in a pass: how many takes it has there (none where it is undecided), its prompt."""

    shot: str
    takes: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Glance:
    """A storyboard's names, as far as it can be read."""

    _board: Board

    @property
    def passes(self) -> list[str]:
        """Every pass that it can be rendered as."""
        return self._board.pass_names

    def shots(self, pass_name: str) -> list[Seen]:
        """In cutting order."""
        return [
            Seen(shot.id, self._takes(shot, pass_name), str(shot.layer.values.get("prompt") or ""))
            for shot in self._board.shots
            if shot.id
        ]

    def _takes(self, shot: Shot, pass_name: str) -> int:
        try:
            return len(choice(self._board, shot, pass_name).seeds)
        except (ValueError, TypeError):  # its fields don't go together, or are of another kind
            return 1


def glance(path: Path) -> Glance | None:
    """Look at a storyboard and its table. None where it can't be read. Never raises for what the
    files say.
    """
    try:
        document = documents.parse(_bytes(path))
    except OSError:
        return None
    if document.root is None or document.problems:
        return None
    findings, catalog = Findings(path.as_posix()), load_catalog()
    reader = BoardReader(findings, catalog, _Unjudged())
    try:
        board = reader.read(document.root)
        board.shots = ShotReader(board, reader, partial(_table, path.parent)).read()
    except (ValueError, TypeError, AttributeError):  # a value of another kind than any rule allows
        return None
    return Glance(board)


def _table(folder: Path, name: str, columns: Collection[str]) -> Table:
    """A table of a storyboard's. Raises `LocationError`."""
    path, _target = Projects("table", "prompts.csv").find(name, folder)
    findings = Findings(path.as_posix())
    try:
        return Table(findings, read_table(path.name, _bytes(path), findings, columns))
    except OSError as error:
        raise LocationError(str(error)) from error


def _bytes(path: Path) -> bytes:
    if not path.is_file():  # a pipe would keep the shell waiting
        raise OSError(0, "it is no ordinary file")
    with path.open("rb") as file:
        return file.read(documents.MAX_BYTES + 1)
