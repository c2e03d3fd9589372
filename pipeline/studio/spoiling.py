"""Right answers made wrong: pure functions from an answer to what a bad day makes of it."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.studio.faults import (
    Backwards,
    ContentType,
    ExpiredUrl,
    Gzip,
    Malformed,
    OtherTask,
    Stuck,
    UnknownStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.studio.faults import Fault

Document = dict[str, Any]
Header = tuple[bytes, bytes]

_EARLIER: Final = {
    "running": "queued",
    "completed": "running",
    "failed": "running",
    "cancelled": "running",
}
_OF_AN_END: Final = frozenset(
    {"completed_at", "credits", "credits_used", "error_code", "error_message", "output", "result"}
)
_EXPIRES: Final = re.compile(r"(?<=[?&]expires=)[0-9]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    def with_body(self, body: bytes, *more: Header) -> Answer:
        """The same with another body; its length and `more` take the place of old headers."""
        new = ((b"content-length", b"%d" % len(body)), *more)
        names = {name for name, _value in new}
        kept = tuple(header for header in self.headers if header[0] not in names)
        return Answer(self.status, (*kept, *new), body)

    @property
    def document(self) -> Document | None:
        """The JSON object that it holds, if it holds one."""
        return json_object(self.body)


def json_object(content: bytes) -> Document | None:
    """The JSON object that the bytes are; nothing where they are anything else."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def spoiled(answer: Answer, fault: Fault, *, earlier: bool = False) -> Answer:
    """The answer as the fault leaves it; unchanged where the fault isn't one of an answer.

    `earlier`: this is one of the answers that `Backwards` shows a step too early.
    """
    match fault:
        case Malformed(how):
            cut = answer.body[: len(answer.body) // 2]
            broken = cut if how == "cut" else answer.body[::-1]
            return Answer(200, answer.with_body(broken).headers, broken)
        case ContentType(text):
            return answer.with_body(answer.body, (b"content-type", text.encode("latin-1")))
        case Gzip():
            packed = gzip.compress(answer.body, mtime=0)
            return answer.with_body(packed, (b"content-encoding", b"gzip"))
    edit = _edit(fault, earlier=earlier)
    document = answer.document
    if edit is None or document is None or "status" not in document:
        return answer
    body = json.dumps(edit(document), separators=(",", ":")).encode("ascii")
    return answer.with_body(body)


def _edit(fault: Fault, *, earlier: bool) -> Callable[[Document], Document] | None:
    """What a fault does to a document about a task."""
    match fault:
        case Stuck():
            return lambda task: _unfinished(task, "running")
        case UnknownStatus(text):
            return lambda task: _unfinished(task, text)
        case Backwards() if earlier:
            return _stepped_back
        case OtherTask(task_id):
            return lambda task: {**task, "task_id": task_id}
        case ExpiredUrl():
            return _expired
    return None


def _stepped_back(task: Document) -> Document:
    status = str(task["status"])
    return _unfinished(task, _EARLIER[status]) if status in _EARLIER else task


def _unfinished(task: Document, status: str) -> Document:
    left = {name: value for name, value in task.items() if name not in _OF_AN_END}
    return {**left, "status": status}


def _expired(task: Document) -> Document:
    """The clip's address with a time long past: its signature is then for another time."""
    result, output = task.get("result"), task.get("output")
    if isinstance(result, dict) and "video_url" in result:
        task = {**task, "result": {**result, "video_url": _past(result["video_url"])}}
    if isinstance(output, list):
        task = {**task, "output": [{**item, "url": _past(item["url"])} for item in output]}
    return task


def _past(url: str) -> str:
    return _EXPIRES.sub("0", url)
