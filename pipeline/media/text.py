"""Text of any script: cleaned, broken into lines, drawn with whatever fonts there are."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

from pipeline.media.fonts import bold_of, face, file_for

if TYPE_CHECKING:
    from pathlib import Path

_ELLIPSIS = "…"
# Characters that must not begin a line (JIS X 4051, the common part).
_NOT_FIRST = frozenset(
    "、。，．・：；！？」』）】〉》〕…ー々,.!?;:)]}％ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_READ_CHARACTERS = 1200


class Run(NamedTuple):
    """Neighbouring characters that one font draws; no path means that no font has them."""

    text: str
    path: Path | None
    known: bool


def clean(text: str) -> str:
    """One line of drawable characters: no controls, no invisible joiners, single spaces."""
    kept = []
    for character in unicodedata.normalize("NFC", text[:_READ_CHARACTERS]):
        kind = unicodedata.category(character)
        if kind in {"Cc", "Zs", "Zl", "Zp"}:
            kept.append(" ")
        elif kind == "Cs":
            kept.append("\ufffd")
        elif kind not in {"Cf", "Co", "Cn"} and not "\ufe00" <= character <= "\ufe0f":
            kept.append(character)
    return re.sub(" +", " ", "".join(kept)).strip()


def runs(text: str, *, bold: bool = False) -> list[Run]:
    """Splits clean text by the font that has each character."""
    made: list[Run] = []
    for character in text:
        path = file_for(character)
        # Pillow's own font has Latin letters and little else.
        known = path is not None or " " <= character <= "\u024f"
        if made and (character == " " or unicodedata.combining(character)):
            # Accents and spaces stay with what they follow.
            path, known = made[-1].path, made[-1].known
        if path is not None and bold:
            path = bold_of(path)
        if made and (made[-1].path, made[-1].known) == (path, known):
            made[-1] = Run(made[-1].text + character, path, known)
        else:
            made.append(Run(character, path, known))
    return made


def width(text: str, size: int, *, bold: bool = False) -> float:
    """How wide clean text is, in pixels."""
    return sum(_run_width(run, size) for run in runs(text, bold=bold))


def _run_width(run: Run, size: int) -> float:
    if not run.known:
        return sum(0.3 if each == " " else 0.72 for each in run.text) * size
    return float(face(run.path, size).getlength(run.text))


def draw(
    canvas: Image.Image, at: tuple[float, float], text: str, size: int, *, bold: bool = False
) -> float:
    """Draws clean text into a mask; `at` is its left end on the baseline. Returns its right end."""
    pen = ImageDraw.Draw(canvas)
    x, y = at
    for run in runs(text, bold=bold):
        if run.known:
            pen.text((x, y), run.text, fill=255, font=face(run.path, size), anchor="ls")
            x += _run_width(run, size)
        else:
            x = _boxes(pen, (x, y), run.text, size)
    return x


def _boxes(pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int) -> float:
    """A neat empty box for each character that no font has."""
    x, y = at
    for character in text:
        if character == " ":
            x += 0.3 * size
            continue
        frame = (x + 0.08 * size, y - 0.70 * size, x + 0.62 * size, y)
        pen.rounded_rectangle(frame, radius=0.1 * size, outline=170, width=max(1, round(size / 18)))
        x += 0.72 * size
    return x


def wrap(text: str, size: int, room: float, lines: int, *, bold: bool = False) -> list[str]:
    """Breaks clean text into at most `lines` lines; what does not fit ends in an ellipsis."""
    made: list[str] = []
    line = ""
    for piece in _pieces(text):
        if width(line + piece.rstrip(), size, bold=bold) <= room or not line:
            line += piece
        else:
            made.append(line)
            line = piece.lstrip()
        if width(line.rstrip(), size, bold=bold) > room:
            made += _chopped(line, size, room, bold=bold)
            line = made.pop()
        if len(made) >= lines:
            break
    made.append(line)
    made = [each.strip() for each in made if each.strip()]
    if len(made) <= lines:
        return made
    return [*made[: lines - 1], _shortened(made[lines - 1], size, room, bold=bold)]


def _pieces(text: str) -> list[str]:
    """Where a line may break: after a space, and around characters of scripts without spaces."""
    pieces: list[str] = []
    for character in text:
        joins = (
            bool(pieces)
            and not pieces[-1].endswith(" ")
            and not (_breaks(character) or _breaks(pieces[-1][-1]))
        )
        if pieces and (joins or character == " " or character in _NOT_FIRST):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _breaks(character: str) -> bool:
    return (
        "\u2e80" <= character <= "\ua4cf"
        or "\uf900" <= character <= "\uffef"
        or "\U00020000" <= character <= "\U0003ffff"
        or "\u0e00" <= character <= "\u0eff"
    )


def _chopped(text: str, size: int, room: float, *, bold: bool) -> list[str]:
    """A word that is longer than a line, cut where the line ends."""
    made, line = [], ""
    for character in text:
        if line and width(line + character, size, bold=bold) > room:
            made.append(line)
            line = ""
        line += character
        if len(made) > 4:
            break
    return [*made, line]


def _shortened(line: str, size: int, room: float, *, bold: bool) -> str:
    while line and width(line + _ELLIPSIS, size, bold=bold) > room:
        line = line[:-1]
    return line.rstrip(" ,.;:、。，") + _ELLIPSIS
