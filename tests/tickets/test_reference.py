"""Does a ticket about what points to a removed function say what it is and what to do?"""

import re

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import a_function
from trimtab.domain.references import Reference
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.tickets.reference import OTHERWISE, WHAT_TO_DO, reference_body


def body(kind: TriggerKind = TriggerKind.RULE, **other: str) -> str:
    given = {"name": "nightly", "why": "the rule is disabled"} | other
    reference = Reference(kind=kind, qualifiers=(), **given)  # type: ignore[arg-type]
    return reference_body(a_function(), reference, "abc")


@pytest.mark.parametrize(
    "said",
    [
        "| EventBridge rule | `nightly` |",
        "| How it stood | `the rule is disabled` |",
        "| It names | `the function itself` |",
        "| Account | `111122223333` |",
        f"`trimtab restore {a_function()}`",
        "`trimtab audit show abc`",
    ],
)
def test_a_ticket_says(said: str) -> None:
    assert said in body()


@pytest.mark.parametrize("kind", TriggerKind)
def test_each_kind_says_what_to_do(kind: TriggerKind) -> None:
    assert WHAT_TO_DO.get(kind, OTHERWISE) in body(kind)


def test_versions_and_aliases_are_named() -> None:
    reference = Reference(
        kind=TriggerKind.BUCKET, name="b", qualifiers=("live", "3"), why="its notifications name it"
    )
    assert "| It names | `live, 3` |" in reference_body(a_function(), reference, "abc")


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_hostile_name_stands_only_in_code_spans(text: str) -> None:
    hostile = body(name=text, why=text)
    assert len(hostile.splitlines()) == len(body().splitlines())
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", hostile)
    for mark in ("<", "@", "evil", "`", "#1", "javascript"):
        assert mark not in outside
