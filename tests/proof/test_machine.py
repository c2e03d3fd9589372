"""A board's life as a state machine: Hypothesis looks for the order of deeds that breaks a promise.

Every rule is a deed of `Life`, which asks the oracle after it; how a life ends is asked at its end.
"""

from __future__ import annotations

import math
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import trio.testing
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline.rendering.work import Terms
from tests.proof.ending import converge
from tests.proof.figures import Figures
from tests.proof.footage import telling
from tests.proof.life import PASSES, Life, Shot
from tests.support.boundaries import Kill
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline.studio.engine import Job

EXAMPLES = 50
STEPS = 15
_CROSSINGS = st.one_of(st.integers(1, 30), st.integers(31, 150))
"""The first intents and submits lie among the first thirty."""
_SHOTS = st.sampled_from(["a", "b", "c", "d"])
_WORDS = st.sampled_from(["a bowl", "a cup", "a tall plate", "a pot that FAILS", "a BLOCKED pie"])
_WEATHER = st.sampled_from(["lost", "reset", "{http: 503}", "malformed", "{slow_headers: 45}"])
_PASS = st.sampled_from(PASSES)
_DAY_SECONDS = 25 * 3600


def _latency(job: Job) -> float:
    """Some are quick, some slow, and always the same ones."""
    return 2.0 + 7 * (sum(job.prompt.encode()) % 9)


class Board(RuleBasedStateMachine):
    """One board. Its clock stands still between rules, and jumps within one."""

    figures = Figures()
    """Of all examples since somebody last took them away."""

    def __init__(self) -> None:
        super().__init__()
        self._held = ExitStack()
        root = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        self._clock = trio.testing.MockClock()
        self._portal = self._held.enter_context(
            anyio.from_thread.start_blocking_portal("trio", {"clock": self._clock})
        )
        world = World(root, latency_seconds=_latency, engine=telling)
        self._held.enter_context(self._portal.wrap_async_context_manager(world))
        self.life = Life(world, {"film": {}})

    def _do(self, deed: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> None:
        """A deed on the virtual clock."""

        async def go() -> None:
            self._clock.autojump_threshold = 0
            try:
                await deed(*args, **more)
            finally:
                self._clock.autojump_threshold = math.inf

        self._portal.call(go)

    def _at_once(self, deed: Callable[..., None], *args: Any, **more: Any) -> None:
        """A deed that takes no time."""
        self._portal.call(partial(deed, *args, **more))

    @initialize(words=st.tuples(_WORDS, _WORDS))
    def write(self, words: tuple[str, str]) -> None:
        """The first storyboard."""
        self.shots.update({"a": Shot(words[0]), "b": Shot(words[1], "sora-2")})

    @property
    def shots(self) -> dict[str, Shot]:
        return self.life.boards["film"]

    @rule(shot=_SHOTS, words=_WORDS)
    def edit_or_add(self, shot: str, words: str) -> None:
        """A shot gets another prompt, or is new."""
        self.shots[shot] = replace(self.shots.get(shot, Shot("")), words=words)

    @precondition(lambda self: len(self.shots) > 1)
    @rule(shot=_SHOTS)
    def remove(self, shot: str) -> None:
        """A shot is taken out."""
        self.shots.pop(shot, None)

    @rule(pass_name=_PASS)
    def run(self, pass_name: str) -> None:
        """A run to its end."""
        self._do(self.life.run, pass_name)

    @rule(shot=_SHOTS, force=st.booleans(), retry_blocked=st.booleans())
    def run_some(self, shot: str, force: bool, retry_blocked: bool) -> None:
        """A run of one shot, that may insist."""
        self._do(self.life.run, shots=(shot,), force=force, retry_blocked=retry_blocked)

    @rule(pass_name=_PASS, seconds=st.sampled_from([0, 5, 20]))
    def run_out_of_time(self, pass_name: str, seconds: float) -> None:
        """A run that leaves tasks open."""
        self._do(self.life.run, pass_name, terms=Terms(timeout_seconds=seconds))

    @rule(at=_CROSSINGS, half=st.booleans())
    def run_killed(self, at: int, half: bool) -> None:
        """A run that dies at a boundary of the disk or the network."""
        self._do(self.life.run, hazard=Kill(at, half))

    @rule(seconds=st.floats(0, 90))
    def run_interrupted(self, seconds: float) -> None:
        """A run, and Ctrl-C."""
        self._do(self.life.run, stop_after=seconds)

    @rule(submit=_WEATHER, dark=st.booleans())
    def run_in_bad_weather(self, submit: str, dark: bool) -> None:
        """A run none of whose submits is answered; in the dark, no question about them either."""
        queries = ["{on: query, do: reset}"] if dark else []
        self._at_once(self.life.faults, f"{{on: submit, do: {submit}}}", *queries)
        self._do(self.life.run)
        self._at_once(self.life.faults)

    @rule(pass_name=_PASS)
    def second_process(self, pass_name: str) -> None:
        """Two runs at once."""
        self._do(self.life.second, pass_name)

    @rule(pass_name=_PASS)
    def cancel(self, pass_name: str) -> None:
        """What is open is cancelled."""
        self._do(self.life.cancel, "film", pass_name)

    @precondition(lambda self: self.life.clips())
    @rule(which=st.integers(0, 9), tamper=st.booleans())
    def lose_a_clip(self, which: int, tamper: bool) -> None:
        """A clip is deleted, or edited by hand."""
        clips = self.life.clips()
        clip = clips[which % len(clips)]
        if tamper:
            self._at_once(self.life.tamper, clip)
        else:
            self._at_once(self.life.delete_clips, [clip])

    @rule(pass_name=_PASS, manifest=st.booleans())
    def delete_records(self, pass_name: str, manifest: bool) -> None:
        """The journal is deleted, with results.json or without."""
        self._at_once(self.life.delete_records, "film", pass_name, manifest=manifest)

    @rule()
    def delete_outputs(self) -> None:
        """All of it is deleted: the same requests again pay nothing."""
        self._at_once(self.life.delete_outputs)

    @rule()
    def expire_keys(self) -> None:
        """A day later the provider knows its keys no more."""
        self._do(self.life.expire_keys)

    @rule(seconds=st.sampled_from([5, 60, 3600, _DAY_SECONDS]))
    def let_time_pass(self, seconds: float) -> None:
        """Tasks go on meanwhile; after a day the addresses of clips have expired."""
        self._do(anyio.sleep, seconds)

    @rule(days=st.sampled_from([-365, 0, 365]))
    def set_clock(self, days: int) -> None:
        """This machine's clock goes wrong."""
        self.life.world.skew = timedelta(days=days)

    def teardown(self) -> None:
        """It all ends as if nothing had happened."""
        try:
            self._do(converge, self.life)
            Board.figures.add(self.life.figures)
        finally:
            self._held.close()


def search(examples: int) -> Figures:
    """Look for a life that breaks a promise; the same ones every time. Raises what it finds."""
    Board.figures = Figures()
    profile = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
    )
    run_state_machine_as_test(Board, settings=profile)
    Board.figures.histories = examples
    return Board.figures


def test_no_order_of_deeds_breaks_a_promise() -> None:
    """Whatever is edited, run, killed, cancelled, deleted or expired, in whatever order: nothing is
    paid twice or lost after any deed, and a last run ends as a first one would have."""
    figures = search(EXAMPLES)
    assert figures.kills > EXAMPLES / 20
    assert figures.charges > EXAMPLES
