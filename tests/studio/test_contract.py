"""The contract's letter over HTTP: shapes, money, caps, headers, methods, hostile input."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from PIL import Image

from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.animatic import draw
from pipeline.studio.app import Studio, account_of
from pipeline.studio.engine import EngineError
from pipeline.studio.orders import order_from
from pipeline.studio.tasks import Bounds, House
from tests.support.engine import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline.studio.engine import Job

pytestmark = pytest.mark.anyio
CATALOG = load_catalog()
NOON = 1_800_000_000.0
KEY = "sk-byts-secret"
ORDER: dict[str, Any] = {"model": "veo-3.1-fast", "prompt": "a bowl", "duration_seconds": 4}
SUBMIT, QUERY, CANCEL = "/v1/tasks/submit", "/v1/tasks/query", "/v1/tasks/cancel"
ACCOUNTING = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-quota-remaining-credits",
    "x-org-quota-remaining-credits",
)


async def render(job: Job) -> bytes:
    await anyio.lowlevel.checkpoint()
    return plain(job)


def build(house: dict[str, Any] | None = None, **options: Any) -> Studio:
    """A studio whose tasks take 40 s, with a wallet of 10 credits."""
    defaults: dict[str, Any] = {
        "render": render,
        "workers": 100,
        "unix_time": lambda: NOON + anyio.current_time(),
        "latency_seconds": lambda _job: 40.0,
        "wallet_credits": 10.0,
        "concurrency": 3,
        "bills_cancelled": True,
    }
    return Studio(CATALOG, House(**(defaults | (house or {}))), free=False, **options)


def client(studio: Studio, key: str = KEY) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=studio.app, raise_app_exceptions=False),
        base_url="http://studio.test",
        headers={"x-api-key": key} if key else {},
    )


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    entered = build()
    async with entered.tasks:
        yield entered


@pytest.fixture
def http(studio: Studio) -> httpx.AsyncClient:
    return client(studio)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_the_tasks_references_answers(http: httpx.AsyncClient) -> None:
    """With ?shape=tasks-reference a task is told as the tasks reference tells it, to its end."""
    asked = {"shape": "tasks-reference"}
    body = {
        "model": "veo-3.1",
        "params": {"prompt": "a", "duration_seconds": 5, "aspect_ratio": "9:16"},
        "out_task_id": "k",
        "callback_url": "https://x.test/cb",
    }
    submitted = (await http.post(SUBMIT, json=body, params=asked)).json()
    assert submitted == {
        "task_id": submitted["task_id"],
        "out_task_id": "k",
        "status": "pending",
        "estimated_credits": 0.55,
        "estimated_seconds": 40,
    }
    await anyio.sleep(41)
    done = (await http.post(QUERY, json={"out_task_id": "k"}, params=asked)).json()
    (clip,) = done.pop("output")
    assert done == {
        "task_id": submitted["task_id"],
        "out_task_id": "k",
        "status": "completed",
        "credits_used": 0.55,
    }
    assert (await http.get(clip.pop("url"))).status_code == 200
    assert clip == {"type": "video", "duration_seconds": 5, "width": 1080, "height": 1920}


async def test_a_studio_answers_in_the_shape_that_it_was_started_with() -> None:
    """The server's shape is the default; a request may ask for the other; a third is a 400."""
    reference = build(shape="tasks-reference")
    async with reference.tasks:
        http = client(reference)
        assert (await http.post(SUBMIT, json=ORDER)).json()["status"] == "pending"
        other = {"shape": "model-page"}
        assert (await http.post(SUBMIT, json=ORDER, params=other)).json()["status"] == "queued"
        third = {"shape": "round"}
        assert code(await http.post(SUBMIT, json=ORDER, params=third)) == (400, "invalid_param")


async def test_the_same_key_gets_the_same_task_in_whatever_state(http: httpx.AsyncClient) -> None:
    """200 while queued, running, completed and cancelled; other parameters are a 409; one bill."""
    body = ORDER | {"out_task_id": "k"}
    first = (await http.post(SUBMIT, json=body)).json()
    for wait, status in ((0.5, "running"), (60, "completed")):
        await anyio.sleep(wait)
        again = await http.post(SUBMIT, json=body)
        assert (again.status_code, again.json()["status"]) == (200, status)
        assert again.json()["task_id"] == first["task_id"]
        assert again.json()["estimated_credits"] == 0.18
    changed = await http.post(SUBMIT, json=body | {"seed": 1})
    assert code(changed) == (409, "duplicate_out_task_id")
    assert (await http.get("/studio/ledger")).json()["total_credits"] == 0.18


