"""Symbolic links planted in `outputs/`: none leads a write outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.boundaries import Kill, under

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.stage import Scene, Stage

FILES = (
    "film/draft/a.mp4",
    "film/draft/a.mp4.part",
    "film/draft/results.json",
    "film/draft/results.json.new",
    "film/draft/journal.jsonl",
    "film/draft/.lock",
    "film/draft/.lock-owner.json",
    "film/draft/.lock-owner.json.new",
)
FOLDERS = ("film", "film/draft", "film/draft/kept")
ACCEPT = ("accept", "specs/film.yaml", "a", "--pass", "draft")
CLEAN = ("clean", "--yes", "--kept")
COMMANDS = (("run",), ("plan",), ("status",), ("cancel",), ACCEPT, CLEAN)
REFUSED = {1, 2, 6}
PRECIOUS = b"precious"


@pytest.fixture
def planted(stage: Stage) -> Scene:
    """A board to render, and beside its folder a place that is none of its business."""
    scene = stage.scene()
    scene.film("a bowl", "a cup")
    outside = scene.folder.parent / f"{scene.folder.name}-outside"
    outside.mkdir()
    (outside / "precious").write_bytes(PRECIOUS)
    return scene


def _outside(scene: Scene) -> Path:
    return scene.folder.parent / f"{scene.folder.name}-outside"


def _require_untouched(scene: Scene) -> None:
    """Nothing written, nothing made, nothing removed: not so much as a lock."""
    assert under(_outside(scene)) == {"precious": PRECIOUS}
    assert [path.name for path in _outside(scene).iterdir()] == ["precious"]


def _play(scene: Scene) -> None:
    """Every command; the place outside stays as it was planted, and what is refused is refused in
    words."""
    for command in COMMANDS:
        ended = scene.run(*command)
        _require_untouched(scene)
        assert ended.exit in {0, *REFUSED}, ended.stderr
        assert "Traceback" not in ended.stderr
        if ended.exit in {2, 6}:
            assert "outputs/film" in ended.stderr, ended.stderr
    charges = [charge.out_task_id for charge in scene.charges]
    assert len(charges) == len(set(charges))


@pytest.mark.parametrize("target", ["precious", "missing"])
@pytest.mark.parametrize("name", FILES)
def test_a_link_in_a_files_place(planted: Scene, name: str, target: str) -> None:
    """To a file or to nothing: no command writes through it, nor brings about what it names."""
    link = planted.folder / "outputs" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(_outside(planted) / target)
    _play(planted)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_link_in_a_folders_place(planted: Scene, name: str) -> None:
    """A folder that leads elsewhere is refused by name, before anything is bought."""
    link = planted.folder / "outputs" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(_outside(planted), target_is_directory=True)
    for command in COMMANDS:
        ended = planted.run(*command)
        if command != ("cancel",):  # which looks for folders with records only
            assert ended.exit in REFUSED, command
            assert f"outputs/{name}: is a symbolic link" in ended.stderr
        _require_untouched(planted)
    assert not planted.tasks()


@pytest.mark.parametrize("name", ["results.json", "journal.jsonl"])
def test_records_behind_a_link_are_not_read(stage: Stage, name: str) -> None:
    """Somebody else's sound records, and a link to them in the place of ours: refused by name, and
    nothing is built upon them."""
    scout, theirs, ours = stage.scene(), stage.scene(), stage.scene()
    for scene in (scout, theirs, ours):
        scene.film("a bowl")
    answered = next(c.number for c in scout.run("run").crossed if c.kind == "answer")
    theirs.run("run", kill=Kill(answered) if name == "journal.jsonl" else None)
    foreign = theirs.outputs.path / name
    content = foreign.read_bytes()
    link = ours.outputs.path / name
    link.parent.mkdir(parents=True)
    link.symlink_to(foreign)
    for command in COMMANDS:
        ended = ours.run(*command)
        assert ended.exit in REFUSED, (command, ended.stderr)
        assert f"{name}: " in ended.stderr, (command, ended.stderr)
        assert "is a symbolic link" in ended.stderr, (command, ended.stderr)
    assert not ours.tasks()
    assert foreign.read_bytes() == content


def test_a_link_planted_for_the_second_run(planted: Scene) -> None:
    """Where a board was rendered before, a link in the place of its clip is put aside as it is."""
    assert planted.run("run").exit == 0
    clip = planted.folder / "outputs/film/draft/a.mp4"
    clip.unlink()
    clip.symlink_to(_outside(planted) / "precious")
    _play(planted)
    assert clip.is_file()
    assert not clip.is_symlink()
    kept = list((planted.folder / "outputs/film/draft/kept").iterdir())
    assert [path.is_symlink() for path in kept] == [True]


@pytest.mark.parametrize("place", ["renders", "path"])
def test_a_manifest_that_names_files_elsewhere(planted: Scene, place: str) -> None:
    """Names and paths in results.json that lead out of the folder are damage: exit 6."""
    assert planted.run("run").exit == 0
    manifest = planted.outputs.results_path
    text = manifest.read_text("utf-8")
    wrong = {"renders": ('"a": {', '"../../../x": {'), "path": ('"a.mp4"', '"../../../x.mp4"')}
    manifest.write_text(text.replace(*wrong[place]), "utf-8")
    ended = planted.run("run")
    assert ended.exit == 6
    assert "results.json" in ended.stderr
    _play(planted)


def test_outputs_itself_may_be_a_link(stage: Stage) -> None:
    """Where all outputs lie is the user's own choice."""
    scene = stage.scene()
    scene.film("a bowl")
    elsewhere = scene.folder / "large-disk"
    elsewhere.mkdir()
    (scene.folder / "outputs").symlink_to(elsewhere, target_is_directory=True)
    assert scene.run("run").exit == 0
    assert (elsewhere / "film/draft/a.mp4").is_file()
