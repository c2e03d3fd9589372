"""Checks a storyboard: every violation at once, each with its place, its limit and a remedy.

A shot's request is made of layers: defaults, then the shot, then the pass, then what the shot says
for that pass, the later ones winning, and null taking a field away. Each shot is checked as it
stands and once for every pass; a value is reported where its author wrote it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.boards import BoardReader
from pipeline.storyboard.chains import ChainReader, is_frame
from pipeline.storyboard.choosing import layers
from pipeline.storyboard.fragments import STYLE, FragmentError
from pipeline.storyboard.layers import Layer
from pipeline.storyboard.messages import fault_message
from pipeline.storyboard.names import listed
from pipeline.storyboard.scalars import UNREADABLE
from pipeline.storyboard.shot_list import ShotReader
from pipeline.storyboard.stills import StillError
from pipeline.storyboard.take_list import TakeReader
from pipeline.storyboard.takes import TAKE_FIELDS
from pipeline.storyboard.violation import Findings, Violation

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.storyboard.boards import Board
    from pipeline.storyboard.catalog import Catalog, Model
    from pipeline.storyboard.fields import Rules
    from pipeline.storyboard.layers import Shot
    from pipeline.storyboard.places import Map, Place
    from pipeline.storyboard.shot_list import OpenTable
    from pipeline.storyboard.stills import Stills

__all__ = ["Findings", "Validator", "Violation", "merged"]

MAX_BODY_BYTES: Final = 1024 * 1024
"""What the provider takes in one request (tasks-api.md, 413)."""

MAX_PROMPT_BYTES: Final = MAX_BODY_BYTES - 4096
"""The rest of the body is left for the other fields."""

MAX_PROMPTS_LETTERS: Final = 64 * 1024 * 1024
"""What all prompts of a file may come to: fragments could multiply it without end."""

_MOST_BYTES_A_CHARACTER: Final = 6
"""In JSON: a control character is escaped as \\u0000."""

_EXAMPLES: Final = {
    "duration": "duration: 4",
    "prompt": "prompt: …",
    "model": "model: veo-3.1-fast",
}
_ELSE: Final = {
    "duration": ", or under `defaults:` for all shots",
    "model": ", or at the top of the file for all shots",
}
_NOT_SENT: Final = TAKE_FIELDS | {"id", "pick", "passes"}
"""Keys that stand among a shot's fields, and are no part of a request."""

_AS_IT_STANDS: Final = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """One shot in one pass, or (with an empty name) as it stands."""

    board: Board
    shot: Shot
    pass_name: str

    @property
    def of_pass(self) -> list[Layer]:
        """What the pass itself says."""
        return layers(self.board, self.shot, self.pass_name)[2:]

    def origin(self, field: str) -> Layer | None:
        """The layer that has the last word on a field."""
        for layer in reversed(layers(self.board, self.shot, self.pass_name)):
            if field in layer.values:
                return layer
        return None

    def context(self, origin: Layer) -> str:
        """Where a value meets the model, when that is not where it stands."""
        notes = []
        of_shot = [self.shot.layer, *self.shot.passes.values()]
        if origin not in of_shot and "model" in self.shot.layer.values:
            notes.append(f"shot {self.shot.id}" if self.shot.id else self.shot.layer.path)
        if self.of_pass and origin not in self.of_pass:
            notes.append(f"pass {self.pass_name}")
        return f" (in {', '.join(notes)})" if notes else ""


def _says_frame(layer: Layer) -> bool:
    return is_frame(layer.values.get("init_image"))


def merged(board: Board, shot: Shot, pass_name: str) -> dict[str, Any]:
    """A shot's fields in a pass, `model` among them, without those that are unset or not sent."""
    values: dict[str, Any] = {}
    if "model" in board.root:
        values["model"] = board.root["model"]
    for layer in layers(board, shot, pass_name):
        values.update(layer.values)
    return {k: v for k, v in values.items() if v is not None and k not in _NOT_SENT}


