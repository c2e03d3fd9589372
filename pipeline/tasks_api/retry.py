"""Which answers are worth another try, and how long to wait first. Pure; tasks-api.md, "Errors"."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULT_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Waits after a 5xx or a lost connection; after the last one the request is given up.

The table says "1, 2, 4, 8 s; give up after 4 attempts": four attempts at mending it, one behind
each wait. A request is sent five times at most.
"""

RATE_LIMIT_WAIT_MAX_SECONDS = 300.0
CONCURRENCY_LIMIT = "concurrency_limit"
CONCURRENCY_WAIT_SECONDS = (1.0, 3.0)


def fault_wait(failures: int) -> float | None:
    """Seconds to wait after the `failures`-th fault in a row; None: give up."""
    return FAULT_WAITS_SECONDS[failures - 1] if failures <= len(FAULT_WAITS_SECONDS) else None


def throttle_wait(code: str, headers: Mapping[str, str], unix_now: float, jitter: float) -> float:
    """Seconds to wait after a 429; `jitter` is in [0, 1).

    A spend bucket names its reset as Unix time in `X-RateLimit-Reset`; what is absent,
    past or no sensible time is treated like too many in flight.
    """
    shortest, longest = CONCURRENCY_WAIT_SECONDS
    short = shortest + (longest - shortest) * jitter
    if code == CONCURRENCY_LIMIT:
        return short
    try:
        until_reset = float(headers.get("x-ratelimit-reset", "")) - unix_now
    except ValueError:
        return short
    if not math.isfinite(until_reset) or until_reset <= 0:
        return short
    return min(until_reset, RATE_LIMIT_WAIT_MAX_SECONDS)
