"""How long a request is waited for, who is told meanwhile, and who may call it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def nobody_waits(_reason: str, _seconds: float) -> None:
    """Nobody is told."""


def _nobody_doubts(_doubt: bool) -> None:
    """Nobody wants to know."""


def _never() -> str:
    """Nothing calls it off."""
    return ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a request is waited for.

    `seconds` bounds the waiting at 429s; `on_wait` is told why a wait begins and how long it is;
    `step_back` waits out a crowded account and comes back when there is a place again.
    `called_off` says before every POST why it must not be sent any more, if so. `on_doubt` is told
    of a submit whether it may have been bought by now.
    """

    seconds: float = 900.0
    on_wait: Callable[[str, float], None] = nobody_waits
    step_back: Callable[[float], Awaitable[None]] = anyio.sleep
    called_off: Callable[[], str] = _never
    on_doubt: Callable[[bool], None] = _nobody_doubts
