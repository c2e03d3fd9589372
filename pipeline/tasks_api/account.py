"""What the accounting headers say of the account. Pure; tasks-api.md, "Errors"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_REMAINING = frozenset({b"x-quota-remaining-credits", b"x-org-quota-remaining-credits"})


@dataclass(slots=True)
class Account:
    """`remaining_credits`: the smaller of what the key and its organisation have left; None:
    nobody has said.
    """

    remaining_credits: float | None = None

    def hear(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take note of an answer's headers; what is no amount is passed over."""
        known = [
            amount
            for name, value in headers
            if name.lower() in _REMAINING and (amount := _amount(value)) is not None
        ]
        if known:
            self.remaining_credits = min(known)


def _amount(text: bytes) -> float | None:
    try:
        amount = float(text)
    except ValueError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None
