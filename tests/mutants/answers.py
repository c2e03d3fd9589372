"""Safeguards of what comes from the API: its answers, and the texts in them."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_WEB = "tests/test_web.py"
_ERRORS = "tests/rendering/test_error_table.py"
_SECRETS = "tests/rendering/test_secrets.py"
_CLIENT = "tests/tasks_api/test_client.py"
_WIRE = "tests/tasks_api/test_wire.py"
_REDACTION = "tests/tasks_api/test_redaction.py"
_CLI = "tests/cli/test_cli.py"
_HOSTILE = "tests/proof/test_hostile_servers.py::test_the_error_names_what_is_wrong"

ANSWERS = (
    Safeguard(
        "crumbs of answers",
        "An answer in endless tiny pieces is given up.",
        "tasks_api/client.py",
        "                    if crumbs.too_many(chunk):",
        "                    if False:",
        (f"{_HOSTILE}[wire: endless tiny chunks-submit]",),
    ),
    Safeguard(
        "huge numbers",
        "A number that no float can hold is unknown.",
        "tasks_api/wire.py",
        "float(value) if abs(value) < 1e12 else math.inf",
        "float(value)",
        (f"{_WIRE}::test_credits_that_are_no_amount_are_unknown", _WIRE),
    ),
    Safeguard(
        "what came is not quoted",
        "A broken answer that echoes the key is not shown with it.",
        "web/reasons.py",
        '_QUOTED.sub("", str(below))',
        "str(below)",
        (f"{_WEB}::test_a_reason_quotes_nothing_that_came",),
    ),
    Safeguard(
        "addresses are kept out of texts",
        "A task that is shown doesn't show its signed address.",
        "tasks_api/wire.py",
        '        return f"Task({self.task_id!r}, {self.status!r})"',
        '        return f"Task({self.task_id!r}, {self.status!r}, {self.video_url!r})"',
        (f"{_WIRE}::test_a_task_does_not_show_its_signed_address", _SECRETS),
    ),
    Safeguard(
        "requests are logged without queries",
        "What --verbose shows of a clip's address is no secret.",
        "web/urls.py",
        'self.url.raw_path.partition(b"?")[0].decode(',
        "self.url.raw_path.decode(",
        (f"{_WEB}::test_a_place_keeps_its_signature_to_itself", _SECRETS),
    ),
    Safeguard(
        "named secrets",
        "What is called a signature or a token is taken out of texts.",
        "tasks_api/redaction.py",
        '_NAMED.sub(r"\\1\\2…", _QUERY.sub("?…", _KEY.sub("[key]", text)))',
        '_QUERY.sub("?…", _KEY.sub("[key]", text))',
        (_REDACTION,),
    ),
    Safeguard(
        "no key in an id",
        "An id that holds the key gets into no record.",
        "tasks_api/wire.py",
        " or (key and key in task_id):",
        ":",
        (_SECRETS, _WIRE),
    ),
    Safeguard(
        "long texts are cut",
        "A server's message fills no screen.",
        "tasks_api/redaction.py",
        '    return text if len(text) <= TEXT_LETTERS_MAX else text[:TEXT_LETTERS_MAX] + "…"',
        "    return text",
        (_REDACTION,),
    ),
    Safeguard(
        "no password in the base URL",
        "A gateway's address with a user in it is refused.",
        "cli/connect.py",
        'parts.scheme not in {"https", "http"} or parts.username or parts.query:',
        'parts.scheme not in {"https", "http"} or parts.query:',
        (_CLI,),
    ),
    Safeguard(
        "escapes in JSON",
        "What would steer a terminal is escaped in --json, too.",
        "cli/terminal.py",
        "_NOT_ASCII.sub(_json_letter, text)",
        "text",
        ("tests/cli",),
    ),
    Safeguard(
        "other ends of a refused key",
        "A refused key ends the whole run, with its own exit code.",
        "rendering/errand.py",
        'Kind.HELD, "the key was refused")\n            raise\n',
        'Kind.HELD, "the key was refused")\n',
        (f"{_ERRORS}::test_a_refused_key_stops_the_run_after_one_request",),
    ),
    Safeguard(
        "a shorter hold",
        "An answer that says two seconds doesn't end another one's minute.",
        "tasks_api/gate.py",
        "max(self._opens_at, anyio.current_time() + seconds)",
        "anyio.current_time() + seconds",
        (f"{_CLIENT}::test_a_shorter_wait_does_not_cut_a_longer_one",),
    ),
    Safeguard(
        "ids of dots",
        "A task id of dots alone, which a path would take for a step, is refused.",
        "tasks_api/wire.py",
        "(?!\\.+$)",
        "",
        (f"{_WIRE}::test_an_id_that_cannot_be_one_is_refused",),
    ),
    Safeguard(
        "no key in a status",
        "A status that repeats the key is shown without it.",
        "tasks_api/wire.py",
        "status=status if status in _KNOWN else redacted(status, key)",
        "status=status",
        (f"{_WIRE}::test_a_status_is_told_without_the_key",),
    ),
    Safeguard(
        "clips of completed tasks",
        "No address of a task that isn't completed is fetched.",
        "tasks_api/wire.py",
        '_video_url(document) if phase == "completed" else None',
        "_video_url(document)",
        (f"{_WIRE}::test_both_documented_shapes_are_understood",),
    ),
    Safeguard(
        "backslashes in URLs",
        "Two readers of a URL may take a backslash differently.",
        "web/urls.py",
        ' or "\\\\" in url',
        "",
        (f"{_WEB}::test_a_url_that_plays_tricks_is_refused",),
    ),
)
