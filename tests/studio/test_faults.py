"""Each fault: what a client sees of it, and what the studio did meanwhile."""

from __future__ import annotations

import gzip
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from tests.support.world import KEY, PROVIDER, World

if TYPE_CHECKING:
    from starlette.types import Message

pytestmark = pytest.mark.anyio
SUBMIT, QUERY, CANCEL = "/v1/tasks/submit", "/v1/tasks/query", "/v1/tasks/cancel"
LATENCY_SECONDS = 30.0
REQUESTS = {
    "submit": ("POST", SUBMIT),
    "query": ("GET", QUERY),
    "cancel": ("POST", CANCEL),
    "models": ("GET", "/v1/models"),
    "clip": ("GET", ""),
}


def order(key: str = "pour.1", **more: Any) -> dict[str, Any]:
    return {
        "model": "veo-3.1-fast",
        "prompt": "a bowl",
        "duration_seconds": 4,
        "out_task_id": key,
        **more,
    }


class Caller:
    """A client that knows nothing of retries: one call is one request."""

    def __init__(self, world: World) -> None:
        self.world = world
        headers = {"x-api-key": KEY}
        self.http = httpx.AsyncClient(transport=world.wire, base_url=PROVIDER, headers=headers)

    async def submit(self, key: str = "pour.1", **more: Any) -> httpx.Response:
        return await self.http.post(SUBMIT, json=order(key, **more))

    async def query(self, key: str = "pour.1") -> httpx.Response:
        return await self.http.post(QUERY, json={"out_task_id": key})

    async def bought(self, key: str = "pour.1") -> dict[str, Any]:
        """A task that has completed, as a query tells it."""
        await self.submit(key)
        await anyio.sleep(LATENCY_SECONDS + 1)
        done: dict[str, Any] = (await self.query(key)).json()
        assert done["status"] == "completed"
        return done

    async def ask(self, endpoint: str, task: dict[str, Any]) -> httpx.Response:
        """A request to this endpoint about a task that has completed."""
        asked: dict[str, Any] = {"json": {"out_task_id": task["out_task_id"]}}
        if endpoint == "query":
            asked = {"params": {"task_id": task["task_id"]}}
        elif endpoint == "submit":
            asked = {"json": order(task["out_task_id"])}
        elif endpoint in {"models", "clip"}:
            asked = {}
        method, path = REQUESTS[endpoint]
        return await self.http.request(method, path or task["result"]["video_url"], **asked)


@pytest.fixture
def caller(world: World) -> Caller:
    """Somebody at the studio's door."""
    return Caller(world)


def statuses(world: World) -> dict[str, int]:
    """How many tasks stand where in the studio, whatever it says outside."""
    return {str(status): count for status, count in world.studio.tasks.statuses().items()}


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_an_error_answer_in_place_of_acting(
    world: World, caller: Caller, endpoint: str
) -> None:
    """`http` gives status, code, message and headers; the reset lies ahead of the studio's time."""
    task = await caller.bought()
    options = "code: api_error, message: busy, headers: {Retry-After: '30'}, reset_in_seconds: 60"
    world.faults(f"{{on: {endpoint}, times: 1, do: {{http: 503, {options}}}}}")
    answer = await caller.ask(endpoint, task)
    assert answer.status_code == 503
    error = {"type": "api_error", "code": "api_error", "message": "busy"}
    assert answer.json() == {"error": error}
    assert answer.headers["retry-after"] == "30"
    reset = int(answer.headers["x-ratelimit-reset"])
    assert 60 <= reset - world.unix_time() < 61
    assert (await caller.ask(endpoint, task)).status_code == 200
    assert world.charges == {"pour.1": 1}


async def test_a_refused_submit_begins_nothing(world: World, caller: Caller) -> None:
    """After an error answer the key is unknown, and the next submit is the first."""
    world.faults("{on: submit, times: 1, do: {http: 500}}")
    assert (await caller.submit()).json()["error"]["code"] == "internal_error"
    assert (await caller.query()).status_code == 404
    assert statuses(world) == {}
    await caller.bought()
    assert world.charges == {"pour.1": 1}


