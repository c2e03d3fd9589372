"""Places among the tasks in flight: fewer when the account is crowded, more as tasks end."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import anyio
import httpx
import pytest

from pipeline.rendering.notices import Kind
from pipeline.rendering.slots import Slot, Slots
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, Send, World

pytestmark = pytest.mark.anyio


async def taken(slots: Slots, number: int) -> list[Slot]:
    return [await slots.acquire() for _ in range(number)]


async def test_a_crowd_lowers_the_limit_once(anyio_backend: object) -> None:  # noqa: ARG001
    """Several refused on their way together are one crowd; a later refusal is another."""
    slots = Slots(20)
    held = await taken(slots, 9)
    async with anyio.create_task_group() as crew:
        for slot in held[6:]:
            crew.start_soon(slot.step_back, 2)
        await anyio.sleep(1)
        assert slots.limit == 6  # eight others were in flight, three quarters of them may be
        for slot in held[:6]:
            slot.release()
    assert slots.held == 3
    for slot in held[6:]:
        slot.release()
    assert slots.held == 0


async def test_the_limit_rises_step_by_step(anyio_backend: object) -> None:  # noqa: ARG001
    """One more place for as many ends as there are places, up to the ceiling and not beyond."""
    slots = Slots(8)
    held = await taken(slots, 8)
    with anyio.move_on_after(1):
        await held[7].step_back(5)
    assert slots.limit == 5
    limits = []
    for _ in range(40):
        held[0].task_ended()
        limits.append(slots.limit)
    assert limits == sorted(limits)
    assert Counter(limits)[5] >= 4
    assert limits[-1] == 8


async def test_the_limit_is_never_below_one(anyio_backend: object) -> None:  # noqa: ARG001
    """Alone and refused all the same, as other runs fill the account: one goes on trying."""
    slots = Slots(5)
    (slot,) = await taken(slots, 1)
    for _ in range(5):
        await slot.step_back(1)
    assert slots.limit == 1
    assert slots.held == 1


async def test_who_stepped_back_comes_first(anyio_backend: object) -> None:  # noqa: ARG001
    """A place that becomes free goes to the one who had one before, not to the next in the row."""
    slots, order = Slots(2), []
    first, second = await taken(slots, 2)

    async def newcomer() -> None:
        await slots.acquire()
        order.append("newcomer")

    async def refused() -> None:
        await second.step_back(5)
        order.append("refused")

    async with anyio.create_task_group() as crew:
        crew.start_soon(newcomer)
        await anyio.sleep(1)
        crew.start_soon(refused)
        await anyio.sleep(10)
        first.release()
        await anyio.sleep(1)
        assert order == ["refused"]
        second.release()
    assert order == ["refused", "newcomer"]


async def test_a_place_is_given_back_by_whoever_is_cancelled(
    anyio_backend: object,  # noqa: ARG001
) -> None:
    """Cancelled in the row, or between being let in and beginning, nobody keeps a place."""
    slots = Slots(1, spacing_seconds=10)
    (slot,) = await taken(slots, 1)
    with anyio.move_on_after(1):
        await slots.acquire()
    slot.release()
    with anyio.move_on_after(1):
        await slots.acquire()  # let in, but its begin is ten seconds after the last one
    assert slots.held == 0
    assert (await slots.acquire()) is not None


class Account:
    """A gateway that has room for so many tasks in flight, whoever they belong to."""

    def __init__(self, world: World, room: int) -> None:
        self.world, self.room = world, room
        self.refused = 0
        self.most = 0

    async def __call__(self, request: httpx.Request, send: Send) -> httpx.Response:
        counts = self.world.studio.tasks.statuses()
        in_flight = counts["queued"] + counts["running"]
        if request.url.path == "/v1/tasks/submit" and in_flight >= self.room:
            self.refused += 1
            said = {"error": {"code": "concurrency_limit", "message": "too many in flight"}}
            return httpx.Response(429, json=said)
        answer = await send(request)
        counts = self.world.studio.tasks.statuses()
        self.most = max(self.most, counts["queued"] + counts["running"])
        return answer


async def test_a_run_finds_the_accounts_limit(world: World) -> None:
    """With room for 4 and a concurrency of 12 all are rendered, and few submits are in vain."""
    account = Account(world, 4)
    world.wire.meddle = account
    spec = world.film(*(f"bowl {n}" for n in range(26)))
    report = await world.run(spec, terms=Terms(concurrency=12))
    assert report.summary.complete
    assert account.most == 4
    assert account.refused < 26
    assert set(world.charges.values()) == {1}


async def test_two_runs_share_one_account(world: World) -> None:
    """Each of two runs gets a fair part of the account while both go on."""
    account = Account(world, 6)
    world.wire.meddle = account
    text = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    specs = [
        world.board(text + "".join(f"  - {{id: s{n}, prompt: {n} {b}}}\n" for n in range(24)), b)
        for b in ("one", "two")
    ]
    ends: dict[str, float] = {}

    async def rendered(number: int) -> None:
        report = await world.run(specs[number], terms=Terms(concurrency=6))
        assert report.summary.complete
        ends[specs[number].stem] = anyio.current_time()

    begun = anyio.current_time()
    async with anyio.create_task_group() as crew:
        crew.start_soon(rendered, 0)
        crew.start_soon(rendered, 1)
    first, last = sorted(ends.values())
    assert (first - begun) / (last - begun) > 0.6
    assert set(world.charges.values()) == {1}


async def test_polls_are_spread(world: World) -> None:
    """Twenty tasks in flight at a cadence of a second: never more than two polls in 50 ms."""
    async with World(world.root, latency_seconds=lambda _job: 25.0) as busy:
        await busy.run(busy.film(*(f"bowl {n}" for n in range(20))), terms=Terms(concurrency=20))
        polls = [
            time
            for (_method, path), time in zip(busy.wire.requests, busy.wire.times, strict=True)
            if path == "/v1/tasks/query"
        ]
    buckets = Counter(int(time / 0.05 + 1e-6) for time in polls)
    assert len(polls) > 400
    assert max(buckets.values()) <= 2


async def test_every_poll_of_every_task_is_on_its_own_cadence(world: World) -> None:
    """Spread or not, each task is asked at 1, 2, 3, … s after its own submit's answer."""
    async with World(world.root, latency_seconds=lambda _job: 20.0) as busy:
        answered: dict[str, float] = {}
        asked: dict[str, list[float]] = {}

        async def watch(request: httpx.Request, send: Send) -> httpx.Response:
            answer = await send(request)
            if request.url.path == "/v1/tasks/submit":
                await answer.aread()
                answered[answer.json()["task_id"]] = anyio.current_time()
            elif request.url.path == "/v1/tasks/query":
                task = request.url.params["task_id"]
                asked.setdefault(task, []).append(anyio.current_time() - answered[task])
            return answer

        busy.wire.meddle = watch
        await busy.run(busy.film(*(f"bowl {n}" for n in range(12))), terms=Terms(concurrency=12))
    assert len(asked) == 12
    for times in asked.values():
        assert times == pytest.approx(list(range(1, len(times) + 1)))


