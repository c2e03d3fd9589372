"""Safeguards of the clips: none is lost, none is taken for another, and where each one lies."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_KILLS = "tests/proof/test_kills.py::test_killed_at_every_boundary"
_DISK = "tests/proof/test_disk.py::test_every_operation_fails"
_LINKS = "tests/proof/test_planted_links.py"
_JOURNAL = "tests/rendering/test_journal.py"
_RECORDS = "tests/rendering/test_records.py"
_FORGED = f"{_RECORDS}::test_a_merged_manifest_is_not_believed"
_KEPT = "tests/rendering/test_kept.py"
_RUN = "tests/rendering/test_run.py"
_DELIVERY = "tests/rendering/test_delivery.py"
_FOLDER = "tests/rendering/test_folder.py"
_UNKNOWN = "tests/rendering/test_unknown.py"
_STRANGERS = "tests/rendering/test_strangers.py"

CLIPS = (
    Safeguard(
        "clip grows beside its place",
        "A clip that is still coming doesn't touch the one that is there.",
        "rendering/folder.py",
        'f"{render}.mp4.part"',
        'f"{render}.mp4"',
        (
            f"{_DELIVERY}::test_an_interrupted_download_leaves_nothing_half",
            f"{_RUN}::test_the_kept_clip_stays_current_until_the_new_one_is_there",
        ),
    ),
    Safeguard(
        "clips play",
        "What can't be played is not stored.",
        "rendering/delivery.py",
        "            raise MediaError(said) from error\n        difference = None",
        "            from pipeline.media.probe import Footage\n"
        "            footage = Footage(0.0, 0, 0)\n        difference = None",
        (f"{_RUN}::test_a_clip_that_is_none_is_never_stored",),
    ),
    Safeguard(
        "clips are whole",
        "A clip whose pictures end early is none.",
        "media/probe.py",
        "            if missing := missing_bytes(path):",
        "            if False:",
        ("tests/media/test_media.py",),
    ),
    Safeguard(
        "clips are as asked for",
        "A clip of another length or size is kept, and said to be so.",
        "rendering/delivery.py",
        '            difference = Failure("clip_differs", str(error), retryable=False)',
        "            pass",
        (f"{_DELIVERY}::test_a_clip_that_differs_is_kept_with_the_difference",),
    ),
    Safeguard(
        "adopted clips play",
        "A clip without a record is looked at before it is anybody's.",
        "rendering/board.py",
        "            self.folder.shelve(path)\n            raise\n",
        "            from pipeline.media.probe import Footage\n"
        "            footage = Footage(0.0, 0, 0)\n",
        (f"{_KEPT}::test_a_kept_clip_that_is_none_is_not_used",),
    ),
    Safeguard(
        "moves are carried through",
        "What a killed run had begun to move is moved by the next one.",
        "rendering/board.py",
        "        self._lodgers = {}\n        self._finish_moves()",
        "        self._lodgers = {}",
        (f"{_KILLS}[changed]", f"{_KILLS}[changed back]"),
    ),
    Safeguard(
        "a move overwrites nothing",
        "What lies where a clip is moved to goes to kept/.",
        "rendering/folder.py",
        "            if os.path.lexists(path):\n                self._set_aside(target)\n",
        "",
        (_KEPT, _RUN, f"{_KILLS}[changed]"),
    ),
    Safeguard(
        "what was set aside",
        "A file in kept/ that was edited is not overwritten by one that it once was like.",
        "rendering/folder.py",
        "if not os.path.lexists(p) or disk.sha256(p) == sha256)",
        "if p)",
        ("tests/rendering/test_folder.py",),
    ),
    Safeguard(
        "a record overwrites none",
        "A record doesn't take the name of one that has a clip.",
        "rendering/states.py",
        "        if there is not State.NONE and there not in WITHOUT_A_CLIP:",
        "        if False:",
        (_RECORDS, _JOURNAL),
    ),
    Safeguard(
        "names in kept/ are free",
        "A record that gives way takes no file for its own that isn't.",
        "rendering/kept.py",
        "for name in names if name not in taken)",
        "for name in names)",
        (_KEPT,),
    ),
    Safeguard(
        "each shot's own clip",
        "Another shot's clip of an equal request is not this one's.",
        "rendering/kept.py",
        "    return record.out_task_id == key",
        "    return True",
        (f"{_KEPT}::test_takes_of_equal_requests_keep_their_own_clips",),
    ),
    Safeguard(
        "bought is brought home",
        "An open task whose shot was edited is followed, and its clip kept.",
        "rendering/decision.py",
        "        return [replace(collect, moves=((want.take.key, kept),)), step]",
        "        return [replace(step, moves=((want.take.key, kept), *step.moves))]",
        (f"{_RUN}::test_an_open_task_of_a_changed_shot_lands_in_kept",),
    ),
    Safeguard(
        "bought for nobody",
        "An open task that no shot asks for any more is followed, too.",
        "rendering/plan.py",
        "        and state_of(record) in UNDER_WAY\n",
        "        and False\n",
        (_KEPT, _RUN),
    ),
    Safeguard(
        "missing clips come by their tasks",
        "A clip that is gone is fetched anew and not bought anew.",
        "rendering/decision.py",
        "        if record.task_id is not None:\n            step = self._free(",
        "        if False:\n            step = self._free(",
        (f"{_RUN}::test_a_missing_clip_is_recovered_for_free",),
    ),
    Safeguard(
        "images count by their bytes",
        "A still that was changed makes another request.",
        "rendering/digest.py",
        '        canonical["init_image"] = {"sha256": still["sha256"]}',
        '        canonical["init_image"] = {}',
        (f"{_RECORDS}::test_a_digest_is_about_what_is_sent",),
    ),
    Safeguard(
        "manifest before the journal goes",
        "At every moment one of the two holds everything.",
        "rendering/book.py",
        "            self._folder.write_results(text)\n",
        "            self._journal.path.unlink()\n            self._folder.write_results(text)\n",
        (f"{_KILLS}[fresh]",),
    ),
    Safeguard(
        "the end is marked",
        "A journal's last line says which manifest holds all of it.",
        "rendering/book.py",
        "            self._journal.append(Folded(hashlib.sha256(text.encode()).hexdigest()),"
        " sync=True)\n",
        "",
        (f"{_KILLS}[fresh]",),
    ),
    Safeguard(
        "torn journals go",
        "What a power cut has left of a journal doesn't lie about.",
        "rendering/book.py",
        "            self._journal.path.unlink(missing_ok=True)\n",
        "            self._journal.empty or self._journal.path.unlink(missing_ok=True)\n",
        ("tests/rendering/test_interrupted.py",),
    ),
    Safeguard(
        "nothing is folded after a fault",
        "A run that couldn't write leaves its journal to the next one.",
        "rendering/book.py",
        "        if self._journal.broken or self._folder.failed:",
        "        if False:",
        ("tests/rendering/test_folder.py",),
    ),
    Safeguard(
        "one moment's records",
        "Who reads while a run ends doesn't get the old manifest without its journal.",
        "rendering/book.py",
        "        if folder.read_results() == before:  # else",
        "        if True:  # else",
        ("tests/proof/test_moments.py",),
    ),
    Safeguard(
        "the lock before the plan",
        "Records are read under the lock, not before another run has ended.",
        "cli/boards.py",
        "    held.enter_context(folder.lock(now_text()))\n"
        "    return Board(folder, Book.open(folder, provider), now_text)",
        "    book = Book.open(folder, provider)\n"
        "    held.enter_context(folder.lock(now_text()))\n"
        "    return Board(folder, book, now_text)",
        ("tests/proof/test_moments.py",),
    ),
    Safeguard(
        "damage stops the run",
        "What stands behind a damaged line is not guessed at.",
        "rendering/journal.py",
        "        if entry is None:\n",
        "        if entry is None:\n            break\n        if entry is None:\n",
        (f"{_JOURNAL}::test_every_flipped_byte_is_found_out",),
    ),
    Safeguard(
        "short writes",
        "A line of which the disk took only a part counts as not written.",
        "rendering/journal.py",
        "            if written != len(line):",
        "            if False:",
        (f"{_DISK}[fresh]",),
    ),
    Safeguard(
        "amounts on record",
        "Credits in results.json that are no amount are damage.",
        "rendering/foreign.py",
        "if amount is not None and not 0 <= amount < _CREDITS_MAX:",
        "if False:",
        (_FORGED,),
    ),
    Safeguard(
        "times on record",
        "A time without its zone in results.json is damage.",
        "rendering/foreign.py",
        "if said is not None and datetime.fromisoformat(said).tzinfo is None:",
        "if False:",
        (_FORGED,),
    ),
    Safeguard(
        "frames on record",
        "A frame in results.json that can't be one is damage.",
        "rendering/foreign.py",
        "if not _ASPECT.fullmatch(aspect) or not _RESOLUTION.fullmatch(resolution):",
        "if False:",
        (_FORGED,),
    ),
    Safeguard(
        "types on record",
        "A value of another type in results.json is damage.",
        "rendering/foreign.py",
        "if type(value) is not kind:",
        "if False:",
        (_FORGED, f"{_RECORDS}::test_a_damaged_manifest_is_our_error"),
    ),
    Safeguard(
        "links are no clips",
        "A link in the place of a kept clip is not taken for one.",
        "rendering/folder.py",
        "entry.is_file(follow_symlinks=False)",
        "entry.is_file()",
        ("tests/rendering/test_folder.py",),
    ),
    Safeguard(
        "one stranger, one take",
        "A kept clip without a record is given out once.",
        "rendering/kept.py",
        "        self._strangers.remove(path)\n",
        "",
        (f"{_STRANGERS}::test_a_kept_clip_without_records_is_one_shots",),
    ),
    Safeguard(
        "bytes on record",
        "A clip's size in results.json that is no number is damage.",
        "rendering/foreign.py",
        "        if not 0 <= _number(number) < _NUMBER_MAX:",
        "        if False:",
        (_FORGED,),
    ),
    Safeguard(
        "the very same clip",
        "A clip that comes again in the same bytes is not set aside as unknown.",
        "rendering/folder.py",
        "os.path.lexists(path) and disk.sha256(path) != sha256:",
        "os.path.lexists(path):",
        (f"{_FOLDER}::test_the_same_clip_again_is_no_stranger",),
    ),
    Safeguard(
        "lost ids are kept",
        "The record of a task that was let go of is not written over.",
        "rendering/decision.py",
        " or is_lost(record)\n\n",
        "\n\n",
        (f"{_UNKNOWN}::test_what_was_let_go_of_stays_named",),
    ),
    Safeguard(
        "selected and asked for no more",
        "--shot is about tasks that no shot asks for any more, too.",
        "rendering/plan.py",
        '            and given.selection.includes(name.removeprefix(KEPT).partition(".")[0])\n',
        "",
        (f"{_KEPT}::test_a_shot_that_is_gone_waits_for_its_selection",),
    ),
    Safeguard(
        "another request's task",
        "In place of a damaged kept clip no task of another request is asked for.",
        "rendering/runner.py",
        " and record.is_for(step.digest):",
        ":",
        (f"{_STRANGERS}::test_a_damaged_stranger_is_no_reason_to_ask_for_another_task",),
    ),
)
