"""What lies in `kept/`, as a plan uses it: each clip and each new name is given out once. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from pipeline.rendering.digest import out_task_id, shot_in_key
from pipeline.rendering.records import KEPT, WITHOUT_A_CLIP, State, state_of
from pipeline.tasks_api.wire import DUPLICATE_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Wanted
    from pipeline.storyboard.shots import Storyboard, Take

Size = Callable[[str], int | None]
"""The size of a clip in bytes, by its path; None where there is none."""

_TAKE_NUMBER = re.compile(r"\.t([0-9]{1,9})\.a[0-9]+\.[0-9a-f]+$")
"""In an `out_task_id`."""


class Kept:
    """The earlier attempts of one board's takes in one pass. It goes with records that change, as
    long as it is told which ones do.
    """

    def __init__(
        self,
        board: Storyboard,
        records: Mapping[str, Record],
        clips: Mapping[str, int],
        size: Size,
    ) -> None:
        """`clips` are those that are there now, and `size` tells when it is asked."""
        self._board = board
        self._records = records
        self._size = size
        self._taken = {*(name.removesuffix(".mp4") for name in clips), *records}
        self._strangers = {path for path in clips if path.startswith(KEPT)}
        self._names: dict[tuple[str, str], dict[str, None]] = {}
        """By digest and shot, in order; a record may be gone by now."""
        for name, record in records.items():
            self.learn(name, record)

    def learn(self, name: str, record: Record) -> None:
        """A record is new, or has changed."""
        if record.clip is not None:
            self._strangers.discard(record.clip.path)
        if name.startswith(KEPT):
            for digest in {record.digest, record.accepted} - {None}:
                key = digest or "", record.out_task_id.partition(".")[0]
                self._names.setdefault(key, {})[name] = None

    def last(self, want: Wanted) -> str | None:
        """The record of the last attempt at this request that is worth having: of this take or,
        where a seed tells them apart, of another take of its shot; what was only accepted for it
        comes behind what was rendered for it.

        Another shot's clip of an equal request is not this shot's: without a seed no two agree.
        """
        worth = {
            name: record
            for name, record in self._alike(want).items()
            if self._is_its_shots(want, record) and is_worth_having(record, self._size)
        }

        def rank(name: str) -> tuple[bool, bool, int]:
            record = worth[name]
            return record.digest == want.digest, self._owns(want, record), record.attempt

        return max(worth, key=rank, default=None)

    def of_clip(self, want: Wanted, sha256: str) -> str | None:
        """The take's own record whose clip has these bytes; best the one for this request."""
        home = f"{want.take.key}.mp4"
        alike = {
            name: record
            for name, record in self._records.items()
            if name.startswith(KEPT)
            and state_of(record) is State.COMPLETED
            and record.clip is not None
            and record.clip.sha256 == sha256
            and (record.clip.path == home or self._owns(want, record))
        }

        def rank(name: str) -> tuple[bool, bool, int]:
            record = alike[name]
            return record.is_for(want.digest), record.task_id is not None, record.attempt

        return max(alike, key=rank, default=None)

    def stranger(self, want: Wanted) -> str | None:
        """A clip named by this request that no record speaks for: its records were lost."""
        path = f"{KEPT}{want.digest[:12]}.mp4"
        if path not in self._strangers:
            return None
        self._strangers.remove(path)
        return path

    def next_attempt(self, want: Wanted, record: Record | None) -> int:
        """One more than the last known attempt of this take at this request; `record` is the one
        that isn't kept.

        A never answered one keeps its number, and so does one that was refused: should the provider
        know its key after all (a 504 that came too soon), nothing is bought.
        """
        known = [*self._alike(want).values()]
        known = [k for k in known if k.digest == want.digest and self._owns(want, k)]
        if record is not None and record.digest == want.digest:  # else it is accepted for it
            known.append(record)
        last = max(known, key=lambda r: r.attempt, default=None)
        if last is None:
            return 1
        # The provider has called the key another request's: it is of no use any more.
        spoiled = last.error is not None and last.error.code == DUPLICATE_KEY
        answered = last.task_id is not None
        return last.attempt + 1 if answered or spoiled else last.attempt

    def free_name(self, record: Record) -> str:
        """A free name for a record that gives way."""
        return free_name(record, self._taken)

    def _alike(self, want: Wanted) -> dict[str, Record]:
        """The earlier attempts at this request, of this shot or one whose name begins as its."""
        names = self._names.get((want.digest, shot_in_key(want.take.shot)), ())
        found = {name: self._records[name] for name in names if name in self._records}
        return {name: record for name, record in found.items() if record.is_for(want.digest)}

    def _owns(self, want: Wanted, record: Record) -> bool:
        return belongs(record, want.take, self._board)

    def _is_its_shots(self, want: Wanted, record: Record) -> bool:
        """Whether it was bought for this take or, where a seed tells them apart, for its shot."""
        number = _TAKE_NUMBER.search(record.out_task_id)
        if "seed" not in want.fields or number is None:
            return self._owns(want, record)
        return belongs(record, replace(want.take, number=int(number[1])), self._board)


def is_worth_having(record: Record, size: Size) -> bool:
    """Whether a record has a clip, or a task that may bring one: what was put there by hand, and is
    gone, has none.
    """
    state = state_of(record)
    if state is not State.COMPLETED or record.task_id is not None:
        return state not in WITHOUT_A_CLIP
    clip = record.clip
    return clip is not None and size(clip.path) == clip.bytes


def belongs(record: Record, take: Take, board: Storyboard) -> bool:
    """Whether a kept record is of this take, and not of another one with an equal request."""
    key = out_task_id(
        board.name, board.pass_name, take.shot, take.number, record.digest, record.attempt
    )
    return record.out_task_id == key


def free_name(record: Record, taken: set[str]) -> str:
    """A name in `kept/` for a record that gives way; it is `taken` from now on."""
    stem = KEPT + record.digest[:12]
    names = chain((stem,), (f"{stem}-{n}" for n in count(2)))
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name
