"""Which rectangles of a painted layer have something in them, so that the rest is never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pipeline.studio.animatic.layer import Pixels

    Span = tuple[int, int]
    Band = tuple[int, int, list[Span]]

_BAND_ROWS = 24
_CALL_PIXELS = 14_000
"""What drawing one more cell costs beside its area, in pixels that could be drawn instead."""


def cells_of(coverage: Pixels) -> list[tuple[int, int, int, int, bool]]:
    """Left, top, right, bottom in canvas pixels, and whether the cell is solid; top to bottom.

    Bands follow on one another without a gap wherever both have something; cells of one band
    are apart from each other. Only the last cell can be solid.
    """
    height, width = coverage.shape
    solid = _solid_from(coverage)
    if height - solid < _BAND_ROWS:
        solid = height
    bands = _merged(_bands(coverage, solid))
    cells = [
        (left, top, right, bottom, False) for top, bottom, spans in bands for left, right in spans
    ]
    return [*cells, (0, solid, width, height, True)] if solid < height else cells


def _solid_from(coverage: Pixels) -> int:
    """The first row from which on all is covered down to where nobody looks."""
    full = cv2.reduce(coverage, 1, cv2.REDUCE_MIN).ravel() >= 254
    gaps = np.flatnonzero(~full)
    # Two rows later, so that a row mixed with the one above is still all covered; solid cells
    # begin at whole pixels, and the edge above them has to move by parts of one.
    return int(gaps[-1]) + 3 if gaps.size else 2


def _bands(coverage: Pixels, end: int) -> list[Band]:
    bands = []
    for top in range(0, end, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, end)
        # One row of the neighbours too: half-covered edge pixels reach into the next band.
        used = cv2.reduce(coverage[max(top - 1, 0) : bottom + 1], 0, cv2.REDUCE_MAX).ravel()
        bands.append((top, bottom, _spans(np.flatnonzero(used), coverage.shape[1])))
    return bands


def _spans(used: np.ndarray, width: int) -> list[Span]:
    """The column ranges in use, with wide gaps between them and a clear column around."""
    if not used.size:
        return []
    breaks = np.flatnonzero(np.diff(used) > max(width // 16, 24))
    starts = [int(used[0]), *(int(used[k + 1]) for k in breaks)]
    ends = [*(int(used[k]) for k in breaks), int(used[-1])]
    return [
        (max(start - 2, 0), min(end + 3, width)) for start, end in zip(starts, ends, strict=True)
    ]


def _merged(bands: list[Band]) -> list[Band]:
    """Joins neighbouring bands where one larger cell costs no more than two."""
    made: list[Band] = []
    for top, bottom, spans in bands:
        if made and spans and made[-1][2]:
            above, _, others = made[-1]
            union = _union(spans + others)
            apart = (made[-1][1] - above) * _total(others) + (bottom - top) * _total(spans)
            calls = _CALL_PIXELS * (len(others) + len(spans) - len(union))
            if (bottom - above) * _total(union) <= apart + calls:
                made[-1] = (above, bottom, union)
                continue
        made.append((top, bottom, spans))
    return made


def _union(spans: list[Span]) -> list[Span]:
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1] + 8:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def _total(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)
