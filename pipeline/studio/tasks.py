"""The studio's task table: what a provider keeps of its tasks, without the HTTP."""

from __future__ import annotations

import math
import secrets
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Self

import anyio

from pipeline.errors import MediaError
from pipeline.studio.accounts import Accounts, Charge, Ledger
from pipeline.studio.engine import EngineError, Job
from pipeline.studio.refusals import RefusalError
from pipeline.studio.shelves import ImageStore, Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
ENDS: Final = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Order:
    """A submit that passed every check.

    `account` is the SHA-256 of the caller's key, `fingerprint` that of model and parameters:
    what de-duplication compares. `image` is the init image, its bytes or its http(s) address;
    the job is without it. `credits` is the price of the whole clip. `fails_with` is the code
    and message of a failure on purpose, for the task that it begins.
    """

    account: str
    out_task_id: str | None
    fingerprint: bytes
    job: Job
    resolution: str
    credits: float
    image: bytes | str | None = None
    fails_with: tuple[str, str] | None = None


@dataclass(slots=True)
class StudioTask:
    """One task and where it stands. Times are Unix seconds.

    `credits` is what was charged, once it has ended; `image_digest` names its init image.
    """

    task_id: str
    order: Order
    submitted_at: float
    latency_seconds: float = 0.0
    status: Status = "queued"
    began: float | None = None
    completed_at: float | None = None
    credits: float | None = None
    error_code: str = ""
    error_message: str = ""
    image_digest: str | None = None
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the studio holds; beyond it, what ended longest ago is let go of.

    `open_tasks` of all accounts together, and the bytes of the init images that they need:
    beyond these a submit is refused. `ended_tasks` are remembered, the bytes of clips and
    of their images kept. A clip that was dropped is drawn again when somebody asks for it.
    """

    open_tasks: int = 5000
    open_image_bytes: int = 512 * 1024 * 1024
    ended_tasks: int = 4000
    clip_bytes: int = 256 * 1024 * 1024
    ended_image_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class House:
    """How the studio works.

    `render` draws a clip off the event loop; `workers` is how many tasks run at once;
    `latency_seconds` is added to each, to play a slower provider. `concurrency` tasks an
    account may have in flight and `wallet_credits` spend (None: no limit). With
    `bills_cancelled` a task that is cancelled while it runs costs what has been rendered.
    `fetch_image` gets an init image that is given by address: its bytes, None when it can't
    be had, or `EngineError` when it must not be fetched.
    """

    render: Callable[[Job], Awaitable[bytes]]
    workers: int
    unix_time: Callable[[], float]
    latency_seconds: Callable[[Job], float] = lambda _job: 0.0
    concurrency: int | None = None
    wallet_credits: float | None = None
    bills_cancelled: bool = False
    fetch_image: Callable[[str], Awaitable[bytes | None]] | None = None
    bounds: Bounds = Bounds()


class TaskTable:
    """All tasks of all accounts. Enter it before submitting; leaving it stops the drawing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tasks: dict[str, StudioTask] = {}
        self._by_key: dict[tuple[str, str], StudioTask] = {}
        self._ended: deque[str] = deque()
        self._clips = Shelf(house.bounds.clip_bytes)
        self._images = ImageStore(house.bounds.ended_image_bytes)
        self._running = anyio.CapacityLimiter(house.workers)
        self._again = anyio.CapacityLimiter(1)  # dropped clips don't wait behind the queue
        self._crew: TaskGroup | None = None
        self.accounts = Accounts(house.wallet_credits, house.concurrency)
        self.ledger = Ledger()

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

        Raises `RefusalError`: the key came with other parameters, too much is in flight or
        waiting, or the wallet can't cover it.
        """
        if self._crew is None:
            raise RefusalError("the studio is closed", "api_error", 503)
        key = (order.account, order.out_task_id or "")
        known = self._by_key.get(key)
        if known is not None:
            if known.order.fingerprint != order.fingerprint:
                said = "out_task_id was used before, with other parameters"
                raise RefusalError(said, "duplicate_out_task_id", 409)
            return known
        self._admit(order)
        task = StudioTask(
            f"task_{secrets.token_hex(8)}",
            order,
            self._house.unix_time(),
            self._house.latency_seconds(order.job),
        )
        if isinstance(order.image, bytes):
            task.image_digest = self._images.hold(order.image)
            task.order = replace(order, image=None)
        self._tasks[task.task_id] = task
        if order.out_task_id is not None:
            self._by_key[key] = task
        self._crew.start_soon(self._produce, task)
        return task

    def _admit(self, order: Order) -> None:
        bounds = self._house.bounds
        if (
            len(self._tasks) - len(self._ended) >= bounds.open_tasks
            or self._images.needed_bytes >= bounds.open_image_bytes
        ):
            raise RefusalError("too much is waiting in the studio", "concurrency_limit", 429)
        self.accounts.admit(order.account, order.credits)

    def all(self) -> tuple[StudioTask, ...]:
        """Every task that is remembered, in the order of their submits."""
        return tuple(self._tasks.values())

    def statuses(self) -> Counter[Status]:
        """How many of the tasks that are remembered stand where."""
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
        """End a task that hasn't ended. What a running one has rendered may be charged."""
        if task.status in ENDS:
            return
        charged = 0.0
        if self._house.bills_cancelled and task.began is not None and task.latency_seconds > 0:
            part = min((anyio.current_time() - task.began) / task.latency_seconds, 1.0)
            seconds = task.order.job.duration_seconds
            charged = round(task.order.credits * math.ceil(part * seconds) / seconds, 4)
        self._end(task, "cancelled", charged)
        task.scope.cancel()

    async def clip(self, task_id: str) -> bytes | None:
        """A completed task's clip, drawn again if it was dropped; None when that can't be."""
        clip = self._clips.get(task_id)
        if clip is not None:
            return clip
        async with self._again:
            clip = self._clips.get(task_id)  # somebody else may have asked for it meanwhile
            task = self._tasks.get(task_id)
            if clip is not None or task is None or task.status != "completed":
                return clip
            job = task.order.job
            if task.image_digest is not None:
                image = self._images.get(task.image_digest)
                if image is None:
                    return None
                job = replace(job, init_image=image)
            clip = await self._house.render(job)
            if task_id in self._tasks:
                self._clips.put(task_id, clip)
            return clip

    async def _produce(self, task: StudioTask) -> None:
        with task.scope:
            try:
                async with self._running:
                    task.status = "running"
                    task.began = anyio.current_time()
                    job = await self._with_image(task)
                    await anyio.sleep(task.latency_seconds)
                    if task.order.fails_with is not None:
                        code, message = task.order.fails_with
                        raise EngineError(message, code)
                    clip = await self._house.render(job)
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
            if task.status not in ENDS:  # cancelled in the moment in which the clip was ready
                self._clips.put(task.task_id, clip)
                self._end(task, "completed", task.order.credits)

    async def _with_image(self, task: StudioTask) -> Job:
        """The task's job with its init image, which may have to be fetched first."""
        address = task.order.image
        if isinstance(address, str) and self._house.fetch_image is not None:
            content = await self._house.fetch_image(address)
            if content is not None and task.status not in ENDS:
                task.image_digest = self._images.hold(content)
        if task.image_digest is None:
            return task.order.job
        return replace(task.order.job, init_image=self._images.get(task.image_digest))

    def _fail(self, task: StudioTask, code: str, message: str) -> None:
        if task.status not in ENDS:
            task.error_code, task.error_message = code, message
            self._end(task, "failed", 0.0)

    def _end(
        self, task: StudioTask, status: Literal["completed", "failed", "cancelled"], charged: float
    ) -> None:
        order = task.order
        task.status = status
        task.credits = charged
        task.completed_at = self._house.unix_time()
        self.accounts.settle(order.account, order.credits, charged)
        if status == "completed" or (status == "cancelled" and charged > 0):
            self.ledger.add(
                Charge(
                    order.account,
                    task.task_id,
                    order.out_task_id,
                    charged,
                    task.completed_at,
                    status,
                )
            )
        if task.image_digest is not None:
            self._images.release(task.image_digest)
        self._ended.append(task.task_id)
        while len(self._ended) > self._house.bounds.ended_tasks:
            self._forget(self._ended.popleft())

    def _forget(self, task_id: str) -> None:
        order = self._tasks.pop(task_id).order
        self._clips.drop(task_id)
        key = (order.account, order.out_task_id or "")
        known = self._by_key.get(key)
        if known is not None and known.task_id == task_id:
            del self._by_key[key]
