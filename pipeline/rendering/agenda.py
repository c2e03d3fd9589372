"""What is to be done in which order: a step that waits for others comes once they have ended."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.rendering.budget import Key
    from pipeline.rendering.work import Work


class Agenda:
    """The works of a run, in the order to begin them."""

    def __init__(self) -> None:
        self.ready: deque[Work] = deque()
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
        return len(self.ready) + len(self._waiting)

    def all(self) -> Iterator[Work]:
        """Every work that is yet to begin."""
        yield from (*self.ready, *self._waiting.values())

    def add(self, works: Iterable[Work]) -> None:
        """Take works on, and tell whoever waits for one."""
        for work in works:
            if not work.step.after:
                self.ready.append(work)
                self._unfinished[work.key] += 1
                continue
            self._waiting[work.key] = work
            self._touched.add(work.key)
            for key in _awaited(work):
                self._followers.setdefault(key, []).append(work.key)
        self._tell()

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
        self.ready.appendleft(work)

    async def next(self) -> Work | None:
        """The next work to begin; None when nothing is left, and nothing can come any more."""
        while not self.ready:
            if not self._waiting:
                return None
            self._changed = anyio.Event()
            await self._changed.wait()
        return self.ready.popleft()

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
