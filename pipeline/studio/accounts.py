"""The studio's books: what each account has in flight, reserved and spent, and for what.

An account is an API key's SHA-256; the key itself is kept nowhere. Sums are kept in
ten-thousandths of a credit, the finest that a price has, so that they are exact.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.studio.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES_MAX = 100_000
"""So many lines the ledger shows; older ones go on counting in their account's total."""

_FINEST = 10_000
_SHOWN_CHARACTERS = 12


@dataclass(slots=True)
class _Account:
    in_flight: int = 0
    reserved: int = 0
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the ledger: who paid what, for which task. `at` is Unix time."""

    account: str
    task_id: str
    out_task_id: str | None
    credits: float
    at: float
    reason: Literal["completed", "cancelled"] = "completed"


class Accounts:
    """Reserves at submit, charges at a task's end.

    `wallet_credits` is what each account begins with (None: it pays what it likes),
    `concurrency` how many tasks each may have in flight (None: any number).
    """

    def __init__(self, wallet_credits: float | None, concurrency: int | None) -> None:
        self._wallet = None if wallet_credits is None else _exact(wallet_credits)
        self._concurrency = concurrency
        self._accounts: dict[str, _Account] = {}

    def admit(self, name: str, credits: float) -> None:
        """Count a task in and reserve its price.

        Raises `RefusalError`: 429 at the cap, 402 when the wallet can't cover the price.
        """
        account = self._accounts.get(name) or _Account()
        if self._concurrency is not None and account.in_flight >= self._concurrency:
            said = f"{account.in_flight} tasks are in flight on this account, and no more may be"
            raise RefusalError(said, "concurrency_limit", 429)
        left = self._left(account)
        if left is not None and _exact(credits) > left:
            said = f"the wallet has {left / _FINEST:g} credits left, the task may cost {credits:g}"
            raise RefusalError(said, "insufficient_balance", 402)
        account.in_flight += 1
        account.reserved += _exact(credits)
        self._accounts[name] = account

    def settle(self, name: str, reserved: float, charged: float) -> None:
        """Count a task out: its reservation goes, what it really cost is spent."""
        account = self._accounts[name]
        account.in_flight -= 1
        account.reserved -= _exact(reserved)
        account.spent += _exact(charged)
        if not (account.in_flight or account.spent):  # as if it had never been here
            del self._accounts[name]

    def spent_credits(self, name: str) -> float:
        """All that an account was ever charged."""
        account = self._accounts.get(name)
        return account.spent / _FINEST if account else 0.0

    def remaining_credits(self, name: str) -> float | None:
        """What is neither spent nor reserved; None without a wallet."""
        left = self._left(self._accounts.get(name) or _Account())
        return None if left is None else left / _FINEST

    def _left(self, account: _Account) -> int | None:
        return None if self._wallet is None else self._wallet - account.reserved - account.spent


class Ledger:
    """Who was charged what for which task, oldest first; iterate over it."""

    def __init__(self) -> None:
        self._lines: deque[Charge] = deque(maxlen=LINES_MAX)

    def add(self, charge: Charge) -> None:
        """Write a line. Lines are never changed."""
        self._lines.append(charge)

    def of(self, account: str) -> list[Charge]:
        """An account's lines."""
        return [line for line in self._lines if line.account == account]

    def __iter__(self) -> Iterator[Charge]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def shown_account(account: str) -> str:
    """An account as the ledger shows it: the beginning of its key's SHA-256."""
    return account[:_SHOWN_CHARACTERS]


def _exact(credits: float) -> int:
    return round(credits * _FINEST)
