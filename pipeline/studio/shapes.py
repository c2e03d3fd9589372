"""A task as an answer shows it, in either of the shapes that tasks-api.md gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pipeline.studio.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.studio.tasks import StudioTask

Shape = Literal["model-page", "tasks-reference"]
SHAPES: Final = ("model-page", "tasks-reference")


def shape_named(name: str) -> Shape:
    """Raises `RefusalError` for a name that is no shape's."""
    if name not in SHAPES:
        raise RefusalError(f"shape must be one of {', '.join(SHAPES)}")
    return cast("Shape", name)


def shown_task(task: StudioTask, shape: Shape, clip_url: Callable[[str], str]) -> dict[str, Any]:
    """The answer to a query or a cancel. `clip_url` signs a task's address."""
    order = task.order
    reference = shape == "tasks-reference"
    status = "pending" if reference and task.status == "queued" else task.status
    shown: dict[str, Any] = {"task_id": task.task_id, "status": status}
    if order.out_task_id is not None:
        shown["out_task_id"] = order.out_task_id
    if not reference:
        shown["submitted_at"] = rfc3339(task.submitted_at)
        if task.completed_at is not None:
            shown["completed_at"] = rfc3339(task.completed_at)
    if task.status == "failed":
        shown |= {"error_code": task.error_code, "error_message": task.error_message}
    if task.status == "cancelled" and task.credits:  # absent means that it cost nothing
        shown["credits_used"] = task.credits
    if task.status == "completed":
        shown |= _result(task, clip_url(task.task_id), reference=reference)
    return shown


def shown_submit(task: StudioTask, shape: Shape, clip_url: Callable[[str], str]) -> dict[str, Any]:
    """The answer to a submit: the task as it is, and what it is expected to cost."""
    shown = shown_task(task, shape, clip_url) | {"estimated_credits": task.order.credits}
    if shape == "tasks-reference" and task.latency_seconds > 0:
        shown["estimated_seconds"] = round(task.latency_seconds)
    return shown


def _result(task: StudioTask, url: str, *, reference: bool) -> dict[str, Any]:
    job = task.order.job
    if not reference:
        result = {
            "video_url": url,
            "duration_seconds": job.duration_seconds,
            "resolution": task.order.resolution,
        }
        return {"credits": task.credits, "result": result}
    clip = {
        "type": "video",
        "url": url,
        "duration_seconds": job.duration_seconds,
        "width": job.width,
        "height": job.height,
    }
    return {"credits_used": task.credits, "output": [clip]}


def rfc3339(unix: float) -> str:
    """Unix seconds as `2026-11-23T12:00:00Z`."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
