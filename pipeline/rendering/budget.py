"""`--max-credits`: what a run has spent and may yet have to pay, held against its cap. Pure.

Every task in flight counts with the most that it may cost until its bill is known, so the cap
holds whatever ends first. What nobody knows is never taken for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.errors import BalanceError

Key = tuple[str, str]
"""Storyboard and render."""

OVER_CAP = "max_credits"
_ROUNDING = 1e-9


@dataclass(slots=True)
class Budget:
    """Credits; `cap` None: no limit, the sums are kept all the same."""

    cap: float | None = None
    spent: float = 0.0
    """Billed in this run; for a task that ended and didn't say, the most it may have cost."""
    _reserved: dict[Key, float | None] = field(default_factory=dict)

    @property
    def reserved(self) -> float:
        """The most that the tasks in flight may yet cost, as far as it is known."""
        return sum(amount or 0.0 for amount in self._reserved.values())

    def reserve(self, key: Key, worst: float | None) -> None:
        """Set the worst case aside before a submit. Raises `BalanceError` if the cap forbids it."""
        self._reserved.pop(key, None)
        if self.cap is not None:
            self._require_room(self.cap, key[1], worst)
        self._reserved[key] = worst

    def commit(self, key: Key, worst: float | None) -> None:
        """Count what was bought by an earlier run and will be billed in this one."""
        self._reserved[key] = worst

    def forget(self, key: Key) -> None:
        """Its task is counted under another name from now on."""
        self._reserved.pop(key, None)

    def correct(self, key: Key, estimated: float) -> bool:
        """Reserve the provider's own estimate where it is over ours; whether the cap still holds.

        A lower one frees nothing: it is no promise, and the bill comes soon enough.
        """
        self._reserved[key] = max(self._reserved.get(key) or 0.0, estimated)
        return self.cap is None or self.spent + self.reserved <= self.cap + _ROUNDING

    def settle(self, key: Key, credits: float | None) -> None:
        """A task's bill; None where it didn't say: then its worst case counts as spent."""
        worst = self._reserved.pop(key, None)
        self.spent = round(self.spent + ((worst or 0.0) if credits is None else credits), 6)

    def _require_room(self, cap: float, render: str, worst: float | None) -> None:
        if worst is None or None in self._reserved.values():
            raise BalanceError(
                f"nobody knows what {render} may cost, and --max-credits {cap:g} allows no doubt",
                code=OVER_CAP,
            )
        committed = self.spent + self.reserved
        if not committed + worst <= cap + _ROUNDING:
            raise BalanceError(
                f"{render} may cost {worst:g} credits, and of this run's --max-credits {cap:g} "
                f"only {max(cap - committed, 0):g} were left: {self.spent:g} spent, "
                f"{self.reserved:g} reserved for what was in flight",
                code=OVER_CAP,
            )
