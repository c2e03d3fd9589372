"""Takes and passes in a run: what is rendered of a shot, and what a changed wish costs."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.boards import load
from pipeline.rendering.comparing import PassView, compare
from pipeline.rendering.notices import Kind
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Terms
from pipeline.storyboard.shots import take_key
from tests.support.world import CATALOG, World

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.steps import Plan

pytestmark = pytest.mark.anyio

BOARD = """\
model: veo-3.1-fast
defaults: {duration: 4}
passes:
  final: {model: veo-3.1}
shots:
  - id: zoom
    prompt: Slow zoom into a bowl.
    %s
  - id: pour
    prompt: Broth is poured.
"""


def board(world: World, lines: str, text: str = BOARD) -> Path:
    return world.board(text % lines)


def to_render(plan: Plan) -> dict[str, int | None]:
    """The seeds of what would be rendered, by take."""
    return {
        step.render: step.wanted.take.request.seed
        for step in plan.steps
        if step.action is Action.RENDER and step.wanted
    }


@pytest.mark.parametrize(
    ("glob", "keys"),
    [
        ("zoom", ["zoom", "zoom.t2"]),
        ("zoom.t1", ["zoom"]),
        ("zoom.t*", ["zoom.t2"]),
        ("*.t[12]", ["zoom.t2"]),
        ("*.t1", ["zoom", "zoom1"]),
        ("*.t2", ["zoom.t2"]),
        ("*1", ["zoom1"]),
        ("*[!2]", ["zoom", "zoom.t2", "zoom1"]),
        ("*[0-9]", ["zoom.t2", "zoom1"]),
    ],
)
async def test_a_glob_means_a_first_take_only_where_it_speaks_of_takes(
    tmp_path: Path, glob: str, keys: list[str]
) -> None:
    """`*1` means shots that end in 1: it buys nothing of the others."""
    async with World(tmp_path) as world:
        lines = "takes: 2\n  - {id: zoom1, prompt: Closer.}"
        spec = board(world, lines, BOARD.partition("  - id: pour")[0])
        assert [*to_render(world.plan(spec, shots=(glob,)))] == keys


@pytest.mark.parametrize(
    ("lines", "seeds"),
    [
        ("seed: 7", {"zoom": 7}),
        ("takes: 3", {"zoom": None, "zoom.t2": None, "zoom.t3": None}),
        ("{seed: 7, takes: 3}", {"zoom": 7, "zoom.t2": 8, "zoom.t3": 9}),
        ("seeds: [7, 11, 13]", {"zoom": 7, "zoom.t2": 11, "zoom.t3": 13}),
    ],
)
async def test_a_line_says_which_takes_there_are(
    world: World, lines: str, seeds: dict[str, int | None]
) -> None:
    """A count, a seed to count up from, or a list; without a seed they differ by number only."""
    lines = lines.strip("{}").replace(", ", "\n    ") if lines[0] == "{" else lines
    assert to_render(world.plan(board(world, lines))) == {**seeds, "pour": None}


async def test_takes_without_a_seed_are_tasks_of_their_own(world: World) -> None:
    """Equal requests under different keys: each take is bought once, and no clip serves two."""
    report = await world.run(board(world, "takes: 3"))
    assert report.summary.counts[Kind.RENDERED] == 4
    assert sorted(world.charges.values()) == [1, 1, 1, 1]
    records = world.results().records
    assert len({record.task_id for record in records.values()}) == 4
    assert len({records[name].digest for name in ("zoom", "zoom.t2", "zoom.t3")}) == 1


async def test_adding_a_take_renders_one_and_taking_it_away_keeps_its_clip(world: World) -> None:
    """And asking for it again costs nothing."""
    await world.run(board(world, "takes: 2\n    seed: 7"))
    spec = board(world, "takes: 3\n    seed: 7")
    assert to_render(world.plan(spec)) == {"zoom.t3": 9}
    await world.run(spec)
    await world.run(board(world, "takes: 1\n    seed: 7"))
    assert world.folder().size("zoom.t3.mp4")
    plan = world.plan(board(world, "takes: 3\n    seed: 7"))
    assert {step.reason for step in plan.steps} == {UP_TO_DATE}
    assert sum(world.charges.values()) == 4


async def test_a_seed_taken_from_the_front_moves_the_others_up(world: World) -> None:
    """A take is its number: the clips go where their seeds are asked for, and nothing is bought."""
    await world.run(board(world, "seeds: [7, 11, 13]"))
    spec = board(world, "seeds: [11, 13]")
    actions = [step.action for step in world.plan(spec).steps]
    assert actions == [Action.RESTORE, Action.RESTORE, Action.SKIP]
    report = await world.run(spec)
    assert report.summary.complete
    assert sum(world.charges.values()) == 4
    await _require_in_place(world, [11, 13])


@pytest.mark.parametrize("number", range(12))
async def test_seeds_in_any_order_are_bought_once_each(world: World, number: int) -> None:
    """However a list of seeds is edited, run by run, interrupted runs among them: no seed is paid
    for twice, and in the end each take has the clip of its seed.
    """
    random = Random(number)  # noqa: S311 (no secret)
    bought: set[int] = set()
    for _edit in range(6):
        seeds = random.sample(range(5), random.randint(1, 4))
        terms = Terms(timeout_seconds=random.choice([5, 900]))
        await world.run(board(world, f"seeds: {seeds}"), terms=terms)
        bought.update(seeds)
    await world.run(board(world, f"seeds: {seeds}"))
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == len(bought) + 1
    await _require_in_place(world, seeds)
    plan = world.plan(board(world, f"seeds: {seeds}"))
    assert {step.reason for step in plan.steps} == {UP_TO_DATE}


async def test_another_providers_task_is_not_bought_again_for_another_take(world: World) -> None:
    """A seed whose task can't be asked for here holds up the take that it has moved to, as it holds
    up its own.
    """
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(board(slow, "seeds: [7, 11]"), terms=Terms(timeout_seconds=10))
        path = slow.folder().results_path
        text = path.read_text("utf-8").replace("gateway.test", "other.test")
        path.write_text(text, "utf-8")
        for seeds in ("[11, 13]", "[11]"):
            steps = {s.render: s for s in slow.plan(board(slow, f"seeds: {seeds}")).steps}
            assert steps["zoom"].action is Action.SKIP
            assert "https://other.test" in steps["zoom"].reason
            assert Action.RENDER not in {s.action for s in steps.values()}


async def _require_in_place(world: World, seeds: list[int]) -> None:
    records = world.results().records
    for take, seed in enumerate(seeds, 1):
        key = take_key("zoom", take)
        record = records[key]
        assert record.request["seed"] == seed
        assert record.clip is not None
        assert record.clip.path == f"{key}.mp4"
        assert world.folder().sha256(record.clip.path) == record.clip.sha256


async def test_a_final_renders_the_picked_takes_seed_and_prompt(world: World) -> None:
    """On the final's model, as its one take; shots of one take need no pick."""
    spec = board(world, "takes: 3\n    seed: 7\n    pick: 2")
    plan = world.plan(spec, pass_name="final")
    assert to_render(plan) == {"zoom": 8, "pour": None}
    requests = [step.wanted.take.request for step in plan.steps if step.wanted]
    assert {request.model for request in requests} == {"veo-3.1"}
    assert requests[0].prompt == "Slow zoom into a bowl."


