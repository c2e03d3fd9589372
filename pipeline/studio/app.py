"""The tasks API over ASGI: what tasks-api.md promises, served on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.studio.orders import OrderError, order_from
from pipeline.studio.tasks import DuplicateKeyError, StudioTask, TaskTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from pipeline.storyboard.catalog import Model
    from pipeline.studio.tasks import House

BODY_BYTES_MAX = 1024 * 1024
URL_SECONDS = 24 * 3600
FAIL_WITH = "studio.fail_with"
"""Where middleware puts (code, message) into a submit's scope, for its task to end `failed`."""


class Studio:
    """The studio as an ASGI app. `free`: nothing costs a credit, for animatics.

    Enter its task table (`async with studio.tasks`) for as long as it serves.
    """

    def __init__(self, models: Mapping[str, Model], house: House, *, free: bool) -> None:
        self._models = models
        self._house = house
        self._free = free
        self._signing_key = secrets.token_bytes(32)
        self.tasks = TaskTable(house)
        self.app = Starlette(
            routes=[
                Route("/v1/tasks/submit", self._submit, methods=["POST"]),
                Route("/v1/tasks/query", self._query, methods=["GET", "POST"]),
                Route("/v1/tasks/cancel", self._cancel, methods=["POST"]),
                Route("/v1/tasks/cancel/{task_id}", self._cancel, methods=["POST"]),
                Route("/v1/models", self._list_models, methods=["GET"]),
                Route("/studio/ledger", self._ledger, methods=["GET"]),
                Route("/studio/clips/{task_id}.mp4", self._clip, methods=["GET"]),
            ],
            exception_handlers={
                HTTPException: _http_refusal,
                OrderError: _order_refusal,
                DuplicateKeyError: _duplicate_refusal,
            },
        )

    async def _submit(self, request: Request) -> Response:
        account = _account(request)
        document = await _json(request)
        order = order_from(document, account, self._models, free=self._free)
        order = replace(order, fails_with=request.scope.get(FAIL_WITH))
        task = self.tasks.submit(order)
        return _Answer({**self._shown(task, request), "estimated_credits": task.order.credits})

    async def _query(self, request: Request) -> Response:
        asked = dict(request.query_params) if request.method == "GET" else await _json(request)
        return _Answer(self._shown(self._find(request, asked), request))

    async def _cancel(self, request: Request) -> Response:
        by_path = request.path_params.get("task_id")
        task = self._find(request, {"task_id": by_path} if by_path else await _json(request))
        self.tasks.cancel(task)
        return _Answer(self._shown(task, request))

    async def _list_models(self, request: Request) -> Response:
        _account(request)
        data = [{"id": name, "capabilities": ["video"]} for name in sorted(self._models)]
        return _Answer({"object": "list", "data": data})

    async def _ledger(self, request: Request) -> Response:
        account = _account(request)
        charges = [
            {
                "task_id": charge.task_id,
                "out_task_id": charge.out_task_id,
                "credits": charge.credits,
                "at": _rfc3339(charge.at),
            }
            for charge in self.tasks.ledger
            if charge.account == account
        ]
        return _Answer({"charges": charges})

    async def _clip(self, request: Request) -> Response:
        task_id = request.path_params["task_id"]
        expires = request.query_params.get("expires", "")
        signature = request.query_params.get("signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(task_id, expires).encode()):
            raise OrderError("the signature does not match", "permission_denied", 403)
        if self._house.unix_time() >= float(expires):
            raise OrderError("the address has expired; query the task again", "not_found", 410)
        clip = await self.tasks.clip(task_id)
        if clip is None:
            raise OrderError("no such clip", "not_found", 404)
        return Response(clip, media_type="video/mp4")

    def _find(self, request: Request, asked: object) -> StudioTask:
        account = _account(request)
        names = {"task_id", "out_task_id"}
        given = {k: v for k, v in asked.items() if k in names} if isinstance(asked, dict) else {}
        if len(given) != 1 or not all(isinstance(value, str) and value for value in given.values()):
            raise OrderError("give exactly one of task_id and out_task_id")
        task = self.tasks.find(account, **given)
        if task is None:
            raise OrderError(f"no task {next(iter(given.values()))}", "task_not_found", 404)
        return task

    def _shown(self, task: StudioTask, request: Request) -> dict[str, Any]:
        """A task in the model page's shape."""
        shown: dict[str, Any] = {
            "task_id": task.task_id,
            "status": task.status,
            "submitted_at": _rfc3339(task.submitted_at),
        }
        if task.order.out_task_id is not None:
            shown["out_task_id"] = task.order.out_task_id
        if task.completed_at is not None:
            shown["completed_at"] = _rfc3339(task.completed_at)
        if task.status == "failed":
            shown |= {"error_code": task.error_code, "error_message": task.error_message}
        if task.status == "completed":
            params = task.order.params
            shown["credits"] = task.credits
            shown["result"] = {
                "video_url": self._url(task.task_id, request),
                "duration_seconds": task.order.job.duration_seconds,
                "resolution": params.get(
                    "resolution", self._models[params["model"]].resolutions[0]
                ),
            }
        return shown

    def _url(self, task_id: str, request: Request) -> str:
        expires = str(int(self._house.unix_time()) + URL_SECONDS)
        signature = self._signature(task_id, expires)
        base = str(request.base_url).rstrip("/")
        return f"{base}/studio/clips/{task_id}.mp4?expires={expires}&signature={signature}"

    def _signature(self, task_id: str, expires: str) -> str:
        message = f"{task_id}\n{expires}".encode()
        return hmac.new(self._signing_key, message, hashlib.sha256).hexdigest()


def _account(request: Request) -> str:
    """The caller's key; `x-api-key` wins over `Authorization` (tasks-api.md, "Credentials")."""
    key = request.headers.get("x-api-key", "")
    if not key:
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else ""
    if not key:
        raise OrderError("send your key as x-api-key", "invalid_api_key", 401)
    return key


async def _json(request: Request) -> object:
    content = bytearray()
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY_BYTES_MAX:
        raise OrderError("the body is over 1 MiB", "request_entity_too_large", 413)
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > BODY_BYTES_MAX:  # no length was announced
                raise OrderError("the body is over 1 MiB", "request_entity_too_large", 413)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise OrderError("the body is no JSON") from None


class _Answer(JSONResponse):
    """JSON in ASCII: what a caller sent may hold lone surrogates, which no UTF-8 can."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def _refusal(status: int, code: str, message: str) -> Response:
    kind = "invalid_request_error" if status < 500 else "api_error"
    return _Answer({"error": {"type": kind, "code": code, "message": message}}, status)


def _order_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OrderError)  # noqa: S101 (how Starlette registers handlers)
    return _refusal(error.status, error.code, str(error))


def _duplicate_refusal(_request: Request, error: Exception) -> Response:
    return _refusal(409, "duplicate_out_task_id", str(error))


def _http_refusal(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _refusal(
        status, "not_found" if status == 404 else "invalid_param", HTTPStatus(status).phrase
    )


def _rfc3339(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
