"""Safeguards of what an interrupted run, another account or a forged record leaves behind."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_INTERRUPTED = "tests/rendering/test_interrupted.py"
_KEPT = "tests/rendering/test_kept.py"
_CANCELLING = "tests/rendering/test_cancelling.py"
_PROCESS = "tests/cli/test_process.py"
_CLI = "tests/cli/test_cli.py"
_CANCEL = "tests/cli/test_cancel.py"

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
        "rendering/decision.py",
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
    Safeguard(
        "a termination is a Ctrl-C",
        "SIGTERM ends a run with its records folded.",
        "cli/running.py",
        "(signal.SIGINT, signal.SIGTERM)",
        "(signal.SIGINT)",
        (f"{_PROCESS}::test_a_termination_is_a_ctrl_c",),
    ),
    Safeguard(
        "times in UTC",
        "What is on record doesn't depend on where the machine is.",
        "cli/clock.py",
        "    return datetime.now(UTC)",
        "    return datetime.now().astimezone()",
        (f"{_CLI}::test_records_are_in_utc",),
    ),
    Safeguard(
        "the key before the folder",
        "A run that can't buy for want of a key leaves nothing behind.",
        "cli/running.py",
        "    _require_key(desk, boards, Path(args.outputs))\n",
        "",
        (f"{_CLI}::test_without_a_key_no_folder_is_touched",),
    ),
    Safeguard(
        "a cancel folds",
        "What was cancelled is in the manifest when the command ends.",
        "cli/cancel.py",
        "                    board.book.fold()",
        "                    pass",
        (f"{_CANCEL}::test_what_was_cancelled_is_in_the_manifest",),
    ),
    Safeguard(
        "a cancel lets animatics be",
        "What is drawn on this machine is no cancel's business.",
        "cli/cancel.py",
        "name != connect.ANIMATIC and ",
        "",
        (f"{_CANCEL}::test_what_is_drawn_on_this_machine_is_let_be",),
    ),
)
