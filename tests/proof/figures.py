"""What a campaign of lives has gone through."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Figures:
    """What was gone through. `shot_hours`: for every run, the virtual hours that it was going
    times the takes that it was asked for. From `edits` on: deeds, counted where they had an effect.
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
    edits: int = 0
    """Runs of a board that was changed since the last one."""
    switches: int = 0
    """Runs of another pass than the last one's."""
    second_processes: int = 0
    """Turned away while another was going."""
    cancels: int = 0
    """Of open tasks, one of which at least was ended by it."""
    deleted_clips: int = 0
    edited_clips: int = 0
    deleted_records: int = 0
    """Of a pass that had some."""
    deleted_outputs: int = 0
    """In which there was a clip or a record."""
    expired_keys: int = 0
    """With a task pending on record."""
    expired_urls: int = 0
    """Downloads that met one."""

    def add(self, other: Figures) -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
