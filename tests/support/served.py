"""A studio on a real port of this machine, for clients that are other programs."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from anyio.from_thread import start_blocking_portal

from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.server import base_url, listen, serve
from pipeline.studio.tasks import House
from tests.support.engine import plain

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from anyio.from_thread import BlockingPortal
    from starlette.types import ASGIApp

    from pipeline.studio.engine import Job

KEY = "sk-byts-test"


def quick_house(**options: Any) -> House:
    """A house whose engine draws tiny clips at once, with a wallet that never empties."""
    defaults: dict[str, Any] = {"concurrency": 2000, "wallet_credits": 1e9}
    return House(_render, 8, time.time, **(defaults | options))


async def _render(job: Job) -> bytes:
    return await anyio.to_thread.run_sync(plain, job)


@contextmanager
def served(
    studio: Studio | None = None, wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> Iterator[str]:
    """The address of a studio that is served for as long as the context lasts."""
    with in_a_loop(studio, wrap) as (address, _portal):
        yield address


@contextmanager
def in_a_loop(
    studio: Studio | None = None, wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> Iterator[tuple[str, BlockingPortal]]:
    """The same, with a way into the loop that it is served in."""
    chosen = studio or Studio(load_catalog(), quick_house(), free=False)
    bound = listen("127.0.0.1", 0)
    with start_blocking_portal("asyncio") as portal:
        stop = portal.call(anyio.Event)
        ended = portal.start_task_soon(_serve, chosen, wrap(chosen.app), bound, stop)
        try:
            yield base_url(bound), portal
        finally:
            portal.call(stop.set)
            ended.result()


async def _serve(studio: Studio, app: ASGIApp, bound: socket.socket, stop: anyio.Event) -> None:
    async with studio.tasks:
        await serve(app, bound, stop.wait, None)
