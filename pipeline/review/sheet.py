"""The contact sheet: one PNG with a picture of every shot and what it is called, for a pull request
or a wall.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

from pipeline.figures import clock_text, count_text
from pipeline.media import text
from pipeline.review.film import Standing
from pipeline.review.totals import totals

if TYPE_CHECKING:
    from pipeline.review.film import Film, ShownShot
    from pipeline.review.posters import Posters

_PAPER: Final = (19, 19, 21)
_FRAME: Final = (36, 36, 40)
_INK: Final = (235, 233, 228)
_DIM: Final = (167, 163, 155)
_COLOURS: Final = {
    Standing.CURRENT: _DIM,
    Standing.FAILED: (255, 147, 132),
    Standing.BLOCKED: (255, 147, 132),
    Standing.PENDING: (143, 189, 242),
}
_WARNING: Final = (239, 192, 95)
_WIDTHS: Final = ((12, 4, 420), (60, 6, 320), (240, 8, 250), (10**9, 12, 190))
"""Up to so many shots, so many columns of so many pixels: a thousand still make one picture."""

_MARGIN: Final = 28
_GAP: Final = 14


@dataclass(frozen=True, slots=True)
class _Grid:
    """In pixels: `width` and height (`picture`) of a tile's picture, and sizes of letters."""

    columns: int
    width: int
    picture: int
    small: int
    large: int

    @property
    def tile(self) -> int:
        """The height of a tile with its words and the gap below."""
        return self.picture + self.small * 3 + self.small + _GAP

    @property
    def head(self) -> int:
        """How far down the tiles begin."""
        return _MARGIN + self.large + self.small * 2 + _GAP * 2


def sheet_png(film: Film, posters: Posters) -> bytes:
    """A film on one sheet, as PNG: a tile a shot, in cutting order, with the take that stands for
    it, or why there is none.
    """
    sheet = _Sheet(film, posters)
    sheet.head()
    begin = 0
    for place, shot in enumerate(film.shots):
        sheet.tile(place, shot, begin)
        begin += shot.request.duration
    buffer = io.BytesIO()
    sheet.canvas.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


class _Sheet:
    """What is drawn on; places are pixels from the left and from the top."""

    def __init__(self, film: Film, posters: Posters) -> None:
        self._film = film
        self._posters = posters
        self._grid = grid = _grid(film)
        rows = -(-len(film.shots) // grid.columns)
        wide = 2 * _MARGIN + grid.columns * (grid.width + _GAP) - _GAP
        high = grid.head + rows * grid.tile + _MARGIN - _GAP
        self.canvas = Image.new("RGB", (wide, high), _PAPER)

    def head(self) -> None:
        """The film's title, and what it comes to."""
        board, sums, grid = self._film.board, totals(self._film), self._grid
        room = self.canvas.width - 2 * _MARGIN
        title = "".join(text.wrap(text.clean(board.title), grid.large, room, 1, bold=True))
        below = _MARGIN + grid.large
        self._write((_MARGIN, below), title, grid.large, _INK, bold=True)
        said = [
            f"{board.name}, pass {board.pass_name}",
            count_text(sums.shots, "shot"),
            clock_text(sums.seconds),
            f"{sums.clips} of {count_text(sums.takes, 'take')} rendered",
        ]
        line = "".join(text.wrap(text.clean(" · ".join(said)), grid.small, room, 1))
        self._write((_MARGIN, below + grid.small * 2), line, grid.small, _DIM)

    def tile(self, place: int, shot: ShownShot, begin: int) -> None:
        """A shot that begins at so many seconds."""
        grid = self._grid
        row, column = divmod(place, grid.columns)
        x, y = _MARGIN + column * (grid.width + _GAP), grid.head + row * grid.tile
        frame = (x, y, x + grid.width - 1, y + grid.picture - 1)
        ImageDraw.Draw(self.canvas).rounded_rectangle(frame, radius=6, fill=_FRAME)
        chosen = shot.chosen
        poster = self._posters.paths.get(chosen.key) if chosen else None
        if poster is not None:
            self._picture((x, y), poster)
        else:
            self._reason((x, y), shot)
        below = y + grid.picture + round(grid.small * 1.6)
        name = "".join(text.wrap(_name(shot), grid.small, grid.width, 1, bold=True))
        self._write((x, below), name, grid.small, _INK, bold=True)
        line, colour = f"{clock_text(begin)} · {shot.request.duration} s", _DIM
        if chosen is not None and chosen.standing is not Standing.CURRENT:
            line += f" · {chosen.standing}"
            colour = _COLOURS.get(chosen.standing, _WARNING)
        self._write((x, below + round(grid.small * 1.4)), line, grid.small, colour)

    def _picture(self, at: tuple[int, int], poster: str) -> None:
        grid = self._grid
        with Image.open(self._film.folder / poster) as image:
            image.thumbnail((grid.width, grid.picture), Image.Resampling.LANCZOS)
            left = at[0] + (grid.width - image.width) // 2
            top = at[1] + (grid.picture - image.height) // 2
            self.canvas.paste(image, (left, top))

    def _reason(self, at: tuple[int, int], shot: ShownShot) -> None:
        small, room = self._grid.small, self._grid.width - 2 * _GAP
        lines = text.wrap(text.clean(shot.missing or "no picture"), small, room, 4)
        top = at[1] + (self._grid.picture - round(len(lines) * small * 1.4)) // 2
        for number, line in enumerate(lines, 1):
            indent = max(round((room - text.width(line, small)) / 2), 0)
            y = top + round(number * small * 1.4) - small // 4
            self._write((at[0] + _GAP + indent, y), line, small, _DIM)

    def _write(
        self,
        at: tuple[int, int],
        words: str,
        size: int,
        colour: tuple[int, int, int],
        *,
        bold: bool = False,
    ) -> None:
        """Words with their left end on the baseline at `at`."""
        mask = Image.new("L", (round(text.width(words, size, bold=bold)) + size, size * 2), 0)
        baseline = round(size * 1.4)
        text.draw(mask, (0, baseline), words, size, bold=bold)
        self.canvas.paste(colour, (at[0], at[1] - baseline), mask)


def _grid(film: Film) -> _Grid:
    """Tiles are as most shots are: upright ones are narrower, and more of them stand in a row."""
    shots = len(film.shots)
    columns, width = next((c, w) for most, c, w in _WIDTHS if shots <= most)
    small = max(width // 24, 11)
    aspects = Counter(shot.request.aspect for shot in film.shots)
    aspect = aspects.most_common(1)[0][0] if aspects else "16:9"
    across, _colon, down = aspect.partition(":")
    if int(across) < int(down):
        columns, width = columns * 3 // 2, width * 2 // 3
    picture = width * int(down) // int(across)
    return _Grid(max(min(columns, shots), 2), width, picture, small, small * 2)


def _name(shot: ShownShot) -> str:
    name, chosen = f"{shot.number}  {shot.shot}", shot.chosen
    if chosen is not None and len(shot.takes) > 1:
        name += f" · take {chosen.told.take.number}{'' if shot.picked else ' (none picked)'}"
    return name.replace(" ", "\u00a0")  # too long, it is cut at its end and not at a space
