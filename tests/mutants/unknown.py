"""Safeguards around what the provider knows nothing of, and what comes back from git."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_UNKNOWN = "tests/rendering/test_unknown.py"
_MANIFEST = "tests/rendering/test_manifest.py"
_INTERRUPTED = "tests/rendering/test_interrupted.py"
_LINKS = "tests/proof/test_planted_links.py"

UNKNOWN = (
    Safeguard(
        "unknown is not unbought",
        "What the provider knows nothing of is not bought again without consent.",
        "rendering/errand.py",
        "doubtful = None if free else self._doubt(record)",
        "doubtful = None",
        (_UNKNOWN,),
    ),
    Safeguard(
        "another key is no witness",
        "A submit that another API key has sent is not sent again for being unknown to this one.",
        "rendering/outcomes.py",
        "other = record.key_id not in {None, key_id}",
        "other = False",
        (_UNKNOWN,),
    ),
    Safeguard(
        "keys are told apart",
        "An intent says with which API key it was sent.",
        "rendering/states.py",
        "        key_id=event.key_id,\n",
        "",
        (_UNKNOWN,),
    ),
    Safeguard(
        "young and edited is a doubt",
        "A submit that may still land is not written off because its shot was edited.",
        "rendering/outcomes.py",
        "    elif resend:\n",
        "    elif True:\n",
        (_UNKNOWN,),
    ),
    Safeguard(
        "the given up is named",
        "The record of a task that consent gives up stays, in kept/.",
        "rendering/plan.py",
        "replace(anew, moves=moves, lost=True)",
        "replace(anew, lost=True)",
        (_UNKNOWN,),
    ),
    Safeguard(
        "a number of its own",
        "What is bought for a task that was given up has another attempt's key.",
        "rendering/plan.py",
        "answered = last.task_id is not None\n",
        "answered = last.task_id is not None and last.clip is not None and not last.error\n"
        "        answered = answered and clip_is_there(last, self._clips)\n",
        (_UNKNOWN,),
    ),
    Safeguard(
        "room after the cap",
        "Earlier records give way only when the cap allows what takes their place.",
        "rendering/buying.py",
        "    budget.reserve(errand.work.key, step.reserve)\n"
        "    if make_room:\n        board.make_room(step)\n",
        "    if make_room:\n        board.make_room(step)\n"
        "    budget.reserve(errand.work.key, step.reserve)\n",
        (_UNKNOWN,),
    ),
    Safeguard(
        "consent has a price",
        "What consent buys is reserved as any other submit.",
        "rendering/errand.py",
        "await Errand(replace(self._its, work=work))._render(wanted, anew.attempt)",
        "await self._render(wanted, anew.attempt)",
        (_UNKNOWN,),
    ),
    Safeguard(
        "a force counts on",
        "A clip that was found without its task had a number, too.",
        "rendering/plan.py",
        "max(step.attempt, record.attempt + 1)",
        "step.attempt",
        ("tests/rendering/test_kept.py",),
    ),
    Safeguard(
        "each render's provider",
        "Two branches that bought at different providers can be merged.",
        "rendering/results.py",
        '"renders": {name: asdict(r) for',
        '"renders": {name: {k: v for k, v in asdict(r).items() if k != "provider"} for',
        (_MANIFEST,),
    ),
    Safeguard(
        "no name twice",
        "Of two records under one name in a merged manifest, none is believed.",
        "rendering/results.py",
        "json.loads(text, object_pairs_hook=_unique)",
        "json.loads(text)",
        (_MANIFEST,),
    ),
    Safeguard(
        "half surrogate pairs",
        "What no file can hold is written as an escape.",
        "rendering/results.py",
        "_HALF_PAIR.search(text)",
        "False",
        (_MANIFEST,),
    ),
    Safeguard(
        "clips by their bytes",
        "Two clips of one size, half moved by a killed run, are not mixed up.",
        "rendering/board.py",
        "self._has(path, clip) and self.folder.sha256(path) == clip.sha256",
        "self._has(path, clip)",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "unfinished moves home",
        "A clip that was to come back from kept/ is brought home by the next run.",
        "rendering/board.py",
        "            elif self._is(clip.path, clip):\n"
        "                self._bring_home(name, clip)\n",
        "",
        ("tests/proof/test_kills.py::test_killed_at_every_boundary[changed back]",),
    ),
    Safeguard(
        "low estimates",
        "An estimate below our worst case frees nothing under a cap.",
        "rendering/budget.py",
        "max(self._reserved.get(key) or 0.0, estimated)",
        "estimated",
        ("tests/rendering/test_budget.py",),
    ),
    Safeguard(
        "paths of recorded clips",
        "A clip's path that leads elsewhere is not believed, in the manifest or in the journal.",
        "rendering/foreign.py",
        "    clip_path(made.path)\n",
        "",
        (_INTERRUPTED,),
    ),
    Safeguard(
        "requests on record",
        "A recorded request that lacks what prices and frames are made of is damage.",
        "rendering/foreign.py",
        "        _typed(shown[name], str)\n",
        "        pass\n",
        ("tests/rendering/test_records.py", "tests/proof/test_hostile_files.py"),
    ),
    Safeguard(
        "no lock through a link",
        "Not so much as a lock is made behind a folder that is a link.",
        "rendering/folder.py",
        "                self._require_no_links()\n                self._make()\n",
        "                self._make()\n",
        (_LINKS,),
    ),
    Safeguard(
        "records are no links",
        "Records behind a link are not read.",
        "rendering/disk.py",
        "os.open(path, os.O_RDONLY | _STAY)",
        "os.open(path, os.O_RDONLY)",
        (_LINKS,),
    ),
    Safeguard(
        "queries without names",
        "A signature that stands in an address without a name is taken out as well.",
        "tasks_api/redaction.py",
        '    r"|(?<=[^\\s\\"\'<>?#])[?#][^\\s\\"\'<>?#]{8,}"\n',
        "",
        ("tests/tasks_api/test_redaction.py",),
    ),
    Safeguard(
        "consent in passing",
        "A task that nobody knows is bought anew by a plan that says so alone.",
        "rendering/errand.py",
        " or (bought and wanted and not anew)",
        "",
        (f"{_UNKNOWN}::test_consent_in_passing_buys_nothing",),
    ),
    Safeguard(
        "a lost number is used up",
        "A task that was let go of may exist: its key is not bought with again.",
        "rendering/plan.py",
        "        answered = last.task_id is not None\n",
        "        answered = last.task_id is not None and not is_lost(last)\n",
        (f"{_UNKNOWN}::test_what_was_let_go_of_stays_named",),
    ),
)