async def test_a_known_key_is_answered_at_the_cap_and_with_an_empty_wallet() -> None:
    """De-duplication comes before 429 and 402: nothing is bought by asking again."""
    poor = build({"wallet_credits": 0.2, "concurrency": 1})
    async with poor.tasks:
        http = client(poor)
        body = ORDER | {"out_task_id": "k"}
        await http.post(SUBMIT, json=body)
        full = await http.post(SUBMIT, json=ORDER)
        assert code(full) == (429, "concurrency_limit")
        assert "x-ratelimit-reset" not in full.headers
        assert (await http.post(SUBMIT, json=body)).status_code == 200
        await anyio.sleep(60)
        empty = await http.post(SUBMIT, json=ORDER)
        assert code(empty) == (402, "insufficient_balance")
        assert empty.headers["x-quota-remaining-credits"] == "0.0200"
        assert (await http.post(SUBMIT, json=body)).json()["status"] == "completed"
        assert len(poor.tasks.ledger) == 1


async def test_cancelling_by_id_and_by_key(http: httpx.AsyncClient) -> None:
    """Either way the state afterwards, again and again; a billed one says what it cost."""
    first = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
    await http.post(SUBMIT, json=ORDER | {"out_task_id": "k"})
    await anyio.sleep(11)
    for _ in range(2):
        by_id = (await http.post(f"{CANCEL}/{first}")).json()
        by_key = (await http.post(CANCEL, json={"out_task_id": "k"})).json()
        assert by_id["status"] == by_key["status"] == "cancelled"
        assert by_id["credits_used"] == by_key["credits_used"] == 0.09
    ledger = (await http.get("/studio/ledger")).json()
    assert {charge["reason"] for charge in ledger["charges"]} == {"cancelled"}
    assert ledger["total_credits"] == 0.18


async def test_a_free_cancel_says_nothing_of_credits(studio: Studio) -> None:
    """Absent is nothing (tasks-api.md); a completed task stays completed, and paid."""
    http = client(studio)
    task_id = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
    cancelled = (await http.post(f"{CANCEL}/{task_id}")).json()
    assert cancelled["status"] == "cancelled"
    assert not {"credits", "credits_used"} & set(cancelled)
    task_id = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
    await anyio.sleep(60)
    late = await http.post(f"{CANCEL}/{task_id}")
    assert (late.status_code, late.json()["status"]) == (200, "completed")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", QUERY, {"task_id": "a", "out_task_id": "b"}),
        ("POST", QUERY, {}),
        ("POST", QUERY, {"task_id": ""}),
        ("POST", QUERY, {"task_id": "a", "nonsense": 1}),
        ("POST", QUERY, {"task_id": ["a"]}),
        ("POST", QUERY, "task"),
        ("POST", CANCEL, {"task_id": "a"}),
        ("POST", CANCEL, {}),
        ("GET", QUERY + "?out_task_id=a", None),
        ("GET", QUERY + "?task_id=a&task_id=b", None),
        ("GET", QUERY + "?task_id=", None),
    ],
)
async def test_exactly_one_id_is_asked_by(
    http: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    """None, both, an empty one or something else beside it: 400."""
    answer = await http.request(method, path, json=body)
    assert code(answer) == (400, "invalid_param")


@pytest.mark.parametrize(
    "content", [b'{"task_id": NaN}', b'{"task_id": -Infinity}', b"\xff\xfe", b""]
)
async def test_what_is_no_json_is_refused(http: httpx.AsyncClient, content: bytes) -> None:
    """Also what Python's reader alone takes for JSON."""
    answer = await http.post(QUERY, content=content)
    assert code(answer) == (400, "invalid_param")
    assert answer.json()["error"]["message"] == "the body is no JSON"


async def test_every_answer_is_accounted_for(studio: Studio) -> None:
    """All five headers on every answer of an account, refusals included; what is in flight is
    reserved. Without an account there are those that don't need one."""
    http = client(studio)
    await http.post(SUBMIT, json=ORDER)
    answers = [
        await http.get("/v1/models"),
        await http.get(QUERY, params={"task_id": "none"}),
        await http.post(SUBMIT, content=b"{"),
        await http.post(SUBMIT, content=b" " * (1024 * 1024 + 1)),
        await http.get("/studio/ledger"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 400, 413, 200]
    for answer in answers:
        assert [float(answer.headers[name]) for name in ACCOUNTING] == [
            10, 9.82, pytest.approx(NOON, abs=100), 9.82, 9.82,
        ]  # fmt: skip
    for path in ("/nothing", "/v1/models", "/openapi.json"):
        answer = await client(studio, key="").get(path)
        assert [name for name in ACCOUNTING if name in answer.headers] == [
            "x-ratelimit-limit",
            "x-ratelimit-reset",
        ]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SUBMIT, {"POST"}),
        (QUERY, {"GET", "HEAD", "POST"}),
        (CANCEL, {"POST"}),
        (CANCEL + "/a", {"POST"}),
        ("/v1/models", {"GET", "HEAD"}),
        ("/studio/ledger", {"GET", "HEAD"}),
        ("/studio/clips/a.mp4", {"GET", "HEAD"}),
        ("/openapi.json", {"GET", "HEAD"}),
    ],
)
async def test_other_methods_are_told_which_are_allowed(
    http: httpx.AsyncClient, path: str, allowed: set[str]
) -> None:
    """405 in the envelope, with Allow (RFC 9110, 15.5.6)."""
    answer = await http.request("DELETE", path)
    assert code(answer) == (405, "invalid_param")
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/v1/models/", "//evil.test/v1/models", "/v1/tasks/submit/"])
async def test_nothing_is_redirected(http: httpx.AsyncClient, path: str) -> None:
    """A redirect would go wherever the Host header says."""
    answer = await http.get(f"http://studio.test{path}", headers={"host": "evil.test"})
    assert code(answer) == (404, "not_found")


