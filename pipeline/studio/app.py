"""The tasks API over ASGI: what tasks-api.md promises, served on this machine."""

from __future__ import annotations

import hashlib
import json
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import MediaError
from pipeline.studio.accounts import shown_account
from pipeline.studio.clips import RangeError, Signer, clip_answer, origin_of
from pipeline.studio.engine import EngineError
from pipeline.studio.faults import FAIL_WITH
from pipeline.studio.openapi import openapi_document
from pipeline.studio.orders import order_from
from pipeline.studio.refusals import RefusalError, quoted
from pipeline.studio.shapes import rfc3339, shape_named, shown_submit, shown_task
from pipeline.studio.tasks import TaskTable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.types import Message, Receive, Scope, Send

    from pipeline.storyboard.catalog import Model
    from pipeline.studio.shapes import Shape
    from pipeline.studio.tasks import House, StudioTask

BODY_BYTES_MAX = 1024 * 1024


class Studio:
    """The studio as an ASGI app, `app`. `free`: nothing costs a credit, for animatics.

    `keys` are the ones that are accepted (None: any). `shape` is that of the answers, where a
    request doesn't ask for another. Enter its task table (`async with studio.tasks`) for as
    long as it serves.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        house: House,
        *,
        free: bool,
        keys: Collection[str] | None = None,
        shape: Shape = "model-page",
    ) -> None:
        self._models = models
        self._house = house
        self._free = free
        self._accepted = None if keys is None else {account_of(key) for key in keys}
        self._shape = shape
        self._signer = Signer()
        self.tasks = TaskTable(house)
        self._routed = Starlette(
            routes=[
                Route("/v1/tasks/submit", self._submit, methods=["POST"]),
                Route("/v1/tasks/query", self._query, methods=["GET", "POST"]),
                Route("/v1/tasks/cancel", self._cancel, methods=["POST"]),
                Route("/v1/tasks/cancel/{task_id}", self._cancel, methods=["POST"]),
                Route("/v1/models", self._list_models, methods=["GET"]),
                Route("/studio/ledger", self._ledger, methods=["GET"]),
                Route("/studio/clips/{task_id}.mp4", self._clip, methods=["GET"]),
                Route("/openapi.json", self._openapi, methods=["GET"]),
            ],
            exception_handlers={
                HTTPException: _http_refusal,
                RefusalError: _refusal,
                ClientDisconnect: _gone,
                Exception: _accident,
            },
        )
        self._routed.router.redirect_slashes = False  # its redirects go where Host says

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app. Every answer has the accounting headers."""

        async def accounted(message: Message) -> None:
            if message["type"] == "http.response.start":
                account = scope["state"].get("account")
                headers = MutableHeaders(scope=message)
                headers.update(self._accounting(account, message["status"]))
            await send(message)

        scope = {**scope, "state": {}}
        await self._routed(scope, receive, accounted)

    def _accounting(self, account: str | None, status: int) -> dict[str, str]:
        """The accounting headers, as far as they are known without an account, or a wallet.

        The bucket is the wallet. It never refills, so there is nothing to wait for: its reset
        is now. A 429 of the studio's is about concurrency, and has no reset.
        """
        now, limit = self._house.unix_time(), self._house.wallet_credits
        headers = {} if status == 429 else {"x-ratelimit-reset": str(int(now))}
        if limit is not None:
            headers["x-ratelimit-limit"] = f"{limit:.4f}"
        left = None if account is None else self.tasks.accounts.remaining_credits(account)
        if left is not None:
            for name in ("ratelimit-remaining", "quota-remaining-credits"):
                headers[f"x-{name}"] = f"{left:.4f}"
            headers["x-org-quota-remaining-credits"] = f"{left:.4f}"
        return headers

    async def _submit(self, request: Request) -> Response:
        account, shape = self._account(request), self._asked_shape(request)
        order = order_from(await _json(request), account, self._models, free=self._free)
        order = replace(order, fails_with=request.scope.get(FAIL_WITH))
        task = self.tasks.submit(order)
        return _Answer(shown_submit(task, shape, lambda task_id: self._url(task_id, request)))

    async def _query(self, request: Request) -> Response:
        account, shape = self._account(request), self._asked_shape(request)
        if request.method == "POST":
            task = self._find(account, await _json(request), {"task_id", "out_task_id"})
        else:
            given = request.query_params.multi_items()
            ids = [pair for pair in given if pair[0] in {"task_id", "out_task_id"}]
            task = self._find(account, dict(ids) if len(ids) == 1 else {}, {"task_id"})
        return self._told(task, shape, request)

    async def _cancel(self, request: Request) -> Response:
        account, shape = self._account(request), self._asked_shape(request)
        by_path = request.path_params.get("task_id")
        if by_path is not None:
            task = self._find(account, {"task_id": by_path}, {"task_id"})
        else:
            task = self._find(account, await _json(request), {"out_task_id"})
        self.tasks.cancel(task)
        return self._told(task, shape, request)

    async def _list_models(self, request: Request) -> Response:
        self._account(request)
        data = [{"id": name, "capabilities": ["video"]} for name in sorted(self._models)]
        return _Answer({"object": "list", "data": data})

    async def _ledger(self, request: Request) -> Response:
        account = self._account(request)
        charges = [
            {
                "account": shown_account(charge.account),
                "task_id": charge.task_id,
                "out_task_id": charge.out_task_id,
                "credits": charge.credits,
                "reason": charge.reason,
                "at": rfc3339(charge.at),
            }
            for charge in self.tasks.ledger.of(account)
        ]
        total = self.tasks.accounts.spent_credits(account)
        document = {"account": shown_account(account), "total_credits": total, "charges": charges}
        return _Answer(document)

    async def _clip(self, request: Request) -> Response:
        task_id = request.path_params["task_id"]
        self._signer.check(task_id, request.query_params, self._house.unix_time())
        try:
            clip = await self.tasks.clip(task_id)
        except (EngineError, MediaError):
            said = "the clip was dropped, and drawing it again has failed"
            raise RefusalError(said, "api_error", 502) from None
        if clip is None:  # it was there, or we hadn't signed its address
            raise RefusalError("the studio has let go of the clip", "not_found", 410)
        return clip_answer(clip, request)

    async def _openapi(self, _request: Request) -> Response:
        return _Answer(openapi_document(self._models))

    def _account(self, request: Request) -> str:
        """The caller's account; `x-api-key` wins over `Authorization` (tasks-api.md).

        Raises `RefusalError`.
        """
        key = request.headers.get("x-api-key", "")
        if not key:
            scheme, _space, token = request.headers.get("authorization", "").partition(" ")
            key = token.strip() if scheme.lower() == "bearer" else ""
        if not key:
            raise RefusalError("send your key as x-api-key", "invalid_api_key", 401)
        account = account_of(key)
        if self._accepted is not None and account not in self._accepted:
            raise RefusalError("the studio doesn't know this key", "invalid_api_key", 401)
        request.state.account = account
        return account

    def _asked_shape(self, request: Request) -> Shape:
        return shape_named(request.query_params.get("shape", self._shape))

    def _find(self, account: str, asked: object, names: Collection[str]) -> StudioTask:
        """The account's task that `asked` names by exactly one of `names`."""
        if not isinstance(asked, dict) or len(asked) != 1 or not set(asked) <= set(names):
            raise RefusalError(f"give exactly one of {', '.join(sorted(names))}")
        ((name, value),) = asked.items()
        if not isinstance(value, str) or not value:
            raise RefusalError(f"{name} must be a text")
        task = self.tasks.find(account, **{name: value})
        if task is None:
            raise RefusalError(f"no task {quoted(value)}", "task_not_found", 404)
        return task

    def _told(self, task: StudioTask, shape: Shape, request: Request) -> Response:
        return _Answer(shown_task(task, shape, lambda task_id: self._url(task_id, request)))

    def _url(self, task_id: str, request: Request) -> str:
        return self._signer.url(origin_of(request), task_id, self._house.unix_time())


