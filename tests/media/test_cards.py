"""Cards and marks: whatever is written on them, they stay in their frame and can be read."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.media.cards import Card, draw_card, draw_mark

SIZES = [(1280, 720), (720, 1280), (720, 720), (1920, 1080), (426, 240), (160, 96)]
LONG = "the-very-long-identifier-of-a-shot-that-goes-on-and-on-0123456789"
CARDS = {
    "short": Card("shot 3 of 12 · 4 s", "pour", "Broth is poured over noodles.", "failed: 503"),
    "long": Card(
        f"shot 103 of 1204 · 8 s {LONG}", LONG, "x" * 300 + " words" * 200, f"{LONG} " * 9
    ),
    "Japanese": Card(
        "夜", "夜のラーメン屋、湯気の向こうに見えるもの", "どんぶりから湯気。" * 40, "失敗"
    ),
    "Arabic": Card("فيلم", "وعاء رامن في الليل", "تقريب بطيء على وعاء من الرامن " * 20, "فشل"),
    "emoji": Card("🎬", "Ramen 🍜 ✨" * 5, "🍜" * 300, "🚫"),
    "lines": Card("a\nb\tc", "one\ntwo\rthree", "x\u202ey\u200bz\x00\x1b[2J\ud800", "\n\n"),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", CARDS)
def test_a_card_keeps_its_margins(text: str, size: tuple[int, int]) -> None:
    """Something is drawn, and nothing of it near an edge, whatever the texts are."""
    pixels = np.asarray(draw_card(CARDS[text], size), np.int16)
    assert pixels.shape == (size[1], size[0], 3)
    inked = np.abs(pixels - pixels[0, 0]).max(axis=2) > 12
    rows, columns = np.nonzero(inked)
    edge = 0.04 * min(size)
    assert edge < rows.min() < rows.max() < size[1] - edge
    assert edge < columns.min() < columns.max() < size[0] - edge


def test_what_is_amiss_is_in_amber() -> None:
    """The note at the foot has a colour of its own; without one nothing has."""

    def amber(card: Card) -> int:
        pixels = np.asarray(draw_card(card, (1280, 720)), np.int16)
        return int(np.count_nonzero(pixels[..., 0] - pixels[..., 2] > 80))

    assert amber(Card("leader", "A film", "3 shots")) == 0
    assert amber(Card("leader", "A film", "3 shots", "2 of them missing")) > 300


def test_a_card_is_drawn_the_same_every_time() -> None:
    """The same pixels: a film of the same clips has the same bytes."""
    one, two = (draw_card(CARDS["long"], (720, 1280)).tobytes() for _ in range(2))
    assert one == two


@pytest.mark.parametrize("size", [*SIZES, (16, 16), (2, 2)], ids=str)
@pytest.mark.parametrize("label", ["03 pour · take 2", f"0103 {LONG} · take 12", "01 夜 🍜"])
@pytest.mark.parametrize("ground", ["black", "white", "noise"])
def test_a_mark_can_be_read_on_any_picture(label: str, size: tuple[int, int], ground: str) -> None:
    """White on dark, in the upper left corner, within the picture, and no colour of its own."""
    half = (size[0] // 2, size[1] // 2)
    planes = [_plane(ground, size), _plane(ground, half), _plane(ground, half)]
    before = [plane.copy() for plane in planes]
    draw_mark(label, size).burn(planes)
    for plane, old in zip(planes[1:], before[1:], strict=True):
        assert np.all(np.abs(plane.astype(int) - 128) <= np.abs(old.astype(int) - 128) + 1)
    if min(size) < 90:  # too small for letters; it mustn't fail
        return
    rows, columns = np.nonzero(planes[0] != before[0])
    assert rows.max() < 0.25 * size[1] + 20
    assert columns.max() < size[0] - 1
    patch = planes[0][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert patch.max() > 200
    assert np.median(patch) < 100


def _plane(ground: str, size: tuple[int, int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    if ground == "noise":
        return np.random.default_rng(1).integers(16, 236, size[::-1], dtype=np.uint8)
    return np.full(size[::-1], 16 if ground == "black" else 235, np.uint8)
