"""Hosts that somebody else named: which URLs are understood, and where a request really goes."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
import trio
import trustme
from anyio.streams.tls import TLSListener
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AddressError
from pipeline.web.fetching import (
    REDIRECTS_MAX,
    Anywhere,
    UnreachableError,
    opened,
    public_get,
)
from pipeline.web.reasons import reason_of
from pipeline.web.routes import is_proxied, open_client
from pipeline.web.urls import Network, host_of, network_of, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from anyio.abc import SocketStream
    from anyio.streams.tls import TLSStream

    from pipeline.web.fetching import Resolve
    from pipeline.web.urls import Place

pytestmark = pytest.mark.anyio
PUBLIC, OTHER_PUBLIC = "93.184.216.34", "2606:2800:220:1::1"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine that runs the tests has set."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Names:
    """A resolver of its own names; each lookup takes the next answer, the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(rows) for name, rows in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        rows = self.answers.get(host)
        if not rows:
            raise socket.gaierror("unknown")
        return rows.pop(0) if len(rows) > 1 else rows[0]


class Sniffer(httpx.AsyncBaseTransport):
    """Sees every request as it leaves; `answer` says what comes back."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.requests.append(request)
        return self.answer(request)


def client(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[httpx.AsyncClient, Sniffer]:
    """A client with all that must not be sent."""
    sniffer = Sniffer(answer)
    http = httpx.AsyncClient(
        transport=sniffer,
        headers={"x-api-key": "sk-byts-secret", "authorization": "Bearer sk-byts-secret"},
        cookies={"session": "sk-byts-secret"},
        auth=("user", "sk-byts-secret"),
    )
    return http, sniffer


async def body(
    http: httpx.AsyncClient, url: str, resolve: Resolve | None, rule: Any = None, **more: Any
) -> bytes:
    """What `opened` gives, read to its end."""
    async with opened(http, url, rule or Anywhere(), resolve=resolve, **more) as answer:
        return b"".join([chunk async for chunk in answer.aiter_raw()])


def streamed(content: bytes, status: int = 200, **headers: str) -> httpx.Response:
    """An answer whose body is still to come, as from a socket."""
    announced = {"content-length": str(len(content))}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=announced | named, stream=httpx.ByteStream(content))


def fine(_request: httpx.Request) -> httpx.Response:
    return streamed(b"fine")


# --- where addresses lead ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("93.184.216.34", "public"),
        ("2606:2800:220:1::1", "public"),
        ("64:ff9b::5db8:d822", "public"),  # NAT64: 93.184.216.34
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("fd00:ec2::254", "private"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),
        ("127.0.0.1", "loopback"),
        ("127.255.0.3", "loopback"),
        ("::1", "loopback"),
        ("0.0.0.0", "special"),  # noqa: S104 (an address to refuse, not to listen at)
        ("::", "special"),
        ("169.254.169.254", "special"),
        ("fe80::1", "special"),
        ("fe80::1%eth0", "special"),
        ("224.0.0.1", "special"),
        ("ff02::1", "special"),
        ("255.255.255.255", "special"),
        ("240.0.0.1", "special"),
        ("192.0.0.8", "special"),
        ("192.0.2.1", "special"),
        ("192.88.99.1", "special"),
        ("198.18.0.1", "special"),
        ("168.63.129.16", "special"),
        ("2001:db8::1", "special"),
        ("2001::1", "special"),
        ("3fff::1", "special"),
        ("fec0::1", "special"),
        ("::ffff:127.0.0.1", "special"),
        ("::ffff:93.184.216.34", "special"),
        ("::127.0.0.1", "special"),
        ("2002:7f00:1::", "special"),
        ("64:ff9b::7f00:1", "special"),
        ("64:ff9b::a9fe:a9fe", "special"),
        ("64:ff9b:1::a00:1", "special"),
        ("", "special"),
        ("nonsense", "special"),
    ],
)
def test_addresses_are_told_apart(address: str, network: str) -> None:
    """Every special range of IANA's registries, and addresses hidden in others."""
    assert network_of(address) == network


