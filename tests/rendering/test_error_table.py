"""Every row of the error table, as a whole run meets it: requests counted, waits, exit codes."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.cli.exits import Exit
from pipeline.cli.summary import Outcome
from pipeline.errors import CredentialsError, ShotmakeError
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import Status
from pipeline.rendering.work import Terms
from pipeline.tasks_api.client import Surroundings, TasksClient
from pipeline.tasks_api.connection import ANSWER_SECONDS
from pipeline.tasks_api.refusals import LostAnswerError
from tests.support.world import Send, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pipeline.rendering.notices import Report

pytestmark = pytest.mark.anyio
SUBMIT = "/v1/tasks/submit"


def refused(status: int, code: str, headers: dict[str, str] | None = None) -> httpx.Response:
    said = {"error": {"type": "invalid_request_error", "code": code, "message": "said so"}}
    return httpx.Response(status, json=said, headers=headers)


@dataclass
class Trouble:
    """Answers submits in the studio's place: the first `times` of those that `concern` it."""

    answer: Callable[[], httpx.Response]
    times: int = 999
    concern: str = ""
    met: int = 0

    async def __call__(self, request: httpx.Request, send: Send) -> httpx.Response:
        concerned = request.url.path == SUBMIT and self.concern.encode() in request.content
        if concerned and self.met < self.times:
            self.met += 1
            return self.answer()
        return await send(request)


async def run(world: World, terms: Terms | None = None, shots: int = 4) -> tuple[Report, Exit]:
    """A run of shots `bowl 0` … with the exit code that the command would end with."""
    spec = world.film(*(f"bowl {n}" for n in range(shots)))
    try:
        report = await world.run(spec, terms=terms)
    except ShotmakeError as error:
        return world.report, Outcome(world.report, error).exit
    return report, Outcome(report).exit


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_param", Kind.FAILED),
        (400, "model_not_found", Kind.FAILED),
        (403, "model_not_in_group", Kind.FAILED),
        (404, "not_found", Kind.FAILED),
        (413, "request_entity_too_large", Kind.FAILED),
        (451, "", Kind.BLOCKED),
    ],
)
async def test_what_concerns_one_shot_stops_that_shot_alone(
    world: World, status: int, code: str, kind: Kind
) -> None:
    """Never retried: one POST for the shot, which fails; the others are rendered; exit 1."""
    trouble = Trouble(lambda: refused(status, code), concern="bowl 2")
    world.wire.meddle = trouble
    report, exit_code = await run(world)
    assert trouble.met == 1
    assert report.summary.counts[kind] == 1
    assert report.summary.counts[Kind.RENDERED] == 3
    assert exit_code is Exit.INCOMPLETE
    assert len(world.charges) == 3


@pytest.mark.parametrize(("status", "code"), [(401, "invalid_api_key"), (403, "permission_denied")])
async def test_a_refused_key_stops_the_run_after_one_request(
    world: World, status: int, code: str
) -> None:
    """The key or the address is not allowed: one request in all, nothing in flight, exit 4."""
    world.wire.meddle = Trouble(lambda: refused(status, code))
    _report, exit_code = await run(world, Terms(concurrency=5), shots=20)
    assert len(world.wire.requests) == 1
    assert exit_code is Exit.CREDENTIALS
    assert set(world.results().records) == {"a"}
    assert world.results().records["a"].status is Status.FAILED


async def test_a_key_that_was_refused_is_not_sent_again(world: World) -> None:
    """Once refused, no question and no submit leaves any more, whoever asks."""

    async def refuse(_request: httpx.Request, _send: Send) -> httpx.Response:
        return refused(401, "invalid_api_key")

    world.wire.meddle = refuse
    async with world.gateway() as gateway:
        client = gateway.client
        for ask in (client.query, client.look_up, client.find, client.cancel, client.query):
            with pytest.raises(CredentialsError):
                await ask("task_1")
    assert len(world.wire.requests) == 1