class Validator:
    """Checks one storyboard after its document was read."""

    def __init__(
        self, findings: Findings, catalog: Catalog, rules: Rules, stills: Stills, folder: Path
    ) -> None:
        self._findings = findings
        self._catalog = catalog
        self._rules = rules
        self._stills = stills
        self._folder = folder
        self._reader = BoardReader(findings, catalog, rules)
        self._seen: set[tuple[str, Place, str]] = set()
        self._foreign_at: set[tuple[str, Place]] = set()
        self._lacking: dict[str, list[Shot]] = {}
        self._prompts_letters = 0

    def check(self, root: Map, open_table: OpenTable) -> Board:
        """Reads and checks the whole board."""
        board = self._reader.read(root)
        board.shots = ShotReader(board, self._reader, open_table).read()
        variants = [_AS_IT_STANDS]
        variants += [
            name
            for name in board.pass_names
            if (name in board.passes and board.passes[name].values)
            or any(name in shot.passes for shot in board.shots)
        ]
        for shot in board.shots:
            for name in variants:
                self._check(_Case(board, shot, name))
        self._note_lacking(board)
        self._check_unjudged(board)
        unknown = TakeReader(board, self._reader).check()
        self._check_frames(board, unknown)
        self._check_style(board)
        return board

    def _check(self, case: _Case) -> None:
        values = merged(case.board, case.shot, case.pass_name)
        name = values.pop("model", None)
        if name is None:
            self._lack("model", case)
        if not isinstance(name, str) or name not in self._catalog:
            return
        model = self._catalog[name]
        limits = model.fields["properties"]
        if is_frame(values.get("init_image")):
            del values["init_image"]  # judged once all shots are known
        for field, value in values.items():
            if field in limits:
                self._judge(field, value, case, model)
            else:
                self._foreign(field, case, model)
        for field in model.fields.get("required", ()):
            if field not in values:
                self._lack(field, case)
        for fault in self._rules.whole_faults(name, values):
            case.shot.layer.note_lack(f"{name}: {fault.message}")

    def _judge(self, field: str, value: Any, case: _Case, model: Model) -> None:
        if faults := self._rules.faults(model.name, field, value):
            message = fault_message(field, value, faults, model, self._catalog)
            self._add(field, message, case, model)
        elif field in {"prompt", "init_image"}:
            self._content(field, value, case)

    def _add(self, field: str, message: str, case: _Case, model: Model | None = None) -> None:
        """Notes a fault where the value was written, once; says for which model it is one."""
        layer = case.origin(field)
        if layer is None:
            return
        known = (*layer.spot(field), message)
        if known not in self._seen:
            self._seen.add(known)
            context = case.context(layer) if model is not None and model.name in message else ""
            layer.note(field, message + context)

    def _foreign(self, field: str, case: _Case, model: Model) -> None:
        """A field of another model's; an unknown one is noted as such by the reader."""
        layer, of_pass = case.origin(field), case.of_pass
        owners = [m.name for m in self._catalog.values() if field in m.fields["properties"]]
        if not owners or layer is None:
            return
        if not of_pass:
            self._foreign_at.add(layer.spot(field))
        elif layer.spot(field) in self._foreign_at:
            return  # to be removed anyway, so it needs no second remedy
        remedy = "remove it"
        if of_pass and layer not in of_pass:
            remedy = f"for this pass write `{field}: null` under {of_pass[0].path}"
        elif layer is case.board.defaults:
            remedy = f"remove it, or write `{field}: null` in the shots that are on {model.name}"
        others = f"only {owners[0]} does" if len(owners) == 1 else f"{listed(owners)} do"
        message = f"{model.name} takes no {field} ({others}); {remedy}"
        self._add(field, message, case, None if of_pass else model)

    def _content(self, field: str, value: Any, case: _Case) -> None:
        """What a schema can't say: is there such a file, does the prompt fit into a request."""
        if value is UNREADABLE:
            return
        if field == "init_image":
            found = self._stills.find(value, self._folder)
            if isinstance(found, StillError):
                self._add(field, str(found), case)
            return
        try:
            prompt = case.board.fragments.expand(value)
        except FragmentError as error:
            self._add(field, str(error), case)
            return
        if prompt is not value:
            self._bound(len(prompt), case)
            if not prompt.strip():
                self._add(field, "with its fragments put in, the prompt is blank", case)
        if len(prompt) * _MOST_BYTES_A_CHARACTER > MAX_PROMPT_BYTES:
            size = len(json.dumps(prompt, ensure_ascii=False).encode())
            if size > MAX_PROMPT_BYTES:
                message = (
                    f"the prompt takes {size:,} bytes, and a request has room for "
                    f"{MAX_PROMPT_BYTES:,}; shorten it"
                )
                self._add(field, message, case)

    def _bound(self, letters: int, case: _Case) -> None:
        before = self._prompts_letters
        self._prompts_letters = before + letters
        if before <= MAX_PROMPTS_LETTERS < self._prompts_letters:
            megabytes = MAX_PROMPTS_LETTERS // 1024 // 1024
            self._add(
                "prompt",
                f"from here on the fragments make more than {megabytes} MB of prompts; "
                "shorten them, or split the storyboard",
                case,
            )

    def _lack(self, field: str, case: _Case) -> None:
        layer = case.origin(field)
        if layer is not None:
            whole = layers(case.board, case.shot, case.pass_name)
            below = whole[: whole.index(layer)]
            message = (
                f"null takes the {field} away, and every shot needs one; "
                "write one, or remove the line"
                if any(other.values.get(field) is not None for other in below)
                else f"the {field} has no value, and every shot needs one; write it here"
            )
            self._add(field, message, case)
        elif not case.of_pass and not (field == "model" and "model" in case.board.root):
            self._lacking.setdefault(field, []).append(case.shot)

    def _note_lacking(self, board: Board) -> None:
        """Names each shot that lacks a field; where all of them do, the board."""
        for field, shots in self._lacking.items():
            example = _EXAMPLES.get(field, f"{field}: …")
            everywhere = len(shots) == len(board.shots)
            if field == "model" and everywhere:
                message = f"no model is named; write `{example}` at the top of the file"
                self._findings.add(board.root.place, "", message)
            elif field == "duration" and everywhere and len(shots) > 1:
                message = f"no shot has a duration; for all of them write `defaults: {{{example}}}`"
                self._findings.add(board.root.place, "", message)
            else:
                message = f"the shot has no {field}; write `{example}` in it{_ELSE.get(field, '')}"
                for shot in shots:
                    shot.layer.note_lack(message)

    def _check_unjudged(self, board: Board) -> None:
        """Values that no known model has judged: still not anything may stand there."""
        judged = [board.defaults, *board.passes.values()]
        for shot in board.shots:
            model = shot.layer.values.get("model", board.root.get("model"))
            if not isinstance(model, str) or model not in self._catalog:
                judged += [shot.layer, *shot.passes.values()]
        for layer in judged:
            for field, value in layer.values.items():
                skipped = field in _NOT_SENT or (field == "init_image" and is_frame(value))
                if value is not None and not skipped and not layer.is_noted(field):
                    self._reader.check_value(layer, field)

    def _check_frames(self, board: Board, unknown: set[str]) -> None:
        """Shots that begin with a frame of another one, in every pass; `unknown` are those whose
        takes can't be told.
        """
        chains, names = ChainReader(board, self._reader, unknown), board.pass_names
        everywhere = any(map(_says_frame, (board.defaults, *board.passes.values())))
        for shot in board.shots:
            own = (shot.layer, *shot.passes.values())
            if not (everywhere or any(map(_says_frame, own))):
                continue
            for name in names:
                layer = _Case(board, shot, name).origin("init_image")
                if layer is not None and is_frame(layer.values["init_image"]):
                    chains.add(shot, name, layer)
        chains.note_circles()

    def _check_style(self, board: Board) -> None:
        """A style that no prompt has would be paid for without."""
        fragments = board.fragments
        if STYLE in fragments.texts and STYLE not in fragments.used and not self._findings:
            message = "no prompt has it; write {style} where it belongs, or remove it"
            Layer("", board.root, self._findings).note(STYLE, message)
