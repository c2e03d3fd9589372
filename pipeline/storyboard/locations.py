"""Files that a storyboard names: images and tables of its own project.

A storyboard lives in git and is read on other machines, so a file is named relative to the
storyboard, with `/`, and lies in the same project: the git checkout that holds the storyboard
or, without git, the folder above the storyboard's. `..` may go up as far as that, and a symbolic
link may not lead out of it: a storyboard from elsewhere must not send any file of this machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from pathlib import Path

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]|[\\/]|~")


class LocationError(ValueError):
    """A file that can't be used; the text is the whole message."""


def is_absolute(name: str) -> bool:
    """Whether it names a place on one machine only."""
    return _DRIVE.match(name) is not None


class Projects:
    """Finds files; `what` is what a message calls them: image, table."""

    def __init__(self, what: str, example: str) -> None:
        self._what = what
        self._example = example
        self._roots: dict[Path, Path] = {}

    def find(self, name: str, folder: Path) -> tuple[Path, Path]:
        """A file by the name that a storyboard in `folder` gives it: as named, and where it really
        lies. Raises `LocationError`.
        """
        if is_absolute(name):
            raise LocationError(
                f"{quoted(name, 80)} is a place on this machine only; copy the {self._what} into "
                f"the project and name it relative to this file, as in {self._example}"
            )
        if "\\" in name:
            raise LocationError(f"write / instead of \\: {name.replace(chr(92), '/')}")
        path = folder / name
        try:
            target = path.resolve()
            inside = target.is_relative_to(self._root(folder))
            missing, is_folder = not target.exists(), target.is_dir()
        except (OSError, ValueError, RuntimeError) as error:
            raise LocationError(f"{quoted(name, 80)} can't be the name of a file") from error
        if not inside:
            raise LocationError(
                f"{quoted(name, 80)} lies outside this file's project; "
                f"copy the {self._what} into it"
            )
        if missing:
            raise LocationError(f"there is no file {path.as_posix()}{_near(path)}")
        if is_folder:
            kind = f"{self._what} file" if self._what == "image" else self._what
            article = "an" if kind[0] in "aeiou" else "a"
            raise LocationError(f"{path.as_posix()} is a folder; name {article} {kind} in it")
        return path, target

    def _root(self, folder: Path) -> Path:
        if folder not in self._roots:
            home = folder.resolve()
            git = next((up for up in (home, *home.parents) if (up / ".git").exists()), None)
            self._roots[folder] = git or home.parent
        return self._roots[folder]


def _near(path: Path) -> str:
    """The file that differs only in case or ending, if there is one."""
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return ""
    for other in beside:
        if other.stem.casefold() == path.stem.casefold() and other.is_file():
            return f"; did you mean {other.name}?"
    return ""
