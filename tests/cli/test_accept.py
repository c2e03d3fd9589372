"""`shotmake accept` as people call it: which shots, what is said, and what isn't touched for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.main import command
from tests.support.world import PROVIDER, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.rendering.folder import Folder

pytestmark = pytest.mark.anyio
ACCEPT = ["accept", "specs/film.yaml"]
DRAFT = ["--pass", "draft"]
BOARD = """\
model: veo-3.1-fast
defaults: {duration: 4}
passes: {final: {}}
shots:
  - {id: pour, prompt: Broth poured, takes: 2}
  - {id: zoom, prompt: A bowl}
"""


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the world's folder, with its gateway and without a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(BASE_URL_VARIABLE, PROVIDER)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


@pytest.fixture
def held(world: World) -> Iterator[Folder]:
    """Another run is going."""
    with world.folder().lock("2026-11-23T12:00:00.000Z"):
        yield world.folder()


async def test_stale_clips_are_accepted_without_a_key(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a take with what it was, and the sum; then nothing is left to do, and a second time
    that is said."""
    await world.run(world.board(BOARD))
    world.board(BOARD.replace("poured", "poured slowly").replace("duration: 4", "duration: 3"))
    assert command([*ACCEPT, "pour", *DRAFT]) == 0
    said = capsys.readouterr().out
    assert "pour: accepted as it is – was: prompt changed, duration 4 → 3\n" in said
    assert "pour.t2: accepted as it is – was: prompt changed, duration 4 → 3\n" in said
    assert said.endswith("2 accepted; nothing was bought\n")
    assert command(["plan", "--check", "--shot", "pour", *DRAFT]) == 0
    assert command([*ACCEPT, "pour.t2", "zoom", *DRAFT]) == 0
    said = capsys.readouterr().out
    assert "pour.t2: up to date already\n" in said
    assert said.endswith("1 accepted, 1 up to date already; nothing was bought\n")
    assert len(world.charges) == 3


@pytest.mark.parametrize(("name", "keys"), [("pour.t1", ["pour"]), ("pour.t2", ["pour.t2"])])
async def test_one_take_alone(world: World, name: str, keys: list[str]) -> None:
    """`.t1` names the first take of a shot that has several, as `.t2` does the second."""
    await world.run(world.board(BOARD))
    world.board(BOARD.replace("poured", "poured slowly"))
    assert command([*ACCEPT, name, *DRAFT]) == 0
    accepted = [name for name, record in world.results().records.items() if record.accepted]
    assert accepted == keys


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pouur", *DRAFT], "pouur is no shot of film in pass draft; did you mean pour?"),
        (["pour.t3", *DRAFT], "pour.t3 is no shot of film in pass draft"),
        (["pour", "--pass", "final"], "pour: none of its 2 takes is picked"),
        (["pour", "--pass", "finale"], "final"),
        (["zoom", *DRAFT], "there is no clip at outputs/film/draft/zoom.mp4; put one there first"),
    ],
)
async def test_what_cannot_be_accepted_is_said_and_nothing_is_made(
    world: World, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, in words, and not so much as a folder."""
    world.board(BOARD)
    assert command([*ACCEPT, *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not world.outputs.exists()


async def test_a_clip_put_there_is_told_to_differ(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Longer than asked for: accepted, as somebody has said so, and told."""
    await world.run(world.film("a LONGER bowl"), pass_name="draft")
    clip = world.folder().clip("a.mp4").read_bytes()
    world.board(BOARD)
    Path("outputs/film/draft/zoom.mp4").write_bytes(clip)
    assert command([*ACCEPT, "zoom", *DRAFT]) == 0
    said = capsys.readouterr().out
    assert "zoom: accepted as it is – put there by hand; it is 5.00 s long and not 4 s\n" in said


async def test_another_run_is_waited_for(
    world: World, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 5, and nothing is accepted."""
    await world.run(world.film("a bowl"))
    request.getfixturevalue("held")
    world.film("a plate")
    assert command([*ACCEPT, "a", *DRAFT]) == 5
    assert "another run holds it" in capsys.readouterr().err
    assert world.results().records["a"].accepted is None
