"""Whether a clip's coded pictures can stand in one track with another clip's, just as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.video.stream import VideoStream

_CODECS: Final = frozenset({"h264", "hevc", "av1"})
_SETS: Final = {"h264": {7, 8, 13, 15}, "hevc": {32, 33, 34}}
"""Types of NAL units that say how pictures are coded (ITU-T H.264, table 7-1; H.265, table 7-1)."""

_FRESH: Final = {"h264": {5}, "hevc": {19, 20}}
"""Types of the pictures at which a decoder forgets all others: IDR."""

_AMID: Final = "begins amid a group of pictures"

_SIZE_AT: Final = {"h264": 4, "hevc": 21}
"""Which byte of the parameters has the length of a NAL unit's length (ISO/IEC 14496-15)."""


class Seams:
    """Is shown a clip's coded pictures in the order of decoding. `hitch` says why they can't be
    joined to others, to stand behind the clip's name, or is empty.

    Two IDR pictures in a row are told apart by their idr_pic_id alone (H.264, 7.4.1.2.4), and so
    two clips mustn't meet in the same one. `first_idr` and `last_idr` are those of the first and
    the last picture, where these are IDR pictures: of equal length at least, if they are equal.
    """

    def __init__(self, codec: str, parameters: bytes) -> None:
        self.hitch = "" if codec in _CODECS else f"is coded as {codec}"
        self.first_idr: int | None = None
        self.last_idr: int | None = None
        self._codec = codec
        self._parameters = parameters
        self._first = True

    def look(self, packet: Packet[VideoStream]) -> None:
        """The next coded picture."""
        if self.hitch:
            return
        if packet.is_discard:
            self.hitch = "has an edit list that leaves pictures away"
        elif packet.has_sidedata("new_extradata"):
            self.hitch = "changes its coding midway"
        elif self._codec in _SETS:
            try:
                self._look_within(bytes(packet))
            except (IndexError, ValueError):
                self.hitch = "is no MP4 by the book"
        elif self._first and not packet.is_keyframe:
            self.hitch = _AMID
        self._first = False

    def _look_within(self, content: bytes) -> None:
        fresh = None
        for unit in self._units(content):
            kind = unit[0] & 0x1F if self._codec == "h264" else unit[0] >> 1 & 0x3F
            if kind in _FRESH[self._codec]:
                fresh = unit
            # It would count for the clips behind this one, too.
            if kind in _SETS[self._codec] and unit not in self._parameters:
                self.hitch = "has parameters of its coding among its pictures"
        self.last_idr = _idr_length(fresh) if fresh and self._codec == "h264" else None
        if self._first:
            self.first_idr = self.last_idr
            self.hitch = self.hitch or ("" if fresh else _AMID)

    def _units(self, content: bytes) -> Iterator[bytes]:
        """The NAL units of a coded picture. Raises `IndexError` where it isn't made of them."""
        size = (self._parameters[_SIZE_AT[self._codec]] & 3) + 1
        at = 0
        while at < len(content):
            begin = at + size
            at = begin + int.from_bytes(content[at:begin], "big")
            if not begin < at <= len(content):
                raise IndexError
            yield content[begin:at]


def _idr_length(unit: bytes) -> int:
    """How many zeros stand before the first one of an IDR picture's idr_pic_id, and of frame_num
    before that, which is all zeros and as long everywhere (H.264, 7.3.3).
    """
    begin = unit[1:24].replace(b"\0\0\3", b"\0\0")  # without what keeps start codes out
    bits = "".join(f"{byte:08b}" for byte in begin)
    for _field in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
        zeros = bits.index("1")  # Exp-Golomb: as many bits follow the one
        bits = bits[2 * zeros + 1 :]
    return bits.index("1")
