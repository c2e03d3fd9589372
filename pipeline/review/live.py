"""The page while it changes: served on this machine, followed by server-sent events, picking takes.

What can be asked for is the page, the clips and posters that stand on it, and its changes; what can
be done is to pick. No GET changes anything. Other sites are kept out in three ways: only requests
to this very address are heard (a foreign name that leads here is none), a POST must come from the
page's own origin, and it must have the token that stands on the page.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import anyio
from starlette.applications import Starlette
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from pipeline.errors import ShotmakeError
from pipeline.review.page import boards_page, page, parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pipeline.review.cards import Typical
    from pipeline.review.film import Film
    from pipeline.review.posters import Posters

LOOK_SECONDS: Final = 0.5
"""How often somebody looks whether a file has changed, while a page is open."""

_VERSION: Final = re.compile(r"[0-9]{1,15}")
_ALIVE_SECONDS: Final = 15.0
_BODY_BYTES_MAX: Final = 4096
_HEADERS: Final = {
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A board in a pass, as the server comes to know it; all of these may block.

    `look` reads everything anew and raises `ShotmakeError` for what is wrong. `signature` is not
    what it was whenever it may be worth to look. `pick` writes a pick (None: takes it away),
    answers with what has been done, in words, and raises `ShotmakeError`.
    """

    name: str
    pass_name: str
    folder: Path
    look: Callable[[], tuple[Film, Posters]]
    signature: Callable[[], Hashable]
    pick: Callable[[str, int | None], str]
    typical: Typical

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"/{quote(self.name)}/{quote(self.pass_name)}/"


@dataclass(slots=True)
class _State:
    """What a page shows by now. `since` says for each shot with which version it has changed."""

    version: int = 0
    signature: Hashable = None
    film: Film | None = None
    posters: Posters | None = None
    files: frozenset[str] = frozenset()
    shots: dict[str, str] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    around: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    changed: anyio.Event = field(default_factory=anyio.Event)


