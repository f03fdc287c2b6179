"""Does a score count only what was judged, and never take the unknown for met? (S8)"""

from datetime import UTC, datetime

import pytest

from tests.fakes.builders import TARGET, an_arn
from trimtab.domain.checklist import (
    Checklist,
    Point,
    PointState,
    of_point,
    score,
    scores,
    titles,
)
from trimtab.domain.finding import Assessment
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity

YES, NO = Assessment.COMPLIANT, Assessment.NON_COMPLIANT
OPEN, NONE = Assessment.INSUFFICIENT_DATA, Assessment.NOT_APPLICABLE
LIST = Checklist(
    id="production",
    title="Ready",
    points=(
        Point(title="tuned", policies=("memory", "timeout")),
        Point(title="traced", policies=("tracing",)),
        Point(title="piped", not_checked="nobody looks"),
    ),
)


def states(**verdicts: Assessment) -> tuple[PointState, ...]:
    return score(LIST, verdicts, function=an_arn("orders")).states


@pytest.mark.parametrize(
    ("memory", "timeout", "state"),
    [
        (YES, YES, PointState.MET),
        (YES, NONE, PointState.MET),
        (NONE, NONE, PointState.NOT_APPLICABLE),
        (NO, YES, PointState.MISSING),
        (NO, OPEN, PointState.MISSING),
        (YES, OPEN, PointState.UNKNOWN),
        (NONE, OPEN, PointState.UNKNOWN),
    ],
)
def test_s08_a_point_is_met_only_when_all_its_policies_were_judged_and_found_nothing(
    memory: Assessment, timeout: Assessment, state: PointState
) -> None:
    assert states(memory=memory, timeout=timeout)[0] is state


def test_s08_a_policy_that_did_not_speak_leaves_its_point_unknown() -> None:
    assert states(memory=YES) == (PointState.UNKNOWN, PointState.UNKNOWN, PointState.NOT_CHECKED)


@pytest.mark.parametrize(
    ("tracing", "met", "judged"), [(YES, 2, 2), (NO, 1, 2), (OPEN, 1, 1), (NONE, 1, 1)]
)
def test_the_score_is_points_met_of_those_that_were_judged(
    tracing: Assessment, met: int, judged: int
) -> None:
    found = score(
        LIST, {"memory": YES, "timeout": YES, "tracing": tracing}, function=an_arn("orders")
    )
    assert (found.met, found.judged) == (met, judged)


def a_line(name: str, policy: str, assessment: Assessment, **given: object) -> Line:
    usual: dict[str, object] = {
        "function": an_arn(name),
        "policy_id": policy,
        "severity": Severity.LOW,
        "assessment": assessment,
        "because": "",
        "missing": (),
        "suppressed_until": None,
    }
    return Line(**usual | given)  # type: ignore[arg-type]


def a_sighting(*lines: Line) -> Sighting:
    return Sighting(
        target=TARGET,
        account_name="shop",
        as_of=datetime(2026, 11, 21, tzinfo=UTC),
        functions=1,
        lines=lines,
        gaps=(),
        calls={},
    )


def test_every_function_that_was_seen_gets_its_own_score() -> None:
    seen = (
        a_sighting(a_line("b", "tracing", YES), a_line("a", "tracing", NO)),
        a_sighting(a_line("c", "memory", YES), a_line("c", "timeout", YES)),
    )
    found = scores(LIST, seen)
    assert [(one.function.name, one.met, one.judged) for one in found] == [
        ("a", 0, 1),
        ("b", 1, 1),
        ("c", 1, 1),
    ]
    assert of_point(found, 0) == (1, 0, 2, 0)
    assert of_point(found, 1) == (1, 1, 1, 0)


def test_an_exemption_does_not_meet_a_point() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    (found,) = scores(LIST, [a_sighting(a_line("a", "tracing", NO, suppressed_until=until))])
    assert titles(LIST, found, PointState.MISSING) == ("traced",)
    assert titles(LIST, found, PointState.UNKNOWN) == ("tuned",)
