"""The task table: bounds, books, images, and moments that coincide."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from pipeline.studio.accounts import Accounts
from pipeline.studio.app import account_of
from pipeline.studio.engine import EngineError, Job
from pipeline.studio.orders import order_from
from pipeline.studio.refusals import RefusalError
from pipeline.studio.shelves import ImageStore, Shelf
from pipeline.studio.tasks import Bounds, House, Order, TaskTable
from tests.support.world import CATALOG

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio
ME = account_of("sk-byts-me")
NOON = 1_800_000_000.0
IMAGE = "https://stills.test/bowl.png"
INLINE = "data:image/png;base64,cGljdHVyZQ=="


async def echo(job: Job) -> bytes:
    """An engine whose clip tells what it was drawn from."""
    await anyio.lowlevel.checkpoint()
    return f"{job.prompt}|{job.init_image!r}".encode()


def house(**options: Any) -> House:
    defaults: dict[str, Any] = {"render": echo, "workers": 100, "unix_time": lambda: NOON}
    return House(**(defaults | options))


def order(account: str = ME, **fields: Any) -> Order:
    document = {"model": "veo-3.1-fast", "prompt": "a bowl", "duration_seconds": 4, **fields}
    return order_from(document, account, CATALOG, free=False)


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(RefusalError) as refused:
        act()
    return refused.value.status, refused.value.code


async def test_memory_stays_flat_over_thousands_of_tasks() -> None:
    """Of 4,000 tasks, each with a picture and a prompt of its own, the second half adds nothing
    but its lines in the ledger: under half a kilobyte each."""
    tasks, at_once = 4_000, 100
    picture = "data:image/png;base64," + "A" * 4000
    bounds = Bounds(ended_tasks=500, ended_image_bytes=1_000_000, clip_bytes=1_000_000)
    async with TaskTable(house(bounds=bounds)) as table:

        async def put_through(begin: int, end: int) -> None:
            for first in range(begin, end, at_once):
                for number in range(first, first + at_once):
                    unique = f"{number:08}"
                    table.submit(
                        order(
                            prompt=unique * 400,
                            out_task_id=f"shot-{unique}.t1.a1",
                            image_init=picture + unique,
                        )
                    )
                await anyio.sleep(1)

        tracemalloc.start()
        await put_through(0, tasks // 2)
        halfway, _peak = tracemalloc.get_traced_memory()
        await put_through(tasks // 2, tasks)
        grown = tracemalloc.get_traced_memory()[0] - halfway
        tracemalloc.stop()
        assert table.statuses() == Counter(completed=500)
        assert len(table.ledger) == tasks
        assert table.accounts.spent_credits(ME) == pytest.approx(0.18 * tasks)
    assert grown < tasks // 2 * 512


async def test_the_oldest_that_have_ended_are_forgotten() -> None:
    """Ids, keys and clips go with them; what is open stays, and so do the charges."""
    slow = house(
        bounds=Bounds(ended_tasks=2),
        latency_seconds=lambda job: 1000.0 if job.prompt == "slow" else 0.0,
    )
    async with TaskTable(slow) as table:
        open_task = table.submit(order(prompt="slow", out_task_id="open"))
        ended = []
        for number in range(4):
            ended.append(table.submit(order(out_task_id=f"k{number}")))
            await anyio.sleep(1)
        assert table.all() == (open_task, *ended[2:])
        assert table.find(ME, task_id=ended[0].task_id) is None
        assert table.find(ME, out_task_id="k0") is None
        assert table.find(ME, out_task_id="open") is open_task
        assert await table.clip(ended[0].task_id) is None
        assert [charge.out_task_id for charge in table.ledger] == ["k0", "k1", "k2", "k3"]


async def test_a_key_that_began_again_is_not_forgotten_with_its_first_task() -> None:
    """After `forget_keys` a key belongs to its new task, whatever becomes of the old one."""
    async with TaskTable(house(bounds=Bounds(ended_tasks=1))) as table:
        table.submit(order(out_task_id="k"))
        await anyio.sleep(1)
        table.forget_keys()
        second = table.submit(order(out_task_id="k"))
        await anyio.sleep(1)
        assert table.find(ME, out_task_id="k") is second


async def test_an_account_has_so_many_in_flight_and_a_known_key_costs_no_place() -> None:
    """At the cap 429, but the same key again answers with its task; another account isn't full."""
    async with TaskTable(house(concurrency=2, latency_seconds=lambda _job: 10.0)) as table:
        first = table.submit(order(out_task_id="k0"))
        table.submit(order(out_task_id="k1"))
        full = refusal(lambda: table.submit(order(out_task_id="k2")))
        assert full == (429, "concurrency_limit")
        assert table.submit(order(out_task_id="k0")) is first
        assert table.submit(order("another")).status == "queued"
        await anyio.sleep(11)
        assert table.submit(order(out_task_id="k2")).status == "queued"


