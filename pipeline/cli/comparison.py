"""The passes of a board side by side, below its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.cli.connect import ANIMATIC
from pipeline.rendering.book import read
from pipeline.rendering.comparing import PassView, ShotRow, Standing, compare
from pipeline.rendering.folder import Folder
from pipeline.rendering.layout import passes

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.cli.boards import Desk
    from pipeline.cli.terminal import Terminal
    from pipeline.storyboard.shots import Storyboard

_ROWS_MAX = 40
_NAMES_FIRST = ("draft",)


def compared(board: Storyboard, desk: Desk, outputs: Path) -> list[ShotRow]:
    """The passes that have records, and the one that is planned; nothing where that is one, and no
    shot has takes to choose from, or where it is all an animatic so far.
    """
    known = [name for name in passes(outputs, board.name) if name != ANIMATIC]
    names = dict.fromkeys([*_NAMES_FIRST, *known, board.pass_name])
    several = bool(board.picks or board.undecided) or any(t.number > 1 for t in board.takes)
    nothing_yet = board.pass_name == ANIMATIC and not known
    if nothing_yet or (not several and len(known) < 2):
        return []
    views = []
    for name in names:
        other = desk.loaded.in_pass(board.name, name)
        if other is None:
            continue
        folder = Folder(outputs, board.name, name)
        records = read(folder, desk.destination.provider).records
        views.append(PassView(other, desk.planner(other, folder, records), records))
    rows = compare(views)
    chosen = desk.selection
    return [r for r in rows if chosen.includes(r.shot) and (r.pick or not chosen.only_picked)]


def as_json(storyboard: str, rows: list[ShotRow]) -> list[dict[str, Any]]:
    """The rows as `plan --json` prints them."""
    return [
        {
            "storyboard": storyboard,
            "shot": row.shot,
            "pick": row.pick,
            "passes": {
                name: {"asked": standing.asked, "current": standing.current, **standing.behind}
                for name, standing in row.passes.items()
            },
        }
        for row in rows
    ]


def show(rows: list[ShotRow], terminal: Terminal) -> None:
    """A table: a shot a row, a pass a column, and what is picked behind the draft."""
    if not rows or terminal.quiet:
        return
    from rich.table import Table  # noqa: PLC0415 (slow to load)
    from rich.text import Text  # noqa: PLC0415

    names = list(dict.fromkeys(name for row in rows for name in row.passes))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("  shot", overflow="fold")
    for name in names:
        table.add_column(name, overflow="fold")
        if name in _NAMES_FIRST:
            table.add_column("picked", no_wrap=True)
    for row in rows[:_ROWS_MAX]:
        cells = [Text(f"  {row.shot}")]
        for name in names:
            cells.append(_cell(row.passes.get(name)))
            if name in _NAMES_FIRST:
                cells.append(_picked(row))
        table.add_row(*cells)
    terminal.console.print(table)
    if len(rows) > _ROWS_MAX:
        terminal.say(f"  … and {len(rows) - _ROWS_MAX} more shots; --json has them all", "dim")
    terminal.say(f"  {_sentence(rows, names)}")


def _picked(row: ShotRow) -> Any:
    from rich.text import Text  # noqa: PLC0415

    several = any(standing.asked > 1 or standing.undecided for standing in row.passes.values())
    if row.pick is not None:
        return Text(f"take {row.pick}", "green")
    return Text("none", "yellow") if several else Text("–", "dim")


def _cell(standing: Standing | None) -> Any:
    from rich.text import Text  # noqa: PLC0415

    if standing is None:
        return Text("–", "dim")
    if standing.undecided:
        return Text("none picked", "yellow")
    behind = ", ".join(
        word if number == standing.asked else f"{number} {word}"
        for word, number in standing.behind.items()
    )
    if standing.asked == 1:
        return Text("rendered", "green") if standing.current else Text(behind, "yellow")
    if not standing.current:
        return Text(behind, "yellow")
    done = f"{standing.current} of {standing.asked}"
    return Text(done, "green") if not behind else Text(f"{done}, {behind}", "yellow")


def _sentence(rows: list[ShotRow], names: list[str]) -> str:
    """`draft 9 of 12 takes · 3 of 4 shots picked · final 2 of 4 takes`."""
    parts = []
    for name in names:
        standings = [row.passes[name] for row in rows if name in row.passes]
        asked = sum(standing.asked for standing in standings)
        current = sum(standing.current for standing in standings)
        parts.append(f"{name} {current} of {asked} takes")
        if name in _NAMES_FIRST:
            picked = sum(row.pick is not None for row in rows)
            parts.append(f"{picked} of {len(rows)} shots picked")
    return " · ".join(parts)
