"""The shots of a storyboard, of its list and of its tables: entries, ids, picks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import unknown_shot
from pipeline.storyboard.keys import SHOT
from pipeline.storyboard.layers import Layer, Shot
from pipeline.storyboard.locations import LocationError
from pipeline.storyboard.messages import shown
from pipeline.storyboard.names import name_fault
from pipeline.storyboard.places import Map, Seq
from pipeline.storyboard.scalars import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pipeline.storyboard.boards import Board, BoardReader
    from pipeline.storyboard.places import Place
    from pipeline.storyboard.tables import Row
    from pipeline.storyboard.violation import Findings

    OpenTable = Callable[[str, Collection[str]], "Table"]
    """A table by the name that the storyboard gives it, and what columns may be called.

    Raises `LocationError` with the reason when there is none.
    """

_EXAMPLE: Final = "`- id: pour` with a prompt below it"


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows; `findings` is what is wrong with it."""

    findings: Findings
    rows: Sequence[Row]


class ShotReader:
    """Reads one board's shots, noting what is wrong."""

    def __init__(self, board: Board, reader: BoardReader, open_table: OpenTable) -> None:
        self._board = board
        self._reader = reader
        self._open_table = open_table
        self._top = Layer("", board.root, board.defaults.findings)
        self._keys = frozenset(reader.keys.allowed[SHOT])
        self._seen: dict[str, tuple[str, str, int]] = {}
        """Ids in small letters: as written, the file and the line."""

    def read(self) -> list[Shot]:
        """All shots, in cutting order: those of the list, then those of the table."""
        root = self._board.root
        shots = []
        if "shots" in root or "shots_from" not in root:
            shots += self._listed()
        if "shots_from" in root:
            shots += self._tabled()
        if (picks := self._reader.mapping(self._top, "picks")) is not None:
            self._add_picks(picks, shots)
        return shots

    def _listed(self) -> list[Shot]:
        root = self._board.root
        shots = root.get("shots")
        if isinstance(shots, Seq) and shots:
            return [
                self._shot(Layer(f"shots[{index}]", value, self._top.findings), place)
                for index, (value, place) in enumerate(zip(shots, shots.places, strict=True))
                if self._is_shot(value, place, index)
            ]
        if "shots" not in root:
            self._top.note_lack(f"there are no shots; write `shots:` and under it {_EXAMPLE}")
        elif isinstance(shots, Map):
            self._top.note(
                "shots",
                "this is a mapping, and shots are a list; begin every shot with `- `, "
                "as in `- id: pour`",
            )
        elif shots is None or isinstance(shots, Seq):
            self._top.note("shots", f"there are no shots in it; write {_EXAMPLE}")
        elif shots is not UNREADABLE:
            self._top.note(
                "shots", f"{shown(shots)} stands here; shots are a list: write {_EXAMPLE}"
            )
        return []

    def _tabled(self) -> list[Shot]:
        if not self._reader.check_value(self._top, "shots_from"):
            return []
        try:
            table = self._open_table(self._board.root["shots_from"], self._reader.keys.columns)
        except LocationError as error:
            self._top.note("shots_from", str(error))
            self._board.lacks_shots = True
            return []
        self._board.lacks_shots = bool(table.findings)
        shots = [
            self._shot(Layer(row.path, row.values, table.findings), row.place) for row in table.rows
        ]
        for shot in shots:
            shot.from_table = True
        return shots

    def _is_shot(self, value: Any, place: Place, index: int) -> bool:
        if not isinstance(value, Map):
            self._board.lacks_shots = True
        if not isinstance(value, Map) and value is not UNREADABLE:
            self._top.findings.add(
                place,
                f"shots[{index}]",
                f"{shown(value)} stands here; a shot has fields: "
                "`id: …`, and `prompt: …` on the next line",
            )
        return isinstance(value, Map)

    def _shot(self, layer: Layer, place: Place) -> Shot:
        values = layer.values
        if not self._keys.issuperset(values):
            self._reader.check_keys(layer, SHOT)
        shot = Shot(self._id(layer, place), layer)
        if "passes" in values:
            shot.passes = self._reader.shot_passes(layer, self._board)
        if values.get("pick") is not None and self._reader.check_value(layer, "pick"):
            shot.picked = (layer, "pick")
        return shot

    def _id(self, layer: Layer, place: Place) -> str:
        """The shot's id; empty, with the reason noted, where it can't be used."""
        identity = layer.values.get("id")
        if identity is None:
            message = "the shot has no id; write one, such as `id: pour`"
            layer.findings.add(place, layer.path, message)
            return ""
        if not isinstance(identity, str):
            self._reader.check_value(layer, "id")
            return ""
        if fault := name_fault(identity):
            layer.note("id", fault)
            return ""
        here, (line, _column) = layer.spot("id")
        if identity.casefold() in self._seen:
            other, file, number = self._seen[identity.casefold()]
            there = f"line {number}" if file == here else f"{file}:{number}"
            message = (
                f"the shot in {there} is called {other} too; each shot needs its own id"
                if other == identity
                else f"{other}, the shot in {there}, differs in capitals only, and many "
                "systems would write both into one file; rename one"
            )
            layer.note("id", message)
        self._seen.setdefault(identity.casefold(), (identity, here, line))
        return identity

    def _add_picks(self, picks: Layer, shots: Sequence[Shot]) -> None:
        """Picks that stand by id at the top, as a table has no place for them."""
        by_id = {shot.id: shot for shot in shots if shot.id}
        for name, value in picks.values.items():
            if name not in by_id:
                if self._board.lacks_shots:
                    continue
                picks.note_key(name, unknown_shot(name, list(by_id)))
            elif by_id[name].picked is not None:
                picks.note_key(name, f"{name} has its pick in the shot itself; keep one")
            elif value is not None and self._reader.check_value(picks, name, "pick"):
                by_id[name].picked = (picks, name)
