"""Fetching clips: without credentials, from allowed hosts, resumed where they were cut.

A clip's URL is signed, a secret: it is in no message, no `repr` and no traceback.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, BinaryIO

from anyio import to_thread

from pipeline.errors import AddressError, GatewayError, ProtocolError, RefusedError
from pipeline.tasks_api.exchange import Exchange, unlogged
from pipeline.web.crumbs import Crumbs
from pipeline.web.fetching import UnreachableError, lookup, opened, plain_length

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from pathlib import Path

    import httpx

    from pipeline.tasks_api.exchange import Log
    from pipeline.tasks_api.hosts import HostRule
    from pipeline.web.fetching import Resolve
    from pipeline.web.urls import Place

CLIP_BYTES_MAX = 512 * 1024 * 1024
_MIB = 1024 * 1024
_BATCH_BYTES = _MIB
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_NO_CLIP = re.compile(r"text/|application/(.*\+)?(json|xml)\b|application/xhtml", re.IGNORECASE)
_STRONG_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was written to the `.part` file."""

    sha256: str
    bytes: int


class Partial:
    """A `.part` file on its way to being whole, over several tries.

    `bytes` of it are there. `validator` names the version that they are of, so that no try goes
    on with another one's bytes; without one a cut clip begins again. What an earlier run has left
    at `path` is removed: it may be another task's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tries = 0
        self.reset()

    def reset(self) -> None:
        """Begin again from nothing. Raises `OSError`."""
        self.path.unlink(missing_ok=True)
        self.bytes = 0
        self.total: int | None = None
        self.validator: str | None = None
        self._hash = hashlib.sha256()

    @property
    def whole(self) -> bool:
        """Whether as much is there as was announced."""
        return self.total is not None and self.bytes == self.total

    @property
    def sha256(self) -> str:
        """Of the bytes that are there, in hex."""
        return self._hash.hexdigest()

    def headers(self) -> dict[str, str]:
        """What asks for the rest (RFC 9110, 13.1.5 and 14.2); empty where all is wanted."""
        if self.bytes and (self.validator is None or self._size() != self.bytes):
            self.reset()
        if not self.bytes or self.validator is None:
            return {}
        return {"range": f"bytes={self.bytes}-", "if-range": self.validator}

    def add(self, chunks: Iterable[bytes], file: BinaryIO) -> None:
        """Append to the file, which is open for that. Raises `OSError`."""
        for chunk in chunks:
            file.write(chunk)
            self._hash.update(chunk)
            self.bytes += len(chunk)

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else -1


@dataclass(frozen=True, slots=True)
class Downloads:
    """Fetches from where `rule` allows. `http` is of `web.open_client`; `resolve` None is for a
    transport within this process.
    """

    http: httpx.AsyncClient
    rule: HostRule
    resolve: Resolve | None = lookup
    log: Log = field(default=unlogged)

    async def fetch(self, url: str, partial: Partial) -> Fetched:
        """Bring what `partial` has not got yet; cut again, it keeps what came.

        Raises `RefusedError` for 4xx (403, 404, 410: query for a fresh URL), `GatewayError` for
        what may pass, `ProtocolError` for a clip that is not fetched: too large, or at an address
        that isn't allowed. `OSError` when it can't be written.
        """
        partial.tries += 1
        asked = partial.headers()

        def seen(place: Place, outcome: str, seconds: float) -> None:
            self.log(Exchange("GET", place.shown, outcome, seconds, partial.tries))

        try:
            async with opened(
                self.http, url, self.rule, resolve=self.resolve, headers=asked, seen=seen
            ) as answer:
                _require_clip(answer, resuming=bool(asked), partial=partial)
                await _save(answer.aiter_raw(), partial)
        except AddressError as error:
            raise ProtocolError(f"the clip is not fetched: {error}", code="address") from None
        except UnreachableError as error:
            if not partial.whole:  # else all of it had come before the connection broke
                raise _cut(f"the clip's download failed: {error}") from None
        return Fetched(partial.sha256, partial.bytes)


def _too_large() -> ProtocolError:
    return ProtocolError(f"the clip is over {CLIP_BYTES_MAX // _MIB} MiB", code="too_large")


def _cut(message: str, status: int | None = None) -> GatewayError:
    return GatewayError(message, code="download", status=status)


def _require_clip(answer: httpx.Response, *, resuming: bool, partial: Partial) -> None:
    """See that the answer's body is the clip, or the asked part of it, and note its length."""
    status = answer.status_code
    if status == 416 and resuming:
        partial.reset()
        raise _cut("the clip's host has no more of it; it is begun again", status)
    if status == 429 or status >= 500:
        raise _cut(f"the clip's host answers {status}", status)
    if status >= 400:
        said = f"the clip's host answers {status}"
        raise RefusedError(said, code="download", status=status)
    if status not in {200, 206} or (status == 206 and not resuming):
        raise _cut(f"the clip's host answers {status}, which nobody asked for", status)
    kind = answer.headers.get("content-type", "")
    if _NO_CLIP.match(kind):
        raise _cut(f"the clip's host answers with a page ({kind[:40]!r}) and not with a clip")
    length = plain_length(answer)
    if status == 206:
        _require_rest(answer.headers, length, partial)
        return
    partial.reset()
    partial.total = length
    partial.validator = validator(answer.headers)
    if (length or 0) > CLIP_BYTES_MAX:
        raise _too_large()


