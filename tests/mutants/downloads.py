"""Safeguards of what comes from the hosts of clips."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_WEB = "tests/test_web.py"
_HOSTS = "tests/tasks_api/test_hosts.py"
_DOWNLOAD = "tests/tasks_api/test_download.py"
_DELIVERY = "tests/rendering/test_delivery.py"
_CLI = "tests/cli/test_cli.py"
_HOSTILE = "tests/proof/test_hostile_servers.py::test_an_answer_ends_in_a_named_error"

DOWNLOADS = (
    Safeguard(
        "downloads are keyless",
        "Nothing of a client's headers, key or cookies goes to a clip's host.",
        "web/fetching.py",
        "    return await http.send(request, stream=True, auth=None, follow_redirects=False)",
        "    request = http.build_request(\n"
        "        request.method, request.url, headers=request.headers,\n"
        "        extensions=request.extensions,\n"
        "    )\n"
        "    return await http.send(request, stream=True, follow_redirects=False)",
        (f"{_WEB}::test_credentials_and_cookies_stay_here",),
    ),
    Safeguard(
        "redirects by hand",
        "A library doesn't follow a redirect unseen.",
        "web/fetching.py",
        "stream=True, auth=None, follow_redirects=False)",
        "stream=True, auth=None, follow_redirects=True)",
        (f"{_WEB}::test_every_hop_is_checked",),
    ),
    Safeguard(
        "redirects have an end",
        "After five it is enough.",
        "web/fetching.py",
        "REDIRECTS_MAX = 5",
        "REDIRECTS_MAX = 50",
        (f"{_WEB}::test_redirects_have_an_end",),
    ),
    Safeguard(
        "certificates are the names'",
        "Connecting to an address, the certificate is held against the name.",
        "web/fetching.py",
        '            extensions["sni_hostname"] = place.host\n',
        "            pass\n",
        (f"{_WEB}::test_a_certificate_is_held_against_the_name",),
    ),
    Safeguard(
        "no connection is shared",
        "Another name at the same address gets a connection of its own.",
        "web/fetching.py",
        '        sent["connection"] = "close"\n',
        "",
        (f"{_WEB}::test_a_certificate_is_held_against_the_name",),
    ),
    Safeguard(
        "checked addresses and no proxy",
        "What was checked here is not left to a proxy.",
        "web/routes.py",
        "        if STRAIGHT not in request.extensions:\n",
        "        if True:\n",
        (f"{_WEB}::test_the_environments_proxy_is_used_and_passed_by",),
    ),
    Safeguard(
        "lookups have an end",
        "A name server that doesn't answer holds nothing up.",
        "web/fetching.py",
        "        with anyio.fail_after(_LOOKUP_SECONDS):",
        "        with anyio.fail_after(_LOOKUP_SECONDS * 1000):",
        (f"{_WEB}::test_a_lookup_has_an_end",),
    ),
    Safeguard(
        "no passwords in addresses",
        "A URL with a user in it is refused.",
        "web/urls.py",
        '        if parsed.userinfo or "@" in _AUTHORITY.split(url, 3)[2]:',
        "        if False:",
        (f"{_WEB}::test_a_url_that_plays_tricks_is_refused",),
    ),
    Safeguard(
        "numbers are no names",
        "What the C library takes for an address is no name.",
        "web/urls.py",
        "    if not _NAME.fullmatch(name) or _ENDS_IN_NUMBER.fullmatch(name):",
        "    if not _NAME.fullmatch(name):",
        (f"{_WEB}::test_a_url_that_plays_tricks_is_refused",),
    ),
    Safeguard(
        "addresses of clouds' insides",
        "What is public in form alone is not.",
        "web/urls.py",
        "    special = address.is_multicast or any(address in network for network in _SPECIAL_4)",
        "    special = False",
        (f"{_WEB}::test_addresses_are_told_apart",),
    ),
    Safeguard(
        "addresses within addresses",
        "IPv6 that leads to a private IPv4 address is not public.",
        "web/urls.py",
        "        return Network.PUBLIC if inner is Network.PUBLIC else Network.SPECIAL",
        "        return Network.PUBLIC",
        (f"{_WEB}::test_a_hidden_address_is_no_way_in",),
    ),
    Safeguard(
        "this machine is the gateway's alone",
        "Loopback is for a gateway on this machine, and for no other name.",
        "tasks_api/hosts.py",
        "        own = {Network.LOOPBACK} if place.host == self._home.host else set()",
        "        own = {Network.LOOPBACK}",
        (f"{_HOSTS}::test_private_hosts_are_for_private_gateways",),
    ),
    Safeguard(
        "private hosts are private gateways'",
        "A public gateway doesn't lead into a private network.",
        "tasks_api/hosts.py",
        "        return home & {Network.PRIVATE, Network.SHARED, *own}",
        "        return {Network.PRIVATE, Network.SHARED, *own}",
        (f"{_HOSTS}::test_private_hosts_are_for_private_gateways",),
    ),
    Safeguard(
        "usual ports",
        "A clip's host is asked at no odd port.",
        "tasks_api/hosts.py",
        "        if place.port not in {_HTTPS_PORT, self._home.port}:",
        "        if False:",
        (_HOSTS,),
    ),
    Safeguard(
        "registered domains",
        "Who shares a public suffix with the gateway is nobody's neighbour.",
        "tasks_api/hosts.py",
        "    domain: str | None = PublicSuffixList().privatesuffix(host)\n",
        '    domain: str | None = ".".join(host.split(".")[-2:])\n',
        (f"{_HOSTS}::test_a_gateways_domain",),
    ),
    Safeguard(
        "announced sizes",
        "A clip that calls itself too large is not read.",
        "tasks_api/download.py",
        "    if (length or 0) > CLIP_BYTES_MAX:",
        "    if False:",
        (f"{_DELIVERY}::test_an_overlarge_clip_is_not_read",),
    ),
    Safeguard(
        "no more than announced",
        "Bytes behind the announced end are not believed.",
        "tasks_api/download.py",
        "            if partial.total is not None and there > partial.total:",
        "            if False:",
        (_DOWNLOAD,),
    ),
    Safeguard(
        "pages are no clips",
        "A page for people in a clip's place is not stored.",
        "tasks_api/download.py",
        "    if _NO_CLIP.match(kind):",
        "    if False:",
        (_DOWNLOAD, f"{_DELIVERY}::test_a_page_is_never_stored_as_a_clip"),
    ),
    Safeguard(
        "resumed where it was cut",
        "A part that begins elsewhere is not put behind the first.",
        "tasks_api/download.py",
        "int(match[1]) == partial.bytes <= int(match[2])",
        "int(match[1]) <= int(match[2])",
        (f"{_DOWNLOAD}::test_a_wrong_part_is_never_put_to_the_right_one",),
    ),
    Safeguard(
        "resumed with If-Range",
        "The host is told which version the first part is of.",
        "tasks_api/download.py",
        'f"bytes={self.bytes}-", "if-range": self.validator}',
        'f"bytes={self.bytes}-"}',
        (f"{_DOWNLOAD}::test_another_version_begins_again", _DOWNLOAD),
    ),
    Safeguard(
        "weak validators",
        "What may name two versions resumes none.",
        "tasks_api/download.py",
        "    return changed if not etag and age >= _STRONG_AFTER else None",
        "    return changed if not etag else None",
        (f"{_DOWNLOAD}::test_what_names_a_version",),
    ),
    Safeguard(
        "touched files",
        "A part that somebody else has changed begins again.",
        "tasks_api/download.py",
        "self.validator is None or self._size() != self.bytes",
        "self.validator is None",
        (f"{_DOWNLOAD}::test_a_file_that_somebody_touched_begins_again",),
    ),
    Safeguard(
        "what a killed run left",
        "A part may be of another task: it is removed.",
        "tasks_api/download.py",
        "        self.path.unlink(missing_ok=True)\n",
        "        pass\n",
        (f"{_DOWNLOAD}::test_what_an_earlier_run_left_is_removed",),
    ),
    Safeguard(
        "downloads have an end",
        "However steadily a clip drips, there is a time for it.",
        "rendering/delivery.py",
        "        with anyio.fail_after(TOTAL_SECONDS):",
        "        with anyio.fail_after(TOTAL_SECONDS * 100):",
        (f"{_DELIVERY}::test_a_clip_that_drips_has_an_end",),
    ),
    Safeguard(
        "crumbs of clips",
        "A clip in endless tiny pieces is given up.",
        "tasks_api/download.py",
        "            if crumbs.too_many(chunk):",
        "            if False:",
        (_DOWNLOAD, f"{_HOSTILE}[clip]"),
    ),
)