async def test_a_key_that_is_revoked_on_the_way_ends_the_run(world: World) -> None:
    """A 401 in the middle: no request after it; the next run gets what was bought."""
    after = 0

    async def revoke(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal after
        if world.wire.count("/v1/tasks/query") >= 30:
            after += 1
            return refused(401, "invalid_api_key")
        return await send(request)

    world.wire.meddle = revoke
    _report, exit_code = await run(world)
    assert exit_code is Exit.CREDENTIALS
    assert after == 1
    world.wire.meddle = None
    report, exit_code = await run(world)
    assert exit_code is Exit.COMPLETE
    assert report.summary.counts[Kind.RENDERED] == 4
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 4


@pytest.mark.parametrize("code", ["insufficient_balance", "quota_exceeded"])
async def test_no_money_stops_the_submits(world: World, code: str) -> None:
    """402: one POST, nothing more is submitted, exit 3."""
    trouble = Trouble(lambda: refused(402, code))
    world.wire.meddle = trouble
    report, exit_code = await run(world, Terms(concurrency=1))
    assert trouble.met == 1
    assert report.summary.counts[Kind.HELD] == 4
    assert exit_code is Exit.MONEY


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "internal_error"), (502, "api_error"), (503, "api_error"), (504, "timeout"), (502, "")],
)
async def test_a_fault_is_waited_out(world: World, status: int, code: str) -> None:
    """Sent again after 1, 2, 4 and 8 s, so five POSTs: one layer of retries."""
    trouble = Trouble(lambda: refused(status, code), times=4)
    world.wire.meddle = trouble
    _report, exit_code = await run(world, shots=1)
    times = [
        time
        for (_m, path), time in zip(world.wire.requests, world.wire.times, strict=True)
        if path == SUBMIT
    ]
    assert [round(time - times[0], 6) for time in times] == [0, 1, 3, 7, 15]
    assert exit_code is Exit.COMPLETE
    assert set(world.charges.values()) == {1}


async def test_a_fault_that_stays_is_given_up_and_keeps_its_key(world: World) -> None:
    """Five POSTs and the shot fails; the next run sends the very same key."""
    keys: list[bytes] = []

    async def deaf(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == SUBMIT:
            keys.append(request.content)
            if len(keys) <= 5:
                await send(request)  # it did act, whatever its answer says
                return refused(504, "timeout")
        return await send(request)

    world.wire.meddle = deaf
    report, exit_code = await run(world, shots=1)
    assert len(keys) == 5
    assert report.summary.counts[Kind.FAILED] == 1
    assert exit_code is Exit.INCOMPLETE
    _report, exit_code = await run(world, shots=1)
    assert exit_code is Exit.COMPLETE
    assert len(set(keys)) == 1
    assert len(world.charges) == 1


async def test_one_shots_faults_hold_no_other_up(world: World) -> None:
    """While one shot's submit fails five times, the others are rendered."""
    world.wire.meddle = Trouble(lambda: refused(503, "api_error"), concern="bowl 2")
    report, _exit = await run(world)
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.FAILED]) == (3, 1)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        (lambda now: str(now + 120), 120),
        (lambda now: str(now + 10 * 365 * 86400), 300),
        (lambda now: str(now - 60), 2),
        (lambda _now: "0", 2),
        (lambda _now: "-7", 2),
        (lambda _now: "NaN", 2),
        (lambda _now: None, 2),
    ],
)
async def test_an_empty_bucket_holds_the_whole_run_back(
    world: World, reset: Callable[[float], str | None], seconds: float
) -> None:
    """One POST finds the bucket empty; every other shot waits for the same reset, then goes on."""
    said = reset(world.unix_time())
    headers = {} if said is None else {"x-ratelimit-reset": said}
    trouble = Trouble(lambda: refused(429, "rate_limit_exceeded", headers), times=1)
    world.wire.meddle = trouble
    _report, exit_code = await run(world, Terms(concurrency=10), shots=10)
    submits = [
        time
        for (_m, path), time in zip(world.wire.requests, world.wire.times, strict=True)
        if path == SUBMIT
    ]
    assert len(submits) == 11
    assert submits[1] - submits[0] == pytest.approx(seconds, abs=0.1)
    assert exit_code is Exit.COMPLETE


