"""A server that means no good, between real `shotmake` processes and a studio that bills.

It relays what it doesn't attack, and so the studio's ledger and the clips are real; to the
requests that it attacks it gives the bytes that the arsenal holds. Many shots of one process
meet an answer each: what bounds the process bounds every one of them.
"""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.proof.hostile.listener import Listener, Request, Sniffer, read, send, whole

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from tests.proof.hostile.answer import Answer

_SHOT = re.compile(rb'"prompt":"shot (\d+)')
_KEY = re.compile(rb'"out_task_id":"([^"]+)"')
_TASK = re.compile(rb'"task_id":"([^"]+)"')
_URL = re.compile(rb'"video_url":"([^"]+)"')
_SIGNED = re.compile(rb"signature=([0-9a-f]{8,})")
_OURS = re.compile(rb"/c\d+/|/studio/clips/[^/?]+\.mp4")
_CLIP = re.compile(rb"/studio/clips/([^/?]+)\.mp4")


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


class Hostile(Listener):
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
        request = read(connection)
        if request is None:
            return
        if not _OURS.match(request.path):  # an address that was made up
            connection.sendall(whole(404, b"nothing here"))
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
                truth = whole(200, _URL.sub(lambda _m: b'"video_url":' + place.encode(), body))
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
        send(connection, self._filled(answer.wire, tokens), answer)

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
        return whole(told.status, body, kept)


def _require_intent(case: Case, shot: int, request: Request) -> None:
    """Note whether what is being bought was on the disk before it was asked for."""
    (key,) = _KEY.findall(request.body)
    folder = case.folder / "outputs" / "film" / "draft"
    # The manifest second: it is there before the journal goes, where we have come late.
    places = (folder / "journal.jsonl", folder / "results.json")
    if not any(b'"%b"' % key in _bytes(place) for place in places):
        case.unrecorded.append(key.decode())
    # Given up by its sender, a request may come to its turn here behind the next attempt's.
    case.submitted[shot] = max(case.submitted.get(shot, ""), key.decode(), key=_attempt)
    case.shots[key] = shot


def _attempt(key: str) -> int:
    found = re.search(r"\.a(\d+)\.", key)
    return int(found[1]) if found else 0


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