async def test_slow_answers_shift_no_poll(world: World) -> None:
    """Answers that take 0.7 s or 2.5 s leave every query at a moment of the cadence."""
    async with World(world.root, latency_seconds=lambda _job: 29.0) as slow:
        begun = 0.0
        times: list[float] = []

        async def drag(request: httpx.Request, send: Send) -> httpx.Response:
            nonlocal begun
            if request.url.path == "/v1/tasks/query":
                times.append(anyio.current_time() - begun)
                await anyio.sleep(0.7 if len(times) % 3 else 2.5)
            answer = await send(request)
            if request.url.path == "/v1/tasks/submit":
                begun = anyio.current_time()
            return answer

        slow.wire.meddle = drag
        await slow.run(slow.film("a bowl"))
    assert times == pytest.approx([round(time) for time in times])
    assert times[:5] == pytest.approx([1, 2, 3, 6, 7])


async def test_a_task_taken_up_again_is_asked_at_what_is_left_of_its_cadence(
    world: World,
) -> None:
    """Ten minutes after its submit a task is long past its window: every 5 s, not every second."""
    async with World(world.root, latency_seconds=lambda _job: 700.0) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        submitted = slow.results().records["a"].submitted_at
        assert submitted is not None
        await anyio.sleep(600)
        before = len(slow.wire.times)
        report = await slow.run(spec)
        assert report.summary.counts[Kind.RENDERED] == 1
        polls = slow.wire.times[before:-1]
        gaps = [later - earlier for earlier, later in pairwise(polls[1:])]
        assert gaps
        assert gaps == pytest.approx([5.0] * len(gaps), abs=0.01)
    assert CATALOG["veo-3.1-fast"].cadence[0].every_seconds == 1
