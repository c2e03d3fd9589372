"""`shotmake clean`: what no storyboard asks for goes, and nothing else; what was bought returns."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.cli.main import command
from pipeline.figures import size_text
from pipeline.rendering.board import Board
from pipeline.rendering.book import Book
from pipeline.rendering.folder import Folder
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import KEPT
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.proof.footage import telling
from tests.rendering.test_chains import same_picture
from tests.rendering.test_kept import actions, assert_one_task_one_record
from tests.support.world import PROVIDER, World

if TYPE_CHECKING:
    from pipeline.rendering.events import Event

pytestmark = pytest.mark.anyio
HERE = Path("outputs/film/draft")
SHORT = Terms(timeout_seconds=10)


class KilledError(BaseException):
    """The process is gone: nothing of its own comes after it."""


def killing(*_anything: object) -> None:
    raise KilledError


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the world's folder, with its gateway and without a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(BASE_URL_VARIABLE, PROVIDER)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def put(path: str | Path, content: bytes = b"not even a clip") -> Path:
    """Somebody puts a file there."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return Path(path)


def there(root: Path = Path("outputs")) -> set[str]:
    """What lies in a folder, links as such."""
    paths = (path for path in root.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(root).as_posix() for path in paths if path.name != ".lock"}


async def test_what_no_shot_asks_for_is_listed_and_removed_on_demand(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A removed shot, a take taken away, a clip on no record and what a killed run has left are
    listed with their sizes; without --yes nothing is touched, with it just those are gone."""
    board = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    shots = "  - {id: a, prompt: A bowl}\n  - {id: b, prompt: A cup, takes: 3}\n"
    await world.run(world.board(board + shots + "  - {id: c, prompt: A jug}\n"))
    world.board(board + shots.replace("takes: 3", "takes: 2"))
    put(HERE / "old.mp4", bytes(12_340_000))
    written = ("results.json.new", "index.html.new", "sheet.png.new", "film.otio.new")
    parts = ("a.mp4.part", "kept/0123456789ab.mp4.part")
    left = {*parts, "film.2.edl.new", "posters/b.t2.jpg.4711.new", *written}
    for leftover in left:
        put(HERE / leftover, b"x")
    for own in (
        "index.html",
        "film.otio",
        "film.csv",
        "mine.new",
        "posters/a.jpg",
        "posters/mine.new",
    ):
        put(HERE / own, b"x")
    before = {name: Path("outputs", name).read_bytes() for name in there()}
    gone = {"b.t3.mp4", "c.mp4", "old.mp4"} | left

    assert command(["clean"]) == 0
    said = capsys.readouterr().out
    none = "no task is on record that could bring it back"
    assert f"{HERE}/old.mp4  12.3 MB  no shot asks for it; {none}\n" in said
    assert f"{HERE}/a.mp4.part  1 byte  left behind by a run that was cut off\n" in said
    assert all(f"{HERE}/{name}  " in said for name in gone)
    assert said.count("\n") == len(gone) + 1
    assert "3 clips, 8 leftovers, 12.3 MB; nothing is removed without --yes\n" in said
    assert {name: Path("outputs", name).read_bytes() for name in there()} == before

    assert command(["clean", "--yes"]) == 0
    said = capsys.readouterr().out
    assert (
        "removed 3 clips, 8 leftovers, 12.3 MB; what was bought stays on record, and comes" in said
    )
    assert there() == {name for name in before if name.removeprefix("film/draft/") not in gone}
    assert command(["status", "--pass", "draft"]) == 0
    assert "asked for no more" not in capsys.readouterr().out
    assert command(["clean", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"


async def test_a_removed_clip_comes_back_free(world: World) -> None:
    """The record of what was bought is kept, so that the shot, should it come back, has its clip
    from the provider: by its task, and for nothing."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    content = world.folder().clip("b.mp4").read_bytes()
    world.film("a bowl")
    assert command(["clean", "--yes"]) == 0
    assert not world.folder().clip("b.mp4").exists()
    (name,) = (name for name in world.results().records if name.startswith(KEPT))
    clip = world.results().records[name].clip
    assert clip is not None
    assert clip.path == f"{name}.mp4"
    plan = world.plan(world.film("a bowl"))
    assert plan.unasked == ()
    assert actions(plan.steps) == [Action.SKIP]
    world.studio.tasks.forget_keys()
    spec = world.film("a bowl", "a cup")
    assert actions(world.plan(spec).steps) == [Action.SKIP, Action.RECOVER]
    report = await world.run(spec)
    assert report.summary.counts[Kind.RECOVERED] == 1
    assert world.folder().clip("b.mp4").read_bytes() == content
    assert len(world.charges) == 2
    assert_one_task_one_record(world)


async def test_what_is_not_ours_is_left_alone(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, by its kind, or by its place: not removed, and not listed."""
    await world.run(world.film("a bowl"))
    await world.run(world.board(world.film("a jug").read_text("utf-8"), "other"))
    elsewhere = put("precious.mp4", b"precious")
    ours = [put(HERE / name) for name in ("my cut.mp4", "a.t1.mp4", "notes.txt", "b.mov", "x.part")]
    ours += [put(HERE / "kept" / name) for name in ("best.mp4", "0123.mp4", "kept.txt")]
    ours += [put(HERE / "more" / "c.mp4"), put("outputs/film/backup/a.mp4"), put("outputs/a.mp4")]
    ours += [put("outputs/other/draft/z.mp4")]
    for name in ("b.mp4", "kept/abcdefabcdef.mp4", "c.mp4.part"):
        (HERE / name).symlink_to(elsewhere.resolve())
    before = there()
    assert command(["clean", "specs/film.yaml", "--yes", "--kept"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"
    assert there() == before
    assert elsewhere.read_bytes() == b"precious"


async def test_takes_that_nobody_has_picked_are_asked_for(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a shot is undecided, the clip of whichever take was picked before stays, and so do its
    earlier ones."""
    board = """\
model: veo-3.1-fast
defaults: {duration: 4}
passes: {final: {}}
shots:
  - {id: a, prompt: A bowl, takes: 2, pick: 2}
"""
    await world.run(world.board(board), pass_name="final")
    await world.run(world.board(board.replace("bowl", "cup")), pass_name="final")
    world.board(board.replace(", pick: 2", ""))
    put("outputs/film/final/a.t7.mp4")
    before = there()
    assert command(["clean", "--yes", "--kept"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"
    assert there() == before


async def test_a_pass_that_is_no_more(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Its clips go, and its records stay; the passes that every board has are no such thing."""
    board = world.film("a bowl", passes="passes: {final: {}}")
    await world.run(board, pass_name="final")
    await world.run(board)
    world.film("a bowl")
    ledger = len(world.results(pass_name="final").records)
    assert command(["clean", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "outputs/film/final/a.mp4" in said
    assert "the storyboard has no such pass any more" in said
    assert there() == {"film/final/results.json", "film/draft/results.json", "film/draft/a.mp4"}
    assert len(world.results(pass_name="final").records) == ledger
    board = world.film("a bowl", passes="passes: {final: {}}")
    assert actions(world.plan(board, pass_name="final").steps) == [Action.RECOVER]


async def test_a_copy_of_a_folder_is_no_pass(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that are another pass's own are those of a copy, made by hand: it is left alone."""
    await world.run(world.film("a bowl"))
    shutil.copytree(HERE, "outputs/film/backup")
    before = there()
    assert command(["clean", "--yes", "--kept"]) == 0
    assert "outputs/film/backup: left alone, as its records are those of" in capsys.readouterr().out
    assert there() == before


async def test_kept_goes_only_when_it_is_asked_for_and_only_what_is_not_needed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Earlier clips, on record or not, are counted, and go with --kept; the one that the very next
    run would take back stays. What went is recovered, free."""
    for word in ("bowl", "cup", "jug"):
        await world.run(world.film(f"a {word}"))
    put(HERE / "kept/0123456789ab.mp4")
    put(HERE / "kept/unknown-0123456789ab-2.mp4")
    world.film("a cup")
    cup = next(
        record.clip.path
        for record in world.results().records.values()
        if record.clip and record.request["prompt"] == "a cup"
    )
    assert command(["clean", "--yes"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("nothing to remove\n3 more in kept/, ")
    assert command(["clean", "--kept", "--yes"]) == 0
    assert "an earlier clip, a.t1.a1" in capsys.readouterr().out
    names = {"a.mp4", "results.json", cup}
    assert there(HERE) == names
    assert len(world.results().records) == 3
    spec = world.film("a cup")
    assert actions(world.plan(spec).steps) == [Action.RESTORE]
    world.studio.tasks.forget_keys()
    spec = world.film("a bowl")
    assert actions(world.plan(spec).steps) == [Action.RECOVER]
    assert (await world.run(spec)).summary.complete
    assert len(world.charges) == 3


async def test_earlier_clips_of_a_take_whose_frame_is_still_to_come_stay(world: World) -> None:
    """Which request it will have nobody knows yet: one of them may be its clip, as it is here."""
    board = """\
model: veo-3.1-fast
defaults: {duration: 4}
shots:
  - {id: a, prompt: A bowl}
  - {id: b, prompt: A cup, init_image: {shot: a}}
"""
    async with World(world.root, engine=telling) as told:
        await told.run(told.board(board))
        await told.run(told.board(board.replace("bowl", "plate").replace("cup", "jug")))
        spec = told.board(board)
        before = there()
        assert command(["clean", "--kept", "--yes"]) == 0
        assert there() == before
        report = await told.run(spec)
        assert report.summary.counts[Kind.RESTORED] == 2
        assert len(told.charges) == 4


async def test_other_takes_clips_stay_while_the_frame_is_still_to_come(world: World) -> None:
    """A seed's clip goes with the seed, and which seeds are asked for is seen only then: neither
    the clip of a take that was taken away nor one in kept/ goes before that.
    """
    text = """\
model: veo-3.1-fast
defaults: {duration: 4}
shots:
  - {id: a, prompt: %s}
  - {id: b, prompt: A cup, init_image: {shot: a}, seeds: %s}
"""

    async with World(world.root, engine=same_picture) as steady:
        await steady.run(steady.board(text % ("A bowl", [7, 11, 13])))
        await steady.run(steady.board(text % ("A bowl", [7, 17, 13])))
        spec = steady.board(text % ("A bowl | of wood", [13, 11]))
        assert command(["clean", "--kept", "--yes"]) == 0
        report = await steady.run(spec)
        assert report.summary.counts[Kind.RESTORED] == 2
        assert len(steady.charges) == 6


async def test_what_is_in_flight_is_left_alone(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A task that nobody asks for any more is still open: its record stays, whatever lies in its
    clip's place, and the next run collects what was paid for."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl", "a cup"), terms=SHORT)
        put(HERE / "b.mp4")
        spec = slow.film("a bowl")
        assert command(["clean", "--kept", "--yes"]) == 0
        assert capsys.readouterr().out == "nothing to remove\n"
        assert (HERE / "b.mp4").exists()
        assert (await slow.run(spec)).summary.complete
        assert_one_task_one_record(slow)


async def test_what_is_in_flight_in_a_pass_that_is_no_more(world: World) -> None:
    """Whatever lies in its clip's place: its record stays, and so does that."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        board = slow.film("a bowl", passes="passes: {final: {}}")
        await slow.run(board, pass_name="final", terms=SHORT)
        slow.film("a bowl")
        clip = put("outputs/film/final/a.mp4")
        before = slow.results(pass_name="final").records
        assert command(["clean", "--kept", "--yes"]) == 0
        assert clip.exists()
        assert slow.results(pass_name="final").records == before


async def test_a_clip_that_stayed_where_its_change_was_blocked(world: World) -> None:
    """The shot is removed then: the clip goes, and its record, which is kept, knows that."""
    await world.run(world.film("a bowl", "a cup"))
    await world.run(world.film("a bowl", "a BLOCKED cup"))
    world.film("a bowl")
    assert command(["clean", "--yes"]) == 0
    assert not (HERE / "b.mp4").exists()
    spec = world.film("a bowl", "a cup")
    assert actions(world.plan(spec).steps) == [Action.SKIP, Action.RECOVER]
    assert (await world.run(spec)).summary.complete
    assert len(world.charges) == 2
    assert_one_task_one_record(world)


async def test_a_clip_that_is_on_its_way_home_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run was killed before it moved a clip back from kept/: no list has it."""
    async with World(world.root, engine=telling) as told:
        await told.run(told.film("a bowl"))
        await told.run(told.film("a plate"))
        spec = told.film("a bowl")
        with monkeypatch.context() as broken:
            broken.setattr(Board, "_bring_home", killing)
            broken.setattr(Book, "fold", killing)
            with pytest.raises(KilledError):
                await told.run(spec)
        assert command(["clean", "--kept"]) == 0
        assert "nothing to remove" in capsys.readouterr().out
        assert command(["clean", "--kept", "--yes"]) == 0
        assert actions(told.plan(spec).steps) == [Action.SKIP]


@pytest.mark.parametrize("after", range(7))
async def test_killed_while_it_is_removed(
    world: World, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """At every event and at every removal: the next clean ends as if nothing had been, and the
    shots come back for nothing."""
    await world.run(world.film("a bowl", "a cup", "a jug"))
    note, remove, done = Book.note, Folder.remove, 0

    def count() -> None:
        nonlocal done
        if done == after:
            raise KilledError
        done += 1

    def noting(book: Book, event: Event, *, sync: bool = False) -> None:
        count()
        note(book, event, sync=sync)

    def removing(folder: Folder, relative: str) -> None:
        count()
        remove(folder, relative)

    world.film("a bowl")
    with monkeypatch.context() as broken:
        broken.setattr(Book, "note", noting)
        broken.setattr(Folder, "remove", removing)
        broken.setattr(Book, "fold", killing)
        with pytest.raises(KilledError):
            command(["clean", "--yes"])
    assert done == after
    assert command(["clean", "--yes"]) == 0
    assert there(HERE) == {"a.mp4", "results.json"}
    world.studio.tasks.forget_keys()
    spec = world.film("a bowl", "a cup", "a jug")
    assert actions(world.plan(spec).steps) == [Action.SKIP, Action.RECOVER, Action.RECOVER]
    assert (await world.run(spec)).summary.complete
    assert len(world.charges) == 3
    assert_one_task_one_record(world)


async def test_another_run_is_waited_for(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 5, and nothing is removed; the list needs no lock."""
    await world.run(world.film("a bowl", "a cup"))
    world.film("a bowl")
    with world.folder().lock("2026-11-23T12:00:00.000Z"):
        assert command(["clean", "--yes"]) == 5
        assert "another run holds it" in capsys.readouterr().err
        assert command(["clean"]) == 0
        assert "b.mp4" in capsys.readouterr().out
    assert (HERE / "b.mp4").is_file()


async def test_a_wrong_storyboard_asks_for_nobody_knows_what(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and all is left as it is; so with damaged records, exit 6."""
    spec = world.film("a bowl")
    await world.run(spec)
    put(HERE / "b.mp4")
    before = there()
    spec.write_text("shots: []\n", "utf-8")
    assert command(["clean", "--yes"]) == 2
    world.film("a bowl")
    (HERE / "results.json").write_text("{", "utf-8")
    assert command(["clean", "--yes"]) == 6
    assert there() == before
    assert capsys.readouterr().out == ""


async def test_a_pass_that_never_was(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """--pass with a slip of the pen is told; one that has no outputs yet is tidy."""
    await world.run(world.film("a bowl"))
    assert command(["clean", "--pass", "darft"]) == 2
    assert "did you mean draft?" in capsys.readouterr().err
    assert command(["clean", "--pass", "animatic", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"
    assert there() == {"film/draft/a.mp4", "film/draft/results.json"}


def test_an_animatic_is_drawn_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was bought in it: a shot that comes back is drawn, and that is said."""
    board = "model: veo-3.1-fast\ndefaults: {duration: 1}\nshots:\n  - {id: a, prompt: The sea}\n"
    spec = put("specs/film.yaml", f"{board}  - {{id: b, prompt: Dunes}}\n".encode())
    assert command(["run"]) == 0
    before = spec.read_bytes()
    spec.write_text(board, "utf-8")
    assert command(["clean", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "an animatic is drawn again, free\n" in said
    assert "bought" not in said
    spec.write_bytes(before)
    assert command(["run"]) == 0
    assert Path("outputs/film/animatic/b.mp4").is_file()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (12_345_678, "12.3 MB"),
        (5_000_000_000_000_000, "5000.0 TB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    """By thousands, with one digit."""
    assert size_text(size) == text
