"""Accepted clips: current at no cost, with all that was bought as free to have as before."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.boards import load, open_board
from pipeline.errors import FolderError, RecordsError, UsageError
from pipeline.rendering.accepting import Acceptance, Acceptances, record_all
from pipeline.rendering.book import Book
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import KEPT, Status
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Terms
from pipeline.studio.engine import Job
from tests.proof.footage import of_one_size
from tests.rendering.test_kept import actions, assert_one_task_one_record
from tests.support.world import CATALOG, PROVIDER, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pipeline.rendering.events import Event
    from pipeline.rendering.records import Record

pytestmark = pytest.mark.anyio
AT = "2026-11-24T12:00:00.000Z"
SHORT = Terms(timeout_seconds=10)


class KilledError(BaseException):
    """The process is gone: nothing of its own comes after it."""


def killing(*_anything: object) -> None:
    raise KilledError


@pytest.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A world whose clips all differ, and not in their sizes."""
    async with World(world.root, engine=of_one_size) as entered:
        yield entered


def accept(world: World, spec: Path, *keys: str) -> list[Acceptance]:
    """`shotmake accept` without the terminal."""
    loaded = load([spec], CATALOG, "draft")
    (board,) = loaded.boards
    desk, folder = world.desk(loaded), world.folder()
    with ExitStack() as held:
        opened = open_board(folder, PROVIDER, world.now, held)
        try:
            acceptances = Acceptances(
                board,
                folder,
                opened.book.records,
                lambda known: desk.planner(board, folder, known),
                AT,
            )
            made = acceptances.decide(keys or ("a",))
            record_all(opened, made)
        finally:
            opened.book.fold()
    return made


def graded(word: str = "graded", seconds: int = 4) -> bytes:
    """A clip that nobody has rendered here."""
    return of_one_size(Job("", "veo-3.1", word, seconds, 1280, 720))


