"""What is remembered of init images: never a wrong hash, and never a reason to fail."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rendering import cache, disk, hashes
from pipeline.rendering.hashes import StillHashes
from pipeline.rendering.layout import cache_path
from pipeline.storyboard.stills import Stills
from tests.support.status import status

SOON, LATER = 1.0, 100.0
A, B = "a" * 64, "b" * 64
LONG_AGO = status(5, 6)


def later(seconds: float = LATER) -> float:
    """The wall clock in so many seconds."""
    return time.time() + seconds


class Project:
    """A storyboard's folder with one image in it; counts how often that is inspected."""

    def __init__(self, folder: Path) -> None:
        (folder / ".git").mkdir()
        self.folder = folder
        self.outputs = folder / "outputs"
        self.outputs.mkdir()
        self.image = folder / "bowl.png"
        self.image.write_bytes(b"one")
        self.inspected = 0

    @property
    def cache(self) -> Path:
        return cache_path(self.outputs, "stills.json")

    def start(self, now: float) -> str:
        """One start of the program, at a time by the wall clock: the image's hash."""
        hashes = StillHashes(self.outputs, lambda: now)
        found = Stills(self._inspect, hashes).find(self.image.name, self.folder)
        hashes.save()
        return getattr(found, "sha256", repr(found))

    def _inspect(self, _path: Path) -> None:
        self.inspected += 1

    def rewrite(self, content: bytes, times_ns: tuple[int, int]) -> None:
        """Other content under the same name, inode and time of content."""
        with self.image.open("r+b") as file:
            file.write(content)
        os.utime(self.image, ns=times_ns)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_unchanged_image_is_read_once(project: Project) -> None:
    """The next start neither decodes nor reads it: what it says is what was written down."""
    assert project.start(later()) == sha256(b"one")
    assert project.start(later()) == sha256(b"one")
    assert project.inspected == 1
    text = project.cache.read_text("utf-8")
    project.cache.write_text(text.replace(sha256(b"one"), A), "utf-8")
    assert project.start(later()) == A


def test_an_image_changed_just_now_is_read_again(project: Project) -> None:
    """Within the tick of a coarse clock the same times may mean another content."""
    for start in range(1, 4):
        assert project.start(later(SOON)) == sha256(b"one")
        assert project.inspected == start
    assert not project.cache.exists()


def test_times_that_were_set_back_hide_nothing(project: Project) -> None:
    """The same size and time of content, and yet another one: the time of the status tells."""
    found = project.image.stat()
    project.start(later())
    project.rewrite(b"two", (found.st_atime_ns, found.st_mtime_ns))
    assert project.image.stat().st_mtime_ns == found.st_mtime_ns
    assert project.image.stat().st_size == found.st_size
    assert project.start(later()) == sha256(b"two")


def test_a_touched_image_has_the_same_hash(project: Project) -> None:
    """It is read again, as one can't know; and then it is remembered again."""
    project.start(later())
    os.utime(project.image, (1, 1))
    assert [project.start(later()), project.start(later())] == [sha256(b"one")] * 2
    assert project.inspected == 2


def test_an_image_edited_while_it_is_read_is_not_remembered(tmp_path: Path) -> None:
    """Of two halves of two images there is no hash worth keeping."""

    class Edited(Project):
        def _inspect(self, path: Path) -> None:
            super()._inspect(path)
            self.image.write_bytes(b"two and more" if self.inspected == 1 else b"three")

    project = Edited(tmp_path)
    project.start(later())
    assert not project.cache.exists()


def remember(outputs: Path, names: list[str], sha256: str = A) -> StillHashes:
    """One start that reads images of these names; they were last changed long ago."""
    memory = StillHashes(outputs, lambda: 1e9)
    for name in names:
        if memory.known(Path(name), LONG_AGO) is None:
            memory.learned(Path(name), LONG_AGO, sha256)
    memory.save()
    return memory


def recall(outputs: Path, name: str) -> str | None:
    """What the next start knows."""
    return StillHashes(outputs, lambda: 1e9).known(Path(name), LONG_AGO)


def test_what_is_not_used_stays_while_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of too many, those of this start are kept and of the others those used last."""
    monkeypatch.setattr(hashes, "ENTRIES_MAX", 4)
    remember(tmp_path, ["a", "b", "c"])
    remember(tmp_path, ["d"])
    assert [recall(tmp_path, name) for name in "abcd"] == [A] * 4
    remember(tmp_path, ["e", "c"])
    assert [recall(tmp_path, name) for name in "abcde"] == [A, None, A, A, A]


def test_nothing_new_is_nothing_written(tmp_path: Path) -> None:
    """Not so much as the file's time."""
    remember(tmp_path, ["a"])
    path = cache_path(tmp_path, "stills.json")
    os.utime(path, (1, 1))
    remember(tmp_path, ["a"])
    assert path.stat().st_mtime == 1
    remember(tmp_path, ["b"])
    assert path.stat().st_mtime != 1


