"""The key and signed addresses go to their host and nowhere else."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest

from pipeline.errors import CredentialsError
from pipeline.rendering.notices import Kind
from tests.support.world import KEY, Send, World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

SIGNED = "https://cdn.gateway.test/clip.mp4?expires=1&signature=0123abc"
SECRETS = (KEY, "signature=", "0123abc")


def telltale(document: dict[str, object]) -> dict[str, object]:
    """An answer that repeats what it should not, in every text that we show or keep."""
    said = f"no: {KEY} at {SIGNED}"
    return document | {"error_code": said, "error_message": said}


def written(world: World) -> Iterator[str]:
    """Everything that a run has left, told or logged."""
    for path in world.outputs.rglob("*"):
        if path.is_file() and path.suffix != ".mp4":
            yield path.read_text("utf-8")
    yield repr(world.notices)
    yield repr(world.exchanges)
    yield repr(world.report)


async def test_a_server_that_repeats_secrets_is_not_quoted(world: World) -> None:
    """Echoed in statuses, codes and messages, no secret reaches journal, manifest or notices."""
    journals: list[str] = []

    async def echo(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if world.folder().journal_path.exists():
            journals.append(world.folder().journal_path.read_text("utf-8"))
        if request.url.path == "/v1/tasks/submit" and b"bowl" in request.content:
            said = {"error": {"code": f"no_{KEY}", "message": f"{KEY} {SIGNED}"}}
            return httpx.Response(400, json=said)
        if request.url.path != "/v1/tasks/query":
            return answer
        await answer.aread()
        document = json.loads(answer.content)
        if document["status"] == "running":
            document["status"] = f"running for {KEY}"
        return httpx.Response(200, json=telltale(document))

    world.wire.meddle = echo
    await world.run(world.film("a bowl", "a cup that FAILS", "a plate"))
    kinds = {name: world.kinds(name)[-1] for name in "abc"}
    assert kinds == {"a": Kind.FAILED, "b": Kind.FAILED, "c": Kind.RENDERED}
    assert any("[key]" in text for text in written(world))
    for text in [*written(world), *journals]:
        assert not [secret for secret in SECRETS if secret in text]


async def test_errors_and_reprs_hold_no_secret(world: World) -> None:
    """Tracebacks with all their causes, and the repr of what holds secrets, show none."""

    async def refuse(_request: httpx.Request, _send: Send) -> httpx.Response:
        said = {"error": {"code": "invalid_api_key", "message": f"{KEY} {SIGNED}"}}
        return httpx.Response(401, json=said)

    world.wire.meddle = refuse
    with pytest.raises(CredentialsError) as caught:
        await world.run(world.film("a bowl"))
    shown = ["".join(traceback.format_exception(caught.value)), repr(caught.value)]
    async with world.gateway() as gateway:
        shown += [repr(gateway), repr(gateway.client), repr(vars(gateway.client)["_transport"])]
    for text in shown:
        assert not [secret for secret in SECRETS if secret in text]


async def test_the_key_goes_to_the_gateways_api_alone(world: World) -> None:
    """Every request to the API carries the key; no download does, nor any cookie."""

    async def baked(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        answer.headers["set-cookie"] = "session=1"
        return answer

    world.wire.meddle = baked
    await world.run(world.film("a bowl", "a cup"))
    for (_method, path), headers in zip(world.wire.requests, world.wire.headers, strict=True):
        if path.startswith("/v1/"):
            assert headers["x-api-key"] == KEY
        else:
            assert KEY not in repr(headers.raw)
            assert "cookie" not in headers


async def test_every_request_is_logged_with_its_attempt(world: World) -> None:
    """For --verbose: method, path, status, time and attempt, in the order of the requests."""
    faults = iter([503, 503])

    async def fail_twice(request: httpx.Request, send: Send) -> httpx.Response:
        status = next(faults, None) if request.url.path == "/v1/tasks/submit" else None
        return httpx.Response(status) if status else await send(request)

    world.wire.meddle = fail_twice
    await world.run(world.film("a bowl"))
    assert len(world.exchanges) == len(world.wire.requests)
    submits = [one for one in world.exchanges if one.target == "/v1/tasks/submit"]
    assert [(one.outcome, one.attempt) for one in submits] == [("503", 1), ("503", 2), ("200", 3)]
    assert world.exchanges[-1].target.startswith("gateway.test/studio/clips/")
    assert "?" not in "".join(one.target for one in world.exchanges)
