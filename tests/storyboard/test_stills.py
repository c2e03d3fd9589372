"""Init images from one start to the next: when a file is read, and what is remembered of it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import MediaError
from pipeline.storyboard.shots import Still
from pipeline.storyboard.stills import StillError, Stills, identity

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = "c" * 64


class Memory:
    """Knows what it is given, and notes what it is asked and told."""

    def __init__(self, sha256: str | None = None) -> None:
        self.sha256 = sha256
        self.said: list[tuple[str, str]] = []

    def known(self, path: Path, stat: os.stat_result) -> str | None:
        assert identity(stat) == identity(path.stat())
        self.said.append(("known", path.name))
        return self.sha256

    def learned(self, path: Path, stat: os.stat_result, sha256: str) -> None:
        assert identity(stat) == identity(path.stat())
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        self.said.append(("learned", path.name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with an image in it, and another name for that."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "bowl.png").write_bytes(b"a bowl")
    (tmp_path / "cup.png").symlink_to("bowl.png")
    return tmp_path


def never(path: Path) -> None:
    """An inspection that must not be."""
    raise AssertionError(path)


def test_a_known_image_is_not_read(folder: Path) -> None:
    """Nor decoded: its hash is taken as it is remembered."""
    memory = Memory(KNOWN)
    found = Stills(never, memory).find("bowl.png", folder)
    assert isinstance(found, Still)
    assert found.sha256 == KNOWN
    assert memory.said == [("known", "bowl.png")]


def test_a_good_image_is_learned_once(folder: Path) -> None:
    """Under the file's own name, whatever it is called in the storyboard."""
    memory = Memory()
    stills = Stills(lambda _path: None, memory)
    for name in ("cup.png", "bowl.png", "./bowl.png"):
        found = stills.find(name, folder)
        assert isinstance(found, Still)
        assert found.sha256 == hashlib.sha256(b"a bowl").hexdigest()
        assert found.name == name
    assert memory.said == [("known", "bowl.png"), ("learned", "bowl.png")]


def test_a_bad_image_is_not_learned(folder: Path) -> None:
    """So that the next start says the same."""

    def refuse(_path: Path) -> None:
        raise MediaError("the file is empty")

    for _start in range(2):
        memory = Memory()
        found = Stills(refuse, memory).find("bowl.png", folder)
        assert isinstance(found, StillError)
        assert str(found).endswith("bowl.png: the file is empty")
        assert memory.said == [("known", "bowl.png")]


def test_a_still_that_vanishes_is_an_error(folder: Path) -> None:
    """Between being found and being read."""

    def remove(path: Path) -> None:
        path.unlink()

    found = Stills(remove, Memory()).find("bowl.png", folder)
    assert isinstance(found, StillError)
    assert "can't be read: No such file" in str(found)


@pytest.mark.parametrize("change", ["size", "touch", "another file"])
def test_an_image_that_changes_while_it_is_read_is_not_learned(folder: Path, change: str) -> None:
    """What was inspected may not be what was hashed."""

    def edit(path: Path) -> None:
        if change == "size":
            path.write_bytes(b"a larger bowl")
        elif change == "touch":
            os.utime(path, (1, 1))
        else:
            _copy(path).replace(path)

    memory = Memory()
    assert isinstance(Stills(edit, memory).find("bowl.png", folder), Still)
    assert memory.said == [("known", "bowl.png")]


def _copy(path: Path) -> Path:
    """The same bytes with the same times in another file."""
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    found = path.stat()
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
    return copy


def test_without_a_memory_every_image_is_read(folder: Path) -> None:
    """As it was before there was one."""
    inspected: list[Path] = []
    for _start in range(2):
        Stills(inspected.append).find("bowl.png", folder)
    assert inspected == [folder / "bowl.png"] * 2
