"""A run that has nothing to do, beside build tools that have nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.boards import PASS
from tests.bench.measure import (
    SHOTMAKE,
    BenchError,
    Peer,
    Row,
    medians,
    process,
    require_said,
    row,
    said_by,
)
from tests.bench.programs import program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.lab import Lab

RUN = [SHOTMAKE, "run", "--pass", PASS]
_DODO = """\
def task_copy():
    for number in range({count}):
        source, target = f"in/{{number}}", f"out/{{number}}"
        yield {{
            "name": str(number),
            "file_dep": [source],
            "targets": [target],
            "actions": [["cp", source, target]],
        }}
"""


def rows(lab: Lab) -> list[Row]:
    """So many takes, or copies of files, of which each is up to date."""
    count = lab.size(10_000, 200)
    many = lab.size(100_000, 1000)
    board, large = lab.rendered(count), lab.rendered(many)
    for takes, project in ((count, board), (many, large)):
        require_said(f"{takes} up to date", [*RUN, "--no-review"], project)
        require_said(f"{takes} up to date", RUN, project)  # the page is made here
    builds = lab.empty("builds")
    ours, ours_many, ninja, make, doit = medians(
        lab.runs(5),
        process(RUN, board),
        process(RUN, large),
        process(_ninja(builds / "ninja", count), builds / "ninja"),
        process(_make(builds / "make", count), builds / "make"),
        process(_doit(builds / "doit", count), builds / "doit"),
    )
    what = f"run with nothing to do, {count:,} takes"
    return [
        row(what, ours, Peer("ninja", ninja), at_most=5),
        row(what, ours, Peer("make", make)),
        row(what, ours, Peer("doit", doit), at_most=1 / 3),
        row(
            f"the same, {many:,} takes",
            ours_many,
            Peer(f"ours, {count:,}", ours),
            at_most=11,
        ),
    ]


def _copies(folder: Path, count: int) -> None:
    """The files that are copied, and then their copies: those are newer."""
    for name in ("in", "out"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            (folder / name / str(number)).write_text(f"{number}\n")


def _ninja(folder: Path, count: int) -> list[str]:
    _copies(folder, count)
    lines = ["rule copy", "  command = cp $in $out"]
    lines += [f"build out/{number}: copy in/{number}" for number in range(count)]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    command = [program("ninja")]
    said_by(command, folder)  # its log must know the commands
    require_said("no work to do", command, folder)
    return command


def _make(folder: Path, count: int) -> list[str]:
    _copies(folder, count)
    targets = " ".join(f"out/{number}" for number in range(count))
    lines = [f"all: {targets}"]
    lines += [
        f"out/{number}: in/{number}\n\tcp in/{number} out/{number}" for number in range(count)
    ]
    (folder / "Makefile").write_text("\n".join(lines) + "\n")
    # Without its built-in rules, which it would try for every single file.
    command = [program("make"), "-r"]
    require_said("Nothing to be done", command, folder)
    return command


def _doit(folder: Path, count: int) -> list[str]:
    _copies(folder, count)
    (folder / "dodo.py").write_text(_DODO.format(count=count))
    command = [program("doit")]
    said_by([*command, "reset-dep"], folder)  # as if it had made the copies
    if said_by(command, folder).count("-- copy:") != count:
        raise BenchError("doit takes some copies for outdated")
    return command