class Live:
    """The app. `run` is what watches the files while it serves."""

    def __init__(self, subjects: Mapping[str, Subject], hosts: frozenset[str]) -> None:
        """`subjects` by their addresses; `hosts` are the names, with the port, that lead here."""
        self._subjects = subjects
        self._states = {address: _State() for address in subjects}
        self.token = secrets.token_urlsafe(16)
        """What a pick must have with it."""
        self._watching = dict.fromkeys(subjects, 0)
        self._renewing = anyio.Lock()
        routes = [Route("/", self._index)]
        for address in subjects:
            routes += [
                Route(address, partial(self._page, address)),
                Route(f"{address}events", partial(self._events, address)),
                Route(f"{address}pick", partial(self._pick, address), methods=["POST"]),
                Route(f"{address}{{path:path}}", partial(self._file, address)),
            ]
        self.app: ASGIApp = _SameOrigin(Starlette(routes=routes), hosts)

    async def run(self) -> None:
        """Look after the boards whose pages are open, for ever."""
        while True:
            await anyio.sleep(LOOK_SECONDS)
            for address, watchers in self._watching.items():
                if watchers:
                    await self._renew(address)

    async def _renew(self, address: str) -> _State:
        """Look anew, if it may be worth it."""
        subject, state = self._subjects[address], self._states[address]
        async with self._renewing:
            signature = await anyio.to_thread.run_sync(subject.signature)
            if signature == state.signature:
                return state
            state.signature = signature
            try:
                film, posters = await anyio.to_thread.run_sync(subject.look)
            except ShotmakeError as error:
                self._note(state, trouble=str(error))
                return state
            made = await anyio.to_thread.run_sync(parts, film, posters, subject.typical, self.token)
            state.film, state.posters, state.files = film, posters, _files(film, posters)
            version = state.version + 1
            for shot, html in made.shots.items():
                if state.shots.get(shot) != html:
                    state.since[shot] = version
            around = {"totals": made.totals, "strip": made.strip, "states": made.states}
            if (state.shots, state.around, state.trouble) != (made.shots, around, ""):
                state.shots, state.around = made.shots, around
                self._note(state, trouble="")
            return state

    def _note(self, state: _State, trouble: str) -> None:
        state.trouble = trouble
        state.version += 1
        state.changed.set()
        state.changed = anyio.Event()

    async def _index(self, _request: Request) -> Response:
        addresses = [*self._subjects]
        if len(addresses) == 1:
            return RedirectResponse(addresses[0], 307)
        boards = [(a, f"{each.name}, pass {each.pass_name}") for a, each in self._subjects.items()]
        return HTMLResponse(boards_page(boards), headers=_HEADERS)

    async def _page(self, address: str, _request: Request) -> Response:
        state = await self._renew(address)
        if state.film is None or state.posters is None:
            words = state.trouble.encode("utf-8", "replace")
            return PlainTextResponse(words, 500, headers=_HEADERS)
        text = await anyio.to_thread.run_sync(
            partial(
                page,
                state.film,
                state.posters,
                self._subjects[address].typical,
                live=self.token,
                version=state.version - bool(state.trouble),  # which it is told first of all, then
            )
        )
        return HTMLResponse(text, headers=_HEADERS)

    async def _events(self, address: str, request: Request) -> Response:
        said = request.headers.get("last-event-id") or request.query_params.get("since", "")
        since = int(said) if _VERSION.fullmatch(said) else 0
        headers = _HEADERS | {"cache-control": "no-store"}
        changes = self.changes(address, since)
        return StreamingResponse(changes, media_type="text/event-stream", headers=headers)

    async def changes(self, address: str, since: int) -> AsyncIterator[str]:
        """Server-sent events (HTML, 9.2): a message a change, and a comment now and then, so that
        it is noticed when nobody listens any more.
        """
        state = self._states[address]
        self._watching[address] += 1
        try:
            while True:
                version = state.version
                if version != since:
                    yield self._message(state, since)
                    since = version
                    continue  # it may have gone on while a slow page took that in
                changed = state.changed
                with anyio.move_on_after(_ALIVE_SECONDS):
                    await changed.wait()
                    continue
                yield ": still here\n\n"
        finally:
            self._watching[address] -= 1

    def _message(self, state: _State, since: int) -> str:
        """What is new after a version; one from the future is another server's."""
        known = since if since <= state.version else 0
        said: dict[str, Any] = {"token": self.token, "trouble": state.trouble}
        if not state.trouble:
            shots = {s: html for s, html in state.shots.items() if state.since[s] > known}
            said |= {"order": [*state.shots], "shots": shots, **state.around}
        return f"id: {state.version}\ndata: {json.dumps(said)}\n\n"

    async def _pick(self, address: str, request: Request) -> Response:
        token = request.headers.get("x-shotmake-token", "")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return _refusal(403, "this page is of an earlier server; load it anew")
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _BODY_BYTES_MAX:
                return _refusal(413, "that is too much for a pick")
        try:
            wish = json.loads(body)
            shot, take = wish["shot"], wish["take"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return _refusal(400, "a pick has a shot and a take")
        if not isinstance(shot, str) or not (take is None or type(take) is int):
            return _refusal(400, "a pick has a shot and a take")
        try:
            says = await anyio.to_thread.run_sync(self._subjects[address].pick, shot, take)
        except ShotmakeError as error:
            return _refusal(409, str(error))
        await self._renew(address)
        return JSONResponse({"says": says}, headers=_HEADERS)

    async def _file(self, address: str, request: Request) -> Response:
        """A clip or a poster that stands on the page: nothing else of the folder."""
        path = request.path_params["path"]
        whole = self._subjects[address].folder / path
        if path not in self._states[address].files or whole.is_symlink() or not whole.is_file():
            return PlainTextResponse("there is no such file here", 404, headers=_HEADERS)
        return FileResponse(whole, headers=_HEADERS)


class _SameOrigin:
    """Hears requests to this address alone, and POSTs from its own pages alone."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        host = headers.get("host", "")
        answer: Response | None = None
        if host not in self._hosts:
            answer = PlainTextResponse("this is not the address of this page", 421)
        elif scope["method"] == "POST":
            json_alone = headers.get("content-type", "").partition(";")[0] == "application/json"
            if headers.get("origin") != f"http://{host}" or not json_alone:
                answer = _refusal(403, "only the page itself can pick")
        elif scope["method"] not in {"GET", "HEAD"}:
            answer = PlainTextResponse("there is nothing to do that with", 405)
        await (answer or self._app)(scope, receive, send)


def _files(film: Film, posters: Posters) -> frozenset[str]:
    """What the page leads to, relative to the folder: clips, earlier ones too, and posters."""
    clips = {take.clip.path for take in film.takes if take.clip}
    earlier = {told.clip for take in film.takes for told in take.told.history if told.clip}
    return frozenset({*clips, *earlier, *posters.paths.values()})


def _refusal(status: int, says: str) -> Response:
    words = says.encode("utf-8", "replace").decode()  # half a surrogate pair is no letter
    return JSONResponse({"says": words}, status, headers=_HEADERS)
