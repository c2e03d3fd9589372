"""Rows of a table without lines, which may be ten thousand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.cli.terminal import is_screen, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cli.terminal import Terminal

Cell = tuple[str, str]
"""Text and its style."""

_GAP = "  "
_NARROW = re.compile("[\x20-\x7e\xa0-\xff–—…→≈✓✗·]*")
"""A column a letter; what other letters take is slow to load."""


def print_rows(
    rows: Sequence[Sequence[Cell]], terminal: Terminal, *, right: int | None = None
) -> None:
    """Rows of equally many cells; those of the column `right` stand at its right edge.

    A pipe has no edge. What a screen has no room for goes on in the next line of its own column,
    which takes 0.3 ms a row.
    """
    if not rows:
        return
    shown = [[(printable(text), style) for text, style in row] for row in rows]
    widths = [max(_width(row[at][0]) for row in shown) for at in range(len(shown[0]))]
    for row in shown:
        row[:] = [
            (_padded(text, width, to_the_right=at == right), style)
            for at, ((text, style), width) in enumerate(zip(row, widths, strict=True))
        ]
    if terminal.is_plain:
        lines = (_GAP.join(text for text, _style in row).rstrip() for row in shown)
        terminal.warn("\n".join(lines))
    elif is_screen(terminal.console) and sum(widths) + 2 * len(widths) > terminal.console.width:
        _print_folded(shown, terminal)
    else:
        _print_styled(shown, terminal)


def _width(text: str) -> int:
    """Columns of a terminal: Chinese letters take two."""
    if _NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 (slow to load)

    return cell_len(text)


def _padded(text: str, width: int, *, to_the_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_the_right else text + space


def _print_styled(rows: Sequence[Sequence[Cell]], terminal: Terminal) -> None:
    from rich.text import Text  # noqa: PLC0415

    lines = Text()
    for row in rows:
        for text, style in row[:-1]:
            lines.append(text, style).append(_GAP)
        lines.append(row[-1][0].rstrip(), row[-1][1]).append("\n")
    terminal.console.print(lines, end="", soft_wrap=True)


def _print_folded(rows: Sequence[Sequence[Cell]], terminal: Terminal) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in rows[0]:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(Text(text, style) for text, style in row))
    terminal.console.print(table)
