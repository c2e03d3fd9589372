"""A real browser: Debian's Chromium without a screen, driven by Playwright."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from pipeline.cli.pages import write_page
from pipeline.cli.terminal import open_terminal
from tests.review.scene import every_state, played, show
from tests.support.world import CATALOG, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

_QUIET = (
    "--no-sandbox",  # tests may run as root, where there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
"""A browser that asks nobody but the page's own server."""


def launched(playwright: Playwright) -> Browser:
    """The browser that is on this machine."""
    path = shutil.which("chromium")
    assert path, "there is no chromium: apt-get install chromium, as .ci/run does"
    return playwright.chromium.launch(executable_path=path, args=_QUIET)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, once for all. It is closed behind the last of these tests: Playwright keeps an
    event loop running in this thread until then, and no async test could begin.
    """
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page in the browser, and all that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Close the page: before its server ends, of which it would complain."""
        self.page.context.close()

    def texts(self, query: str) -> list[str]:
        """The words of what is to be seen."""
        return [each.inner_text() for each in self.page.locator(query).all() if each.is_visible()]

    def clips(self) -> list[str]:
        """The clips that were asked for."""
        return [url.rpartition("/")[2] for url in self.requests if url.endswith(".mp4")]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page; at the end nobody has complained, and nothing foreign was asked for."""
    visits: list[tuple[Visit, str]] = []

    def go(address: str, scheme: str = "light", width: int = 1280) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        made = Visit(context.new_page())
        visits.append((made, address))
        made.page.goto(address)
        return made

    yield go
    for each, address in visits:
        each.leave()
        home = address if address.startswith("http") else address.rpartition("/")[0]
        foreign = [
            url for url in each.requests if not url.startswith((home.rstrip("/"), "data:", "blob:"))
        ]
        assert not foreign
        assert not each.complaints


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The board of many states with its page; tests leave it as it is."""
    world: World = played(partial(every_state, tmp_path_factory.mktemp("page")))
    terminal = open_terminal(as_json=False, quiet=True, verbose=False, color=False)
    write_page(show(world), world.folder(), CATALOG, terminal)
    return world


@pytest.fixture(scope="session")
def address(rendered: World) -> str:
    """That page, as a file."""
    path: Path = rendered.folder().page_path
    return path.as_uri()
