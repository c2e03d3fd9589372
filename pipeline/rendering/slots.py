"""Places among the tasks in flight: so many at most, and fewer where the account is crowded.

Additive increase, multiplicative decrease: a `concurrency_limit` lowers the limit at once, every
task that ends raises it by a step. Several runs on one account come to share it that way. Begins
are spaced, as polls follow at a fixed cadence from them: many tasks are asked about one after
another and not all in the same moment.
"""

from __future__ import annotations

from collections import deque

import anyio

_DECREASE = 0.75


class Slots:
    """At most `ceiling` places, one begun every `spacing_seconds`."""

    def __init__(self, ceiling: int, spacing_seconds: float = 0.0) -> None:
        self._ceiling = ceiling
        self._limit = float(ceiling)
        self._spacing = spacing_seconds
        self._held = 0
        self._waiting: deque[anyio.Event] = deque()
        self._next_begin = 0.0  # anyio time
        self._decreases = 0

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return int(self._limit + 1e-9)

    @property
    def held(self) -> int:
        """How many are."""
        return self._held

    @property
    def decreases(self) -> int:
        """How often the limit has been lowered."""
        return self._decreases

    async def acquire(self) -> Slot:
        """Wait for a place, behind those who wait already."""
        await self.enter(first=False)
        return Slot(self)

    async def enter(self, *, first: bool) -> None:
        """Wait for a place; `first` is for those who had one."""
        turn = anyio.Event()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        self._admit()
        try:
            await turn.wait()
            begin = max(anyio.current_time(), self._next_begin)
            self._next_begin = begin + self._spacing
            await anyio.sleep_until(begin)
        except BaseException:
            if turn.is_set():
                self.leave()
            else:
                self._waiting.remove(turn)
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._held -= 1
        self._admit()

    def decrease(self) -> None:
        """Somebody was refused: those in flight besides were not too many, but nearly."""
        others = self._held - 1
        self._limit = max(1.0, min(self.limit - 1, int(others * _DECREASE)))
        self._decreases += 1

    def increase(self) -> None:
        """A task that was in flight has ended: one more in so many, up to the ceiling."""
        self._limit = min(float(self._ceiling), self._limit + 1 / self._limit)
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._held < self.limit:
            self._held += 1
            self._waiting.popleft().set()


class Slot:
    """One place, given back once."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._decreases = slots.decreases
        self._held = True

    async def step_back(self, seconds: float) -> None:
        """The account is crowded: wait so long, in one's place if there is one left.

        Those who were on their way together hear of one and the same crowd: it counts once. Nobody
        new begins meanwhile: a place is given up only where there are too many by now.
        """
        if self._decreases == self._slots.decreases:
            self._slots.decrease()
        crowded_out = self._slots.held > self._slots.limit
        if crowded_out:
            self.release()
        await anyio.sleep(seconds)
        if crowded_out:
            await self._slots.enter(first=True)
            self._held = True
        self._decreases = self._slots.decreases

    def task_ended(self) -> None:
        """The task that held the place is no longer in flight."""
        self._slots.increase()

    def release(self) -> None:
        """Give the place back; a second time does nothing."""
        if self._held:
            self._held = False
            self._slots.leave()
