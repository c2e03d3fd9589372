"""What a film shows where there is no clip: cards with text, and marks on pictures. Drawn once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from pipeline.media import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_GROUND: Final = (17, 18, 21)
_WHITE: Final = (240, 239, 235)
_BODY: Final = (186, 189, 196)
_DIM: Final = (128, 132, 140)
_AMBER: Final = (233, 176, 72)

_KICKER_SIZE, _BODY_SIZE, _NOTE_SIZE, _MARK_SIZE = 21, 27, 22, 21
_TITLE_SIZES = (72, 58, 46, 36)
"""The largest is taken that needs two lines at most; all in pixels at scale 1."""

_BLACK_LUMA, _WHITE_LUMA, _GREY_CHROMA = 16, 232, 128
_MARK_SHADE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Card:
    """Its texts from above: where one is, what it is, more about that, and what is amiss."""

    kicker: str
    title: str
    body: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A patch of a picture in YUV 4:2:0: what comes through of what is there, of 255, and what is
    added to that. `at` is its upper left corner; it and all sides are even.
    """

    at: tuple[int, int]
    luma_through: Pixels
    luma: Pixels
    chroma_through: Pixels
    chroma: Pixels

    def burn(self, planes: Sequence[Pixels]) -> None:
        """Draw it into a picture's planes."""
        x, y = self.at
        _blend(planes[0][y:, x:], self.luma_through, self.luma)
        for plane in planes[1:]:
            _blend(plane[y // 2 :, x // 2 :], self.chroma_through, self.chroma)


def _blend(under: Pixels, through: Pixels, over: Pixels) -> None:
    part = under[: over.shape[0], : over.shape[1]]
    high, wide = part.shape
    part[:] = (part.astype(np.uint16) * through[:high, :wide] + 127) // 255 + over[:high, :wide]


def _scale_of(size: tuple[int, int]) -> float:
    """How large all is drawn: 1 at 1280×720 and at 720×1280."""
    width, height = size
    return float(max((width * height) ** 0.5 / 960, min(width, height) / 760))


class _Sheet:
    """A picture that texts are set on, from the left edge of its margin."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.width, self.height = size
        self.scale = _scale_of(size)
        self.margin = max(round(0.09 * min(size)), 2)
        self.room = min(self.width - 2 * self.margin, 900 * self.scale)
        self.image = Image.new("RGB", size, _GROUND)

    def pixels(self, size: float) -> int:
        """A size at scale 1 in pixels here."""
        return max(round(size * self.scale), 1)

    def lines(self, words: str, size: int, most: int, *, bold: bool = False) -> list[str]:
        """Text broken into lines."""
        return text.wrap(text.clean(words), size, self.room, most, bold=bold)

    def set(
        self,
        lines: Sequence[str],
        top: float,
        size: int,
        colour: tuple[int, int, int],
        *,
        bold: bool = False,
    ) -> float:
        """Lines under each other; answers with where the last one ends."""
        step = size * (1.18 if bold else 1.45)
        for number, line in enumerate(lines):
            mask = Image.new("L", self.image.size)
            base = top + number * step + size * 0.86
            text.draw(mask, (self.margin, round(base)), line, size, bold=bold)
            self.image.paste(colour, mask=mask)
        return top + len(lines) * step

    def bar(self, top: float, wide: int, high: int, colour: tuple[int, int, int]) -> None:
        """A short rule."""
        box = (self.margin, round(top), self.margin + wide - 1, round(top) + high - 1)
        ImageDraw.Draw(self.image).rectangle(box, fill=colour)


def draw_card(card: Card, size: tuple[int, int]) -> Image.Image:
    """A card as RGB, of a size in pixels."""
    sheet = _Sheet(size)
    small, body, note = map(sheet.pixels, (_KICKER_SIZE, _BODY_SIZE, _NOTE_SIZE))
    kicker = sheet.lines(card.kicker, small, 1)
    sheet.set(kicker, sheet.margin, small, _DIM)
    notes = sheet.lines(card.note, note, 3)
    foot = sheet.height - sheet.margin - len(notes) * note * 1.45
    sheet.set(notes, foot, note, _AMBER)

    title, titles = _title(sheet, card.title)
    room = foot - 2 * sheet.margin - small * 1.45
    head = len(titles) * title * 1.18 + 2.2 * body
    most = max(int((room - head) / (body * 1.45)), 1)
    bodies = sheet.lines(card.body, body, min(most, 7))
    high = head + len(bodies) * body * 1.45
    top = max((sheet.height - high) * 0.46, sheet.margin + small * 2.2)
    end = sheet.set(titles, top, title, _WHITE, bold=True)
    accent = _AMBER if card.note else _DIM
    sheet.bar(end + 0.7 * body, sheet.pixels(56), sheet.pixels(3), accent)
    sheet.set(bodies, end + 1.7 * body, body, _BODY)
    return sheet.image


def _title(sheet: _Sheet, words: str) -> tuple[int, list[str]]:
    """Its size in pixels, and its lines: a shot's id may be broken behind its hyphens."""
    is_id = " " not in text.clean(words)
    loose = re.sub("([-_])", r"\1 ", words) if is_id else words
    for at_scale in _TITLE_SIZES:
        size = sheet.pixels(at_scale)
        lines = sheet.lines(loose, size, 4, bold=True)
        if len(lines) <= 2:
            break
    return size, [line.replace(" ", "") if is_id else line for line in lines]


def draw_mark(label: str, size: tuple[int, int]) -> Mark:
    """A label for the upper left corner of pictures (size in pixels), readable on any of them."""
    scale = _scale_of(size)
    points = max(round(_MARK_SIZE * scale), 8)
    edge = max(round(0.03 * min(size)), 2) & ~1
    pad = round(0.55 * points)
    room = max(size[0] - 2 * edge - 2 * pad, 8)
    lines = text.wrap(text.clean(label), points, room, 3)
    wide = max((text.width(line, points) for line in lines), default=0)
    step = round(points * 1.35)
    width, height = _even(wide + 2 * pad), _even(len(lines) * step + pad)
    box, ink = Image.new("L", (width, height)), Image.new("L", (width, height))
    corner = (0, 0, width - 1, height - 1)
    ImageDraw.Draw(box).rounded_rectangle(corner, radius=points * 0.32, fill=255)
    for number, line in enumerate(lines):
        text.draw(ink, (pad, round(0.5 * pad + number * step + points)), line, points)
    return _mark((edge, edge), box, ink)


def _mark(at: tuple[int, int], box: Image.Image, ink: Image.Image) -> Mark:
    white = np.asarray(ink, np.float64) / 255
    dark = np.asarray(box, np.float64) / 255 * _MARK_SHADE * (1 - white)
    through = 1 - white - dark
    high, wide = through.shape
    halved = through.reshape(high // 2, 2, wide // 2, 2).mean(axis=(1, 3))
    return Mark(
        at,
        _bytes(through * 255),
        _bytes(white * _WHITE_LUMA + dark * _BLACK_LUMA),
        _bytes(halved * 255),
        _bytes((1 - halved) * _GREY_CHROMA),
    )


def _bytes(values: NDArray[np.float64]) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0, 255)).astype(np.uint8)


def _even(value: float) -> int:
    return max(round(value / 2), 1) * 2
