"""Cadence and retry: pure policy."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storyboard.catalog import CadenceWindow, Model, load_catalog
from pipeline.tasks_api.cadence import AFTERWARDS_SECONDS, moments, upcoming
from pipeline.tasks_api.retry import RATE_LIMIT_WAIT_MAX_SECONDS, fault_wait, throttle_wait

NOW = 1_700_000_000.0


@pytest.mark.parametrize("model", load_catalog().values(), ids=lambda model: model.name)
def test_moments_follow_every_published_cadence(model: Model) -> None:
    """In each window queries are `every` apart, and every 5 s after the last one."""
    windows = model.cadence
    found = list(islice(moments(windows), 400))
    for before, after in pairwise(found):
        window = next(
            (w for w in windows if w.until_seconds is None or after <= w.until_seconds), None
        )
        expected = window.every_seconds if window else AFTERWARDS_SECONDS
        assert after - before == pytest.approx(expected)


def test_moments_do_not_drift() -> None:
    """The millionth query is due at exactly its multiple."""
    due = moments((CadenceWindow(0.1, None),))
    assert next(islice(due, 999_999, None)) == pytest.approx(100_000.0, abs=1e-6)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_a_slow_answer_skips_and_never_shifts(pauses: list[float]) -> None:
    """Whatever the answers take, every query is sent at a published moment, in order."""
    windows = (CadenceWindow(1, 30), CadenceWindow(2, 60))
    published = set(islice(moments(windows), 2000))
    due, elapsed = moments(windows), 0.0
    for pause in pauses:
        moment = upcoming(due, elapsed)
        assert moment >= elapsed
        assert moment in published
        elapsed = moment + pause


def test_faults_wait_1_2_4_8_and_give_up() -> None:
    """The waits of the error table."""
    assert [fault_wait(failures) for failures in range(1, 6)] == [1, 2, 4, 8, None]


@pytest.mark.parametrize(
    ("reset", "wait"),
    [
        (str(NOW + 42), 42),
        (str(NOW + 10 * 365 * 86400), RATE_LIMIT_WAIT_MAX_SECONDS),
        (str(NOW - 5), 2),
        ("0", 2),
        ("-1", 2),
        ("NaN", 2),
        ("inf", 2),
        ("soon", 2),
        (None, 2),
    ],
)
def test_a_429_waits_for_its_reset(reset: str | None, wait: float) -> None:
    """Until `X-RateLimit-Reset`, 300 s at most; what is no time to come waits 1–3 s."""
    headers = {} if reset is None else {"x-ratelimit-reset": reset}
    assert throttle_wait("rate_limit_exceeded", headers, NOW, 0.5) == pytest.approx(wait)


@given(st.floats(0, 1, exclude_max=True))
def test_too_many_in_flight_waits_1_to_3_seconds(jitter: float) -> None:
    """`concurrency_limit` has its own wait, whatever the headers say."""
    wait = throttle_wait("concurrency_limit", {"x-ratelimit-reset": str(NOW + 99)}, NOW, jitter)
    assert 1 <= wait < 3 or wait == pytest.approx(3)