async def test_a_reset_may_lie_in_the_past(world: World, caller: Caller) -> None:
    """A negative `reset_in_seconds` is a clock that goes wrong."""
    world.faults("{on: submit, do: {http: 429, reset_in_seconds: -60}}")
    answer = await caller.submit()
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answer.headers["x-ratelimit-reset"]) < world.unix_time()


async def test_a_status_can_come_without_a_code(world: World, caller: Caller) -> None:
    """The API lists no code for 451; `code: ""` takes another's away."""
    world.faults(
        "{on: submit, times: 1, do: {http: 451}}", '{on: submit, do: {http: 500, code: ""}}'
    )
    assert "code" not in (await caller.submit()).json()["error"]
    assert "code" not in (await caller.submit()).json()["error"]


async def test_a_lost_submit_was_acted_on(world: World, caller: Caller) -> None:
    """The task exists, the way back is its key, and a second submit buys nothing."""
    world.faults("{on: submit, times: 1, do: lost}")
    with pytest.raises(httpx.ReadError):
        await caller.submit()
    assert statuses(world) == {"queued": 1}
    known = (await caller.query()).json()["task_id"]
    assert (await caller.submit()).json()["task_id"] == known
    await caller.bought()
    assert world.charges == {"pour.1": 1}


async def test_a_lost_cancel_was_acted_on(world: World, caller: Caller) -> None:
    """The task is cancelled, though its caller never heard of it."""
    task = (await caller.submit()).json()
    world.faults("{on: cancel, do: lost}")
    with pytest.raises(httpx.ReadError):
        await caller.http.post(f"{CANCEL}/{task['task_id']}")
    assert (await caller.query()).json()["status"] == "cancelled"
    assert not world.charges


async def test_a_reset_submit_was_not_acted_on(world: World, caller: Caller) -> None:
    """The connection is dropped and the studio knows of nothing."""
    world.faults("{on: submit, times: 1, do: reset}")
    with pytest.raises(httpx.ReadError):
        await caller.submit()
    assert statuses(world) == {}
    assert (await caller.query()).status_code == 404
    await caller.bought()
    assert world.charges == {"pour.1": 1}


@pytest.mark.parametrize("fault", ["lost", "reset"])
@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_every_endpoint_can_be_dropped(
    world: World, caller: Caller, endpoint: str, fault: str
) -> None:
    """No answer comes, and the next request is served as ever."""
    task = await caller.bought()
    world.faults(f"{{on: {endpoint}, times: 1, do: {fault}}}")
    with pytest.raises(httpx.ReadError):
        await caller.ask(endpoint, task)
    assert (await caller.ask(endpoint, task)).status_code == 200
    assert world.charges == {"pour.1": 1}


async def test_slow_headers_come_after_the_act(world: World, caller: Caller) -> None:
    """The task has begun long before its submit is answered."""
    world.faults("{on: submit, times: 1, do: {slow_headers: 60}}")
    before = anyio.current_time()
    answer = await caller.http.post(SUBMIT, json=order(), timeout=100)
    assert anyio.current_time() - before == pytest.approx(60)
    assert answer.json()["status"] == "queued"
    assert (await caller.query()).json()["status"] == "completed"
    assert world.charges == {"pour.1": 1}


async def test_whoever_does_not_wait_for_slow_headers_has_bought_all_the_same(
    world: World, caller: Caller
) -> None:
    """A read timeout at submit is a lost answer: the same key leads to the one task."""
    world.faults("{on: submit, times: 1, do: {slow_headers: 60}}")
    with pytest.raises(httpx.ReadTimeout):
        await caller.http.post(SUBMIT, json=order(), timeout=10)
    await caller.bought()
    assert world.charges == {"pour.1": 1}


