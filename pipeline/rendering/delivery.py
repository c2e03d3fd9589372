"""Bringing a completed task's clip home: fetched, verified, stored.

The task is paid for, so nothing here gives it up for good: what can't be had now is left with the
provider, and the next run collects it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from pipeline.errors import ApiError, CredentialsError, GatewayError, MediaError, ProtocolError
from pipeline.media.probe import probe, verify
from pipeline.rendering.disk import guarded
from pipeline.rendering.records import Failure
from pipeline.storyboard.catalog import frame_size
from pipeline.tasks_api.download import Partial
from pipeline.tasks_api.retry import fault_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.rendering.board import Board
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.records import Clip
    from pipeline.tasks_api.download import Fetched
    from pipeline.tasks_api.wire import Task

TOTAL_SECONDS = 600.0
"""For one clip, all tries and waits included."""

_LIKELY_FOR_GOOD_MAX = 1
"""How often again what another try is unlikely to mend: a clip that can't be played, or that is
too large, or at an address that isn't allowed. A fresh URL may still lead elsewhere.
"""


async def bring_home(
    gateway: Gateway, board: Board, render: str, task: Task, on_wait: Callable[[str], None]
) -> Clip:
    """Download, verify and store the clip of `task`; `on_wait` is told why it takes longer.

    A clip that plays, but isn't what was asked for, is stored all the same, with the difference
    on record: it is paid for. Raises `ApiError` or `MediaError` when none can be had now,
    `FolderError` when it can't be written; then nothing is stored.
    """
    path = board.folder.part(render)
    with guarded(path):
        partial = Partial(path)
        delivery = _Delivery(gateway, board, render, task, partial)
        try:
            with anyio.fail_after(TOTAL_SECONDS):
                return await _insist(delivery, on_wait)
        except TimeoutError:
            said = f"the clip did not come home within {TOTAL_SECONDS / 60:.0f} minutes"
            raise GatewayError(f"{said} ({delivery.came})", code="download") from None
        finally:
            partial.reset()


async def _insist(delivery: _Delivery, on_wait: Callable[[str], None]) -> Clip:
    while True:
        try:
            return await delivery.once()
        except CredentialsError:
            raise
        except (ApiError, MediaError) as error:
            pause = delivery.pause(error)
            if pause is None:
                raise
            on_wait(f"{error}; again in {pause:.0f} s")
        await anyio.sleep(pause)


@dataclass(slots=True)
class _Delivery:
    """One clip's way home, over as many tries as it takes."""

    gateway: Gateway
    board: Board
    render: str
    task: Task
    partial: Partial
    _url: str | None = field(init=False)
    _failures: int = field(init=False, default=0)
    _likely_for_good: int = field(init=False, default=0)
    _bytes_before: int = field(init=False, default=0)
    """The most that was ever there."""

    def __post_init__(self) -> None:
        self._url = self.task.video_url

    @property
    def came(self) -> str:
        """How far it got, in words."""
        return f"{self.partial.bytes} of {self.partial.total or 'an unknown number of'} bytes came"

    async def once(self) -> Clip:
        """One try: with the URL that is known, else with a fresh one, which is free."""
        if self._url is None:
            task = await self.gateway.client.query(self.task.task_id)
            self._url = task.video_url
        if self._url is None:
            raise ProtocolError(
                f"task {self.task.task_id} is completed, but the answer about it names no clip",
                code="no_clip",
            )
        return self._store(await self.gateway.downloads.fetch(self._url, self.partial))

    def pause(self, error: ApiError | MediaError) -> float | None:
        """Seconds until the next try; None: give up for now.

        A try that brought bytes starts the count again, and its URL is still good.
        """
        gained = self.partial.bytes > self._bytes_before
        if isinstance(error, MediaError):
            self.partial.reset()
            gained = False
        if isinstance(error, MediaError) or error.code in {"address", "too_large"}:
            self._likely_for_good += 1
            if self._likely_for_good > _LIKELY_FOR_GOOD_MAX:
                return None
        if gained:
            self._bytes_before = self.partial.bytes
            self._failures = 0
        else:
            self._url = None
        self._failures += 1
        return fault_wait(self._failures)

    def _store(self, fetched: Fetched) -> Clip:
        """See what has come, and put it in its place."""
        asked = self.board.record(self.render).request
        try:
            footage = probe(self.partial.path)
        except MediaError as error:
            said = f"the clip of task {self.task.task_id} can't be used: {error}"
            raise MediaError(said) from error
        difference = None
        try:
            verify(footage, asked["duration"], frame_size(asked["aspect"], asked["resolution"]))
        except MediaError as error:
            difference = Failure("clip_differs", str(error), retryable=False)
        return self.board.store(self.render, fetched, footage, difference)
