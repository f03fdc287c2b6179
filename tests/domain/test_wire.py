"""Does a value survive its journey through JSON, and is anything else refused?"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest

from tests.fakes.builders import (
    TARGET,
    a_decision,
    a_finding,
    a_remediation,
    an_account,
    an_arn,
    an_explanation,
)
from tests.fakes.clock import NOW
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import InputError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Assessment, Exemption, Finding, Verdict
from trimtab.domain.fleet import Gap, LeftOut, Targets
from trimtab.domain.ledger import Entry, empty_head, next_entry
from trimtab.domain.plan import Disposition, Plan, PlannedFinding
from trimtab.domain.run import Part
from trimtab.domain.terms import Window
from trimtab.domain.verification import Baseline, Comparison, Figures, Health, Verification
from trimtab.domain.wire import ONLY_IF_SAID, from_wire, to_wire

WINDOW = Window(days=(0, 4), opens=time(9), closes=time(16, 30), timezone="Europe/Berlin")
EXEMPTION = Exemption(
    policy_id="p", functions=("*",), why="year end", who="pay@example.com", ends_at=NOW
)
FINDING = a_finding(
    signals={
        "memory.peak_mb": Known(value=300.5, source="Insights"),
        "function.tags": Known(value={"team": "a"}, source="tags"),
        "cpu.share": Unknown(reason="off"),
        "usage.duration_p95_ms": Known(value=None, source="CloudWatch"),
    },
    explanation=an_explanation(children=(an_explanation("x > 1", answer=None),)),
    suppressed_by=EXEMPTION,
)
VERDICT = Verdict(
    policy_id="p", function=an_arn(), assessment=Assessment.INSUFFICIENT_DATA, missing=("a", "b")
)
GAP = Gap(account="1", region="r", what="target", error="denied")
FIGURES = Figures(
    invocations=Known(value=10.0, source="CloudWatch"),
    errors=Known(value=0, source="CloudWatch"),
    throttles=Unknown(reason="late"),
    duration_p95_ms=Known(value=1.5, source="CloudWatch"),
    out_of_memory=Unknown(reason="not read"),
)
ENTRY = next_entry(
    empty_head("run#1"), at=NOW, actor="a", event="e", data={"n": [1, None, "x"]}, function=None
)

VALUES: list[Any] = [
    a_remediation(window=WINDOW),
    a_remediation(explanation=an_explanation(children=(an_explanation(),))),
    FINDING,
    a_finding(advice=Abstention(reason="starved")),
    a_finding(advice=None),
    Part(
        target=TARGET,
        as_of=NOW,
        functions=1,
        verdicts=(VERDICT,),
        findings=(FINDING,),
        gaps=(GAP,),
        calls={"lambda:ListFunctions": 1},
        is_last=True,
    ),
    Plan(
        run_id="run-1",
        gaps=(GAP, replace(GAP, function=str(an_arn()))),
        items=(
            PlannedFinding(
                finding=FINDING,
                disposition=Disposition.PLANNED,
                reason="within all limits",
                remediation=a_remediation(),
            ),
            PlannedFinding(finding=FINDING, disposition=Disposition.HELD_BACK, reason="limit"),
        ),
    ),
    Round(remediation=a_remediation(), status=RoundStatus.PROPOSED),
    Round(
        remediation=a_remediation(),
        status=RoundStatus.WATCHING,
        decision=a_decision(reason="fine"),
        task_token="t",
        signalled=True,
        applied_at=NOW,
        note="n",
    ),
    Baseline(figures=FIGURES, watch_from=NOW, watch_until=NOW + timedelta(hours=4)),
    Targets(
        accounts=(an_account("1", "ou-1"),),
        targets=(TARGET,),
        left_out=(LeftOut(account="2", reason="suspended"),),
        gaps=(GAP,),
    ),
    Verification(
        health=Health.REGRESSED,
        at=NOW,
        comparisons=(
            Comparison(figure="f", before=None, after=1.0, answer=Health.REGRESSED, why="w"),
        ),
    ),
    ENTRY,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_a_value_comes_back_equal_through_json(value: Any) -> None:
    travelled = json.loads(json.dumps(to_wire(value), allow_nan=False))
    assert from_wire(type(value), travelled) == value
    assert to_wire(from_wire(type(value), travelled)) == to_wire(value)


def test_moments_travel_in_utc() -> None:
    berlin = datetime(2026, 11, 2, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    assert to_wire(berlin) == to_wire(NOW) == "2026-11-02T10:00:00+00:00"
    assert from_wire(datetime, to_wire(berlin)).tzinfo is UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    words: frozenset[str]
    number: int | float
    note: str | None
    some: Evidence
    flag: bool = True


SAMPLE = _Sample(words=frozenset({"b", "a"}), number=2, note=None, some=Unknown(reason="x"))


def test_sets_travel_sorted_and_numbers_keep_their_type() -> None:
    assert to_wire(SAMPLE)["words"] == ["a", "b"]
    assert from_wire(_Sample, to_wire(SAMPLE)) == SAMPLE
    assert type(from_wire(float, 2)) is float
    assert type(from_wire(_Sample, to_wire(SAMPLE) | {"number": 2.5}).number) is float


def test_a_text_of_a_type_of_its_own_travels_as_text() -> None:
    class Name(str):
        __slots__ = ()

    assert to_wire(Name("orders")) == "orders"


def test_a_type_without_a_wire_form_is_a_bug_and_says_so() -> None:
    with pytest.raises(TypeError, match="bytes has no wire form"):
        to_wire({"x": b"raw"})
    with pytest.raises(TypeError, match="type has no wire form"):
        to_wire(Round)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"flag": 1}, "_Sample.flag: 1 is not a bool"),
        ({"flag": "true"}, "is not a bool"),
        ({"note": 3}, "fits none of"),
        ({"words": "ab"}, "is not a list"),
        ({"words": ["a", 1]}, r"_Sample.words\[1\]: 1 is not a str"),
        ({"some": {"is": "Known", "value": 1}}, r"\['source'\] are missing or unknown"),
        ({"some": {"is": "Guess", "reason": "x"}}, "fits none of"),
        ({"extra": 1}, r"\['extra'\] are missing or unknown"),
        ({"is": "Other"}, "missing or unknown"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        from_wire(_Sample, to_wire(SAMPLE) | change)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (datetime, "yesterday"),
        (datetime, 5),
        (datetime, "2026-11-02T10:00:00"),
        (datetime, "2026-11-02"),
        (datetime, "0001-01-01T00:00:00+14:00"),
        (timedelta, 1e300),
        (timedelta, "5s"),
        (time, "25:00"),
        (Health, "fine"),
        (int, True),
        (int, 1.0),
        (float, True),
        (_Sample, []),
        (Entry, None),
    ],
)
def test_a_malformed_scalar_is_refused(kind: type, data: Any) -> None:
    with pytest.raises(InputError):
        from_wire(kind, data)


def test_a_mapping_must_be_one() -> None:
    stored = to_wire(FINDING) | {"signals": []}
    with pytest.raises(InputError, match="not a mapping"):
        from_wire(Finding, stored)


def test_a_missing_field_is_refused() -> None:
    stored = to_wire(SAMPLE)
    del stored["note"]
    with pytest.raises(InputError, match="note"):
        from_wire(_Sample, stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Later:
    old: str
    new: int | None = None


def test_what_was_written_before_a_field_with_a_default_was_there_can_be_read() -> None:
    assert from_wire(_Later, {"is": "_Later", "old": "x"}) == _Later(old="x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A value with a field that came later."""

    first: int
    later: str = field(default="as before", metadata=ONLY_IF_SAID)


def test_a_field_that_came_later_is_left_out_until_it_says_something() -> None:
    assert to_wire(Grown(first=1)) == {"is": "Grown", "first": 1}
    said = to_wire(Grown(first=1, later="new"))
    assert said == {"is": "Grown", "first": 1, "later": "new"}
    assert from_wire(Grown, said) == Grown(first=1, later="new")
    assert from_wire(Grown, {"is": "Grown", "first": 1}) == Grown(first=1)
