"""`shotmake serve` as a process: what it prints, how it ends, and connections that misbehave."""

from __future__ import annotations

import json
import signal
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pipeline.cli.main import command
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.sabotage import ABORT
from pipeline.studio.server import address_of, listen
from tests.support.served import KEY, quick_house, served
from tests.support.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

ROOT = Path(__file__).parents[2]
ORDER: dict[str, Any] = {"model": "sora-2-pro", "prompt": "The ocean", "duration_seconds": 20}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(how: signal.Signals) -> None:
    """With drawings under way, a connection open and half a request sent: exit 0, no traceback."""
    with serving() as studio:
        tasks = [studio.http.post("/v1/tasks/submit", json=ORDER).json() for _ in range(6)]
        asked = {"task_id": tasks[0]["task_id"]}
        while studio.http.get("/v1/tasks/query", params=asked).json()["status"] == "queued":
            pass
        host, port = studio.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /v1/tasks/submit HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
            _out, err = studio.end(how)
    assert studio.process.returncode == 0
    assert err == ""


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with the port and a way out."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert command(["serve", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert str(port) in said
    assert "--port" in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "studio.example"])  # noqa: S104
def test_others_are_let_in_only_with_a_key(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Any host that isn't loopback needs --api-key; exit 2 before anything is bound."""
    assert command(["serve", "--host", host]) == 2
    assert "--api-key" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", ""],
        ["--api-key", "a b\n"],
        ["--host", "127.0.0.1\x00"],
        ["--host", "nowhere.invalid", "--api-key", "k"],
        ["--faults", "not-there.yaml"],
    ],
)
def test_what_cannot_be_served_is_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that no header can hold, a host that is none, a file that isn't there."""
    assert command(["serve", *arguments]) == 2
    assert capsys.readouterr().err.startswith("shotmake: ")


@pytest.mark.parametrize(
    "arguments",
    [["--port", "65536"], ["--concurrency", "0"], ["--wallet", "-1"], ["--wallet", "nan"],
     ["--latency", "inf"], ["--shape", "round"], ["--seed", "x"]],
)  # fmt: skip
def test_wrong_options_are_usage(arguments: list[str]) -> None:
    """argparse's own exit, 2 as well."""
    with pytest.raises(SystemExit) as ended:
        command(["serve", *arguments])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::", "http://[::1]:80"),
    ],
)
def test_the_address_to_copy_is_one_that_can_be_reached(host: str, url: str) -> None:
    """All addresses of a machine are none that a client can ask."""
    assert address_of(host, 80) == url


def test_ipv6_loopback_needs_no_key() -> None:
    """`--host ::1` is this machine, too."""
    with serving("--host", "::1") as studio:
        assert studio.url.startswith("http://[::1]:")
        assert studio.http.get("/v1/models").status_code == 200


def test_verbose_tells_requests_and_no_secrets() -> None:
    """Method, path, status; no key, no query, no signature, and no escape sequence."""
    key = "sk-byts-very-secret"
    with serving("--verbose", "--api-key", key, key=key) as studio:
        order = ORDER | {"duration_seconds": 1, "out_task_id": "k"}
        studio.http.post("/v1/tasks/submit", json=order)
        done: dict[str, Any] = {"status": "queued"}
        while done["status"] != "completed":
            done = studio.http.post("/v1/tasks/query", json={"out_task_id": "k"}).json()
        clip = done["result"]["video_url"]
        assert studio.http.get(clip).status_code == 200
        studio.http.get("/v1/%1b%5b31mmodels?api_key=" + key)
        assert studio.http.get("/v1/models", headers={"x-api-key": "wrong"}).status_code == 401
        out, err = studio.end(signal.SIGINT)
    lines = out.splitlines()
    assert lines[0] == "POST /v1/tasks/submit 200"
    assert f"GET /studio/clips/{done['task_id']}.mp4 200" in lines
    assert r"GET /v1/\x1b[31mmodels 404" in lines
    assert lines[-1] == "GET /v1/models 401"
    for secret in (key, "signature", "expires", clip.partition("?")[2]):
        assert secret not in out + err


def test_the_same_seed_draws_the_same_latencies() -> None:
    """In the tasks reference's shape they are seen; within the model's range for that length."""

    def estimates(seed: str) -> list[int]:
        shape = ("--shape", "tasks-reference")
        with serving("--latency", "1", "--seed", seed, *shape) as studio:
            tasks = [studio.http.post("/v1/tasks/submit", json=ORDER).json() for _ in range(5)]
        return [task["estimated_seconds"] for task in tasks]

    first = estimates("7")
    assert first == estimates("7") != estimates("8")
    assert all(120 * 20 / 8 <= seconds <= 180 * 20 / 8 for seconds in first)
    assert len(set(first)) > 1


