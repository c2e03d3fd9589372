"""The page as a file, in a real browser."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.review.scene import EVIL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Visit
    from tests.support.world import World

    Go = Callable[..., Visit]

STREET, MARKET = ["street", "street.t2", "street.t3"], ["market", "market.t2"]
KEYS = [*STREET, *MARKET, "train", "fight", "sea", "phone", "evil", "night"]


def violations(page: Page) -> list[str]:
    """What axe-core finds, with where."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{each['id']}: {node['html'][:100]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def playing(page: Page) -> dict[str, Any] | None:
    """The clip on a tile that is loaded, if one is."""
    state: dict[str, Any] | None = page.evaluate(
        """() => { const clip = document.querySelector(".screen video");
        return clip && {key: clip.closest(".tile").dataset.key, paused: clip.paused,
                        muted: clip.muted, width: clip.videoWidth}; }"""
    )
    return state


def wait_for(page: Page, expression: str) -> None:
    page.wait_for_function(f"() => {expression}")


def test_every_take_has_its_tile(visit: Go, address: str) -> None:
    """In cutting order, side by side in their shots, with the state that each is in."""
    seen = visit(address)
    tiles = seen.page.locator(".tile")
    assert [tile.get_attribute("data-key") for tile in tiles.all()] == KEYS
    assert seen.texts(".shot h2")[:2] == ["1 street", "2 market"]
    boxes = [tile.bounding_box() for tile in seen.page.locator("#shot-street .tile").all()]
    assert len({box["y"] for box in boxes if box}) == 1
    assert seen.page.locator(".picked").get_attribute("data-key") == "street.t2"
    assert seen.page.locator("#strip a").count() == 8


def test_no_clip_is_loaded_before_it_is_wanted(visit: Go, address: str) -> None:
    """And posters only where they come into sight."""
    seen = visit(address)
    seen.page.wait_for_load_state("networkidle")
    assert seen.clips() == []
    assert seen.page.locator("video[src]").count() == 0


def test_foreign_words_stay_words(visit: Go, address: str) -> None:
    """Markup in a prompt is to be read on the card, and runs nowhere."""
    seen = visit(address)
    assert seen.page.locator("#shot-evil .prompt").inner_text() == EVIL
    assert seen.page.locator("img[onerror], main b:has-text('bold')").count() == 0
    assert seen.page.evaluate("document.scripts.length") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(visit: Go, address: str, scheme: str, width: int) -> None:
    """Contrast, names, roles, order: on wide screens and narrow ones, by day and by night."""
    page = visit(address, scheme, width).page
    page.locator("details").first.locator("summary").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("opened", ["#play", "#keys"])
def test_axe_finds_nothing_in_what_opens(visit: Go, address: str, opened: str) -> None:
    """Nor in the player and the help."""
    page = visit(address).page
    page.click(opened)
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []


def test_a_clip_plays_while_the_pointer_is_on_it(visit: Go, address: str) -> None:
    """Without sound, and is let go of when it leaves."""
    seen = visit(address)
    seen.page.hover('[data-key="street.t3"] .screen')
    wait_for(seen.page, 'document.querySelector(".screen video")?.videoWidth > 0')
    assert playing(seen.page) == {
        "key": "street.t3", "paused": False, "muted": True, "width": 1280
    }  # fmt: skip
    seen.page.mouse.move(2, 2)
    wait_for(seen.page, '!document.querySelector(".screen video")')
    assert set(seen.clips()) == {"street.t3.mp4"}


def test_the_keyboard_does_all(visit: Go, address: str) -> None:
    """From take to take with arrows or letters, space plays and pauses, c copies the command,
    / finds, escape goes back.
    """
    page = visit(address).page
    for key in ("ArrowRight", "j", "ArrowRight", "k"):
        page.keyboard.press(key)
    focused = "document.activeElement.closest('.tile')?.dataset.key"
    assert page.evaluate(focused) == "street.t2"
    page.keyboard.press("Space")
    wait_for(page, 'document.querySelector(".screen video[controls]")?.videoWidth > 0')
    assert playing(page) == {"key": "street.t2", "paused": False, "muted": False, "width": 1280}
    page.keyboard.press("Space")
    assert (playing(page) or {})["paused"]
    page.keyboard.press("c")
    page.wait_for_function("() => document.querySelector('#toast').textContent")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("shotmake run ")
    assert " --shot street.t2 --force" in copied
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("night")
    assert page.inner_text("#shown") == "1 of 8 shots"
    page.keyboard.press("Escape")
    assert page.inner_text("#shown") == ""
    assert playing(page) is None
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_filters_by_state_model_and_words(visit: Go, address: str) -> None:
    """They add up, say how many shots are left, and hide takes of other states."""
    seen = visit(address)
    page = seen.page

    def shown() -> list[str | None]:
        tiles = page.locator(".tile").all()
        return [tile.get_attribute("data-key") for tile in tiles if tile.is_visible()]

    page.get_by_role("checkbox", name="failed").check(force=True)
    assert shown() == ["train"]
    page.get_by_role("checkbox", name="changed").check(force=True)
    assert shown() == ["market", "market.t2", "train"]
    page.select_option("#model", "sora-2")
    assert shown() == ["train"]
    assert page.inner_text("#shown") == "1 of 8 shots"
    page.select_option("#model", "veo-3.1-fast")
    page.fill("#find", "RAIN market")
    assert shown() == ["market", "market.t2"]
    page.fill("#find", "nothing has this")
    assert shown() == []
    page.click("#all")
    assert shown() == KEYS
    page.get_by_role("checkbox", name="none picked").check(force=True)
    assert shown() == MARKET
    page.click("#find")
    page.keyboard.press("Escape")
    page.fill("#find", "451")
    assert shown() == ["fight"]