async def test_a_slow_body_drips(world: World, caller: Caller) -> None:
    """The headers come at once with the whole length, then small pieces till the time is over."""
    task = await caller.bought()
    world.faults("{on: clip, do: {slow_body: 60}}")
    whole = (await caller.ask("clip", task)).content
    begun = anyio.current_time()
    heard = await raw_get(world, task["result"]["video_url"])
    assert heard[0][1]["type"] == "http.response.start"
    assert heard[0][0] == begun
    assert dict(heard[0][1]["headers"])[b"content-length"] == b"%d" % len(whole)
    pieces = heard[1:]
    assert b"".join(message["body"] for _time, message in pieces) == whole
    assert pieces[-1][0] - begun == pytest.approx(60)
    times = [begun, *(time for time, _message in pieces)]
    assert max(b - a for a, b in pairwise(times)) <= 1.001
    assert [message["more_body"] for _time, message in pieces][-2:] == [True, False]


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_a_truncated_body_breaks_off(world: World, caller: Caller, endpoint: str) -> None:
    """The headers announce more than comes, then the connection is gone."""
    task = await caller.bought()
    whole = await caller.ask(endpoint, task)
    world.faults(f"{{on: {endpoint}, times: 1, do: {{truncated: 0.25}}}}")
    got = bytearray()
    answer = await caller.http.send(whole.request, stream=True)
    assert answer.status_code == 200
    announced = int(answer.headers["content-length"])
    with pytest.raises(httpx.ReadError):
        await drain(answer, got)
    await answer.aclose()
    assert announced == pytest.approx(len(whole.content), abs=20)
    assert len(got) == announced // 4
    assert (await caller.ask(endpoint, task)).status_code == 200
    assert world.charges == {"pour.1": 1}


@pytest.mark.parametrize("how", ["cut", "garbled"])
async def test_malformed_json_under_a_200(world: World, caller: Caller, how: str) -> None:
    """The studio acts, says 200, and what it says can't be read; not even of an error."""
    world.faults(f"{{on: submit, times: 1, do: {{malformed: {how}}}}}")
    answer = await caller.submit()
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 0
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    await caller.bought()
    assert world.charges == {"pour.1": 1}
    world.faults(f"{{on: query, do: {{malformed: {how}}}}}")
    assert (await caller.query("unknown")).status_code == 200


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_a_proxys_page(world: World, caller: Caller, endpoint: str) -> None:
    """`html` is a page where JSON or a clip was asked for, with the status that was given."""
    task = await caller.bought()
    world.faults(
        f"{{on: {endpoint}, times: 1, do: html}}",
        f"{{on: {endpoint}, times: 1, do: {{html: 502}}}}",
    )
    for status in (200, 502):
        answer = await caller.ask(endpoint, task)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/html"
        assert answer.text.startswith("<!DOCTYPE html>")
    assert world.charges == {"pour.1": 1}


async def test_a_page_at_submit_means_that_nothing_was_done(world: World, caller: Caller) -> None:
    """The proxy kept the request to itself."""
    world.faults("{on: submit, do: html}")
    await caller.submit()
    assert statuses(world) == {}


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_a_wrong_content_type(world: World, caller: Caller, endpoint: str) -> None:
    """Only the label is wrong, the body is the right one."""
    task = await caller.bought()
    right = await caller.ask(endpoint, task)
    world.faults(f"{{on: {endpoint}, do: {{content_type: text/plain}}}}")
    wrong = await caller.ask(endpoint, task)
    assert wrong.headers.get_list("content-type") == ["text/plain"]
    assert len(wrong.content) == len(right.content)


