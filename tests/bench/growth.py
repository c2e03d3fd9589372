"""How time, memory and the manifest grow with the board, as rows and as a picture."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.rendering.layout import Layout
from tests.bench.boards import BOARD, PASS
from tests.bench.measure import Row, figure
from tests.bench.peaks import Peak, peak_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.lab import Lab

_MB = 1_000_000


@dataclass(frozen=True)
class Size:
    """What a board of so many takes comes to."""

    takes: int
    plan: Peak
    noop: Peak
    manifest_bytes: int


def rows(lab: Lab) -> list[Row]:
    """Three sizes, ten times as large each."""
    sizes = (lab.size(1000, 20), lab.size(10_000, 200), lab.size(100_000, 2000))
    grown = [_measured(lab, takes) for takes in sizes]
    _draw(grown, lab.picture)
    takes = " / ".join(f"{size.takes:,}" for size in grown)
    return [
        Row(f"plan of {takes} new takes", _peaks([size.plan for size in grown])),
        Row(f"run with nothing to do, {takes} takes", _peaks([size.noop for size in grown])),
        Row(
            f"results.json of {takes} takes",
            _joined([size.manifest_bytes / _MB for size in grown], "MB"),
        ),
    ]


def _peaks(peaks: Sequence[Peak]) -> str:
    seconds = _joined([peak.seconds for peak in peaks], "s")
    return f"{seconds}; {_joined([peak.bytes / _MB for peak in peaks], 'MB')}"


def _joined(values: Sequence[float], unit: str) -> str:
    return f"{' / '.join(map(figure, values))} {unit}"


def _measured(lab: Lab, takes: int) -> Size:
    new, rendered = lab.unrendered(takes), lab.rendered(takes)
    plans, runs = [], []
    for _run in range(lab.runs(3) + 1):
        plans.append(peak_of(["plan", "--pass", PASS], new))
        runs.append(peak_of(["run", "--pass", PASS], rendered))
    manifest = Layout(rendered / "outputs", BOARD, PASS).results_path
    return Size(takes, _median(plans[1:]), _median(runs[1:]), manifest.stat().st_size)


def _median(peaks: Sequence[Peak]) -> Peak:
    return Peak(
        int(statistics.median(peak.bytes for peak in peaks)),
        statistics.median(peak.seconds for peak in peaks),
    )


def _draw(grown: Sequence[Size], path: Path) -> None:
    """Four small panels, both axes logarithmic: a straight line at 45° is linear growth."""
    import matplotlib as mpl  # noqa: PLC0415 (other benchmarks do without it)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    takes = [size.takes for size in grown]
    panels: list[tuple[str, list[float]]] = [
        ("plan, all new: s", [size.plan.seconds for size in grown]),
        ("run, nothing to do: s", [size.noop.seconds for size in grown]),
        ("results.json: MB", [size.manifest_bytes / _MB for size in grown]),
    ]
    figure_, axes = plt.subplots(2, 2, figsize=(8, 5.6), layout="constrained")
    for axis, (title, values) in zip((axes[0][0], axes[0][1], axes[1][1]), panels, strict=True):
        _panel(axis, title, takes, {"": values})
    both = {
        "plan": [size.plan.bytes / _MB for size in grown],
        "run": [size.noop.bytes / _MB for size in grown],
    }
    _panel(axes[1][0], "peak memory: MB", takes, both)
    figure_.savefig(path, dpi=110)
    plt.close(figure_)


def _panel(axis: Any, title: str, takes: list[int], lines: dict[str, list[float]]) -> None:
    for index, (label, values) in enumerate(lines.items()):
        above = 7 if index == 0 else -14
        axis.plot(takes, values, marker="o", label=label)
        for count, value in zip(takes, values, strict=True):
            place = {"textcoords": "offset points", "xytext": (0, above), "ha": "center"}
            axis.annotate(figure(value), (count, value), fontsize=8, **place)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.margins(0.15, 0.2)
    axis.set_title(title, fontsize=10)
    axis.set_xlabel("takes", fontsize=8)
    axis.grid(visible=True, which="major", linewidth=0.4)
    if len(lines) > 1:
        axis.legend(fontsize=8)
