"""The storyboards that show the product: each is checked, and rendered in short."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.cli.main import command
from pipeline.rendering.results import parse
from pipeline.storyboard.catalog import frame_size, load_catalog
from pipeline.storyboard.resolve import load_storyboards

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def _probe(clip: Path) -> dict[str, str]:
    """What ffprobe says of a clip's video stream, with its frames counted."""
    ffprobe = shutil.which("ffprobe")
    assert ffprobe, "install ffmpeg: ffprobe is the second opinion on our clips"
    asked = "codec_name,pix_fmt,width,height,r_frame_rate,nb_read_frames"
    only_video = ["-count_frames", "-select_streams", "v:0", "-show_entries", f"stream={asked}"]
    said = subprocess.run(
        [ffprobe, "-v", "error", *only_video, "-of", "json", str(clip)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not said.stderr
    (stream,) = json.loads(said.stdout)["streams"]
    return {name: str(value) for name, value in stream.items()}


def test_there_are_the_four_that_show_the_product() -> None:
    """A 16:9 commercial, a 9:16 spot, a nature film with a 1080p final, one in Chinese."""
    loaded = load_storyboards(SPECS, load_catalog(), None, lambda _path: None)
    assert not loaded.violations
    takes = {board.name: board.takes for board in loaded.boards}
    assert {take.request.aspect for take in takes["ramen"]} == {"16:9"}
    assert "ramen-zoom" in {take.shot for take in takes["ramen"]}
    assert {take.request.aspect for take in takes["sneaker-drop"]} == {"9:16"}
    assert any("一" <= letter <= "鿿" for letter in takes["rainy-night"][0].request.prompt)
    assert takes["rainy-night"][0].request.model.startswith("seedance")
    final = load_storyboards(
        [ROOT / "specs/tides.yaml"], load_catalog(), "final", lambda _path: None
    )
    assert {take.request.resolution for take in final.boards[0].takes} == {"1080p"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_checked_in_board_renders(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With every shot cut to one second, every clip is what ffprobe expects of its request."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    short = tmp_path / "specs" / spec.name
    short.write_text(re.sub(r"duration: \d+", "duration: 1", spec.read_text("utf-8")), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert command(["run", "--pass", "animatic", f"specs/{spec.name}"]) == 0, (
        capsys.readouterr().out
    )
    folder = tmp_path / "outputs" / spec.stem / "animatic"
    records = parse((folder / "results.json").read_text("utf-8"), "results.json").records
    assert records
    for record in records.values():
        assert record.clip is not None
        width, height = frame_size(record.request["aspect"], record.request["resolution"])
        assert _probe(folder / record.clip.path) == {
            "codec_name": "h264",
            "pix_fmt": "yuv420p",
            "width": str(width),
            "height": str(height),
            "r_frame_rate": "24/1",
            "nb_read_frames": "24",
        }