@pytest.mark.parametrize("endpoint", ["submit", "query", "cancel"])
async def test_an_address_that_has_expired(world: World, caller: Caller, endpoint: str) -> None:
    """The address in the answer is refused, and the next query gives a good one, for nothing."""
    task = await caller.bought()
    world.faults(f"{{on: {endpoint}, times: 1, do: expired_url}}")
    stale = (await caller.ask(endpoint, task)).json()["result"]["video_url"]
    assert (await caller.http.get(stale)).status_code == 403
    fresh = (await caller.ask(endpoint, task)).json()["result"]["video_url"]
    assert (await caller.http.get(fresh)).status_code == 200
    assert world.charges == {"pour.1": 1}


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_clips_host_says_that_it_expired(world: World, caller: Caller, status: int) -> None:
    """A good address is refused as a stale one would be."""
    task = await caller.bought()
    world.faults(f"{{on: clip, times: 1, do: {{expired_url: {status}}}}}")
    refused = await caller.ask("clip", task)
    assert refused.status_code == status
    code = "permission_denied" if status == 403 else "not_found"
    assert refused.json()["error"]["code"] == code
    assert (await caller.ask("clip", task)).status_code == 200


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_a_redirect_elsewhere(world: World, caller: Caller, endpoint: str) -> None:
    """A 302 to the address that was given, in place of acting."""
    task = await caller.bought()
    world.faults(f"{{on: {endpoint}, do: {{redirect: 'https://elsewhere.example/a.mp4'}}}}")
    answer = await caller.ask(endpoint, task)
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://elsewhere.example/a.mp4"
    assert answer.content == b""


async def test_a_task_that_is_stuck(world: World, caller: Caller) -> None:
    """It is shown running long after it has ended; the ledger knows better."""
    world.faults("{on: query, shot: pour, do: stuck}")
    await caller.submit("pour.1")
    await caller.submit("serve.1")
    await anyio.sleep(10 * LATENCY_SECONDS)
    shown = (await caller.query("pour.1")).json()
    assert shown["status"] == "running"
    assert not {"result", "credits", "completed_at"} & set(shown)
    assert (await caller.query("serve.1")).json()["status"] == "completed"
    assert world.charges == {"pour.1": 1, "serve.1": 1}


async def test_a_status_that_goes_back(world: World, caller: Caller) -> None:
    """Every second answer about a task is a step behind, for each task by itself."""
    world.faults("{on: query, do: backwards}")
    for key in ("pour.1", "serve.1"):
        await caller.submit(key)
    await anyio.sleep(1)
    seen = [(await caller.query(key)).json() for key in ("pour.1", "serve.1") * 2]
    assert [task["status"] for task in seen] == ["running", "running", "queued", "queued"]
    await anyio.sleep(LATENCY_SECONDS)
    ends = [(await caller.query("pour.1")).json() for _ in range(4)]
    assert [task["status"] for task in ends] == ["completed", "running"] * 2
    assert ["result" in task for task in ends] == [True, False] * 2
    assert world.charges == {"pour.1": 1, "serve.1": 1}


@pytest.mark.parametrize(
    ("prompt", "end"), [("FAILS", "failed"), ("a bowl", "cancelled")], ids=["failed", "cancelled"]
)
async def test_other_ends_go_back_too(world: World, caller: Caller, prompt: str, end: str) -> None:
    """A failed or cancelled task is running again, every second time."""
    await caller.submit(prompt=prompt)
    await anyio.sleep(1)
    if end == "cancelled":
        await caller.http.post(CANCEL, json={"out_task_id": "pour.1"})
    await anyio.sleep(LATENCY_SECONDS)
    world.faults("{on: query, do: backwards}")
    seen = [(await caller.query()).json() for _ in range(2)]
    assert [task["status"] for task in seen] == [end, "running"]
    assert not {"error_code", "error_message", "completed_at"} & set(seen[1])
    assert not world.charges


async def test_a_status_nobody_documented(world: World, caller: Caller) -> None:
    """The word is shown as it is, without what belongs to an end."""
    await caller.bought()
    world.faults("{on: [query, cancel], do: {unknown_status: archiving}}")
    shown = (await caller.query()).json()
    assert shown["status"] == "archiving"
    assert "result" not in shown


async def test_a_task_that_fails_on_purpose(world: World, caller: Caller) -> None:
    """It runs its time and ends with the code that was asked for, unbilled."""
    world.faults("{on: submit, times: 1, do: {failed: upstream_error, message: no luck}}")
    task = (await caller.submit()).json()
    assert task["status"] == "queued"
    assert (await caller.submit()).json()["task_id"] == task["task_id"]
    await anyio.sleep(LATENCY_SECONDS / 2)
    assert (await caller.query()).json()["status"] == "running"
    await anyio.sleep(LATENCY_SECONDS)
    ended = (await caller.query()).json()
    assert (ended["status"], ended["error_code"]) == ("failed", "upstream_error")
    assert ended["error_message"] == "no luck"
    assert not world.charges


