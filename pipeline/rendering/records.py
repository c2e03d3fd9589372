"""What is recorded of a take, and the state that a record stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT = "kept/"
"""Names of records that no take asks for any more begin with this, as do their clips' paths."""


class Status(StrEnum):
    """What `results.json` says of a take."""

    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    PENDING = "pending"


class State(StrEnum):
    """Where a take stands; `Status.PENDING` covers the three that are under way."""

    NONE = "none"
    INTENDED = "intended"
    OPEN = "open"
    DELIVERABLE = "deliverable"
    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Clip:
    """A verified clip: `path` relative to the pass's folder, sizes in pixels and bytes."""

    path: str
    sha256: str
    bytes: int
    duration_seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt brought no clip; `code` is the API's, or our own word for it."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt before the last one. Times are UTC, RFC 3339."""

    status: Status
    digest: str
    out_task_id: str
    attempt: int
    task_id: str | None = None
    submitted_at: str | None = None
    completed_at: str | None = None
    credits: float | None = None
    error: Failure | None = None


HISTORY_MAX = 20
"""So many earlier attempts are remembered; a take that fails night after night has no end."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the last attempt at one take. Times are UTC, RFC 3339.

    `key_id` tells the API key that it was bought with from others: nobody else's shows its task.
    `accepted` is the digest of another request that its clip is good for, too: somebody said so.
    `history` are the attempts that it took the place of, the latest last.
    """

    status: Status
    digest: str
    request: Mapping[str, Any]
    out_task_id: str
    attempt: int
    provider: str
    task_id: str | None = None
    submitted_at: str | None = None
    completed_at: str | None = None
    credits: float | None = None
    clip: Clip | None = None
    error: Failure | None = None
    key_id: str | None = None
    accepted: str | None = None
    history: tuple[Attempt, ...] = ()

    def is_for(self, digest: str) -> bool:
        """Whether it is what a request with this digest asks for."""
        return digest in {self.digest, self.accepted}


LOST = "task_lost"
"""The failure's code when the provider knows a task no more."""


def is_lost(record: Record) -> bool:
    """Whether a task was bought that the provider says it doesn't know: to whom, it doesn't say."""
    lost = record.error is not None and record.error.code == LOST
    return lost and record.task_id is not None


Records = dict[str, Record]
"""By take key, and by `kept/<digest12>` for what is kept."""


WITHOUT_A_CLIP = frozenset({State.FAILED, State.BLOCKED, State.CANCELLED})
"""Ends that brought nothing to keep."""


def state_of(record: Record | None) -> State:
    """The state that a record stands for."""
    if record is None:
        return State.NONE
    if record.status is not Status.PENDING:
        return State(record.status.value)
    if record.task_id is None:
        return State.INTENDED
    return State.OPEN if record.completed_at is None else State.DELIVERABLE
