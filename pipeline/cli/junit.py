"""What came of a run as JUnit XML, a test a take. Pure: from what is known to text.

A report is red exactly when the run was not complete. So what is up to date has passed, and nothing
is `<skipped>`, which CI shows in grey: a take that wasn't bought is an `<error>`, as is one that is
still on its way. A `<failure>` is what the provider has said no to.

It is written with the standard library. A library would add names for the five elements there are;
that what no XML can hold stays out of it would be our business all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from pipeline.cli.terminal import printable
from pipeline.rendering.notices import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILURES: Final = frozenset({Kind.FAILED, Kind.BLOCKED})
_ERRORS: Final = frozenset({Kind.PENDING, Kind.HELD, Kind.WAITING})


@dataclass(frozen=True, slots=True)
class Case:
    """One take: how it ended, why, and after how long. `output` are lines about it, such as where
    its clip lies.
    """

    name: str
    kind: Kind
    message: str = ""
    seconds: float = 0.0
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """One pass of one storyboard. `name` is both, with a dot between; `file` the storyboard's."""

    name: str
    file: str
    cases: tuple[Case, ...]


def junit(suites: Sequence[Suite], ended_by: str = "") -> bytes:
    """The report. `ended_by`: what has ended the run as a whole, which is a red test of its own."""
    root = ET.Element("testsuites", name="shotmake")
    for suite in suites:
        element = ET.SubElement(root, "testsuite", name=printable(suite.name))
        for case in suite.cases:
            _case(element, suite, case)
        _count(element, [case.seconds for case in suite.cases])
    if ended_by:
        element = ET.SubElement(root, "testsuite", name="shotmake")
        test = ET.SubElement(element, "testcase", classname="shotmake", name="run", time="0.000")
        _say(test, "error", "run", ended_by)
        _count(element, [])
    _count(root, [case.seconds for suite in suites for case in suite.cases])
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: ET.Element, of: Suite, case: Case) -> None:
    test = ET.SubElement(
        suite,
        "testcase",
        classname=printable(of.name),
        name=printable(case.name),
        time=f"{case.seconds:.3f}",
        file=printable(of.file),
    )
    if case.kind in _FAILURES:
        _say(test, "failure", case.kind.value, case.message)
    elif case.kind in _ERRORS:
        _say(test, "error", case.kind.value, case.message)
    if case.output:
        ET.SubElement(test, "system-out").text = printable("\n".join(case.output))


def _say(test: ET.Element, element: str, kind: str, message: str) -> None:
    """As an attribute and as text: one CI shows the one, another the other."""
    said = printable(message) or kind
    ET.SubElement(test, element, message=said, type=kind).text = said


def _count(element: ET.Element, seconds: Sequence[float]) -> None:
    """What is in it, as readers want to know it beforehand."""
    counted = {"tests": "testcase", "failures": "failure", "errors": "error"}
    for attribute, name in counted.items():
        element.set(attribute, str(sum(1 for _each in element.iter(name))))
    element.set("time", f"{sum(seconds):.3f}")