async def test_a_key_keeps_its_task_whether_it_was_to_fail_or_not(
    world: World, caller: Caller
) -> None:
    """A fault on a repeated submit changes nothing about the task that is there."""
    await caller.submit()
    world.faults("{on: submit, do: {failed: upstream_error}}")
    await caller.submit()
    await anyio.sleep(LATENCY_SECONDS + 1)
    assert (await caller.query()).json()["status"] == "completed"
    assert world.charges == {"pour.1": 1}


async def test_a_blocked_prompt_in_both_forms(world: World, caller: Caller) -> None:
    """A 451 begins nothing; as a task it ends with the content policy's code. Neither costs."""
    world.faults(
        "{on: submit, times: 1, do: blocked}", "{on: submit, times: 1, do: {blocked: task}}"
    )
    refused = await caller.submit("pour.1")
    assert refused.status_code == 451
    assert statuses(world) == {}
    assert (await caller.submit("pour.2")).status_code == 200
    await anyio.sleep(LATENCY_SECONDS + 1)
    ended = (await caller.query("pour.2")).json()
    assert (ended["status"], ended["error_code"]) == ("failed", "content_policy_violation")
    assert not world.charges


@pytest.mark.parametrize("endpoint", REQUESTS)
async def test_gzip_that_nobody_asked_for(world: World, caller: Caller, endpoint: str) -> None:
    """The body on the wire is packed, its length that of the packed one."""
    task = await caller.bought()
    right = await caller.ask(endpoint, task)
    world.faults(f"{{on: {endpoint}, do: gzip}}")
    asked = caller.http.build_request("GET", "/v1/models", headers={"accept-encoding": "identity"})
    if endpoint != "models":
        asked = right.request
    answer = await caller.http.send(asked, stream=True)
    packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(packed)
    assert len(gzip.decompress(packed)) == len(right.content)


async def test_an_answer_about_another_task(world: World, caller: Caller) -> None:
    """The id is another's; the studio's own books are not mixed up."""
    task = await caller.bought()
    world.faults("{on: query, times: 1, do: other_task}", "{on: query, do: {other_task: task_9}}")
    other = (await caller.query()).json()["task_id"]
    assert other not in {task["task_id"], "task_9"}
    assert (await caller.query()).json()["task_id"] == "task_9"
    assert world.charges == {"pour.1": 1}


async def test_a_rule_finds_the_shot_in_every_request(world: World, caller: Caller) -> None:
    """By key, by task id in path, query and body, and for the clip; the other shot is spared."""
    tasks = {key: await caller.bought(key) for key in ("pour.t2.1", "serve.1")}
    sabotage = world.faults("{on: any, shot: 'po*', do: {http: 500}}")
    for key, task in tasks.items():  # the middleware is new and learns whose task this is
        told = await caller.http.post(QUERY, json={"task_id": task["task_id"]})
        assert told.status_code == 200, key
    for key, task in tasks.items():
        task_id = task["task_id"]
        by_key, by_id = {"out_task_id": key}, {"task_id": task_id}
        answers = [
            await caller.submit(key),
            await caller.http.get(QUERY, params=by_id),
            await caller.http.post(QUERY, json=by_id),
            await caller.http.post(QUERY, json=by_key),
            await caller.http.post(CANCEL, json=by_key),
            await caller.http.post(f"{CANCEL}/{task_id}"),
            await caller.http.get(task["result"]["video_url"]),
        ]
        expected = 500 if key.startswith("pour") else 200
        assert [answer.status_code for answer in answers] == [expected] * len(answers)
    assert (await caller.http.get("/v1/models")).status_code == 200
    assert sabotage.faults.fired == (7,)


