"""A plan after one change in a large rendered board, beside only loading its YAML."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tests.bench.boards import PASS, SPEC, render_board, write_board
from tests.bench.measure import PYTHON, SHOTMAKE, Peer, Row, medians, process, require_said, row

if TYPE_CHECKING:
    from tests.bench.lab import Lab

LOADING = f"import yaml; yaml.load(open({SPEC!r}, 'rb'), yaml.CSafeLoader)"


def rows(lab: Lab) -> list[Row]:
    """Each time another shot has another prompt, so that nothing can remember the file."""
    takes = lab.size(10_000, 200)
    project = lab.empty("planning")
    render_board(project, write_board(project, takes))
    versions = count()

    def change() -> None:
        version = next(versions)
        prompt = f"The camera holds on an empty chair, version {version} of the shot."
        write_board(project, takes, {version * 97 % takes: prompt})

    change()
    command = [SHOTMAKE, "plan", "--pass", PASS]
    require_said(f"1 to render, {takes - 1} up to date", command, project)
    ours, loading = medians(
        lab.runs(5),
        process(command, project),
        process([PYTHON, "-c", LOADING], project),
        before=change,
    )
    what = f"plan, {takes:,} takes, one prompt changed"
    return [row(what, ours, Peer("CSafeLoader alone", loading), at_most=2)]