def test_a_cap_and_a_wallet_are_kept() -> None:
    """--concurrency and --wallet are what 429 and 402 go by."""
    short = ORDER | {"duration_seconds": 1}
    with serving("--concurrency", "2", "--wallet", "5", "--latency", "1") as studio:
        first = studio.http.post("/v1/tasks/submit", json=ORDER)
        assert first.headers["x-quota-remaining-credits"] == "0.3750"
        second = studio.http.post("/v1/tasks/submit", json=short).json()
        assert studio.http.post("/v1/tasks/submit", json=short).status_code == 429
        studio.http.post(f"/v1/tasks/cancel/{second['task_id']}")
        assert studio.http.post("/v1/tasks/submit", json=ORDER).status_code == 402


def raw(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def test_a_request_can_drop_its_connection() -> None:
    """What faults rely on: the other end gets a reset, not an orderly end; others go on."""

    def dropping(app: ASGIApp) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == "/drop":
                scope["extensions"][ABORT]()
            else:
                await app(scope, receive, send)

        return wrapped

    with served(wrap=dropping) as url:
        with raw(url) as connection:
            connection.sendall(b"GET /drop HTTP/1.1\r\nHost: a\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        assert httpx.get(f"{url}/openapi.json", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no Host
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS to a port without it
    ],
)
def test_what_is_no_http_is_told_so(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """400 in the envelope, and the connection ends; nothing is logged as an error."""
    with served() as url, raw(url) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        head, _gap, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == "invalid_param"
    assert not caplog.records


def test_a_body_that_goes_wrong_after_the_answer_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refusal is sent before the body is read; garbage in what follows only hangs up."""
    with served() as url:
        with raw(url) as connection:
            connection.sendall(
                b"POST /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
            connection.sendall(b"no chunk\r\n\r\n")
            read_all(connection)
        assert httpx.get(f"{url}/openapi.json", trust_env=False).status_code == 200
    assert not caplog.records


def test_a_caller_that_leaves_in_the_middle_is_no_accident(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half a body, then gone, in order or by reset: nothing is logged, the studio goes on."""
    half = (
        b"POST /v1/tasks/submit HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nContent-Length: 99\r\n\r\n{"
    )
    with served() as url:
        for linger in (b"", struct.pack("ii", 1, 0)):
            with raw(url) as connection:
                if linger:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.sendall(half)
        assert httpx.get(f"{url}/openapi.json", trust_env=False).status_code == 200
    assert not caplog.records


def test_a_body_over_the_limit_is_refused_while_it_comes() -> None:
    """413 from the announced length alone; and without one, once 1 MiB has come."""
    headers = {"x-api-key": KEY}
    with served() as url:
        with raw(url) as connection:
            connection.sendall(
                b"POST /v1/tasks/submit HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\n"
                b"Content-Length: 99999999999999999999\r\n\r\n"
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")

        def endless() -> Iterator[bytes]:
            for _ in range(40):
                yield b" " * 65536

        answer = httpx.post(
            f"{url}/v1/tasks/submit", content=endless(), headers=headers, trust_env=False
        )
        assert answer.status_code == 413


def test_a_clips_address_is_where_the_caller_has_come() -> None:
    """Under the name by which it was reached, if that is a name; else the server's own."""
    studio = Studio(load_catalog(), quick_house(), free=False)
    with served(studio) as url:
        headers = {"x-api-key": KEY}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
            order = ORDER | {"duration_seconds": 1, "out_task_id": "k"}
            http.post("/v1/tasks/submit", json=order)
            done: dict[str, Any] = {"status": "queued"}
            while done["status"] != "completed":
                done = http.post("/v1/tasks/query", json={"out_task_id": "k"}).json()
            assert done["result"]["video_url"].startswith(f"{url}/studio/clips/")
            for host, begins in (
                ("studio.test:99", "http://studio.test:99/"),
                ("e vil", f"{url}/"),
            ):
                forged = {"host": host, "x-forwarded-proto": "wss"}
                asked = {"out_task_id": "k"}
                told = http.post("/v1/tasks/query", json=asked, headers=forged).json()
                assert told["result"]["video_url"].startswith(begins)


def test_a_wrong_key_leaves_every_shot_in_the_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One request finds it out, and those that were never begun are counted all the same."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.yaml").write_text(
        "model: veo-3.1-fast\ndefaults: {duration: 2, takes: 2}\nshots:\n"
        "  - {id: a, prompt: Rain.}\n  - {id: b, prompt: Snow.}\n"
        "  - {id: c, prompt: Fog., takes: 1, init_image: {shot: a, take: 1}}\n",
        "utf-8",
    )
    with serving("--api-key", "k" * 20) as studio:
        monkeypatch.setenv("SHOTMAKE_BASE_URL", studio.url)
        monkeypatch.setenv("BYTESPIKE_API_KEY", "another-key")
        assert command(["run", "--json", "film.yaml"]) == 4
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["held"] == 5
