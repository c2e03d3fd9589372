"""What is to be done in which order: a step that waits for others comes once they have ended.

What is paid for already comes home first. Then, as far as lengths are known, the longest task
begins first, with all that waits behind it: begun last it would be waited for alone (a thousand
takes of all models: a run of 1.00 times the least that it can take, and 1.08 in the storyboard's
order). Of equal ones the storyboard's order decides.
"""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

import anyio

from pipeline.rendering.steps import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.rendering.budget import Key
    from pipeline.rendering.work import Work


Turn = tuple[int, float, int]
"""What decides who comes first: the least. A number of its own keeps works from being compared."""

_ORDER = (Action.RESUME, Action.RECOVER, Action.RENDER)


def _any_length(_work: Work) -> float:
    """Nobody knows how long a work takes."""
    return 0.0


class Agenda:
    """The works of a run, in the order to begin them."""

    def __init__(self) -> None:
        self._ready: list[tuple[Turn, Work]] = []
        self._numbers = count()
        self._seconds: Callable[[Work], float] = _any_length
        self._waiting: dict[Key, Work] = {}
        self._followers: dict[Key, list[Key]] = {}
        """Who waits for a render, by its key."""
        self._unfinished: Counter[Key] = Counter()
        """Works by the render that they are about."""
        self._touched: set[Key] = set()
        """Waiting works that may be held up no more."""
        self._changed: anyio.Event | None = None

    def __len__(self) -> int:
        """How many works are yet to begin."""
        return len(self._ready) + len(self._waiting)

    @property
    def ready(self) -> list[Work]:
        """The works that nothing holds up, in their order."""
        return [work for _turn, work in sorted(self._ready)]

    def all(self) -> Iterator[Work]:
        """Every work that is yet to begin."""
        yield from (*self.ready, *self._waiting.values())

    def longest_first(self, seconds: Callable[[Work], float]) -> None:
        """Order renders, also those to come, by how many seconds each is likely to take."""
        self._seconds = seconds
        self._ready = [(self._turn(work, number), work) for (*_, number), work in self._ready]
        heapify(self._ready)

    def _turn(self, work: Work, number: int) -> Turn:
        action = work.step.action
        longest = self._seconds_with_followers(work) if action is Action.RENDER else 0.0
        return _ORDER.index(action), -longest, number

    def _seconds_with_followers(self, work: Work) -> float:
        """A chain goes on only behind its first link."""
        total, seen, left = 0.0, {work.key}, [work]
        while left:
            at = left.pop()
            total += self._seconds(at)
            keys = [key for key in self._followers.get(at.key, ()) if key not in seen]
            seen.update(keys)
            left += [self._waiting[key] for key in keys if key in self._waiting]
        return total

    def add(self, works: Iterable[Work]) -> None:
        """Take works on, and tell whoever waits for one."""
        ready = []
        for work in works:
            if not work.step.after:
                ready.append(work)
                self._unfinished[work.key] += 1
                continue
            self._waiting[work.key] = work
            self._touched.add(work.key)
            for key in _awaited(work):
                self._followers.setdefault(key, []).append(work.key)
        for work in ready:  # now that it is known who follows whom
            self._push(work)
        self._tell()

    def _push(self, work: Work) -> None:
        heappush(self._ready, (self._turn(work, next(self._numbers)), work))

    def end(self, work: Work) -> None:
        """A work has been done, as far as it could be."""
        self._unfinished[work.key] -= 1
        self._touched.update(self._followers.get(work.key, ()))
        self._tell()

    def due(self) -> list[Work]:
        """The waiting works that nothing holds up any more, each given out once."""
        touched = [self._waiting[key] for key in sorted(self._touched & self._waiting.keys())]
        free = [work for work in touched if not self._is_held_up(work)]
        self._touched.clear()
        for work in free:
            del self._waiting[work.key]
            self._touched.update(self._followers.get(work.key, ()))
        return free

    def put_back(self, work: Work) -> None:
        """A work that was given out, and never begun."""
        self._push(work)

    async def next(self) -> Work | None:
        """The next work to begin; None when nothing is left, and nothing can come any more."""
        while not self._ready:
            if not self._waiting:
                return None
            self._changed = anyio.Event()
            await self._changed.wait()
        return heappop(self._ready)[1]

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed.set()

    def _is_held_up(self, work: Work) -> bool:
        """Those that wait for the very same come due together, and none holds up another."""
        awaited = [*_awaited(work)]
        others = [self._waiting[key] for key in awaited if key in self._waiting]
        return any(self._unfinished[key] for key in awaited) or any(
            other.step.after != work.step.after for other in others
        )


def _awaited(work: Work) -> Iterator[Key]:
    storyboard = work.plan.storyboard
    return ((storyboard, name) for name in work.step.after)
