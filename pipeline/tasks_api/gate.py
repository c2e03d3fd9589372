"""Holding requests back for the whole run, as a 429 asks for, and not once a shot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Callable

_APART_SECONDS = 0.02
"""Between two that were held back: the first finds out whether it is time, no burst follows it."""


class Gate:
    """Open until it is held; then it opens again by itself."""

    def __init__(self) -> None:
        self._opens_at = -1.0  # anyio time
        self._reason = ""
        self._one_by_one = anyio.Lock()

    def hold(self, seconds: float, reason: str) -> None:
        """Let nobody through for so long; a hold that lasts longer already stays."""
        self._opens_at = max(self._opens_at, anyio.current_time() + seconds)
        self._reason = reason

    async def passage(self, on_wait: Callable[[str, float], None]) -> None:
        """Wait until the gate is open; `on_wait` is told why and how long."""
        seconds = self._opens_at - anyio.current_time()
        if seconds <= 0:
            return
        on_wait(self._reason, seconds)
        async with self._one_by_one:
            while anyio.current_time() < self._opens_at:
                await anyio.sleep_until(self._opens_at)
            await anyio.sleep(_APART_SECONDS)