async def test_a_shot_that_nobody_has_decided_is_not_bought(world: World) -> None:
    """Of several takes none is picked: the final leaves the shot alone, and is not complete."""
    spec = board(world, "takes: 3")
    plan = world.plan(spec, pass_name="final")
    undecided, other = plan.steps
    assert (undecided.render, undecided.action, undecided.shot) == ("zoom", Action.SKIP, "zoom")
    assert "pick" in undecided.reason
    assert other.action is Action.RENDER
    report = await world.run(spec, pass_name="final")
    assert not report.summary.complete
    assert report.summary.counts[Kind.WAITING] == 1
    assert sum(world.charges.values()) == 1


async def test_what_an_undecided_shot_had_is_still_a_shots(world: World) -> None:
    """Without its pick a final's clip waits for the next one; it is of no removed shot, and of no
    failed one.
    """
    await world.run(board(world, "takes: 2\n    pick: 2"), pass_name="final")
    spec = board(world, "takes: 2")
    assert world.plan(spec, pass_name="final").unasked == ()
    assert world.plan(spec, pass_name="final", failed=True).steps == ()


async def test_only_picked_leaves_the_rest_out(world: World) -> None:
    """In a final the shots with a pick, in the draft their circled takes: complete with those."""
    spec = board(world, "takes: 3\n    seed: 7\n    pick: 2")
    assert to_render(world.plan(spec, only_picked=True)) == {"zoom.t2": 8}
    assert to_render(world.plan(spec, pass_name="final", only_picked=True)) == {"zoom": 8}
    report = await world.run(board(world, "takes: 3"), pass_name="final", only_picked=True)
    assert report.summary.complete
    assert not world.charges


async def test_another_pick_renders_the_final_anew_and_going_back_is_free(world: World) -> None:
    """The earlier final goes to kept/, and comes back from there."""
    for pick in (1, 2, 1):
        await world.run(board(world, f"takes: 2\n    seed: 7\n    pick: {pick}"), pass_name="final")
    assert sum(world.charges.values()) == 3
    assert world.results(pass_name="final").records["zoom"].request["seed"] == 7


