"""Money: the cap, the reserve, the estimates; judged by the studio's ledger."""

from __future__ import annotations

import json

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BalanceError
from pipeline.rendering.budget import Budget
from pipeline.rendering.notices import Kind
from pipeline.rendering.prices import UNKNOWN, Price, Prices
from pipeline.rendering.records import Clip, Record, Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, PROVIDER, Meddler, Send, World

CLIP_CREDITS = 0.18


@given(
    st.floats(0, 10),
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1) | st.none()), max_size=30),
)
def test_the_cap_holds_whatever_is_billed_within_the_reserve(
    cap: float, tasks: list[tuple[float, float | None]]
) -> None:
    """As long as no bill is over its reserve, what is spent never goes over the cap."""
    budget = Budget(cap)
    for number, (worst, part) in enumerate(tasks):
        key = ("film", str(number))
        try:
            budget.reserve(key, worst)
        except BalanceError:
            continue
        assert budget.spent + budget.reserved <= cap + 1e-6
        if number % 2:
            budget.settle(key, None if part is None else worst * part)
    assert budget.spent + budget.reserved <= cap + 1e-6


def test_what_nobody_knows_is_not_nothing() -> None:
    """Without a price nothing fits under a cap, nor does anything beside it."""
    with pytest.raises(BalanceError, match="nobody knows"):
        Budget(100).reserve(("film", "a"), None)
    budget = Budget(100)
    budget.commit(("film", "old"), None)
    with pytest.raises(BalanceError, match="nobody knows"):
        budget.reserve(("film", "a"), 0.1)
    Budget(None).reserve(("film", "a"), None)


def test_what_a_take_has_set_aside_is_not_in_its_own_way() -> None:
    """A task of an earlier run that failed is bought anew in the room that it had: a cap that fits
    exactly one is enough."""
    budget = Budget(0.6)
    budget.commit(("film", "a"), 0.6)
    budget.reserve(("film", "a"), 0.6)
    assert budget.reserved == pytest.approx(0.6)
    with pytest.raises(BalanceError):
        budget.reserve(("film", "b"), 0.6)


def test_a_bill_that_never_came_counts_as_the_worst() -> None:
    """A task that ended without saying what it cost has spent its reserve."""
    budget = Budget(1)
    budget.reserve(("film", "a"), 0.6)
    budget.settle(("film", "a"), None)
    with pytest.raises(BalanceError, match=r"only 0\.4 were left: 0\.6 spent"):
        budget.reserve(("film", "b"), 0.5)


def test_a_low_estimate_frees_nothing() -> None:
    """What the provider estimates below our worst case is no promise: the reserve stays."""
    budget = Budget(1)
    budget.reserve(("film", "a"), 0.6)
    for estimated in (0, 0.2):
        assert budget.correct(("film", "a"), estimated)
        assert budget.reserved == pytest.approx(0.6)
    assert not budget.correct(("film", "a"), 1.1)
    assert budget.reserved == pytest.approx(1.1)


def test_an_estimate_of_what_nobody_knows_is_reserved() -> None:
    """Where we know nothing, the provider's word is all there is."""
    budget = Budget()
    budget.reserve(("film", "a"), None)
    assert budget.correct(("film", "a"), 0.2)
    assert budget.reserved == pytest.approx(0.2)


def bill(
    credits: float | None, *, seconds: int = 4, at: str = "1", provider: str = PROVIDER
) -> Record:
    request = {"model": "veo-3.1", "duration": seconds, "resolution": "720p"}
    clip = Clip("a.mp4", "0" * 64, 1, seconds, 1280, 720)
    return Record(Status.COMPLETED, "d", request, "k", 1, provider, "t", "0", at, credits, clip)


FIELDS = {"model": "veo-3.1", "duration": 4, "resolution": "720p"}


