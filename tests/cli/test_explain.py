"""`shotmake explain`: as people and programs see it, without a key, and changing nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.cli import terminal
from pipeline.cli.main import command
from pipeline.rendering.work import Terms
from tests.support.world import PROVIDER, World

if TYPE_CHECKING:
    import httpx

    from tests.support.world import Send

pytestmark = pytest.mark.anyio

BOARD = """\
title: Noodles
model: veo-3.1-fast
defaults: {duration: 2}
passes: {final: {model: veo-3.1, resolution: 1080p}}
shots:
  - id: zoom
    prompt: Slow zoom into a bowl of ramen, steam rising, warm light, at night in a shop in Kyoto
    seed: 7
  - {id: pour, prompt: "Broth poured, macro", init_image: {shot: zoom}}
  - {id: cut, prompt: A cook cuts onions, takes: 3, seed: 11}
  - {id: sea, prompt: Waves, init_image: "https://example.com/sea.jpg"}
"""

Lines = Callable[..., list[str]]
Document = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _folder(at_home: World) -> None:
    """The world's own folder."""
    at_home.board(BOARD)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What `explain` prints about a shot of the draft, line by line, without space at the ends."""

    def call(shot: str, *options: str) -> list[str]:
        capsys.readouterr()
        assert command(["explain", "specs/film.yaml", shot, "--pass", "draft", *options]) == 0
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return call


@pytest.fixture
def document(lines: Lines) -> Document:
    """The same with `--json`."""

    def call(shot: str) -> dict[str, Any]:
        made: dict[str, Any] = json.loads("\n".join(lines(shot, "--json")))
        return made

    return call


async def test_a_shot_that_was_never_rendered(lines: Lines) -> None:
    """What would be sent, its cost and its digest; no key is asked for, and no folder is made."""
    said = lines("zoom")
    assert said[0] == f"pass draft at {PROVIDER} (asked for)"
    assert said[1] == "film/draft/zoom"
    assert "  step        render  new" in said
    assert "  request     veo-3.1-fast · 2 s · 16:9 · 720p · seed 7" in said
    assert "  may cost    ≈ 0.09 credits (by the model's example price)" in said
    assert "  difference  never rendered" in said
    assert "  history     no attempt yet" in said
    assert '                "duration_seconds": 2,' in said
    assert not Path("outputs").exists()


async def test_the_body_is_the_one_that_was_sent(world: World, document: Document) -> None:
    """`sent` is to the letter what went over the wire, key included, but for an image's bytes."""
    bodies: list[dict[str, Any]] = []

    async def listen(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/submit":
            bodies.append(json.loads(request.content))
        return await send(request)

    world.wire.meddle = listen
    shown = {
        each["render"]: each["sent"]
        for shot in ("zoom", "pour", "cut", "sea")
        for each in document(shot)["takes"]
    }
    await world.run(Path("specs/film.yaml"), shots=("zoom", "cut", "pour"))
    assert [shown[key] for key in ("zoom", "cut", "cut.t2", "cut.t3")] == bodies[:4]
    (pour,) = document("pour")["takes"]
    assert bodies[4].pop("image_init").startswith("data:image/jpeg;base64,")
    assert pour["sent"].pop("image_init").startswith("<the last frame of zoom, sha256 ")
    assert pour["sent"] == bodies[4]
    assert shown["sea"]["image_init"] == "https://example.com/sea.jpg"


async def test_the_document_is_the_documented_one(world: World, document: Document) -> None:
    """`--json` after two failures, a clip and a change: every field, in snake case, with values."""
    world.faults("{on: submit, times: 2, do: {failed: api_error, message: overloaded}}")
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    world.board(BOARD.replace("seed: 7", "seed: 8"))
    made = document("zoom")
    (take,) = made.pop("takes")
    assert made == {
        "storyboard": "film",
        "pass": "draft",
        "provider": PROVIDER,
        "undecided": None,
    }
    assert set(take) == {
        *("render", "shot", "take", "picked", "step", "besides", "request", "sent", "digest"),
        *("waits_for", "difference", "history", "estimated_credits", "estimate_from"),
    }
    assert take["step"] == {"action": "render", "reason": "seed 7 → 8"}
    assert take["difference"] == [{"field": "seed", "old": 7, "new": 8}]
    assert (take["estimated_credits"], take["estimate_from"]) == (pytest.approx(0.09), "past")
    assert len(take["digest"]) == 64
    first, second, third = take["history"]
    for number, each in enumerate((first, second), 1):
        error = {"code": "api_error", "message": "overloaded", "retryable": True}
        assert (each["attempt"], each["status"], each["clip"]) == (number, "failed", None)
        assert each["error"] == error
    assert (third["attempt"], third["status"], third["record"]) == (3, "completed", "zoom")
    assert third["clip"] == str(Path("outputs/film/draft/zoom.mp4"))
    assert third["submitted_at"].endswith("Z")
    assert third["seconds"] >= 30


async def test_the_history_for_people(world: World, lines: Lines) -> None:
    """A line an attempt with its task, its error below; then the digest and where the clip lies."""
    world.faults("{on: submit, times: 1, do: {failed: api_error, message: overloaded}}")
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    (record,) = world.results().records.values()
    digits, task = record.digest[:12], record.task_id
    said = lines("zoom")
    begin = said.index("  history     2 attempts")
    head, first, error, request, second, clip = said[begin + 1 :]
    assert head.split() == ["#", "when", "(UTC)", "took", "outcome", "credits", "task"]
    # A task of 30 s ends in the moment of a poll, or by the one after it.
    when = r"2026-11-23 12:0\d:\d\d     3[02] s"
    assert re.match(rf"    1  {when}  failed        0\.00  task_", first)
    assert error == "       api_error: overloaded"
    assert request == f"       request {digits}"
    assert re.match(rf"    2  {when}  completed     0\.09  {task}$", second)
    assert clip == f"       request {digits} · outputs/film/draft/zoom.mp4"


async def test_a_changed_prompt_is_two_lines(world: World, lines: Lines) -> None:
    """The old and the new one under each other, on one line each, and the other fields below."""
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    changed = BOARD.replace("warm light", "cold light").replace("duration: 2", "duration: 3")
    world.board(changed)
    said = lines("zoom")
    begin = next(n for n, line in enumerate(said) if line.startswith("  difference"))
    rest = "at night in a shop in Kyoto"
    assert [line[14:] for line in said[begin : begin + 3]] == [
        f"- Slow zoom into a bowl of ramen, steam rising, warm light, {rest}",
        f"+ Slow zoom into a bowl of ramen, steam rising, cold light, {rest}",
        "duration 2 → 3",
    ]


async def test_a_chained_shot_says_what_it_waits_for(world: World, lines: Lines) -> None:
    """Without its frame it has no digest, and says why; with it, which frame it begins with."""
    before = lines("pour")
    waits = "it begins with the last frame of zoom, which is not rendered yet"
    assert f"  digest       none yet: {waits}" in before
    assert '                 "out_task_id": null' in before
    await world.run(Path("specs/film.yaml"), shots=("zoom", "pour"))
    after = lines("pour")
    image = world.results().records["pour"].request["init_image"]
    frame = f"the last frame of zoom, sha256 {image['sha256'][:12]}…"
    assert f"  begins with  {frame}" in after
    assert f"  digest       {world.results().records['pour'].digest}" in after


async def test_a_shot_is_all_its_takes_and_a_take_is_one(
    world: World, lines: Lines, document: Document
) -> None:
    """`cut` is three takes, `cut.t2` the second, `cut.t1` the first; the picked one is told."""
    world.board(BOARD.replace("seed: 11", "seed: 11, pick: 2"))
    shown = {
        shot: [(take["render"], take["picked"]) for take in document(shot)["takes"]]
        for shot in ("cut", "cut.t2", "cut.t1")
    }
    assert shown == {
        "cut": [("cut", False), ("cut.t2", True), ("cut.t3", False)],
        "cut.t2": [("cut.t2", True)],
        "cut.t1": [("cut", False)],
    }
    assert [line for line in lines("cut") if line.startswith("film/")] == [
        "film/draft/cut",
        "film/draft/cut.t2 (picked)",
        "film/draft/cut.t3",
    ]


async def test_what_a_pass_renders_nothing_of_is_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A shot none of whose takes is picked: why, and what to do; exit 0, as nothing is wrong."""
    asked = ["explain", "specs/film.yaml", "cut", "--pass", "final"]
    assert command(asked) == 0
    said = capsys.readouterr().out
    assert "film/final/cut\n  this pass renders nothing of it: 3 takes, and none is picked" in said
    assert command([*asked, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["takes"] == []
    assert made["undecided"].startswith("3 takes, and none is picked")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["specs/film.yaml", "zom"], "there is no shot zom; did you mean zoom?"),
        (["specs/film.yaml", "zom.t2"], "there is no shot zom; did you mean zoom?"),
        (["specs/film.yaml", "z*"], "there is no shot z*; there are zoom, pour, cut and sea"),
        (["specs/film.yaml", "cut.t4"], "cut has 3 takes in pass animatic; the last one is cut.t3"),
        (["specs/film.yaml", "zoom.t2"], "zoom has 1 take in pass animatic"),
        (["specs/film.yaml", "zoom", "--pass", "fina"], "no storyboard has a pass fina"),
        (["specs/flim.yaml", "zoom"], "did you mean film.yaml?"),
    ],
)
async def test_what_is_not_there_is_exit_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown shot, take, pass or file is told with the nearest there is."""
    assert command(["explain", *arguments]) == 2
    assert says in capsys.readouterr().err


async def test_damaged_records_are_exit_6(capsys: pytest.CaptureFixture[str]) -> None:
    """As everywhere: file, place and what is wrong."""
    folder = Path("outputs/film/draft")
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{", "utf-8")
    assert command(["explain", "specs/film.yaml", "zoom", "--pass", "draft"]) == 6
    assert "results.json:1:2: damaged" in capsys.readouterr().err


async def test_nothing_is_asked_and_nothing_changed(world: World, lines: Lines) -> None:
    """An open task is told with its id, out of the journal of a run that was killed; nobody is
    asked about it, and every file stays as it is."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(Path("specs/film.yaml"), shots=("zoom",), terms=Terms(timeout_seconds=10))
        asked = len(slow.wire.requests)
        files = {path: path.read_bytes() for path in slow.outputs.rglob("*") if path.is_file()}
        task = slow.results().records["zoom"].task_id
        said = lines("zoom")
        assert f"  step        resume  {task} is open" in said
        assert any(line.split()[-2:] == ["pending", task] for line in said)
        assert len(slow.wire.requests) == asked
        after = {path: path.read_bytes() for path in slow.outputs.rglob("*") if path.is_file()}
        assert after == files


async def test_it_fits_80_columns(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a narrow terminal no line is broken by it, also with a clip in kept/ and a long id."""
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    world.board(BOARD.replace("warm light", "cold light"))
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    path = world.folder().results_path
    text = path.read_text("utf-8")
    task = str(world.results().records["zoom"].task_id)
    path.write_text(text.replace(task, "task_" + "0123456789" * 4), "utf-8")
    monkeypatch.setattr(terminal, "_PIPED_COLUMNS", 80)
    said = lines("zoom")
    assert max(len(line) for line in said) <= 80
    assert "       task_" + "0123456789" * 4 in said


async def test_foreign_text_steers_no_terminal(world: World, lines: Lines) -> None:
    """What a provider has said, or a hand has written into the records, is shown and not obeyed."""
    message = r"\e[2J over\u0007loaded"
    world.faults(f'{{on: submit, times: 1, do: {{failed: "c[b]c", message: "{message}"}}}}')
    await world.run(Path("specs/film.yaml"), shots=("zoom",))
    path = world.folder().results_path
    text = path.read_text("utf-8").replace("Slow zoom", r"Slow \u001b[31m zoom")
    path.write_text(text, "utf-8")
    said = lines("zoom")
    assert all(line.isprintable() for line in said)
    assert r"       c[b]c: \x1b[2J over\x07loaded" in said
    assert any(line.startswith(r"  difference  - Slow \x1b[31m zoom") for line in said)


async def test_quiet_is_quiet(lines: Lines) -> None:
    """With `--quiet` nothing is said, as nothing went wrong."""
    assert lines("zoom", "--quiet") == []