@given(st.ip_addresses())
def test_what_is_called_public_is_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Never more generous than the standard library, which knows less of tunnels."""
    nat64 = address in ipaddress.ip_network("64:ff9b::/96")
    if network_of(str(address)) is Network.PUBLIC and not nat64:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_a_hidden_address_is_no_way_in(inner: ipaddress.IPv4Address) -> None:
    """An IPv4 address that isn't public isn't so inside of an IPv6 one either."""
    number = int(inner)
    hidden = [number, (0xFFFF << 32) + number, (0x2002 << 112) + (number << 80)]
    hidden += [(0x0064FF9B << 96) + number, (0x20010000 << 96) + (number ^ 0xFFFFFFFF)]
    for outer in hidden:
        found = network_of(str(ipaddress.IPv6Address(outer)))
        assert found is not Network.PUBLIC or network_of(str(inner)) is Network.PUBLIC
        assert found is not Network.PRIVATE


# --- URLs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cdn.example/x.mp4?sig=a%2Fb", ("https", "cdn.example", 443)),
        ("HTTPS://CDN.Example.:443/x", ("https", "cdn.example", 443)),
        ("http://cdn.example:8080", ("http", "cdn.example", 8080)),
        ("https://bücher.example/x", ("https", "xn--bcher-kva.example", 443)),
        ("https://1.2.3.4/x", ("https", "1.2.3.4", 443)),
        ("https://[2606:2800:220:1:0:0:0:1]:8443/x", ("https", OTHER_PUBLIC, 8443)),
        ("https://my_bucket.example/x", ("https", "my_bucket.example", 443)),
        ("https://cdn.example?x=a@b", ("https", "cdn.example", 443)),
    ],
)
def test_a_url_is_understood_in_one_form(url: str, origin: tuple[str, str, int]) -> None:
    """Case, a dot at the end, other scripts and default ports don't make another host."""
    place = place_of(url)
    assert place.origin == origin
    assert place.url.raw_host.decode().strip("[]") == origin[1]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cdn.example/x",
        "//cdn.example/x",
        "https:///x",
        "https:cdn.example",
        "ftp://cdn.example/x",
        "file:///etc/passwd",
        "gopher://cdn.example/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@cdn.example/",
        "https://user:password@cdn.example/",
        "https://@cdn.example/",
        "https://cdn.example\\@evil.example/",
        "https://cdn.example/a\\b",
        "https://cdn.example /x",
        "https://cdn.example/x\r\nx-api-key: y",
        "https://cdn.example\t/",
        " https://cdn.example/",
        "https://cdn.example:0/",
        "https://cdn.example:99999/",
        "https://cdn.example:-1/",
        "https://cdn.example:x/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1.nonsense.0/",
        "https://1.2.3.4.5/",
        "https://１２７.0.0.1/",
        "https://[::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[127.0.0.1]/",
        "https://[::1/",
        "https://a..b/",
        "https://-a.example/",
        "https://a%2eexample/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://cdn.example/" + "x" * 9000,
    ],
)
def test_a_url_that_plays_tricks_is_refused(url: str) -> None:
    """Other schemes, credentials, numbers that are addresses, control characters, nonsense."""
    with pytest.raises(AddressError):
        place_of(url)


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"https?://[a-zA-Z0-9.@:\[\]/?#\\_%-]{0,40}", fullmatch=True),
        st.text("ahtps:/.@[]0x7f%2e\\?#ｅ。", max_size=30).map("https://".__add__),
    )
)
def test_two_readers_of_a_url_agree(url: str) -> None:
    """What is accepted means the same host to the standard library; all else is our error."""
    try:
        place = place_of(url)
    except AddressError:
        return
    assert host_of(place.host) == place.host
    again = urlsplit(str(place.url))
    assert again.hostname == place.host
    assert again.username is None
    assert place_of(str(place.url)).origin == place.origin
    if url.isascii():
        assert (urlsplit(url).hostname or "").rstrip(".") in {place.host, f"{place.host}"} or (
            ":" in place.host
        )


def test_a_place_keeps_its_signature_to_itself() -> None:
    """Neither `repr` nor what is shown to people holds the query."""
    place = place_of("https://cdn.example/clip.mp4?signature=secret#secret")
    assert "secret" not in repr(place) + place.shown
    assert place.shown == "cdn.example/clip.mp4"


