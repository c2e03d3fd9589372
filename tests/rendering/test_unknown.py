"""A provider that knows nothing of what was bought: it may be the wrong key, a slow gateway, or a
loss. Nobody can tell, so nothing is bought a second time without consent, and all stays named.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.rendering.notices import Kind
from pipeline.rendering.records import KEPT, LOST, State, Status, state_of
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import Send, World

if TYPE_CHECKING:
    from pipeline.rendering.records import Record

pytestmark = pytest.mark.anyio
SHORT = Terms(timeout_seconds=10)
CONSENT = Terms(resubmit_uncertain=True)
OTHER = "sk-byts-another"
SUBMIT, QUERY = "/v1/tasks/submit", "/v1/tasks/query"


async def unknown(request: httpx.Request, send: Send) -> httpx.Response:
    """What another account's key is told of every task, and ours by a replica that lags."""
    if request.url.path == QUERY:
        return httpx.Response(404, json={"error": {"code": "task_not_found", "message": "no"}})
    return await send(request)


def named(world: World) -> set[str]:
    """Ids on record."""
    return {r.task_id for r in world.results().records.values() if r.task_id}


def assert_nothing_lost(world: World) -> None:
    """No attempt was charged twice, and every charged task is named."""
    assert set(world.charges.values()) <= {1}
    assert {charge.task_id for charge in world.studio.tasks.ledger} <= named(world)


def take(world: World, name: str = "a") -> Record:
    return world.results().records[name]


async def test_a_missing_clip_of_an_unknown_task_is_not_bought_again(world: World) -> None:
    """However often it is run: the take is pending, says why, and keeps its task's id."""
    spec = world.film("a bowl")
    await world.run(spec)
    task = take(world).task_id
    world.folder().clip("a.mp4").unlink()
    world.key = OTHER
    for _again in range(3):
        report = await world.run(spec)
        assert report.summary.counts[Kind.PENDING] == 1
        assert "bought with another API key" in world.notices[-1].message
        assert "--resubmit-uncertain buys it anew" in world.notices[-1].message
    assert take(world).task_id == task
    assert world.wire.count(SUBMIT) == 1
    world.key = World.key
    report = await world.run(spec)
    assert report.summary.counts[Kind.RECOVERED] == 1
    assert_nothing_lost(world)


async def test_an_open_task_is_not_given_up_for_a_wrong_key(world: World) -> None:
    """In flight under one key, a run with another: the tasks stay open, so that the right key
    brings them home, and cancel reaches them."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl", "a cup")
        await slow.run(spec, terms=SHORT)
        slow.key = OTHER
        report = await slow.run(spec)
        assert report.summary.counts[Kind.PENDING] == 2
        assert [state_of(record) for record in slow.results().records.values()] == [State.OPEN] * 2
        slow.key = World.key
        assert (await slow.run(spec)).summary.complete
        assert_nothing_lost(slow)
        assert len(slow.charges) == 2


async def test_consent_buys_anew_and_names_both(world: World) -> None:
    """--resubmit-uncertain: the next attempt is bought under a key of its own; the record of the
    one that nobody knows goes to kept/, for the provider's support."""
    spec = world.film("a bowl")
    await world.run(spec)
    old = take(world).task_id
    world.folder().clip("a.mp4").unlink()
    world.wire.meddle = unknown
    (step,) = world.plan(spec, resubmit_uncertain=True).steps
    assert (step.action, step.estimated_credits) == (Action.RECOVER, 0.18)
    report = await world.run(spec, terms=Terms(timeout_seconds=10, resubmit_uncertain=True))
    assert report.summary.counts[Kind.PENDING] == 1  # bought, and its query says 404 as well
    world.wire.meddle = None
    report = await world.run(spec)
    assert report.summary.complete
    (kept,) = (r for name, r in world.results().records.items() if name.startswith(KEPT))
    assert (kept.task_id, kept.status) == (old, Status.FAILED)
    assert kept.error is not None
    assert kept.error.code == LOST
    assert take(world).attempt == 2
    assert_nothing_lost(world)


async def test_consent_needs_room_under_the_cap(world: World) -> None:
    """What the cap doesn't allow leaves the record as it was."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    world.wire.meddle = unknown
    before = take(world)
    report = await world.run(spec, terms=Terms(resubmit_uncertain=True, max_credits=0.1))
    assert report.summary.out_of_money
    assert take(world) == before
    assert world.wire.count(SUBMIT) == 1


async def test_consent_under_which_the_task_is_known_buys_nothing(world: World) -> None:
    """The flag alone is no order: a task that is known is taken up as ever."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    report = await world.run(spec, terms=CONSENT)
    assert report.summary.counts[Kind.RECOVERED] == 1
    assert world.wire.count(SUBMIT) == 1