def _require_rest(headers: Mapping[str, str], length: int | None, partial: Partial) -> None:
    """See that a 206 goes on exactly where the file ends, with the same version of the clip."""
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    etag = headers.get("etag", partial.validator)
    fits = match is not None and int(match[1]) == partial.bytes <= int(match[2])
    if match is not None and fits:
        total = None if match[3] == "*" else int(match[3])
        fits = (
            (total is None or int(match[2]) < total)
            and (partial.total is None or total in {None, partial.total})
            and length in {None, int(match[2]) - int(match[1]) + 1}
            # A date can't be held against a tag; then If-Range has the server's word.
            and (not _is_tag(partial.validator) or etag == partial.validator)
        )
        if partial.total is None and fits:
            partial.total = total
    if not fits:
        partial.reset()
        raise _cut("the clip's host sends another part than was asked for; it is begun again")
    if (partial.total or 0) > CLIP_BYTES_MAX:
        raise _too_large()


async def _save(chunks: AsyncIterator[bytes], partial: Partial) -> None:
    crumbs = Crumbs()
    batch = _Batch(partial)
    with partial.path.open("ab") as file:
        try:
            async for chunk in chunks:
                if crumbs.too_many(chunk):
                    raise _cut("the clip's host sends it in thousands of tiny pieces")
                there = partial.bytes + batch.bytes + len(chunk)
                if there > CLIP_BYTES_MAX:
                    raise _too_large()
                if partial.total is not None and there > partial.total:
                    partial.validator = None  # so the next try begins again
                    raise _cut("the clip's host sends more than it announced; it is begun again")
                await batch.add(chunk, file)
        finally:
            partial.add(batch.taken(), file)  # also what came before a cut
    if partial.total is not None and partial.bytes < partial.total:
        raise _cut(f"the clip was cut: {partial.bytes} of {partial.total} bytes")


class _Batch:
    """Chunks on their way to the file. By the megabyte they are written and hashed on a thread of
    their own, while others are received: that takes a fifth off the time of many downloads on two
    cores, and polls don't wait for it. What is less is written at once, as handing it over costs
    more.
    """

    def __init__(self, partial: Partial) -> None:
        self._partial = partial
        self._chunks: list[bytes] = []
        self.bytes = 0
        """How many are waiting."""

    async def add(self, chunk: bytes, file: BinaryIO) -> None:
        """Take one more. Raises `OSError`."""
        self._chunks.append(chunk)
        self.bytes += len(chunk)
        if self.bytes >= _BATCH_BYTES:
            await to_thread.run_sync(self._partial.add, self.taken(), file)

    def taken(self) -> list[bytes]:
        """What is waiting, which waits no longer."""
        chunks, self._chunks, self.bytes = self._chunks, [], 0
        return chunks


def validator(headers: Mapping[str, str]) -> str | None:
    """What names this very version of a clip (RFC 9110, 8.8): a strong ETag, else a date that is
    old enough for nothing to have changed within its second. None: nothing can.
    """
    etag = headers.get("etag", "").strip()
    if _is_tag(etag):
        return etag
    changed = headers.get("last-modified", "").strip()
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, OverflowError):
        return None
    return changed if not etag and age >= _STRONG_AFTER else None


def _is_tag(text: str | None) -> bool:
    return text is not None and re.fullmatch(r'"[\x21\x23-\x7e]*"', text) is not None
