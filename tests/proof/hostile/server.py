"""A server that means no good, between real `shotmake` processes and a studio that bills.

It relays what it doesn't attack, and so the studio's ledger and the clips are real; to the
requests that it attacks it gives the bytes that the arsenal holds. Many shots of one process
meet an answer each: what bounds the process bounds every one of them.
"""

from __future__ import annotations

import http.client
import json
import re
import select
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.proof.hostile.answer import Answer

_PAUSE_SECONDS = 0.01
_NO_LINGER = struct.pack("ii", 1, 0)
_SHOT = re.compile(rb'"prompt":"shot (\d+)')
_KEY = re.compile(rb'"out_task_id":"([^"]+)"')
_TASK = re.compile(rb'"task_id":"([^"]+)"')
_URL = re.compile(rb'"video_url":"([^"]+)"')
_SIGNED = re.compile(rb"signature=([0-9a-f]{8,})")
_OURS = re.compile(rb"/c\d+/|/studio/clips/[^/?]+\.mp4")
_CLIP = re.compile(rb"/studio/clips/([^/?]+)\.mp4")


@dataclass
class Request:
    """What came, as it came."""

    method: str
    path: bytes
    headers: dict[str, str]
    body: bytes


@dataclass
class Case:
    """One folder and what its processes meet, at `endpoint`: a shot each of `answers`.

    With `greeted` 1 shot 0 meets the truth, and the first answer is shot 1's; with 0 even the
    first of all answers is a lie. `honest`: all meet the truth from now on.
    """

    number: int
    folder: Path
    key: str
    endpoint: str
    answers: Sequence[Answer]
    greeted: int = 1
    honest: bool = False
    met: Counter[int] = field(default_factory=Counter)
    """How often each shot was answered by its answer."""
    unrecorded: list[str] = field(default_factory=list)
    """Keys of submits that were not on the disk when they came."""
    submitted: dict[int, str] = field(default_factory=dict)
    """The newest key of each shot that was seen."""
    signatures: set[bytes] = field(default_factory=set)
    shots: dict[bytes, int] = field(default_factory=dict)
    """By task id and by out_task_id."""
    urls: dict[bytes, bytes] = field(default_factory=dict)


class _Listener:
    """A port of this machine, a thread for it, and one for each connection."""

    def __init__(self) -> None:
        self._bound = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._bound.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._closing = False
        self.failures: list[BaseException] = []
        """What went wrong in a thread: a server with a bug of its own proves nothing."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """For as long as the block lasts."""
        accepting = threading.Thread(target=self._accept)
        accepting.start()
        try:
            yield
        finally:
            with self._guard:
                self._closing = True
                for one in self._open:
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._bound.shutdown(socket.SHUT_RDWR)
            accepting.join()
            self._bound.close()
            for thread in self._threads:
                thread.join()
        assert not self.failures, self.failures

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._bound.accept()
            except OSError:
                return
            with self._guard:
                if self._closing:
                    connection.close()
                    return
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads = [t for t in self._threads if t.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.answer(connection)
        except OSError:
            pass  # the other side has left
        except BaseException as error:
            self.failures.append(error)
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def answer(self, connection: socket.socket) -> None:
        """One connection."""
        raise NotImplementedError


class Sniffer(_Listener):
    """Where nobody should ever come; it keeps every byte, and lures on whoever does."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    def answer(self, connection: socket.socket) -> None:
        self.heard.append(connection.recv(1 << 16))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


