"""Rows side by side: in a pipe, on a screen, by the thousand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline.cli.columns import print_rows
from pipeline.cli.main import command
from pipeline.cli.terminal import open_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cli.columns import Row
    from tests.support.world import World

CELLS = st.text(st.sampled_from("ab zé麺≈–😀\u0301"), max_size=6)


def printed(
    rows: Sequence[Row], capsys: pytest.CaptureFixture[str], right: int | None
) -> list[str]:
    capsys.readouterr()
    terminal = open_terminal(as_json=False, quiet=False, verbose=False, color=True)
    print_rows(lambda: iter(rows), terminal, right=right)
    return capsys.readouterr().out.splitlines()


@given(
    texts=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    right=st.sampled_from([None, 0, 1, 2]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_stand_below_each_other(
    texts: list[tuple[str, str, str]], right: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever letters there are, each as wide as a terminal shows it; nothing behind the last."""
    rows = [tuple((text, "bold") for text in row) for row in texts]
    lines = printed(rows, capsys, right)
    widths = [max(cell_len(row[at]) for row in texts) for at in range(3)]
    for line, row in zip(lines, texts, strict=True):
        cells = []
        for at, text in enumerate(row):
            space = " " * (widths[at] - cell_len(text))
            cells.append(space + text if at == right else text + space)
        assert line == "  ".join(cells).rstrip()


def test_thousands_of_rows_have_the_same_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """They are printed some at a time, and nobody sees that."""
    rows = [((f"s{number}", ""), ("x" * (number % 7), ""), ("end", "")) for number in range(2500)]
    lines = printed(rows, capsys, None)
    assert len(lines) == 2500
    assert {line.index("end") for line in lines} == {len("s2499") + 2 + 6 + 2}


def test_no_rows_are_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to say."""
    assert printed([], capsys, None) == []


def board(shots: int) -> None:
    lines = "".join(f"  - {{id: s{n}, prompt: Rain {n}.}}\n" for n in range(shots))
    Path("specs").mkdir(exist_ok=True)
    text = f"model: veo-3.1-fast\ndefaults: {{duration: 1}}\nshots:\n{lines}"
    Path("specs/film.yaml").write_text(text, "utf-8")


@pytest.mark.anyio
async def test_what_is_up_to_date_buries_nothing(
    at_home: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than fifty are one line, unless somebody wants to see them; `--json` has them all."""
    board(60)
    await at_home.run(Path("specs/film.yaml"))
    board(61)
    capsys.readouterr()
    assert command(["plan", "--pass", "draft"]) == 0
    few = capsys.readouterr().out
    assert few.count("up to date") == 2
    assert "… and 60 that are up to date; --verbose lists them" in few
    assert "render  s60  new" in few
    assert command(["plan", "--pass", "draft", "--verbose"]) == 0
    assert capsys.readouterr().out.count("up to date\n") == 60
    assert command(["plan", "--pass", "draft", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["steps"]) == 61
    board(50)
    assert command(["plan", "--pass", "draft"]) == 0
    assert capsys.readouterr().out.count("  skip  ") == 50