async def test_a_clip_in_parts(http: httpx.AsyncClient) -> None:
    """HEAD, a part, the rest under If-Range, and a 416 that says how long the clip is."""
    task_id = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
    await anyio.sleep(60)
    done = (await http.get(QUERY, params={"task_id": task_id})).json()
    url = done["result"]["video_url"]
    whole = await http.get(url)
    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "accept-ranges", "content-type"):
        assert head.headers[name] == whole.headers[name]
    begin = await http.get(url, headers={"range": "bytes=0-99"})
    rest = await http.get(url, headers={"range": "bytes=100-", "if-range": begin.headers["etag"]})
    assert [begin.status_code, rest.status_code] == [206, 206]
    assert begin.content + rest.content == whole.content
    beyond = await http.get(url, headers={"range": f"bytes={len(whole.content)}-"})
    assert code(beyond) == (416, "invalid_param")
    assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"


@pytest.mark.parametrize("expires", ["", "soon", "1e400", "nan", "٣", "-1", "1" * 5000])
async def test_an_address_that_we_never_made_is_refused(
    http: httpx.AsyncClient, expires: str
) -> None:
    """403, whatever `expires` is: the signature is looked at first."""
    query = {"expires": expires, "signature": "0" * 64}
    answer = await http.get("/studio/clips/task_x.mp4", params=query)
    assert code(answer) == (403, "permission_denied")


async def test_a_clip_that_is_gone_is_a_410() -> None:
    """Forgotten with its task, or dropped with its image: its own address says so."""
    forgetful = build({"latency_seconds": lambda _job: 0.0, "bounds": Bounds(ended_tasks=1)})
    async with forgetful.tasks:
        http = client(forgetful)
        task_id = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
        await anyio.sleep(1)
        done = (await http.get(QUERY, params={"task_id": task_id})).json()
        await http.post(SUBMIT, json=ORDER)
        await anyio.sleep(1)
        assert code(await http.get(done["result"]["video_url"])) == (410, "not_found")
        gone = await http.get(QUERY, params={"task_id": task_id})
        assert code(gone) == (404, "task_not_found")


async def test_a_clip_that_cannot_be_drawn_again_is_a_502() -> None:
    """The engine's accident is no 500 of ours: whoever asks may ask again."""
    drawn: list[Job] = []

    async def once(job: Job) -> bytes:
        drawn.append(job)
        if len(drawn) == 3:
            raise EngineError("the process that drew the clip died")
        return await render(job)

    options = {"render": once, "latency_seconds": lambda _job: 0.0, "bounds": Bounds(clip_bytes=0)}
    frail = build(options)
    async with frail.tasks:
        http = client(frail)
        task_id = (await http.post(SUBMIT, json=ORDER)).json()["task_id"]
        await anyio.sleep(1)
        done = (await http.get(QUERY, params={"task_id": task_id})).json()
        await http.post(SUBMIT, json=ORDER)
        await anyio.sleep(1)
        assert code(await http.get(done["result"]["video_url"])) == (502, "api_error")
        assert (await http.get(done["result"]["video_url"])).status_code == 200


