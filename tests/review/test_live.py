"""The served page: what it answers, to whom, and what it tells when something changes."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from starlette.requests import Request

from pipeline.cli.connect import Destination
from pipeline.cli.pages import typical_of
from pipeline.cli.reviewing import Watched
from pipeline.review.live import Live
from tests.review.scene import every_state, played
from tests.support.world import CATALOG, PROVIDER, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1:8766"
PAGE = "/film/draft/"


@pytest.fixture
def anyio_backend() -> str:
    """Files are read in threads, which hold no virtual clock."""
    return "asyncio"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board of many states, made once; a test that changes it puts it back."""
    made: World = played(partial(every_state, tmp_path_factory.mktemp("live")))
    return made.root


@pytest.fixture
async def live(root: Path) -> Live:
    """The server of that board."""
    destination = Destination("draft", PROVIDER, "a test")
    watched = Watched.of(root / "specs/film.yaml", destination, root / "outputs")
    subject = watched.subject(typical_of(CATALOG, free=False))
    return Live({subject.address: subject}, frozenset({HOST}))


@asynccontextmanager
async def browser(live: Live, host: str = HOST) -> AsyncIterator[httpx.AsyncClient]:
    """What asks it."""
    transport = httpx.ASGITransport(live.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield client


def headers(live: Live, **others: Any) -> dict[str, Any]:
    """What the page itself sends with a pick."""
    return {"origin": f"http://{HOST}", "x-shotmake-token": live.token, **others}


async def test_it_serves_the_page_and_what_stands_on_it(live: Live) -> None:
    """Clips also in parts, as players ask for them; nothing else of the folder."""
    async with browser(live) as client:
        assert (await client.get("/")).headers["location"] == PAGE
        answer = await client.get(PAGE)
        assert "The way to the sea" in answer.text
        assert answer.headers["x-frame-options"] == "DENY"
        clip = await client.get(f"{PAGE}street.t2.mp4", headers={"range": "bytes=4-7"})
        assert (clip.status_code, clip.content) == (206, b"ftyp")
        assert (await client.get(f"{PAGE}posters/street.jpg")).headers[
            "content-type"
        ] == "image/jpeg"
        for path in ("results.json", ".lock", "phone.mp4", "..%2f..%2f..%2fspecs/film.yaml", "x"):
            assert (await client.get(PAGE + path)).status_code == 404, path


async def test_a_link_in_a_clip_s_place_leads_nowhere(live: Live, root: Path) -> None:
    """What somebody has planted in the folder isn't served."""
    clip = root / "outputs/film/draft/evil.mp4"
    async with browser(live) as client:
        await client.get(PAGE)
        content = clip.read_bytes()
        clip.unlink()
        clip.symlink_to("/etc/passwd")
        try:
            assert (await client.get(f"{PAGE}evil.mp4")).status_code == 404
        finally:
            clip.unlink()
            clip.write_bytes(content)


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1:80", "evil.test:8766", "localhost"])
async def test_another_name_for_it_is_not_heard(live: Live, host: str) -> None:
    """A foreign name that leads to this machine gets nothing: not the page, and not its token."""
    async with browser(live, host) as client:
        for path in ("/", PAGE, f"{PAGE}events"):
            answer = await client.get(path)
            assert answer.status_code == 421
            assert live.token not in answer.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"https://{HOST}"}, 403),
        ({"origin": ""}, 403),
        ({"x-shotmake-token": "guessed"}, 403),
        ({"x-shotmake-token": ""}, 403),
        ({"x-shotmake-token": b"\xe9"}, 403),
        ({"content-type": "text/plain"}, 403),
    ],
)
async def test_only_the_page_picks(
    live: Live, root: Path, changed: dict[str, Any], status: int
) -> None:
    """A POST from elsewhere, as a form's, or without the page's token changes nothing."""
    before = (root / "specs/film.yaml").read_bytes()
    async with browser(live) as client:
        said = headers(live, **({"content-type": "application/json"} | changed))
        answer = await client.post(
            f"{PAGE}pick", headers=said, content=json.dumps({"shot": "street", "take": 3})
        )
    assert answer.status_code == status
    assert (root / "specs/film.yaml").read_bytes() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_no_other_method_changes_anything(live: Live, root: Path, method: str) -> None:
    """Also with all that a pick needs."""
    before = (root / "specs/film.yaml").read_bytes()
    async with browser(live) as client:
        path = f"{PAGE}pick?shot=street&take=3"
        answer = await client.request(
            method, path, headers=headers(live), json={"shot": "street", "take": 3}
        )
    assert answer.status_code == (404 if method in {"GET", "HEAD"} else 405)
    assert (root / "specs/film.yaml").read_bytes() == before


