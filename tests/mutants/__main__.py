"""`make mutants`: take each safeguard out in turn; some test must fail.

    python -m tests.mutants [--write] [NAME …]      all safeguards, or those whose name holds NAME

Exits with 1 when fewer than 95 % are caught. With `--write` the table goes into
docs/guarantees.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from rich.console import Console

from tests.mutants.money import MONEY
from tests.mutants.records import RECORDS
from tests.mutants.strangers import STRANGERS

if TYPE_CHECKING:
    from tests.mutants.safeguard import Safeguard

SAFEGUARDS = (*RECORDS, *MONEY, *STRANGERS)
ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "pipeline"
WORKERS = 2
SHARE = 0.95
_SECONDS_MAX = 300
_PAGE = ROOT / "docs" / "guarantees.md"
_MARKS = ("<!-- mutants: begin -->", "<!-- mutants: end -->")


@dataclass(frozen=True)
class Verdict:
    """What came of one removal; `by` is the test that failed, or what went wrong instead."""

    guard: Safeguard
    caught: bool
    by: str
    seconds: float


def main(arguments: list[str]) -> int:
    """Run the list; answers with the exit code."""
    console = Console(width=120)
    names = [argument for argument in arguments if not argument.startswith("--")]
    chosen = [g for g in SAFEGUARDS if not names or any(name in g.name for name in names)]
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(_copy(Path(folder, str(number))))
        with ThreadPoolExecutor(WORKERS) as crew:
            verdicts = []
            for verdict in crew.map(lambda guard: _judge(guard, copies), chosen):
                word = "caught  " if verdict.caught else "SURVIVED"
                told = f"{word} {verdict.guard.name}: {verdict.by} ({verdict.seconds:.0f} s)"
                console.print(told, markup=False, highlight=False)
                verdicts.append(verdict)
    caught = sum(verdict.caught for verdict in verdicts)
    share = caught / len(verdicts)
    console.print(f"{caught} of {len(verdicts)} caught, {share:.0%}")
    if "--write" in arguments:
        _write(verdicts)
    return 0 if share >= SHARE else 1


def _copy(target: Path) -> Path:
    """The project without what git ignores, in a folder of its own."""
    listing = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def _judge(guard: Safeguard, copies: SimpleQueue[Path]) -> Verdict:
    """Remove one safeguard in a copy that is free, and see whether its tests notice."""
    copy = copies.get()
    path = copy / "pipeline" / guard.path
    source = path.read_text("utf-8")
    begun = time.monotonic()
    try:
        if source.count(guard.old) != 1:
            return Verdict(guard, False, "its text is not in the file", 0)
        path.write_text(source.replace(guard.old, guard.new), "utf-8")
        by, caught = _test(copy, guard.tests)
        return Verdict(guard, caught, by, time.monotonic() - begun)
    finally:
        path.write_text(source, "utf-8")
        copies.put(copy)


def _test(copy: Path, tests: tuple[str, ...]) -> tuple[str, bool]:
    # `-m pytest` puts the copy before the installed project on the path of imports.
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        ended = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        return f"hangs for over {_SECONDS_MAX} s", True
    if ended.returncode == 0:
        return "all tests pass", False
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    if ended.returncode != 1 or failed is None:  # 2: interrupted, 4: no such test
        return f"pytest exits with {ended.returncode}: {ended.stdout[-300:]}", False
    return failed[1], True


def _write(verdicts: list[Verdict]) -> None:
    rows = ["", "| safeguard | what it says | caught by |", "|---|---|---|"]
    for verdict in verdicts:
        by = f"`{verdict.by}`" if verdict.caught else "**nothing**"
        rows.append(f"| {verdict.guard.name} | {verdict.guard.says} | {by} |")
    caught = sum(verdict.caught for verdict in verdicts)
    rows += ["", f"{caught} of {len(verdicts)} are caught.", ""]
    text = _PAGE.read_text("utf-8")
    before, rest = text.split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    table = "\n".join(rows)
    _PAGE.write_text(f"{before}{_MARKS[0]}\n{table}\n{_MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
