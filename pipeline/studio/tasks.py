"""The studio's task table and billing ledger: what a provider keeps, without the HTTP."""

from __future__ import annotations

import secrets
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio

from pipeline.errors import MediaError
from pipeline.studio.engine import EngineError, Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
ENDS = frozenset({"completed", "failed", "cancelled"})

CLIPS_BYTES_MAX = 256 * 1024 * 1024
"""How many bytes of clips are held; an older one is drawn again when somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """A submit that passed every check. `params` is what de-duplication compares.

    `fails_with` is the code and message of a failure on purpose, for the task that it begins.
    """

    account: str
    out_task_id: str | None
    params: dict[str, Any]
    job: Job
    credits: float
    fails_with: tuple[str, str] | None = None


@dataclass(slots=True)
class StudioTask:
    """One task and where it stands. Times are Unix seconds."""

    task_id: str
    order: Order
    submitted_at: float
    status: Status = "queued"
    completed_at: float | None = None
    credits: float | None = None
    error_code: str = ""
    error_message: str = ""
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the ledger: who paid what, for which task."""

    account: str
    task_id: str
    out_task_id: str | None
    credits: float
    at: float


class DuplicateKeyError(EngineError):
    """An `out_task_id` came again with other parameters."""


@dataclass(frozen=True, slots=True)
class House:
    """How the studio works.

    `render` draws a clip off the event loop; `workers` is how many are drawn at once;
    `latency_seconds` is added to each, to play a slower provider.
    """

    render: Callable[[Job], Awaitable[bytes]]
    workers: int
    unix_time: Callable[[], float]
    latency_seconds: Callable[[Job], float] = lambda _job: 0.0


class TaskTable:
    """All tasks of all accounts. Enter it before submitting; leaving it stops the drawing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tasks: dict[str, StudioTask] = {}
        self._by_key: dict[tuple[str, str], StudioTask] = {}
        self._clips: OrderedDict[str, bytes] = OrderedDict()
        self._drawing = anyio.CapacityLimiter(house.workers)
        self._crew: TaskGroup | None = None
        self.ledger: list[Charge] = []

    async def __aenter__(self) -> Self:
        self._crew = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        # What went wrong outside is no business of the tasks': it is not handed to their group,
        # which would wrap it.
        if self._crew is not None:
            self._crew.cancel_scope.cancel()
            await self._crew.__aexit__(None, None, None)
            self._crew = None

    def submit(self, order: Order) -> StudioTask:
        """Begin a task, or return the one that the same key began before.

        Raises `DuplicateKeyError` when the key came with other parameters.
        """
        if self._crew is None:
            raise EngineError("the studio is closed")
        key = (order.account, order.out_task_id) if order.out_task_id else None
        if key is not None and key in self._by_key:
            known = self._by_key[key]
            if known.order.params != order.params:
                raise DuplicateKeyError(
                    f"out_task_id {order.out_task_id} was used with other parameters",
                    "duplicate_out_task_id",
                )
            return known
        task = StudioTask(f"task_{secrets.token_hex(8)}", order, self._house.unix_time())
        self._tasks[task.task_id] = task
        if key is not None:
            self._by_key[key] = task
        self._crew.start_soon(self._produce, task)
        return task

    def all(self) -> tuple[StudioTask, ...]:
        """Every task, in the order of their submits."""
        return tuple(self._tasks.values())

    def statuses(self) -> Counter[Status]:
        """How many tasks stand where."""
        return Counter(task.status for task in self._tasks.values())

    def find(self, account: str, *, task_id: str = "", out_task_id: str = "") -> StudioTask | None:
        """A task of this account, by its id or by the caller's key."""
        if out_task_id:
            return self._by_key.get((account, out_task_id))
        task = self._tasks.get(task_id)
        return task if task is not None and task.order.account == account else None

    def forget_keys(self) -> None:
        """Play a provider that keeps `out_task_id`s no longer; its tasks stay."""
        self._by_key.clear()

    def cancel(self, task: StudioTask) -> None:
        """End a task that hasn't ended; free, as nothing is charged before completion."""
        if task.status not in ENDS:
            self._end(task, "cancelled")
            task.scope.cancel()

    async def clip(self, task_id: str) -> bytes | None:
        """A completed task's clip, drawn again if it was dropped."""
        task = self._tasks.get(task_id)
        if task is None or task.status != "completed":
            return None
        if task_id not in self._clips:
            async with self._drawing:
                self._keep(task_id, await self._house.render(task.order.job))
        self._clips.move_to_end(task_id)
        return self._clips[task_id]

    async def _produce(self, task: StudioTask) -> None:
        with task.scope:
            try:
                async with self._drawing:
                    task.status = "running"
                    await anyio.sleep(self._house.latency_seconds(task.order.job))
                    if task.order.fails_with is not None:
                        code, message = task.order.fails_with
                        raise EngineError(message, code)
                    clip = await self._house.render(task.order.job)
            except MediaError as error:
                self._fail(task, "invalid_param", str(error))
                return
            except EngineError as error:
                self._fail(task, error.code, str(error))
                return
            except Exception as error:
                # An engine is foreign code: its accidents end a task and not the studio.
                self._fail(task, "engine_error", f"{type(error).__name__}: {error}")
                return
            self._keep(task.task_id, clip)
            task.credits = task.order.credits
            self._end(task, "completed")
            order = task.order
            self.ledger.append(
                Charge(
                    order.account,
                    task.task_id,
                    order.out_task_id,
                    order.credits,
                    self._house.unix_time(),
                )
            )

    def _fail(self, task: StudioTask, code: str, message: str) -> None:
        task.error_code, task.error_message = code, message
        self._end(task, "failed")

    def _end(self, task: StudioTask, status: Status) -> None:
        task.status = status
        task.completed_at = self._house.unix_time()

    def _keep(self, task_id: str, clip: bytes) -> None:
        self._clips[task_id] = clip
        held = sum(len(content) for content in self._clips.values())
        while held > CLIPS_BYTES_MAX and len(self._clips) > 1:
            _oldest, content = self._clips.popitem(last=False)
            held -= len(content)