def test_where_there_are_no_outputs_none_are_made(tmp_path: Path) -> None:
    """`plan` and `check` leave no traces in a fresh clone."""
    remember(tmp_path / "outputs", ["a"])
    assert not list(tmp_path.iterdir())


def test_git_is_told_to_leave_it_out(tmp_path: Path) -> None:
    """It names files of this machine. What somebody else tells git is left as it is."""
    remember(tmp_path, ["a"])
    ignore = cache_path(tmp_path, ".gitignore")
    assert ignore.read_text("utf-8") == "*\n"
    ignore.write_text("mine")
    remember(tmp_path, ["b"])
    assert ignore.read_text("utf-8") == "mine"


def test_names_that_are_no_text_are_remembered(tmp_path: Path) -> None:
    """A file's name is bytes."""
    name = os.fsdecode(b"/caf\xe9 \xff.png")
    remember(tmp_path, [name])
    assert recall(tmp_path, name) == A


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_file_only_costs_time(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever it holds, what is read from it is a hash or nothing; and it is mended."""
    outputs = tmp_path_factory.mktemp("outputs")
    remember(outputs, ["a", "b"])
    path = cache_path(outputs, "stills.json")
    document: Any = json.loads(path.read_bytes())
    where = data.draw(st.sampled_from(["all", "bytes", "stills", "entry", "field"]))
    damage = data.draw(JSON)
    if where == "stills":
        document["stills"] = damage
    elif where == "entry":
        document["stills"]["a"] = damage
    elif where == "field":
        fields = document["stills"]["a"]
        fields[data.draw(st.sampled_from(sorted(fields)))] = damage
    content = json.dumps(damage if where == "all" else document).encode()
    path.write_bytes(data.draw(st.binary()) if where == "bytes" else content)
    assert recall(outputs, "a") in {None, A}
    assert recall(outputs, "b") in {None, A}
    remember(outputs, ["a", "b"])
    assert [recall(outputs, "a"), recall(outputs, "b")] == [A, A]


@pytest.mark.parametrize(
    "content",
    [b"", b"[" * 1_000_000, b'{"a":' * 1_000_000, b"9" * 100_000, b" " * (cache.BYTES_MAX + 1)],
)
def test_a_file_made_to_harm_only_costs_time(tmp_path: Path, content: bytes) -> None:
    """Neither depth nor size nor long numbers are an error."""
    path = cache_path(tmp_path, "stills.json")
    path.parent.mkdir()
    path.write_bytes(content)
    assert recall(tmp_path, "a") is None
    remember(tmp_path, ["a"])
    assert recall(tmp_path, "a") == A


def test_links_that_were_planted_lead_nowhere(tmp_path: Path) -> None:
    """Not the file, nor its folder, nor the neighbour that is renamed over it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = outside / "stills.json"
    remember(tmp_path / "outside", ["a"], B)
    precious.write_bytes(cache_path(outside, "stills.json").read_bytes())
    before = precious.read_bytes()
    for planted in ("file", "folder", "neighbour"):
        outputs = tmp_path / planted
        outputs.mkdir()
        path = cache_path(outputs, "stills.json")
        if planted == "folder":
            path.parent.symlink_to(outside, target_is_directory=True)
        else:
            path.parent.mkdir()
            link = path if planted == "file" else path.with_name("stills.json.new")
            link.symlink_to(precious)
        assert recall(outputs, "a") is None
        remember(outputs, ["a"])
        assert recall(outputs, "a") == (None if planted == "folder" else A)
        assert precious.read_bytes() == before
        assert sorted(entry.name for entry in outside.iterdir()) == [".cache", "stills.json"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "file for a folder"])
def test_what_lies_in_the_way_is_left_there(tmp_path: Path, kind: str) -> None:
    """It is not waited for, either: nobody will ever write into that pipe."""
    path = cache_path(tmp_path, "stills.json")
    if kind == "file for a folder":
        path.parent.write_bytes(b"mine")
    else:
        path.parent.mkdir()
        (path / "mine").mkdir(parents=True) if kind == "folder" else os.mkfifo(path)
    assert recall(tmp_path, "a") is None
    remember(tmp_path, ["a"])
    assert recall(tmp_path, "a") == (A if kind == "pipe" else None)


@pytest.mark.parametrize("call", ["make_folder", "replace", "read"])
def test_a_disk_that_refuses_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Read-only, full, or broken."""

    def refuses(*_args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    remember(tmp_path, ["a"])
    monkeypatch.setattr(disk, call, refuses)
    assert recall(tmp_path, "a") == (None if call == "read" else A)
    remember(tmp_path, ["b"])
    monkeypatch.undo()
    assert recall(tmp_path, "b") == (A if call == "read" else None)
