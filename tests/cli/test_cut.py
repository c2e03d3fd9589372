"""`shotmake cut`: the film of a board's clips, what is said of it, and what it must not touch."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pipeline
from pipeline.cli.main import command
from pipeline.media.assembling import assemble
from tests.support.cutting import probed, shown

if TYPE_CHECKING:
    from pipeline.media.montage import Montage
    from tests.support.world import World

pytestmark = pytest.mark.anyio

BOARD = """\
title: Noodles at night
model: veo-3.1-fast
defaults: {duration: 2}
passes: {final: {model: veo-3.1, resolution: 1080p}}
shots:
  - {id: zoom, prompt: Slow zoom into a bowl of ramen}
  - {id: pour, prompt: "Broth poured, macro", duration: 3}
  - {id: bite, prompt: She lifts the first noodles}
"""
SPEC = Path("specs/film.yaml")
FILM = Path("outputs/film/draft/cut.mp4")

Cut = Callable[..., tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def _folder(at_home: World) -> None:
    """The world's own folder."""
    at_home.board(BOARD)


@pytest.fixture
def cut(capsys: pytest.CaptureFixture[str]) -> Cut:
    """`shotmake cut` of the draft: its exit code, and what it says behind its first line."""

    def call(*options: str, pass_name: str = "draft") -> tuple[int, list[str]]:
        capsys.readouterr()
        code = command(["cut", "--pass", pass_name, *options])
        said = capsys.readouterr()
        lines = [line.rstrip() for line in (said.out + said.err).splitlines()]
        return code, [line for line in lines if not line.startswith("pass ")]

    return call


def chapters(path: Path = FILM) -> list[tuple[str, float, float]]:
    """Their names, and when they begin and end, in seconds, by ffprobe's account."""
    return [
        (c["tags"]["title"], float(c["start_time"]), float(c["end_time"]))
        for c in probed(path, "-show_chapters")["chapters"]
    ]