async def test_only_the_keys_that_were_given_are_accepted() -> None:
    """With --api-key any other is a 401; `x-api-key` wins over Bearer (tasks-api.md)."""
    locked = build(keys=[KEY, "sk-byts-second"])
    async with locked.tasks:
        assert (await client(locked).get("/v1/models")).status_code == 200
        assert (await client(locked, "sk-byts-second").get("/v1/models")).status_code == 200
        assert code(await client(locked, "other").get("/v1/models")) == (401, "invalid_api_key")
        good = {"authorization": f"Bearer {KEY}"}
        assert (await client(locked, "").get("/v1/models", headers=good)).status_code == 200
        won = await client(locked, "other").get("/v1/models", headers=good)
        assert code(won) == (401, "invalid_api_key")


async def test_the_ledger_names_an_account_and_never_a_key(studio: Studio) -> None:
    """Who, what for, how much and the total; the account is the beginning of the key's SHA-256."""
    http = client(studio)
    for key in ("k1", "k2"):
        await http.post(SUBMIT, json=ORDER | {"out_task_id": key})
    await client(studio, "sk-byts-other").post(SUBMIT, json=ORDER)
    await anyio.sleep(60)
    answer = await http.get("/studio/ledger")
    ledger = answer.json()
    assert ledger["account"] == account_of(KEY)[:12]
    assert ledger["total_credits"] == 0.36
    lines = [(c["account"], c["out_task_id"], c["credits"]) for c in ledger["charges"]]
    assert sorted(lines) == [
        (ledger["account"], "k1", 0.18),
        (ledger["account"], "k2", 0.18),
    ]
    assert "secret" not in answer.text


HOSTILE = {
    "nearly 1 MB": "a bowl of ramen " * 65_000,
    "one word of 1 MB": "x" * 1_000_000,
    "combining marks": "a" + "\u0301" * 400_000,
    "ligatures that grow": "\ufdfa" * 300_000,
    "control characters": "\x00\x1b[31m\x07 a bowl \x7f\x85",
    "half a pair": "\ud800 a bowl \udfff",
    "right to left": "\u202e a bowl \u2066",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_prompt_is_accepted_and_comes_back_from_nowhere(
    http: httpx.AsyncClient, name: str
) -> None:
    """Such a submit is answered, and the real engine draws what it is told of it."""
    body = json.dumps(ORDER | {"prompt": HOSTILE[name], "out_task_id": HOSTILE[name][:256]})
    if len(body) > 1024 * 1024:  # escaped it is too long; as UTF-8 it may not be
        body = json.dumps(json.loads(body), ensure_ascii=False)
    answer = await http.post(SUBMIT, content=body.encode("utf-8", "surrogatepass"))
    assert answer.status_code == 200
    order = order_from(
        ORDER | {"prompt": HOSTILE[name], "duration_seconds": 1}, "me", CATALOG, free=True
    )
    assert draw(order.job)[4:8] == b"ftyp"


@pytest.mark.parametrize(
    "task_id", ["../../etc/passwd", "..%2f..%2fetc", "a%00b", "%", "%ff", "a" * 5000]
)
async def test_ids_from_outside_lead_nowhere(http: httpx.AsyncClient, task_id: str) -> None:
    """An id is looked up in a table and nowhere else: 404, or 403 for a clip nobody signed."""
    asked = await http.get(QUERY, params={"task_id": task_id})
    assert code(asked) == (404, "task_not_found")
    assert len(asked.content) < 300
    assert (await http.post(f"{CANCEL}/{task_id}")).status_code == 404
    assert (await http.get(f"/studio/clips/{task_id}.mp4")).status_code in {403, 404}


async def test_a_picture_of_too_many_pixels_fails_its_task() -> None:
    """A few kilobytes that would unpack to gigabytes: refused before they are unpacked."""
    picture = io.BytesIO()
    Image.new("1", (16_000, 16_000)).save(picture, "PNG")
    assert len(picture.getvalue()) < 100_000

    async def animatic(job: Job) -> bytes:
        return draw(job)

    real = build({"render": animatic})
    async with real.tasks:
        http = client(real)
        url = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
        task_id = (await http.post(SUBMIT, json=ORDER | {"image_init": url})).json()["task_id"]
        await anyio.sleep(60)
        failed = (await http.get(QUERY, params={"task_id": task_id})).json()
        assert (failed["status"], failed["error_code"]) == ("failed", "invalid_param")
        assert (await http.get("/studio/ledger")).json()["total_credits"] == 0


async def test_an_accident_is_an_answer(monkeypatch: pytest.MonkeyPatch, studio: Studio) -> None:
    """Whatever goes wrong inside is a 500 in the envelope, which tells nothing of the inside."""

    def stumble(_order: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(studio.tasks, "submit", stumble)
    answer = await client(studio).post(SUBMIT, json=ORDER)
    assert code(answer) == (500, "internal_error")
    assert answer.json()["error"]["type"] == "api_error"
    assert "inside" not in answer.text