def test_prices_are_learned_from_what_was_billed() -> None:
    """The last bill for the like is expected, the highest ever is reserved, else the example."""
    prices = Prices(PROVIDER, lambda _model, seconds: seconds * 0.1, lambda: records)
    records: list[Record] = []
    assert prices(FIELDS) == Price(0.4, 0.4, "example")
    records = [bill(0.9, at="1"), bill(0.5, at="2"), bill(9, at="0", provider="https://other")]
    prices = Prices(PROVIDER, lambda _model, seconds: seconds * 0.1, lambda: records)
    assert prices(FIELDS) == Price(0.5, 0.9, "past")
    assert prices(FIELDS | {"duration": 8}) == Price(1.0, 1.8, "past")
    assert prices(FIELDS | {"resolution": "1080p"}) == Price(0.4, 0.4, "example")
    records = [bill(None)]
    unknown = Prices(PROVIDER, lambda _model, _seconds: None, lambda: records)
    assert unknown(FIELDS) == UNKNOWN


@pytest.mark.anyio
async def test_the_cap_stops_new_submits_and_collects_what_is_in_flight(world: World) -> None:
    """Three fit under the cap, so three are bought and rendered; the others wait, exit 3."""
    spec = world.film(*(f"bowl {n}" for n in range(8)))
    report = await world.run(spec, terms=Terms(max_credits=3.5 * CLIP_CREDITS))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (3, 5)
    assert report.summary.out_of_money
    assert sum(charge.credits for charge in world.studio.tasks.ledger) <= 3.5 * CLIP_CREDITS
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 8


@pytest.mark.anyio
async def test_after_the_cap_nothing_is_begun(world: World) -> None:
    """What comes after the take that didn't fit waits with it, even where it would fit: which
    shots are bought doesn't depend on their lengths."""
    head = "model: veo-3.1-fast\ndefaults: {duration: 3}\nshots:\n"
    shots = "  - {id: a, prompt: one}\n  - {id: b, prompt: two, duration: 5}\n"
    spec = world.board(f"{head}{shots}  - {{id: c, prompt: three}}\n")
    report = await world.run(spec, terms=Terms(max_credits=1.6 * CLIP_CREDITS))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (1, 2)
    assert set(world.results().records) == {"a"}


@pytest.mark.anyio
async def test_after_the_cap_nothing_is_tried_again(world: World) -> None:
    """A take that fails after the run has stopped buying is left to the next run."""
    spec = world.film("a cup that FAILS", "a bowl")
    report = await world.run(spec, terms=Terms(max_credits=CLIP_CREDITS))
    counts = report.summary.counts
    assert (counts[Kind.FAILED], counts[Kind.HELD]) == (1, 1)
    assert world.wire.count("/v1/tasks/submit") == 1


