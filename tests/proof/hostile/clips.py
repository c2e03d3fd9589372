"""What a clip's host may send in place of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.proof.hostile.answer import Answer, http, mutated
from tests.proof.hostile.places import PLACES, of_redirects, of_refusals
from tests.proof.hostile.wires import of_wires

if TYPE_CHECKING:
    from collections.abc import Iterator


def clip_answers(clip: bytes) -> Iterator[Answer]:
    """The same for a clip's host; `clip` is one that would do."""
    for place in PLACES:
        yield Answer(f"video_url {place[:60]!r}", url=place)
    yield from of_redirects((301, 302, 303, 307, 308))
    yield from of_refusals()
    mp4 = "Content-Type: video/mp4"
    yield from of_wires(clip)
    for cut in range(40):
        yield Answer(f"clip cut at {cut}/40", http(clip[: len(clip) * cut // 40], "200 OK", mp4))
    for label, body in (
        ("nothing", b""),
        ("a page", b"<html>\x1b[2J</html>"),
        ("zeros", b"\0" * 100_000),
        ("a PNG", b"\x89PNG\r\n\x1a\n" + b"\0" * 64),
        ("a playlist", b"#EXTM3U\n#EXTINF:1,\nhttp://@SNIFFER@/x.ts\n"),
        ("a concat script", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("an SDP", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n"),
        (
            "a DASH manifest",
            b'<?xml version="1.0"?><MPD><BaseURL>http://@SNIFFER@/</BaseURL></MPD>',
        ),
        ("boxes of size 0", b"\0\0\0\0ftyp" * 1000),
        ("a box of 2**63", b"\0\0\0\x01moov\x7f" + b"\xff" * 7 + b"\0" * 99),
        ("boxes in boxes", b"\0\0\xff\xffmoov" * 8000),
        ("two clips", clip + clip),
        ("over the cap", b"\0" * (9 * 1024 * 1024)),
    ):
        yield Answer(f"clip: {label}", http(body, "200 OK", mp4))
    for name in (b"mvhd", b"tkhd", b"mdhd", b"avc1", b"stsz", b"stco", b"stts", b"stsc", b"elst"):
        for at in (4, 8, 12, 16, 20, 24, 28, 76, 80):
            for what in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"):
                begin = clip.find(name) + at
                body = clip[:begin] + what + clip[begin + 4 :]
                yield Answer(
                    f"clip: {name.decode()}+{at} = {what.hex()}", http(body, "200 OK", mp4)
                )


def clip_mutations(clip: bytes, count: int, seed: int) -> Iterator[Answer]:
    """Clips with a few bytes changed, by a seed."""
    for number in range(count):
        body = mutated(clip, number, seed)
        yield Answer(f"clip mutation {number} of seed {seed}", http(body, "200 OK"))
