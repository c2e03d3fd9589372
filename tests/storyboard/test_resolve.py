"""From storyboards to requests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pipeline.storyboard.resolve import load_storyboards
from pipeline.storyboard.shots import Request, Still, Take

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.resolve import Loaded

    Load = Callable[..., Loaded]

SHOT = "model: veo-3.1-fast\nshots:\n  - id: pour\n    prompt: Steam rises.\n    duration: 4\n"
FINAL = SHOT + "passes: {final: {model: veo-3.1, seed: 9}}\n"


def requests(loaded: Loaded) -> list[Request]:
    """The requests of the only board."""
    assert loaded.violations == ()
    [board] = loaded.boards
    return [take.request for take in board.takes]


def test_a_shot_becomes_a_take(load: Load) -> None:
    """Name, title, pass and takes are the file's; defaults are written out."""
    [board] = load(ramen=SHOT).boards
    assert (board.name, board.title, board.pass_name) == ("ramen", "ramen", "draft")
    assert board.path == Path("ramen.yaml")
    request = Request("veo-3.1-fast", "Steam rises.", 4, "16:9", "720p")
    assert board.takes == (Take("pour", 1, request),)


def test_writing_out_a_default_changes_nothing(load: Load) -> None:
    """A request is the same whether its author or the model says 16:9, 1080p, medium."""
    shot = SHOT.replace("veo-3.1-fast", "seedance-2.0")
    said = "    aspect: 16:9\n    resolution: 1080p\n    motion_intensity: medium\n"
    assert requests(load(a=shot)) == requests(load(b=shot + said + "    seed: null\n"))
    assert requests(load(a=shot))[0].extras == (("motion_intensity", "medium"),)


def test_a_whole_float_is_an_int(load: Load) -> None:
    """`4.0` seconds are 4 seconds, as an int, so that the digest is the same."""
    [request] = requests(load(a=SHOT.replace("duration: 4", "duration: 4.0\n    seed: 7.0")))
    assert (request.duration, request.seed) == (4, 7)
    assert type(request.duration) is int
    assert type(request.seed) is int


def test_layers_win_in_order(load: Load) -> None:
    """Defaults give way to the shot, the shot to the pass, and null takes a field away."""
    text = (
        "model: seedance-2.0\n"
        "defaults: {duration: 5, seed: 1, motion_intensity: high, aspect: 9:16}\n"
        "passes: {final: {model: veo-3.1, motion_intensity: null, duration: 6}}\n"
        "shots:\n"
        "  - {id: a, prompt: A, seed: null}\n"
        "  - {id: b, prompt: B, duration: 3, model: seedance-fast}\n"
    )
    assert requests(load(a=text)) == [
        Request(
            "seedance-2.0", "A", 5, "9:16", "1080p", None, None, (("motion_intensity", "high"),)
        ),
        Request("seedance-fast", "B", 3, "9:16", "720p", 1, None, (("motion_intensity", "high"),)),
    ]
    assert requests(load("final", a=text)) == [
        Request("veo-3.1", "A", 6, "9:16", "1080p"),
        Request("veo-3.1", "B", 6, "9:16", "1080p", 1),
    ]


def test_the_built_in_passes_are_the_board_itself(load: Load) -> None:
    """`draft` and `animatic` exist everywhere and use the board's own model."""
    assert requests(load("draft", a=FINAL)) == requests(load("animatic", a=FINAL))
    assert requests(load(None, a=FINAL))[0].model == "veo-3.1-fast"


def test_a_board_may_override_a_built_in_pass(load: Load) -> None:
    """`passes: {draft: …}` changes the draft and not the animatic."""
    text = SHOT + "passes: {draft: {seed: 5}}\n"
    assert requests(load("draft", a=text))[0].seed == 5
    assert requests(load("animatic", a=text))[0].seed is None


def test_a_pass_that_no_board_has(load: Load) -> None:
    """A wrong pass name is a violation that names the passes there are."""
    loaded = load("finale", a=FINAL, b=SHOT)
    [violation] = loaded.violations
    assert str(violation) == (
        "a.yaml:1:1: no storyboard has a pass finale; did you mean final?; "
        "there are animatic, draft and final"
    )
    assert loaded.boards == ()


def test_a_pass_that_some_boards_have(load: Load) -> None:
    """Boards without the pass are left out and named: nothing is rendered in another way."""
    loaded = load("final", a=FINAL, b=SHOT)
    assert loaded.violations == ()
    assert [board.name for board in loaded.boards] == ["a"]
    assert loaded.without_pass == (Path("b.yaml"),)


def test_a_still_is_known_by_its_bytes(tmp_path: Path, catalog: Catalog) -> None:
    """A local init image has its path, its name in the storyboard, and its sha256."""
    (tmp_path / "stills").mkdir()
    still = tmp_path / "stills" / "bowl.png"
    Image.new("RGB", (8, 8)).save(still)
    spec = tmp_path / "a.yaml"
    spec.write_text(SHOT + "    init_image: stills/bowl.png\n")
    [board] = load_storyboards([spec], catalog, None, lambda _: None).boards
    sha256 = hashlib.sha256(still.read_bytes()).hexdigest()
    assert board.takes[0].request.init_image == Still(still, "stills/bowl.png", sha256)


def test_an_https_image_stays_a_url(load: Load) -> None:
    """The provider fetches a URL itself."""
    [request] = requests(load(a=SHOT + "    init_image: https://example.com/b.jpg\n"))
    assert request.init_image == "https://example.com/b.jpg"


@pytest.mark.parametrize(("first", "second"), [("one/a.yaml", "two/a.yaml"), ("a.yaml", "A.yml")])
def test_two_storyboards_of_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog, first: str, second: str
) -> None:
    """Files that would share an outputs folder, also by case alone, are refused."""
    monkeypatch.chdir(tmp_path)
    paths = [Path(first), Path(second)]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(SHOT)
    loaded = load_storyboards(paths, catalog, None, lambda _: None)
    [violation] = loaded.violations
    assert str(violation) == (
        f"{second}:1:1: {first} has the same name, and both would render into one folder; "
        "rename one of them"
    )


def test_the_same_file_twice_is_one(load: Load, catalog: Catalog) -> None:
    """Naming a file twice, by whatever path, asks for it once."""
    load(a=SHOT)
    paths = [Path("a.yaml"), Path("./a.yaml"), Path("a.yaml").resolve()]
    assert len(load_storyboards(paths, catalog, None, lambda _: None).boards) == 1


def test_a_stem_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    """A storyboard's file obeys the rule of ids, for its outputs folder has its name."""
    monkeypatch.chdir(tmp_path)
    Path("my film.yaml").write_text(SHOT)
    [violation] = load_storyboards([Path("my film.yaml")], catalog, None, lambda _: None).violations
    assert str(violation) == (
        "my film.yaml:1:1: `my film` has a space in it; a storyboard's name names files, so it "
        "has only letters from a to z, digits, - and _; rename the file to my-film.yaml"
    )


def test_a_path_that_can_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    """A folder or a missing file is a violation like any other."""
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    Path("specs/ramen.yaml").write_text(SHOT)
    paths = [Path("specs"), Path("specs/ramne.yaml")]
    loaded = load_storyboards(paths, catalog, None, lambda _: None)
    assert [str(violation) for violation in loaded.violations] == [
        "specs:1:1: this is a folder; name the storyboards in it, as in specs/*.yaml",
        "specs/ramne.yaml:1:1: there is no such file; did you mean ramen.yaml?",
    ]