@pytest.mark.anyio
async def test_after_the_cap_no_resumed_task_is_tried_again(world: World) -> None:
    """A task of an earlier run that fails after this one has stopped buying: its next attempt,
    though its room is free again, is left to the next run."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        await slow.run(slow.film("a cup that FAILS"), terms=Terms(timeout_seconds=10))
        spec = slow.film("a cup that FAILS", "a bowl")
        report = await slow.run(spec, terms=Terms(max_credits=CLIP_CREDITS))
        counts = report.summary.counts
        assert (counts[Kind.FAILED], counts[Kind.HELD]) == (1, 1)
        assert slow.wire.count("/v1/tasks/submit") == 1


@pytest.mark.anyio
async def test_what_a_refused_submit_set_aside_is_free_again(world: World) -> None:
    """A cap for one clip: the first submit is refused, so the second shot has the room."""
    refusals = iter([True])

    async def refuse(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/submit" and next(refusals, False):
            said = {"error": {"code": "invalid_param", "message": "no"}}
            return httpx.Response(400, json=said)
        return await send(request)

    world.wire.meddle = refuse
    terms = Terms(max_credits=CLIP_CREDITS, concurrency=1)
    report = await world.run(world.film("a bowl", "a cup"), terms=terms)
    counts = report.summary.counts
    assert (counts[Kind.FAILED], counts[Kind.RENDERED]) == (1, 1)
    assert not report.summary.out_of_money


@pytest.mark.anyio
async def test_what_a_fault_had_bought_is_this_runs_bill(world: World) -> None:
    """A submit is acted on and answered 503, and its task is done by the next try: that comes with
    an end at once, as an earlier run's would, but the bill is this run's."""
    faults = iter([True])

    async def fault(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path == "/v1/tasks/submit" and next(faults, False):
            return httpx.Response(503, json={"error": {"code": "api_error", "message": "no"}})
        return answer

    async with World(world.root, latency_seconds=lambda _job: 0.5) as quick:
        quick.wire.meddle = fault
        report = await quick.run(quick.film("a bowl"), terms=Terms(max_credits=CLIP_CREDITS))
        assert quick.wire.count("/v1/tasks/submit") == 2
        assert report.summary.credits == pytest.approx(CLIP_CREDITS)
        assert report.summary.exact


@pytest.mark.anyio
async def test_what_is_in_flight_from_before_counts_against_the_cap(world: World) -> None:
    """A task of an earlier run is billed in this one, so its worst case is reserved first."""
    async with World(world.root, latency_seconds=lambda _job: 100.0) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=10))
        spec = slow.film("a bowl", "a cup")
        (step, _new) = slow.plan(spec).steps
        assert (step.action, step.estimated_credits) == (Action.RESUME, 0)
        assert step.reserve == pytest.approx(CLIP_CREDITS)
        report = await slow.run(spec, terms=Terms(max_credits=1.5 * CLIP_CREDITS))
        assert report.summary.counts[Kind.RENDERED] == 1
        assert report.summary.counts[Kind.HELD] == 1
        assert len(slow.charges) == 1


@pytest.mark.anyio
async def test_retries_stay_within_the_budget(world: World) -> None:
    """A failed attempt is free, so its successor fits; a cap for none lets not even one through."""
    spec = world.film("a cup that FAILS")
    report = await world.run(spec, terms=Terms(max_credits=CLIP_CREDITS))
    assert world.wire.count("/v1/tasks/submit") == 3
    assert report.summary.counts[Kind.FAILED] == 1
    await world.run(world.film("a bowl"), terms=Terms(max_credits=0.1))
    assert world.wire.count("/v1/tasks/submit") == 3


def estimating(credits: float, status: str = "queued") -> Meddler:
    """A gateway that says at the submit what the clip will cost."""

    async def meddle(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path != "/v1/tasks/submit" or answer.status_code != 200:
            return answer
        await answer.aread()
        said = answer.json() | {"estimated_credits": credits, "status": status}
        return httpx.Response(200, json=said)

    return meddle


@pytest.mark.anyio
async def test_a_task_over_the_cap_is_cancelled_while_it_is_free(world: World) -> None:
    """The provider's estimate is over the cap: the task is cancelled in the queue, unbilled."""
    world.wire.meddle = estimating(5.0)
    spec = world.film("a bowl", "a cup")
    report = await world.run(spec, terms=Terms(max_credits=1.0))
    assert report.summary.out_of_money
    assert report.summary.counts[Kind.HELD] == 2
    assert world.wire.count("/v1/tasks/submit") == 1
    assert world.results().records["a"].status is Status.CANCELLED
    assert not world.charges
    world.wire.meddle = None
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


@pytest.mark.anyio
async def test_a_task_over_the_cap_that_runs_already_is_collected(world: World) -> None:
    """Once it runs a cancel may be billed: it is brought home, and nothing more is bought."""
    world.wire.meddle = estimating(5.0, "running")
    report = await world.run(world.film("a bowl", "a cup"), terms=Terms(max_credits=1.0))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (1, 1)
    assert not any(path.startswith("/v1/tasks/cancel") for _m, path in world.wire.requests)
    assert len(world.charges) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", ["running", "completed"])
