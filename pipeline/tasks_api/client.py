"""The tasks API's client: submit, query and cancel at one gateway under one key.

Foreign exceptions become ours here. What costs or ends something (submit, cancel, the way back by
key) is tried again on faults and throttling, and nowhere else is: this is the one retry layer. A
query is asked once, as whoever polls asks again anyway.
"""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
import httpx

from pipeline.errors import (
    ApiError,
    CredentialsError,
    GatewayError,
    ProtocolError,
    RefusedError,
    TaskNotFoundError,
)
from pipeline.tasks_api.account import Account
from pipeline.tasks_api.connection import ANSWER_SECONDS, ours
from pipeline.tasks_api.exchange import Exchange, unlogged
from pipeline.tasks_api.gate import Gate
from pipeline.tasks_api.patience import Patience, nobody_waits
from pipeline.tasks_api.refusals import (
    CHECK_ADDRESS,
    CalledOffError,
    LostAnswerError,
    ThrottledError,
    WrongAddressError,
    is_of_the_api,
    is_page,
    refusal,
)
from pipeline.tasks_api.retry import fault_wait
from pipeline.tasks_api.wire import Task, encode_body, parse_task
from pipeline.web.crumbs import Crumbs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline.tasks_api.exchange import Log

ANSWER_BYTES_MAX = 1024 * 1024
_EXTENSIONS = {"timeout": httpx.Timeout(30.0).as_dict()}
_ADDRESSES_MAX = 4096
"""As many tasks as can be in flight, and some."""