def luma(path: Path) -> list[int]:
    """How bright the middle of each picture is; the studio's clips here are of one colour each."""
    return [int(p.to_ndarray(format="gray8")[p.height // 2, p.width // 2]) for p in shown(path)]


def litter() -> list[str]:
    """What is called as files are that are only half written."""
    return [path.name for path in Path("outputs").rglob("*") if path.suffix in {".new", ".part"}]


async def test_all_that_is_rendered_is_cut_without_loss(world: World, cut: Cut) -> None:
    """Exit 0, one line; the film has every clip's pictures, chapters by shot, and its title."""
    await world.run(SPEC)
    assert cut() == (0, [f"cut: {FILM}  3 shots, 7.0 s, 1280×720, without loss"])
    assert chapters() == [("zoom", 0, 2), ("pour", 2, 5), ("bite", 5, 7)]
    assert probed(FILM, "-show_format")["format"]["tags"]["title"] == "Noodles at night"
    clips = [world.folder().clip(f"{shot}.mp4") for shot in ("zoom", "pour", "bite")]
    assert luma(FILM) == [value for clip in clips for value in luma(clip)]
    assert litter() == []


async def test_a_card_stands_for_what_failed(world: World, cut: Cut) -> None:
    """For as long as the shot would last; exit 1, and the reason is told, `--quiet` or not."""
    world.board(BOARD.replace("Broth poured", "FAILS poured"))
    await world.run(SPEC)
    code, lines = cut()
    how = "3 shots (1 missing), 7.0 s, 1280×720, re-encoded, as a card stands for a shot"
    said = "pour: a card stands for it – failed: the upstream model is overloaded"
    assert (code, lines) == (1, [said, f"cut: {FILM}  {how}"])
    assert chapters() == [("zoom", 0, 2), ("pour", 2, 5), ("bite", 5, 7)]
    assert cut("--quiet") == (1, lines[:1])


async def test_a_slate_is_a_leader_and_ids(world: World, cut: Cut) -> None:
    """The leader is a chapter of its own; behind it every shot is as long as without."""
    await world.run(SPEC)
    code, lines = cut("--slate")
    said = "3 shots, 9.0 s, 1280×720, re-encoded, as the leader and the ids are drawn"
    assert (code, lines) == (0, [f"cut: {FILM}  {said}"])
    assert chapters() == [("leader", 0, 2), ("zoom", 2, 4), ("pour", 4, 7), ("bite", 7, 9)]
    corner = [p.to_ndarray(format="gray8")[22:60, 22:160] for p in shown(FILM)]
    assert all(int(part.max()) - int(part.min()) > 100 for part in corner[2:])


@pytest.mark.parametrize("slate", [(), ("--slate",)])
async def test_nothing_is_cut_of_nothing(world: World, cut: Cut, slate: tuple[str, ...]) -> None:
    """Exit 1, and no file, be nothing tried yet or all of it failed."""
    command = f"shotmake run {SPEC} --pass draft"
    nothing = f"shotmake: film: nothing is rendered yet in pass draft; `{command}` renders it"
    assert cut(*slate) == (1, [nothing])
    assert not Path("outputs").exists()
    world.board(BOARD.replace("prompt: ", "prompt: FAILS ").replace('FAILS "Broth', '"FAILS'))
    await world.run(SPEC)
    assert cut(*slate) == (1, [nothing])
    assert not FILM.exists()


async def test_a_changed_shot_keeps_its_clip(world: World, cut: Cut) -> None:
    """It is used, and a line says that it is of an earlier request."""
    await world.run(SPEC)
    world.board(BOARD.replace("macro", "wide"))
    code, lines = cut()
    assert (code, lines[0]) == (0, "pour: the clip is of an earlier request")
    assert "without loss" in lines[1]


async def test_the_picked_take_is_cut(world: World, cut: Cut) -> None:
    """Without a pick it is the first that there is, and a line says so; a pass for what was picked
    shows a card."""
    board = BOARD.replace("duration: 3}", "duration: 3, seeds: [1, 2]}")
    world.board(board)
    await world.run(SPEC)
    code, lines = cut()
    assert (code, lines[0]) == (0, "pour: take 1 of 2, as none is picked")
    take = luma(world.folder().clip("pour.mp4"))
    assert luma(FILM)[2:5] == take
    world.board(board.replace("[1, 2]", "[1, 2], pick: 2"))
    code, lines = cut()
    assert (code, len(lines)) == (0, 1)
    assert luma(FILM)[2:5] == luma(world.folder().clip("pour.t2.mp4")) != take
    world.board(board)
    await world.run(SPEC, pass_name="final")
    code, lines = cut(pass_name="final")
    assert code == 1
    assert lines[0].startswith("pour: a card stands for it – 2 takes, and none is picked")


async def test_takes_are_named_on_the_slate(world: World, cut: Cut) -> None:
    """A longer label for a shot with several takes than for one without."""
    world.board(BOARD.replace("duration: 3}", "duration: 3, seeds: [1, 2], pick: 2}"))
    await world.run(SPEC)
    assert cut("--slate")[0] == 0
    beside = [p.to_ndarray(format="gray8")[22:60, 170:] for p in shown(FILM)]
    written = [bool(int(part.max()) - int(part.min()) > 60) for part in beside]
    assert written[2:] == [False, False, True, True, True, False, False]


def spoil(path: Path) -> None:
    """Change bytes amid a file, and nothing about its size."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(byte ^ 0x55 for byte in content[middle : middle + 16])
    path.write_bytes(content)


@pytest.mark.parametrize("slate", [(), ("--slate",)])
async def test_a_damaged_clip_ends_it(world: World, cut: Cut, slate: tuple[str, ...]) -> None:
    """Changed or cut short: every one is named with the remedy, which works, exit 1, and the
    earlier film stays as it was."""
    await world.run(SPEC)
    assert cut()[0] == 0
    before = FILM.read_bytes()
    pour, bite = (world.folder().clip(f"{shot}.mp4") for shot in ("pour", "bite"))
    spoil(pour)
    bite.write_bytes(bite.read_bytes()[:-50])
    code, lines = cut(*slate)
    remedy = (
        "Remove it, and `shotmake run` fetches that anew, free while the provider has it; "
        "or `shotmake accept` this one."
    )
    assert code == 1
    assert lines == [
        f"shotmake: outputs/film/draft/pour.mp4: it is not the clip on record. {remedy}",
        f"outputs/film/draft/bite.mp4: it is not the clip on record. {remedy}",
    ]
    assert (FILM.read_bytes(), litter()) == (before, [])
    charged = world.charges.total()
    pour.unlink()
    bite.unlink()
    await world.run(SPEC)
    assert cut()[0] == 0
    assert (FILM.read_bytes(), world.charges.total()) == (before, charged)


async def test_a_clip_that_never_played_is_told(world: World, cut: Cut) -> None:
    """One that came so from the provider, when a run had looked at its first picture alone: by the
    record it is the right one, so fetching it again would be of no use."""
    world.board(BOARD.replace("duration: 3", "duration: 3, aspect: 9:16"))
    await world.run(SPEC)
    pour = world.folder().clip("pour.mp4")
    bought = world.folder().sha256("pour.mp4")
    content = bytearray(pour.read_bytes())
    at = content.index(b"mdat")
    end = at - 4 + int.from_bytes(content[at - 4 : at], "big")
    content[end - 40 : end] = bytes(40)
    pour.write_bytes(content)
    records = world.folder().results_path
    spoilt = records.read_text("utf-8").replace(bought, world.folder().sha256("pour.mp4"))
    records.write_text(spoilt, "utf-8")
    code, lines = cut()
    assert code == 1
    assert lines[-1].startswith("shotmake: outputs/film/draft/pour.mp4: ")
    assert lines[-1].endswith("`shotmake run --force --shot` renders it once more.")
    assert not FILM.exists()


async def test_a_clip_that_is_gone_is_a_card(world: World, cut: Cut) -> None:
    """It is to be fetched; the film is made of what is here."""
    await world.run(SPEC)
    world.folder().clip("pour.mp4").unlink()
    code, lines = cut()
    said = "pour: a card stands for it – to fetch: a run brings it back, free"
    assert (code, lines[0]) == (1, said)


async def test_a_shot_called_cut_keeps_its_clip(world: World, cut: Cut) -> None:
    """The film is called otherwise, and says so; also when the shot is gone and its clip, or its
    open record, is not; and `clean` lists the clip and never the film."""
    world.board(BOARD.replace("id: pour", "id: cut"))
    await world.run(SPEC)
    before = FILM.read_bytes()
    other = FILM.with_name("film.cut.mp4")
    code, lines = cut()
    assert (code, lines) == (0, [
        "cut.mp4 is a shot's clip here: the film is called film.cut.mp4",
        f"cut: {other}  3 shots, 7.0 s, 1280×720, without loss",
    ])  # fmt: skip
    assert FILM.read_bytes() == before
    world.board(BOARD)
    await world.run(SPEC)
    other.unlink()
    assert cut()[0] == 0
    assert (FILM.read_bytes(), other.exists()) == (before, True)


@pytest.mark.parametrize("shot", ["cut", "Cut", "CUT"])
async def test_a_shot_to_be_rendered_keeps_its_place(world: World, cut: Cut, shot: str) -> None:
    """Before it is rendered, on a disk that knows no case, and where it is undecided."""
    board = BOARD.replace("id: pour", f"id: {shot}")
    for text in (board.replace("duration: 3", "duration: 3, seeds: [1, 2]"), board):
        world.board(text)
        await world.run(SPEC, shots=("zoom", "bite"), pass_name="final")
        code, _lines = cut(pass_name="final")
        assert code == 1
        folder = Path("outputs/film/final")
        assert (folder / "film.cut.mp4").exists()
        assert not (folder / "cut.mp4").exists()


async def test_clean_leaves_the_film(
    world: World, cut: Cut, capsys: pytest.CaptureFixture[str]
) -> None:
    """`clean` lists no film; a clip of that name that a record speaks for, and no shot, it does,
    and what a killed cut has left."""
    await world.run(SPEC)
    assert cut()[0] == 0
    capsys.readouterr()
    assert command(["clean", "--pass", "draft", "--yes", "--kept"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    assert FILM.exists()
    FILM.unlink()
    world.board(BOARD.replace("id: pour", "id: cut"))
    await world.run(SPEC)
    assert cut()[0] == 0
    world.board(BOARD)
    FILM.with_name("cut.mp4.123.new").touch()
    FILM.with_name("film.cut.mp4.9.new").touch()
    assert command(["clean", "--pass", "draft", "--yes"]) == 0
    said = capsys.readouterr().out
    assert f"{FILM}  " in said
    assert "removed 1 clip, 2 leftovers" in said
    left = sorted(path.name for path in FILM.parent.glob("*cut*"))
    assert left == ["film.cut.mp4"]


async def test_a_run_moves_the_film_out_of_a_clips_way(world: World, cut: Cut) -> None:
    """A shot called cut comes later: its clip lies in its place, and the film in `kept/`."""
    await world.run(SPEC)
    assert cut()[0] == 0
    film = FILM.read_bytes()
    world.board(BOARD + "  - {id: cut, prompt: A cook cuts onions}\n")
    await world.run(SPEC)
    clip = world.results().records["cut"].clip
    assert clip is not None
    assert world.folder().sha256("cut.mp4") == clip.sha256
    kept = [path.read_bytes() for path in (FILM.parent / "kept").iterdir()]
    assert kept == [film]
    assert cut()[0] == 0
    assert world.folder().sha256("cut.mp4") == clip.sha256


async def test_several_boards(world: World, cut: Cut) -> None:
    """Each has its own film; shots are told with their board; the worst exit code counts."""
    other = world.board(BOARD.replace("macro", "FAILS"), "other")
    await world.run(SPEC)
    await world.run(other)
    code, lines = cut("--slate")
    assert code == 1
    assert lines[0].startswith(f"cut: {FILM}  3 shots")
    assert lines[1].startswith("other/pour: a card stands for it")
    assert lines[2].startswith("cut: outputs/other/draft/cut.mp4  3 shots (1 missing)")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
async def test_an_interrupted_cut_leaves_nothing(
    world: World, cut: Cut, end: signal.Signals
) -> None:
    """Ctrl-C or SIGTERM while it is written: exit 130, the earlier film as it was, no litter."""
    await world.run(SPEC)
    assert cut()[0] == 0
    before = FILM.read_bytes()
    command_line = [sys.executable, "-m", "pipeline", "cut", "--slate", "--pass", "draft"]
    path = {"PYTHONPATH": str(Path(pipeline.__file__).parents[1])}
    with subprocess.Popen(
        command_line, env={**os.environ, **path}, stdout=-1, stderr=-1, text=True
    ) as process:
        written = FILM.with_name(f"cut.mp4.{process.pid}.new")
        while process.poll() is None and not written.exists():
            pass
        process.send_signal(end)
        _out, said = process.communicate()
    assert (process.returncode, said) == (
        130,
        "shotmake: interrupted; what is in flight is on record\n",
    )
    assert (FILM.read_bytes(), litter()) == (before, [])


@pytest.mark.parametrize("name", ["pour.mp4", "cut.mp4"])
async def test_what_changes_meanwhile_ends_it(
    world: World, cut: Cut, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A run that goes on beside it may bring another clip, and one where the film is to lie: the
    film isn't put there."""
    await world.run(SPEC)
    path = FILM.with_name(name)

    def meddled(montage: Montage, target: Path, progress: Callable[[int], None]) -> None:
        assemble(montage, target, progress)
        path.write_bytes(b"another one")

    monkeypatch.setattr("pipeline.cli.cut.assemble", meddled)
    said = f"shotmake: {path}: it has changed while the film was cut; cut it again"
    assert cut() == (1, [said])
    assert path.read_bytes() == b"another one"
    assert litter() == []


async def test_a_link_in_its_place_is_not_followed(world: World, cut: Cut) -> None:
    """The film takes the link's place, and what that leads to stays as it is."""
    await world.run(SPEC)
    target = world.root / "precious"
    target.write_text("precious")
    FILM.symlink_to(target)
    assert cut()[0] == 0
    assert target.read_text() == "precious"
    assert not FILM.is_symlink()


async def test_a_folder_in_its_place_is_told(world: World, cut: Cut) -> None:
    """Exit 2, and the remedy."""
    await world.run(SPEC)
    (FILM / "within").mkdir(parents=True)
    code, lines = cut()
    assert code == 2
    assert lines[-1].startswith(f"shotmake: {FILM}: Is a directory; move away what lies there")
    assert litter() == []


async def test_a_full_disk_is_told(world: World, cut: Cut) -> None:
    """Exit 2, with the film's path; the earlier one stays."""
    await world.run(SPEC)
    assert cut()[0] == 0
    before = FILM.read_bytes()
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        code, lines = cut()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    assert (code, lines) == (2, [f"shotmake: {FILM}: File too large"])
    assert (FILM.read_bytes(), litter()) == (before, [])
