"""What a campaign of lives has gone through."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Figures:
    """What was gone through. `shot_hours`: for every run, the virtual hours that it was going
    times the takes that it was asked for.
    """

    shot_hours: float = 0.0
    histories: int = 0
    runs: int = 0
    kills: int = 0
    disk_faults: int = 0
    interrupts: int = 0
    faults: int = 0
    requests: int = 0
    tasks: int = 0
    charges: int = 0
    cpu_seconds: float = 0.0

    def add(self, other: Figures) -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
