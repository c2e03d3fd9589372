"""One request and what came of it, for `--verbose`: never a key, a query string or a body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """`target` is a path at the gateway, or the clip host's name and path; `outcome` the HTTP
    status, or why there was none; `attempt` counts the tries of one request from 1.
    """

    method: str
    target: str
    outcome: str
    seconds: float
    attempt: int = 1


Log = Callable[[Exchange], None]


def unlogged(_exchange: Exchange) -> None:
    """Nobody wants to know."""
