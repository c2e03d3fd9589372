"""Pre-signed addresses of clips, and answers with part of one (RFC 9110, 13 and 14)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from pipeline.studio.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

URL_SECONDS: Final = 24 * 3600
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?!\.)){0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?"
)


class Signer:
    """Signs clips' addresses with a key of this process's own; they are good for 24 hours."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def url(self, origin: str, task_id: str, unix_time: float) -> str:
        """The address of a task's clip, from now on."""
        expires = str(int(unix_time) + URL_SECONDS)
        signature = self._signature(task_id, expires)
        return f"{origin}/studio/clips/{task_id}.mp4?expires={expires}&signature={signature}"

    def check(self, task_id: str, query: Mapping[str, str], unix_time: float) -> None:
        """Raises `RefusalError`: 403 for what we never signed, 410 for what has expired."""
        expires = query.get("expires", "")
        given = query.get("signature", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._signature(task_id, expires).encode()):
            raise RefusalError("the signature does not match", "permission_denied", 403)
        if unix_time >= int(expires):  # we signed it, so it is a number
            raise RefusalError("the address has expired; query the task again", "not_found", 410)

    def _signature(self, task_id: str, expires: str) -> str:
        message = f"{task_id}\n{expires}".encode("utf-8", "replace")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def origin_of(request: Request) -> str:
    """The address at which the caller has reached us, as clips' addresses begin with.

    It is what the Host header says where that is a host at all, else the server's own.
    """
    scope = request.scope
    host = request.headers.get("host", "")
    match = _HOST.fullmatch(host)
    if match is None or int(match[1] or 0) > 65535:
        name, port = scope.get("server") or ("localhost", None)
        name = f"[{name}]" if ":" in name else name
        host = name if port is None else f"{name}:{port}"
    return f"{scope['scheme']}://{host}"


def asked_range(header: str, length: int) -> range | None:
    """The bytes that a Range header asks for; None: all of them.

    A header that isn't understood, or that asks for several ranges, is ignored, as RFC 9110
    allows. An empty range: what was asked for lies beyond the end.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        count = min(int(match[2]), length)
        return range(length - count, length)
    first, last = int(match[1]), int(match[2] or length)
    if match[2] and last < first:
        return None  # RFC 9110, 14.1.1: invalid, hence ignored
    return range(min(first, length), min(last + 1, length))


def clip_answer(clip: bytes, request: Request) -> Response:
    """A clip, or the part of it that was asked for."""
    etag = f'"{hashlib.sha256(clip).hexdigest()}"'
    headers = {"etag": etag, "accept-ranges": "bytes", "cache-control": "private"}
    asked = None
    # A Range on HEAD means nothing, and one for another version of the clip is void.
    if request.method == "GET" and request.headers.get("if-range", etag) == etag:
        asked = asked_range(request.headers.get("range", ""), len(clip))
    if asked is None:
        return Response(clip, media_type="video/mp4", headers=headers)
    if not asked:
        raise RangeError(len(clip))
    headers["content-range"] = f"bytes {asked.start}-{asked.stop - 1}/{len(clip)}"
    part = clip[asked.start : asked.stop]
    return Response(part, 206, media_type="video/mp4", headers=headers)


class RangeError(RefusalError):
    """The range that was asked for has no byte in a clip of `length_bytes`."""

    def __init__(self, length_bytes: int) -> None:
        said = f"the clip has {length_bytes} bytes, and none of those asked for"
        super().__init__(said, "invalid_param", 416)
        self.length_bytes = length_bytes