async def test_a_pick_is_written_and_taken_away(live: Live, root: Path) -> None:
    """One line of the storyboard, as `shotmake pick` would; the answer says what has changed."""
    path = root / "specs/film.yaml"
    before = path.read_text("utf-8")
    async with browser(live) as client:
        said = [
            (await client.post(f"{PAGE}pick", headers=headers(live), json=wish)).json()["says"]
            for wish in (
                {"shot": "street", "take": 3},
                {"shot": "market", "take": 2},
                {"shot": "market", "take": None},
                {"shot": "street", "take": 2},
            )
        ]
    assert said == [
        "street: take 3 is picked (it was 2)",
        "market: take 2 is picked",
        "market: no take is picked any more (it was 2)",
        "street: take 2 is picked (it was 3)",
    ]
    assert path.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("wish", "status", "says"),
    [
        ({"shot": "street", "take": 9}, 409, "there is no take 9"),
        ({"shot": "strit", "take": 1}, 409, "did you mean street"),
        ({"shot": ["street"], "take": 1}, 400, "a shot and a take"),
        ({"shot": "street", "take": True}, 400, "a shot and a take"),
        ({"shot": "street"}, 400, "a shot and a take"),
        ([[]], 400, "a shot and a take"),
        ({"shot": "\ud800", "take": 1}, 409, "there is no shot ?"),
        ({"shot": "x" * 5000, "take": 1}, 413, "too much"),
    ],
)
async def test_a_wrong_pick_is_told(live: Live, wish: Any, status: int, says: str) -> None:
    """In words for the page to show, and never with a traceback."""
    said = headers(live, **{"content-type": "application/json"})
    async with browser(live) as client:
        answer = await client.post(f"{PAGE}pick", headers=said, content=json.dumps(wish))
    assert answer.status_code == status
    assert says in answer.json()["says"]


async def changes(live: Live, since: int) -> AsyncIterator[dict[str, Any]]:
    """What a page is told after a version, while somebody looks after the files."""
    async for text in live.changes(PAGE, since):
        if text.startswith("id:"):
            yield json.loads(text.partition("data: ")[2])


async def test_what_changes_while_a_page_is_told_is_told_next(live: Live, root: Path) -> None:
    """A slow page takes in one change while the next one happens."""
    path = root / "specs/film.yaml"
    before = path.read_text("utf-8")
    async with browser(live) as client:
        await client.get(PAGE)
        told = changes(live, 0)
        await anext(told)
        path.write_text(before.replace("pick: 2", "pick: 3"), "utf-8")
        try:
            await client.get(PAGE)
            with anyio.fail_after(10):
                news = await anext(told)
        finally:
            path.write_text(before, "utf-8")
        assert [*news["shots"]] == ["street"]


async def test_a_page_that_is_loaded_anew_is_told_the_trouble(live: Live, root: Path) -> None:
    """It shows the board as it was before, so it has to say so."""
    path = root / "specs/film.yaml"
    before = path.read_text("utf-8")
    async with browser(live) as client:
        await client.get(PAGE)
        path.write_text("shots: [", "utf-8")
        try:
            text = (await client.get(PAGE)).text
        finally:
            path.write_text(before, "utf-8")
        version = int(text.partition('data-version="')[2].partition('"')[0])
        with anyio.fail_after(10):
            news = await anext(changes(live, version))
        assert "film.yaml:2:1: " in news["trouble"]


async def test_a_version_that_is_none_is_the_beginning(live: Live) -> None:
    """Whatever a page says that it has heard of last."""
    for since in ("", "x", "-1", "²", "9" * 5000):
        asked = {
            "type": "http",
            "method": "GET",
            "query_string": f"since={quote(since)}".encode(),
            "headers": [],
        }
        answer = await live._events(PAGE, Request(asked))
        assert answer.status_code == 200


async def test_a_page_is_told_what_changes_and_no_more(live: Live, root: Path) -> None:
    """A pick from elsewhere: the one shot that it is about, and what stands around."""
    path = root / "specs/film.yaml"
    before = path.read_text("utf-8")
    async with browser(live) as client, anyio.create_task_group() as crew:
        await client.get(PAGE)
        crew.start_soon(live.run)
        told = changes(live, 1)
        path.write_text(before.replace("pick: 2", "pick: 3"), "utf-8")
        news = await anext(told)
        assert [*news["shots"]] == ["street"]
        assert news["order"][:2] == ["street", "market"]
        assert news["trouble"] == ""
        path.write_text("shots: [", "utf-8")
        trouble = await anext(told)
        assert "film.yaml:2:1: " in trouble["trouble"]
        assert "shots" not in trouble
        path.write_text(before, "utf-8")
        back = await anext(told)
        assert (back["trouble"], [*back["shots"]]) == ("", ["street"])
        crew.cancel_scope.cancel()
