"""Exit codes, and which error means which."""

from __future__ import annotations

from enum import IntEnum

from pipeline.errors import (
    BalanceError,
    CredentialsError,
    FolderBusyError,
    RecordsError,
    ShotmakeError,
)


class Exit(IntEnum):
    """What the exit status says; the README has the table."""

    COMPLETE = 0
    INCOMPLETE = 1
    WRONG = 2
    MONEY = 3
    CREDENTIALS = 4
    BUSY = 5
    DAMAGED = 6
    INTERRUPTED = 130


_BY_ERROR: tuple[tuple[type[ShotmakeError], Exit], ...] = (
    (CredentialsError, Exit.CREDENTIALS),
    (BalanceError, Exit.MONEY),
    (FolderBusyError, Exit.BUSY),
    (RecordsError, Exit.DAMAGED),
)


def exit_for(error: ShotmakeError) -> Exit:
    """The exit code of an error that ended a command."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.WRONG)
