"""`make bench`: shotmake and its peers side by side, in one run.

    python -m tests.bench [--only NAME …] [--quick] [--write]

Prints a table. With --write, and for all benchmarks only, the table goes into docs/benchmarks.md
and the picture of the growth into docs/pictures. Exits with 1 where a target isn't met (a trial,
--quick, has none to meet), and with 2 where something is missing or can't be measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.bench import (
    animatic,
    checking,
    downloads,
    growth,
    journal,
    makespan,
    memory,
    noop,
    planning,
    polling,
    startup,
)
from tests.bench.lab import Lab
from tests.bench.measure import ROOT, BenchError
from tests.bench.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.measure import Row

BENCHMARKS: dict[str, Callable[[Lab], list[Row]]] = {
    "noop": noop.rows,
    "plan": planning.rows,
    "check": checking.rows,
    "startup": startup.rows,
    "polling": polling.rows,
    "makespan": makespan.rows,
    "memory": memory.rows,
    "animatic": animatic.rows,
    "downloads": downloads.rows,
    "journal": journal.rows,
    "growth": growth.rows,
}
HEADINGS = ("what", "ours", "peer", "ratio", "target", "met")
_PAGE = ROOT / "docs" / "benchmarks.md"
_PICTURE = ROOT / "docs" / "pictures" / "growth.png"
_MARKS = ("<!-- bench: begin -->", "<!-- bench: end -->")


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; answers with the exit code."""
    args = _arguments(arguments)
    chosen = args.only or list(BENCHMARKS)
    console = Console(width=140, markup=False, highlight=False)
    try:
        require(chosen)
        with tempfile.TemporaryDirectory() as folder:
            lab = Lab(Path(folder), args.quick)
            rows = _all(chosen, lab, console)
            if args.write:
                shutil.copyfile(lab.picture, _PICTURE)
                write(rows, _PAGE)
    except (BenchError, subprocess.CalledProcessError) as error:
        console.print(f"bench: {error}")
        return 2
    console.print(_table(rows))
    console.print(_machine())
    if args.quick:
        console.print("a trial: with sizes like these the figures say nothing")
        return 0
    return 1 if any(row.met is False for row in rows) else 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help="these alone")
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: a trial")
    parser.add_argument("--write", action="store_true", help="into docs/, too")
    args = parser.parse_args(arguments)
    if args.write and (args.only or args.quick):
        parser.error("--write is for all benchmarks in full, so that one run has made all figures")
    return args


def _all(chosen: Sequence[str], lab: Lab, console: Console) -> list[Row]:
    rows = []
    for name in chosen:
        begun = time.monotonic()
        rows += BENCHMARKS[name](lab)
        console.print(f"{name}: {time.monotonic() - begun:.0f} s", style="dim")
    return rows


def _cells(row: Row) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: "–"}[row.met]
    return (row.what, row.ours, row.peer, row.ratio, row.target, met)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(*HEADINGS)
    for row in rows:
        table.add_row(*_cells(row), style="" if row.met is not False else "red")
    return table


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.machine()}"
    return f"{cores} cores, {system}, Python {platform.python_version()}"


def write(rows: Sequence[Row], page: Path) -> None:
    """Put the table between the page's marks."""
    lines = ["", f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
    for row in rows:
        cells = list(_cells(row))
        cells[-1] = "**no**" if row.met is False else cells[-1]
        lines.append(f"| {' | '.join(cells)} |")
    picture = "![Seconds, memory and the manifest's size by takes](pictures/growth.png)"
    day = time.strftime("%Y-%m-%d")
    lines += ["", f"Measured on {day}: {_machine()}.", "", picture, ""]
    text = page.read_text("utf-8")
    before, rest = text.split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    table = "\n".join(lines)
    page.write_text(f"{before}{_MARKS[0]}\n{table}\n{_MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
