"""Whole runs against the contract's own examples, answer by answer, in both documented shapes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pipeline.rendering.records import Status
from pipeline.studio.engine import Job
from tests.support.engine import plain
from tests.support.world import KEY, Send, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.anyio
Document = dict[str, Any]
URL = "https://cdn.gateway.test/clips/abc.mp4?expires=1&signature=s"

MODEL_PAGE: list[Document] = [
    {"task_id": "task_7", "status": "queued", "estimated_credits": 0.18},
    {"task_id": "task_7", "status": "queued", "submitted_at": "2026-11-23T12:00:00Z"},
    {"task_id": "task_7", "status": "running"},
    {
        "task_id": "task_7",
        "status": "completed",
        "result": {
            "video_url": URL,
            "duration_seconds": 4,
            "resolution": "720p",
            "aspect_ratio": "16:9",
        },
        "completed_at": "2026-11-23T12:00:30Z",
        "credits": 0.18,
    },
]
TASKS_REFERENCE: list[Document] = [
    {"status": "pending", "estimated_credits": 0.18, "estimated_seconds": 30},
    {"status": "pending"},
    {"status": "running"},
    {
        "status": "completed",
        "credits_used": 0.18,
        "output": [
            {"type": "video", "url": URL, "duration_seconds": 4, "width": 1280, "height": 720}
        ],
    },
]
FAILED: list[Document] = [
    {"task_id": "task_7", "status": "queued"},
    {
        "task_id": "task_7",
        "status": "failed",
        "error_code": "content_policy_violation",
        "error_message": "The prompt was blocked.",
    },
]


class Recorded:
    """Plays recorded answers back, one a request, and notes what it was asked."""

    def __init__(self, answers: list[Document], *, echoes_key: bool) -> None:
        self._answers: Iterator[Document] = iter(answers)
        self._echoes_key = echoes_key
        self.bodies: list[Mapping[str, Any]] = []
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request, _send: Send) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.host == "cdn.gateway.test":
            assert "x-api-key" not in request.headers
            clip = plain(Job("a", "veo-3.1-fast", "a bowl", 4, 1280, 720))
            return httpx.Response(200, content=clip, headers={"content-type": "video/mp4"})
        assert request.headers["x-api-key"] == KEY
        if request.content:
            self.bodies.append(json.loads(request.content))
        answer = next(self._answers)
        if self._echoes_key:
            answer = {"task_id": "task_7", "out_task_id": self.bodies[0]["out_task_id"], **answer}
        return httpx.Response(200, json=answer)


@pytest.mark.parametrize(("answers", "echoes_key"), [(MODEL_PAGE, False), (TASKS_REFERENCE, True)])
async def test_a_run_against_recorded_answers(
    world: World, answers: list[Document], echoes_key: bool
) -> None:
    """Submit, three queries, one download: a clip, its credits, and the flat shape was sent."""
    recorded = Recorded(answers, echoes_key=echoes_key)
    world.wire.meddle = recorded
    report = await world.run(world.film("a bowl"))
    assert report.summary.complete
    record = world.results().records["a"]
    assert (record.status, record.task_id) == (Status.COMPLETED, "task_7")
    assert record.credits == pytest.approx(0.18)
    assert recorded.asked == [
        "POST /v1/tasks/submit",
        *["GET /v1/tasks/query"] * 3,
        "GET /clips/abc.mp4",
    ]
    assert recorded.bodies == [
        {
            "model": "veo-3.1-fast",
            "prompt": "a bowl",
            "duration_seconds": 4,
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "out_task_id": record.out_task_id,
        }
    ]


async def test_a_recorded_block_is_final(world: World) -> None:
    """The contract's failed example: blocked, unbilled, and not bought again."""
    recorded = Recorded(FAILED, echoes_key=False)
    world.wire.meddle = recorded
    report = await world.run(world.film("a bowl"))
    assert report.summary.credits == 0
    record = world.results().records["a"]
    assert record.status is Status.BLOCKED
    assert record.error is not None
    assert record.error.message == "The prompt was blocked."
    assert len(recorded.bodies) == 1


async def test_the_studio_speaks_the_other_shape_too(world: World) -> None:
    """Asked for the tasks reference's shape, the studio serves a whole run in it."""
    statuses = set()

    async def other_shape(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/v1/tasks/"):
            request.url = request.url.copy_merge_params({"shape": "tasks-reference"})
        answer = await send(request)
        if answer.headers["content-type"] == "application/json":
            await answer.aread()
            statuses.add(answer.json()["status"])
            assert "result" not in answer.json()
        return answer

    world.wire.meddle = other_shape
    report = await world.run(world.film("a bowl"))
    assert report.summary.complete
    assert report.summary.credits == pytest.approx(0.18)
    assert statuses == {"pending", "running", "completed"}
