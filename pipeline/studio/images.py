"""Init images that are given by address: fetched from public hosts only, within bounds."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self

from pipeline.errors import AddressError
from pipeline.studio.engine import EngineError
from pipeline.web.fetching import UnreachableError, lookup, public_get
from pipeline.web.routes import open_client

if TYPE_CHECKING:
    import httpx

    from pipeline.web.fetching import Resolve

IMAGE_BYTES_MAX: Final = 16 * 1024 * 1024
FETCH_SECONDS: Final = 10.0


class ImageFetcher:
    """What `House.fetch_image` wants; enter it (`async with`) for as long as it fetches.

    `http` is for tests; else a client is opened when the first image is asked for, as that
    takes longer than a run that has none should wait.
    """

    def __init__(self, http: httpx.AsyncClient | None = None, resolve: Resolve = lookup) -> None:
        self._http = http
        self._resolve = resolve
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._opened.aclose()

    async def __call__(self, address: str) -> bytes | None:
        """The image's bytes; None when its host can't be reached or has no image of 16 MiB.

        An animatic is a preview that works offline, so that is no failure. Raises `EngineError`
        for an address that leads into a private network.
        """
        if self._http is None:
            self._http = await self._opened.enter_async_context(open_client())
        try:
            return await public_get(
                self._http,
                address,
                bytes_max=IMAGE_BYTES_MAX,
                seconds_max=FETCH_SECONDS,
                resolve=self._resolve,
            )
        except AddressError as error:
            raise EngineError(f"image_init: {error}", "invalid_param") from error
        except UnreachableError:
            return None
