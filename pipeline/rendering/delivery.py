"""Bringing a completed task's clip home: fetched, verified, stored.

The task is paid for, so nothing here gives it up for good: what can't be had now is left with the
provider, and the next run collects it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from pipeline.errors import ApiError, CredentialsError, MediaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.rendering.board import Board
    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.states import Clip
    from pipeline.tasks_api.wire import Task

_TRIES = 4


async def bring_home(
    gateway: Gateway, board: Board, render: str, task: Task, on_wait: Callable[[str], None]
) -> Clip:
    """Download, verify and store the clip of `task`; `on_wait` is told why it takes longer.

    Raises `ApiError` or `MediaError` when it can't be had now, `OSError` or `FolderError` when it
    can't be written.
    """
    tries = 1
    while True:
        try:
            if task.video_url is None or tries > 1:
                task = await gateway.client.query(task.task_id)
            return await gateway.fetch(board, render, task)
        except (ApiError, MediaError) as error:
            if isinstance(error, CredentialsError) or tries == _TRIES:
                raise
            on_wait(str(error))
            await anyio.sleep(tries)
            tries += 1
