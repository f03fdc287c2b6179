"""Do the sums of a scan count all once, the worst first, and the unknown beside the known?"""

from datetime import UTC, datetime

from tests.fakes.builders import an_arn
from tests.report.test_scan_page import a_card, a_line
from trimtab.domain.arn import Target
from trimtab.domain.finding import Assessment, Saving
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Mode, Severity
from trimtab.report.scan_sums import add_savings, add_up

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
UNREAD = Gap(account="1", region="r", what="target", error="denied")


def seen(account: str, *lines: Line, gaps: tuple[Gap, ...] = ()) -> Sighting:
    return Sighting(
        target=Target(account=account, region="eu-west-1"),
        account_name=account,
        as_of=NOW,
        functions=len({line.function for line in lines}),
        lines=lines,
        gaps=gaps,
        calls={},
    )


def save(low: float, high: float) -> Saving:
    return Saving(low_usd_month=low, high_usd_month=high)


def test_every_verdict_is_counted_once() -> None:
    lines = (
        a_line(),
        a_line(suppressed_until=NOW),
        a_line(assessment=Assessment.COMPLIANT),
        a_line(assessment=Assessment.NOT_APPLICABLE),
        a_line(assessment=Assessment.INSUFFICIENT_DATA),
    )
    (one,) = add_up((seen("1", *lines),), (a_card(),)).policies
    counted = (
        one.findings,
        one.suppressed,
        one.compliant,
        one.not_applicable,
        one.insufficient_data,
    )
    assert counted == (1, 1, 1, 1, 1)


def test_what_could_not_be_read_comes_before_the_gravest_and_that_before_the_many() -> None:
    many = [a_line(function=an_arn(f"f{n}")) for n in range(9)]
    open_ = a_line(assessment=Assessment.INSUFFICIENT_DATA)
    found = add_up(
        (
            seen("clean", a_line(assessment=Assessment.COMPLIANT)),
            seen("open", open_),
            seen("many", *many),
            seen("grave", a_line(severity=Severity.CRITICAL)),
            seen("unread", gaps=(UNREAD,)),
        ),
        (a_card(),),
    )
    assert [one.account for one in found.accounts] == ["unread", "grave", "many", "open", "clean"]
    assert [one.is_known for one in found.accounts] == [False, True, True, False, True]
    assert found.accounts[3].named == {"unused"}


def test_a_policy_without_findings_comes_last_however_grave() -> None:
    policies = (
        a_card("grave-but-clean", severity=Severity.CRITICAL),
        a_card("many"),
        a_card("graver", severity=Severity.HIGH, pack="security"),
    )
    lines = [a_line("many", function=an_arn(f"f{n}")) for n in range(3)]
    found = add_up((seen("1", *lines, a_line("graver")),), policies)
    assert [one.card.id for one in found.policies] == ["graver", "many", "grave-but-clean"]
    assert found.by_pack == {"cost": 3, "security": 1}


def test_one_critical_finding_outweighs_any_number_of_high_ones() -> None:
    lines = [
        *(a_line(f"p{n}", function=an_arn("many"), severity=Severity.HIGH) for n in range(3)),
        a_line("p0", function=an_arn("grave"), severity=Severity.CRITICAL),
    ]
    found = add_up((seen("1", *lines),), [a_card(f"p{n}") for n in range(3)])
    assert [one.function.name for one in found.offenders] == ["grave", "many"]
    assert found.offenders[1].policies == ["p0", "p1", "p2"]


def test_of_a_function_with_two_proposals_the_smaller_saving_counts() -> None:
    lines = (
        a_line("p", saving=save(5, 9)),
        a_line("q", saving=save(1, 2)),
        a_line("p", function=an_arn("other"), saving=save(10, 20)),
    )
    found = add_savings(lines)
    assert found.total == save(11, 22)
    assert [row.saving.high_usd_month for row in found.rows] == [20, 2]


def test_what_may_be_proposed_now_is_told_apart_from_what_is_possible() -> None:
    lines = (
        a_line("p", saving=save(5, 9), mode=Mode.APPROVE),
        a_line("q", saving=save(1, 2), mode=Mode.TICKET),
        a_line("p", function=an_arn("other"), saving=save(10, 20), mode=Mode.OBSERVE),
    )
    found = add_savings(lines)
    assert (found.total, found.allowed) == (save(11, 22), save(5, 9))
    assert [row.policy_id for row in found.allowed_rows] == ["p"]
    assert add_savings(lines[1:]).allowed is None


def test_of_a_function_the_gravest_policy_is_named_first() -> None:
    names = [f"p{n}" for n in range(5)]
    lines = [a_line(name) for name in names] + [a_line("z", severity=Severity.CRITICAL)]
    cards = [*(a_card(name) for name in names), a_card("z", severity=Severity.CRITICAL)]
    (worst,) = add_up((seen("1", *lines),), cards).offenders
    assert worst.policies == ["z", *names]


def test_what_is_suppressed_or_not_proposed_is_not_in_the_total() -> None:
    lines = (
        a_line(saving=save(5, 9), suppressed_until=NOW),
        a_line(not_proposed="starved"),
        a_line(not_proposed="starved"),
        a_line(assessment=Assessment.COMPLIANT),
    )
    found = add_savings(lines)
    assert (found.total, found.rows, found.not_proposed) == (None, (), {"starved": 2})