def test_the_board_plays_through(visit: Go, address: str) -> None:
    """Picked takes one after the other, a card for what is missing, and an end."""
    seen = visit(address)
    page = seen.page
    page.click("#play")
    wait_for(page, "document.querySelector('#now').textContent.startsWith('2 of 8')")
    assert "street.t2.mp4" in seen.clips()
    assert "street.mp4" not in seen.clips()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#now") == "3 of 8: train"
    assert "failed: the upstream model is overloaded" in page.inner_text("#player .card")
    wait_for(page, "document.querySelector('#now').textContent.startsWith('4 of 8')")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#now") == "2 of 8: market, take 1"
    page.locator("#segments button").last.click()
    wait_for(page, "document.querySelector('[data-do=toggle]').textContent === 'Play'")
    assert page.inner_text("#clock") == "0:17 / 0:17"
    page.keyboard.press("Escape")
    assert not page.locator("#player").is_visible()
    assert page.locator("video[src]").count() == 0


@contextmanager
def away(clip: Path, seen: Visit) -> Iterator[None]:
    """A clip isn't here for as long as the block lasts; that the browser says so is no fault."""
    elsewhere = clip.rename(clip.with_suffix(".away"))
    try:
        yield
    finally:
        elsewhere.rename(clip)
    seen.complaints = [each for each in seen.complaints if "ERR_FILE_NOT_FOUND" not in each]


def test_a_clip_that_is_not_here_is_told(visit: Go, address: str, rendered: World) -> None:
    """As in a fresh clone: clips aren't in git. The player shows a card and goes on."""
    seen = visit(address)
    with away(rendered.folder().path / "street.t2.mp4", seen):
        seen.page.focus('[data-key="street.t2"] .play')
        seen.page.keyboard.press("Space")
        wait_for(seen.page, "document.querySelector('#toast').textContent.includes('run brings')")
        seen.page.click("#play")
        wait_for(seen.page, "!document.querySelector('#player .card').hidden")
        assert "isn't here" in seen.page.inner_text("#player .card")
        wait_for(seen.page, "document.querySelector('#now').textContent.startsWith('2 of 8')")


def test_a_clip_that_is_not_here_in_the_middle_is_passed_by(
    visit: Go, address: str, rendered: World
) -> None:
    """It is asked for while the shot before it plays, and fails then: the board must not stop."""
    seen = visit(address)
    with away(rendered.folder().path / "market.mp4", seen):
        seen.page.click("#play")
        wait_for(seen.page, "document.querySelector('#now').textContent.startsWith('2 of 8')")
        assert "isn't here" in seen.page.inner_text("#player .card")
        wait_for(seen.page, "document.querySelector('#now').textContent.startsWith('3 of 8')")


def test_what_the_player_calls_paused_is(visit: Go, address: str) -> None:
    """Behind the last shot there is none: the board stops there, and so does the clip."""
    seen = visit(address)
    page = seen.page
    page.evaluate("document.querySelector('#strip li:last-child').remove()")
    page.focus('[data-key="evil"] .play')
    page.keyboard.press("b")
    clip = "[...document.querySelectorAll('.stage video')].find((each) => !each.hidden)"
    wait_for(page, f"{clip}?.currentTime > 0")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("[data-do=toggle]") == "Play"
    assert page.evaluate(f"{clip}.paused")
    page.keyboard.press("Escape")


def test_cards_pass_where_nothing_is_painted(visit: Go, address: str) -> None:
    """A browser calls for no frame of a hidden page: the board goes on all the same."""
    seen = visit(address)
    seen.page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true });"
        "window.requestAnimationFrame = () => 1;"
    )
    seen.page.focus('[data-key="train"] .blank')
    seen.page.keyboard.press("b")
    fight = "() => document.querySelector('#now').textContent.startsWith('4 of 8')"
    seen.page.wait_for_function(fight, polling=100)  # as a rule it looks once a frame
    seen.page.keyboard.press("Escape")


def test_without_scripts_it_is_all_there_to_read(chromium: Any, address: str) -> None:
    """As in previews that run none."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".tile").count() == len(KEYS)
    assert page.locator(".prompt").first.is_visible()
    for useless in ("#find", "#play", ".copy >> nth=0"):
        assert not page.locator(useless).is_visible()
    context.close()