async def test_skip_and_times_count_the_requests_that_match(world: World, caller: Caller) -> None:
    """Two pass, three are hit, the rest pass; other shots and endpoints count for nothing."""
    world.faults("{on: submit, shot: pour, skip: 2, times: 3, do: {http: 503}}")
    seen = []
    for n in range(8):
        seen.append((await caller.submit(f"pour.{n}")).status_code)
        assert (await caller.submit(f"serve.{n}")).status_code == 200
        assert (await caller.query(f"serve.{n}")).status_code == 200
    assert seen == [200, 200, 503, 503, 503, 200, 200, 200]


async def test_chance_is_the_same_under_the_same_seed(world: World, caller: Caller) -> None:
    """A rehearsal can be repeated: one seed, one history; another seed, another."""

    async def history(seed: int) -> list[int]:
        world.faults("{on: models, probability: 0.5, do: {http: 503}}", seed=seed)
        return [(await caller.http.get("/v1/models")).status_code for _ in range(64)]

    first = await history(7)
    assert await history(7) == first
    assert await history(8) != first
    assert set(first) == {200, 503}


async def test_the_studios_own_pages_are_never_touched(world: World, caller: Caller) -> None:
    """The ledger is a witness; and nothing is done to what isn't there."""
    world.faults("{on: any, do: reset}")
    assert (await caller.http.get("/studio/ledger")).status_code == 200
    assert (await caller.http.get("/v1/nothing")).status_code == 404


async def test_a_body_gets_through_whole(world: World, caller: Caller) -> None:
    """Reading a request for its shot takes nothing from it; over 1 MiB it is still a 413."""
    world.faults("{on: submit, shot: nobody, do: reset}")
    assert (await caller.submit(prompt="é" * 200_000)).status_code == 200
    assert (await caller.submit("k.2", prompt="e" * 1024 * 1024)).status_code == 413

    unannounced = httpx.Request("POST", PROVIDER + SUBMIT, headers=caller.http.headers)
    unannounced.stream = spaces = Spaces(1000)
    assert (await caller.http.send(unannounced)).status_code == 413
    assert spaces.left > 900
    assert (await caller.http.post(SUBMIT, content=b"[" * 100_000)).status_code == 400
    assert len(world.studio.tasks.all()) == 1


class Spaces(httpx.AsyncByteStream):
    """A body of so many times 40 kB, of a length that isn't announced."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    def __aiter__(self) -> Spaces:
        return self

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await anyio.lowlevel.checkpoint()
        return b" " * 40_000


@pytest.mark.parametrize("fault", ["lost", "reset", "{truncated: 0.5}"])
async def test_over_a_socket_the_server_is_told_to_abort(
    world: World, caller: Caller, fault: str
) -> None:
    """Where the server offers a way to reset the connection, it is used, after the part."""
    task = await caller.bought()
    whole = (await caller.ask("clip", task)).content
    world.faults(f"{{on: clip, do: {fault}}}")
    heard = await raw_get(world, task["result"]["video_url"], abort=True)
    assert heard[-1][1] == {"type": "aborted"}
    sent = b"".join(message.get("body", b"") for _time, message in heard)
    assert sent == (whole[: len(whole) // 2] if "truncated" in fault else b"")
    assert all(message.get("more_body", True) for _time, message in heard)


async def drain(answer: httpx.Response, into: bytearray) -> None:
    """Receive as much as comes."""
    async for chunk in answer.aiter_raw():
        into += chunk


async def raw_get(world: World, url: str, *, abort: bool = False) -> list[tuple[float, Message]]:
    """What an ASGI server would hear from the app, and when."""
    heard: list[tuple[float, Message]] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        heard.append((anyio.current_time(), message))

    def aborted() -> None:
        heard.append((anyio.current_time(), {"type": "aborted"}))

    parts = urlsplit(url)
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": parts.scheme,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode())],
        "server": (parts.hostname, 443),
        "extensions": {"studio.abort": aborted} if abort else {},
    }
    await world.wire.inner.app(scope, receive, send)
    return heard
