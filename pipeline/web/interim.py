"""Interim answers (1xx) without an end, which httpx would read for ever: they are no body, so no
limit on bodies counts them.

httpx tells of connections through its `trace` extension alone; there they are watched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERIM_MAX = 100
"""Before one answer: honest servers send one or two."""

_INTERIM = re.compile(rb"HTTP/[0-9]\.[0-9] 1[0-9][0-9]")
_NEW_STREAM = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


async def bounded(event: str, details: Mapping[str, Any]) -> None:
    """A `trace` for a request's extensions: its connection ends at too many interim answers."""
    if event.endswith(_NEW_STREAM):
        _watch(details["return_value"])


def _watch(stream: Any) -> None:
    """Count in what comes, from each request on. Cut between two reads one goes uncounted."""
    read, write = stream.read, stream.write
    count = 0

    async def counting(*args: Any, **more: Any) -> bytes:
        nonlocal count
        data: bytes = await read(*args, **more)
        count += len(_INTERIM.findall(data))
        if count > INTERIM_MAX:
            raise httpx.RemoteProtocolError("interim answers (1xx) without an end")
        return data

    async def forgetting(*args: Any, **more: Any) -> None:
        nonlocal count
        count = 0
        await write(*args, **more)

    stream.read, stream.write = counting, forgetting