async def test_consent_in_passing_buys_nothing(world: World) -> None:
    """A kept clip turns out to be damaged while it is restored, and nobody knows its task: no plan
    has said what that would cost, so it isn't bought, but by the next run, whose plan says it."""
    await world.run(world.film("a bowl"))
    task = take(world).task_id
    await world.run(world.film("a plate"))
    (kept,) = world.folder().path.glob("kept/*.mp4")
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    spec, submits = world.film("a bowl"), world.wire.count(SUBMIT)
    world.key = OTHER
    report = await world.run(spec, terms=CONSENT)
    assert report.summary.counts[Kind.PENDING] == 1
    assert world.wire.count(SUBMIT) == submits
    assert take(world).task_id == task
    assert world.plan(spec, resubmit_uncertain=True).estimated_credits == pytest.approx(0.18)
    assert (await world.run(spec, terms=CONSENT)).summary.complete
    assert world.wire.count(SUBMIT) == submits + 1
    assert_nothing_lost(world)


async def test_unknown_once_and_edited_is_still_fetched(world: World) -> None:
    """Open, edited, and unknown for one run: later runs go on asking, and going back after the
    keys are forgotten buys nothing again."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"), terms=SHORT)
        slow.wire.meddle = unknown
        await slow.run(slow.film("a plate"), terms=SHORT)
        slow.wire.meddle = None
        assert (await slow.run(slow.film("a plate"))).summary.complete
        slow.studio.tasks.forget_keys()
        slow.clock_offset += timedelta(days=2)
        report = await slow.run(slow.film("a bowl"))
        assert report.summary.counts[Kind.RESTORED] == 1
        assert_nothing_lost(slow)


async def test_a_lost_attempt_is_never_bought_under_its_number(world: World) -> None:
    """Given up by consent, edited, and asked for again when its key is forgotten: a new number."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    world.key = OTHER
    await world.run(spec, terms=CONSENT)
    world.key = World.key
    await world.run(world.film("a plate"))
    world.studio.tasks.forget_keys()
    await world.run(spec, force=True)
    assert_nothing_lost(world)


async def test_a_slow_submit_that_lands_after_an_edit(world: World) -> None:
    """Ctrl-C while a submit is on its way, an edit, a run at once: 404 does not mean that nothing
    was bought, as the gateway is still at it."""
    async with World(world.root, latency_seconds=lambda _job: 20) as slow:
        async with anyio.create_task_group() as elsewhere:

            async def late(request: httpx.Request, send: Send) -> httpx.Response:
                if request.url.path != SUBMIT:
                    return await send(request)

                async def land() -> None:
                    await anyio.sleep(8)
                    await send(request)

                elsewhere.start_soon(land)
                await anyio.sleep(1000)
                raise AssertionError("interrupted long before")

            slow.wire.meddle = late
            with anyio.move_on_after(2):
                await slow.run(slow.film("a bowl"))
            slow.wire.meddle = None
            report = await slow.run(slow.film("a plate"))
            assert report.summary.counts[Kind.PENDING] == 1
            await anyio.sleep(100)
        assert (await slow.run(slow.film("a plate"))).summary.complete
        slow.clock_offset += timedelta(days=2)
        slow.studio.tasks.forget_keys()
        assert (await slow.run(slow.film("a bowl"))).summary.complete
        assert_nothing_lost(slow)


@pytest.mark.parametrize("prompt", ["a bowl", "a plate"], ids=["same", "edited"])
async def test_a_doubt_under_another_key_buys_nothing(world: World, prompt: str) -> None:
    """A lost answer, then another API key: it is told nothing of the task, so nothing is sent."""

    async def lose(request: httpx.Request, send: Send) -> httpx.Response:
        await (await send(request)).aread()
        raise httpx.ReadError("reset")

    spec = world.film("a bowl")
    world.wire.meddle = lose
    await world.run(spec)
    world.wire.meddle = None
    submits = world.wire.count(SUBMIT)
    world.key = OTHER
    report = await world.run(world.film(prompt), shots=("a",))
    assert report.summary.counts[Kind.PENDING] == 1
    assert "another API key" in " ".join(n.message for n in world.notices if n.message)
    assert world.wire.count(SUBMIT) - submits == (prompt == "a plate")
    world.key = World.key
    assert (await world.run(spec)).summary.complete
    assert_nothing_lost(world)


