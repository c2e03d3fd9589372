"""One answer of a hostile server.

It is bytes on a wire, with tokens in it that the server knows the values of: `@TASK@` and
`@KEY@` (the task and the out_task_id that were asked about), `@CLIP@` (its clip's true address),
`@SECRET@` (the caller's API key), `@SNIFFER@` (host and port of somebody who listens),
`@LENGTH@` (of the body).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SIGNATURE = "f00dfacef00dface"
"""Stands behind `signature=` in every address that a hostile server makes up."""

DEEP = 100_000
"""Levels that no parser should follow."""


@dataclass(frozen=True)
class Answer:
    """`wire` is sent, then `repeat` over and over; `slowly`: a piece in a while. `hangs`: then
    nothing, until the other side leaves. `times`: so often, and then the truth.
    `url` is no answer, but an address that the clip is said to be at.
    """

    name: str
    wire: bytes = b""
    repeat: bytes = b""
    slowly: bool = False
    hangs: bool = False
    times: int | None = None
    url: str | None = None


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer, its length announced unless `headers` say something of it."""
    told = "".join(f"{header}\r\n" for header in headers).encode("latin-1", "replace")
    if b"content-length" not in told.lower() and b"transfer-encoding" not in told.lower():
        told += b"Content-Length: @LENGTH@\r\n"
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\n".encode()
    return head + told + b"\r\n" + body


def mutated(good: bytes, number: int, seed: int | str) -> bytes:
    """Some bytes of an answer flipped, cut out, doubled, put elsewhere, or replaced."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 (not for secrets)
    wire = bytearray(good)
    for _change in range(dice.randint(1, 4)):
        begin = dice.randrange(len(wire) or 1)
        end = min(begin + dice.randint(1, 24), len(wire))
        match dice.randrange(6):
            case 0:
                wire[begin : begin + 1] = bytes([dice.randrange(256)])
            case 1:
                del wire[begin:end]
            case 2:
                wire[begin:begin] = wire[begin:end]
            case 3:
                wire[begin:begin] = dice.choice(_NASTY)
            case 4:
                other = dice.randrange(len(wire) or 1)
                wire[other:other] = wire[begin:end]
            case _:
                wire[begin:end] = dice.randbytes(end - begin)
    return bytes(wire)


_NASTY = (
    *(b"\0", b"\r\n", b"\r\n\r\n", b"\n", b"\x1b[2J", b"\xff", b"\xef\xbb\xbf", b'"', b"{", b"}"),
    *(b"[" * 2000, b"null", b"1e999", b"NaN", b"../", b"\\ud800", b"9" * 400, b"@SECRET@", b","),
    *(b"Content-Encoding: gzip\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 7\r\n"),
)
