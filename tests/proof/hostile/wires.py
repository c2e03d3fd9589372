"""What HTTP itself is made to say."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from tests.proof.hostile.answer import Answer, http

if TYPE_CHECKING:
    from collections.abc import Iterator

_CRUMBS = b"1\r\n \r\n" * 5000
_CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


def of_wires(good: bytes) -> Iterator[Answer]:
    """What HTTP itself is made to say; `good` is a body that would do."""
    packed, bomb, flat = gzip.compress(good), _bomb(64 * 1024 * 1024), zlib.compress(good)
    for label, body, encoding in (
        ("gzip, unasked", packed, "gzip"),
        ("gzip bomb", bomb, "gzip"),
        ("gzip bomb in gzip", gzip.compress(bomb), "gzip, gzip"),
        ("gzip, not said", packed, None),
        ("gzip bomb, not said", bomb, None),
        ("deflate", flat, "deflate"),
        ("deflate bomb", zlib.compress(b" " * (64 * 1024 * 1024), 9), "deflate"),
        ("no gzip, but said", good, "gzip"),
        ("br, but said", good, "br"),
        ("zstd, but said", good, "zstd"),
        ("an encoding of escapes", good, "\x1b[2J"),
        ("identity, thrice", good, "identity, identity, identity"),
    ):
        said = () if encoding is None else (f"Content-Encoding: {encoding}",)
        yield Answer(f"wire: {label}", http(body, "200 OK", *said))
    for label, length in (
        ("one more than there is", str(len(good) + 1)),
        ("a gigabyte", "1073741824"),
        ("10**30", "1" + "0" * 30),
        ("none", "0"),
        ("half", str(len(good) // 2)),
        ("negative", "-1"),
        ("in words", "many"),
        ("signed", "+5"),
        ("twice", f"5, {len(good)}"),
        ("empty", ""),
    ):
        head = http(good, "200 OK", f"Content-Length: {length}")
        yield Answer(f"wire: a length that is {label}", head)
    chunked = "Transfer-Encoding: chunked"
    for label, body in (
        ("that end at once", b"0\r\n\r\n"),
        ("that never end", b"5\r\nhello\r\n"),
        ("without a size", b"hello\r\n0\r\n\r\n"),
        ("of a negative size", b"-5\r\nhello\r\n0\r\n\r\n"),
        ("of a huge size", b"FFFFFFFFFFFFFFFFF\r\nhello"),
        ("of a long size", b"0" * 10_000 + b"5\r\nhello\r\n0\r\n\r\n"),
        ("with endless extensions", b"5;" + b"x" * 200_000 + b"\r\nhello\r\n0\r\n\r\n"),
        ("with trailers", b"0\r\nx-api-key: @SECRET@\r\n\r\n"),
        ("of NULs", b"\0\0\0\0"),
    ):
        yield Answer(f"wire: chunks {label}", http(body, "200 OK", chunked))
    both = http(good, "200 OK", chunked, f"Content-Length: {len(good)}")
    yield Answer("wire: chunked and a length", both)
    yield from _of_heads(good)


def _of_heads(good: bytes) -> Iterator[Answer]:
    head = b"HTTP/1.1 200 OK\r\n"
    for label, wire in (
        ("nothing", b""),
        ("HTTP/0.9", good),
        ("garbage", bytes(range(256)) * 4),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/9.9", b"HTTP/9.9 200 OK\r\n\r\n" + good),
        ("ICY", b"ICY 200 OK\r\n\r\n" + good),
        ("a status line alone", b"HTTP/1.1 200 OK\r\n"),
        ("half a status line", b"HTTP/1.1 2"),
        ("status 99", b"HTTP/1.1 99 x\r\n\r\n"),
        ("status 000", b"HTTP/1.1 000 x\r\n\r\n"),
        ("status 999", b"HTTP/1.1 999 x\r\n\r\n"),
        ("status of letters", b"HTTP/1.1 abc x\r\n\r\n"),
        ("status of ten digits", b"HTTP/1.1 2000000000 x\r\n\r\n"),
        ("a reason of escapes", b"HTTP/1.1 400 \x1b[2J\x1b]0;owned\x07\r\n\r\n"),
        ("a reason of 60,000", b"HTTP/1.1 400 " + b"x" * 60_000 + b"\r\n\r\n"),
        ("a header of 200,000", head + b"X: " + b"x" * 200_000 + b"\r\n\r\n"),
        ("20,000 headers", head + b"X: y\r\n" * 20_000 + b"\r\n"),
        ("a folded header", head + b"X: y\r\n z\r\n\t@SECRET@\r\n\r\n" + good),
        ("the key in a broken header", head + b"X: y\r@SECRET@\r\n\r\n" + good),
        ("a header without a name", head + b": y\r\n\r\n"),
        ("a header with NUL", head + b"X: a\0b\r\n\r\n"),
        ("a bare line feed", head.replace(b"\r", b"") + b"X: y\n\n" + good),
        ("no UTF-8 in a header", head + b"X: \xff\xfe\r\nContent-Type: \xff\r\n\r\n" + good),
        ("switching protocols", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + good),
        ("1,000 times 1xx", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 1000 + http(good)),
        ("1xx and no more", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("cookies", http(good, "200 OK", "Set-Cookie: x-api-key=stolen; Domain=127.0.0.1")),
        ("another answer behind", http(good) + http(b'{"task_id": "smuggled"}')),
        ("odd quota", http(good, "200 OK", "X-Quota-Remaining-Credits: 1e999")),
        ("no quota", http(good, "200 OK", "X-Quota-Remaining-Credits: NaN")),
        ("204", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("205 with a body", http(good, "205 Reset Content")),
        ("206", http(good, "206 Partial Content", "Content-Range: bytes 5-9/10")),
        ("304", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    ):
        yield Answer(f"wire: {label}", wire)
    for label, wire, repeat, slowly in (
        ("an endless body", head + b"\r\n", b" " * 65_536, False),
        ("an endless body of chunks", head + b"Transfer-Encoding: chunked\r\n\r\n", _CHUNK, False),
        ("endless tiny chunks", head + b"Transfer-Encoding: chunked\r\n\r\n", _CRUMBS, False),
        ("endless headers", head, b"X: y\r\n" * 1000, False),
        ("an endless header", head + b"X: ", b"y" * 65_536, False),
        ("an endless status line", b"HTTP/1.1 200 ", b"O" * 65_536, False),
        ("endless 1xx", b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, False),
        ("dripping headers", head, b"X: y\r\n", True),
        ("a dripping header", head + b"X: ", b"y", True),
        ("a dripping body", head + b"Content-Length: 1000000\r\n\r\n", b" ", True),
        ("a dripping end", head + b"\r\n" + good, b" ", True),
        ("dripping 1xx", b"", b"HTTP/1.1 102 Processing\r\n\r\n", True),
    ):
        # Once: a flood of heads costs whoever reads it a core until the time is up, each time.
        yield Answer(f"wire: {label}", wire, repeat, slowly, times=None if slowly else 1)
    for label, wire in (
        ("at once", b""),
        ("after the status line", head),
        ("after the headers", head + b"Content-Length: 99\r\n\r\n"),
        ("in the midst", head + b"Content-Length: 99\r\n\r\n" + good[:20]),
    ):
        yield Answer(f"wire: silence {label}", wire, hangs=True)


def _bomb(size: int) -> bytes:
    return gzip.compress(b" " * size, 9, mtime=0)
