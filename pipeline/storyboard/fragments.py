"""Words that several prompts share: the board's `style` and its `cast`, put in by name.

`{hero}` in a prompt becomes what `cast` says under hero, `{style}` the board's style; `{{` is a
brace. That is all: no conditions, no fragments within fragments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipeline.storyboard.names import did_you_mean, listed
from pipeline.storyboard.syntax import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE: Final = "style"

_BRACES: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\{")
"""A doubled brace, a name between braces, or a brace that opens and never closes."""


class FragmentError(ValueError):
    """A prompt that names what there isn't; the text is the whole message."""


@dataclass(slots=True)
class Fragments:
    """`texts` by name; `used` are the names that some prompt has."""

    texts: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def expand(self, prompt: str) -> str:
        """The prompt as it is sent. Raises `FragmentError`."""
        if "{" not in prompt and "}}" not in prompt:
            return prompt
        return _BRACES.sub(self._replaced, prompt)

    def _replaced(self, found: re.Match[str]) -> str:
        whole, name = found[0], found[1]
        if whole in {"{{", "}}"}:
            return whole[0]
        if name is None:
            raise FragmentError(
                "a { opens here that is never closed; write {{ for a brace: "
                + quoted(found.string[found.start() :])
            )
        if name not in self.texts:
            raise FragmentError(self._unknown(name))
        self.used.add(name)
        return self.texts[name]

    def _unknown(self, name: str) -> str:
        if guess := did_you_mean(name.strip(), self.texts):
            return f"there is no {quoted(name)} in cast{guess}"
        if not name.strip():
            return f"{{{name}}} names nothing; write {{{{}}}} for braces"
        if name == STYLE:
            return "{style} stands in the prompt, and the board has no style; write one at the top"
        names = [text for text in self.texts if text != STYLE]
        known = f", which has {listed(names)}" if 0 < len(names) <= 12 else ""
        return f"there is no {quoted(name)} in cast{known}; write it there, or {{{{ for a brace"


def plain_text(text: str) -> str:
    """A fragment's own text, its doubled braces made single. Raises `FragmentError`."""
    try:
        return Fragments().expand(text)
    except FragmentError:
        raise FragmentError(
            "a fragment is plain text, and braces in it name another one; write {{ for a brace"
        ) from None
