"""The only user of httpx: submit, query and cancel against one gateway.

Foreign exceptions become ours here. A submit is tried again on faults and throttling; its key
makes that safe. A query is asked once: whoever polls asks again anyway.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    CredentialsError,
    GatewayError,
    ProtocolError,
    RefusedError,
    TaskNotFoundError,
)
from pipeline.tasks_api.retry import fault_wait, throttle_wait
from pipeline.tasks_api.wire import BLOCKED_CODES, Task, parse_error, parse_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ANSWER_TIMEOUT = httpx.Timeout(30.0)
_THROTTLED = 429
ANSWER_BYTES_MAX = 1024 * 1024


class LostAnswerError(GatewayError):
    """The request was sent, and no answer came."""

    uncertain = True


class ThrottledError(GatewayError):
    """A 429; `wait_seconds` says how long to hold back."""

    def __init__(self, message: str, *, code: str, wait_seconds: float) -> None:
        super().__init__(message, code=code, status=_THROTTLED)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the client would otherwise take from the world: wall clock and randomness."""

    unix_time: Callable[[], float]
    random: Callable[[], float]


class TasksClient:
    """One gateway under one key. `http` is made for the gateway's address and holds the key."""

    def __init__(self, http: httpx.AsyncClient, surroundings: Surroundings) -> None:
        self._http = http
        self._surroundings = surroundings
        self._resume_at = -1.0  # anyio time before which a 429 asked the whole run to wait

    async def submit(
        self,
        body: dict[str, Any],
        patience_seconds: float,
        on_wait: Callable[[str, float], None] = lambda _reason, _seconds: None,
    ) -> Task:
        """Buy one task; the same `out_task_id` in `body` never buys a second.

        Waits out faults and throttling, at most `patience_seconds` for the latter; `on_wait`
        is told why and how long. Raises `ApiError`: with its `uncertain` set nobody knows
        whether the task was bought, else nothing was.
        """
        deadline = anyio.current_time() + patience_seconds
        failures = 0
        lost = False
        while True:
            await anyio.sleep_until(self._resume_at)
            try:
                known = await self._find(body["out_task_id"]) if lost else None
                return known or await self._ask("POST", "/v1/tasks/submit", json=body)
            except GatewayError as error:
                lost = lost or error.uncertain
                failures += not isinstance(error, ThrottledError)
                pause = self._pause(error, failures, deadline)
                if pause is None:
                    error.uncertain = lost
                    raise
                on_wait(str(error), pause)
                await anyio.sleep(pause)
            except ApiError as error:
                # An answer that can't be read may be to a submit that was acted on.
                error.uncertain = lost or isinstance(error, ProtocolError)
                raise

    def _pause(self, error: GatewayError, failures: int, deadline: float) -> float | None:
        """How long to wait before the next try; None: give up. A 429 holds the whole run back."""
        if not isinstance(error, ThrottledError):
            return fault_wait(failures)
        resume_at = anyio.current_time() + error.wait_seconds
        if resume_at > deadline:
            return None
        self._resume_at = max(self._resume_at, resume_at)
        return error.wait_seconds

    async def query(self, task_id: str) -> Task:
        """The task's present state; free. Raises `TaskNotFoundError`, `GatewayError`, …"""
        task = await self._ask("GET", "/v1/tasks/query", params={"task_id": task_id})
        if task.task_id != task_id:
            raise ProtocolError(
                f"asked for task {task_id!r}, the answer is about {task.task_id!r}",
            )
        return task

    async def query_key(self, out_task_id: str) -> Task:
        """The task that an `out_task_id` bought; free: the way back after a lost answer."""
        return await self._ask("POST", "/v1/tasks/query", json={"out_task_id": out_task_id})

    async def cancel(self, task_id: str) -> Task:
        """Cancel a task; answers with its state afterwards."""
        return await self._ask("POST", f"/v1/tasks/cancel/{task_id}")

    async def _find(self, out_task_id: str) -> Task | None:
        try:
            return await self.query_key(out_task_id)
        except TaskNotFoundError:
            return None

    async def _ask(self, method: str, path: str, **content: Any) -> Task:
        asked = f"{method} {path}"
        with _ours(asked):
            request = self._http.stream(method, path, timeout=_ANSWER_TIMEOUT, **content)
            async with request as answer:
                received = bytearray()
                async for chunk in answer.aiter_bytes():
                    received += chunk
                    if len(received) > ANSWER_BYTES_MAX:
                        raise ProtocolError(f"{asked}: an answer of over {ANSWER_BYTES_MAX} bytes")
        if answer.is_success:
            return parse_task(bytes(received), asked)
        raise self._refusal(answer, bytes(received), asked)

    def _refusal(self, answer: httpx.Response, content: bytes, asked: str) -> ApiError:
        status, error = answer.status_code, parse_error(content)
        said = f"{status} {error.code}".strip() + (f": {error.message}" if error.message else "")
        if status == _THROTTLED:
            wait = throttle_wait(
                error.code,
                answer.headers,
                self._surroundings.unix_time(),
                self._surroundings.random(),
            )
            return ThrottledError(said, code=error.code or "429", wait_seconds=wait)
        if status < 400:
            return ProtocolError(f"{asked}: the answer is {status}. Check SHOTMAKE_BASE_URL.")
        kind, remedy = _meaning(status, error.code)
        return kind(said + remedy, code=error.code or str(status), status=status)


def _meaning(status: int, code: str) -> tuple[type[ApiError], str]:
    """What an error answer means for the run (tasks-api.md, "Errors"), and what to do."""
    if status == 401 or (status == 403 and code != "model_not_in_group"):
        return CredentialsError, ". Check BYTESPIKE_API_KEY."
    if status == 402:
        return BalanceError, ". Top up, or raise the key's cap."
    if status == 451 or code in BLOCKED_CODES:
        return BlockedError, ""
    if status == 404 and code == "task_not_found":
        return TaskNotFoundError, ""
    return (GatewayError if status >= 500 else RefusedError), ""


@contextmanager
def _ours(asked: str) -> Iterator[None]:
    """httpx's exceptions as ours. A connection that never stood can't have bought anything."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        said = f"{asked}: no connection ({_reason(error)})"
        raise GatewayError(said, code="no_connection") from error
    except httpx.TransportError as error:
        raise LostAnswerError(f"{asked}: no answer ({_reason(error)})", code="no_answer") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProtocolError(f"{asked}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
