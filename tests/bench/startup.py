"""How long the command takes to say its name, beside an interpreter that does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.measure import PYTHON, SHOTMAKE, Peer, Row, medians, process, row

if TYPE_CHECKING:
    from tests.bench.lab import Lab


def rows(lab: Lab) -> list[Row]:
    """The script as pip has installed it."""
    folder = lab.empty("startup")
    version, usage, bare = medians(
        lab.runs(15),
        process([SHOTMAKE, "--version"], folder),
        process([SHOTMAKE, "--help"], folder),
        process([PYTHON, "-c", "pass"], folder),
    )
    peer = Peer("python -c pass", bare)
    return [
        row("shotmake --version", version, peer, at_most=5),
        row("shotmake --help", usage, peer, at_most=5),
    ]
