"""Clips' addresses and parts of clips: pure rules, held by any input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from pipeline.studio.clips import Signer, asked_range, clip_answer, origin_of
from pipeline.studio.refusals import RefusalError

CLIP = bytes(range(100))


def request(method: str = "GET", **headers: str) -> Request:
    """A request that has come to 127.0.0.1:8765."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": "http",
            "server": ("127.0.0.1", 8765),
            "path": "/",
            "query_string": b"",
            "headers": raw,
        }
    )


@given(first=st.integers(0, 300), last=st.integers(0, 300), length=st.integers(1, 200))
def test_a_range_is_what_it_says(first: int, last: int, length: int) -> None:
    """`a-b`, `a-` and `-n` are cut at the clip's end; past it nothing is left; b < a is void."""
    everything = range(length)
    if first <= last:
        assert list(asked_range(f"bytes={first}-{last}", length) or ()) == [
            n for n in everything if first <= n <= last
        ]
    else:
        assert asked_range(f"bytes={first}-{last}", length) is None
    assert list(asked_range(f"bytes={first}-", length) or ()) == list(everything[first:])
    tail = asked_range(f"bytes=-{last}", length)
    assert list(tail or ()) == list(everything[max(length - last, 0) :])


@given(header=st.text(), length=st.integers(0, 200))
def test_any_other_header_is_ignored_or_within_the_clip(header: str, length: int) -> None:
    """Whatever stands in a Range header: nothing, or a part of the clip."""
    part = asked_range(header, length)
    assert part is None or set(part) <= set(range(length))


@pytest.mark.parametrize(
    "header",
    ["bytes=-", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=" + "9" * 5000 + "-", ""],
)
def test_what_is_no_single_range_gives_the_whole_clip(header: str) -> None:
    """RFC 9110, 14.2: a server may ignore a Range; it must one that it doesn't understand."""
    answer = clip_answer(CLIP, request(range=header))
    assert (answer.status_code, answer.body) == (200, CLIP)


def test_a_part_names_its_place() -> None:
    """206 with Content-Range; the parts of one clip have one strong ETag."""
    whole, part = clip_answer(CLIP, request()), clip_answer(CLIP, request(range="bytes=10-19"))
    assert (part.status_code, part.body) == (206, CLIP[10:20])
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert part.headers["etag"] == whole.headers["etag"]
    assert part.headers["etag"].startswith('"')
    assert whole.headers["accept-ranges"] == "bytes"


def test_if_range_goes_on_only_with_the_same_clip() -> None:
    """The same ETag: the part. Another one, a weak one or a date: the whole clip."""
    etag = clip_answer(CLIP, request()).headers["etag"]
    assert clip_answer(CLIP, request(range="bytes=90-", if_range=etag)).status_code == 206
    for other in ('"other"', f"W/{etag}", "Mon, 23 Nov 2026 12:00:00 GMT"):
        answer = clip_answer(CLIP, request(range="bytes=90-", if_range=other))
        assert (answer.status_code, answer.body) == (200, CLIP)


def test_head_has_no_ranges() -> None:
    """RFC 9110, 14.2: Range is defined for GET alone."""
    assert clip_answer(CLIP, request("HEAD", range="bytes=0-1")).status_code == 200


def test_a_range_beyond_the_end_is_a_416() -> None:
    """Nothing of what was asked for is there."""
    with pytest.raises(RefusalError) as refused:
        clip_answer(CLIP, request(range="bytes=100-"))
    assert refused.value.status == 416


@pytest.mark.parametrize(
    "host",
    [
        "studio.test",
        "studio.test:80",
        "127.0.0.1:9",
        "[::1]:8765",
        "localhost",
        "a-b.c1.example:65535",
    ],
)
def test_an_address_is_the_one_that_was_reached(host: str) -> None:
    """A Host header that is a host begins the clip's address."""
    assert origin_of(request(host=host)) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a/../b", "user@evil.test", "evil.test#", "evil.test?x=", "a:99999", "a:b", "a:",
     "..", "-a", "a..b", '"><script>', "a\x00", "[::1", "é.test", "a" * 300],
)  # fmt: skip
def test_a_host_that_is_none_is_left_out(host: str) -> None:
    """Then the address is the server's own."""
    assert origin_of(request(host=host)) == "http://127.0.0.1:8765"


@given(task_id=st.text(), expires=st.text(), signature=st.text(), unix_time=st.floats(0, 4e9))
def test_only_what_was_signed_is_served(
    task_id: str, expires: str, signature: str, unix_time: float
) -> None:
    """Any other query is a 403, `expires` that is no number included."""
    with pytest.raises(RefusalError) as refused:
        Signer().check(task_id, {"expires": expires, "signature": signature}, unix_time)
    assert refused.value.status == 403
