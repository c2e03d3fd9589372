"""Faults applied: ASGI middleware that stands before the studio and spoils what a rule names.

The studio behind it stays honest: it acts or it doesn't, and its ledger tells which.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import anyio
import anyio.lowlevel

from pipeline.errors import ShotmakeError
from pipeline.studio import asking
from pipeline.studio.faults import (
    CODES,
    FAIL_WITH,
    Backwards,
    Blocked,
    ExpiredUrl,
    Failed,
    Faults,
    Html,
    Http,
    Lost,
    Redirect,
    Reset,
    SlowBody,
    SlowHeaders,
    Truncated,
)
from pipeline.studio.spoiling import Answer, spoiled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pipeline.studio.asking import Asked
    from pipeline.studio.faults import Endpoint, Fault, Rule

ABORT: Final = "studio.abort"
"""The server's extension in `scope["extensions"]`: a callable that resets the connection."""

TASKS_REMEMBERED: Final = 20_000
_PIECES_MIN: Final = 20
_FLUSH_SECONDS: Final = 0.05
_PAGE: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Gateway</title></head>"
    b"<body><h1>This page comes from a proxy.</h1></body></html>\n"
)

_Value = TypeVar("_Value")


class ConnectionDroppedError(ShotmakeError):
    """In process, where there is no connection: it would have been dropped here.

    `received` is what the client would have got till then: an answer whose headers announce
    more than its body holds, or nothing.
    """

    def __init__(self, received: Answer | None = None) -> None:
        super().__init__("the connection was dropped on purpose")
        self.received = received


class Sabotage:
    """An ASGI app that is another one on a bad day.

    `unix_time` is for rate-limit resets; `told` hears of every fault that happens.
    """

    def __init__(
        self,
        app: ASGIApp,
        rules: Sequence[Rule],
        unix_time: Callable[[], float],
        *,
        seed: int = 0,
        told: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._app = app
        self._unix_time = unix_time
        self._told_of = told
        self._shots = _Memory[str]()
        self._told = _Memory[int]()
        self.faults = Faults(rules, seed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: untouched, spoiled, or refused."""
        asked = await asking.read(scope, receive)
        if asked is None:
            await self._app(scope, receive, send)
            return
        shot = self._shot(asked)
        fault = self.faults.choose(asked.endpoint, shot)
        if fault is not None:
            self._told_of(f"fault: {type(fault).__name__} at {asked.endpoint} of {shot or '?'}")
        if isinstance(fault, Reset):
            await _drop(scope)
        elif (instead := self._instead(fault, asked.endpoint)) is not None:
            await _deliver(send, instead)
        elif fault is None and asked.endpoint in {"models", "clip"}:
            await self._app(scope, asked.receive, send)
        else:
            answer = await self._acted(scope, asked, fault)
            await self._give(scope, send, answer, fault)

    def _shot(self, asked: Asked) -> str | None:
        """The words before the key's first dot: shotmake's own keys begin with the shot."""
        if asked.out_task_id:
            return asked.out_task_id.partition(".")[0]
        return self._shots.get(asked.task_id)

    def _instead(self, fault: Fault | None, endpoint: Endpoint) -> Answer | None:
        """The answer of a fault that keeps the server from acting."""
        match fault:
            case Http():
                return _refusal(fault, self._unix_time())
            case Blocked():
                said = Http(451, message="the prompt was blocked by the safety system")
                return _refusal(said, self._unix_time())
            case Html(status):
                return Answer(status, ((b"content-type", b"text/html"),), b"").with_body(_PAGE)
            case Redirect(url):
                return Answer(302, ((b"location", url.encode("ascii")),), b"").with_body(b"")
            case ExpiredUrl(status) if endpoint == "clip":
                code = "permission_denied" if status == 403 else "not_found"
                said = Http(status, code, "the address has expired; query the task again")
                return _refusal(said, self._unix_time())
        return None

    async def _acted(self, scope: Scope, asked: Asked, fault: Fault | None) -> Answer:
        """Let the server act; its whole answer, which also tells which shot a task is of."""
        if isinstance(fault, Failed):
            scope = {**scope, FAIL_WITH: (fault.code, fault.message)}
        answer = await _answer_of(self._app, scope, asked.receive)
        document = (answer.document if asked.endpoint != "clip" else None) or {}
        task_id, key = document.get("task_id"), document.get("out_task_id")
        if isinstance(task_id, str) and isinstance(key, str):
            self._shots.put(task_id, key.partition(".")[0])
        return answer

    async def _give(self, scope: Scope, send: Send, answer: Answer, fault: Fault | None) -> None:
        match fault:
            case None:
                await _deliver(send, answer)
            case Lost():
                await _drop(scope)
            case Truncated(fraction):
                await _deliver_part(scope, send, answer, fraction)
            case SlowHeaders(seconds):
                await anyio.sleep(seconds)
                await _deliver(send, answer)
            case SlowBody(seconds):
                await _drip(send, answer, seconds)
            case Backwards():
                await _deliver(send, spoiled(answer, fault, earlier=self._second_time(answer)))
            case _:
                await _deliver(send, spoiled(answer, fault))

    def _second_time(self, answer: Answer) -> bool:
        """Is this the second, fourth, … answer about its task?"""
        task_id = str((answer.document or {}).get("task_id"))
        told = (self._told.get(task_id) or 0) + 1
        self._told.put(task_id, told)
        return told % 2 == 0


class _Memory(Generic[_Value]):
    """What is known of the tasks that were spoken of last; those before are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Value] = OrderedDict()

    def get(self, task_id: str) -> _Value | None:
        return self._known.get(task_id)

    def put(self, task_id: str, value: _Value) -> None:
        self._known[task_id] = value
        self._known.move_to_end(task_id)
        if len(self._known) > TASKS_REMEMBERED:
            self._known.popitem(last=False)


def _refusal(fault: Http, now: float) -> Answer:
    """An error in the API's envelope."""
    code = fault.code if fault.code is not None else CODES.get(fault.status, "")
    kind = "invalid_request_error" if fault.status < 500 else "api_error"
    error = {"type": kind, "code": code, "message": fault.message}
    if not code:
        del error["code"]
    headers = {"content-type": "application/json"}
    if fault.reset_in_seconds is not None:
        headers["x-ratelimit-reset"] = str(math.ceil(now + fault.reset_in_seconds))
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    raw = tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items())
    return Answer(fault.status, raw, b"").with_body(json.dumps({"error": error}).encode())


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """All that the app sends."""
    said: list[Message] = []

    async def hear(message: Message) -> None:
        said.append(message)

    await app(scope, receive, hear)
    start, *rest = said
    headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in rest))