_KEY_ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the client would otherwise take from the world: wall clock and randomness."""

    unix_time: Callable[[], float]
    random: Callable[[], float]


_PATIENT = Patience()


class TasksClient:
    """One gateway, at an address without a slash at its end, under one key.

    Requests go to the transport as they are: httpx's client would add cookies and follow redirects,
    which nobody wants here, and take twice the CPU for a poll.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        gateway: str,
        key: str,
        surroundings: Surroundings,
        log: Log = unlogged,
    ) -> None:
        self._transport = transport
        self._gateway = gateway
        self._address = lru_cache(_ADDRESSES_MAX)(httpx.URL)
        self._headers = httpx.Headers(
            {
                "user-agent": "shotmake",
                "accept": "application/json",
                "accept-encoding": "identity",
                "x-api-key": key,
            }
        )
        self._key = key
        self.key_id = hashlib.sha256(f"shotmake {key}".encode()).hexdigest()[:_KEY_ID_DIGITS]
        """Tells keys apart in records, and is none: 32 bits of a hash."""
        self._surroundings = surroundings
        self._log = log
        self._submits = Gate()  # a spend bucket is empty: nothing is bought, the free goes on
        self._requests = Gate()  # what is free is throttled: nothing at all is sent
        self._refused: CredentialsError | None = None
        self._when_met: list[Callable[[], None]] = []
        self.met = False
        """Whether the tasks API has ever answered here."""
        self.account = Account()

    def when_met(self, call: Callable[[], None]) -> None:
        """Call back at the first answer that shows that this is the API, and the key good."""
        if self.met:
            call()
        else:
            self._when_met.append(call)

    async def submit(self, body: dict[str, Any], patience: Patience = _PATIENT) -> Task:
        """Buy one task; the same `out_task_id` in `body` never buys a second.

        Raises `ApiError`: with its `uncertain` set nobody knows whether the task was bought, else
        nothing was.
        """
        key = body["out_task_id"]
        content = encode_body(body)
        lost = False

        async def buy(attempt: int) -> Task:
            nonlocal lost
            try:
                known = await self._known(key, attempt) if lost else None
                if known is not None:
                    return replace(known, recovered=True)
                if reason := patience.called_off():
                    raise CalledOffError(reason, code="called_off")
                patience.on_doubt(True)
                asked = self._ask("POST", "/v1/tasks/submit", attempt=attempt, content=content)
                # Sent before, it may be what that one has begun, whatever its answer was.
                return replace(_about_key(await asked, key), recovered=attempt > 1)
            except ApiError as error:
                lost = lost or error.uncertain
                error.uncertain = lost
                patience.on_doubt(lost or not isinstance(error, ThrottledError))
                raise

        return await self._insist(buy, patience, self._submits)

    async def query(self, task_id: str) -> Task:
        """The task's present state, asked once; free. Raises `TaskNotFoundError`, …"""
        await self._requests.passage(nobody_waits)
        return await self._query(task_id, 1)

    async def look_up(self, task_id: str, patience: Patience = _PATIENT) -> Task:
        """The same, asked until there is an answer: for a task that nobody follows yet."""

        async def ask(attempt: int) -> Task:
            return await self._query(task_id, attempt)

        return await self._insist(ask, patience, self._requests)

    async def find(self, out_task_id: str, patience: Patience = _PATIENT) -> Task:
        """The task that an `out_task_id` bought; free: the way back after a lost answer.

        Raises `TaskNotFoundError` when the provider knows no such key, else `ApiError`.
        """

        async def ask(attempt: int) -> Task:
            return await self._query_key(out_task_id, attempt)

        return await self._insist(ask, patience, self._requests)

    async def cancel(self, task_id: str, patience: Patience = _PATIENT) -> Task:
        """Cancel a task; answers with its state afterwards. Raises `ApiError`."""
        path = f"/v1/tasks/cancel/{quote(task_id, safe='')}"

        async def ask(attempt: int) -> Task:
            return _about_task(await self._ask("POST", path, attempt=attempt), task_id)

        return await self._insist(ask, patience, self._requests)

    async def _insist(
        self, ask: Callable[[int], Awaitable[Task]], patience: Patience, gate: Gate
    ) -> Task:
        """Ask until there is an answer, or until the error table says to give up."""
        deadline = anyio.current_time() + patience.seconds
        failures = 0
        for attempt in count(1):
            await gate.passage(patience.on_wait)
            await self._requests.passage(patience.on_wait)
            try:
                return await ask(attempt)
            except ThrottledError as error:
                if anyio.current_time() + error.wait_seconds > deadline:
                    raise
                await self._hold_back(error, gate, patience)
            except GatewayError as error:
                failures += 1
                pause = fault_wait(failures)
                if pause is None:
                    raise
                patience.on_wait(str(error), pause)
                await anyio.sleep(pause)
        raise AssertionError("count() ended")

    async def _hold_back(self, error: ThrottledError, gate: Gate, patience: Patience) -> None:
        """A bucket holds the whole run back, a crowd the one who found no place in it."""
        if not error.crowded:
            gate.hold(error.wait_seconds, str(error))
            return
        patience.on_wait(str(error), error.wait_seconds)
        await patience.step_back(error.wait_seconds)

    async def _query(self, task_id: str, attempt: int) -> Task:
        try:
            query = f"task_id={quote(task_id, safe='')}"
            task = await self._ask("GET", "/v1/tasks/query", attempt=attempt, query=query)
        except ThrottledError as error:
            self._requests.hold(error.wait_seconds, str(error))
            raise
        return _about_task(task, task_id)

    async def _query_key(self, out_task_id: str, attempt: int) -> Task:
        content = encode_body({"out_task_id": out_task_id})
        task = await self._ask("POST", "/v1/tasks/query", attempt=attempt, content=content)
        return _about_key(task, out_task_id)

    async def _known(self, out_task_id: str, attempt: int) -> Task | None:
        try:
            return await self._query_key(out_task_id, attempt)
        except TaskNotFoundError:
            return None

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        attempt: int,
        query: str = "",
        content: bytes | None = None,
    ) -> Task:
        """One request and its answer, read as a task."""
        if self._refused is not None:
            raise self._refused  # a key that was refused once is not sent again
        begun, outcome = anyio.current_time(), "cancelled"
        try:
            with ours(f"{method} {self._gateway}{path}"):
                where = f"{path}?{query}" if query else path
                answer, received = await self._exchange(method, where, content)
            outcome = str(answer.status_code)
        except ApiError as error:
            outcome = error.code or "failed"
            raise self._unmet(error) from error.__cause__
        finally:
            elapsed = anyio.current_time() - begun
            self._log(Exchange(method, path, outcome, elapsed, attempt))
        self.account.hear(answer.headers.raw)
        return self._read(answer, received, f"{method} {path}")

    async def _exchange(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[httpx.Response, bytes]:
        with anyio.fail_after(ANSWER_SECONDS):
            request = self._request(method, path, content)
            answer = await self._transport.handle_async_request(request)
            assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101 (httpx's word)
            async with aclosing(answer.stream) as stream:
                received, crumbs = bytearray(), Crumbs()
                async for chunk in stream:
                    received += chunk
                    if len(received) > ANSWER_BYTES_MAX:
                        said = f"{method} {path}: an answer of over 1 MiB"
                        raise LostAnswerError(said, code="unreadable")
                    if crumbs.too_many(chunk):
                        said = f"{method} {path}: an answer in thousands of tiny pieces"
                        raise LostAnswerError(said, code="unreadable")
                return answer, bytes(received)

    def _request(self, method: str, path: str, content: bytes | None) -> httpx.Request:
        headers = self._headers
        if content is not None:
            headers = httpx.Headers({**headers, "content-type": "application/json"})
        # Looking into a URL takes longer than all else here, and each is asked for many times.
        url = self._address(f"{self._gateway}{path}")
        return httpx.Request(method, url, headers=headers, content=content, extensions=_EXTENSIONS)

    def _read(self, answer: httpx.Response, received: bytes, asked: str) -> Task:
        """The task in an answer; raises what a refusal stands for."""
        if answer.is_success:
            try:
                task = parse_task(received, asked, self._key)
            except ProtocolError as error:
                raise self._unreadable(error, received) from None
            self._meet()
            return task
        refused = refusal(
            answer.status_code,
            answer.headers,
            received,
            self._key,
            self._surroundings.unix_time(),
            self._surroundings.random(),
        )
        if isinstance(refused, CredentialsError):
            self._refused = refused
        elif answer.status_code >= 400 and is_of_the_api(received):
            self._meet()
        raise self._unmet(refused)

    def _unreadable(self, error: ProtocolError, received: bytes) -> ApiError:
        """A 2xx that is no task may be to a request that was acted on: its answer is lost.

        A page from an address that never was the API's is no such accident.
        """
        kind = LostAnswerError if self.met or not is_page(received) else WrongAddressError
        doubt = f". {CHECK_ADDRESS}" if kind is WrongAddressError else ""
        lost = kind(f"{error}{doubt}", code="unreadable")
        lost.uncertain = True
        return lost

    def _meet(self) -> None:
        self.met = True
        while self._when_met:
            self._when_met.pop()()

    def _unmet(self, error: ApiError) -> ApiError:
        """What can't be the API's doing, from an address that has never answered as the API."""
        strange = type(error) in {ProtocolError, RefusedError}
        if self.met or not strange:
            return error
        wrong = WrongAddressError(str(error), code=error.code, status=error.status)
        wrong.uncertain = error.uncertain
        return wrong


def _about_task(task: Task, task_id: str) -> Task:
    if task.task_id != task_id:
        said = f"asked about task {task_id!r}, the answer is about {task.task_id!r}"
        raise LostAnswerError(said, code="unreadable")
    return task


def _about_key(task: Task, out_task_id: str) -> Task:
    if task.out_task_id not in {None, out_task_id}:
        said = f"asked about {out_task_id!r}, the answer is about another out_task_id"
        raise LostAnswerError(said, code="unreadable")
    return task
