"""The storyboards of docs/directing.md do what the page says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.main import command
from tests.docs.pages import blocks
from tests.docs.stage import put

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = [block for block in blocks("docs/directing.md") if block.kind in {"yaml", "csv"}]
BOARDS = [str(block.name) for block in FILES if block.kind == "yaml"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's storyboards in a folder, a second a shot."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BYTESPIKE_API_KEY", raising=False)
    for block in FILES:
        path = put(block, tmp_path)
        path.write_text(re.sub(r"duration: \d+", "duration: 1", block.text), "utf-8")


@pytest.fixture
def steps(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, str]]:
    """The actions that a plan has, by take."""

    def planned(*arguments: str) -> dict[str, str]:
        capsys.readouterr()
        assert command(["plan", "--json", *arguments]) == 0
        document = json.loads(capsys.readouterr().out)
        return {step["render"]: step["action"] for step in document["steps"]}

    return planned


@pytest.mark.parametrize("name", BOARDS)
def test_a_storyboard_of_the_page_renders(name: str) -> None:
    """Without a word of the checker's, and a second run has nothing to do."""
    assert command(["check", name]) == 0
    assert command(["run", "--pass", "animatic", name]) == 0
    assert command(["plan", "--pass", "animatic", "--check", name]) == 0


def test_takes_and_what_a_final_makes_of_them(steps: Callable[..., dict[str, str]]) -> None:
    """The table of passes: the picked one, none, and shots of their own."""
    bowls = "specs/bowls.yaml"
    assert len(steps("--pass", "draft", bowls)) == 7
    assert steps("--pass", "final", bowls) == {"zoom": "render", "pour": "skip", "bite": "skip"}
    assert steps("--pass", "final", "--only-picked", bowls) == {"zoom": "render"}
    assert steps("--pass", "draft", "--only-picked", bowls) == {"zoom.t2": "render"}
    promoted = "specs/promoted.yaml"
    assert steps("--pass", "final", promoted) == {"street": "skip", "packshot": "render"}
    assert steps("--pass", "vertical", promoted) == {"street": "render", "packshot": "render"}


def test_a_pick_changes_nothing_else(steps: Callable[..., dict[str, str]]) -> None:
    """After the page's command the file differs in no more than the two picks."""
    before = Path("specs/bowls.yaml").read_text("utf-8").splitlines()
    assert command(["pick", "specs/bowls.yaml", "pour=2", "zoom=3"]) == 0
    after = Path("specs/bowls.yaml").read_text("utf-8").splitlines()
    assert len(after) == len(before) + 1
    assert [line for line in after if line not in before] == [
        "    pick: 3              # the second one is circled",
        "    pick: 2",
    ]
    assert steps("--pass", "final", "specs/bowls.yaml")["pour"] == "render"


def test_a_shot_that_nobody_has_decided_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Its plan tells why nothing is rendered of it; a run says so in its sum, too."""
    assert command(["plan", "--pass", "final", "--shot", "pour", "specs/bowls.yaml"]) == 0
    assert "none is picked" in capsys.readouterr().out
    path = Path("specs/waiting.yaml")
    path.write_text(
        "model: veo-3.1-fast\ndefaults: {duration: 1}\nshots:\n"
        "  - {id: street, prompt: dawn}\n"
        "  - {id: face, prompt: close-up, init_image: {shot: street}}\n",
        "utf-8",
    )
    assert command(["run", "--pass", "animatic", "--shot", "face", str(path)]) == 1
    assert "1 waiting" in capsys.readouterr().out
