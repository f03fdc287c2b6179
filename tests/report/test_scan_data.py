"""Is what the script reads whole, each text once, and inert inside its element?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.builders import an_arn
from tests.report.hostile import TEXTS
from tests.report.test_scan_page import a_card, a_line
from tests.report.test_scan_sums import UNREAD, save, seen
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line
from trimtab.domain.terms import Severity
from trimtab.report.scan_data import LONGEST, as_data, scan_data, shown

UNTIL = datetime(2026, 12, 1, tzinfo=UTC)


def data(*lines: Line, gaps: tuple[Gap, ...] = (), outside: tuple[Gap, ...] = ()) -> Any:
    cards = (a_card(), a_card("other"))
    return json.loads(scan_data((seen("111111111111", *lines, gaps=gaps),), outside, cards))


def said(found: Any, row: int) -> str:
    reason = found["reasons"][found["rows"]["b"][row]]
    return "; ".join(found["parts"][part] for part in reason)


def test_findings_come_gravest_first_then_suppressed_then_gaps() -> None:
    found = data(
        a_line(because="low"),
        a_line(because="late", suppressed_until=UNTIL, severity=Severity.HIGH),
        a_line("other", because="grave", severity=Severity.HIGH),
        a_line(because="open", assessment=Assessment.INSUFFICIENT_DATA),
        a_line(because="fine", assessment=Assessment.COMPLIANT),
        gaps=(Gap(account="1", region="r", what="state", error="denied", function=None),),
        outside=(UNREAD,),
    )
    assert [said(found, n) for n in range(5)] == ["grave", "low", "late", "denied", "denied"]
    assert found["rows"]["s"] == [0, 0, 1, -1, -1]
    assert found["exemptions"] == ["until the end of 2026-11-30"]
    assert found["rows"]["p"][:3] == [1, 0, 0]


def test_a_text_is_written_once_and_reads_as_it_was() -> None:
    reasons = ["a > 1: 2; b = 3: 3", "a > 1: 2; b = 4: 4"]
    lines = [a_line(function=an_arn(why[-1]), because=why) for why in reasons]
    found = data(*lines)
    assert [said(found, n) for n in range(2)] == reasons
    assert len(found["parts"]) == 3
    assert found["accounts"] == [["111111111111", "111111111111"]]


def test_a_gap_of_a_function_belongs_to_the_policies_that_could_not_judge_it() -> None:
    arn = an_arn("idle")
    gap = Gap(account=arn.account, region=arn.region, what="tags", error="no", function=str(arn))
    lines = [
        a_line(name, function=arn, assessment=Assessment.INSUFFICIENT_DATA)
        for name in ("unused", "other")
    ]
    found = data(*lines, gaps=(gap,))
    assert found["whats"] == [["tags", [0, 1]]]
    assert found["functions"]["n"] == ["idle"]


def test_savings_and_costs_stand_only_where_they_are_known() -> None:
    found = data(a_line(because="x"), a_line("other", saving=save(12, 31)))
    (one,) = found["savings"]
    assert one[1:] == ["$12\N{EN DASH}31 a month", 31]
    assert found["rows"]["p"][one[0]] == 1
    assert found["functions"]["c"] == [None]


@pytest.mark.parametrize("hostile", [*TEXTS, "</script><!--<script>", "\u2028 & \x00"])
def test_s23_the_data_cannot_leave_its_element(hostile: str) -> None:
    text = scan_data((seen(hostile, a_line(because=hostile)),), (), (a_card(title=hostile),))
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(as_data({"x": hostile})) == {"x": hostile}
    assert said(json.loads(text), 0) == "; ".join(shown(p) for p in hostile.split("; "))


def test_s23_a_text_is_shown_on_one_line_and_no_longer_than_there_is_room() -> None:
    assert shown("a\u202eb\nc") == "a b c"
    assert shown("x" * LONGEST) == "x" * LONGEST
    assert shown("x" * (LONGEST + 1)) == "x" * LONGEST + " … (cut off)"
