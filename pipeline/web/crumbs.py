"""Bodies in endless tiny pieces: few bytes, and yet an hour's work to take in. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_PIECES_FREE = 2000
"""What a slow line may bring byte by byte."""
_PIECE_BYTES = 64
"""Beyond that a piece must have so many on average; a packet has over a thousand."""


@dataclass(slots=True)
class Crumbs:
    """Counts the pieces that a body comes in."""

    pieces: int = 0
    total_bytes: int = 0

    def too_many(self, piece: bytes) -> bool:
        """Take note of one more; whether no honest server would send them so small."""
        self.pieces += 1
        self.total_bytes += len(piece)
        return self.pieces > _PIECES_FREE + self.total_bytes // _PIECE_BYTES
