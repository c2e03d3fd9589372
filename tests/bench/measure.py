"""Timing whole processes side by side, and what the kernel says of a process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
CHILDREN = Path(__file__).parent / "children"
PROVIDER = "https://gateway.test"
"""Where nothing is asked: a name that leads nowhere."""
SCRIPTS = Path(sysconfig.get_path("scripts"))
SHOTMAKE = str(SCRIPTS / "shotmake")
PYTHON = sys.executable
_NOT_OURS = ("BYTESPIKE", "SHOTMAKE", "PYTHON")


class BenchError(Exception):
    """What was measured isn't what it should be, so that its figures would say nothing."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `met` is None where there is no target."""

    what: str
    ours: str
    peer: str = "–"
    ratio: str = "–"
    target: str = "–"
    met: bool | None = None


@dataclass(frozen=True)
class Peer:
    """What was measured beside ours, with its name and its figure."""

    name: str
    value: float


def row(
    what: str,
    ours: float,
    peer: Peer,
    unit: str = "s",
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Row:
    """Ours and a peer's in one unit; a target is for their ratio."""
    ratio = ours / peer.value
    target, met = "–", None
    if at_most is not None:
        target, met = f"≤ {at_most:.3g} ×", ratio <= at_most
    if at_least is not None:
        target, met = f"≥ {at_least:.3g} ×", ratio >= at_least
    shown = f"{peer.name}: {figure(peer.value)} {unit}"
    return Row(what, f"{figure(ours)} {unit}", shown, f"{ratio:.2f} ×", target, met)


def figure(value: float) -> str:
    """Three digits of it, and none before the point left out."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def environment(address: str = PROVIDER) -> dict[str, str]:
    """For processes: this checkout, a gateway, a key; no proxy, and nothing of the caller's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_OURS) and not name.lower().endswith("_proxy")
    }
    ours = {BASE_URL_VARIABLE: address, KEY_VARIABLE: "sk-byts-test", "PYTHONPATH": str(ROOT)}
    return kept | ours


def process_seconds(command: Sequence[str], folder: Path) -> float:
    """The time of a whole process. Raises `CalledProcessError` when it fails."""
    begun = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def said_by(command: Sequence[str], folder: Path) -> str:
    """All that a process says. Raises `CalledProcessError` when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def require_said(words: str, command: Sequence[str], folder: Path) -> None:
    """See that a process does what is about to be timed. Raises `BenchError`."""
    said = said_by(command, folder)
    if words not in said:
        raise BenchError(f"{command[0]} should say {words!r}, and says: {said[-500:]}")


def process(command: Sequence[str], folder: Path) -> Callable[[], float]:
    """`process_seconds`, to be called later."""
    return partial(process_seconds, command, folder)


def medians(
    runs: int, *actions: Callable[[], float], before: Callable[[], object] = int
) -> list[float]:
    """Each action's median of so many runs, taken in turn after one run to warm up.

    In turn, as machines are noisy: what disturbs ours disturbs the peers. `before` each turn.
    """
    turns = []
    for _turn in range(runs + 1):
        before()
        turns.append([action() for action in actions])
    return [statistics.median(values) for values in zip(*turns[1:], strict=True)]


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had since its program began (VmHWM of proc(5)).

    Not `ru_maxrss`: a child inherits in it what its parent had.
    """
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise BenchError(f"process {pid} has ended too early")


def cpu_seconds(pid: int) -> float:
    """The time that a process has worked, all its threads together (utime and stime of proc(5))."""
    # The second field, the program's name in brackets, may have anything in it.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