def put(world: World, content: bytes, name: str = "a.mp4") -> Path:
    """Somebody puts a clip there."""
    path = world.folder().clip(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def record(world: World, name: str = "a") -> Record:
    return world.results().records[name]


def require_current(world: World, spec: Path, content: bytes) -> None:
    """The take is up to date with just this clip."""
    (step,) = world.plan(spec).steps
    assert (step.action, step.reason) == (Action.SKIP, UP_TO_DATE)
    assert world.folder().clip("a.mp4").read_bytes() == content


async def test_a_stale_clip_is_current_and_what_was_bought_stays_as_it_was(world: World) -> None:
    """Accepted, the plan skips it, and nothing of the purchase has changed but that it is accepted:
    deleted on disk, it is recovered by its task, free."""
    await world.run(world.film("a bowl"))
    before, content = record(world), world.folder().clip("a.mp4").read_bytes()
    spec = world.film("a plate")
    (one,) = accept(world, spec)
    assert one.said == "was: prompt changed"
    require_current(world, spec, content)
    after = record(world)
    assert after.accepted == world.plan(spec).steps[0].digest
    assert replace(after, accepted=None) == before
    assert not world.folder().journal_path.exists()
    assert (await world.run(spec)).summary.complete
    world.folder().clip("a.mp4").unlink()
    assert actions(world.plan(spec).steps) == [Action.RECOVER]
    assert (await world.run(spec)).summary.counts[Kind.RECOVERED] == 1
    require_current(world, spec, content)
    assert record(world).error is None
    assert len(world.charges) == 1


@pytest.mark.parametrize("prompt", ["a bowl", "a plate"])
async def test_it_comes_back_for_what_was_bought_and_for_what_it_was_accepted(
    world: World, prompt: str
) -> None:
    """Changed to a third request, the clip goes to kept/, and is restored for either of the two
    requests that it is good for."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    accept(world, world.film("a plate"))
    assert actions(world.plan(world.film("a cup")).steps) == [Action.RENDER]
    await world.run(world.film("a cup"))
    spec = world.film(prompt)
    assert actions(world.plan(spec).steps) == [Action.RESTORE]
    assert (await world.run(spec)).summary.counts[Kind.RESTORED] == 1
    require_current(world, spec, content)
    assert len(world.charges) == 2
    assert_one_task_one_record(world)


async def test_going_back_to_what_was_bought_changes_nothing(world: World) -> None:
    """An accepted clip is still that of the request it was bought for."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    accept(world, world.film("a plate"))
    require_current(world, world.film("a bowl"), content)


async def test_what_is_current_is_said_to_be(world: World) -> None:
    """Nothing is recorded of what is up to date already."""
    spec = world.film("a bowl")
    await world.run(spec)
    manifest = world.folder().results_path.read_bytes()
    (one,) = accept(world, spec)
    assert one.events == ()
    assert world.folder().results_path.read_bytes() == manifest


async def test_a_clip_put_over_a_rendered_one_is_the_takes(told: World) -> None:
    """By its bytes, of the same size as they are: it is current, what was bought stays on record
    under another name, and is recovered, free, once the other clip is gone."""
    spec = told.film("a bowl")
    await told.run(spec)
    bought, content = record(told), told.folder().clip("a.mp4").read_bytes()
    assert len(graded()) == len(content)
    put(told, graded())
    (one,) = accept(told, spec)
    assert one.said == "put there by hand"
    require_current(told, spec, graded())
    assert record(told).task_id is None
    assert_one_task_one_record(told)
    keys = [r.out_task_id for r in told.results().records.values()]
    assert len(keys) == len(set(keys)) == 2
    (kept,) = (name for name in told.results().records if name.startswith(KEPT))
    assert record(told, kept).task_id == bought.task_id
    told.studio.tasks.forget_keys()
    told.folder().clip("a.mp4").unlink()
    assert actions(told.plan(spec).steps) == [Action.RECOVER]
    assert (await told.run(spec)).summary.complete
    require_current(told, spec, content)
    assert len(told.charges) == 1
    await told.run(told.film("a plate"))
    back = told.film("a bowl")
    assert actions(told.plan(back).steps) == [Action.RESTORE]
    await told.run(back)
    require_current(told, back, content)


async def test_a_clip_put_there_for_a_new_request_leaves_the_bought_one_recoverable(
    told: World,
) -> None:
    """The rendered clip was overwritten: going back to its request recovers it by its task."""
    await told.run(told.film("a bowl"))
    content = told.folder().clip("a.mp4").read_bytes()
    put(told, graded())
    spec = told.film("a plate")
    accept(told, spec)
    require_current(told, spec, graded())
    told.studio.tasks.forget_keys()
    back = told.film("a bowl")
    assert actions(told.plan(back).steps) == [Action.RECOVER]
    await told.run(back)
    require_current(told, back, content)
    again = told.film("a plate")
    assert actions(told.plan(again).steps) == [Action.RESTORE]
    await told.run(again)
    require_current(told, again, graded())
    assert len(told.charges) == 1
    assert_one_task_one_record(told)


async def test_a_clip_that_nothing_was_bought_for(told: World) -> None:
    """A take that was never rendered takes a clip that lies there; one that is forced is bought
    once, under a key of its own, and the clip is kept."""
    spec = told.film("a bowl")
    put(told, graded(seconds=3))
    (one,) = accept(told, spec)
    assert one.said == "put there by hand; it is 3.00 s long and not 4 s"
    require_current(told, spec, graded(seconds=3))
    assert not told.charges
    await told.run(spec, force=True)
    assert list(told.charges.values()) == [1]
    (kept,) = told.folder().path.glob("kept/*.mp4")
    assert kept.read_bytes() == graded(seconds=3)


async def test_the_last_clip_put_there_is_the_one_that_comes_back(told: World) -> None:
    """Graded twice, changed and changed back: the last one is restored, and of the first, which
    was overwritten, no record is left that could be taken for a clip."""
    spec = told.film("a bowl")
    await told.run(spec)
    for word in ("graded", "graded again"):
        put(told, graded(word))
        accept(told, spec)
    assert len(told.results().records) == 2
    await told.run(told.film("a plate"))
    back = told.film("a bowl")
    assert actions(told.plan(back).steps) == [Action.RESTORE]
    await told.run(back)
    require_current(told, back, graded("graded again"))
    assert len(told.charges) == 2


async def test_a_kept_clip_put_there_by_hand_that_is_gone(told: World) -> None:
    """No task could bring it back: the plan goes on to what was bought, and to rendering."""
    put(told, graded())
    accept(told, told.film("a bowl"))
    await told.run(told.film("a plate"))
    for clip in told.folder().path.glob("kept/*.mp4"):
        clip.unlink()
    assert actions(told.plan(told.film("a bowl")).steps) == [Action.RENDER]


async def test_the_clip_that_stayed_where_a_new_request_was_blocked(world: World) -> None:
    """The clip before it lies in its place still: accepted, its own record is the take's again,
    with its task, and the blocked one's is remembered."""
    await world.run(world.film("a bowl"))
    bought, content = record(world), world.folder().clip("a.mp4").read_bytes()
    spec = world.film("a BLOCKED bowl")
    await world.run(spec)
    assert record(world).status is Status.BLOCKED
    (one,) = accept(world, spec)
    assert one.said == "was: prompt changed"
    require_current(world, spec, content)
    assert record(world).task_id == bought.task_id
    assert [each.status for each in record(world).history] == [Status.BLOCKED]
    assert (await world.run(spec)).summary.complete
    assert len(world.charges) == 1
    assert_one_task_one_record(world)


async def test_an_earlier_clip_copied_back(told: World) -> None:
    """Over a bought clip, for the same request: it is known by its bytes, so that it is recovered
    by its own task when it is gone; the other purchase stays on record."""
    await told.run(told.film("a bowl"))
    content = told.folder().clip("a.mp4").read_bytes()
    spec = told.film("a plate")
    await told.run(spec)
    put(told, content)
    accept(told, spec)
    require_current(told, spec, content)
    assert_one_task_one_record(told)
    told.folder().clip("a.mp4").unlink()
    told.studio.tasks.forget_keys()
    await told.run(spec)
    require_current(told, spec, content)
    assert len(told.charges) == 2


async def test_a_damaged_accepted_clip_in_kept_is_asked_for_by_its_task(told: World) -> None:
    """Restored for the request that it was accepted for, with other bytes than on record: the same
    run recovers it."""
    await told.run(told.film("a bowl"))
    content = told.folder().clip("a.mp4").read_bytes()
    accept(told, told.film("a plate"))
    await told.run(told.film("a cup"))
    (kept,) = told.folder().path.glob("kept/*.mp4")
    kept.write_bytes(content[:-1] + b"x")
    spec = told.film("a plate")
    assert (await told.run(spec)).summary.counts[Kind.RECOVERED] == 1
    require_current(told, spec, content)
    assert len(told.charges) == 2


async def test_force_buys_the_first_attempt_at_the_accepted_request(world: World) -> None:
    """What was accepted was bought under another request's numbers: with the outputs deleted after
    it, the forced attempt is found by its key."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a bowl"), force=True)
    spec = world.film("a plate")
    accept(world, spec)
    await world.run(spec, force=True)
    assert record(world).attempt == 1
    world.folder().results_path.unlink()
    for clip in world.folder().path.rglob("*.mp4"):
        clip.unlink()
    await world.run(spec)
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 3


async def test_prices_are_learned_from_what_was_bought(told: World) -> None:
    """A clip of 4 s that is accepted for 5 s, and one that was put there, teach no price of 5 s."""
    await told.run(told.film("a bowl"))
    asked = told.film("a bowl", defaults="defaults: {duration: 5}")
    asked.write_text(asked.read_text("utf-8").replace("defaults: {duration: 4}\n", ""), "utf-8")
    bill = record(told).credits
    assert bill is not None
    (before,) = told.plan(asked, force=True).steps
    accept(told, asked)
    (accepted,) = told.plan(asked, force=True).steps
    assert accepted.price == before.price
    assert accepted.price.expected == pytest.approx(bill / 4 * 5)
    put(told, graded())
    accept(told, asked)
    (by_hand,) = told.plan(asked, force=True).steps
    assert by_hand.price == before.price


def _everything(world: World) -> dict[str, bytes | str]:
    root = world.folder().path
    return {
        path.relative_to(root).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


async def test_what_cannot_be_played_is_not_accepted(world: World) -> None:
    """An error in words, and nothing has changed: not even for the shot beside it."""
    await world.run(world.film("a bowl", "a cup"))
    put(world, b"no clip", "b.mp4")
    before = _everything(world)
    with pytest.raises(UsageError, match=r"b\.mp4: it is no MP4 that can be played"):
        accept(world, world.film("a plate", "a cup"), "a", "b")
    assert _everything(world) == before


async def test_without_a_clip_nothing_is_accepted(world: World) -> None:
    """Named with the place where one belongs; what could be accepted beside it is not."""
    await world.run(world.film("a bowl"))
    before = _everything(world)
    with pytest.raises(UsageError, match=r"there is no clip at .*draft/b\.mp4; put one there"):
        accept(world, world.film("a plate", "a cup"), "a", "b")
    assert _everything(world) == before


async def test_a_link_is_no_clip(world: World) -> None:
    """Where it leads is none of our business, be it to a clip."""
    spec = world.film("a bowl")
    await world.run(spec)
    path = world.folder().clip("a.mp4")
    elsewhere = world.root / "elsewhere.mp4"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = _everything(world)
    with pytest.raises(FolderError, match="is a symbolic link"):
        accept(world, spec)
    assert _everything(world) == before


async def test_a_task_in_flight_is_waited_for(world: World) -> None:
    """Its clip is still to come, and its bill: what to do is said."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=SHORT)
        put(slow, graded())
        with pytest.raises(UsageError, match="`shotmake run` collects it, `shotmake cancel` ends"):
            accept(slow, spec)
        assert (await slow.run(spec)).summary.complete


CHAIN = """\
model: veo-3.1-fast
defaults: {duration: 4}
shots:
  - {id: a, prompt: PROMPT}
  - {id: b, prompt: OTHER, init_image: {shot: a}}
"""


async def test_what_begins_with_a_frame_of_an_accepted_clip(told: World) -> None:
    """Alone it is refused, as its frame is still to be rendered; with the clip that has it, both
    are accepted, and nothing is left to do."""
    board = CHAIN.replace("PROMPT", "a bowl").replace("OTHER", "a cup")
    await told.run(told.board(board))
    spec = told.board(CHAIN.replace("PROMPT", "a plate").replace("OTHER", "a jug"))
    with pytest.raises(UsageError, match=r"b: can't be accepted yet: .*frame of a"):
        accept(told, spec, "b")
    made = accept(told, spec, "b", "a")
    assert [one.render for one in made if one.events] == ["a", "b"]
    assert {step.reason for step in told.plan(spec).steps} == {UP_TO_DATE}


async def _killed_while_accepting(
    world: World, spec: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> bool:
    """Accept, and die when so many events are on record; False when there aren't as many."""
    note, noted = Book.note, 0

    def dying(book: Book, event: Event, *, sync: bool = False) -> None:
        nonlocal noted
        if noted == after:
            raise KilledError
        note(book, event, sync=sync)
        noted += 1

    with monkeypatch.context() as broken:
        broken.setattr(Book, "note", dying)
        broken.setattr(Book, "fold", killing)
        with pytest.raises(KilledError):
            accept(world, spec)
    return noted == after


@pytest.mark.parametrize("then", ["run", "accept"])
@pytest.mark.parametrize("after", range(4))
async def test_killed_while_a_clip_put_there_is_accepted(
    told: World, monkeypatch: pytest.MonkeyPatch, after: int, then: str
) -> None:
    """At every event: accepted again, it is the take's; run instead, nothing is bought, and both
    clips are there."""
    spec = told.film("a bowl")
    await told.run(spec)
    content = told.folder().clip("a.mp4").read_bytes()
    put(told, graded())
    assert await _killed_while_accepting(told, spec, monkeypatch, after)
    told.studio.tasks.forget_keys()
    if then == "accept":
        accept(told, spec)
        require_current(told, spec, graded())
        told.folder().clip("a.mp4").unlink()
    assert (await told.run(spec)).summary.complete
    assert list(told.charges.values()) == [1]
    assert_one_task_one_record(told)
    if then == "accept":
        require_current(told, spec, content)
    else:
        assert graded() in {path.read_bytes() for path in told.folder().path.rglob("*.mp4")}


@pytest.mark.parametrize("then", ["run", "accept"])
@pytest.mark.parametrize("after", range(6))
async def test_killed_while_an_earlier_clip_is_accepted(
    told: World, monkeypatch: pytest.MonkeyPatch, after: int, then: str
) -> None:
    """Copied back from kept/ for a request that has a clip of its own: whatever comes after the
    kill, nothing is bought and no purchase goes unnamed."""
    await told.run(told.film("a bowl"))
    content = told.folder().clip("a.mp4").read_bytes()
    spec = told.film("a plate")
    await told.run(spec)
    put(told, content)
    assert await _killed_while_accepting(told, spec, monkeypatch, after)
    told.studio.tasks.forget_keys()
    if then == "accept":
        accept(told, spec)
        require_current(told, spec, content)
    assert (await told.run(spec)).summary.complete
    assert sorted(told.charges.values()) == [1, 1]
    assert_one_task_one_record(told)


async def test_killed_while_what_stayed_is_accepted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a failed attempt: once the first event is on record, the next run takes the clip back
    by itself, and buys nothing."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    spec = world.film("a bowl that FAILS")
    await world.run(spec, terms=Terms(retries=0))
    assert await _killed_while_accepting(world, spec, monkeypatch, 1)
    submits = world.wire.count("/v1/tasks/submit")
    assert (await world.run(spec)).summary.complete
    require_current(world, spec, content)
    assert world.wire.count("/v1/tasks/submit") == submits


async def test_a_forged_acceptance_is_damage(world: World) -> None:
    """`accepted` in results.json is a digest; what is none is not believed."""
    spec = world.film("a bowl")
    await world.run(spec)
    path = world.folder().results_path
    text = path.read_text("utf-8")
    path.write_text(text.replace('"accepted": null', '"accepted": "all"'), "utf-8")
    with pytest.raises(RecordsError, match="'all' can't be a digest"):
        await world.run(spec)


@pytest.mark.parametrize("bought", [False, True])
async def test_a_clip_put_there_that_is_gone_takes_no_other_place(
    told: World, *, bought: bool
) -> None:
    """There is nothing to take along when its seed moves to another take: what was bought for the
    seed comes back, and else it is bought.
    """
    head = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    text = f"{head}  - {{id: a, prompt: x, seeds: %s}}"
    await told.run(told.board(text % ([7, 11] if bought else [7])))
    spec = told.board(text % [7, 11])
    put(told, graded(), "a.t2.mp4")
    accept(told, spec, "a.t2")
    told.folder().clip("a.t2.mp4").unlink()
    spec = told.board(text % [11])
    report = await told.run(spec)
    assert report.summary.complete
    assert {step.reason for step in told.plan(spec).steps} == {UP_TO_DATE}
    assert len(told.charges) == 2


async def test_what_is_bought_for_a_clip_that_is_gone_waits_for_the_frames_clip(
    told: World,
) -> None:
    """The picture that it begins with is on record; the clip that it is in has to come first."""
    text = (
        "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
        "  - {id: a, prompt: x}\n  - {id: b, prompt: y, init_image: {shot: a}}\n"
        "  - {id: c, prompt: z, init_image: {shot: a}}"
    )
    spec = told.board(text)
    await told.run(spec, shots=("[ac]",))
    put(told, graded(), "b.mp4")
    accept(told, spec, "b")
    told.folder().clip("a.mp4").unlink()
    told.folder().clip("b.mp4").unlink()
    steps = {step.render: step for step in told.plan(spec).steps}
    assert (steps["b"].action, steps["b"].after) == (Action.RENDER, ("a",))
    assert (steps["c"].action, steps["c"].reason) == (Action.SKIP, UP_TO_DATE)
    assert (await told.run(spec)).summary.complete
    assert len(told.charges) == 3


async def test_an_accepted_clip_goes_with_its_seed(told: World) -> None:
    """It is what its take asks for, as a rendered one is; and no clip goes to two takes."""
    head = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    text = f"{head}  - {{id: a, prompt: %s, seeds: %s}}"
    await told.run(told.board(text % ("x", [7, 11])))
    clips = told.folder().sha256("a.t2.mp4")
    spec = told.board(text % ("y", [7, 11]))
    accept(told, spec, "a", "a.t2")
    spec = told.board(text % ("y", [11, 7]))
    assert (await told.run(spec)).summary.complete
    assert told.folder().sha256("a.mp4") == clips
    assert len(told.charges) == 2
    spec = told.board(text % ("x", [7, 11]))
    assert (await told.run(spec)).summary.complete
    assert told.folder().sha256("a.t2.mp4") == clips
    assert len(told.charges) == 2
    assert {step.reason for step in told.plan(spec).steps} == {UP_TO_DATE}


async def test_what_is_rendered_in_the_place_of_a_clip_that_is_gone_is_waited_for(
    told: World,
) -> None:
    """The next shot began with a clip that nobody can bring back; the new one has another frame."""
    head = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    first = "  - {id: a, prompt: x}\n"
    await told.run(told.board(f"{head}{first}  - {{id: b, prompt: y}}\n"), shots=("b",))
    spec = told.board(f"{head}{first}  - {{id: b, prompt: y, init_image: {{shot: a}}}}\n")
    put(told, graded("white"))
    accept(told, spec, "a")
    await told.run(spec)
    told.folder().clip("a.mp4").unlink()
    assert [step.after for step in told.plan(spec).steps] == [(), ("a",)]
    assert (await told.run(spec)).summary.complete
    assert {step.reason for step in told.plan(spec).steps} == {UP_TO_DATE}