def account_of(key: str) -> str:
    """An account's name: the key's SHA-256 in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


async def _json(request: Request) -> object:
    """The body as JSON. Raises `RefusalError`: 413 when it is over 1 MiB, 400 when it is none."""
    content = bytearray()
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:18]) > BODY_BYTES_MAX:
        raise RefusalError("the body is over 1 MiB", "request_entity_too_large", 413)
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > BODY_BYTES_MAX:  # no length was announced
                raise RefusalError("the body is over 1 MiB", "request_entity_too_large", 413)
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise RefusalError("the body is no JSON") from None


def _no_number(name: str) -> NoReturn:
    """Python reads NaN and infinities, which JSON doesn't know."""
    raise ValueError(name)


class _Answer(JSONResponse):
    """JSON in ASCII: what a caller sent may hold lone surrogates, which no UTF-8 can.

    It ends its line, for people with curl.
    """

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"


def envelope(status: int, code: str, message: str) -> dict[str, Any]:
    """The body of every refusal (tasks-api.md, "Errors")."""
    kind = "invalid_request_error" if status < 500 else "api_error"
    return {"error": {"type": kind, "code": code, "message": message}}


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)  # noqa: S101 (how Starlette registers handlers)
    answer = _Answer(envelope(error.status, error.code, str(error)), error.status)
    if isinstance(error, RangeError):
        answer.headers["content-range"] = f"bytes */{error.length_bytes}"
    return answer


async def _http_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (how Starlette registers handlers)
    status = error.status_code
    code = "not_found" if status == 404 else "invalid_param"
    body = envelope(status, code, HTTPStatus(status).phrase)
    return _Answer(body, status, headers=error.headers)


async def _gone(_request: Request, _error: Exception) -> Response:
    """The caller left in the middle of its body: nobody reads this, and nothing went wrong."""
    return Response(status_code=400)


async def _accident(_request: Request, _error: Exception) -> Response:
    return _Answer(envelope(500, "internal_error", "the studio has failed; see its log"), 500)
