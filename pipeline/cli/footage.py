"""Clips that a plan looks into: frames for shots that begin with one, also of other passes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import MediaError, ShotmakeError
from pipeline.media.frames import frame_png
from pipeline.rendering.book import read
from pipeline.rendering.decision import Circumstances
from pipeline.rendering.disk import guarded
from pipeline.rendering.plan import Planner
from pipeline.rendering.prices import free
from pipeline.rendering.steps import Selection

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.folder import Folder
    from pipeline.rendering.records import Clip
    from pipeline.storyboard.resolve import Loaded
    from pipeline.storyboard.shots import FrameOf, Storyboard


@dataclass(slots=True)
class OtherPasses:
    """The clips of one board, in all its passes, as they stand now."""

    loaded: Loaded
    board: Storyboard
    folder: Folder
    provider: str
    _pictures: dict[tuple[str, str], str] = field(default_factory=dict)
    """What frames were, by clip and place: many shots may begin with one and the same."""
    _planners: dict[str, Planner | str] = field(default_factory=dict)
    """By pass; or why there is none."""

    def current(self, of: FrameOf) -> Clip | str:
        """The clip that a take of another pass has now, or why it has none."""
        if of.pass_name not in self._planners:
            self._planners[of.pass_name] = self._planner(of.pass_name)
        planner = self._planners[of.pass_name]
        return planner if isinstance(planner, str) else planner.current(of.key)

    def place(self, of: FrameOf, clip: Clip) -> Path:
        """Where the clip of that take lies."""
        return self.folder.of_pass(of.pass_name).clip(clip.path)

    def picture(self, of: FrameOf, clip: Clip) -> str:
        """sha256 (hex) of the frame as PNG. Raises `MediaError`."""
        known = self._pictures.get((clip.sha256, of.frame))
        if known is not None:
            return known
        folder = self.folder.of_pass(of.pass_name)
        # By its bytes: a frame of another clip than the one on record would be paid for.
        if folder.sha256(clip.path) != clip.sha256:
            raise MediaError(f"{clip.path} is not the clip on record")
        path = folder.clip(clip.path)
        with guarded(path):
            sha256 = hashlib.sha256(frame_png(path, of.frame)).hexdigest()
        self._pictures[clip.sha256, of.frame] = sha256
        return sha256

    def _planner(self, pass_name: str) -> Planner | str:
        board = self.loaded.in_pass(self.board.name, pass_name)
        if board is None:
            return f"the board has no pass {pass_name} any more"
        folder = self.folder.of_pass(pass_name)
        try:
            records = read(folder, self.provider).records
        except ShotmakeError as error:
            return f"pass {pass_name}: {error}"
        return Planner(
            Circumstances(
                board,
                self.provider,
                records,
                folder.clips,
                folder.size,
                Selection(),
                free,
                self,
            )
        )
