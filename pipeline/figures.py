"""How figures are written for people: credits, counts, sizes, times."""

from __future__ import annotations


def credits_text(credits: float | None, *, estimated: bool = False) -> str:
    """`0.18`, `≈ 0.18` for an estimate, `unknown` for what nobody knows."""
    if credits is None:
        return "unknown"
    exact = f"{credits:.4f}".rstrip("0")
    shown = max(exact, f"{credits:.2f}", key=len)  # cents at least, and nothing rounded away
    return f"≈ {shown}" if estimated else shown


def count_text(number: int, one: str, many: str = "") -> str:
    """`1 shot`, `3 shots`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def size_text(size_bytes: int) -> str:
    """`12.3 MB`, as file managers have it: by thousands."""
    if size_bytes < 1000:
        return count_text(size_bytes, "byte")
    size, units = size_bytes / 1000, ["kB", "MB", "GB", "TB"]
    while size >= 999.95 and len(units) > 1:
        size /= 1000
        del units[0]
    return f"{size:.1f} {units[0]}"


def took_text(seconds: float | None) -> str:
    """`1.9 s`, `42 s`, `12 min`, `2.0 h`; empty for what isn't known."""
    if seconds is None:
        return ""
    if seconds < 600:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def clock_text(seconds: int) -> str:
    """`1:05`, `1:00:05`: a place in the film."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def length_text(seconds: float) -> str:
    """`38.0 s`, `2:05 min`: how long a film is."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min"