async def test_unasked_and_unknown_is_let_go_of_by_consent(world: World) -> None:
    """A removed shot whose task nobody knows is asked about until --resubmit-uncertain; its id
    stays on record."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl", "a cup"), terms=SHORT)
        gone = take(slow, "b").task_id
        spec = slow.film("a bowl")
        slow.wire.meddle = unknown
        for _again in range(2):
            report = await slow.run(spec, terms=SHORT)
            assert report.summary.counts[Kind.PENDING] == 2
        slow.wire.meddle = None
        slow.key = OTHER
        await slow.run(spec, terms=CONSENT)
        assert take(slow, "b").status is Status.FAILED
        assert take(slow, "b").task_id == gone
        slow.key = World.key
        assert_nothing_lost(slow)


@pytest.mark.parametrize("prompt", ["a cup", "a jug"], ids=["same", "edited"])
async def test_what_was_let_go_of_stays_named(world: World, prompt: str) -> None:
    """The shot comes back, with the same request or another one: the id of the task that was let
    go of is not written over, nor its number bought with again, as its key may be forgotten."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl", "a cup"), terms=SHORT)
        slow.key = OTHER
        await slow.run(slow.film("a bowl"), terms=CONSENT)
        slow.key = World.key
        gone = take(slow, "b")
        assert (gone.status, gone.credits) == (Status.FAILED, None)
        slow.studio.tasks.forget_keys()
        await slow.run(slow.film("a bowl", prompt))
        assert gone.task_id in named(slow)
        assert_nothing_lost(slow)


async def test_a_kill_amid_the_consent_buys_once(world: World) -> None:
    """Every prefix of what consent writes down, replayed: the rerun buys one more attempt."""
    spec = world.film("a bowl")
    await world.run(spec)
    folder = world.folder()
    folder.clip("a.mp4").unlink()
    manifest = folder.results_path.read_text("utf-8")
    world.key = OTHER

    async def die(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == SUBMIT:
            journals.append(folder.journal_path.read_bytes())
            raise httpx.ConnectError("no")
        return await send(request)

    journals: list[bytes] = []
    world.wire.meddle = die
    await world.run(spec, terms=CONSENT)
    world.wire.meddle = None
    lines = journals[0].splitlines(keepends=True)
    assert len(lines) == 3  # lost, renamed, intent
    for count in range(len(lines) + 1):
        async with World(world.root / f"cut{count}", key=OTHER) as again:
            again.root.mkdir()
            copy = again.folder()
            copy.path.mkdir(parents=True)
            copy.results_path.write_text(manifest, "utf-8")
            copy.journal_path.write_bytes(b"".join(lines[:count]))
            report = await again.run(again.film("a bowl"), terms=CONSENT)
            assert report.summary.complete
            assert set(again.charges.values()) == {1}
            assert len(again.charges) == 1
            assert len(named(again)) == 2


async def test_a_missing_clip_is_asked_for_where_it_was_bought(world: World) -> None:
    """A clip that is gone, of a task that was bought at another provider: nobody is asked, nothing
    is bought, and the plan says where to run it."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    path = world.folder().results_path
    path.write_text(path.read_text("utf-8").replace("gateway.test", "other.test"), "utf-8")
    asked = len(world.wire.requests)
    (step,) = world.plan(spec).steps
    assert step.action is Action.SKIP
    assert "bought at https://other.test" in step.reason
    for terms in (Terms(), CONSENT):
        report = await world.run(spec, terms=terms)
        assert report.summary.counts[Kind.PENDING] == 1
    assert len(world.wire.requests) == asked


async def swallow(request: httpx.Request, send: Send) -> httpx.Response:
    """Submits get lost on their way; all else is answered."""
    if request.url.path == SUBMIT:
        raise httpx.ReadError("reset")
    return await send(request)


@pytest.mark.parametrize(("minutes", "young"), [(4, True), (6, False)])
async def test_how_far_from_the_future_a_submit_may_be(
    world: World, minutes: int, young: bool
) -> None:
    """A clock that was set back by a few minutes casts no doubt on a submit that never arrived: it
    is sent again. By more, nobody can tell how old it is, and it waits for consent."""
    spec = world.film("a bowl")
    world.wire.meddle = swallow
    begun = world.now()
    await world.run(spec)
    world.wire.meddle = None
    world.skew = begun - world.now() - timedelta(minutes=minutes)
    report = await world.run(spec)
    assert report.summary.complete is young
    assert len(world.charges) == young
    if not young:
        assert "--resubmit-uncertain" in world.notices[-1].message


async def test_after_the_stop_no_doubt_is_sent_again(world: World) -> None:
    """Two submits that never arrived: the first one's second try fails under --fail-fast, and the
    other stays on record, unsent, for the next run, which buys it once."""
    spec = world.film("a cup that FAILS", "a bowl")
    world.wire.meddle = swallow
    await world.run(spec)
    world.wire.meddle = None
    sent = world.wire.count(SUBMIT)
    report = await world.run(spec, terms=Terms(concurrency=1, retries=0, fail_fast=True))
    counts = report.summary.counts
    assert (counts[Kind.FAILED], counts[Kind.PENDING]) == (1, 1)
    assert world.notices[-1].message.startswith("not submitted again: --fail-fast")
    assert world.wire.count(SUBMIT) == sent + 1
    assert state_of(take(world, "b")) is State.INTENDED
    await world.run(spec, shots=("b",))
    assert_nothing_lost(world)
    assert len(world.charges) == 1
