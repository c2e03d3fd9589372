"""How the studio says no: a status, a code and a message, as tasks-api.md lists them."""

from __future__ import annotations

from pipeline.errors import ShotmakeError

_TEXT_MAX = 80


class RefusalError(ShotmakeError):
    """A request that is refused; `status` and `code` as tasks-api.md lists them."""

    def __init__(self, message: str, code: str = "invalid_param", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def quoted(value: object) -> str:
    """What a caller sent, short enough to be sent back."""
    text = repr(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