async def test_the_whole_studio_holds_so_many() -> None:
    """A bound over all accounts, on tasks and on the bytes of their images; known keys pass."""
    slow = {"latency_seconds": lambda _job: 10.0}
    async with TaskTable(house(bounds=Bounds(open_tasks=2), **slow)) as table:
        first = table.submit(order("one", out_task_id="k"))
        table.submit(order("two"))
        assert refusal(lambda: table.submit(order("three"))) == (429, "concurrency_limit")
        assert table.submit(order("one", out_task_id="k")) is first
        await anyio.sleep(11)
        table.submit(order("three"))
    async with TaskTable(house(bounds=Bounds(open_image_bytes=5), **slow)) as table:
        table.submit(order("one", image_init=INLINE))
        assert refusal(lambda: table.submit(order("two"))) == (429, "concurrency_limit")
        await anyio.sleep(11)
        table.submit(order("two"))


async def test_a_wallet_reserves_at_submit_and_pays_at_completion() -> None:
    """402 when what is left can't cover the estimate; failed and cancelled tasks give it back."""

    async def render(job: Job) -> bytes:
        if job.prompt == "fails":
            raise EngineError("no", "api_error")
        return await echo(job)

    purse = house(render=render, wallet_credits=0.36, latency_seconds=lambda _job: 10.0)
    async with TaskTable(purse) as table:
        table.submit(order(prompt="fails"))
        cancelled = table.submit(order())
        assert table.accounts.remaining_credits(ME) == 0
        assert refusal(lambda: table.submit(order())) == (402, "insufficient_balance")
        table.cancel(cancelled)
        assert table.accounts.remaining_credits(ME) == pytest.approx(0.18)
        await anyio.sleep(11)
        assert table.accounts.remaining_credits(ME) == pytest.approx(0.36)
        table.submit(order())
        await anyio.sleep(11)
        table.submit(order())
        await anyio.sleep(11)
        assert refusal(lambda: table.submit(order(duration_seconds=1)))[0] == 402
        assert table.accounts.spent_credits(ME) == pytest.approx(0.36)
        assert len(table.ledger) == 2


def test_sums_are_exact() -> None:
    """A wallet of 1 credit pays exactly ten tasks of 0.1, whatever floats make of that."""
    accounts = Accounts(1.0, None)
    for _ in range(10):
        accounts.admit(ME, 0.1)
        accounts.settle(ME, 0.1, 0.1)
    assert accounts.remaining_credits(ME) == 0
    assert refusal(lambda: accounts.admit(ME, 0.0001))[0] == 402


def test_an_account_that_paid_nothing_leaves_nothing() -> None:
    """A thousand keys that only failed take no memory."""
    accounts = Accounts(1.0, 5)
    for number in range(1000):
        accounts.admit(str(number), 0.18)
        accounts.settle(str(number), 0.18, 0.0)
    assert not accounts._accounts


@pytest.mark.parametrize(
    ("after", "billed"), [(0.5, 0.045), (10.0, 0.045), (10.5, 0.09), (39.9, 0.18)]
)
async def test_a_running_task_is_billed_for_what_is_rendered(after: float, billed: float) -> None:
    """The part of its time that has passed, in whole seconds of clip; once, in the ledger, too."""
    async with TaskTable(house(bills_cancelled=True, latency_seconds=lambda _job: 40.0)) as table:
        task = table.submit(order(out_task_id="k"))
        await anyio.sleep(after)
        table.cancel(task)
        table.cancel(task)
        assert task.credits == pytest.approx(billed)
        await anyio.sleep(100)
        ((charge),) = table.ledger
        assert (charge.out_task_id, charge.reason) == ("k", "cancelled")
        assert charge.credits == pytest.approx(billed)
        assert table.accounts.spent_credits(ME) == pytest.approx(billed)


async def test_a_queued_task_is_cancelled_free() -> None:
    """Nothing was rendered: nothing is billed, and no line is written."""
    busy = house(workers=1, bills_cancelled=True, latency_seconds=lambda _job: 40.0)
    async with TaskTable(busy) as table:
        table.submit(order(prompt="the one that runs"))
        await anyio.sleep(1)
        queued = table.submit(order())
        await anyio.sleep(1)
        table.cancel(queued)
        await anyio.sleep(100)
        assert (queued.status, queued.credits) == ("cancelled", 0)
        assert len(table.ledger) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_task_ends_once(anyio_backend: str) -> None:  # noqa: ARG001
    """Cancelled in the very moment in which its clip is ready: cancelled and free, not both."""
    ready = anyio.Event()

    async def render(_job: Job) -> bytes:
        with anyio.CancelScope(shield=True):
            await ready.wait()
        return b"clip"

    async with TaskTable(house(render=render)) as table:
        task = table.submit(order())
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        ready.set()
        table.cancel(task)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        assert task.status == "cancelled"
        assert not len(table.ledger)
        assert table.accounts.spent_credits(ME) == 0


