"""What the benchmarks make of what they have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.__main__ import write
from tests.bench.measure import Peer, Row, row
from tests.bench.polling import _judged

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = (10.0, 21.0)
"""Ten seconds of which something is due, and one to see what comes late."""


def polled(answered: float, late: float = 0.0) -> list[float]:
    """A task that is asked about every second, always that late."""
    return [answered, *(answered + second + late for second in range(1, 31))]


def test_all_polls_in_time() -> None:
    """Each that was due has come, as late as it was."""
    seen = _judged([polled(0.5, 0.25), polled(0.625, 0.25)], 2, WINDOW, worked=0.022)
    assert seen.sustained == 1.0
    assert seen.late_ms == pytest.approx(250)
    assert seen.rate == pytest.approx(2.0)
    assert seen.cpu_ms == pytest.approx(1.0)


def test_polls_that_are_missing() -> None:
    """Every second one is left out; of two in one second the first counts."""
    answered, *polls = polled(0.5)
    half = [answered, *(poll for n, poll in enumerate(polls) if n % 2)]
    assert _judged([half], 1, WINDOW, 1.0).sustained == 0.5
    doubled = [answered, *sorted([*half[1:], *(poll + 0.9 for poll in half[1:])])]
    again = _judged([doubled], 1, WINDOW, 1.0)
    assert again.sustained == 0.5
    assert again.late_ms < 1


def test_tasks_that_a_slow_client_never_came_to() -> None:
    """Their polls were due all the same."""
    assert _judged([polled(0.5)], 2, WINDOW, 1.0).sustained == 0.5
    assert _judged([polled(0.5), polled(20.5)], 2, WINDOW, 1.0).sustained == 0.5


def test_a_target_is_for_the_ratio() -> None:
    """At most, or at least, so many times the peer's."""
    assert row("x", 1.0, Peer("y", 2.0), at_most=0.5).met
    assert row("x", 1.1, Peer("y", 2.0), at_most=0.5).met is False
    assert row("x", 1.0, Peer("y", 2.0), at_least=0.5).met
    assert row("x", 0.9, Peer("y", 2.0), at_least=0.5).met is False
    assert row("x", 0.9, Peer("y", 2.0)).met is None


def test_the_table_is_put_in_its_place(tmp_path: Path) -> None:
    """And takes that of the last one."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench: begin -->\n<!-- bench: end -->\nafter\n")
    for what in ("first", "second"):
        write([Row(what, "1 s", met=False)], page)
    text = page.read_text("utf-8")
    assert "| second | 1 s | – | – | – | **no** |" in text
    assert "first" not in text
    assert text.startswith("before\n<!-- bench")
    assert text.endswith("bench: end -->\nafter\n")
