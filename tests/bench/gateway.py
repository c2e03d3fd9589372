"""A gateway that is quick and remembers when it was asked: the tasks API as far as runs need it.

    python -m tests.bench.gateway [--seconds S] [--clip FILE]

Prints its address, then serves until it is ended. Tasks run for ever, or are completed after S
seconds; every clip is FILE. /bench/answered and /bench/tasks tell what has been asked, by the clock
that all processes of this machine share (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

_HEADERS = {
    "X-RateLimit-Limit": "1000000",
    "X-RateLimit-Remaining": "999999",
    "X-Quota-Remaining-Credits": "1000000",
}
_CREDITS = 0.18
_BACKLOG = 4096


@dataclass
class Task:
    """When its submit was answered, and when it was asked about."""

    answered: float
    polls: array[float] = field(default_factory=lambda: array("d"))


@dataclass
class Tasks:
    """All tasks by their ids, and what answers for them."""

    seconds: float | None
    clip: Path | None
    by_id: dict[str, Task] = field(default_factory=dict)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Any request's answer."""
        now = time.monotonic()
        match request.method, request.path:
            case "GET", "/v1/tasks/query":
                return self._status(request, now)
            case "POST", "/v1/tasks/submit":
                return _json(self._begin(await request.json()))
            case "GET", "/bench/answered":
                times = [task.answered for task in self.by_id.values()]
                known = {"first": min(times), "last": max(times)} if times else {}
                return _json({"count": len(times), **known})
            case "GET", "/bench/tasks":
                tasks = self.by_id.values()
                return _json([[task.answered, *task.polls] for task in tasks])
            case "GET", path if path.startswith("/clips/") and self.clip is not None:
                return web.FileResponse(self.clip)  # the kernel sends it: sendfile(2)
        return web.Response(status=404)

    def _begin(self, order: dict[str, Any]) -> dict[str, Any]:
        task_id = f"task_{len(self.by_id):06}"
        # As late as can be: what the way back takes is the client's lateness and not its earliness.
        self.by_id[task_id] = Task(time.monotonic())
        return {
            "task_id": task_id,
            "out_task_id": order.get("out_task_id"),
            "status": "queued",
            "estimated_credits": _CREDITS,
        }

    def _status(self, request: web.BaseRequest, now: float) -> web.Response:
        task_id = request.query.get("task_id", "")
        task = self.by_id.get(task_id)
        if task is None:
            error = {
                "type": "invalid_request_error",
                "code": "task_not_found",
                "message": "unknown",
            }
            return _json({"error": error}, 404)
        task.polls.append(now)
        if self.seconds is None or now < task.answered + self.seconds:
            return _json({"task_id": task_id, "status": "running"})
        url = f"http://{request.host}/clips/{task_id}.mp4"
        result = {"video_url": url, "duration_seconds": 4, "resolution": "720p"}
        done = {"task_id": task_id, "status": "completed", "result": result, "credits": _CREDITS}
        return _json(done)


def _json(document: object, status: int = 200) -> web.Response:
    body = json.dumps(document).encode()
    return web.Response(body=body, status=status, content_type="application/json", headers=_HEADERS)


async def _serve(tasks: Tasks) -> None:
    runner = web.ServerRunner(web.Server(tasks.answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=_BACKLOG)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)  # noqa: T201 (whoever has started it reads this)
    await asyncio.Event().wait()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--clip", type=Path)
    args = parser.parse_args()
    asyncio.run(_serve(Tasks(args.seconds, args.clip)))


if __name__ == "__main__":
    main()
