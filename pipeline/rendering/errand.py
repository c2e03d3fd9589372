"""One step on its way through the provider: bought or taken up again, followed, brought home.

Sequential; what goes on side by side is the runner's. Whatever goes wrong with the take ends in
a notice and a record. Only what no take can survive gets out: a refused key, records that can't
be written.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    CredentialsError,
    FolderError,
    GatewayError,
    MediaError,
    ProtocolError,
    TaskNotFoundError,
)
from pipeline.rendering.delivery import bring_home
from pipeline.rendering.notices import Kind
from pipeline.rendering.states import LOST, Failure, State, Status, state_of
from pipeline.rendering.steps import Action
from pipeline.tasks_api.cadence import moments, upcoming
from pipeline.tasks_api.wire import BLOCKED_CODES, DUPLICATE_KEY, Task, encode_submit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.rendering.states import Record
    from pipeline.rendering.steps import Wanted
    from pipeline.rendering.work import Circumstances, Work

KEY_KEPT = timedelta(hours=24)
"""How long an `out_task_id` is trusted to be remembered; the provider publishes no figure."""

_REPLAYED_ATTEMPTS_MAX = 100


class _TimeUpError(Exception):
    """A task didn't end within the timeout; it is still paid for."""


class Errand:
    """One step; `release_slot` gives back its place among the tasks in flight."""

    def __init__(self, work: Work, shared: Circumstances, release_slot: Callable[[], None]) -> None:
        self._work = work
        self._name = work.render
        self._step = work.step
        self._board = work.board
        self._gateway = shared.gateway
        self._terms = shared.terms
        self._report = shared.report
        self._summary = shared.report.summary
        self._now = shared.now
        self._downloads = shared.downloads
        self._release_slot = release_slot

    async def run(self) -> None:
        """The step from begin to end. Raises what ends the whole run."""
        with self._survivable():
            if self._step.action is not Action.RENDER or self._step.wanted is None:
                await self._take_up()
            elif self._summary.halted:
                self._tell(Kind.HELD, f"not submitted: {self._summary.halted}")
            else:
                await self._render(self._step.wanted, self._step.attempt)

    async def _render(self, wanted: Wanted, attempt: int, failures: int = 0) -> None:
        """Buy attempts until one is completed, or the retries are used up."""
        image = self._gateway.image(wanted.take.request)
        if self._step.action is Action.RENDER:
            self._board.make_room(self._step)
        replays = 0
        while True:
            task = await self._submit(wanted, image, attempt)
            replayed = task.phase != "open"  # the key was known: this end is an old one
            task = await self._follow(task)
            if not replayed:
                self._summary.bill(billed(task))
            if task.phase == "completed":
                await self._deliver(task, Kind.RENDERED)
                return
            status, failure = outcome(task)
            failures, replays = failures + (not replayed), replays + replayed
            tried_enough = failures > self._terms.retries or replays > _REPLAYED_ATTEMPTS_MAX
            # What a replayed attempt ended in is old news, unless the content policy spoke.
            final = status is Status.BLOCKED or not (failure.retryable or replayed)
            if final or tried_enough or self._summary.halted:
                self._tell_failure(failure, blocked=status is Status.BLOCKED)
                return
            attempt += 1
            self._tell(Kind.RETRYING, f"{failure.message}; attempt {attempt}")

    async def _submit(self, wanted: Wanted, image: str | None, attempt: int) -> Task:
        """Buy one attempt: on record before it is sent, and again when it is answered."""
        key = self._board.intend(self._work.plan, wanted, attempt, self._step.estimated_credits)
        self._tell(Kind.SUBMITTING)
        try:
            task = await self._gateway.client.submit(
                encode_submit(wanted.fields, key, image),
                self._terms.timeout_seconds,
                lambda reason, seconds: self._tell(
                    Kind.WAITING, f"{reason}; again in {seconds:.0f} s"
                ),
            )
        except ApiError as error:
            if error.code == DUPLICATE_KEY:
                # The key has bought this request before, in bytes that differ: an image that was
                # encoded by another version, say. Another attempt would buy it twice.
                task = await self._gateway.client.query_key(key)
            elif error.uncertain:
                raise  # stays on record as intended
            else:
                failure = Failure(error.code, str(error), retryable=isinstance(error, GatewayError))
                blocked = isinstance(error, BlockedError)
                self._board.refused(self._name, failure, blocked=blocked)
                raise
        self._board.submitted(self._name, task.task_id)
        self._tell(Kind.SUBMITTED, task_id=task.task_id)
        return task

    async def _take_up(self) -> None:
        """Go on with a task that was bought before."""
        record = self._board.record(self._name)
        kind = Kind.RECOVERED if record.status is Status.COMPLETED else Kind.RENDERED
        task = await self._known_task(record)
        if task is None:
            await self._go_on_without(record)
            return
        task = await self._follow(task)
        if record.completed_at is None:
            self._summary.bill(billed(task))
        if task.phase == "completed":
            await self._deliver(task, kind)
            return
        status, failure = outcome(task)
        wanted = self._step.wanted
        again = failure.retryable and self._terms.retries > 0 and not self._summary.halted
        if again and wanted is not None:
            self._tell(Kind.RETRYING, failure.message)
            await self._render(wanted, record.attempt + 1, failures=1)
            return
        self._tell_failure(failure, blocked=status is Status.BLOCKED)

    async def _known_task(self, record: Record) -> Task | None:
        """The record's task, asked for by its id and then by its key; None: nobody knows it."""
        if record.task_id is not None:
            self._tell(Kind.SUBMITTED, self._step.reason, task_id=record.task_id)
            try:
                return await self._gateway.client.query(record.task_id)
            except TaskNotFoundError:
                pass
            except GatewayError as error:
                self._tell(Kind.WAITING, str(error))
                return Task(record.task_id, "open", "unknown")
        try:
            task = await self._gateway.client.query_key(record.out_task_id)
        except TaskNotFoundError:
            return None
        self._board.submitted(self._name, task.task_id)
        return task

    async def _go_on_without(self, record: Record) -> None:
        """The provider knows neither the task nor its key."""
        wanted = self._step.wanted
        if record.task_id is not None:
            self._board.lost(self._name)
            if self._gateway.free and wanted is not None:
                await self._render(wanted, record.attempt)
                return
            # It may have been billed, and the plan has called this step free: whether it is
            # bought again is for the next plan to say.
            said = f"the provider no longer knows {record.task_id}; is this the key that "
            said += "bought it? The next run renders it anew"
            self._tell_failure(Failure(LOST, said, retryable=True))
        elif wanted is None:
            failure = Failure(LOST, "never answered, and the provider knows nothing of it", False)
            self._board.refused(self._name, failure)
            self._tell_failure(failure)
        elif self._too_old(record) and not self._terms.resubmit_uncertain:
            self._tell(
                Kind.PENDING,
                f"submitted at {record.submitted_at}, never answered, and the provider no longer "
                "knows its key: it may have been billed. --resubmit-uncertain buys it anew",
            )
        elif self._summary.halted:
            self._tell(Kind.PENDING, f"not submitted again: {self._summary.halted}")
        else:
            await self._render(wanted, record.attempt)

    def _too_old(self, record: Record) -> bool:
        """Whether the provider may have forgotten a key that it did act on."""
        sent = datetime.fromisoformat(record.submitted_at) if record.submitted_at else None
        return not self._gateway.free and (sent is None or self._now() - sent > KEY_KEPT)

    async def _follow(self, task: Task) -> Task:
        """Poll on the model's cadence until the task ends. The end goes on record.

        Raises `_TimeUpError` when it doesn't end within the timeout.
        """
        if state_of(self._board.record(self._name)) is not State.OPEN:
            return replace(task, phase="completed")  # an end on record is never left again
        begun = anyio.current_time()
        due = moments(self._gateway.cadence(self._work.asked["model"]))
        status = task.status
        while task.phase == "open":
            moment = upcoming(due, anyio.current_time() - begun)
            if moment > self._terms.timeout_seconds:
                raise _TimeUpError
            await anyio.sleep_until(begun + moment)
            try:
                task = await self._gateway.client.query(task.task_id)
            except (GatewayError, ProtocolError) as error:
                self._tell(Kind.WAITING, str(error), task_id=task.task_id)
                continue
            if task.status != status:
                status = task.status
                self._tell(Kind.RUNNING, status, task_id=task.task_id)
        if task.phase == "completed":
            self._board.ended(self._name, Status.COMPLETED, task.credits, None)
        else:
            ended, failure = outcome(task)
            self._board.ended(self._name, ended, task.credits, failure)
        return task

    async def _deliver(self, task: Task, kind: Kind) -> None:
        """Download, verify and store; what can't be had now is fetched by the next run."""
        self._release_slot()
        async with self._downloads:
            self._tell(Kind.DOWNLOADING, task_id=task.task_id)
            clip = await bring_home(
                self._gateway,
                self._board,
                self._name,
                task,
                lambda reason: self._tell(Kind.WAITING, reason, task_id=task.task_id),
            )
        record = self._board.record(self._name)
        differs = f"but {record.error.message}" if record.error else ""
        self._tell(kind, differs, task_id=record.task_id, credits=record.credits, clip=clip.path)

    @contextmanager
    def _survivable(self) -> Iterator[None]:
        """Turn what goes wrong with one take into its notice; let through what ends the run."""
        try:
            yield
        except _TimeUpError:
            seconds = self._terms.timeout_seconds
            self._tell(Kind.PENDING, f"not ended after {seconds:g} s; the next run collects it")
        except CredentialsError:
            self._tell(Kind.HELD, "the key was refused")
            raise
        except BalanceError as error:
            self._summary.halt(str(error), out_of_money=True)
            self._tell(Kind.HELD, str(error))
        except BlockedError as error:
            self._tell_failure(Failure(error.code, str(error), retryable=False), blocked=True)
        except OSError as error:
            raise FolderError(f"{error.filename or self._name}: {error.strerror}") from error
        except (ApiError, MediaError) as error:
            record = self._board.book.records.get(self._name)
            if record is not None and record.status is Status.PENDING:
                self._tell(Kind.PENDING, f"{error}; the next run collects it")
            else:
                code = error.code if isinstance(error, ApiError) else "media"
                self._tell_failure(Failure(code, str(error), retryable=False))

    def _tell_failure(self, failure: Failure, *, blocked: bool = False) -> None:
        if self._terms.fail_fast:
            self._summary.halt(f"--fail-fast, after {self._name} failed")
        message = failure.message or failure.code
        self._tell(Kind.BLOCKED if blocked else Kind.FAILED, message)

    def _tell(self, kind: Kind, message: str = "", **more: Any) -> None:
        self._report.tell(self._work.notice(kind, message, **more))


def billed(task: Task) -> float | None:
    """What an ended task cost; a failed one nothing, a cancelled one nothing unless it says so."""
    if task.phase == "failed" or (task.phase == "cancelled" and task.credits is None):
        return 0.0
    return task.credits


def outcome(task: Task) -> tuple[Status, Failure]:
    """What a task that brought no clip means. Content policy is final, as is a cancel."""
    code, message = task.error_code, task.error_message
    if task.phase == "cancelled":
        return Status.CANCELLED, Failure("cancelled", "cancelled at the provider", retryable=False)
    blocked = code in BLOCKED_CODES
    failure = Failure(
        code or "failed", message or code or "the provider gave no reason", retryable=not blocked
    )
    return (Status.BLOCKED if blocked else Status.FAILED), failure
