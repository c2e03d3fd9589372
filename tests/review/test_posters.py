"""Posters and the contact sheet: pictures of the clips that are there, made once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pipeline.errors import FolderError
from pipeline.media.frames import frame_png
from pipeline.media.posters import SIDE_PIXELS, clip_of
from pipeline.review.posters import make_posters
from pipeline.review.sheet import sheet_png
from tests.review.scene import every_state, show

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_a_poster_is_the_picture_amid_its_clip(world: World) -> None:
    """Within a point's error of the exact frame, in the clip's shape, and named by its hash."""
    await world.run(world.film("a bowl"))
    shown = show(world)
    assert make_posters(shown, world.folder()).paths == {"a": "posters/a.jpg"}
    (take,) = shown.takes
    assert take.path is not None
    assert take.clip is not None
    path = world.folder().posters_path / "a.jpg"
    assert clip_of(path.read_bytes()) == take.clip.sha256
    with Image.open(path) as poster, Image.open(io.BytesIO(frame_png(take.path, "2"))) as exact:
        assert poster.size == (SIDE_PIXELS, SIDE_PIXELS * 9 // 16)
        ours, theirs = (image.convert("RGB").resize((1, 1)) for image in (poster, exact))
        pairs = zip(ours.tobytes(), theirs.tobytes(), strict=True)
        assert all(abs(a - b) <= 3 for a, b in pairs)


async def test_they_are_made_once_and_anew_with_their_clips(world: World) -> None:
    """A second look makes none; a clip that was rendered anew has another one."""
    await world.run(world.film("a bowl", "a cup"))
    made: list[int] = []
    make_posters(show(world), world.folder(), made.append)
    make_posters(show(world), world.folder(), made.append)
    assert made == [2]
    before = (world.folder().posters_path / "a.jpg").read_bytes()
    await world.run(world.film("a tall bowl", "a cup"))
    make_posters(show(world), world.folder(), made.append)
    assert made == [2, 1]
    assert (world.folder().posters_path / "a.jpg").read_bytes() != before


async def test_a_poster_goes_with_its_take_and_stays_without_its_clip(world: World) -> None:
    """Clips stay out of git and posters may be in it, so that a fresh clone has something to show.
    A picture of somebody's own is left alone.
    """
    await world.run(world.film("a bowl", "a cup"))
    folder = world.folder()
    make_posters(show(world), folder)
    (folder.path / "a.mp4").unlink()
    (folder.posters_path / "own.jpg").write_bytes(b"a picture of mine")
    world.film("a bowl")
    assert make_posters(show(world), folder).paths == {"a": "posters/a.jpg"}
    assert sorted(p.name for p in folder.posters_path.iterdir()) == ["a.jpg", "own.jpg"]


async def test_two_may_make_the_same_posters_at_once(world: World) -> None:
    """A served review and the end of a run do: what another process is writing is left to it."""
    await world.run(world.film("a bowl"))
    folder = world.folder()
    folder.posters_path.mkdir()
    theirs = [folder.posters_path / f"a.jpg{ending}" for ending in (".new", ".1.new")]
    for path in theirs:
        path.write_bytes(b"half of a poster")
    assert make_posters(show(world), folder).paths == {"a": "posters/a.jpg"}
    assert [path.read_bytes() for path in theirs] == [b"half of a poster"] * 2


async def test_a_clip_without_a_picture_is_told(world: World) -> None:
    """It has no poster, and the reason stands in its place."""
    await world.run(world.film("a bowl", "a cup"))
    clip = world.folder().path / "a.mp4"
    clip.write_bytes(b"\0" * clip.stat().st_size)
    posters = make_posters(show(world), world.folder())
    assert posters.paths == {"b": "posters/b.jpg"}
    assert "MP4" in posters.damaged["a"]


async def test_a_planted_link_is_not_followed(world: World) -> None:
    """Posters that would be written elsewhere are refused."""
    await world.run(world.film("a bowl"))
    elsewhere = world.root / "elsewhere"
    elsewhere.mkdir()
    world.folder().posters_path.symlink_to(elsewhere)
    with pytest.raises(FolderError, match="symbolic link"):
        make_posters(show(world), world.folder())
    assert not [*elsewhere.iterdir()]


async def test_the_sheet_shows_every_shot(tmp_path: Path) -> None:
    """A tile a shot; a picture where there is one. The same film makes the same sheet."""
    world = await every_state(tmp_path)
    shown = show(world)
    posters = make_posters(shown, world.folder())
    png = sheet_png(shown, posters)
    assert png == sheet_png(show(world), posters)
    with Image.open(io.BytesIO(png)) as sheet:
        assert sheet.format == "PNG"
        # Two rows of four; the middle of each tile is the clip's colour, or the frame's grey.
        wide, high = 420 + 14, 236 + 17 * 4 + 14
        top = sheet.height - 2 * high - 14
        for place, shot in enumerate(shown.shots):
            row, column = divmod(place, 4)
            at = (28 + column * wide + 210, top + row * high + 20)
            colour = sheet.convert("RGB").getpixel(at)
            assert (colour == (36, 36, 40)) == bool(shot.missing), shot.shot


@pytest.mark.parametrize("count", [1, 13, 1000])
async def test_a_sheet_of_any_size_fits_a_viewer(world: World, count: int) -> None:
    """A thousand shots make one picture that can be looked at: no side over 16,384 pixels."""
    lines = [f"  - {{id: s{n}, prompt: p, aspect: '9:16'}}" for n in range(count)]
    world.board(
        "\n".join(["model: veo-3.1-fast", "defaults: {duration: 2}", "shots:", *lines]) + "\n"
    )
    shown = show(world)
    with Image.open(io.BytesIO(sheet_png(shown, make_posters(shown, world.folder())))) as sheet:
        assert max(sheet.size) <= 16_384
        assert min(sheet.size) >= 200
