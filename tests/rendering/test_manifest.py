"""`results.json` as it comes back from git and from editors: merged, doubled, half resolved."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import RecordsError
from pipeline.rendering.notices import Kind
from tests.support import world as surroundings
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
BOARD = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
BOWL, CUP, CAT = (
    f"  - {{id: {name}, prompt: {prompt}}}\n"
    for name, prompt in (("a", "a bowl"), ("z", "a cup"), ("0a", "a cat"))
)


def edit(world: World, old: str, new: str) -> None:
    """Somebody's hand in the manifest."""
    path = world.folder().results_path
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


async def test_an_image_by_url_comes_back(world: World) -> None:
    """A request may have a text where another has a still: the next run reads it."""
    image = "https://stills.test/bowl.png"
    spec = world.board(f"{BOARD}  - {{id: a, prompt: a bowl, init_image: {image}}}\n")
    await world.run(spec)
    report = await world.run(spec)
    assert report.summary.counts[Kind.SKIPPED] == 1
    assert world.results().records["a"].request["init_image"] == image


async def test_half_a_pair_in_a_merged_manifest_ends_no_run(world: World) -> None:
    """What an escape in the file stands for is written as an escape again."""
    await world.run(world.film("a bowl"))
    edit(world, "a bowl", "a \\ud800 bowl")
    assert (await world.run(world.film("a plate"))).summary.complete


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"renders": {', '"renders": {\n<<<<<<< ours', r"json:\d+: damaged: a merge conflict"),
        ('"attempt": 1,', '"attempt": 1, "attempt": 2,', "'attempt' stands there twice"),
        ('"task_id": "task_', '"task_id": "../', "renders/a: damaged: '../"),
        ('"status": "completed"', '"status": "done"', "renders/a: damaged: 'done'"),
        ('"attempt": 1,', "", "renders/a: damaged: 'attempt' is missing"),
        ('"credits": 0.18', '"credits": 1' + 400 * "0", "renders/a: damaged: such a sum"),
        ('"width": 1280', '"breadth": 1280', "renders/a: damaged: a clip can't be made of"),
        ('"version": 1', '"version": 1,,', r"json:\d+:\d+: damaged"),
    ],
)
async def test_damage_is_told_with_its_place(world: World, old: str, new: str, said: str) -> None:
    """Where it is, what it is in words that are not Python's, and what to do."""
    spec = world.film("a bowl")
    await world.run(spec)
    edit(world, old, new)
    with pytest.raises(RecordsError, match=said) as told:
        await world.run(spec)
    assert "Nothing was submitted. Take it back from git" in str(told.value)
    assert "move it away" in str(told.value)
    assert "Error" not in str(told.value)


async def test_moved_away_as_told_costs_nothing(world: World) -> None:
    """The way out that the message names: the keys find what was bought."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    path = world.folder().results_path
    path.rename(path.with_name("results.json.broken"))
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 2


async def test_branches_of_two_providers_are_merged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two branches bought at different providers, git merges them without a conflict: every render
    still says where it was bought, and nothing is bought again."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@x.test")
        subprocess.run(["git", *who, *arguments], cwd=world.root, check=True, capture_output=True)

    def at(provider: str) -> None:
        monkeypatch.setattr(surroundings, "PROVIDER", f"https://{provider}.test")

    def clone() -> None:
        clips: list[Path] = list(world.root.rglob("*.mp4"))
        for clip in clips:
            clip.unlink()

    git("init", "-q", "-b", "main")
    (world.root / ".gitignore").write_text("*.mp4\n.lock*\nspecs\n")
    await world.run(world.board(BOARD + BOWL))
    git("add", ".")
    git("commit", "-qm", "base")
    git("checkout", "-qb", "two")
    at("other")
    async with World(world.root) as other:
        await other.run(world.board(BOARD + BOWL + CUP))
        git("commit", "-qam", "two")
        git("checkout", "-q", "main")
        at("gateway")
        await world.run(world.board(BOARD + CAT + BOWL))
        git("commit", "-qam", "one")
        git("merge", "two", "-m", "merged")
        clone()
        spec = world.board(BOARD + CAT + BOWL + CUP)
        await world.run(spec)
        at("other")
        await other.run(spec)
        assert set(world.charges.values()) == set(other.charges.values()) == {1}
        assert not set(world.charges) & set(other.charges)
        bought = {name: record.provider for name, record in other.results().records.items()}
    assert bought == {
        "0a": "https://gateway.test",
        "a": "https://gateway.test",
        "z": "https://other.test",
    }
