"""Redirects to where nobody may be led, and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.proof.hostile.answer import DEEP, SIGNATURE, Answer, http

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def of_redirects(statuses: tuple[int, ...]) -> Iterator[Answer]:
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


def of_refusals() -> Iterator[Answer]:
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