async def _deliver(send: Send, answer: Answer) -> None:
    await _start(send, answer)
    await send({"type": "http.response.body", "body": answer.body})


async def _deliver_part(scope: Scope, send: Send, answer: Answer, fraction: float) -> None:
    part = answer.body[: int(len(answer.body) * fraction)]
    if _abort(scope) is None:
        raise ConnectionDroppedError(Answer(answer.status, answer.headers, part))
    await _start(send, answer)
    await send({"type": "http.response.body", "body": part, "more_body": True})
    await anyio.sleep(_FLUSH_SECONDS)  # a reset throws away what has not left yet
    await _drop(scope)


async def _drip(send: Send, answer: Answer, seconds: float) -> None:
    """The body over so many seconds: a piece a second or more often, so that no gap is long."""
    await _start(send, answer)
    pieces = min(max(_PIECES_MIN, math.ceil(seconds)), len(answer.body)) or 1
    for n in range(pieces):
        await anyio.sleep(seconds / pieces)
        begin, end = (len(answer.body) * m // pieces for m in (n, n + 1))
        last = n == pieces - 1
        piece = answer.body[begin:end]
        await send({"type": "http.response.body", "body": piece, "more_body": not last})


async def _start(send: Send, answer: Answer) -> None:
    headers = list(answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _drop(scope: Scope) -> None:
    abort = _abort(scope)
    if abort is None:
        raise ConnectionDroppedError
    abort()
    await anyio.lowlevel.checkpoint()  # the server hears of it before it misses the answer


def _abort(scope: Scope) -> Callable[[], object] | None:
    found: Callable[[], object] | None = scope.get("extensions", {}).get(ABORT)
    return found