async def test_a_dropped_clip_is_drawn_again_while_its_image_is_there() -> None:
    """The same clip as before; without the picture that it was drawn from there is none."""
    none_kept = Bounds(clip_bytes=0, ended_image_bytes=0)
    async with TaskTable(house(bounds=none_kept)) as table:
        first = table.submit(order(image_init=INLINE))
        await anyio.sleep(1)
        clip = await table.clip(first.task_id)
        second = table.submit(order(prompt="another"))
        await anyio.sleep(1)
        assert await table.clip(first.task_id) == clip == b"a bowl|b'picture'"
        assert await table.clip(second.task_id) == b"another|None"
        other = table.submit(order(image_init="data:image/png;base64,b3RoZXI="))
        await anyio.sleep(1)
        assert await table.clip(first.task_id) is None
        assert await table.clip(other.task_id) == b"a bowl|b'other'"


async def test_an_image_elsewhere_is_fetched_when_its_task_runs() -> None:
    """Once a task; its bytes go to the engine, also when the clip is drawn again."""
    fetched: list[str] = []

    async def fetch(address: str) -> bytes:
        fetched.append(address)
        return b"from afar"

    async with TaskTable(house(fetch_image=fetch, bounds=Bounds(clip_bytes=0))) as table:
        task = table.submit(order(image_init=IMAGE))
        await anyio.sleep(1)
        table.submit(order(prompt="another"))
        await anyio.sleep(1)
        assert await table.clip(task.task_id) == b"a bowl|b'from afar'"
        assert fetched == [IMAGE]


async def test_an_image_that_cannot_be_had_is_left_out() -> None:
    """An animatic is a preview, and is drawn offline, too; nothing is fetched without a fetcher."""

    async def nowhere(_address: str) -> None:
        return None

    for fetch in (nowhere, None):
        async with TaskTable(house(fetch_image=fetch)) as table:
            task = table.submit(order(image_init=IMAGE))
            await anyio.sleep(1)
            assert await table.clip(task.task_id) == b"a bowl|None"


async def test_an_address_that_must_not_be_fetched_fails_the_task() -> None:
    """With the reason, and unbilled."""

    async def refuse(_address: str) -> None:
        raise EngineError("image_init: a private address", "invalid_param")

    async with TaskTable(house(fetch_image=refuse, wallet_credits=1.0)) as table:
        task = table.submit(order(image_init=IMAGE))
        await anyio.sleep(1)
        assert (task.status, task.error_code) == ("failed", "invalid_param")
        assert "private" in task.error_message
        assert table.accounts.remaining_credits(ME) == 1.0


async def test_a_task_cancelled_while_its_image_comes_holds_no_image() -> None:
    """The picture that arrives for nobody is not kept as one that a task needs."""

    async def fetch(_address: str) -> bytes:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(5)
        return b"late"

    async with TaskTable(house(fetch_image=fetch)) as table:
        task = table.submit(order(image_init=IMAGE))
        await anyio.sleep(1)
        table.cancel(task)
        await anyio.sleep(10)
        assert table._images.needed_bytes == 0


async def test_a_closed_studio_takes_nothing() -> None:
    """503: nobody would draw it."""
    assert refusal(lambda: TaskTable(house()).submit(order())) == (503, "api_error")


def test_a_shelf_keeps_what_was_used_last() -> None:
    """Beyond its bytes the longest unused goes; one that is too large alone stays."""
    shelf = Shelf(10)
    shelf.put("a", b"12345")
    shelf.put("b", b"12345")
    assert shelf.get("a")
    shelf.put("c", b"1")
    assert (shelf.get("b"), shelf.held_bytes) == (None, 6)
    shelf.put("c", b"x" * 20)
    assert (shelf.get("a"), len(shelf.get("c") or b""), shelf.held_bytes) == (None, 20, 20)
    shelf.drop("c")
    shelf.drop("never there")
    assert shelf.held_bytes == 0


def test_one_picture_in_many_tasks_is_kept_once() -> None:
    """Held while anybody needs it, then on the shelf."""
    store = ImageStore(100)
    digests = {store.hold(b"picture") for _ in range(1000)}
    assert (len(digests), store.needed_bytes) == (1, 7)
    (digest,) = digests
    for _ in range(1000):
        assert store.get(digest) == b"picture"
        store.release(digest)
    assert (store.needed_bytes, store.get(digest)) == (0, b"picture")