async def test_a_bucket_that_fills_up_after_hours_is_waited_for(world: World) -> None:
    """300 s at a time, and no more than one POST each time, until five hours have passed."""
    filled = world.unix_time() + 5 * 3600
    posts = 0

    async def empty(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal posts
        if request.url.path == SUBMIT and world.unix_time() < filled:
            posts += 1
            return refused(429, "rate_limit_exceeded", {"x-ratelimit-reset": str(filled)})
        return await send(request)

    world.wire.meddle = empty
    _report, exit_code = await run(world, Terms(concurrency=8), shots=8)
    assert exit_code is Exit.COMPLETE
    assert posts <= 5 * 3600 / 300 + 8


async def test_a_bucket_that_stays_empty_stops_the_submits(world: World) -> None:
    """After six hours of waiting the run says so: nothing was bought, nothing failed, exit 1."""
    never = {"x-ratelimit-reset": str(world.unix_time() + 7 * 86400)}
    world.wire.meddle = Trouble(lambda: refused(429, "rate_limit_exceeded", never))
    report, exit_code = await run(world)
    assert report.summary.counts[Kind.HELD] == 4
    assert exit_code is Exit.INCOMPLETE
    assert not world.charges


async def test_a_throttled_query_holds_all_requests_back(world: World) -> None:
    """A 429 to a query: nothing at all is sent till its reset, and nothing is lost by it."""
    until = 0.0

    async def throttle(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal until
        if request.url.path == "/v1/tasks/query" and not until:
            until = anyio.current_time() + 90
            reset = {"x-ratelimit-reset": str(world.unix_time() + 90)}
            return refused(429, "rate_limit_exceeded", reset)
        assert anyio.current_time() >= until
        return await send(request)

    world.wire.meddle = throttle
    _report, exit_code = await run(world, Terms(concurrency=2), shots=6)
    assert exit_code is Exit.COMPLETE
    assert set(world.charges.values()) == {1}


@pytest.mark.parametrize(
    "make", [lambda: refused(503, "api_error"), lambda: httpx.Response(502, text="<html>bad")]
)
async def test_polls_survive_any_number_of_faults(
    world: World, make: Callable[[], httpx.Response]
) -> None:
    """Five minutes of 5xx, timeouts and resets at every query: the task is collected after it."""
    begun = anyio.current_time()
    count = 0

    async def storm(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal count
        if request.url.path == "/v1/tasks/query" and anyio.current_time() - begun < 300:
            count += 1
            if count % 3 == 0:
                raise httpx.ReadError("reset")
            if count % 3 == 1:
                raise httpx.ReadTimeout("")
            return make()
        return await send(request)

    world.wire.meddle = storm
    _report, exit_code = await run(world, shots=2)
    assert count > 60
    assert exit_code is Exit.COMPLETE
    assert world.wire.count(SUBMIT) == 2
    assert set(world.charges.values()) == {1}


async def test_an_unknown_status_is_no_end_and_an_end_is_never_left(world: World) -> None:
    """`reticulating` and `queued` again are waited out; after `completed` no status counts."""
    queries = 0

    async def confuse(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal queries
        answer = await send(request)
        if request.url.path != "/v1/tasks/query":
            return answer
        queries += 1
        await answer.aread()
        said = answer.json()
        if queries <= 3:
            return httpx.Response(
                200, json=said | {"status": ["reticulating", "queued", ""][queries - 1]}
            )
        if queries == 5:  # the first query after completion, for a fresh address
            return httpx.Response(200, json={"task_id": said["task_id"], "status": "running"})
        return answer

    async with World(world.root, latency_seconds=lambda _job: 3.5) as quick:
        quick.wire.meddle = confuse
        original = quick.wire.meddle

        async def cut_first_download(request: httpx.Request, send: Send) -> httpx.Response:
            if request.url.path.startswith("/studio/clips") and queries == 4:
                raise httpx.ReadError("cut")
            return await original(request, send)

        quick.wire.meddle = cut_first_download
        _report, exit_code = await run(quick, shots=1)
        assert exit_code is Exit.COMPLETE
        assert queries >= 5
        assert quick.results().records["a"].credits == pytest.approx(0.18)


async def test_a_wrong_address_stops_the_run_at_the_first_answer(world: World) -> None:
    """A page for people where the API should be: one request, the message says what to check."""
    page = "<!DOCTYPE html><html>Please sign in</html>"
    world.wire.meddle = Trouble(lambda: httpx.Response(200, text=page))
    report, exit_code = await run(world, shots=10)
    assert len(world.wire.requests) == 1
    assert "SHOTMAKE_BASE_URL" in report.summary.halted
    assert "<!DOCTYPE" in report.summary.halted
    assert exit_code is Exit.INCOMPLETE
    assert report.summary.counts[Kind.HELD] == 9
    assert report.summary.counts[Kind.PENDING] == 1  # nobody knows what that page's server did


@pytest.mark.parametrize("status", [301, 404, 405, 501])
async def test_an_address_without_the_api_stops_the_run(world: World, status: int) -> None:
    """A redirect, or a server without that route: one request, and the address is named."""
    world.wire.meddle = Trouble(lambda: httpx.Response(status, text="<html>no</html>"))
    report, _exit = await run(world, shots=10)
    assert len(world.wire.requests) == 1
    assert "SHOTMAKE_BASE_URL" in report.summary.halted
    assert report.summary.counts[Kind.HELD] == 10


async def test_an_unreachable_gateway_is_not_tried_shot_by_shot(world: World) -> None:
    """No connection: the first shot's five tries, then the run stops and says what to check."""

    async def nobody(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ConnectError("all connection attempts failed")

    world.wire.meddle = nobody
    report, exit_code = await run(world, shots=10)
    assert len(world.wire.requests) == 5
    assert report.summary.counts[Kind.HELD] == 10
    assert "network" in report.summary.halted
    assert exit_code is Exit.INCOMPLETE


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (ssl.SSLCertVerificationError("self-signed certificate"), "certificate is not trusted"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS failed"),
    ],
)
async def test_a_tls_error_says_what_to_check(
    world: World, failure: ssl.SSLError, says: str
) -> None:
    """TLS that can't stand is not tried again: one request, and what to check."""

    async def untrusted(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ConnectError("TLS") from failure

    world.wire.meddle = untrusted
    report, _exit = await run(world, shots=10)
    assert len(world.wire.requests) == 1
    assert says in report.summary.halted
    assert "SHOTMAKE_BASE_URL" in report.summary.halted


async def test_a_garbled_answer_to_a_submit_is_asked_for_by_its_key(world: World) -> None:
    """JSON that is cut off, once the API is known: the task is found by its key, bought once."""
    garbled = iter([False, True])

    async def garble(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path == SUBMIT and next(garbled, False):
            await answer.aread()
            return httpx.Response(200, content=answer.content[:20])
        return answer

    world.wire.meddle = garble
    _report, exit_code = await run(world, Terms(concurrency=1), shots=3)
    assert exit_code is Exit.COMPLETE
    assert world.wire.count(SUBMIT) == 3
    assert set(world.charges.values()) == {1}


async def test_an_answer_about_another_task_is_not_believed(world: World) -> None:
    """A query's answer about another task, a submit's about another key: asked again."""

    async def mix_up(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        await answer.aread()
        said = answer.json() if answer.headers["content-type"].startswith("application") else {}
        count = len(world.wire.requests)
        if request.url.path == "/v1/tasks/query" and count % 5 == 0:
            return httpx.Response(200, json=said | {"task_id": "task_other", "status": "failed"})
        if request.url.path == SUBMIT and count == 1:
            return httpx.Response(200, json=said | {"out_task_id": "another"})
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    world.wire.meddle = mix_up
    _report, exit_code = await run(world, shots=2)
    assert exit_code is Exit.COMPLETE
    assert world.wire.count(SUBMIT) == 2
    assert set(world.charges.values()) == {1}


@pytest.mark.parametrize(("retries", "posts"), [(0, 1), (1, 2), (2, 3)])
async def test_a_failed_task_is_bought_again_so_often(
    world: World, retries: int, posts: int
) -> None:
    """`failed` for another reason than content policy: the next attempt, up to --retries."""
    spec = world.film("a cup that FAILS")
    await world.run(spec, terms=Terms(retries=retries))
    assert world.wire.count(SUBMIT) == posts
    assert not world.charges


async def test_a_task_found_after_a_lost_answer_is_on_this_runs_bill(world: World) -> None:
    """Bought, its answer lost, completed before it was found by its key: billed in this run."""
    async with World(world.root, latency_seconds=lambda _job: 0.0) as quick:
        sabotage = quick.faults("{on: submit, skip: 1, times: 1, do: lost}")
        report, _exit = await run(quick, Terms(max_credits=5.0))
        assert sabotage.faults.fired == (1,)
        billed = sum(charge.credits for charge in quick.studio.tasks.ledger)
        assert report.summary.credits == pytest.approx(billed) == pytest.approx(4 * 0.18)


async def test_a_run_that_stops_buying_calls_waiting_submits_off(world: World) -> None:
    """While others wait at a fault, the wallet runs empty: none of them is sent any more."""
    posts: list[float] = []

    async def unwell(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path != SUBMIT:
            return await send(request)
        posts.append(anyio.current_time())
        if b"bowl 3" in request.content:
            return refused(402, "insufficient_balance")
        return (
            refused(503, "api_error") if b"bowl 0" not in request.content else await send(request)
        )

    world.wire.meddle = unwell
    report, exit_code = await run(world, Terms(concurrency=4))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (1, 3)
    assert len(posts) == 4
    assert exit_code is Exit.MONEY
    world.wire.meddle = None
    _report, exit_code = await run(world)
    assert exit_code is Exit.COMPLETE
    assert set(world.charges.values()) == {1}


async def test_an_account_filled_by_others_is_asked_by_few(world: World) -> None:
    """No room at all for ten minutes: a concurrency of 25 comes down to one asking now and then."""
    posts = 0
    begun = anyio.current_time()

    async def full(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal posts
        if request.url.path == SUBMIT and anyio.current_time() - begun < 600:
            posts += 1
            return refused(429, "concurrency_limit")
        return await send(request)

    world.wire.meddle = full
    _report, exit_code = await run(world, Terms(concurrency=25), shots=26)
    assert exit_code is Exit.COMPLETE
    assert posts < 600 / 2 + 150  # one every two seconds, after the way down from 25


async def test_who_was_only_told_to_wait_is_no_doubt(world: World) -> None:
    """Interrupted at a 429, nothing is left that may have been billed."""
    world.wire.meddle = Trouble(lambda: refused(429, "concurrency_limit"))
    spec = world.film("a bowl")
    with anyio.move_on_after(20):
        await world.run(spec)
    assert world.results().records["a"].status is Status.FAILED
    world.wire.meddle = None
    await anyio.sleep(48 * 3600)
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}


async def test_a_409_without_its_task_takes_another_key(world: World) -> None:
    """The key is another request's, and asked for it is unknown: never sent again with that key."""
    keys: list[bytes] = []

    async def contradict(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == SUBMIT:
            keys.append(request.content)
            if len(keys) == 1:
                return refused(409, "duplicate_out_task_id")
        return await send(request)

    world.wire.meddle = contradict
    report, _exit = await run(world, shots=1)
    assert report.summary.counts[Kind.FAILED] == 1
    _report, exit_code = await run(world, shots=1)
    assert exit_code is Exit.COMPLETE
    assert len(set(keys)) == 2
    assert len(world.charges) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(402, "quota_exceeded"), (451, ""), (404, "not_found"), (400, "x")]
)
async def test_one_odd_answer_to_a_poll_is_waited_out(world: World, status: int, code: str) -> None:
    """Whatever a single query is answered, the task that is paid for is followed to its end."""
    odd = iter([True])

    async def once(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/query" and next(odd, False):
            return refused(status, code)
        return await send(request)

    world.wire.meddle = once
    report, _exit = await run(world, shots=1)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


async def test_a_resume_at_an_unreachable_gateway_ends_soon(world: World) -> None:
    """Three open tasks and no connection: five tries in all, and everything stays pending."""
    async with World(world.root, latency_seconds=lambda _job: 600) as slow:
        spec = slow.film("a bowl", "a cup", "a plate")
        await slow.run(spec, terms=Terms(timeout_seconds=5))
        before = len(slow.wire.requests)

        async def nobody(_request: httpx.Request, _send: Send) -> httpx.Response:
            raise httpx.ConnectError("refused")

        slow.wire.meddle = nobody
        report = await slow.run(spec)
        assert report.summary.counts[Kind.PENDING] == 3
        assert len(slow.wire.requests) - before == 5
        slow.wire.meddle = None
        assert (await slow.run(spec)).summary.complete
        assert set(slow.charges.values()) == {1}


async def test_half_a_surrogate_pair_from_a_server_harms_nothing(world: World) -> None:
    """A message that no file can hold is recorded all the same, as the next run shows."""
    said = b'{"error": {"code": "invalid_param", "message": "bad \\ud800 text\\nand lines"}}'
    world.wire.meddle = Trouble(lambda: httpx.Response(400, content=said))
    report, _exit = await run(world, shots=1)
    assert report.summary.counts[Kind.FAILED] == 1
    error = world.results().records["a"].error
    assert error is not None
    assert error.message == "400 invalid_param: bad ? text and lines"


@pytest.mark.parametrize("location", ["https://xn--a/", "https://[::1", "http://a..b/"])
async def test_a_redirect_to_nowhere_ends_no_run(world: World, location: str) -> None:
    """From the API and from the clips' host: one take's trouble, and no traceback."""

    async def astray(request: httpx.Request, send: Send) -> httpx.Response:
        if b"bowl 1" in request.content or request.url.path.startswith("/studio/clips"):
            return httpx.Response(302, headers={"location": location})
        return await send(request)

    world.wire.meddle = astray
    report, exit_code = await run(world, shots=2)
    assert exit_code is Exit.INCOMPLETE
    assert report.summary.counts[Kind.PENDING] >= 1
    world.wire.meddle = None
    assert (await run(world, shots=2))[1] is Exit.COMPLETE
    assert set(world.charges.values()) == {1}


async def test_ends_that_come_at_once_are_attempts_like_any_other(world: World) -> None:
    """A gateway that answers every submit with a failed task gets as many as `--retries` says: who
    could tell that nothing is bought by them?"""

    async def hopeless(_request: httpx.Request, _send: Send) -> httpx.Response:
        return httpx.Response(200, json={"task_id": "task_1", "status": "failed"})

    world.wire.meddle = hopeless
    report, _exit = await run(world, shots=1)
    assert report.summary.counts[Kind.FAILED] == 1
    assert world.wire.count(SUBMIT) == 1 + Terms().retries


async def test_what_completes_at_once_counts_against_the_cap(world: World) -> None:
    """Whose bill that is nobody can say: the cap holds all the same, the sum isn't called exact."""
    number = 0

    async def at_once(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal number
        if request.url.path != SUBMIT:
            return await send(request)
        number += 1
        done = {"task_id": f"task_{number}", "status": "completed", "credits": 0.18}
        return httpx.Response(200, json=done)

    world.wire.meddle = at_once
    report, _exit = await run(world, Terms(max_credits=0.37), shots=6)
    assert number == 2
    assert (report.summary.credits, report.summary.exact) == (0.0, False)
    assert report.summary.earlier_credits == 0.36


class Endless(httpx.AsyncByteStream):
    """A body that never ends; `pause_seconds` between its pieces."""

    def __init__(self, piece: bytes, pause_seconds: float) -> None:
        self._piece = piece
        self._pause = pause_seconds
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(self._pause)
            self.sent += len(self._piece)
            assert self.sent < 1 << 26, "nobody stops reading"
            yield self._piece


# httpx's own generator of chunks: the answer is closed, it is only not read to its end.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("piece", "pause", "says"),
    [(b" " * 65_536, 0.0, "over 1 MiB"), (b" " * 2_000, 5.0, "no_answer")],
    ids=["flood", "drip"],
)
async def test_an_answer_without_end_is_given_up(
    world: World, piece: bytes, pause: float, says: str
) -> None:
    """An answer that floods or drips is a lost one: bounded in bytes and in time."""
    bodies: list[Endless] = []

    async def endless(_request: httpx.Request) -> httpx.Response:
        bodies.append(Endless(piece, pause))
        return httpx.Response(200, stream=bodies[-1])

    way = httpx.MockTransport(endless)
    client = TasksClient(
        way, "https://x.test", "sk-1234", Surroundings(world.unix_time, lambda: 0.5)
    )
    begun = anyio.current_time()
    with pytest.raises(LostAnswerError) as raised:
        await client.query("task_1")
    assert says in f"{raised.value} {raised.value.code}"
    assert bodies[0].sent <= 1024 * 1024 + len(piece)
    assert anyio.current_time() - begun <= ANSWER_SECONDS
