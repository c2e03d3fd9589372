"""What a safeguard is, for the list of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Safeguard:
    """`old` stands exactly once in `path` (under `pipeline/`); with `new` in its place the
    safeguard is gone, and one of `tests` (what pytest takes as arguments) must fail.
    """

    name: str
    says: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
