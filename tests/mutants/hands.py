"""Safeguards of what people do by hand: clips that they accept, and what they clear away."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_ACCEPTING = "tests/rendering/test_accepting.py"
_ACCEPT = "tests/cli/test_accept.py"

HANDS = (
    Safeguard(
        "accepted clips are current",
        "What somebody called good is not bought again.",
        "rendering/records.py",
        "return digest in {self.digest, self.accepted}",
        "return digest == self.digest",
        (_ACCEPTING,),
    ),
    Safeguard(
        "accepted clips come back",
        "An accepted clip that gave way is restored for the request that it was accepted for.",
        "rendering/kept.py",
        "for digest in {record.digest, record.accepted} - {None}:",
        "for digest in {record.digest}:",
        (f"{_ACCEPTING}::test_it_comes_back_for_what_was_bought_and_for_what_it_was_accepted",),
    ),
    Safeguard(
        "damaged accepted clips are asked for",
        "An accepted clip that is no longer what it was is recovered by its task.",
        "rendering/runner.py",
        "record.is_for(step.digest)",
        "record.digest == step.digest",
        (f"{_ACCEPTING}::test_a_damaged_accepted_clip_in_kept_is_asked_for_by_its_task",),
    ),
    Safeguard(
        "numbers go with requests",
        "What was only accepted for a request uses up none of its attempts' numbers.",
        "rendering/kept.py",
        "if record is not None and record.digest == want.digest:",
        "if record is not None:",
        (f"{_ACCEPTING}::test_force_buys_the_first_attempt_at_the_accepted_request",),
    ),
    Safeguard(
        "force after an acceptance",
        "A forced attempt at what was accepted has the first number.",
        "rendering/decision.py",
        "if record.digest == want.digest:  # else it is accepted",
        "if True:  # else it is accepted",
        (f"{_ACCEPTING}::test_force_buys_the_first_attempt_at_the_accepted_request",),
    ),
    Safeguard(
        "clips by hand that are gone",
        "A kept record that neither a clip nor a task speaks for is no way out.",
        "rendering/kept.py",
        "return clip is not None and self._clips.get(clip.path) == clip.bytes",
        "return True",
        (f"{_ACCEPTING}::test_a_kept_clip_put_there_by_hand_that_is_gone",),
    ),
    Safeguard(
        "accepted by their bytes",
        "A clip of the same size put over a bought one is not taken for it.",
        "rendering/accepting.py",
        "record.clip.sha256 == sha256:",
        "record.clip.bytes == self._clips[home]:",
        (f"{_ACCEPTING}::test_a_clip_put_over_a_rendered_one_is_the_takes",),
    ),
    Safeguard(
        "what was bought gives way",
        "A bought clip that somebody has put another one over stays on record.",
        "rendering/accepting.py",
        "must_be_kept(record) and not _was_by_hand(record):",
        "False:",
        (f"{_ACCEPTING}::test_a_clip_put_over_a_rendered_one_is_the_takes",),
    ),
    Safeguard(
        "a bought clip's place is empty",
        "The record that gave way doesn't claim the clip that was put over its own.",
        "rendering/accepting.py",
        '            yield Moved(name, self._at, f"{name}.mp4")',
        "            pass",
        (f"{_ACCEPTING}::test_a_clip_put_over_a_rendered_one_is_the_takes", _ACCEPTING),
    ),
    Safeguard(
        "numbers of clips by hand",
        "A clip put over a bought one doesn't go by its key.",
        "rendering/accepting.py",
        "adopted(plan, wanted, clip, self._at, attempt)",
        "adopted(plan, wanted, clip, self._at)",
        (f"{_ACCEPTING}::test_a_clip_put_over_a_rendered_one_is_the_takes",),
    ),
    Safeguard(
        "earlier clips are known by their bytes",
        "A clip copied back from kept/ keeps the task that it can be recovered by.",
        "rendering/kept.py",
        "            and record.clip.sha256 == sha256",
        "            and False",
        (f"{_ACCEPTING}::test_an_earlier_clip_copied_back",),
    ),
    Safeguard(
        "accepted clips play",
        "What can't be played is not accepted.",
        "rendering/accepting.py",
        "            return inspect(self._folder, path)",
        "            from pipeline.rendering.adopting import described\n"
        "            sha256 = self._folder.sha256(path)\n"
        "            return described(path, sha256, self._clips[path], Footage(0.0, 0, 0))",
        (f"{_ACCEPTING}::test_what_cannot_be_played_is_not_accepted",),
    ),
    Safeguard(
        "links are not accepted",
        "A link in a clip's place is told, and not followed.",
        "rendering/accepting.py",
        "        disk.require_no_link(path)\n",
        "",
        (f"{_ACCEPTING}::test_a_link_is_no_clip",),
    ),
    Safeguard(
        "nothing in flight is accepted",
        "A clip is not accepted in the place of one that is paid for and still to come.",
        "rendering/accepting.py",
        "        _require_no_task(take, record)\n",
        "",
        (f"{_ACCEPTING}::test_a_task_in_flight_is_waited_for",),
    ),
    Safeguard(
        "an acceptance folds",
        "What was accepted is in the manifest when the command ends.",
        "cli/accept.py",
        "                opened.book.fold()",
        "                pass",
        (_ACCEPT,),
    ),
)
