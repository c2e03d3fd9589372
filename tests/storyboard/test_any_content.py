"""Whatever a storyboard says, the answer is boards or violations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.media.stills import inspect
from pipeline.storyboard.resolve import load_storyboards

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.storyboard.catalog import Catalog

KEYS = [
    *("id", "model", "prompt", "duration", "aspect", "resolution", "seed", "init_image"),
    *("style_preset", "motion_intensity", "title", "defaults", "passes", "shots", "final", "<<"),
]
LIKELY = [
    *("pour", "CON", "veo-3.1", "seedance-fast", "16:9", "1080p", "720p", "anime", "low", "a.png"),
    *("https://[x", "https://a:99999999/b", "file://x", "\0", "\ud7ff", "", " ", "..", "x" * 300),
    *(0, 4, 9, -1, 2.5, 4.0, 1e400, 10**39, True, None),
]
VALUES = st.sampled_from(LIKELY) | st.text(max_size=5) | st.integers() | st.floats()
ANY = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)
SHOT = st.dictionaries(st.sampled_from(KEYS), ANY, max_size=6)
BOARD = st.fixed_dictionaries(
    {},
    optional={
        "model": ANY,
        "title": ANY,
        "defaults": SHOT | ANY,
        "passes": st.dictionaries(st.sampled_from(["final", "Draft", "a b"]), SHOT | ANY) | ANY,
        "shots": st.lists(SHOT | ANY, max_size=3) | ANY,
        "other": ANY,
    },
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(board=BOARD)
def test_any_content_gives_boards_or_violations(
    board: dict[str, Any], tmp_path: Path, catalog: Catalog
) -> None:
    """No content raises; every violation has a place in the file and one printable line."""
    spec = tmp_path / "a.yaml"
    text = json.dumps(board).replace("NaN", ".nan").replace("Infinity", ".inf")
    spec.write_text(text, encoding="utf-8")
    loaded = load_storyboards([spec], catalog, "final", inspect)
    assert bool(loaded.violations) or bool(loaded.boards) or bool(loaded.without_pass)
    for violation in loaded.violations:
        assert violation.line >= 1
        assert violation.column >= 1
        assert violation.message.isprintable()
