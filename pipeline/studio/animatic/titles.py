"""The lower third: what the shot is, where in it one is, and how far it has got."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from pipeline.media import text
from pipeline.studio.engine import FRAMES_PER_SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.compositor import Planes
    from pipeline.studio.animatic.layer import Pixels
    from pipeline.studio.engine import Job

_WHITE, _BLACK = 228, 16
_PROMPT_LINES = 3
_LABEL_ABOVE = 12
"""Of the bar, in pixels at scale 1."""

MARGIN = 0.05
"""Of the frame's width, at both sides."""


def scale_of(width: int, height: int) -> float:
    """How large all is drawn: 1 at 1280×720 and at 720×1280."""
    return float(max((width * height) ** 0.5 / 960, min(width, height) / 760))


def top_of(bar_y: int, scale: float) -> int:
    """The row where the strip begins whose bar lies at `bar_y`."""
    return (bar_y - round(_LABEL_ABOVE * scale) - round(84 * scale)) & ~1


def scrim(rows: int) -> NDArray[np.float32]:
    """How much the strip darkens the picture, row by row, as a column."""
    at = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    # Half way down it is dark enough to read on; smooth at both ends, so that it has no edge.
    dark = np.minimum(at * 2.1, 1)
    return np.asarray(0.60 * dark * dark * (3 - 2 * dark) + 0.08 * at, np.float32)


class Titles:
    """An effect for the compositor. What stands still is drawn once; digits come from an atlas."""

    def __init__(self, job: Job, moves: tuple[str, ...], frames: int) -> None:
        self._frames = frames
        self._width, self._height = job.width, job.height
        scale = self._scale = scale_of(job.width, job.height)
        self._left = round(job.width * MARGIN)
        self._room = job.width - 2 * self._left
        self._sizes = {name: round(size * scale) for name, size in
                       {"label": 27, "prompt": 20, "meta": 14, "clock": 24}.items()}  # fmt: skip
        seed = "no seed" if job.seed is None else f"seed {job.seed}"
        self._meta = "   ·   ".join((job.model, seed, " + ".join(moves)))
        self._label = job.label if job.take == 1 else f"{job.label}   ·   take {job.take}"
        prompt = text.clean(job.prompt)
        readable = min(self._room, 820 * scale)
        self._lines = text.wrap(prompt, self._sizes["prompt"], readable, _PROMPT_LINES)
        self._lay_out()
        self._still()
        self._clock_glyphs()

    def _lay_out(self) -> None:
        """From the bottom up: what stands where; all in pixels of the frame."""
        scale = self._scale
        bottom = self._height - round(max(self._height * 0.05, 26 * scale))
        self._meta_y = bottom
        step = round(self._sizes["prompt"] * 1.38)
        last = bottom - round(27 * scale)
        self._line_ys = [last - step * back for back in range(len(self._lines))][::-1]
        first = self._line_ys[0] if self._line_ys else last + step - round(8 * scale)
        self._bar_y = first - round(self._sizes["prompt"] * 1.0 + 16 * scale)
        self._bar_high = max(2, round(2 * scale))
        self._label_y = self._bar_y - round(_LABEL_ABOVE * scale)
        self._top = top_of(self._bar_y, scale)

    def _still(self) -> None:
        """Everything but clock and progress, as one strip down to the frame's lower edge."""
        rows = self._height - self._top
        ink = np.zeros((rows, self._width), np.float32)
        clock_room = 9.2 * self._sizes["clock"]
        label = _fitted(text.clean(self._label), self._sizes["label"], self._room - clock_room)
        meta = _fitted(text.clean(self._meta), self._sizes["meta"], self._room)
        for words, y, size, bright, bold in (
            (label, self._label_y, "label", 1.0, True),
            *(
                (line, y, "prompt", 0.94, False)
                for line, y in zip(self._lines, self._line_ys, strict=True)
            ),
            (meta, self._meta_y, "meta", 0.70, False),
        ):
            mask = Image.new("L", (self._width, rows))
            text.draw(mask, (self._left, y - self._top), words, self._sizes[size], bold=bold)
            ink = np.maximum(ink, np.asarray(mask, np.float32) / 255 * bright)
        track = slice(self._bar_y - self._top, self._bar_y - self._top + self._bar_high)
        ink[track, self._left : self._left + self._room] = 0.28
        shade = scrim(rows)
        through = (1 - shade) * (1 - ink)
        luma = _BLACK * shade * (1 - ink) + _WHITE * ink
        self._luma, self._through = _bytes(luma), _bytes(through * 255)
        halved = (self._width // 2, rows // 2)
        half = np.asarray(cv2.resize(through, halved, interpolation=cv2.INTER_AREA), np.float32)
        self._half_through, self._half_chroma = _bytes(half * 255), _bytes((1 - half) * 128)

    def _clock_glyphs(self) -> None:
        """All characters of a timecode, each as wide as the widest, so that nothing dances."""
        size = self._sizes["clock"]
        wide = max(2, round(max(text.width(each, size) for each in "0123456789")))
        narrow = max(2, round(wide * 0.52))
        high = round(size * 1.1)
        self._glyphs: dict[str, Pixels] = {}
        for character in "0123456789:":
            room = narrow if character == ":" else wide
            mask = Image.new("L", (room, high))
            lift = size * 0.06 if character == ":" else 0
            text.draw(
                mask,
                ((room - text.width(character, size)) / 2, size * 0.92 - lift),
                character,
                size,
            )
            self._glyphs[character] = np.asarray(mask, np.uint8)
        total = 8 * wide + 3 * narrow
        self._clock_at = (self._left + self._room - total, self._label_y - round(size * 0.92))

    def __call__(self, frame: int, planes: Planes) -> None:
        """Blends the lower third into a frame."""
        luma = planes.luma[self._top :]
        cv2.multiply(luma, self._through, dst=luma, scale=1 / 255)
        cv2.add(luma, self._luma, dst=luma)
        for plane in (planes.blue, planes.red):
            part = plane[self._top // 2 :]
            cv2.multiply(part, self._half_through, dst=part, scale=1 / 255)
            cv2.add(part, self._half_chroma, dst=part)
        self._run_clock(frame, planes)
        self._run_bar(frame, planes)

    def _run_clock(self, frame: int, planes: Planes) -> None:
        digits = np.concatenate([self._glyphs[each] for each in timecode(frame)], axis=1)
        x, y = self._clock_at
        part = planes.luma[y : y + digits.shape[0], x : x + digits.shape[1]]
        cv2.multiply(part, cv2.bitwise_not(digits), dst=part, scale=1 / 255)
        cv2.add(part, cv2.convertScaleAbs(digits, alpha=_WHITE / 255), dst=part)

    def _run_bar(self, frame: int, planes: Planes) -> None:
        done = self._room * (frame + 1) / self._frames
        whole = int(done)
        bar = planes.luma[self._bar_y : self._bar_y + self._bar_high, self._left :]
        bar[:, :whole] = _WHITE
        if whole < self._room:
            # The part of a pixel that is done keeps the bar's end from jumping.
            share = done - whole
            bar[:, whole] = (bar[:, whole] * (1 - share) + _WHITE * share).astype(np.uint8)


def timecode(frame: int) -> str:
    """HH:MM:SS:FF of a frame number."""
    seconds, rest = divmod(frame, FRAMES_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{rest:02}"


def _fitted(words: str, size: int, room: float) -> str:
    lines = text.wrap(words, size, room, 1)
    return lines[0] if lines else ""


def _bytes(values: NDArray[np.float32]) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0, 255)).astype(np.uint8)
