"""One step on its way through the provider: bought or taken up again, followed, brought home.

Sequential; what goes on side by side is the runner's. Whatever goes wrong with the take ends in
a notice and a record. Only what no take can survive gets out: a refused key, records that can't
be written.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    CredentialsError,
    GatewayError,
    MediaError,
    ShotmakeError,
    TaskNotFoundError,
)
from pipeline.rendering.budget import OVER_CAP
from pipeline.rendering.buying import buy, is_replayed
from pipeline.rendering.delivery import bring_home
from pipeline.rendering.following import TimeUpError, age, follow
from pipeline.rendering.notices import Kind
from pipeline.rendering.outcomes import billed, doubt, outcome
from pipeline.rendering.records import LOST, Failure, Status
from pipeline.rendering.steps import Action
from pipeline.tasks_api.patience import Patience
from pipeline.tasks_api.refusals import CalledOffError, ThrottledError, WrongAddressError
from pipeline.tasks_api.wire import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Wanted
    from pipeline.rendering.work import Assignment


class Errand:
    """One step, done once."""

    def __init__(self, assignment: Assignment) -> None:
        self._its = assignment
        self._step = assignment.work.step
        self._board = assignment.work.board
        self._gateway = assignment.shared.gateway
        self._terms = assignment.shared.terms
        self._summary = assignment.shared.report.summary
        self._tell = assignment.tell

    async def run(self) -> None:
        """The step from begin to end. Raises what ends the whole run."""
        with self._survivable():
            client = self._gateway.client
            if self._step.action is not Action.RENDER or self._step.wanted is None:
                if self._summary.halted and not client.met:
                    self._tell(Kind.PENDING, "not asked for; the next run collects it")
                    return
                await self._take_up()
            elif self._summary.halted:
                self._tell(Kind.HELD)  # why is said once, at the end
            else:
                await self._render(self._step.wanted, self._step.attempt)

    async def _render(self, wanted: Wanted, attempt: int, failures: int = 0) -> None:
        """Buy attempts until one is completed, or the retries are used up."""
        image = self._gateway.image(wanted.take.request)
        make_room = self._step.action is Action.RENDER
        while True:
            task = await buy(self._its, wanted, image, attempt, make_room=make_room)
            make_room = False
            replayed = is_replayed(task)
            task = await follow(self._its, task)
            if not replayed:
                self._its.settle(billed(task))
            if task.phase == "completed":
                await self._deliver(task, Kind.RENDERED)
                return
            status, failure = outcome(task)
            # Replayed or not, as nobody can be sure: what is passed over counts as tried.
            failures += 1
            tried_enough = failures > self._terms.retries
            # What a replayed attempt ended in is old news, unless the content policy spoke.
            final = status is Status.BLOCKED or not (failure.retryable or replayed)
            if final or tried_enough or self._summary.halted:
                self._tell_failure(failure, blocked=status is Status.BLOCKED)
                return
            attempt += 1
            self._tell(Kind.RETRYING, f"{failure.message}; attempt {attempt}")

    async def _take_up(self) -> None:
        """Go on with a task that was bought before."""
        record = self._its.record
        kind = Kind.RECOVERED if record.status is Status.COMPLETED else Kind.RENDERED
        task = await self._known_task(record)
        if task is None:
            await self._go_on_without(record)
            return
        task = await follow(self._its, task, age(self._its))
        if record.completed_at is None:
            self._its.settle(billed(task))
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
            self._tell(Kind.RESUMED, self._step.reason, task_id=record.task_id)
            try:
                return await self._gateway.client.look_up(
                    record.task_id, Patience(on_wait=self._its.tell_wait)
                )
            except TaskNotFoundError:
                pass
            except CredentialsError:
                raise
            except ApiError as error:
                if not self._gateway.client.met:
                    raise
                if isinstance(error, BalanceError):
                    self._summary.halt(str(error), out_of_money=True)
                self._tell(Kind.DELAYED, str(error))
                return Task(record.task_id, "open", "unknown")  # polled as any other
        try:
            task = await self._gateway.client.find(
                record.out_task_id, Patience(on_wait=self._its.tell_wait)
            )
        except TaskNotFoundError:
            return None
        self._board.submitted(self._its.name, task.task_id)
        return task

    async def _go_on_without(self, record: Record) -> None:
        """The provider knows neither the task nor its key."""
        wanted, name = self._step.wanted, self._its.name
        bought, free = record.task_id is not None, self._gateway.free
        doubtful = None if free else self._doubt(record)
        anew = self._step.anew
        if doubtful and (not self._terms.resubmit_uncertain or (bought and wanted and not anew)):
            self._tell(Kind.PENDING, doubtful)
        elif wanted is None:
            said = "the provider knows nothing of it, and no shot asks for it: let go of"
            if bought:
                self._board.lost(name)
            else:
                self._board.refused(name, Failure(LOST, said, retryable=False))
            self._tell_failure(Failure(LOST, said, retryable=False))
        elif self._summary.halted and not free:
            self._tell(Kind.PENDING, f"not submitted again: {self._summary.halted}")
        elif bought and anew:
            work = replace(self._its.work, step=anew)
            await Errand(replace(self._its, work=work))._render(wanted, anew.attempt)
        else:
            if bought:  # on this machine nothing is paid for
                self._board.lost(name)
            await self._render(wanted, record.attempt)

    def _doubt(self, record: Record) -> str | None:
        """Why it may have been bought all the same, and how to go on without it."""
        asked, now = self._step.wanted is not None, self._its.shared.now()
        said = doubt(record, now, self._gateway.client.key_id, resend=asked)
        then = "buys it anew" if asked else "lets go of it, as no shot asks for it any more"
        return said and f"{said}; --resubmit-uncertain {then}"

    async def _deliver(self, task: Task, kind: Kind) -> None:
        """Download, verify and store; what can't be had now is fetched by the next run."""
        self._its.slot.release()
        async with self._its.shared.downloads:
            self._tell(Kind.DOWNLOADING, task_id=task.task_id)
            clip = await bring_home(
                self._gateway,
                self._board,
                self._its.name,
                task,
                lambda reason: self._tell(Kind.DELAYED, reason, task_id=task.task_id),
            )
        for notice in self._its.work.notices_of_what_was_in_the_way():
            self._its.shared.report.tell(notice)
        record = self._its.record
        differs = f"but {record.error.message}" if record.error else ""
        self._tell(kind, differs, task_id=record.task_id, credits=record.credits, clip=clip.path)

    @contextmanager
    def _survivable(self) -> Iterator[None]:
        """Turn what goes wrong with one take into its notice; let through what ends the run."""
        try:
            yield
        except TimeUpError:
            seconds = self._terms.timeout_seconds
            self._tell(Kind.PENDING, f"not ended after {seconds:g} s; the next run collects it")
        except CredentialsError as error:
            self._summary.halt(str(error))
            record = self._board.book.records.get(self._its.name)
            in_flight = record is not None and record.status is Status.PENDING
            self._tell(Kind.PENDING if in_flight else Kind.HELD, "the key was refused")
            raise
        except (ApiError, MediaError) as error:
            self._give_up(error)
        except ShotmakeError:
            raise
        except Exception as error:
            # A fault of ours must not cost the other takes. Its text may hold anything.
            self._give_up(ApiError(f"an error in shotmake itself: {type(error).__name__}"))

    def _give_up(self, error: ApiError | MediaError) -> None:
        """The take is left as it stands; what would stop every other one as well stops the run."""
        unreachable = isinstance(error, GatewayError) and not self._gateway.client.met
        stops = unreachable or isinstance(error, ThrottledError | WrongAddressError | BalanceError)
        if stops:
            # What waits for another try fits under the cap: it has its reserve.
            capped = isinstance(error, BalanceError) and error.code == OVER_CAP
            money = isinstance(error, BalanceError)
            self._summary.halt(str(error), out_of_money=money, recall=not capped)
        record = self._board.book.records.get(self._its.name)
        owed = record is not None and (
            record.status is Status.PENDING or self._step.action is Action.RECOVER
        )
        if record is not None and owed:
            unknown = isinstance(error, TaskNotFoundError) and self._doubt(record)
            self._tell(Kind.PENDING, unknown or f"{error}; the next run collects it")
        elif isinstance(error, CalledOffError):
            self._tell(Kind.HELD)
        elif stops:
            self._tell(Kind.HELD, str(error))
        else:
            code = error.code if isinstance(error, ApiError) else "media"
            failure = Failure(code, str(error), retryable=False)
            self._tell_failure(failure, blocked=isinstance(error, BlockedError))

    def _tell_failure(self, failure: Failure, *, blocked: bool = False) -> None:
        if self._terms.fail_fast:
            self._summary.halt(f"--fail-fast, after {self._its.name} failed")
        message = failure.message or failure.code
        self._tell(Kind.BLOCKED if blocked else Kind.FAILED, message)
