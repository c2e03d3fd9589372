"""Every fault at every endpoint, over real sockets: nothing is lost, nothing is paid for twice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import trio.testing

from pipeline.errors import CredentialsError
from pipeline.rendering.cancelling import cancel_open
from pipeline.rendering.records import Status
from pipeline.rendering.work import Terms
from pipeline.studio import faults
from pipeline.studio.faults import Rule, possible
from tests.support.sockets import KEY, Client, Served, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.studio.faults import Endpoint, Fault

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Real sockets need real time; the client's is made to pass forty times as fast."""
    return "trio", {"clock": trio.testing.MockClock(rate=40)}


FAULTS: dict[str, Fault] = {
    "400": faults.Http(400, "invalid_param"),
    "401": faults.Http(401, "invalid_api_key"),
    "402": faults.Http(402, "insufficient_balance"),
    "403 key": faults.Http(403, "permission_denied"),
    "403 model": faults.Http(403, "model_not_in_group"),
    "404": faults.Http(404, "not_found"),
    "404 task": faults.Http(404, "task_not_found"),
    "409": faults.Http(409, "duplicate_out_task_id"),
    "413": faults.Http(413, "request_entity_too_large"),
    "429 bucket": faults.Http(429, "rate_limit_exceeded", reset_in_seconds=0.5),
    "429 crowd": faults.Http(429, "concurrency_limit"),
    "451": faults.Http(451, "content_policy_violation"),
    "500": faults.Http(500, "internal_error"),
    "502": faults.Http(502, "api_error"),
    "503": faults.Http(503, "api_error"),
    "504": faults.Http(504, "timeout"),
    "lost": faults.Lost(),
    "reset": faults.Reset(),
    "slow headers": faults.SlowHeaders(1.2),
    "slow body": faults.SlowBody(0.5),
    "truncated": faults.Truncated(0.5),
    "malformed": faults.Malformed(),
    "html": faults.Html(),
    "html 502": faults.Html(502),
    "content type": faults.ContentType("text/html"),
    "expired url": faults.ExpiredUrl(),
    "redirect": faults.Redirect("https://elsewhere.example/clip.mp4"),
    "redirect inside": faults.Redirect("http://127.0.0.1:1/clip.mp4"),
    "stuck": faults.Stuck(),
    "backwards": faults.Backwards(),
    "unknown status": faults.UnknownStatus("reticulating"),
    "blocked": faults.Blocked(),
    "failed": faults.Failed("upstream_error"),
    "blocked task": faults.Failed("content_policy_violation"),
    "gzip": faults.Gzip(),
    "other task": faults.OtherTask(),
}
WITHOUT_A_CLIP = {"451", "blocked", "blocked task"}
"""The prompt is blocked: that is no accident that passes, and no later run tries it again."""


def client_at(studio: Served, root: Path) -> Client:
    return Client(root, studio, exchanges=[], notices=[])


@pytest.mark.parametrize("endpoint", ["submit", "query", "clip"])
@pytest.mark.parametrize("name", FAULTS)
async def test_a_run_gets_over_every_fault(name: str, endpoint: Endpoint, tmp_path: Path) -> None:
    """Hit twice, a run ends in good order, and it or the next one brings every clip home, each
    charged once; the shot that wasn't hit is never worse off for it.
    """
    fault = FAULTS[name]
    if endpoint not in possible(fault):
        return
    # The first request of a run is to find the API there: it is let through.
    rule = Rule(fault, frozenset({endpoint}), shot="b", times=2)
    with faulty([rule]) as studio:
        client = client_at(studio, tmp_path)
        client.film("a bowl", "a cup")
        runs, complete = 0, False
        while not complete and runs < 4:
            runs += 1
            try:
                complete = (await client.run(Terms(timeout_seconds=30))).summary.complete
            except CredentialsError:
                assert name in {"401", "403 key"}
        assert studio.faults.fired[0] > 0
        blocked = name in WITHOUT_A_CLIP and endpoint == "submit"
        assert complete is not blocked
        with client.opened() as planned:
            statuses = {key: record.status for key, record in planned.board.book.records.items()}
            for record in planned.board.book.records.values():
                if record.status is Status.COMPLETED:
                    assert record.clip is not None
                    assert planned.board.folder.sha256(record.clip.path) == record.clip.sha256
        assert statuses["a"] is Status.COMPLETED
        assert statuses["b"] is (Status.BLOCKED if blocked else Status.COMPLETED)
        assert set(studio.charges.values()) == {1}
        assert len(studio.charges) == 2 - blocked
        leftovers = [path.name for path in client.outputs.rglob("*.part")]
        assert not leftovers


@pytest.mark.parametrize("name", FAULTS)
async def test_a_cancel_gets_over_every_fault(name: str, tmp_path: Path) -> None:
    """Hit once, a cancel ends in good order, and it or the next one ends every task, unbilled."""
    fault = FAULTS[name]
    if "cancel" not in possible(fault):
        return
    rule = Rule(fault, frozenset({"cancel"}), shot="b", times=1)
    with faulty([rule], latency_seconds=lambda _job: 3600.0) as studio:
        client = client_at(studio, tmp_path)
        client.film("a bowl", "a cup")
        await client.run(Terms(timeout_seconds=2))
        assert studio.studio.tasks.statuses()["running"] == 2
        for _ in range(3):
            with client.opened() as planned:
                async with client.gateway() as gateway:
                    try:
                        async for _one in cancel_open(
                            planned.board, gateway.client, studio.address, client.now()
                        ):
                            pass
                    except CredentialsError:
                        assert name in {"401", "403 key"}
        assert studio.faults.fired == (1,)
        with client.opened() as planned:
            statuses = {record.status for record in planned.board.book.records.values()}
        assert statuses == {Status.CANCELLED}
        assert studio.studio.tasks.statuses()["cancelled"] == 2
        assert not studio.charges


async def test_no_log_holds_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With all logging turned on, httpx's included, neither key nor signature is in a line."""
    caplog.set_level(logging.DEBUG)
    with faulty() as studio:
        client = client_at(studio, tmp_path)
        client.film("a bowl")
        assert (await client.run()).summary.complete
        shown = caplog.text + repr(client.exchanges) + repr(client.notices)
        assert "signature" not in shown
        assert KEY not in shown
        assert any("/studio/clips/" in one.target for one in client.exchanges)
