"""The wall clock, read here and nowhere else in the commands."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """A time as records have it: RFC 3339, in milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
