"""What a request says about itself, read before the app sees it and given to the app once more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from pipeline.studio.spoiling import json_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Receive, Scope

    from pipeline.studio.faults import Endpoint

_BODY_BYTES_MAX: Final = 1024 * 1024
"""What the contract allows (tasks-api.md, 413); a longer body isn't looked into."""

_DIGITS: Final = 9

_PATHS: Final[dict[str, Endpoint]] = {
    "/v1/tasks/submit": "submit",
    "/v1/tasks/query": "query",
    "/v1/tasks/cancel": "cancel",
    "/v1/models": "models",
}
_CANCEL: Final = re.compile(r"/v1/tasks/cancel/([^/]+)")
_CLIP: Final = re.compile(r"/studio/clips/([^/]+)\.mp4")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to an endpoint, and the task that it names by either id (empty: it names none).

    The app must `receive` from here, as the body has been read already.
    """

    endpoint: Endpoint
    task_id: str
    out_task_id: str
    receive: Receive


async def read(scope: Scope, receive: Receive) -> Asked | None:
    """What is asked; None for a path that no fault is about, of which nothing was read."""
    if scope["type"] != "http":
        return None
    path = str(scope["path"])
    if (clip := _CLIP.fullmatch(path)) is not None:
        return Asked("clip", clip[1], "", receive)
    if (cancel := _CANCEL.fullmatch(path)) is not None:
        return Asked("cancel", cancel[1], "", receive)
    endpoint = _PATHS.get(path)
    if endpoint is None:
        return None
    if scope["method"] != "POST":
        return Asked(endpoint, *_ids(_query(scope)), receive)
    heard, body = await _body(scope, receive)
    return Asked(endpoint, *_ids(json_object(body) or {}), _again(heard, receive))


def _ids(named: Mapping[str, object]) -> tuple[str, str]:
    task_id, out_task_id = named.get("task_id"), named.get("out_task_id")
    return (
        task_id if isinstance(task_id, str) else "",
        out_task_id if isinstance(out_task_id, str) else "",
    )


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


async def _body(scope: Scope, receive: Receive) -> tuple[list[Message], bytes]:
    """The body, and the messages it came in; of one that is too long only the beginning."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    heard: list[Message] = []
    body = bytearray()
    if not (announced.isdigit() and len(announced) <= _DIGITS) or int(announced) > _BODY_BYTES_MAX:
        return heard, b""  # the app refuses it unread
    more = True
    while more and len(body) <= _BODY_BYTES_MAX:
        message = await receive()
        heard.append(message)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return heard, bytes(body)


def _again(heard: list[Message], receive: Receive) -> Receive:
    left = iter(heard)

    async def receive_again() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receive_again
