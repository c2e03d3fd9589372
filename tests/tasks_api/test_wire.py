"""The protocol's bytes, against the contract's own examples."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ProtocolError
from pipeline.tasks_api.wire import Task, encode_submit, parse_error, parse_task

ANSWERS: list[tuple[dict[str, Any], Task]] = [
    (
        {"task_id": "task_1", "status": "queued", "estimated_credits": 0.18},
        Task("task_1", "open", "queued", estimated_credits=0.18),
    ),
    (
        {"task_id": "task_1", "out_task_id": "k", "status": "pending", "estimated_seconds": 30},
        Task("task_1", "open", "pending", out_task_id="k"),
    ),
    ({"task_id": "task_1", "status": "running"}, Task("task_1", "open", "running")),
    (
        {"task_id": "task_1", "status": "failed", "result": {"video_url": "https://cdn/part"}},
        Task("task_1", "failed", "failed"),
    ),
    (
        {
            "task_id": "task_1",
            "status": "completed",
            "result": {"video_url": "https://cdn/x", "duration_seconds": 4, "resolution": "720p"},
            "credits": 0.18,
        },
        Task("task_1", "completed", "completed", credits=0.18, video_url="https://cdn/x"),
    ),
    (
        {
            "task_id": "task_1",
            "out_task_id": "k",
            "status": "completed",
            "credits_used": 1.47,
            "output": [{"type": "video", "url": "https://cdn/y", "width": 1280, "height": 720}],
        },
        Task(
            "task_1",
            "completed",
            "completed",
            credits=1.47,
            video_url="https://cdn/y",
            out_task_id="k",
        ),
    ),
    (
        {
            "task_id": "task_1",
            "status": "failed",
            "error_code": "content_policy_violation",
            "error_message": "no",
        },
        Task(
            "task_1",
            "failed",
            "failed",
            error_code="content_policy_violation",
            error_message="no",
        ),
    ),
    ({"task_id": "task_1", "status": "cancelled"}, Task("task_1", "cancelled", "cancelled")),
    ({"task_id": "t", "status": "reticulating"}, Task("t", "open", "reticulating")),
]


@pytest.mark.parametrize(("answer", "task"), ANSWERS)
def test_both_documented_shapes_are_understood(answer: dict[str, Any], task: Task) -> None:
    """The answers of the model page and of the tasks reference, extra fields and all."""
    assert parse_task(json.dumps(answer | {"new_field": {"x": 1}}).encode(), "query") == task


def test_the_flat_shape_is_sent() -> None:
    """Authored names become the model page's wire names; the key stands at the top."""
    fields = {
        "model": "veo-3.1-fast",
        "prompt": "…",
        "duration": 4,
        "resolution": "720p",
        "aspect": "16:9",
        "seed": 7,
        "init_image": {"path": "bowl.jpg", "sha256": "…"},
    }
    assert encode_submit(fields, "key", "https://x.test/bowl.jpg") == {
        "model": "veo-3.1-fast",
        "prompt": "…",
        "duration_seconds": 4,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "seed": 7,
        "image_init": "https://x.test/bowl.jpg",
        "out_task_id": "key",
    }
    assert "image_init" not in encode_submit(fields, "key", None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>Bad gateway</html>", "not JSON"),
        (b"[1]", "no object"),
        (b'{"object": "list"}', "no task_id"),
        (b'{"task_id": 3, "status": "queued"}', "no task_id"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_another_answer_is_said_clearly(content: bytes, says: str) -> None:
    """What is neither shape is named, with where to look."""
    with pytest.raises(ProtocolError, match=says):
        parse_task(content, "GET /v1/tasks/query")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_task_or_our_error(content: bytes) -> None:
    """No answer of a server's escapes as a foreign exception."""
    assert isinstance(parse_error(content).message, str)
    with contextlib.suppress(ProtocolError):
        assert parse_task(content, "query").task_id


@pytest.mark.parametrize(
    "credits",
    ["1", -1, True, None, [], "NaN", 1e400, pytest.param(10**400, id="400 digits"), 10**13],
)
def test_credits_that_are_no_amount_are_unknown(credits: object) -> None:
    """Unknown is unknown, never 0."""
    content = json.dumps({"task_id": "t", "status": "completed", "credits": credits}).encode()
    assert parse_task(content, "query").credits is None


def test_a_task_does_not_show_its_signed_address() -> None:
    """`repr`, as in a traceback, holds no signed URL."""
    assert "secret" not in repr(Task("t", "completed", "completed", video_url="https://x/?secret"))


@pytest.mark.parametrize(
    "task_id",
    [
        "../../x",
        "/etc/passwd",
        ".",
        "..",
        "...",
        "a b",
        "a\x00b",
        "a\r\nx-api-key: b",
        "x" * 300,
        "sk-1234",
    ],
)
def test_an_id_that_cannot_be_one_is_refused(task_id: str) -> None:
    """An id goes into paths, records and messages: a path, a control character, a text without end
    or the caller's own key is none."""
    answer = json.dumps({"task_id": task_id, "status": "queued"}).encode()
    with pytest.raises(ProtocolError, match="can't be the id"):
        parse_task(answer, "GET x", "sk-1234")


def test_a_status_is_told_without_the_key() -> None:
    """A status is shown to people as it came, so nothing secret is left in it."""
    answer = json.dumps({"task_id": "t", "status": "queued for sk-1234"}).encode()
    assert parse_task(answer, "GET x", "sk-1234").status == "queued for [key]"
