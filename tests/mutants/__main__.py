"""`make mutants`: take each safeguard out in turn; some test must fail.

    python -m tests.mutants [--write] [NAME …]      all safeguards, or those whose name holds NAME

The tests must pass first with all safeguards in their places. Exits with 1 when they don't, when
fewer than 95 % of the removals are caught, or when an entry of the list is at fault: its text is
not there, or its tests can't even be begun. With `--write`, and for the whole list only, the table
goes into docs/guarantees.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from rich.console import Console

from tests.mutants.answers import ANSWERS
from tests.mutants.clips import CLIPS
from tests.mutants.doubts import DOUBTS
from tests.mutants.downloads import DOWNLOADS
from tests.mutants.hands import HANDS
from tests.mutants.leftovers import LEFTOVERS
from tests.mutants.money import MONEY
from tests.mutants.pages import PAGES
from tests.mutants.records import RECORDS
from tests.mutants.strangers import STRANGERS
from tests.mutants.unknown import UNKNOWN
from tests.mutants.wires import WIRES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutants.safeguard import Safeguard

SAFEGUARDS = (
    *(*RECORDS, *LEFTOVERS, *CLIPS, *MONEY, *DOUBTS, *UNKNOWN),
    *(*HANDS, *STRANGERS, *DOWNLOADS, *ANSWERS, *PAGES, *WIRES),
)
ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "pipeline"
WORKERS = 2
SHARE = 0.95
_SECONDS_MAX = 300
_PAGE = ROOT / "docs" / "guarantees.md"
_MARKS = ("<!-- mutants: begin -->", "<!-- mutants: end -->")
_FAILED = re.compile(r"^FAILED (\S.*?)(?: - .*)?$", re.MULTILINE)


class End(StrEnum):
    """What came of one removal."""

    CAUGHT = "caught"
    HANGS = "hangs"
    SURVIVED = "SURVIVED"
    FAULT = "FAULT OF THE LIST"


@dataclass(frozen=True)
class Verdict:
    """`by` is the test that failed, or what went wrong instead."""

    guard: Safeguard
    end: End
    by: str
    seconds: float

    @property
    def caught(self) -> bool:
        """A program that hangs is noticed, too."""
        return self.end in {End.CAUGHT, End.HANGS}


def main(arguments: list[str]) -> int:
    """Run the list; answers with the exit code."""
    console = Console(width=120, markup=False, highlight=False)
    names = [argument for argument in arguments if not argument.startswith("--")]
    chosen = [g for g in SAFEGUARDS if not names or any(name in g.name for name in names)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copy(Path(folder, str(number))) for number in range(WORKERS)]
        broken = _unmutated(copies[0], chosen)
        if broken:
            console.print(f"with every safeguard in its place:\n{broken}")
            return 1
        console.print(f"with every safeguard in its place all pass ({_since(begun)})")
        verdicts = _all(chosen, copies, console)
    caught = sum(verdict.caught for verdict in verdicts)
    console.print(f"{caught} of {len(chosen)} caught, {caught / len(chosen):.0%}, {_since(begun)}")
    if "--write" in arguments and not names:
        _write(verdicts)
    at_fault = any(verdict.end is End.FAULT for verdict in verdicts)
    return 1 if at_fault or caught < SHARE * len(chosen) else 0


def _since(begun: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    return f"{minutes} min {seconds} s"


def _copy(target: Path) -> Path:
    """The project without what git ignores, in a folder of its own."""
    listing = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def _all(chosen: Sequence[Safeguard], copies: Sequence[Path], console: Console) -> list[Verdict]:
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)
    verdicts = []
    with ThreadPoolExecutor(len(copies)) as crew:
        for verdict in crew.map(lambda guard: _judge(guard, free), chosen):
            guard, seconds = verdict.guard, verdict.seconds
            console.print(f"{verdict.end:8} {guard.name}: {verdict.by} ({seconds:.0f} s)")
            verdicts.append(verdict)
    return verdicts


def _judge(guard: Safeguard, copies: SimpleQueue[Path]) -> Verdict:
    """Remove one safeguard in a copy that is free, and see whether its tests notice."""
    copy = copies.get()
    path = copy / "pipeline" / guard.path
    source = path.read_text("utf-8")
    begun = time.monotonic()
    try:
        if source.count(guard.old) != 1:
            return Verdict(guard, End.FAULT, "its text is not once in the file", 0)
        path.write_text(source.replace(guard.old, guard.new), "utf-8")
        end, by = _test(copy, guard.tests)
        return Verdict(guard, end, by, time.monotonic() - begun)
    finally:
        path.write_text(source, "utf-8")
        copies.put(copy)


def _test(copy: Path, tests: Sequence[str]) -> tuple[End, str]:
    try:
        ended = _pytest(copy, "-x", *tests, seconds_max=_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return End.HANGS, f"hangs for over {_SECONDS_MAX} s"
    if ended.returncode == 0:
        return End.SURVIVED, "all tests pass"
    failed = _FAILED.search(ended.stdout)
    if ended.returncode != 1 or failed is None:  # 2: interrupted, 4: no such test; a fixture's
        return End.FAULT, f"pytest exits with {ended.returncode}: {ended.stdout[-300:]}"
    return End.CAUGHT, failed[1]


def _unmutated(copy: Path, chosen: Sequence[Safeguard]) -> str:
    """What fails of all tests while nothing is removed; empty where nothing does."""
    child = [sys.executable, "-c", "import pipeline, tests; print(pipeline.__file__)"]
    with tempfile.TemporaryDirectory() as elsewhere:
        imported = subprocess.run(
            child, cwd=elsewhere, env=_environment(copy), check=True, capture_output=True, text=True
        ).stdout
    if not Path(imported.strip()).is_relative_to(copy):
        return f"the installed project is imported and not the copy's: {imported}"
    tests = sorted({test for guard in chosen for test in guard.tests})
    whole = [test for test in tests if test.partition("::")[0] == test or not _within(test, tests)]
    ended = _pytest(copy, "-n", str(WORKERS), "--dist", "worksteal", *whole)
    return "" if ended.returncode == 0 else ended.stdout[-3000:]


def _within(test: str, tests: Sequence[str]) -> bool:
    """Whether another of the tests holds this one: its file, or the test without its case."""
    file, function = test.partition("::")[0], test.partition("[")[0]
    return file in tests or (function != test and function in tests)


def _pytest(
    copy: Path, *arguments: str, seconds_max: float | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command,
        cwd=copy,
        env=_environment(copy),
        capture_output=True,
        text=True,
        timeout=seconds_max,
        check=False,
    )


def _environment(copy: Path) -> dict[str, str]:
    """The copy goes before the installed project on the path of imports, also in processes that
    a test starts elsewhere.
    """
    return os.environ | {"PYTHONPATH": str(copy)}


def _write(verdicts: Sequence[Verdict]) -> None:
    rows = ["", "| safeguard | what it says | caught by | seconds |", "|---|---|---|---|"]
    for verdict in verdicts:
        guard, by = verdict.guard, verdict.by
        shown = f"`{by}`" if verdict.end is End.CAUGHT else f"**{verdict.end.lower()}**"
        shown = shown.replace("|", "\\|")
        rows.append(f"| {guard.name} | {guard.says} | {shown} | {verdict.seconds:.0f} |")
    caught = sum(verdict.caught for verdict in verdicts)
    rows += ["", f"{caught} of {len(verdicts)} are caught.", ""]
    text = _PAGE.read_text("utf-8")
    before, rest = text.split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    table = "\n".join(rows)
    _PAGE.write_text(f"{before}{_MARKS[0]}\n{table}\n{_MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
