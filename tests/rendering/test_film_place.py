"""Where a film of a folder's clips lies: never where a clip lies, or is to lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.rendering.folder import Folder
from pipeline.rendering.layout import is_film
from pipeline.rendering.records import Clip, Record, Status


def record(path: str | None) -> Record:
    """A record of a clip there, or of none."""
    clip = None if path is None else Clip(path, "0" * 64, 1, 1.0, 2, 2)
    return Record(Status.COMPLETED, "d" * 64, {}, "film.draft.cut.t1.a1.x", 1, "studio", clip=clip)


@pytest.mark.parametrize(
    ("takes", "records", "name"),
    [
        ([], {}, "cut.mp4"),
        (["pour", "cut.t2", "cut-2", "haircut"], {"pour": record("pour.mp4")}, "cut.mp4"),
        (["pour", "cut"], {}, "film.cut.mp4"),
        (["CUT"], {}, "film.cut.mp4"),
        ([], {"cut": record(None)}, "film.cut.mp4"),
        ([], {"kept/012345678901": record("cut.mp4")}, "film.cut.mp4"),
        ([], {"kept/012345678901": record("Cut.mp4")}, "film.cut.mp4"),
        ([], {"kept/012345678901": record("kept/012345678901.mp4")}, "cut.mp4"),
    ],
)
def test_a_film_keeps_out_of_the_way(
    takes: list[str], records: dict[str, Record], name: str
) -> None:
    """Of takes that are asked for, of records by name, and of clips that lie there by any record;
    on a disk that knows no case, too."""
    assert Folder(Path("out"), "film", "draft").cut_path(takes, records).name == name


def test_a_film_is_told_from_a_clip() -> None:
    """By the records alone: nobody has to open it."""
    assert is_film("cut.mp4", {})
    assert is_film("cut.mp4", {"cut": record(None)})
    assert not is_film("cut.mp4", {"kept/012345678901": record("cut.mp4")})
    assert not is_film("pour.mp4", {})
