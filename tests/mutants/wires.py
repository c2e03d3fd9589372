"""Safeguards of connections, and of what is known to need nothing."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_CONNECTIONS = "tests/test_connections.py"
_SETTLED = "tests/cli/test_settled.py"
_AGENDA = "tests/rendering/test_agenda.py"
_HOSTILE = "tests/proof/test_hostile_servers.py::test_the_error_names_what_is_wrong"

WIRES = (
    Safeguard(
        "interim answers have an end",
        "Answers that only announce an answer are given up.",
        "web/http1.py",
        "        if self._interim > INTERIM_MAX:",
        "        if False:",
        (f"{_HOSTILE}[wire: endless 1xx-submit]", _CONNECTIONS),
    ),
    Safeguard(
        "interim answers of one request",
        "The next request on a connection begins to count anew.",
        "web/http1.py",
        "        answer = self._answer = _Answer()\n",
        "        answer, self._answer._interim = _Answer(), self._answer._interim\n"
        "        answer._interim, self._answer = self._answer._interim, answer\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "heads have an end",
        "Headers, trailers and chunks' extensions aren't read without end.",
        "web/http1.py",
        "        if self._around_bytes > HEAD_BYTES_MAX:",
        "        if False:",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "one answer a request",
        "What comes behind an answer is not taken for the next one.",
        "web/http1.py",
        "not (answer.surplus or self._closes)",
        "not self._closes",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "unread answers end their connection",
        "The rest of a body is not taken for the next answer.",
        "web/connections.py",
        "            if used.waits:\n",
        "            if True:\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "ended connections",
        "No request is sent over a connection that the other side has closed.",
        "web/connections.py",
        "                if not connection.has_more():\n",
        "                if True:\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "nothing unasked under TLS",
        "What lies there decrypted is not taken for the next answer.",
        "web/http1.py",
        "        if self._tls is not None:",
        "        if False:",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "no connection for ever",
        "A connection to where nobody asks again is closed.",
        "web/connections.py",
        "        while self._kept and self._kept[0][0] < now:\n",
        "        while False:\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "settled by the table that is read",
        "Of a table the path counts by which it was read, and not the one that is shown.",
        "storyboard/resolve.py",
        "    file.sources[path] = hashlib",
        "    file.sources[Path(findings.file)] = hashlib",
        (_SETTLED,),
    ),
    Safeguard(
        "one header a line",
        "A line break in a header makes no other header of it.",
        "web/http1.py",
        '    if _BREAKS.search(b" ".join(lines)):',
        "    if False:",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "cut answers are no answers",
        "A body that was announced longer is not taken as whole.",
        "web/http1.py",
        '        if names & {b"content-length", b"transfer-encoding"}:',
        "        if False:",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "a proxy's refusal",
        "Nothing is sent on where the proxy leads nowhere.",
        "web/dialling.py",
        "    if not 200 <= status < 300:\n",
        "    if False:\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "the proxy's own credentials",
        "What is for the proxy is not told to whom it leads to.",
        "web/dialling.py",
        "            return url.raw_path, []\n",
        "            return url.raw_path, _credentials(self._proxy) if self._proxy else []\n",
        (_CONNECTIONS,),
    ),
    Safeguard(
        "settled by clips",
        "A clip that is gone is noticed by a run that has had nothing to do.",
        "rendering/settled.py",
        "for path, size in sorted(clips.items())",
        "for path, size in ()",
        (_SETTLED,),
    ),
    Safeguard(
        "settled by records",
        "Records that have changed are looked at.",
        "rendering/settled.py",
        "        manifest_sha256,\n        hashlib",
        "        hashlib",
        (_SETTLED,),
    ),
    Safeguard(
        "settled by storyboards",
        "A storyboard or a table that has changed is read.",
        "rendering/settled.py",
        "            return False\n    if not settled.stills",
        "            pass\n    if not settled.stills",
        (_SETTLED,),
    ),
    Safeguard(
        "settled by images",
        "An image that has changed is looked at.",
        "rendering/settled.py",
        "    return all(hashes.known",
        "    return True or all(hashes.known",
        (_SETTLED,),
    ),
    Safeguard(
        "settled and nobody at it",
        "While a run may be going on, or was killed, nothing is known.",
        "rendering/settled.py",
        "return settled if same and not folder.is_busy else None",
        "return settled if same else None",
        (_SETTLED,),
    ),
    Safeguard(
        "settled by this version",
        "What another version has found out is found out anew.",
        "rendering/settled.py",
        "        __version__,\n        schemas_sha256(),\n",
        "",
        (_SETTLED,),
    ),
    Safeguard(
        "a cap keeps the order",
        "Money that won't do for all is spent in the storyboard's order.",
        "rendering/runner.py",
        "    if terms.max_credits is None:  # else",
        "    if True:  # else",
        (_AGENDA,),
    ),
)
