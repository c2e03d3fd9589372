"""The studio keeps the contract: shapes, errors, keys, addresses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from pipeline.studio.app import Studio
from pipeline.studio.tasks import House
from tests.support.world import CATALOG, KEY, PROVIDER, World

if TYPE_CHECKING:
    from pipeline.studio.engine import Job

pytestmark = pytest.mark.anyio
ORDER: dict[str, Any] = {
    "model": "veo-3.1-fast",
    "prompt": "a bowl",
    "duration_seconds": 4,
    "resolution": "720p",
    "aspect_ratio": "16:9",
    "seed": 7,
    "out_task_id": "k1",
}


def studio_of(world: World, key: str = KEY) -> httpx.AsyncClient:
    headers = {"x-api-key": key} if key else {}
    return httpx.AsyncClient(transport=world.wire, base_url=PROVIDER, headers=headers)


async def test_the_model_pages_example(world: World) -> None:
    """Submit, query until completed, fetch the clip: as the model page tells it."""
    http = studio_of(world)
    submitted = (await http.post("/v1/tasks/submit", json=ORDER)).json()
    assert submitted["status"] == "queued"
    assert submitted["estimated_credits"] == pytest.approx(0.18)
    await anyio.sleep(1)
    asked = {"task_id": submitted["task_id"]}
    assert (await http.get("/v1/tasks/query", params=asked)).json()["status"] == "running"
    await anyio.sleep(60)
    done = (await http.get("/v1/tasks/query", params=asked)).json()
    assert done["status"] == "completed"
    assert done["credits"] == pytest.approx(0.18)
    assert done["result"]["duration_seconds"] == 4
    assert done["result"]["resolution"] == "720p"
    clip = await httpx.AsyncClient(transport=world.wire).get(done["result"]["video_url"])
    assert clip.headers["content-type"] == "video/mp4"
    assert clip.content[4:8] == b"ftyp"


async def test_the_tasks_references_shape_is_accepted(world: World) -> None:
    """Parameters under `params`, queries by POST with either id, Bearer credentials."""
    nested = {name: ORDER[name] for name in ("prompt", "duration_seconds", "seed")}
    body = {
        "model": "veo-3.1-fast",
        "params": nested,
        "out_task_id": "k2",
        "callback_url": "https://x.test",
    }
    http = studio_of(world, key="")
    http.headers["authorization"] = f"Bearer {KEY}"
    task = (await http.post("/v1/tasks/submit", json=body)).json()
    assert task["out_task_id"] == "k2"
    for asked in ({"task_id": task["task_id"]}, {"out_task_id": "k2"}):
        assert (await http.post("/v1/tasks/query", json=asked)).json()["task_id"] == task["task_id"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": "veo-9"}, "model_not_found"),
        ({"prompt": " "}, "invalid_param"),
        ({"prompt": None}, "invalid_param"),
        ({"duration_seconds": 6}, "invalid_param"),
        ({"duration_seconds": 0}, "invalid_param"),
        ({"duration_seconds": True}, "invalid_param"),
        ({"duration_seconds": 2.5}, "invalid_param"),
        ({"resolution": "1080p"}, "invalid_param"),
        ({"aspect_ratio": "4:3"}, "invalid_param"),
        ({"seed": "7"}, "invalid_param"),
        ({"style_preset": "anime"}, "invalid_param"),
        ({"image_init": "ftp://x.test/a.png"}, "invalid_param"),
        ({"image_init": "data:image/png;base64,***"}, "invalid_param"),
        ({"out_task_id": ""}, "invalid_param"),
    ],
)
async def test_a_wrong_order_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    """What the model's page doesn't allow is a 400 in the documented envelope, and is not begun."""
    answer = await studio_of(world).post("/v1/tasks/submit", json=ORDER | change)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert not world.studio.tasks.statuses()


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("POST", "/v1/tasks/submit", b"{", 400, "invalid_param"),
        ("POST", "/v1/tasks/submit", b"[" * 100_000, 400, "invalid_param"),
        ("POST", "/v1/tasks/submit", b"[]", 400, "invalid_param"),
        ("POST", "/v1/tasks/submit", b"x" * (1024 * 1024 + 1), 413, "request_entity_too_large"),
        ("GET", "/v1/tasks/query", b"", 400, "invalid_param"),
        ("GET", "/v1/tasks/query?task_id=a&out_task_id=b", b"", 400, "invalid_param"),
        ("GET", "/v1/tasks/query?task_id=a", b"", 404, "task_not_found"),
        ("POST", "/v1/tasks/query", b'{"task_id": 3}', 400, "invalid_param"),
        ("POST", "/v1/tasks/cancel/task_none", b"", 404, "task_not_found"),
        ("GET", "/v1/nothing", b"", 404, "not_found"),
        (
            "GET",
            "/studio/clips/task_x.mp4?expires=9999999999&signature=%C3%A9",
            b"",
            403,
            "permission_denied",
        ),
    ],
)
async def test_errors_come_in_the_envelope(
    world: World, method: str, path: str, content: bytes, status: int, code: str
) -> None:
    """Every refusal has the documented status, envelope and code."""
    answer = await studio_of(world).request(method, path, content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_key_is_needed_and_separates_accounts(world: World) -> None:
    """Without a key: 401. With another one: other tasks, other out_task_ids, another ledger."""
    assert (await studio_of(world, key="").post("/v1/tasks/submit", json=ORDER)).status_code == 401
    mine, other = studio_of(world), studio_of(world, key="sk-byts-other")
    task_id = (await mine.post("/v1/tasks/submit", json=ORDER)).json()["task_id"]
    asked = {"task_id": task_id}
    assert (await other.get("/v1/tasks/query", params=asked)).status_code == 404
    assert (await other.post("/v1/tasks/submit", json=ORDER)).json()["task_id"] != task_id
    await anyio.sleep(60)
    (charge,) = (await mine.get("/studio/ledger")).json()["charges"]
    assert (charge["task_id"], charge["out_task_id"]) == (task_id, "k1")


async def test_an_address_expires_and_a_fresh_one_is_free(world: World) -> None:
    """After 24 h the clip's address is refused; a new query gives one that works."""
    http, plain = studio_of(world), httpx.AsyncClient(transport=world.wire)
    task_id = (await http.post("/v1/tasks/submit", json=ORDER)).json()["task_id"]
    await anyio.sleep(60)
    asked = {"task_id": task_id}
    old = (await http.get("/v1/tasks/query", params=asked)).json()["result"]["video_url"]
    assert (await plain.get(old)).status_code == 200
    assert (await plain.get(old.replace("signature=", "signature=0"))).status_code == 403
    await anyio.sleep(24 * 3600)
    assert (await plain.get(old)).status_code == 410
    fresh = (await http.get("/v1/tasks/query", params=asked)).json()["result"]["video_url"]
    assert (await plain.get(fresh)).status_code == 200
    assert len(world.charges) == 1


async def test_an_inline_image_reaches_the_engine(world: World) -> None:
    """A data URL's bytes are the job's init image."""
    seen: list[Job] = []

    async def render(job: Job) -> bytes:
        seen.append(job)
        return b"clip"

    studio = Studio(CATALOG, House(render, 1, world.unix_time), free=False)
    image = base64.b64encode(b"picture").decode()
    body = ORDER | {"image_init": f"data:image/png;base64,{image}"}
    async with studio.tasks:
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=studio.app),
            base_url=PROVIDER,
            headers={"x-api-key": KEY},
        )
        assert (await http.post("/v1/tasks/submit", json=body)).status_code == 200
        await anyio.sleep(1)
    assert [job.init_image for job in seen] == [b"picture"]


async def test_the_models_are_listed(world: World) -> None:
    """`GET /v1/models` names all nine."""
    listed = (await studio_of(world).get("/v1/models")).json()
    assert listed["object"] == "list"
    assert len(listed["data"]) == 9