async def test_a_cancel_over_the_cap_that_came_too_late(world: World, status: str) -> None:
    """Queued at the submit, further on at the cancel: the task runs, so it is no cancelled one on
    record; it is brought home, its bill counts, and nothing more is bought."""
    estimate = estimating(5.0)

    async def late(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/v1/tasks/cancel/"):
            task_id = request.url.path.rpartition("/")[2]
            return httpx.Response(200, json={"task_id": task_id, "status": status})
        return await estimate(request, send)

    world.wire.meddle = late
    report = await world.run(world.film("a bowl", "a cup"), terms=Terms(max_credits=1.0))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (1, 1)
    assert report.summary.credits == pytest.approx(CLIP_CREDITS)
    assert world.results().records["a"].status is Status.COMPLETED
    assert len(world.charges) == 1


@pytest.mark.anyio
async def test_402_stops_new_submits_and_collects(world: World) -> None:
    """An empty wallet ends the submits; what was bought before is rendered."""
    submits = 0

    async def empty_after_two(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal submits
        if request.url.path == "/v1/tasks/submit":
            submits += 1
            if submits > 2:
                said = {"error": {"code": "insufficient_balance", "message": "empty"}}
                return httpx.Response(402, json=said)
        return await send(request)

    world.wire.meddle = empty_after_two
    spec = world.film(*(f"bowl {n}" for n in range(6)))
    report = await world.run(spec, terms=Terms(concurrency=1))
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (2, 4)
    assert submits == 3
    assert report.summary.out_of_money
    assert len(world.charges) == 2


@pytest.mark.anyio
async def test_a_low_quota_is_said_once(world: World) -> None:
    """Less left on the account than what is in flight may cost: one warning a run."""

    async def poor(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        answer.headers["x-quota-remaining-credits"] = "0.2"
        answer.headers["x-org-quota-remaining-credits"] = "NaN"
        return answer

    world.wire.meddle = poor
    await world.run(world.film("a bowl", "a cup", "a plate"))
    warnings = [notice for notice in world.notices if notice.kind is Kind.WARNING]
    assert [notice.message for notice in warnings] == [
        "the account has 0.2 credits left, and what is in flight may cost 0.36"
    ]


@pytest.mark.anyio
async def test_the_next_plan_knows_what_clips_have_cost(world: World) -> None:
    """After a run the board's own bills make the estimate, in other passes of the board, too."""
    spec = world.film("a bowl", passes="passes: {again: {seed: 3}}")
    (step,) = world.plan(spec).steps
    assert step.price.source == "example"

    async def dearer(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path == "/v1/tasks/query":
            await answer.aread()
            said = json.loads(answer.content)
            if said["status"] == "completed":
                return httpx.Response(200, json=said | {"credits": 0.3})
        return answer

    world.wire.meddle = dearer
    report = await world.run(spec)
    assert report.summary.credits == pytest.approx(0.3)
    world.film("a plate", passes="passes: {again: {seed: 3}}")
    (step,) = world.plan(spec).steps
    assert step.price == Price(0.3, 0.3, "past")
    (step,) = world.plan(spec, pass_name="again").steps
    assert step.price.source == "past"
    assert CATALOG["veo-3.1-fast"].estimate_credits(4) == CLIP_CREDITS
    await anyio.sleep(0)


@pytest.mark.anyio
async def test_the_cap_calls_off_nothing_that_has_its_reserve(world: World) -> None:
    """Two fit and wait out a fault when the third doesn't fit: the two are rendered."""
    faults = iter([True, True])

    async def unwell(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/submit" and next(faults, False):
            return httpx.Response(503, json={"error": {"code": "api_error", "message": "no"}})
        return await send(request)

    world.wire.meddle = unwell
    report = await world.run(
        world.film("a bowl", "a cup", "a plate"), terms=Terms(max_credits=2.5 * CLIP_CREDITS)
    )
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.HELD]) == (2, 1)
    assert len(world.charges) == 2


async def test_a_provider_that_estimates_low_is_not_let_past_the_cap(world: World) -> None:
    """Five clips at 0.18 under a cap of 0.4, each estimated at 0.01: two are bought."""

    async def lie(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path != "/v1/tasks/submit":
            return answer
        said = json.loads(await answer.aread()) | {"estimated_credits": 0.01}
        return httpx.Response(200, json=said)

    world.wire.meddle = lie
    spec = world.film("a bowl", "a cup", "a plate", "a jug", "a pan")
    report = await world.run(spec, terms=Terms(max_credits=0.4))
    assert len(world.charges) == 2
    assert report.summary.credits <= 0.4
    assert report.summary.out_of_money
