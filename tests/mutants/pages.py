"""Safeguards of what is looked at and handed on: pages, who may pick, reports, exports."""

from __future__ import annotations

from tests.mutants.safeguard import Safeguard

_PAGE = "tests/review/test_page.py"
_LIVE = "tests/review/test_live.py"
_POSTERS = "tests/review/test_posters.py"
_JUNIT = "tests/cli/test_junit.py"
_CUT = "tests/cli/test_cut.py"

PAGES = (
    Safeguard(
        "a prompt is text",
        "Markup in a storyboard or an error is nothing but text on the page.",
        "review/page.py",
        "        autoescape=True,\n",
        "        autoescape=False,\n",
        (_PAGE,),
    ),
    Safeguard(
        "the page's own script alone",
        "Another script than the page's own would not run.",
        "review/page.py",
        "script-src 'sha256-{script}'; ",
        "script-src 'unsafe-inline'; ",
        (_PAGE,),
    ),
    Safeguard(
        "one address",
        "A foreign name that leads to the served page gets nothing.",
        "review/live.py",
        "        if host not in self._hosts:",
        "        if False:",
        (_LIVE,),
    ),
    Safeguard(
        "picks from the page alone",
        "Another site's page picks nothing.",
        "review/live.py",
        'headers.get("origin") != f"http://{host}"',
        "False",
        (_LIVE,),
    ),
    Safeguard(
        "picks with its token",
        "Who can't read the page can't pick.",
        "review/live.py",
        "if not secrets.compare_digest(token.encode(), self.token.encode()):",
        "if False:",
        (_LIVE,),
    ),
    Safeguard(
        "what stands on the page",
        "Nothing else of the folder is served.",
        "review/live.py",
        "path not in self._states[address].files or ",
        "",
        (_LIVE,),
    ),
    Safeguard(
        "no link is served",
        "What a planted link leads to is not served.",
        "review/live.py",
        "whole.is_symlink() or ",
        "",
        (_LIVE,),
    ),
    Safeguard(
        "posters stay in the folder",
        "A planted link leads no poster elsewhere.",
        "review/posters.py",
        "        disk.require_no_link(there)\n",
        "",
        (_POSTERS,),
    ),
    Safeguard(
        "somebody's own pictures",
        "A picture that is no poster of ours is not removed.",
        "review/posters.py",
        "            if _clip_of(there / name) is not None:  # else it is somebody's own picture\n",
        "            if True:\n",
        (_POSTERS,),
    ),
    Safeguard(
        "a page is no reason to fail",
        "What goes wrong with a page changes nothing in what the run came to.",
        "cli/pages.py",
        "        except ShotmakeError as error:\n",
        "        except ZeroDivisionError as error:\n",
        ("tests/cli/test_review.py",),
    ),
    Safeguard(
        "a report replaces reports alone",
        "--junit overwrites nothing but a report.",
        "cli/reporting.py",
        "            _require_own(self._path)\n",
        "",
        (_JUNIT,),
    ),
    Safeguard(
        "no formula from a prompt",
        "A prompt is no formula in a spreadsheet.",
        "review/shot_list.py",
        "if isinstance(value, str) and _FORMULA.match(value) else value",
        "if False else value",
        ("tests/review/test_shot_list.py",),
    ),
    Safeguard(
        "the film is in no clip's place",
        "A shot called cut keeps its clip.",
        "rendering/layout.py",
        '        free = _CUT.removesuffix(".mp4") not in names and is_film(_CUT, records)\n',
        "        free = True\n",
        (_CUT,),
    ),
    Safeguard(
        "a film is no clip",
        "The film isn't listed as a clip that no shot asks for.",
        "rendering/cleaning.py",
        "        if is_film(path, records):\n            continue\n",
        "",
        (_CUT,),
    ),
    Safeguard(
        "what is cut is what was bought",
        "A clip whose bytes were changed isn't cut in unseen.",
        "cli/cut.py",
        "size != clip.bytes or bench.folder.sha256(clip.path) != clip.sha256",
        "size != clip.bytes",
        (_CUT,),
    ),
    Safeguard(
        "no half film",
        "A cut that ends early leaves the earlier film as it was, and no litter.",
        "rendering/disk.py",
        "    except BaseException:\n        new.unlink(missing_ok=True)\n        raise\n",
        "    except ZeroDivisionError:\n        raise\n",
        (_CUT,),
    ),
)
