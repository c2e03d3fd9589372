"""What a request may cost: by what this board has been billed before, else by the example rates.

Always an estimate. The live rate is the provider's, who names it with the answer to a submit.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline.rendering.records import State, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipeline.rendering.records import Record

Source = Literal["free", "past", "example", "unknown"]


@dataclass(frozen=True, slots=True)
class Price:
    """Credits for one clip: `expected` is shown, `worst` is reserved; None where nobody knows.

    `source`: this board's `past` results, the model's published `example`, or `free`.
    """

    expected: float | None
    worst: float | None
    source: Source


FREE = Price(0.0, 0.0, "free")
UNKNOWN = Price(None, None, "unknown")


def free(_fields: Mapping[str, Any]) -> Price:
    """On this machine nothing costs anything."""
    return FREE


class Prices:
    """Prices at one provider. `records` are read at the first question, as many plans ask none."""

    def __init__(
        self,
        provider: str,
        example: Callable[[str, int], float | None],
        records: Callable[[], Iterable[Record]],
    ) -> None:
        """`example` gives a model's published rate for a clip of so many seconds."""
        self._provider = provider
        self._example = example
        self._records = records
        self._bills: dict[tuple[str, str | None], list[tuple[int, float]]] | None = None
        self._known: dict[tuple[str, str | None, int], Price] = {}

    def __call__(self, fields: Mapping[str, Any]) -> Price:
        """The price of a request, given in authored names."""
        key = fields["model"], fields.get("resolution"), fields["duration"]
        if key not in self._known:  # thousands of takes may be alike, each with all their bills
            self._known[key] = self._price(*key)
        return self._known[key]

    def _price(self, model: str, resolution: str | None, seconds: int) -> Price:
        example = self._example(model, seconds)
        bills = self._learned().get((model, resolution), [])
        if not bills:
            return UNKNOWN if example is None else Price(example, example, "example")
        alike = [bill for bill in bills if bill[0] == seconds] or bills
        past = [round(credits / length * seconds, 6) for length, credits in alike]
        return Price(past[-1], max(past if example is None else [*past, example]), "past")

    def _learned(self) -> dict[tuple[str, str | None], list[tuple[int, float]]]:
        """Seconds and credits of every clip that was billed here, the latest last."""
        if self._bills is None:
            self._bills = {}
            billed = [r for r in self._records() if self._was_billed(r)]
            for record in sorted(billed, key=lambda record: record.completed_at or ""):
                asked = record.request
                known = self._bills.setdefault((asked["model"], asked.get("resolution")), [])
                known.append((asked["duration"], record.credits or 0.0))
        return self._bills

    def _was_billed(self, record: Record) -> bool:
        return (
            record.provider == self._provider
            and record.credits is not None
            and state_of(record) in {State.COMPLETED, State.DELIVERABLE}
        )