# --- requests ------------------------------------------------------------------------------


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """One lookup, and a name that changes its mind afterwards (DNS rebinding) changes nothing."""
    http, sniffer = client(fine)
    names = Names(cdn_example=[[PUBLIC], ["127.0.0.1"]])
    assert await body(http, "https://cdn.example/x?sig=1", names) == b"fine"
    (request,) = sniffer.requests
    assert str(request.url) == f"https://{PUBLIC}/x?sig=1"
    assert request.headers["host"] == "cdn.example"
    assert request.extensions["sni_hostname"] == "cdn.example"
    assert request.headers["accept-encoding"] == "identity"
    assert names.asked == ["cdn.example"]
    with pytest.raises(AddressError, match="loopback"):
        await body(http, "https://cdn.example/x", names)
    assert len(sniffer.requests) == 1


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "[::1]", "169.254.169.254", "[fd00::1]"])
async def test_an_address_in_the_url_is_checked_too(host: str) -> None:
    """No lookup is needed to get somewhere private."""
    http, sniffer = client(fine)
    with pytest.raises(AddressError):
        await body(http, f"http://{host}/latest/meta-data", Names())
    assert not sniffer.requests


async def test_only_the_allowed_of_several_addresses_are_used() -> None:
    """A name with a public and a private address is only reached at the public one."""
    http, sniffer = client(fine)
    await body(http, "https://cdn.example/", Names(cdn_example=[["10.0.0.1", PUBLIC]]))
    assert [request.url.host for request in sniffer.requests] == [PUBLIC]


async def test_the_next_address_is_tried_when_one_is_dead() -> None:
    """IPv6 that leads nowhere is common; a host is unreachable when all of its addresses are."""

    def half_dead(request: httpx.Request) -> httpx.Response:
        if request.url.host == OTHER_PUBLIC:
            raise httpx.ConnectError("no route")
        return fine(request)

    http, sniffer = client(half_dead)
    names = Names(cdn_example=[[OTHER_PUBLIC, PUBLIC]], dead_example=[[OTHER_PUBLIC]])
    assert await body(http, "https://cdn.example/", names) == b"fine"
    assert [request.url.host for request in sniffer.requests] == [OTHER_PUBLIC, PUBLIC]
    with pytest.raises(UnreachableError, match=r"dead\.example: no route"):
        await body(http, "https://dead.example/", names)


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    """Not found, and found without an address, are no wrong addresses: they may pass."""
    http, _sniffer = client(fine)
    for names in (Names(), Names(cdn_example=[[]])):
        with pytest.raises(UnreachableError):
            await body(http, "https://cdn.example/", names)


async def test_a_lookup_has_an_end() -> None:
    """A resolver that never answers doesn't hold anybody up for ever."""

    async def silent(_host: str, _port: int) -> Sequence[str]:
        await anyio.sleep_forever()
        raise AssertionError

    http, _sniffer = client(fine)
    begun = anyio.current_time()
    with pytest.raises(UnreachableError, match="can't be found"):
        await body(http, "https://cdn.example/", silent)
    assert anyio.current_time() - begun == 15


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (r"illegal header line: bytearray(b'X: y\rsk-byts-0123')", "illegal header line"),
        ("expected 200, b'sk-byts-0123' came", "expected 200"),
        ("Connection reset by peer", "Connection reset by peer"),
        ("bytearray(b'sk-byts-0123')", "RemoteProtocolError"),
    ],
)
def test_a_reason_quotes_nothing_that_came(said: str, shown: str) -> None:
    """Nobody gets our key or a signature told to the terminal by sending it back broken."""
    assert reason_of(httpx.RemoteProtocolError(said)) == shown


@pytest.mark.parametrize(
    "below",
    [
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        trio.BrokenResourceError("[Errno 104] Connection reset by peer"),
    ],
)
def test_a_reason_has_no_numbers_of_the_operating_system(below: Exception) -> None:
    """`[Errno 104]` says nothing to a film maker, on whichever event loop it comes up."""
    error = httpx.ReadError("")
    error.__cause__ = below
    assert reason_of(error) == "Connection reset by peer"


