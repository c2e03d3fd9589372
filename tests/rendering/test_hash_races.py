"""Edits that leave a file looking as it did: none is missed, on no file system's clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pipeline.rendering.hashes import StillHashes
from pipeline.storyboard.stills import identity
from tests.support.status import status

if TYPE_CHECKING:
    import os


class Coarse(RuleBasedStateMachine):
    """A file on a file system with a coarse clock, edited at any time, also while it is read."""

    @initialize(
        tick=st.sampled_from([0.000_001, 0.01, 1.0, 2.0]),
        lag=st.sampled_from([0.0, 0.01]),
        has_ctime=st.booleans(),
    )
    def begin(self, tick: float, lag: float, has_ctime: bool) -> None:
        self.tick, self.lag, self.has_ctime = tick, lag, has_ctime
        self.now = 1_700_000_000.0
        self.memory = StillHashes(Path("/nonexistent"), lambda: self.now)
        self.edit()

    def edit(self) -> None:
        """Another content of the same size."""
        self.content = getattr(self, "content", 0) + 1
        self.mtime = self.ctime = int((self.now - self.lag) / self.tick) * self.tick

    def stat(self) -> os.stat_result:
        """On FAT there is no time of the status; what is said in its place is the other."""
        ctime = self.ctime if self.has_ctime else self.mtime
        return status(round(self.mtime * 1e9), round(ctime * 1e9))

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.1, 0.9, 1.0, 1.1, 2.0, 2.1, 3.1, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def edited(self) -> None:
        self.edit()

    @rule(back=st.booleans())
    def touched(self, back: bool) -> None:
        """With the time of the content set back, where that leaves a trace."""
        self.ctime = int((self.now - self.lag) / self.tick) * self.tick
        self.mtime = self.mtime if back else self.ctime

    @rule(during=st.lists(st.sampled_from(["wait", "edit"]), max_size=3))
    def started(self, during: list[str]) -> None:
        """One start, as `Stills` goes about it."""
        path = Path("/bowl.png")
        stat = self.stat()
        known = self.memory.known(path, stat)
        if known is not None:
            assert known == f"{self.content:064x}"
            return
        read = f"{self.content:064x}"
        for event in during:
            if event == "edit":
                self.edit()
            self.now += 1.5
        if identity(self.stat()) == identity(stat):
            self.memory.learned(path, stat, read)


TestNoEditIsMissed = Coarse.TestCase
TestNoEditIsMissed.settings = settings(max_examples=300, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize(
    ("waited", "remembered"),
    [(-5.0, False), (0.0, False), (1.0, False), (2.005, False), (3.1, True), (1e9, True)],
)
@pytest.mark.parametrize("times", [(0, 0), (-9, 0), (0, -9)])
def test_what_changed_just_now_is_not_remembered(
    times: tuple[int, int], waited: float, remembered: bool
) -> None:
    """Read 2.005 s after it, FAT's tick is over; but the kernel may still say it isn't, as its own
    clock is some milliseconds late. What is from the future never settles."""
    mtime, ctime = ((1_700_000_000 + seconds) * 10**9 for seconds in times)
    memory = StillHashes(Path("/nonexistent"), lambda: 1_700_000_000 + waited)
    path, stat = Path("/bowl.png"), status(mtime, ctime)
    assert memory.known(path, stat) is None
    memory.learned(path, stat, "a" * 64)
    assert memory.known(path, stat) == ("a" * 64 if remembered else None)