async def test_a_pick_whose_seed_has_moved_is_told(world: World) -> None:
    """A pick is a number: the plan of the final says where the seed is that it was."""
    await world.run(board(world, "seeds: [7, 11]\n    pick: 1"), pass_name="final")
    plan = world.plan(board(world, "seeds: [11, 7]\n    pick: 1"), pass_name="final")
    assert plan.steps[0].reason == (
        "seed 7 → 11 (seed 7 is take 2 now: `shotmake pick SPEC zoom=2`)"
    )


async def test_a_pick_without_seeds_changes_no_request(world: World) -> None:
    """The takes differ by number only, and so nothing that is sent does: the final stays."""
    await world.run(board(world, "takes: 2\n    pick: 1"), pass_name="final")
    plan = world.plan(board(world, "takes: 2\n    pick: 2"), pass_name="final")
    assert {step.reason for step in plan.steps} == {UP_TO_DATE}


async def test_an_undecided_shots_open_task_is_brought_home(world: World) -> None:
    """The pick was taken back while the final was being rendered: it is paid for, and is kept. What
    the shot is to be is as undecided as before, so that the run isn't complete.
    """
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(
            board(slow, "takes: 2\n    pick: 1"), pass_name="final", terms=Terms(timeout_seconds=10)
        )
        spec = board(slow, "takes: 2")
        steps = slow.plan(spec, pass_name="final").steps
        assert [(s.render, s.action) for s in steps] == [
            ("zoom", Action.SKIP),
            ("pour", Action.RESUME),
            ("zoom", Action.RESUME),
        ]
        report = await slow.run(spec, pass_name="final")
        assert report.summary.counts[Kind.WAITING] == 1
        assert not report.summary.complete
        assert slow.folder(pass_name="final").size("zoom.mp4")
        assert sum(slow.charges.values()) == 2


async def test_a_shots_own_words_for_a_pass_win(world: World) -> None:
    """What a shot says for the pass stands over what the pass says for all."""
    text = BOARD.replace("final: {model: veo-3.1}", "final: {model: veo-3.1, duration: 5}")
    spec = board(world, "passes: {final: {duration: 8, prompt: Closer., takes: 2}}", text)
    plan = world.plan(spec, pass_name="final")
    requests = {s.render: s.wanted.take.request for s in plan.steps if s.wanted}
    assert [(r.duration, r.prompt) for r in requests.values()] == [
        (8, "Closer."),
        (8, "Closer."),
        (5, "Broth is poured."),
    ]


async def test_the_passes_are_compared(world: World) -> None:
    """What is drafted, what is picked, what is final, a row a shot."""
    spec = board(world, "takes: 3\n    seed: 7\n    pick: 2")
    await world.run(spec)
    await world.run(spec, pass_name="final", shots=("zoom",))
    changed = spec.read_text().replace("Broth is poured.", "Broth is poured slowly.")
    loaded = load([world.board(changed)], CATALOG, "draft")
    views = []
    for name in ("draft", "final"):
        found = loaded.in_pass("film", name)
        assert found is not None
        records = world.results(pass_name=name).records
        folder = world.folder(pass_name=name)
        planner = world.desk(loaded, name).planner(found, folder, records)
        views.append(PassView(found, planner, records))
    zoom, pour = compare(views)
    assert (zoom.shot, zoom.pick) == ("zoom", 2)
    assert (zoom.passes["draft"].current, zoom.passes["draft"].asked) == (3, 3)
    assert (zoom.passes["final"].current, zoom.passes["final"].asked) == (1, 1)
    assert dict(pour.passes["draft"].behind) == {"changed": 1}
    assert dict(pour.passes["final"].behind) == {"missing": 1}


async def test_a_take_is_selected_by_its_key(world: World) -> None:
    """`--shot zoom.t2` is that take alone, `--shot zoom` all of them."""
    spec = board(world, "seeds: [7, 11]")
    assert to_render(world.plan(spec, shots=("zoom.t2",))) == {"zoom.t2": 11}
    assert to_render(world.plan(spec, shots=("*.t2",))) == {"zoom.t2": 11}
    assert to_render(world.plan(spec, shots=("zoom",))) == {"zoom": 7, "zoom.t2": 11}


async def test_a_file_in_a_clips_way_is_told_of(world: World) -> None:
    """Somebody put it there, and would look for it: it is kept, and the run says where."""
    spec = board(world, "seed: 7")
    world.folder().path.mkdir(parents=True)
    world.folder().clip("zoom.mp4").write_bytes(b"mine")
    await world.run(spec)
    (told,) = [notice for notice in world.notices if notice.kind is Kind.WARNING]
    (kept,) = world.folder().path.glob("kept/unknown-*.mp4")
    assert kept.read_bytes() == b"mine"
    assert told.render == "zoom"
    assert f"the file that lay at zoom.mp4 is kept/{kept.name} now" in told.message
