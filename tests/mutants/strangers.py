"""Safeguards against others: servers, hosts, texts, and whoever reads what is printed."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_ERRORS = "tests/rendering/test_error_table.py"
_SECRETS = "tests/rendering/test_secrets.py"
_HOSTILE = "tests/proof/test_hostile_servers.py"
_DOWNLOAD = "tests/tasks_api/test_download.py"
_WEB = "tests/test_web.py"
_WIRE = "tests/tasks_api/test_wire.py"

STRANGERS = (
    Safeguard(
        "a refused key rests",
        "A key that was refused is not sent again.",
        "tasks_api/client.py",
        "            self._refused = refused\n",
        "            pass\n",
        (_ERRORS,),
    ),
    Safeguard(
        "https but on this machine",
        "The key does not travel in the open.",
        "cli/connect.py",
        '    if parts.scheme == "http" and not local:',
        "    if False:",
        ("tests/cli/test_cli.py",),
    ),
    Safeguard(
        "answers have a size",
        "An answer of over 1 MiB is not read on.",
        "tasks_api/client.py",
        "                    if len(received) > ANSWER_BYTES_MAX:",
        "                    if False:",
        (_ERRORS,),
    ),
    Safeguard(
        "answers come in time",
        "An answer that drips is given up.",
        "tasks_api/client.py",
        "        with anyio.fail_after(ANSWER_SECONDS):",
        "        with anyio.fail_after(None):",
        (_ERRORS,),
    ),
    Safeguard(
        "ids are ids",
        "A task id that is a path is refused.",
        "tasks_api/wire.py",
        "    if not TASK_ID.fullmatch(task_id) or (key and key in task_id):",
        "    if False:",
        (_WIRE,),
    ),
    Safeguard(
        "credits are numbers",
        "NaN and what is no sum are unknown.",
        "tasks_api/wire.py",
        "            if math.isfinite(number) and number >= 0:",
        "            if True:",
        (_WIRE,),
    ),
    Safeguard(
        "about what was asked",
        "An answer about another task is not believed.",
        "tasks_api/client.py",
        "    if task.task_id != task_id:",
        "    if False:",
        ("tests/tasks_api/test_client.py", _ERRORS, _HOSTILE),
    ),
    Safeguard(
        "deep JSON",
        "Nesting without end is an error of ours.",
        "tasks_api/wire.py",
        "    except (ValueError, RecursionError):\n        begins",
        "    except ValueError:\n        begins",
        (_WIRE, _HOSTILE),
    ),
    Safeguard(
        "whose host it is",
        "Clips come from the provider's domain alone.",
        "tasks_api/hosts.py",
        "        if not self._is_ours(place.host):",
        "        if False:",
        ("tests/tasks_api/test_hosts.py",),
    ),
    Safeguard(
        "https for clips",
        "Clips come by https.",
        "tasks_api/hosts.py",
        '        if place.scheme != "https":',
        "        if False:",
        ("tests/tasks_api/test_hosts.py",),
    ),
    Safeguard(
        "public addresses",
        "A name that leads into a private network is not followed there.",
        "web/fetching.py",
        "    if kinds <= {Network.PUBLIC}:",
        "    if True:",
        (_WEB,),
    ),
    Safeguard(
        "pinned addresses",
        "The connection goes to the address that was checked.",
        "web/fetching.py",
        "            return await _ask(http, _request(place, headers, address))",
        "            return await _ask(http, _request(place, headers))",
        (_WEB,),
    ),
    Safeguard(
        "redirects are checked anew",
        "Behind a redirect the rule holds, too.",
        "web/fetching.py",
        "            rule.check(place)\n",
        "            rule.check(place) if not _hop else None\n",
        (_WEB, _DOWNLOAD),
    ),
    Safeguard(
        "packed bodies",
        "A body that is packed without being asked for is refused.",
        "web/fetching.py",
        '    if encoding not in {"identity", ""}:',
        "    if False:",
        (_WEB, _DOWNLOAD),
    ),
    Safeguard(
        "clips have a size",
        "A clip without end is given up.",
        "tasks_api/download.py",
        "            if there > CLIP_BYTES_MAX:",
        "            if False:",
        (_DOWNLOAD,),
    ),
    Safeguard(
        "a cut clip is no clip",
        "Fewer bytes than announced are a cut download.",
        "tasks_api/download.py",
        "    if partial.total is not None and partial.bytes < partial.total:",
        "    if False:",
        (_DOWNLOAD,),
    ),
    Safeguard(
        "a resumed clip is the same",
        "A part of another version is not put behind the first.",
        "tasks_api/download.py",
        "            and (not _is_tag(partial.validator) or etag == partial.validator)",
        "            and True",
        (_DOWNLOAD,),
    ),
    Safeguard(
        "redaction of the key",
        "A server that repeats the key doesn't get it into a message.",
        "tasks_api/redaction.py",
        '        text = text.replace(key, "[key]")',
        "        pass",
        ("tests/tasks_api/test_redaction.py", _SECRETS),
    ),
    Safeguard(
        "redaction of signatures",
        "Signed addresses lose their queries in every text.",
        "tasks_api/redaction.py",
        '_QUERY.sub("?…", _KEY.sub("[key]", text))',
        '_KEY.sub("[key]", text)',
        ("tests/tasks_api/test_redaction.py", _SECRETS),
    ),
    Safeguard(
        "libraries log no secrets",
        "What httpx would log of addresses is off.",
        "cli/connect.py",
        "        logging.getLogger(name).setLevel(logging.CRITICAL + 1)",
        "        pass",
        ("tests/sockets", _SECRETS),
    ),
    Safeguard(
        "escapes",
        "What would steer a terminal is made visible.",
        "cli/terminal.py",
        ' or c == "\\n" else c.encode("unicode_escape").decode() for c in text',
        ' or c == "\\n" else c for c in text',
        ("tests/cli", _SECRETS),
    ),
)
