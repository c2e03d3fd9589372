"""One provider as a run sees it: its client, its models, and how a clip comes home from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ApiError, MediaError
from pipeline.media.probe import probe, verify
from pipeline.media.stills import data_url
from pipeline.rendering.states import Failure
from pipeline.storyboard.catalog import frame_size
from pipeline.storyboard.shots import Still
from pipeline.tasks_api.download import download

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from pipeline.rendering.board import Board
    from pipeline.rendering.states import Clip
    from pipeline.storyboard.catalog import Model
    from pipeline.storyboard.shots import Request
    from pipeline.tasks_api.cadence import Window
    from pipeline.tasks_api.client import TasksClient
    from pipeline.tasks_api.download import HostRule
    from pipeline.tasks_api.wire import Task

_BODY_BYTES_MAX = 1024 * 1024
_BODY_BYTES_BESIDES = 4096
"""Room in a submit's body for all but the prompt and the image."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """`downloads` holds no credentials; `own_cadence` replaces every model's (the studio's).
    `free`: nothing is ever billed here.
    """

    provider: str
    client: TasksClient
    downloads: httpx.AsyncClient
    rule: HostRule
    models: Mapping[str, Model]
    own_cadence: Sequence[Window] = ()
    free: bool = False

    def cadence(self, model: str) -> Sequence[Window]:
        """How often this model's tasks are asked about; empty where nobody knows the model."""
        known = self.models.get(model)
        return self.own_cadence or (known.cadence if known else ())

    def image(self, request: Request) -> str | None:
        """The init image as it is sent: a URL, `data:` for a local still. Raises `MediaError`."""
        still = request.init_image
        if not isinstance(still, Still):
            return still
        # JSON escapes may make a prompt's bytes six times as many; never count on less.
        room = _BODY_BYTES_MAX - _BODY_BYTES_BESIDES - 6 * len(request.prompt)
        frame = frame_size(request.aspect, request.resolution)
        try:
            content = still.path.read_bytes()
        except OSError as error:
            raise MediaError(f"{still.name}: can't be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != still.sha256:
            # What was planned and recorded is another request than this one would be.
            raise MediaError(f"{still.name}: changed during the run, so it was not sent; run again")
        try:
            return data_url(content, frame, room)
        except MediaError as error:
            raise MediaError(f"{still.name}: {error}") from error

    async def fetch(self, board: Board, render: str, task: Task) -> Clip:
        """Download a completed task's clip, verify it against its request, and store it.

        A clip that plays, but isn't what was asked for, is stored all the same, with the
        difference on record: it is paid for. Raises `ApiError` or `MediaError`; then nothing is
        stored, and the task is still there.
        """
        if task.video_url is None:
            raise ApiError(f"task {task.task_id} is completed, but its answer names no clip")
        asked = board.record(render).request
        part = board.folder.part(render)
        fetched = await download(self.downloads, self.rule, task.video_url, part)
        try:
            footage = probe(part)
        except MediaError as error:
            part.unlink(missing_ok=True)
            raise MediaError(f"the clip of task {task.task_id} can't be used: {error}") from error
        difference = None
        try:
            verify(footage, asked["duration"], frame_size(asked["aspect"], asked["resolution"]))
        except MediaError as error:
            difference = Failure("clip_differs", str(error), retryable=False)
        return board.store(render, fetched, footage, difference)
