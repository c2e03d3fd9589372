"""The protocol's bytes: authored names become wire names here, answers become `Task`s.

Everything is from tasks-api.md. The model page's flat shape is sent; both shapes are
understood, and fields that nobody documented are ignored.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import ProtocolError
from pipeline.tasks_api.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

Phase = Literal["open", "completed", "failed", "cancelled"]

_WIRE_NAMES = {"duration": "duration_seconds", "aspect": "aspect_ratio", "init_image": "image_init"}
_ENDS: dict[str, Phase] = {"completed": "completed", "failed": "failed", "cancelled": "cancelled"}
BLOCKED_CODES = frozenset({"content_policy_violation"})
DUPLICATE_KEY = "duplicate_out_task_id"
WAITING_STATUSES = frozenset({"queued", "pending"})
"""Before a task runs: cancelling it is free."""

_KNOWN = WAITING_STATUSES | {"running", *_ENDS}
"""Nobody's secrets: they come with every poll."""

TASK_ID = re.compile(r"(?!\.+$)[A-Za-z0-9._:~=+-]{1,200}")
"""What an id may look like: it goes into paths of requests and into records."""


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """A task as the gateway last told it. `phase` is our reading of `status`, its own word.

    `recovered`: the answer to its submit was lost, and it was found by its key.
    `video_url` is pre-signed, a secret: it is kept out of `repr` and of every record.
    """

    task_id: str
    phase: Phase
    status: str
    credits: float | None = None
    estimated_credits: float | None = None
    video_url: str | None = None
    error_code: str = ""
    error_message: str = ""
    out_task_id: str | None = None
    recovered: bool = False

    def __repr__(self) -> str:
        return f"Task({self.task_id!r}, {self.status!r})"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The API's error envelope, or what stood in its place."""

    code: str
    message: str


def encode_submit(
    fields: Mapping[str, Any], out_task_id: str, init_image: str | None
) -> dict[str, Any]:
    """The body of a submit, in the model page's flat shape.

    `fields` are a request's authored names; `init_image` is a URL, `data:` URLs included.
    """
    body = {_WIRE_NAMES.get(name, name): value for name, value in fields.items()}
    body.pop("image_init", None)
    if init_image is not None:
        body["image_init"] = init_image
    return {**body, "out_task_id": out_task_id}


def encode_body(body: Mapping[str, Any]) -> bytes:
    """A body as it travels: compact JSON in UTF-8.

    What UTF-8 can't say (half a surrogate pair, out of a YAML escape) stays a JSON escape, and
    JSON knows neither NaN nor infinity: `ValueError`.
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def parse_task(content: bytes, asked: str, key: str = "") -> Task:
    """The task in an answer to submit, query or cancel; `asked` names the request in messages.

    `key` is taken out of every text. Raises `ProtocolError` when the answer is in neither
    documented shape.
    """
    document = _object(content, asked, key)
    task_id, status = document.get("task_id"), document.get("status")
    if not isinstance(task_id, str) or not task_id or not isinstance(status, str):
        raise ProtocolError(
            f"{asked}: the answer has no task_id and status in it (it has: "
            f"{redacted(_names(document), key)})"
        )
    if not TASK_ID.fullmatch(task_id) or (key and key in task_id):
        raise ProtocolError(f"{asked}: {redacted(task_id, key)!r} can't be the id of a task")
    phase = _ENDS.get(status, "open")  # a status that nobody documented is not an end
    return Task(
        task_id=task_id,
        phase=phase,
        status=status if status in _KNOWN else redacted(status, key),
        credits=_first_number(document, "credits", "credits_used"),
        estimated_credits=_first_number(document, "estimated_credits"),
        video_url=_video_url(document) if phase == "completed" else None,
        error_code=redacted(_text(document.get("error_code")), key),
        error_message=redacted(_text(document.get("error_message")), key),
        out_task_id=_text(document.get("out_task_id")) or None,
    )


def parse_error(content: bytes) -> ErrorAnswer:
    """The code and message of an error answer; empty where the body is no envelope."""
    try:
        error = json.loads(content).get("error", {})
        return ErrorAnswer(_text(error.get("code")), _text(error.get("message")))
    except (ValueError, AttributeError, RecursionError):
        return ErrorAnswer("", "")


def _object(content: bytes, asked: str, key: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        begins = redacted(content[:200].decode("utf-8", "replace"), key)[:60]
        printable = repr(begins) if begins.isprintable() else "with bytes that are no text"
        raise ProtocolError(f"{asked}: the answer is not JSON; it begins {printable}") from None
    if not isinstance(document, dict):
        raise ProtocolError(f"{asked}: the answer is JSON, but no object")
    return document


def _names(document: Mapping[str, Any]) -> str:
    return ", ".join(list(document)[:8]) or "nothing"


def _first_number(document: Mapping[str, Any], *names: str) -> float | None:
    """The first of `names` that holds a finite number from 0; anything else is unknown."""
    for name in names:
        value = document.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value) if abs(value) < 1e12 else math.inf
            if math.isfinite(number) and number >= 0:
                return number
    return None


def _video_url(document: Mapping[str, Any]) -> str | None:
    result = document.get("result")
    if isinstance(result, dict) and isinstance(result.get("video_url"), str):
        return str(result["video_url"])
    output = document.get("output")
    for item in output if isinstance(output, list) else ():
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            return str(item["url"])
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
