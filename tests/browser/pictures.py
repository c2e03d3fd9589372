"""`make pictures`: the screenshots in docs/pictures, of a board that a studio has rendered."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from pipeline.media.frames import frame_png
from tests.browser.conftest import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
BOARD = """\
title: The long way to the sea
model: veo-3.1-fast
style: Shot on 35 mm film, muted colours.
cast: {hero: a woman of thirty in a red coat}
defaults: {duration: 3, aspect: 16:9}
passes:
  final: {model: veo-3.1, resolution: 1080p}
shots:
  - id: street
    prompt: "{hero} walks along an empty city street at dawn, slow push in. {style}"
    seed: 7
    takes: 3
    pick: 2
  - id: face
    prompt: "Close-up of {hero}: she stops and looks up. {style}"
    init_image: {shot: street, frame: last}
  - id: market
    prompt: "A night market in the rain, neon signs, tracking shot. {style}"
    seeds: [21, 34]
  - id: train
    prompt: "A train crosses a bridge in the mountains at night, aerial shot. {style}"
    model: sora-2
    duration: 5
  - id: sea
    prompt: "Waves at sunset, slow tilt up to the sky. {style}"
  - id: harbour
    prompt: "Fishing boats in a misty harbour, pan right. {style}"
"""
_SECONDS = ("1", "3", "9", "13", "17", "20")
"""In the film: the leader, four shots, and the card of the one that failed."""

FAULTS = """\
faults:
  - {on: submit, shot: harbour, do: {failed: api_error, message: the upstream model is overloaded}}
"""


def main() -> None:
    """Render the board, change it a little, and take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        spec = folder / "specs/board.yaml"
        spec.parent.mkdir()
        spec.write_text(BOARD, "utf-8")
        (folder / "faults.yaml").write_text(FAULTS, "utf-8")
        serve = ("serve", "--port", "0", "--faults", "faults.yaml")
        with _shotmake(folder, *serve, stdout=subprocess.PIPE) as studio:
            assert studio.stdout is not None
            found = re.search(r"http://\S+", studio.stdout.readline())
            assert found
            _wait(folder, "run", "--retries", "0", studio=found[0])
            spec.write_text(BOARD.replace("stops and looks up", "looks up into the rain"), "utf-8")
            _wait(folder, "review", "--sheet", studio=found[0])
            _wait(folder, "cut", "--slate", studio=found[0])
            studio.terminate()
        outputs = folder / "outputs/board/draft"
        (PICTURES / "sheet.png").write_bytes((outputs / "sheet.png").read_bytes())
        _tiles(outputs / "cut.mp4")
        with sync_playwright() as playwright:
            browser = launched(playwright)
            _take(browser, (outputs / "index.html").as_uri())
            browser.close()


def _tiles(cut: Path) -> None:
    """Six pictures of the film, from its leader to a card."""
    wide, high = 640, 360
    sheet = Image.new("RGB", (2 * wide, 3 * high))
    for place, second in enumerate(_SECONDS):
        with Image.open(io.BytesIO(frame_png(cut, second))) as picture:
            row, column = divmod(place, 2)
            sheet.paste(picture.resize((wide, high)), (column * wide, row * high))
    sheet.save(PICTURES / "cut.png")


def _take(browser: Browser, address: str) -> None:
    for scheme in ("light", "dark"):
        page = browser.new_page(
            viewport={"width": 1280, "height": 860},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURES / f"page-{scheme}.png")
    page.click("#play")
    page.wait_for_function("() => document.querySelector('#now').textContent.startsWith('3 of 6')")
    page.wait_for_timeout(900)
    page.screenshot(path=PICTURES / "player.png")


def _shotmake(
    folder: Path, *arguments: str, studio: str = "", stdout: int | None = None
) -> subprocess.Popen[str]:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "BYTESPIKE_API_KEY": "sk-byts-studio",
        "SHOTMAKE_BASE_URL": studio or "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=stdout, text=True)


def _wait(folder: Path, *arguments: str, studio: str) -> None:
    with _shotmake(folder, *arguments, studio=studio):
        pass


if __name__ == "__main__":
    main()
