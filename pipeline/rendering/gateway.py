"""One provider as a run sees it: its client, its models, and how images get there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.media.frames import frame_png
from pipeline.media.stills import data_url
from pipeline.rendering.chain import words
from pipeline.rendering.digest import request_fields
from pipeline.rendering.disk import guarded
from pipeline.storyboard.catalog import frame_size
from pipeline.storyboard.shots import Frame, FrameOf, Still
from pipeline.tasks_api.wire import encode_body, encode_submit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.storyboard.catalog import Model
    from pipeline.storyboard.shots import Request
    from pipeline.tasks_api.cadence import Window
    from pipeline.tasks_api.client import TasksClient
    from pipeline.tasks_api.download import Downloads

_BODY_BYTES_MAX = 1024 * 1024 - 1
"""Over 1 MiB gets 413 (tasks-api.md, "Submit")."""

_PICTURES_MAX = 4

_ANY_KEY = "k" * 64
"""As long as a key can be: the image must not depend on the attempt that it is sent with."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """`downloads` fetches clips; `own_cadence` replaces every model's (the studio's).
    `free`: nothing is ever billed here.
    """

    provider: str
    client: TasksClient
    downloads: Downloads
    models: Mapping[str, Model]
    own_cadence: Sequence[Window] = ()
    free: bool = False
    _pictures: dict[str, bytes] = field(default_factory=dict, repr=False)
    """PNGs by the digests that they should have."""

    def cadence(self, model: str) -> Sequence[Window]:
        """How often this model's tasks are asked about; empty where nobody knows the model."""
        known = self.models.get(model)
        return self.own_cadence or (known.cadence if known else ())

    def typical_seconds(self, model: str, duration: int) -> float:
        """How long such a clip is likely to take, as published; 0 where nobody knows the model.
        What is drawn here takes as long as it is.
        """
        if self.free:
            return float(duration)
        known = self.models.get(model)
        return known.typical_latency_seconds(duration) if known else 0.0

    def image(self, request: Request) -> str | None:
        """The init image as it is sent: a URL, `data:` for a local still. Raises `MediaError`."""
        match request.init_image:
            case Still() as still:
                name, content = still.name, _file(still)
            case Frame() as still:
                name, content = words(still.of), self._picture(still)
            case FrameOf():  # pragma: no cover - such a request has no digest, and no step
                raise MediaError("the frame that it begins with is not known yet")
            case url:
                return url
        if hashlib.sha256(content).hexdigest() != still.sha256:
            # What was planned and recorded is another request than this one would be.
            raise MediaError(f"{name}: changed during the run, so it was not sent; run again")
        bare = encode_body(encode_submit(request_fields(request), _ANY_KEY, ""))
        room = _BODY_BYTES_MAX - len(bare)
        try:
            return data_url(content, frame_size(request.aspect, request.resolution), room)
        except MediaError as error:
            raise MediaError(f"{name}: {error}") from error

    def _picture(self, frame: Frame) -> bytes:
        """The frame's PNG. The last ones are kept: many shots may begin with one and the same."""
        if frame.sha256 not in self._pictures:
            while len(self._pictures) >= _PICTURES_MAX:
                del self._pictures[next(iter(self._pictures))]
            with guarded(frame.clip):
                self._pictures[frame.sha256] = frame_png(frame.clip, frame.of.frame)
        return self._pictures[frame.sha256]


def _file(still: Still) -> bytes:
    try:
        return still.path.read_bytes()
    except OSError as error:
        raise MediaError(f"{still.name}: can't be read ({error.strerror})") from error
