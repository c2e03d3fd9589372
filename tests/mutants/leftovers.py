"""Safeguards of what an interrupted run, another account or a forged record leaves behind."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_INTERRUPTED = "tests/rendering/test_interrupted.py"
_KEPT = "tests/rendering/test_kept.py"
_CANCELLING = "tests/rendering/test_cancelling.py"

LEFTOVERS = (
    Safeguard(
        "digests",
        "A digest in results.json that is none, and would name files elsewhere, is not believed.",
        "rendering/foreign.py",
        '"digest": digest,',
        '"digest": text,',
        (_INTERRUPTED,),
    ),
    Safeguard(
        "names in a journal",
        "A line with a right checksum and a wrong name is not believed.",
        "rendering/foreign.py",
        '"to": render_name,',
        '"to": text,',
        (_INTERRUPTED,),
    ),
    Safeguard(
        "half-known lines",
        "After Ctrl-C within a line nothing is written behind it.",
        "rendering/journal.py",
        "the line is there\n            self._broken = True\n",
        "the line is there\n",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "room first",
        "A killed run's moves into kept/ are finished before those out of it.",
        "rendering/board.py",
        "not item[0].startswith(KEPT)):",
        "item[0].startswith(KEPT)):",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "a killed run's moves",
        "What a killed run has moved is synced by the next.",
        "rendering/board.py",
        "self.folder.sync_moves(home)  # the run",
        "pass  # the run",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "a killed run's folders",
        "What a killed run has made is synced by the next.",
        "rendering/folder.py",
        "            if unsure and folder.is_dir():",
        "            if False:",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "bills keep their records",
        "A record with a bill and no clip gives way to none.",
        "rendering/plan.py",
        "bool(record.credits)",
        "False",
        (_KEPT,),
    ),
    Safeguard(
        "unknown is not ended",
        "A cancel with another account's key ends nothing.",
        "rendering/cancelling.py",
        "        # Another account's key is answered just so, and the task may be running.\n",
        "        board.lost(name) if task_id else None\n",
        (_CANCELLING,),
    ),
)
