"""Faults that need a connection to break, over a real one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pipeline.cli.faults import read_faults
from tests.support.served import KEY, served

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDER = {"model": "veo-3.1-fast", "prompt": "a bowl", "duration_seconds": 4, "out_task_id": "a.1"}
SUBMIT, QUERY = "/v1/tasks/submit", "/v1/tasks/query"


@pytest.fixture
def silent(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The server has nothing to complain of: whatever is broken, it is broken on purpose."""
    yield
    records = caplog.get_records("call")
    assert not [record.message for record in records if record.name.startswith("uvicorn")]


def bad_day(*rules: str) -> Any:
    text = "faults:\n" + "".join(f"  - {rule}\n" for rule in rules)
    plan = read_faults(text.encode(), "faults.yaml")
    return served(wrap=lambda app: plan.before(app, time.time))


def client(base: str) -> httpx.Client:
    return httpx.Client(base_url=base, headers={"x-api-key": KEY}, trust_env=False)


def completed(http: httpx.Client) -> dict[str, Any]:
    """The task, polled until it has ended; its clip is drawn in a moment."""
    while True:
        task: dict[str, Any] = http.post(QUERY, json={"out_task_id": "a.1"}).json()
        if task["status"] not in {"queued", "running"}:
            return task


@pytest.mark.usefixtures("silent")
def test_a_lost_and_a_reset_submit() -> None:
    """Both look the same from outside; the task of the one is there, of the other isn't."""
    with (
        bad_day("{on: submit, times: 1, do: reset}", "{on: submit, times: 1, do: lost}") as base,
        client(base) as http,
    ):
        for found in (404, 200):
            with pytest.raises(httpx.ReadError):
                http.post(SUBMIT, json=ORDER)
            assert http.post(QUERY, json={"out_task_id": "a.1"}).status_code == found
        assert http.post(SUBMIT, json=ORDER).status_code == 200
        completed(http)
        assert len(http.get("/studio/ledger").json()["charges"]) == 1


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("fraction", [0, 0.5])
def test_a_cut_download(fraction: float) -> None:
    """The part arrives in full, under the whole's length, before the connection is reset."""
    rule = f"{{on: clip, times: 1, do: {{truncated: {fraction}}}}}"
    with bad_day(rule) as base, client(base) as http:
        http.post(SUBMIT, json=ORDER)
        url = completed(http)["result"]["video_url"]
        got = bytearray()
        with http.stream("GET", url) as answer:
            length = int(answer.headers["content-length"])
            with pytest.raises(httpx.TransportError):
                drain(answer, got)
        assert len(got) == int(length * fraction)
        whole = http.get(url).content
        assert len(whole) == length
        assert whole.startswith(got)


def drain(answer: httpx.Response, into: bytearray) -> None:
    """Receive as much as comes."""
    for chunk in answer.iter_raw():
        into += chunk


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "fault",
    [
        "{http: 300}",
        "{http: 451}",
        "{http: 599, headers: {X-Odd: '', x-two: 'a, b'}}",
        "{html: 206}",
        "{redirect: '//elsewhere.example'}",
        "{slow_body: 0.001}",
        "{malformed: garbled}",
        "{content_type: text/plain}",
        "gzip",
        "{unknown_status: '\\u00e9t\\u00e9'}",
    ],
)
def test_other_answers_are_whole_and_the_connection_lives(fault: str) -> None:
    """What is odd about an answer is not its framing: the next request uses the same connection."""
    with bad_day(f"{{on: submit, times: 1, do: {fault}}}") as base, client(base) as http:
        odd = http.post(SUBMIT, json=ORDER)
        assert odd.is_closed
        port = odd.extensions["network_stream"].get_extra_info("client_addr")
        again = http.post(SUBMIT, json=ORDER)
        assert again.status_code == 200
        assert again.extensions["network_stream"].get_extra_info("client_addr") == port