async def test_credentials_and_cookies_stay_here() -> None:
    """Whatever the client holds, and whatever a host on the way has set, no request has it."""

    def wander(request: httpx.Request) -> httpx.Response:
        if request.headers["host"] == "a.example":
            headers = {"location": "https://b.example/x", "set-cookie": "a=secret; Path=/"}
            return httpx.Response(302, headers=headers)
        return fine(request)

    http, sniffer = client(wander)
    names = Names(a_example=[[PUBLIC]], b_example=[[PUBLIC]])
    for _twice in range(2):
        assert await body(http, "https://a.example/", names) == b"fine"
    assert [request.headers["host"] for request in sniffer.requests] == [
        "a.example",
        "b.example",
    ] * 2
    for request in sniffer.requests:
        assert "secret" not in str(request.headers.multi_items())
        assert not {"x-api-key", "authorization", "cookie"} & set(request.headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://internal.example/",
        "//internal.example/",
        "http://2130706433/",
        "file:///etc/passwd",
        "https://user:password@a.example/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
async def test_every_hop_is_checked(status: int, location: str) -> None:
    """A public host can't send us where we would not have gone ourselves."""
    http, sniffer = client(lambda _r: httpx.Response(status, headers={"location": location}))
    names = Names(a_example=[[PUBLIC]], internal_example=[["10.0.0.1"]])
    with pytest.raises(AddressError):
        await body(http, "https://a.example/", names)
    assert len(sniffer.requests) == 1


async def test_redirects_have_an_end() -> None:
    """Five are followed, relative ones, too; a sixth is one too many."""
    assert REDIRECTS_MAX == 5

    def count_down(request: httpx.Request) -> httpx.Response:
        left = int(request.url.path[1:])
        return httpx.Response(302, headers={"location": str(left - 1)}) if left else fine(request)

    http, sniffer = client(count_down)
    names = Names(a_example=[[PUBLIC]])
    assert await body(http, f"https://a.example/{REDIRECTS_MAX}", names) == b"fine"
    with pytest.raises(UnreachableError, match="redirects"):
        await body(http, f"https://a.example/{REDIRECTS_MAX + 1}", names)
    assert len(sniffer.requests) == 2 * (REDIRECTS_MAX + 1)


async def test_within_the_process_nothing_is_looked_up() -> None:
    """With no resolver the request goes by its name, to whatever transport there is."""
    http, sniffer = client(fine)
    await body(http, "http://localhost/x", None)
    assert str(sniffer.requests[0].url) == "http://localhost/x"


async def test_each_request_is_told_without_its_query() -> None:
    """For `--verbose`: every hop with its outcome, failures included."""
    seen: list[tuple[str, str]] = []

    def wander(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/dead":
            raise httpx.ReadTimeout("")
        return httpx.Response(302, headers={"location": "/dead?secret"})

    http, _sniffer = client(wander)
    with pytest.raises(UnreachableError) as caught:
        await body(
            http,
            "https://a.example/x?secret",
            Names(a_example=[[PUBLIC]]),
            seen=lambda place, outcome, _seconds: seen.append((place.shown, outcome)),
        )
    assert seen == [("a.example/x", "302"), ("a.example/dead", "ReadTimeout")]
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


# --- public_get ----------------------------------------------------------------------------


async def get(answer: httpx.Response | Callable[[httpx.Request], httpx.Response]) -> bytes:
    http, _sniffer = client(answer if callable(answer) else lambda _request: answer)
    names = Names(a_example=[[PUBLIC]])
    return await public_get(
        http, "http://a.example/x.png", bytes_max=100, seconds_max=10, resolve=names
    )


class Drip(httpx.AsyncByteStream):
    """A body that never ends, slowly or not."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await anyio.sleep(self._seconds)
        return b"x" * 10


async def test_an_image_is_fetched() -> None:
    """By plain http, too: an image's address comes from whoever asks for the clip."""
    assert await get(streamed(b"x" * 100)) == b"x" * 100


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (streamed(b"x" * 101), "over 100 bytes"),
        (streamed(b"", content_length="1" * 19), "length"),
        (streamed(b"", content_length="-1"), "length"),
        (streamed(b"x", content_encoding="gzip"), "encoded"),
        (streamed(b"", 404), "404"),
        (streamed(b"x", 206), "206"),
        (streamed(b"", 302), "302"),
        (streamed(b"x", content_length="9"), "only 1 of 9"),
    ],
)
async def test_what_is_no_use_is_said(answer: httpx.Response, says: str) -> None:
    """Too large, encoded, an error, cut: nothing comes out but the reason."""
    with pytest.raises(UnreachableError, match=says):
        await get(answer)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # trio warns of httpx's own generators
