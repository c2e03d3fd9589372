"""A board's life as a state machine: Hypothesis looks for the order of deeds that breaks a promise.

Every rule is a deed of `Life`, which asks the oracle after it; how a life ends is asked at its end.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import pytest
import trio.testing
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline.rendering.book import read
from pipeline.rendering.work import Terms
from tests.proof.ending import converge
from tests.proof.figures import Figures
from tests.proof.footage import telling
from tests.proof.life import PASSES, Life, Shot
from tests.support.boundaries import Kill
from tests.support.memory import workshop
from tests.support.world import PROVIDER, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline.studio.engine import Job

EXAMPLES = 40
STEPS = 15
_ROUND = 8
"""Lives with a seed of their own: after the tenth Hypothesis goes over to variations of one, in
which the same deed is done over and over.
"""
DEEDS = (
    *("edits", "switches", "kills", "interrupts", "second_processes", "cancels"),
    *("deleted_clips", "edited_clips", "deleted_records", "deleted_outputs"),
    *("expired_keys", "expired_urls"),
)
_CROSSINGS = st.integers(1, 40)
"""No run that buys something has fewer boundaries; its first intents lie among the first twenty."""
_DEATHS = st.lists(st.tuples(_CROSSINGS, st.booleans()), min_size=1, max_size=4)
_SHOTS = st.sampled_from(["a", "b", "c", "d"])
_WORDS = st.sampled_from(["a bowl", "a cup", "a tall plate", "a pot that FAILS", "a BLOCKED pie"])
_WEATHER = st.sampled_from(["lost", "reset", "{http: 503}", "malformed", "{slow_headers: 45}"])
_ONCE = ("{on: clip, times: 1, do: expired_url}",)
_EXPIRED = st.sampled_from([(), _ONCE, ("{on: clip, do: expired_url}",)])
_LOST = st.sampled_from(["records", "clip edited", "clip", "journal", "outputs"])
"""The first is what Hypothesis tries most of all."""
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
        root = self._held.enter_context(workshop())
        self._clock = trio.testing.MockClock()
        self._portal = self._held.enter_context(
            anyio.from_thread.start_blocking_portal("trio", {"clock": self._clock})
        )
        world = World(root, latency_seconds=_latency, engine=telling)
        self._held.enter_context(self._portal.wrap_async_context_manager(world))
        self.life = Life(world, {"film": {}})
        self._wishes = 0
        self._idle = False

    def _do(self, deed: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> None:
        """A deed on the virtual clock."""
        self._idle = False

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

    @rule(pass_name=_PASS, expired=_EXPIRED)
    def run(self, pass_name: str, expired: tuple[str, ...]) -> None:
        """A run to its end; addresses of clips may have expired."""
        self._at_once(self.life.faults, *expired)
        self._do(self.life.run, pass_name)
        self._at_once(self.life.faults)

    @rule(shot=_SHOTS, force=st.booleans(), retry_blocked=st.booleans())
    def run_some(self, shot: str, force: bool, retry_blocked: bool) -> None:
        """A run of one shot, that may insist."""
        self._do(self.life.run, shots=(shot,), force=force, retry_blocked=retry_blocked)

    @rule(pass_name=_PASS, seconds=st.sampled_from([0, 5, 20]))
    def run_out_of_time(self, pass_name: str, seconds: float) -> None:
        """A run that leaves tasks open."""
        self._do(self.life.run, pass_name, terms=Terms(timeout_seconds=seconds))

    def _wish(self, shot: str, words: str) -> None:
        """A shot gets a prompt that none ever had, so that the next run has something to buy."""
        self._wishes += 1
        self.shots[shot] = Shot(f"{words} no {self._wishes}")

    @rule(shot=_SHOTS, words=_WORDS, pass_name=_PASS, deaths=_DEATHS)
    def run_killed(
        self, shot: str, words: str, pass_name: str, deaths: list[tuple[int, bool]]
    ) -> None:
        """A run that dies at a boundary of the disk or the network, and then its reruns."""
        self._wish(shot, words)
        for at, half in deaths:
            self._do(self.life.run, pass_name, hazard=Kill(at, half))

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

    @rule(shot=_SHOTS, words=_WORDS, expired=_EXPIRED)
    def run_with_expired_addresses(self, shot: str, words: str, expired: tuple[str, ...]) -> None:
        """A run whose clips are no longer where they were said to be."""
        self._wish(shot, words)
        self.run("draft", expired or _ONCE)

    @rule(shot=_SHOTS, words=_WORDS, pass_name=_PASS)
    def second_process(self, shot: str, words: str, pass_name: str) -> None:
        """Two runs at once."""
        self._wish(shot, words)
        self._do(self.life.second, pass_name)

    @rule(shot=_SHOTS, words=_WORDS, pass_name=_PASS, keys=st.booleans())
    def end_what_is_open(self, shot: str, words: str, pass_name: str, keys: bool) -> None:
        """Tasks are left open: and cancelled, or their keys expire, as they do in a day or so."""
        self._leave_open(shot, words, pass_name)
        if keys:
            self._do(self.life.expire_keys)
        else:
            self._do(self.life.cancel, "film", pass_name)

    def _leave_open(self, shot: str, words: str, pass_name: str) -> None:
        self._wish(shot, words)
        self._do(self.life.run, pass_name, terms=Terms(timeout_seconds=0))

    @rule(what=_LOST)
    def lose(self, what: str) -> None:
        """Something is deleted, or edited by hand; where there is nothing a run comes first."""
        if not (self.life.clips() and self._recorded()):
            self._do(self.life.run)
        clips = self.life.clips()
        match what:
            case "outputs":
                self._at_once(self.life.delete_outputs)
            case "clip edited" if clips:
                self._at_once(self.life.tamper, clips[-1])
            case "clip" if clips:
                self._at_once(self.life.delete_clips, clips[::2])
            case "records" | "journal":
                for pass_name in self._recorded()[:1]:
                    journal = self.life.world.folder("film", pass_name).journal_path
                    both = what == "records" or not journal.exists()
                    self._at_once(self.life.delete_records, "film", pass_name, manifest=both)

    def _recorded(self) -> list[str]:
        """Passes that have records."""
        folders = {name: self.life.world.folder("film", name) for name in PASSES}
        return [name for name, folder in folders.items() if read(folder, PROVIDER).records]

    @precondition(lambda self: not self._idle)
    @rule(
        seconds=st.sampled_from([5, 60, 3600, _DAY_SECONDS]), days=st.sampled_from([-365, 0, 365])
    )
    def let_time_pass(self, seconds: float, days: int) -> None:
        """Tasks go on meanwhile; this machine's clock goes wrong, or right again."""
        self.life.world.skew = timedelta(days=days)
        self._do(anyio.sleep, seconds)
        self._idle = True

    def teardown(self) -> None:
        """It all ends as if nothing had happened."""
        try:
            lived = replace(self.life.figures)
            self._do(converge, self.life)
            of_the_end = {"runs": lived.runs, "edits": lived.edits, "switches": lived.switches}
            Board.figures.add(replace(self.life.figures, **of_the_end))
        finally:
            self._held.close()


def search(examples: int) -> Figures:
    """Look for a life that breaks a promise; the same ones every time. Raises what it finds."""
    Board.figures = Figures(histories=examples)
    for number in range(-(-examples // _ROUND)):
        profile = settings(
            max_examples=min(_ROUND, examples - number * _ROUND),
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.normal,
        )
        run_state_machine_as_test(seed(number)(Board), settings=profile)
    return Board.figures


# Whoever is killed in the midst of a download leaves it unclosed.
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
def test_no_order_of_deeds_breaks_a_promise() -> None:
    """Boards are edited, run in two passes, killed, cancelled, run by two processes at once; their
    clips, records and outputs are deleted; keys expire with tasks pending, and so do clips'
    addresses: in whatever order, nothing is paid twice or lost after any deed, and a last run ends
    as a first one would have. Each deed has had an effect in several lives at least."""
    figures = search(EXAMPLES)
    assert min(figures.runs, figures.charges, figures.edits) > EXAMPLES
    assert figures.kills > EXAMPLES / 2
    few = {deed: n for deed in DEEDS if (n := getattr(figures, deed)) < EXAMPLES / 10}
    assert not few, f"hardly ever done: {few}"
