"""What is checked beyond the example files: generated input, bounds, several files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pipeline.errors import MediaError
from pipeline.storyboard.catalog import load_catalog, schemas_folder
from pipeline.storyboard.names import did_you_mean, name_fault, suggested_name
from pipeline.storyboard.resolve import load_storyboards
from pipeline.storyboard.validation import Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.storyboard.catalog import Catalog
    from pipeline.storyboard.resolve import Loaded

    Load = Callable[..., Loaded]

SHOT = "model: veo-3.1-fast\nshots:\n  - id: pour\n    prompt: Steam rises.\n    duration: 4\n"


def messages(loaded: Loaded) -> list[str]:
    """The violations as people read them."""
    return [str(violation) for violation in loaded.violations]


def test_a_violation_reads_as_designed() -> None:
    """File, line, column, path, reason; the path is left out where there is none."""
    shown = str(Violation("specs/ramen.yaml", 12, 15, "shots[3].duration", "too long"))
    assert shown == "specs/ramen.yaml:12:15: shots[3].duration: too long"
    assert str(Violation("a.yaml", 1, 1, "", "empty")) == "a.yaml:1:1: empty"


def test_violations_sort_by_place() -> None:
    """The order is that of the file."""
    first, second = Violation("a", 2, 1, "z", ""), Violation("a", 10, 1, "a", "")
    assert sorted([second, first]) == [first, second]


def test_a_prompt_that_no_request_can_hold(load: Load) -> None:
    """The body's 1 MiB is a limit on the prompt, in bytes as they are sent."""
    big = "é" * 530_000
    [message] = messages(load(a=SHOT.replace("Steam rises.", big)))
    assert message.startswith("a.yaml:4:13: shots[0].prompt: the prompt takes 1,060,002 bytes")
    assert load(b=SHOT.replace("Steam rises.", "é" * 500_000)).violations == ()


def test_every_fault_of_every_file_at_once(load: Load) -> None:
    """One wrong file doesn't hide another; the right one is still resolved."""
    loaded = load(a="- x", b=SHOT, c=SHOT.replace("4", "9"))
    assert [violation.file for violation in loaded.violations] == ["a.yaml", "c.yaml"]
    assert [board.name for board in loaded.boards] == ["b"]


def test_terminal_escapes_are_shown_and_not_obeyed(load: Load) -> None:
    """A storyboard from elsewhere can't steer the terminal that its faults are printed on."""
    loaded = load(a=SHOT + '    "\\e[31m": 1\n    aspect: "\\e]0;x\\a"\n')
    assert len(loaded.violations) == 2
    assert all(message.isprintable() for message in messages(loaded))
    assert "\\u001b[31m" in messages(loaded)[0]


def test_ten_thousand_faults_are_all_told(load: Load) -> None:
    """No violation is dropped, however many there are."""
    shots = "".join(f"  - {{id: s{i}, prompt: p, duration: 9}}\n" for i in range(10_000))
    loaded = load(a=f"model: veo-3.1-fast\nshots:\n{shots}")
    assert len(loaded.violations) == 10_000


def test_the_same_fault_of_two_passes_is_told_once(load: Load) -> None:
    """What is wrong with a shot as it stands isn't repeated for every pass."""
    text = SHOT.replace("4", "9") + "passes: {one: {seed: 1}, two: {seed: 2}}\n"
    assert len(load(a=text).violations) == 1


def test_rules_for_several_fields_together(tmp_path: Path) -> None:
    """A model's file may limit combinations; they are checked without a line of Python."""
    folder = Path(shutil.copytree(schemas_folder(), tmp_path / "schemas"))
    file = folder / "models/veo-3.1.json"
    model = json.loads(file.read_text(encoding="utf-8"))
    model["dependentRequired"] = {"seed": ["init_image"]}
    file.write_text(json.dumps(model), encoding="utf-8")
    spec = tmp_path / "a.yaml"
    spec.write_text(SHOT.replace("veo-3.1-fast", "veo-3.1") + "    seed: 1\n", encoding="utf-8")
    loaded = load_storyboards([spec], load_catalog(folder), None, lambda _: None)
    assert "'init_image' is a dependency of 'seed'" in str(loaded.violations[0])


def test_an_image_is_inspected_once(tmp_path: Path, catalog: Catalog) -> None:
    """However many shots and storyboards share a still, it is decoded and hashed once."""
    Image.new("RGB", (8, 8)).save(tmp_path / "still.png")
    seen: list[Path] = []
    for name in ("a", "b"):
        shots = "".join(
            f"  - {{id: s{i}, prompt: p, duration: 4, init_image: still.png}}\n" for i in range(5)
        )
        (tmp_path / f"{name}.yaml").write_text(f"model: veo-3.1\nshots:\n{shots}")
    loaded = load_storyboards(
        [tmp_path / "a.yaml", tmp_path / "b.yaml"], catalog, None, seen.append
    )
    assert loaded.violations == ()
    assert seen == [tmp_path / "still.png"]


def test_a_bad_image_is_told_wherever_it_is_used(tmp_path: Path, catalog: Catalog) -> None:
    """A still that can't be read is a violation of every shot that names it."""
    (tmp_path / "still.png").write_text("no image")
    shots = "".join(
        f"  - {{id: s{i}, prompt: p, duration: 4, init_image: still.png}}\n" for i in range(3)
    )
    (tmp_path / "a.yaml").write_text(f"model: veo-3.1\nshots:\n{shots}")

    def refuse(path: Path) -> None:
        raise MediaError(f"{path.name} is not an image")

    loaded = load_storyboards([tmp_path / "a.yaml"], catalog, None, refuse)
    assert [v.path for v in loaded.violations] == [f"shots[{i}].init_image" for i in range(3)]


def test_a_still_may_lie_beside_specs_but_not_outside(tmp_path: Path, catalog: Catalog) -> None:
    """`..` goes up as far as the project; a link may not lead out of it."""
    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    for place in (tmp_path, project):
        Image.new("RGB", (8, 8)).save(place / "still.png")
    (project / "link.png").symlink_to(tmp_path / "still.png")
    verdicts = []
    for name in ("../still.png", "../../still.png", "../link.png"):
        spec = project / "specs" / "a.yaml"
        spec.write_text(SHOT + f"    init_image: {name}\n")
        loaded = load_storyboards([spec], catalog, None, lambda _: None)
        verdicts.append([v.message for v in loaded.violations])
    assert verdicts[0] == []
    assert "outside this file's project" in verdicts[1][0]
    assert "outside this file's project" in verdicts[2][0]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Crème brûlée", "Creme-brulee"),
        ("a/b", "a-b"),
        ("..", "shot-1"),
        ("CON", "CON-1"),
        ("シーン", "shot-1"),
        ("ｆｕｌｌ", "full"),
        ("x" * 100, "x" * 64),
        ("-_-a", "a"),
    ],
)
def test_a_suggested_name_can_be_used(text: str, suggestion: str) -> None:
    """What a message proposes is itself a good name."""
    assert name_fault(text)
    assert suggested_name(text) == suggestion
    assert name_fault(suggestion) is None


def test_did_you_mean_knows_when_to_be_silent() -> None:
    """A guess is made for near words only."""
    assert did_you_mean("promt", ["prompt", "seed"]) == "; did you mean prompt?"
    assert did_you_mean("zzz", ["prompt", "seed"]) == ""
    assert did_you_mean("", ["prompt"]) == ""