class Hostile(_Listener):
    """The server; `studio` is the `host:port` of the honest one behind it."""

    def __init__(self, studio: str, sniffer: Sniffer) -> None:
        super().__init__()
        self._studio = studio
        self._sniffer = sniffer
        self._cases: dict[int, Case] = {}
        self._case_of_task: dict[bytes, Case] = {}

    def case(
        self, folder: Path, endpoint: str, answers: Sequence[Answer], *, greeted: int = 1
    ) -> Case:
        """A new case, with the board that it needs."""
        number = len(self._cases)
        place, key = folder / f"case-{number}", f"sk-byts-{number:016d}"
        case = Case(number, place, key, endpoint, answers, greeted)
        self._cases[number] = case
        specs = case.folder / "specs"
        specs.mkdir(parents=True)
        lines = ["model: veo-3.1-fast", "defaults: {duration: 2}", "shots:"]
        slow = " SLOW" if endpoint == "cancel" else ""
        for shot in range(len(answers) + greeted):
            lines += [f"  - id: s{shot}", f"    prompt: shot {shot}{slow}"]
        (specs / "film.yaml").write_text("\n".join(lines) + "\n", "utf-8")
        return case

    def base_url(self, case: Case) -> str:
        """Where a case's processes find their gateway."""
        return f"http://{self.address}/c{case.number}"

    def answer(self, connection: socket.socket) -> None:
        request = _read(connection)
        if request is None:
            return
        if not _OURS.match(request.path):  # an address that was made up
            connection.sendall(_whole(404, b"nothing here"))
            return
        case, endpoint = self._asked(request)
        shot = self._shot(case, endpoint, request)
        attacked = not case.honest and 0 <= shot - case.greeted < len(case.answers)
        if endpoint == "submit" and not attacked:
            _require_intent(case, shot, request)
        if not attacked:
            connection.sendall(self._relayed(case, shot, request))
        elif endpoint == case.endpoint:
            self._attack(connection, case, shot, request)
        elif endpoint == "submit" and case.endpoint == "find":
            _require_intent(case, shot, request)
            self._relayed(case, shot, request)  # bought, and nobody is told
        else:
            truth = self._relayed(case, shot, request)
            url = case.answers[shot - case.greeted].url
            if endpoint == "query" and url is not None and b'"video_url"' in truth:
                case.met[shot] += 1
                body = truth.partition(b"\r\n\r\n")[2]
                place = json.dumps(
                    self._filled(url.encode("utf-8", "surrogatepass"), {}).decode(
                        "utf-8", "surrogatepass"
                    )
                )
                truth = _whole(200, _URL.sub(lambda _m: b'"video_url":' + place.encode(), body))
            connection.sendall(truth)

    def _attack(self, connection: socket.socket, case: Case, shot: int, request: Request) -> None:
        answer = case.answers[shot - case.greeted]
        if case.endpoint == "submit":
            _require_intent(case, shot, request)
        # Half of the submits that are answered with nonsense have bought something.
        known = b""
        if case.endpoint != "clip" and (case.endpoint != "submit" or shot % 2):
            known = self._relayed(case, shot, request)
        if answer.url is not None or (answer.times or 1e9) <= case.met[shot]:
            connection.sendall(known or self._relayed(case, shot, request))
            return
        case.met[shot] += 1
        task = _TASK.search(known)
        asked = _KEY.search(request.body)
        tokens = {
            b"@TASK@": task[1] if task else b"task_invented_%d_%d" % (case.number, shot),
            b"@KEY@": asked[1] if asked else case.submitted.get(shot, "").encode(),
            b"@SECRET@": case.key.encode(),
            b"@HERE@": f"http://{self.address}".encode() + request.path,
            b"@CLIP@": case.urls.get(task[1] if task else b"", b"http://127.0.0.1:1/x.mp4"),
        }
        case.shots.setdefault(tokens[b"@TASK@"], shot)
        _send(connection, self._filled(answer.wire, tokens), answer)

    def _filled(self, wire: bytes, tokens: dict[bytes, bytes]) -> bytes:
        places = {
            b"@SNIFFER@": self._sniffer.address.encode(),
            b"@SNIFFERPORT@": str(self._sniffer.port).encode(),
            b"@GATEWAY@": self.address.encode(),
        }
        for token, value in {**places, **tokens}.items():
            wire = wire.replace(token, value)
        head, _blank, body = wire.partition(b"\r\n\r\n")
        return wire.replace(b"@LENGTH@", str(len(body)).encode()) if b"@LENGTH@" in head else wire

    def _asked(self, request: Request) -> tuple[Case, str]:
        """Whose request it is, and which of the endpoints is asked."""
        if found := _CLIP.match(request.path):
            return self._case_of_task[found[1]], "clip"
        begins, _slash, rest = request.path[2:].partition(b"/")
        case = self._cases[int(begins)]
        request.path = b"/" + rest
        if rest.startswith(b"v1/tasks/query"):
            return case, "query" if request.method == "GET" else "find"
        return case, "cancel" if rest.startswith(b"v1/tasks/cancel") else "submit"

    def _shot(self, case: Case, endpoint: str, request: Request) -> int:
        """Which shot a request is about; 0 where nobody knows."""
        if found := _SHOT.search(request.body):
            return int(found[1])
        if endpoint == "clip":
            named = _CLIP.match(request.path)
            return case.shots.get(named[1], 0) if named else 0
        ids = [
            key for key in list(case.shots) if key in request.path or b'"%b"' % key in request.body
        ]
        return case.shots[max(ids, key=len)] if ids else 0

    def _relayed(self, case: Case, shot: int, request: Request) -> bytes:
        """The studio's answer, and what it tells about tasks and addresses."""
        host, _colon, port = self._studio.partition(":")
        behind = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            behind.putrequest(request.method, request.path.decode(), skip_host=True)
            for name, value in request.headers.items():
                if name != "connection":
                    behind.putheader(name, value)
            behind.endheaders(request.body or None)
            told = behind.getresponse()
            body = told.read()
        finally:
            behind.close()
        for key in (_TASK.search(body), _KEY.search(request.body)):
            if key is not None:
                case.shots[key[1]] = shot
        if task := _TASK.search(body):
            self._case_of_task[task[1]] = case
            if url := _URL.search(body):
                case.urls[task[1]] = url[1]
        case.signatures.update(_SIGNED.findall(body))
        names = ("content-type", "content-range", "etag")
        kept = {name: told.headers[name] for name in names if name in told.headers}
        return _whole(told.status, body, kept)


def _whole(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    told = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{told}\r\n"
    return head.encode("latin-1") + body


def _read(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(1 << 16)
        if not more:
            return None
        received += more
    head, _blank, body = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, path, _version = first.split(b" ")
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _colon, value in pairs}
    while len(body) < int(headers.get("content-length", 0)):
        more = connection.recv(1 << 16)
        if not more:
            return None
        body += more
    return Request(method.decode(), path, headers, body)


def _require_intent(case: Case, shot: int, request: Request) -> None:
    """Note whether what is being bought was on the disk before it was asked for."""
    (key,) = _KEY.findall(request.body)
    folder = case.folder / "outputs" / "film" / "draft"
    # The manifest second: it is there before the journal goes, where we have come late.
    places = (folder / "journal.jsonl", folder / "results.json")
    if not any(b'"%b"' % key in _bytes(place) for place in places):
        case.unrecorded.append(key.decode())
    case.submitted[shot] = key.decode()
    case.shots[key] = shot


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _send(connection: socket.socket, wire: bytes, answer: Answer) -> None:
    connection.sendall(wire)
    while answer.repeat:
        connection.sendall(answer.repeat)
        if answer.slowly and select.select([connection], [], [], _PAUSE_SECONDS)[0]:
            return
    if answer.hangs:
        select.select([connection], [], [])  # until the other side leaves, or we do
