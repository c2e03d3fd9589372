"""The page while it is served: it follows a run, and picks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.tasks import House
from tests.browser.test_page import violations, wait_for
from tests.support.engine import plain
from tests.support.served import KEY, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.studio.engine import Job
    from tests.browser.conftest import Visit

    Go = Callable[..., Visit]
    Shotmake = Callable[..., subprocess.Popen[str]]

ROOT = Path(__file__).parents[2]
BOARD = """\
title: A bowl of ramen
model: veo-3.1-fast
defaults: {duration: 2}
shots:
  - {id: zoom, prompt: a bowl, takes: 2, seed: 7}   # the hero
  - {id: pour, prompt: broth}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A folder with a storyboard."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/film.yaml").write_text(BOARD, "utf-8")
    return tmp_path


@pytest.fixture
def gate() -> threading.Event:
    """While it is closed, the studio's tasks are under way."""
    return threading.Event()


@pytest.fixture
def studio(gate: threading.Event) -> Iterator[str]:
    """A studio that draws when the gate is open."""

    async def render(job: Job) -> bytes:
        await anyio.to_thread.run_sync(gate.wait)
        return plain(job)

    house = House(render, 8, time.time, concurrency=8, wallet_credits=100)
    with served(Studio(load_catalog(), house, free=False)) as address:
        yield address


@pytest.fixture
def shotmake(film: Path, studio: str) -> Shotmake:
    """Starts the program in that folder, with that studio for a provider."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "BYTESPIKE_API_KEY": KEY,
        "SHOTMAKE_BASE_URL": studio,
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pipeline", *arguments]
        return subprocess.Popen(
            command, cwd=film, env=environment, stdout=subprocess.PIPE, text=True
        )

    return start


@contextmanager
def review(shotmake: Shotmake, port: int = 0) -> Iterator[str]:
    """A served review; its address."""
    with shotmake("review", "--serve", "--port", str(port)) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/film/draft/", server.stdout.readline())
        assert found
        try:
            yield found[0]
        finally:
            server.terminate()
    assert server.returncode == 0


def test_it_follows_a_run(visit: Go, gate: threading.Event, shotmake: Shotmake) -> None:
    """From never rendered by submitted, with how long it may take, to a clip that plays: without
    loading the page anew.
    """
    with review(shotmake) as address:
        seen = visit(address)
        page = seen.page
        assert set(seen.texts(".state")) == {"not rendered"}
        page.evaluate("window.same = true")
        with shotmake("run") as run:
            page.wait_for_selector('#shot-pour .tile[data-state="pending"]')
            since = "document.querySelector('#shot-pour .since')?.textContent"
            wait_for(page, f"/^\\d+ s of about 15 s$/.test({since})")
            assert violations(page) == []
            gate.set()
            assert run.wait() == 0
        page.wait_for_selector('#shot-zoom .tile:nth-child(2)[data-state="up to date"]')
        wait_for(page, "document.querySelector('#totals').textContent.includes('3 of 3')")
        assert page.evaluate("window.same")
        page.hover("#shot-pour .screen")
        wait_for(page, 'document.querySelector(".screen video")?.videoWidth > 0')
        seen.leave()


def test_one_click_picks(visit: Go, film: Path, shotmake: Shotmake) -> None:
    """It writes the line that `shotmake pick` would, and says so; once more takes it away. Where it
    can't, the reason is told.
    """
    spec = film / "specs/film.yaml"
    with review(shotmake) as address:
        seen = visit(address)
        page = seen.page
        page.click('[data-key="zoom.t2"] .pick')
        page.wait_for_selector('.picked[data-key="zoom.t2"]')
        assert page.inner_text("#toast") == "zoom: take 2 is picked"
        assert spec.read_text("utf-8") == BOARD.replace("id: zoom,", "id: zoom, pick: 2,")
        focused = "document.activeElement.closest('.tile')?.dataset.key"
        assert page.evaluate(focused) == "zoom.t2"
        page.keyboard.press("p")
        wait_for(page, "!document.querySelector('.picked')")
        assert "pick:" not in spec.read_text("utf-8")
        spec.write_text(BOARD.replace("prompt: broth", "prompt: 5"), "utf-8")
        page.click('[data-key="zoom"] .pick')
        wait_for(page, "document.querySelector('#toast').textContent.includes('prompt is text')")
        seen.complaints = [each for each in seen.complaints if "409" not in each]
        seen.leave()


def test_a_mistake_in_the_storyboard_is_shown(visit: Go, film: Path, shotmake: Shotmake) -> None:
    """With its place, above the page as it was; mended, it is gone, and what is new is there."""
    spec = film / "specs/film.yaml"
    with review(shotmake) as address:
        seen = visit(address)
        spec.write_text(BOARD.replace("prompt: broth", "promt: broth"), "utf-8")
        seen.page.wait_for_selector("#trouble:not([hidden])")
        assert "did you mean prompt" in seen.page.inner_text("#trouble")
        assert seen.page.locator(".tile").count() == 3
        shots = "shots:\n  - {id: first, prompt: <b>new</b>}\n"
        spec.write_text(BOARD.replace("shots:\n", shots), "utf-8")
        seen.page.wait_for_selector("#trouble[hidden]", state="attached")
        assert seen.texts(".shot h2") == ["1 first", "2 zoom", "3 pour"]
        assert seen.page.inner_text("#shot-first .prompt") == "<b>new</b>"
        assert seen.page.locator("#strip a").count() == 3
        seen.leave()


def test_tabs_that_nobody_sees_hold_no_connection(
    visit: Go, film: Path, shotmake: Shotmake
) -> None:
    """A browser has six to a server: the seventh tab loads; one that is shown again catches up."""
    with review(shotmake) as address:
        seen = visit(address)
        tabs = seen.page.context
        tabs.add_init_script(
            "let away = true; Object.defineProperty(document, 'hidden', { get: () => away });"
            "window.back = () => { away = false;"
            "  document.dispatchEvent(new Event('visibilitychange')); };"
        )
        pages = [tabs.new_page() for _ in range(7)]
        for page in pages:
            page.goto(address, timeout=15_000)
        spec = film / "specs/film.yaml"
        spec.write_text(BOARD.replace("a bowl", "a tall bowl"), "utf-8")
        seen.page.wait_for_selector("#shot-zoom .prompt:has-text('a tall bowl')")
        assert pages[0].inner_text("#shot-zoom .prompt") == "a bowl"
        pages[0].evaluate("window.back()")
        pages[0].wait_for_selector("#shot-zoom .prompt:has-text('a tall bowl')")
        seen.leave()


def test_a_server_that_comes_back_is_found(visit: Go, shotmake: Shotmake) -> None:
    """The page says that it isn't connected, and loads itself anew from the next server."""
    with review(shotmake) as address:
        seen = visit(address)
        wait_for(seen.page, "document.querySelector('#link').textContent === 'live'")
        seen.page.evaluate("window.same = true")
    wait_for(seen.page, "document.querySelector('#link').textContent === 'not connected'")
    port = int(address.split(":")[2].partition("/")[0])
    with review(shotmake, port):
        wait_for(seen.page, "!window.same")
        wait_for(seen.page, "document.querySelector('#link').textContent === 'live'")
        seen.leave()
    seen.complaints = [each for each in seen.complaints if "ERR_" not in each]
