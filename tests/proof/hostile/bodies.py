"""JSON that means no good: every field with every odd value, bodies that are something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.proof.hostile.answer import DEEP, SIGNATURE, Answer, http

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def usual(endpoint: str) -> dict[str, str]:
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


def as_object(fields: dict[str, str]) -> bytes:
    pairs = ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items())
    return ("{" + pairs + "}").encode("utf-8")


def of_fields(endpoint: str) -> Iterator[Answer]:
    """Every field with every value; with an error's code and words where those are read."""
    for field in usual(endpoint):
        for label, value in _VALUES.items():
            fields = {**usual(endpoint), field: value}
            if field == "output":
                del fields["result"]  # it would be looked at first
            if field == "credits_used":
                del fields["credits"]
            if field.startswith("error_"):
                fields["status"] = '"failed"'
            yield Answer(f"{field}: {label}", http(as_object(fields)))


def of_bodies(endpoint: str) -> Iterator[Answer]:
    good = as_object(usual(endpoint))
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