async def test_a_body_without_an_end_is_cut_by_its_bytes() -> None:
    """When no length was announced, what comes is counted."""
    with pytest.raises(UnreachableError, match="over 100 bytes"):
        await get(lambda _request: httpx.Response(200, stream=Drip(0)))


async def test_a_body_without_an_end_is_cut_by_the_clock() -> None:
    """However regularly something of it comes."""
    begun = anyio.current_time()
    with pytest.raises(UnreachableError, match="over 10 s"):
        await get(lambda _request: httpx.Response(200, stream=Drip(2)))
    assert anyio.current_time() - begun == pytest.approx(10)


# --- proxies -------------------------------------------------------------------------------


async def test_a_proxy_is_told_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks names up itself; addresses in a URL are still checked."""
    monkeypatch.setenv("https_proxy", "proxy.test:3128")
    http, sniffer = client(fine)
    await body(http, "https://cdn.example/x", Names())
    assert str(sniffer.requests[0].url) == "https://cdn.example/x"
    assert "sni_hostname" not in sniffer.requests[0].extensions
    with pytest.raises(AddressError):
        await body(http, "https://10.0.0.1/", Names())


async def test_no_proxy_is_about_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that the environment excepts is looked up, checked and gone to straight."""
    monkeypatch.setenv("all_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "cdn.example")
    assert is_proxied(place_of("https://other.example/"))
    assert not is_proxied(place_of("https://cdn.example/"))
    http, sniffer = client(fine)
    await body(http, "https://cdn.example/x", Names(cdn_example=[[PUBLIC]]))
    assert sniffer.requests[0].url.host == PUBLIC


# --- real sockets on this machine ----------------------------------------------------------


class Here(Anywhere):
    """Loopback, too: where these tests' servers are."""

    async def beyond_public(self, _place: Place, _resolve: Resolve) -> Collection[Network]:
        return {Network.LOOPBACK}


async def answer_one(stream: TLSStream | SocketStream, said: list[bytes]) -> None:
    """A server that tells what it was asked, and keeps the connection if it may."""
    async with stream:
        try:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += await stream.receive()
                said.append(head)
                await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        except (anyio.EndOfStream, anyio.BrokenResourceError, ssl.SSLError):
            return


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_certificate_is_held_against_the_name() -> None:
    """Connecting to an address gives nothing away: another name's certificate is refused, over
    a connection that would be there to be used again, too.
    """
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("clips.test").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    names = Names(clips_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    said: list[bytes] = []
    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = tcp.extra_attributes[anyio.abc.SocketAttribute.local_port]()
    listener = TLSListener(tcp, server, standard_compatible=False)
    async with listener, anyio.create_task_group() as crew:
        crew.start_soon(listener.serve, lambda stream: answer_one(stream, said))
        async with open_client(trusting) as http:
            for _twice in range(2):
                assert await body(http, f"https://clips.test:{port}/", names, Here()) == b"fine"
            with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
                await body(http, f"https://other.test:{port}/", names, Here())
            with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
                await body(http, f"https://127.0.0.1:{port}/", names, Here())
        async with open_client() as http:
            with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
                await body(http, f"https://clips.test:{port}/", names, Here())
        crew.cancel_scope.cancel()
    assert len(said) == 2
    assert all(f"host: clips.test:{port}\r\n".encode() in head.lower() for head in said)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_environments_proxy_is_used_and_passed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the name's rule: `no_proxy` names go straight, though their URL holds an address then."""
    said: list[bytes] = []
    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = tcp.extra_attributes[anyio.abc.SocketAttribute.local_port]()
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "straight.test")
    names = Names(straight_test=[["127.0.0.1"]])
    async with tcp, anyio.create_task_group() as crew:
        crew.start_soon(tcp.serve, lambda stream: answer_one(stream, said))
        async with open_client() as http:
            await body(http, "http://proxied.test/x", names, Here())
            await body(http, f"http://straight.test:{port}/y", names, Here())
        crew.cancel_scope.cancel()
    assert said[0].startswith(b"GET http://proxied.test/x HTTP/1.1\r\n")
    assert said[1].startswith(b"GET /y HTTP/1.1\r\n")
    assert names.asked == ["straight.test"]
