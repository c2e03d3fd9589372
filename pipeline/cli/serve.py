"""`shotmake serve`: the tasks API on this machine, for trying out, rehearsing and testing."""

from __future__ import annotations

import ipaddress
import logging
import random
import signal
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.exits import Exit
from pipeline.errors import UsageError
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.animatic import draw
from pipeline.studio.app import Studio
from pipeline.studio.images import ImageFetcher
from pipeline.studio.server import base_url, listen
from pipeline.studio.server import serve as serve_app
from pipeline.studio.tasks import House
from pipeline.studio.workers import cores, in_processes

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp

    from pipeline.cli.terminal import Terminal
    from pipeline.storyboard.catalog import Catalog
    from pipeline.studio.engine import Job

_GIVEN_KEY = "'<the key that you gave>'"
_ANY_KEY = "sk-byts-studio"
_RUNNING_AT_ONCE = 5000
"""With latencies to play, waiting is most of a task's running; the drawing has its own limit."""


def serve(args: argparse.Namespace, terminal: Terminal) -> Exit:
    """Serve until Ctrl-C or SIGTERM; both are a good end. Raises `UsageError`."""
    keys = _keys(args.api_key)
    if not (keys or _is_loopback(args.host)):
        raise UsageError(
            f"--host {args.host} lets others in: give them a key with --api-key, "
            "or leave --host away for this machine alone"
        )
    catalog = load_catalog()
    wrap: Callable[[ASGIApp], ASGIApp] | None = None
    if args.faults is not None:
        from pipeline.cli.faults import load_faults  # noqa: PLC0415 (few ask for it)

        wrap = load_faults(Path(args.faults), lambda line: terminal.say(line, "yellow"))
    with closing(listen(args.host, args.port)) as bound:
        # It warns when a drawing process that we ended was reaped before its watcher looked.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        anyio.run(partial(_serve, args, terminal, catalog, keys, wrap, bound))
    return Exit.COMPLETE


async def _serve(
    args: argparse.Namespace,
    terminal: Terminal,
    catalog: Catalog,
    keys: Sequence[str],
    wrap: Callable[[ASGIApp], ASGIApp] | None,
    bound: socket.socket,
) -> None:
    def log(method: str, path: str, status: str) -> None:
        terminal.say(f"{method} {path} {status}")

    async def interrupted() -> None:
        _greet(terminal, bound, keys, chosen=args.port != 0)
        async for _signal in signals:
            return

    latency = partial(_latency, catalog, args.latency, random.Random(args.seed))  # noqa: S311 (no secret)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with ImageFetcher() as fetch:
            house = House(
                in_processes(draw),
                _RUNNING_AT_ONCE if args.latency else cores(),
                time.time,
                latency,
                concurrency=args.concurrency,
                wallet_credits=args.wallet,
                bills_cancelled=args.latency > 0,
                fetch_image=fetch,
            )
            studio = Studio(catalog, house, free=False, keys=keys or None, shape=args.shape)
            app = wrap(studio.app) if wrap else studio.app
            async with studio.tasks:
                await serve_app(app, bound, interrupted, log if args.verbose else None)


def _latency(catalog: Catalog, factor: float, chance: random.Random, job: Job) -> float:
    """Seconds, drawn from the model's range in proportion to the clip's length."""
    if not factor:
        return 0.0
    model = catalog[job.model]
    length = job.duration_seconds / model.latency_clip_seconds
    return factor * length * chance.uniform(*model.latency_seconds)


def _greet(terminal: Terminal, bound: socket.socket, keys: Sequence[str], *, chosen: bool) -> None:
    """How to use it, to copy. A key that was given is a secret, and isn't shown."""
    address = base_url(bound)
    say = terminal.say if chosen else terminal.warn  # nobody else can tell a chosen port
    say(f"studio at {address} (Ctrl-C ends it); to use it in another terminal:")
    say(f"export {BASE_URL_VARIABLE}={address}")
    # In quotes: a line that is copied as it stands is no syntax error.
    say(f"export {KEY_VARIABLE}={_GIVEN_KEY if keys else _ANY_KEY}")


def _keys(given: Sequence[str] | None) -> Sequence[str]:
    for key in given or ():
        if not (key.isascii() and key.isprintable() and key.strip() == key != ""):
            raise UsageError("--api-key: a key is made of visible ASCII characters")
    return given or ()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
