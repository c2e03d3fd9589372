"""Which provider a pass is rendered at, and the connection to it: the gateway, or the studio."""

from __future__ import annotations

import os
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.errors import CredentialsError, UsageError
from pipeline.tasks_api.exchange import unlogged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    import httpx

    from pipeline.rendering.gateway import Gateway
    from pipeline.storyboard.catalog import Catalog
    from pipeline.tasks_api.exchange import Log

KEY_VARIABLE = "BYTESPIKE_API_KEY"
BASE_URL_VARIABLE = "SHOTMAKE_BASE_URL"
DEFAULT_BASE_URL = "https://llm.bytespike.ai"
STUDIO = "studio"
ANIMATIC = "animatic"
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|[0-9a-fA-F:]+")
_STUDIO_URL = "http://localhost"
_STUDIO_CADENCE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Destination:
    """A pass and where it is rendered; `why` is for the first line that a command prints."""

    pass_name: str
    provider: str
    why: str

    @property
    def free(self) -> bool:
        """Drawn on this machine."""
        return self.provider == STUDIO


def choose(asked: str | None, environ: Mapping[str, str]) -> Destination:
    """The pass to render: the one asked for, else by whether there is a key.

    Raises `UsageError` for a base URL that can't be one, and for a pass without a name: a variable
    that was never set must not buy the draft.
    """
    if asked is not None and not asked.strip():
        raise UsageError("--pass names no pass; write one, or leave --pass out")
    has_key = bool(environ.get(KEY_VARIABLE))
    name = asked or ("draft" if has_key else ANIMATIC)
    said = f"{KEY_VARIABLE} is {'set' if has_key else 'not set'}"
    if name == ANIMATIC:
        why = "asked for" if asked else said
        return Destination(name, STUDIO, f"pass animatic, drawn on this machine at no cost ({why})")
    provider = base_url(environ)
    return Destination(
        name, provider, f"pass {name} at {provider} ({'asked for' if asked else said})"
    )


def left_out(storyboard: Path, destination: Destination) -> str:
    """What is said of a board that lacks the pass, while others have it."""
    return f"{storyboard}: left out, as it has no pass {destination.pass_name}"


def base_url(environ: Mapping[str, str]) -> str:
    """The gateway's address without a slash at its end. Raises `UsageError`."""
    url = environ.get(BASE_URL_VARIABLE, "").strip() or DEFAULT_BASE_URL
    try:
        parts = urlsplit(url)
        plausible = bool(_HOST.fullmatch(parts.hostname or "")) and parts.port != 0
    except ValueError:  # how urllib says that brackets don't match, or that a port is none
        plausible = False
    if not plausible or parts.scheme not in {"https", "http"} or parts.username or parts.query:
        raise UsageError(
            f"{BASE_URL_VARIABLE} is no address of a gateway (https://…, or http on this machine); "
            f"unset it for {DEFAULT_BASE_URL}"
        )
    if re.search(r"/v1(/tasks)?/?$", parts.path):
        raise UsageError(f"{BASE_URL_VARIABLE} ends in {parts.path}: leave that away, it is added")
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "http" and not local:
        raise UsageError(f"{BASE_URL_VARIABLE} is not https: the key would travel in the open")
    return url.rstrip("/")


def api_key(destination: Destination, environ: Mapping[str, str]) -> str:
    """The key for a provider. Raises `CredentialsError` when there is none that could be one."""
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise CredentialsError(
            f"pass {destination.pass_name} is rendered at {destination.provider} and needs a key: "
            f"set {KEY_VARIABLE}, or use --pass {ANIMATIC}, which is free"
        )
    if not key.isascii() or not key.isprintable():
        raise CredentialsError(f"{KEY_VARIABLE} holds characters that no key has; copy it again")
    return key


@asynccontextmanager
async def connect(
    destination: Destination,
    catalog: Catalog,
    environ: Mapping[str, str],
    *,
    download_hosts: Sequence[str] = (),
    log: Log = unlogged,
) -> AsyncIterator[Gateway]:
    """Open the connection; clips may come from `download_hosts`, too.

    Raises `CredentialsError` when there is no key for a provider, `UsageError` for what is no
    host's name.
    """
    import logging  # noqa: PLC0415 (a run with nothing to do never gets here)
    import random  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    from pipeline.rendering.gateway import Gateway  # noqa: PLC0415
    from pipeline.storyboard.catalog import CadenceWindow  # noqa: PLC0415
    from pipeline.tasks_api.client import Surroundings, TasksClient  # noqa: PLC0415
    from pipeline.tasks_api.download import Downloads  # noqa: PLC0415
    from pipeline.tasks_api.hosts import HostRule  # noqa: PLC0415
    from pipeline.web.routes import open_client, way_to  # noqa: PLC0415

    for name in ("httpx", "httpcore"):
        # They log whole addresses, signatures included, wherever somebody has turned logging on.
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    surroundings = Surroundings(time.time, random.random)
    if destination.free:
        async with (
            _studio(catalog) as transport,
            httpx.AsyncClient(transport=transport) as downloads,
        ):
            yield Gateway(
                provider=STUDIO,
                client=TasksClient(transport, _STUDIO_URL, ANIMATIC, surroundings, log),
                downloads=Downloads(downloads, HostRule(_STUDIO_URL), None, log),
                models=catalog,
                own_cadence=(CadenceWindow(_STUDIO_CADENCE_SECONDS, None),),
                free=True,
            )
        return
    key = api_key(destination, environ)
    rule = HostRule(destination.provider, download_hosts)
    tls = httpx.create_ssl_context()  # one for both: hundreds of authorities take a while to load
    async with way_to(destination.provider, tls) as way, open_client(tls) as downloads:
        yield Gateway(
            provider=destination.provider,
            client=TasksClient(way, destination.provider, key, surroundings, log),
            downloads=Downloads(downloads, rule, log=log),
            models=catalog,
        )


@asynccontextmanager
async def _studio(catalog: Catalog) -> AsyncIterator[httpx.ASGITransport]:
    import httpx  # noqa: PLC0415

    from pipeline.studio.animatic import draw  # noqa: PLC0415
    from pipeline.studio.app import Studio  # noqa: PLC0415
    from pipeline.studio.images import ImageFetcher  # noqa: PLC0415
    from pipeline.studio.tasks import House  # noqa: PLC0415
    from pipeline.studio.workers import cores, in_processes  # noqa: PLC0415

    async with ImageFetcher() as fetch:
        house = House(in_processes(draw), cores(), time.time, fetch_image=fetch)
        studio = Studio(catalog, house, free=True)
        async with studio.tasks:
            yield httpx.ASGITransport(app=studio.app)


def concurrency(asked: int | None, environ: Mapping[str, str]) -> int:
    """How many tasks may be in flight. Raises `UsageError`."""
    text = str(asked) if asked is not None else environ.get("SHOTMAKE_CONCURRENCY", "5")
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 2000:
        raise UsageError(f"a concurrency of {text!r} can't be: a whole number from 1 to 2000")
    return int(text)


def environment() -> Mapping[str, str]:
    """The process's environment, read here and nowhere else."""
    return os.environ
