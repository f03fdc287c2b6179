"""Is the page of a scan one file that asks nobody, with gaps first and every text inert?"""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fakes.builders import an_arn
from tests.report.hostile import TEXTS, structure
from trimtab.domain.arn import Target
from trimtab.domain.checklist import Checklist, Point, score
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.sighting import Line, Sighting, Tally
from trimtab.domain.terms import Severity
from trimtab.report.scan_page import scan_page

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
ARN = an_arn("idle")


def a_line(policy: str = "unused", **given: object) -> Line:
    usual: dict[str, object] = {
        "function": ARN,
        "policy_id": policy,
        "severity": Severity.LOW,
        "assessment": Assessment.NON_COMPLIANT,
        "because": "usage.invocations = 0: 0",
        "missing": (),
        "suppressed_until": None,
    }
    return Line(**usual | given)  # type: ignore[arg-type]


def page(*lines: Line, gaps: tuple[Gap, ...] = (), name: str = "shop", **given: object) -> str:
    target = Target(account=ARN.account, region=ARN.region)
    sighting = Sighting(
        target=target,
        account_name=name,
        as_of=NOW,
        functions=1,
        lines=lines,
        gaps=gaps,
        calls={},
    )
    sums = Tally(
        accounts=1,
        targets=1,
        functions=1,
        compliant=0,
        not_applicable=0,
        insufficient_data=0,
        findings=len(lines),
        suppressed=0,
        gaps=len(gaps),
        calls=3,
        by_severity={},
    )
    usual: dict[str, object] = {
        "gaps": (),
        "left_out": (LeftOut(account="333333333333", reason="its state is SUSPENDED"),),
        "sums": sums,
        "titles": {"unused": "Nobody calls it", "other": "Other"},
        "now": NOW,
    }
    return scan_page((sighting,), **usual | given)  # type: ignore[arg-type]


def a_gap(error: str = "denied") -> Gap:
    return Gap(
        account=ARN.account,
        region=ARN.region,
        what="not judged by unused",
        error=error,
        function=str(ARN),
    )


def test_gaps_come_first_then_sums_then_findings() -> None:
    text = page(a_line(), gaps=(a_gap(),))
    places = [text.index(f'id="{name}"') for name in ("gaps", "totals", "policies", "findings")]
    assert places == sorted(places)
    assert "1 gap, 1 finding in 1 function" in text
    assert str(ARN) in text
    assert "Left out: account 333333333333" in text
    assert "No gap" not in text
    assert "No gap" in page(a_line())


def test_gaps_of_one_reason_are_folded_and_every_function_is_named() -> None:
    gaps = tuple(replace(a_gap(), function=str(an_arn(name))) for name in ("one", "two"))
    text = page(gaps=(*gaps, replace(a_gap(), what="tags", function=None)))
    assert "2 functions not judged by unused" in text
    for name in ("one", "two"):
        assert f"<li><code>{an_arn(name)}</code></li>" in text
    assert text.index(">tags<") < text.index("2 functions not judged")


def test_s08_an_account_with_open_verdicts_does_not_show_a_bare_zero() -> None:
    text = page(a_line(assessment=Assessment.INSUFFICIENT_DATA, because="denied"))
    assert '<td class="number">0 and 1 not known</td>' in text


def test_what_is_suppressed_says_until_when() -> None:
    text = page(a_line(suppressed_until=datetime(2026, 12, 1, tzinfo=UTC)))
    assert "suppressed until Tue 1 Dec 2026, 00:00 UTC" in text


def test_a_verdict_that_is_no_finding_is_only_counted() -> None:
    text = page(a_line(assessment=Assessment.COMPLIANT, because="secret reason"))
    assert "secret reason" not in text


def test_it_asks_nobody_and_runs_only_what_it_names() -> None:
    text = page(a_line())
    assert not re.search(r"(src|href|action)=|https?:|url\(|@import", text)
    for tag in ("style", "script"):
        for body in re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"sha256-{digest}" in text.replace("&#43;", "+")


LIST = Checklist(
    id="production",
    title="Ready for production",
    points=(
        Point(title="Traced", policies=("tracing",)),
        Point(title="Tagged", policies=("tags",)),
        Point(title="Piped", not_checked="nobody looks"),
    ),
)


def test_a_checklist_shows_every_point_and_the_functions_with_most_missing_first() -> None:
    found = [
        score(LIST, {"tracing": tracing}, function=an_arn(name))
        for name, tracing in (("good", Assessment.COMPLIANT), ("bad", Assessment.NON_COMPLIANT))
    ]
    text = page(a_line(), checklists=[(LIST, found)])
    assert "<h2>Ready for production</h2>" in text
    assert "1 of 2 judged points met" in text
    cells = "".join(f'<td class="number">{n}</td>' for n in (1, 1, 0, 0))
    assert f'<th scope="row">Traced</th>{cells}' in text
    assert '<td colspan="4">Not checked: nobody looks</td>' in text
    assert text.index('<th scope="row">bad</th>') < text.index('<th scope="row">good</th>')
    assert '<td class="number">0 of 1</td><td>Traced</td><td>Tagged</td>' in text
    assert '<td class="number">1 of 1</td><td>nothing</td><td>Tagged</td>' in text
    assert "checklist" not in page(a_line())


@pytest.mark.parametrize("hostile", TEXTS)
def test_s23_text_from_outside_is_inert(hostile: str) -> None:
    tame = page(a_line(because="x"), gaps=(a_gap("x"),), name="x")
    wild = page(a_line(because=hostile), gaps=(a_gap(hostile),), name=hostile)
    assert structure(wild) == structure(tame)
