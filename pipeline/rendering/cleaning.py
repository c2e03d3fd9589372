"""`shotmake clean`: what lies in a pass's folder and no storyboard asks for.

The choice is pure, and made by names: what isn't called as shotmake calls its files is somebody
else's. Records are the ledger of what was bought, and stay: a removed clip's record goes by a name
in `kept/`, where the plan finds it should the shot come back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.rendering.decision import UNDER_WAY, clip_is_there
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.events import Moved, Renamed
from pipeline.rendering.kept import free_name
from pipeline.rendering.layout import is_film, is_ours
from pipeline.rendering.records import KEPT, State, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.rendering.board import Board
    from pipeline.rendering.events import Event
    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Plan
    from pipeline.storyboard.shots import Storyboard


@dataclass(frozen=True, slots=True)
class Unasked:
    """A file that nobody asks for, `path` relative to the folder. `is_clip`: whole, and no leftover
    of one. `returns`: a task on record could bring it back.
    """

    path: str
    bytes: int
    reason: str
    is_clip: bool = True
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What must stay: by the keys of takes, by shots whose takes are undecided, by the paths of
    clips that a run would make use of. Empty for a pass that there is no more.
    """

    takes: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    gone: str = "no shot asks for it"
    """Why somebody may do without the others."""

    def includes(self, key: str) -> bool:
        """Whether a take's clip must stay."""
        return key in self.takes or key.partition(".")[0] in self.undecided


NOTHING = Asked(gone="the storyboard has no such pass any more")


@dataclass(frozen=True, slots=True)
class Litter:
    """What there is to remove: at the top of the folder, and in `kept/`."""

    top: list[Unasked] = field(default_factory=list)
    kept: list[Unasked] = field(default_factory=list)


def asked_by(storyboard: Storyboard, plan: Plan, records: Mapping[str, Record]) -> Asked:
    """What a storyboard asks for in a pass, by a plan of all its takes on these records."""
    return Asked(
        frozenset(take.key for take in storyboard.takes),
        frozenset(each.shot for each in storyboard.undecided),
        frozenset((*_used(plan, records), *_perhaps_used(storyboard, plan, records))),
    )


def _used(plan: Plan, records: Mapping[str, Record]) -> Iterator[str]:
    """Where clips of the plan's steps lie, are taken from and are brought home to: a killed run may
    have left a current one elsewhere than at home.
    """
    for step in plan.steps:
        if step.source is not None:
            yield step.source
        for name in (step.render, *(name for move in step.moves for name in move)):
            yield f"{name}.mp4"
            record = records.get(name)
            if record is not None and record.clip is not None:
                yield record.clip.path


def _perhaps_used(
    storyboard: Storyboard, plan: Plan, records: Mapping[str, Record]
) -> Iterator[str]:
    """All clips of shots with takes whose request isn't known yet: any of them may be what is asked
    for then, as a seed's clip goes with the seed.
    """
    waiting = {s.wanted.take.shot for s in plan.steps if s.wanted and not s.wanted.digest}
    waiting |= {each.shot for each in storyboard.undecided}
    names = {
        _shot_of(out_task_id(storyboard.name, storyboard.pass_name, shot, 1, "", 1))
        for shot in waiting
    }
    for record in records.values():
        if record.clip is not None and _shot_of(record.out_task_id) in names:
            yield record.clip.path


def _shot_of(key: str) -> str:
    """The shot, as it stands for people in the key of a purchase, which ends `.t1.a1.<hash>`."""
    return key.rsplit(".", 3)[0]


def litter(
    asked: Asked,
    records: Mapping[str, Record],
    clips: Mapping[str, int],
    leftovers: Mapping[str, int],
) -> Litter:
    """Choose, by the sizes of what is there."""
    found = Litter()
    speakers = {r.clip.path: r for r in records.values() if r.clip and clip_is_there(r, clips.get)}
    for path, size in sorted(clips.items()):
        name = path.removesuffix(".mp4")
        open_task = state_of(records.get(name)) in UNDER_WAY
        if path in asked.paths or open_task or not is_ours(path):
            continue
        if is_film(path, records):
            continue
        if path.startswith(KEPT):
            found.kept.append(_unasked(path, size, asked.gone, speakers.get(path)))
        elif not asked.includes(name):
            found.top.append(_unasked(path, size, asked.gone, speakers.get(path)))
    for path, size in sorted(leftovers.items()):
        said = "left behind by a run that was cut off"
        found.top.append(Unasked(path, size, said, is_clip=False))
    return found


def _unasked(path: str, size: int, reason: str, record: Record | None) -> Unasked:
    """A clip that may go; `record` is the one whose clip it is, to all appearances."""
    if path.startswith(KEPT):
        strange = path.startswith(f"{KEPT}unknown-")
        reason = "a file that lay where a clip belongs" if strange else "an earlier clip"
        if record is not None:
            reason += f", {record.out_task_id.rpartition('.')[0]}"
    returns = record is not None and record.task_id is not None
    if not returns:
        reason += "; no task is on record that could bring it back"
    return Unasked(path, size, reason, returns=returns)


def remove(board: Board, files: Sequence[Unasked]) -> None:
    """Remove files for good, once it is on record where their clips can be had.

    Raises `FolderError`. What a kill leaves of it is found by the next clean.
    """
    records = board.book.records
    taken = {*records, *(path.removesuffix(".mp4") for path in board.folder.clips())}
    events = [
        event for each in files for event in _given_up(each.path, records, taken, board.now())
    ]
    for number, event in enumerate(events, 1):
        board.book.note(event, sync=number == len(events))
    for each in files:
        board.folder.remove(each.path)


def _given_up(
    path: str, records: Mapping[str, Record], taken: set[str], at: str
) -> Iterator[Event]:
    """What is recorded before a file at the top of the folder goes: the clips that it was, and that
    its take had, belong into `kept/` from now on, and aren't there.
    """
    key = path.removesuffix(".mp4")
    if path == key or path.startswith(KEPT):
        return
    for name, record in records.items():
        lies_here = record.clip is not None and record.clip.path == path
        if name.startswith(KEPT) and lies_here:
            yield Moved(name, at, f"{name}.mp4")
        elif name == key and state_of(record) is State.COMPLETED:
            kept = free_name(record, taken)
            yield Renamed(name, at, kept)
            if record.clip is not None:
                yield Moved(kept, at, f"{kept}.mp4")
