"""Safeguards of the keys and the answers: what is asked for again, what is bought again, and when
it is enough.
"""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_KILLS = "tests/proof/test_kills.py::test_killed_at_every_boundary"
_TIME = "tests/proof/test_time.py"
_RECORDS = "tests/rendering/test_records.py"
_RUN = "tests/rendering/test_run.py"
_KEPT = "tests/rendering/test_kept.py"
_ERRORS = "tests/rendering/test_error_table.py"
_BUDGET = "tests/rendering/test_budget.py"
_CANCELLING = "tests/rendering/test_cancelling.py"
_CLIENT = "tests/tasks_api/test_client.py"
_POLICY = "tests/tasks_api/test_policy.py"
_UNKNOWN = "tests/rendering/test_unknown.py"

DOUBTS = (
    Safeguard(
        "key tells boards apart",
        "Another board is another task.",
        "rendering/digest.py",
        "json.dumps([board, pass_name,",
        "json.dumps([pass_name,",
        (f"{_RECORDS}::test_every_part_of_a_key_counts",),
    ),
    Safeguard(
        "key tells shots apart",
        "Another shot is another task, also where long names begin alike.",
        "rendering/digest.py",
        "pass_name, shot, take,",
        "pass_name, take,",
        (f"{_RECORDS}::test_every_part_of_a_key_counts",),
    ),
    Safeguard(
        "key tells takes apart",
        "Another take is another task.",
        "rendering/digest.py",
        "    parts = json.dumps([board,",
        "    take = 1\n    parts = json.dumps([board,",
        (f"{_RECORDS}::test_every_part_of_a_key_counts",),
    ),
    Safeguard(
        "intent before the request",
        "What is not on record is not sent.",
        "rendering/buying.py",
        "    key = board.intend(errand.work.plan, wanted, attempt, step.reserve, key_id)\n"
        "    errand.tell(Kind.SUBMITTING)\n"
        "    task = await _submit(errand, wanted, image, key)\n",
        "    from pipeline.rendering.digest import out_task_id\n"
        "    made, take = errand.work.plan, wanted.take\n"
        "    key = out_task_id(made.storyboard, made.pass_name, take.shot, take.number,\n"
        "                      wanted.digest, attempt)\n"
        "    errand.tell(Kind.SUBMITTING)\n"
        "    task = await _submit(errand, wanted, image, key)\n"
        "    board.intend(made, wanted, attempt, step.reserve, key_id)\n",
        (f"{_KILLS}[fresh]",),
    ),
    Safeguard(
        "task id is synced",
        "What was bought is on the disk before anything else is done.",
        "rendering/board.py",
        "Submitted(render, self.now(), task_id), sync=True)",
        "Submitted(render, self.now(), task_id), sync=False)",
        (f"{_RUN}::test_a_take_costs_four_fsyncs",),
    ),
    Safeguard(
        "sent again under its own key",
        "A submit that was never answered is sent again with the same key.",
        "rendering/errand.py",
        "await self._render(wanted, record.attempt)\n\n    def _doubt",
        "await self._render(wanted, record.attempt + 1)\n\n    def _doubt",
        (f"{_RUN}::test_ctrl_c_during_a_submit_leaves_a_doubt",),
    ),
    Safeguard(
        "asked for by its key",
        "A submit that was never answered is asked for before it is sent again.",
        "rendering/errand.py",
        "        try:\n            task = await self._gateway.client.find(",
        "        if record.task_id is None:\n            return None\n"
        "        try:\n            task = await self._gateway.client.find(",
        (f"{_RUN}::test_ctrl_c_during_a_submit_leaves_a_doubt",),
    ),
    Safeguard(
        "keys are trusted for a day",
        "After a day a key may be forgotten.",
        "rendering/outcomes.py",
        "KEY_KEPT = timedelta(hours=24)",
        "KEY_KEPT = timedelta(days=3650)",
        (f"{_RUN}::test_an_uncertain_submit_waits_after_a_day",),
    ),
    Safeguard(
        "submits from the future",
        "A clock that was wrong makes no doubt young.",
        "rendering/outcomes.py",
        "not -_CORRECTION <= now - sent <= KEY_KEPT",
        "not now - sent <= KEY_KEPT",
        (f"{_TIME}::test_a_doubt_from_a_wrong_clock_buys_nothing",),
    ),
    Safeguard(
        "a cancel resolves no doubt",
        "What may have been bought a day ago is not called free.",
        "rendering/cancelling.py",
        "resend=False",
        "resend=True",
        ("tests/rendering/test_cancelling.py",),
    ),
    Safeguard(
        "cancelled where it was bought",
        "Another provider is not asked to cancel a task.",
        "rendering/cancelling.py",
        "        if record.provider == provider and state_of",
        "        if state_of",
        (_CANCELLING,),
    ),
    Safeguard(
        "every attempt counts",
        "A number that a kept record had is not used again.",
        "rendering/kept.py",
        "        known = [k for k in known if k.digest == want.digest and self._owns(want, k)]",
        "        known = []",
        (f"{_KEPT}::test_force_after_going_back_is_a_new_attempt",),
    ),
    Safeguard(
        "a spoiled key is done with",
        "A key that the provider calls another's is not sent for ever.",
        "rendering/kept.py",
        "        return last.attempt + 1 if answered or spoiled else last.attempt",
        "        return last.attempt + 1 if answered else last.attempt",
        (f"{_ERRORS}::test_a_409_without_its_task_takes_another_key",),
    ),
    Safeguard(
        "a known key is taken up",
        "A 409 names a task that was bought: it is asked for.",
        "rendering/buying.py",
        "        if error.code == DUPLICATE_KEY:\n            return",
        "        if False:\n            return",
        (f"{_KEPT}::test_a_key_used_with_other_bytes_is_taken_up",),
    ),
    Safeguard(
        "blocked is final",
        "What the content policy forbids is not tried as another attempt.",
        "rendering/errand.py",
        "            final = status is Status.BLOCKED or not (failure.retryable or replayed)",
        "            final = False",
        ("tests/tasks_api/test_recorded.py::test_a_recorded_block_is_final", _RUN),
    ),
    Safeguard(
        "retries have an end",
        "A take that fails is bought so often and no oftener.",
        "rendering/errand.py",
        "failures > self._terms.retries",
        "failures > 40",
        (
            f"{_ERRORS}::test_a_failed_task_is_bought_again_so_often",
            f"{_ERRORS}::test_ends_that_come_at_once_are_attempts_like_any_other",
        ),
    ),
    Safeguard(
        "refusals are final",
        "A 4xx is not sent again.",
        "tasks_api/client.py",
        "            except GatewayError as error:\n                failures += 1",
        "            except ApiError as error:\n                failures += 1",
        (f"{_CLIENT}::test_what_is_final_is_never_tried_again",),
    ),
    Safeguard(
        "faults have an end",
        "Five tries, and the submit is given up.",
        "tasks_api/retry.py",
        "FAULT_WAITS_SECONDS[failures - 1] if failures <= len(FAULT_WAITS_SECONDS) else None",
        "FAULT_WAITS_SECONDS[min(failures, 4) - 1]",
        (f"{_POLICY}::test_faults_wait_1_2_4_8_and_give_up",),
    ),
    Safeguard(
        "throttles are no faults",
        "A 429 doesn't count among the five.",
        "tasks_api/client.py",
        "                await self._hold_back(error, gate, patience)",
        "                failures += 1\n"
        "                if fault_wait(failures) is None:\n"
        "                    raise\n"
        "                await self._hold_back(error, gate, patience)",
        (f"{_ERRORS}::test_a_bucket_that_fills_up_after_hours_is_waited_for",),
    ),
    Safeguard(
        "throttles have an end",
        "Waiting at 429s ends with patience.",
        "tasks_api/client.py",
        "error.wait_seconds > deadline:",
        "error.wait_seconds > deadline + 86400:",
        (f"{_CLIENT}::test_throttling_is_not_waited_for_beyond_patience",),
    ),
    Safeguard(
        "no wait is endless",
        "A reset in years is asked about every five minutes.",
        "tasks_api/retry.py",
        "    return min(until_reset, RATE_LIMIT_WAIT_MAX_SECONDS)",
        "    return until_reset",
        (f"{_POLICY}::test_a_429_waits_for_its_reset",),
    ),
    Safeguard(
        "a doubt stays one",
        "Once an answer was lost no later refusal makes it certain that nothing was bought.",
        "tasks_api/client.py",
        "                lost = lost or error.uncertain\n",
        "                lost = error.uncertain\n",
        (f"{_KEPT}::test_a_doubt_stays_a_doubt_when_the_query_is_refused",),
    ),
    Safeguard(
        "lost answers are doubts",
        "No answer is not a no.",
        "tasks_api/refusals.py",
        "    uncertain = True",
        "    uncertain = False",
        (f"{_CLIENT}::test_a_lost_answer_that_stays_lost_is_its_own_error",),
    ),
    Safeguard(
        "unreadable answers are doubts",
        "A 2xx that can't be read may be to a submit that was acted on.",
        "tasks_api/client.py",
        "        lost.uncertain = True\n        return lost",
        "        lost.uncertain = False\n        return lost",
        (f"{_ERRORS}::test_a_garbled_answer_to_a_submit_is_asked_for_by_its_key", _ERRORS),
    ),
    Safeguard(
        "interrupted submits are doubts",
        "Ctrl-C between a request and its answer leaves the intent on record.",
        "rendering/buying.py",
        "        if not doubt:  # it was told",
        "        if True:  # it was told",
        (f"{_RUN}::test_ctrl_c_during_a_submit_leaves_a_doubt",),
    ),
    Safeguard(
        "about the key asked for",
        "An answer about another key is not believed.",
        "tasks_api/client.py",
        "    if task.out_task_id not in {None, out_task_id}:",
        "    if False:",
        (_CLIENT, _ERRORS),
    ),
    Safeguard(
        "a found task is on record before its cancel",
        "A cancel that finds what a lost answer had bought names it first.",
        "rendering/cancelling.py",
        "            board.submitted(name, task_id)\n",
        "",
        (f"{_CANCELLING}::test_what_had_arrived_is_named_and_cancelled",),
    ),
    Safeguard(
        "doubts wait after the stop",
        "A run that has stopped buying sends no unanswered submit again.",
        "rendering/errand.py",
        "        elif self._summary.halted and not free:",
        "        elif False:",
        (f"{_UNKNOWN}::test_after_the_stop_no_doubt_is_sent_again",),
    ),
    Safeguard(
        "a few minutes from the future",
        "By more than a time server sets a clock back, a submit's age is unknown.",
        "rendering/outcomes.py",
        "_CORRECTION = timedelta(minutes=5)",
        "_CORRECTION = timedelta(hours=23)",
        (f"{_UNKNOWN}::test_how_far_from_the_future_a_submit_may_be",),
    ),
    Safeguard(
        "about the key submitted",
        "A submit's answer about another key's task is a lost one.",
        "tasks_api/client.py",
        "replace(_about_key(await asked, key), recovered",
        "replace(await asked, recovered",
        (f"{_CLIENT}::test_a_submits_answer_about_another_key_is_a_lost_one",),
    ),
    Safeguard(
        "ids are quoted",
        "An id on record that is none leads to no other path.",
        "tasks_api/client.py",
        "/v1/tasks/cancel/{quote(task_id, safe='')}",
        "/v1/tasks/cancel/{task_id}",
        (f"{_CLIENT}::test_a_strange_id_stays_in_its_place",),
    ),
)
