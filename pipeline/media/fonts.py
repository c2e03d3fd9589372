"""The machine's fonts: where they are, and which of them has a character.

Nothing is opened before a character needs it: a Latin prompt opens one font of hundreds. Only
the lookup tables are read here (OpenType, `cmap`, formats 4 and 12, which hold all of Unicode
in every font that is worth having); Pillow draws.
"""

from __future__ import annotations

import struct
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

_SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
# What a title should be set in, best first, and what then fills the gaps.
_TEXT = ("inter-", "sfns", "helveticaneue", "segoeui", "roboto-", "notosans-", "opensans",
         "liberationsans-", "arial", "helvetica", "dejavusans", "nimbussans-",
         "freesans")  # fmt: skip
_WIDE = ("notosanscjk", "sourcehansans", "notosanssc", "notosansjp", "notosanskr", "pingfang",
         "hiragino", "yugoth", "meiryo", "msyh", "malgun", "applesdgothic", "droidsansfallback",
         "wqy", "simhei", "arialuni", "stheiti")  # fmt: skip
_SLANTED = ("italic", "oblique", "thin", "light", "black", "condensed", "narrow", "mono", "serif")


def folders() -> tuple[Path, ...]:
    """Where the systems keep their fonts."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path("C:/Windows/Fonts"), home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    )


@cache
def files() -> tuple[Path, ...]:
    """The machine's font files, the likeliest for a title first."""
    found = []
    for folder in folders():
        try:
            found += [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]
        except OSError:
            continue
    return tuple(sorted(found, key=lambda path: (*_rank(path, _TEXT), path.name, str(path))))


def _rank(path: Path, wanted: Sequence[str]) -> tuple[bool, int]:
    name = path.stem.lower().replace(" ", "")
    odd = any(word in name for word in _SLANTED) or "bold" in name
    place = next(
        (at for at, start in enumerate(wanted) if f"{name}-".startswith(start)), len(wanted)
    )
    return odd, place


@cache
def wide_files() -> tuple[Path, ...]:
    """The same files with those for Chinese, Japanese and Korean first."""
    order = {path: at for at, path in enumerate(files())}
    return tuple(sorted(order, key=lambda path: (*_rank(path, _WIDE), order[path])))


@cache
def file_for(character: str) -> Path | None:
    """The best file that has the character, if any has."""
    candidates = wide_files() if _is_wide(character) else files()
    return next((path for path in candidates if _has(path, ord(character))), None)


@cache
def bold_of(path: Path) -> Path:
    """The bold sister of a font, or itself."""
    stem = path.stem.removesuffix("-Regular")
    for other in files():
        if other.parent == path.parent and other.stem in {f"{stem}-Bold", f"{stem}bd", f"{stem}b"}:
            return other
    return path


def _is_wide(character: str) -> bool:
    return (
        "\u1100" <= character <= "\u11ff"
        or "\u2e80" <= character <= "\uffef"
        or character >= "\U0001f000"
    )


@cache
def face(path: Path | None, size: int) -> FreeTypeFont | BitmapFont:
    """A font at a size in pixels; without a file, the one that Pillow carries."""
    if path is not None:
        try:
            return ImageFont.truetype(str(path), size)
        except (OSError, ValueError):
            return face(None, size)
    return ImageFont.load_default(size)


def _has(path: Path, code: int) -> bool:
    table = _ranges(path)
    if table is None:
        return False
    starts, ends = table
    at = int(np.searchsorted(starts, code, side="right")) - 1
    return at >= 0 and code <= int(ends[at])


@cache
def _ranges(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The first and last characters of the ranges that a font has; None for a broken font."""
    # fontTools has no type information. Half the prompts of the world never need it.
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        # Pillow has to be able to draw with it too; colour bitmaps it can't scale.
        ImageFont.truetype(str(path), 20)
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return _read(font.reader["cmap"])
    except (OSError, TTLibError, KeyError, ValueError, struct.error, IndexError, AssertionError):
        return None


def _read(table: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    count = struct.unpack(">H", table[2:4])[0]
    ranges: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for record in range(count):
        platform, encoding, offset = struct.unpack(">HHL", table[4 + 8 * record : 12 + 8 * record])
        if platform == 0 or (platform == 3 and encoding in {1, 10}):
            ranges.append(_subtable(table[offset:]))
    starts, ends = max(ranges, key=lambda pair: int((pair[1] - pair[0] + 1).sum()))
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


def _subtable(table: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    none = np.zeros(0, np.int64)
    kind = struct.unpack(">H", table[:2])[0]
    if kind == 12:
        groups = struct.unpack(">L", table[12:16])[0]
        rows = np.frombuffer(table, ">u4", groups * 3, 16).reshape(-1, 3).astype(np.int64)
        return rows[:, 0], rows[:, 1]
    if kind == 4:
        half = struct.unpack(">H", table[6:8])[0] // 2
        ends = np.frombuffer(table, ">u2", half, 14).astype(np.int64)
        starts = np.frombuffer(table, ">u2", half, 16 + 2 * half).astype(np.int64)
        return starts[ends != 0xFFFF], ends[ends != 0xFFFF]
    return none, none
