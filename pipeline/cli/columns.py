"""Rows of a table without lines, which may be ten thousand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.cli.terminal import is_screen, printable

if TYPE_CHECKING:
    from pipeline.cli.terminal import Terminal

Row = Sequence[tuple[str, str]]
"""Cells: text and style."""

_GAP = "  "
_NARROW = re.compile("[\x20-\x7e\xa0-\xff–—…→≈✓✗·]*")
"""A column a letter; what other letters take is slow to load."""

_AT_ONCE = 1000


def print_rows(
    rows: Callable[[], Iterable[Row]], terminal: Terminal, *, right: int | None = None
) -> None:
    """Rows of equally many cells; those of the column `right` stand at its right edge.

    They are asked for twice, for their widths and for themselves, so that ten thousand needn't be
    there at once. A pipe has no edge. What a screen has no room for goes on in the next line of its
    own column, which takes 0.3 ms a row.
    """
    widths: list[int] = []
    for row in rows():
        taken = [_width(printable(text)) for text, _style in row]
        widths = [*map(max, widths, taken)] if widths else taken
    folds = not terminal.is_plain and is_screen(terminal.console)
    folds = folds and sum(widths) + len(_GAP) * len(widths) > terminal.console.width
    lines = (_padded(row, widths, right) for row in rows())
    if folds:
        _print_folded(list(lines), terminal)
        return
    while some := list(islice(lines, _AT_ONCE)):
        if terminal.is_plain:
            said = (_GAP.join(text for text, _style in line).rstrip() for line in some)
            terminal.print_plainly("\n".join(said))
        else:
            _print_styled(some, terminal)


def _padded(row: Row, widths: Sequence[int], right: int | None) -> Row:
    cells = []
    for at, ((said, style), width) in enumerate(zip(row, widths, strict=True)):
        text = printable(said)
        space = " " * (width - _width(text))
        cells.append((space + text if at == right else text + space, style))
    return cells


def _width(text: str) -> int:
    """Columns of a terminal: Chinese letters take two."""
    if _NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 (slow to load)

    return cell_len(text)


def _print_styled(rows: Sequence[Row], terminal: Terminal) -> None:
    from rich.text import Text  # noqa: PLC0415

    lines = Text()
    for row in rows:
        for text, style in row[:-1]:
            lines.append(text, style).append(_GAP)
        lines.append(row[-1][0].rstrip(), row[-1][1]).append("\n")
    terminal.console.print(lines, end="", soft_wrap=True)


def _print_folded(rows: Sequence[Row], terminal: Terminal) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_header=False)
    for _column in rows[0]:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(Text(text, style) for text, style in row))
    terminal.console.print(table)
