"""The peer of a run with many tasks in flight: aiohttp, a coroutine a task, and nothing else.

    python -m tests.bench.children.bare_polling TASKS

Begins tasks as far apart as a run does, and asks about each every second for ever.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

import aiohttp

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE, environment


async def _follow(session: aiohttp.ClientSession, delay: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(delay)
    body = {"model": "veo-3.1-fast", "prompt": "A bowl of ramen.", "duration_seconds": 4}
    async with session.post("/v1/tasks/submit", json=body) as answer:
        task_id = (await answer.json())["task_id"]
    begun = loop.time()
    for number in count(1):
        await asyncio.sleep(begun + number - loop.time())
        async with session.get("/v1/tasks/query", params={"task_id": task_id}) as answer:
            if (await answer.json())["status"] != "running":
                return


async def _main(tasks: int) -> None:
    told = environment()
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"x-api-key": told[KEY_VARIABLE]}
    async with aiohttp.ClientSession(
        told[BASE_URL_VARIABLE], connector=connector, headers=headers
    ) as session:
        await asyncio.gather(*(_follow(session, number / tasks) for number in range(tasks)))


if __name__ == "__main__":
    try:
        asyncio.run(_main(int(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
