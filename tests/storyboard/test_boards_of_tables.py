"""Storyboards whose shots stand in tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.rendering.decision import want

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.storyboard.resolve import Loaded

BOARD = "model: veo-3.1-fast\ndefaults: {duration: 4, seed: 1}\nshots_from: %s\n"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("t.csv", "id,prompt,duration,seed,seeds\na,Rain.,3,7,\nb,Snow.,,,7 8\n"),
        ("t.csv", 'id;prompt;duration;seed;seeds\r\na;"Rain.";3;7;\r\nb;Snow.;;;7, 8\r\n'),
        (
            "t.jsonl",
            (
                '{"id": "a", "prompt": "Rain.", "duration": 3, "seed": 7}\n'
                '{"id": "b", "prompt": "Snow.", "seeds": [7, 8]}\n'
            ),
        ),
    ],
)
def test_rows_are_shots_with_the_boards_defaults(
    load: Callable[..., Loaded], name: str, table: str
) -> None:
    """What a column says wins over a default; what it leaves empty is the default's."""
    Path(name).write_text(table, "utf-8")
    loaded = load(None, film=BOARD % name)
    assert loaded.violations == ()
    takes = loaded.boards[0].takes
    assert [(t.key, t.request.prompt, t.request.duration, t.request.seed) for t in takes] == [
        ("a", "Rain.", 3, 7),
        ("b", "Snow.", 4, 7),
        ("b.t2", "Snow.", 4, 8),
    ]


def test_a_row_and_a_shot_that_say_the_same_are_the_same(load: Callable[..., Loaded]) -> None:
    """Moving a shot from the list into a table renders nothing."""
    Path("t.csv").write_text("id,prompt,duration\na,Rain.,3\n", "utf-8")
    text = "model: veo-3.1-fast\nshots: [{id: a, prompt: Rain., duration: 3}]\n"
    (listed, tabled) = load(None, one=text, two="model: veo-3.1-fast\nshots_from: t.csv\n").boards
    assert want(listed.takes[0]) == want(tabled.takes[0])


def test_rows_that_are_added_and_sorted_keep_their_ids(load: Callable[..., Loaded]) -> None:
    """And so their clips: an id is made of the prompt alone."""
    Path("t.txt").write_text("Rain.\nSnow.\n", "utf-8")
    before = {t.request.prompt: t.shot for t in load(None, film=BOARD % "t.txt").boards[0].takes}
    Path("t.txt").write_text("Fog.\nSnow.\n\nRain.\n", "utf-8")
    after = {t.request.prompt: t.shot for t in load(None, film=BOARD % "t.txt").boards[0].takes}
    assert {prompt: after[prompt] for prompt in before} == before


def test_ten_thousand_rows_are_ordinary(load: Callable[..., Loaded]) -> None:
    """And one that is wrong among them is named with its line."""
    rows = [f"Prompt number {number}." for number in range(10_000)]
    Path("t.txt").write_text("\n".join(rows) + "\n", "utf-8")
    assert len(load(None, film=BOARD % "t.txt").boards[0].takes) == 10_000
    table = ["prompt,duration", *(f"{row},4" for row in rows)]
    table[5_000] = "Prompt number 4999.,40"
    Path("t.csv").write_text("\n".join(table) + "\n", "utf-8")
    (violation,) = load(None, film=BOARD % "t.csv").violations
    assert str(violation).startswith("t.csv:5001:21: row 5000.duration: 40 s is over")


def test_two_boards_may_share_a_table(load: Callable[..., Loaded]) -> None:
    """What is wrong with it is said once."""
    Path("t.csv").write_text("id,prompt,duration\na,Rain.,40\n", "utf-8")
    loaded = load(None, one=BOARD % "t.csv", two=BOARD % "t.csv")
    assert len(loaded.violations) == 1
