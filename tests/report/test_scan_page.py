"""Is the page of a scan one file that asks nobody, with gaps first and every text inert?"""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fakes.builders import an_arn
from tests.hostile.words import MORE
from tests.report.big_scan import AS_OF, cards, sightings
from tests.report.hostile import TEXTS, structure
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.checklist import Checklist, Point, score
from trimtab.domain.finding import Assessment, Guidance, Saving
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity
from trimtab.flows.tally import tally
from trimtab.report.scan_page import GAP_ROWS, GAP_ROWS_AT_ALL, NAMES, scan_page
from trimtab.report.scan_sums import PolicyCard

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
ARN = an_arn("idle")
TARGET = Target(account=ARN.account, region=ARN.region)


def a_card(name: str = "unused", **given: object) -> PolicyCard:
    usual: dict[str, object] = {
        "id": name,
        "title": "Nobody calls it",
        "why": "It costs nothing and is looked after by nobody.",
        "severity": Severity.LOW,
        "pack": "cost",
        "guidance": Guidance(remedy="Delete it.", links=("https://docs.example.com/x",)),
        "has_change": True,
    }
    return PolicyCard(**usual | given)  # type: ignore[arg-type]


def a_line(policy: str = "unused", **given: object) -> Line:
    usual: dict[str, object] = {
        "function": ARN,
        "policy_id": policy,
        "severity": Severity.LOW,
        "assessment": Assessment.NON_COMPLIANT,
        "because": "usage.invocations = 0",
        "missing": (),
        "suppressed_until": None,
    }
    return Line(**usual | given)  # type: ignore[arg-type]


def page(
    *lines: Line,
    gaps: tuple[Gap, ...] = (),
    name: str = "shop",
    functions: int = 1,
    costs: dict[str, float] | None = None,
    **given: object,
) -> str:
    sighting = Sighting(
        target=TARGET,
        account_name=name,
        as_of=NOW,
        functions=functions,
        lines=lines,
        gaps=gaps,
        calls={},
        usd_month=costs or {},
    )
    usual: dict[str, object] = {
        "gaps": (),
        "left_out": (LeftOut(account="333333333333", reason="its state is SUSPENDED"),),
        "sums": tally((sighting,)),
        "policies": (a_card(), a_card("other")),
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


def part(text: str, name: str) -> str:
    """Return one section of the page."""
    start = text.index(f'id="{name}"')
    return text[start : text.index("</section>", start)]


def test_gaps_come_first_then_sums_then_findings() -> None:
    text = page(a_line(), gaps=(a_gap(),))
    names = ("gaps", "totals", "saving", "worst", "policies", "accounts", "findings")
    places = [text.index(f'id="{name}"') for name in names]
    assert places == sorted(places)
    assert "1 gap, 1 finding in 1 function" in text
    assert f"{ARN.account} {ARN.region} idle" in part(text, "gaps")
    assert "Left out: account 333333333333" in text
    assert "No gap" not in text
    assert "No gap" in page(a_line())


def test_gaps_of_one_reason_are_one_row_that_names_every_function() -> None:
    gaps = tuple(
        replace(
            a_gap(f"no log group /aws/lambda/{name} in account {ARN.account}"),
            function=str(an_arn(name)),
        )
        for name in ("one", "two")
    )
    text = part(page(gaps=(*gaps, replace(a_gap(), what="tags", function=None))), "gaps")
    assert "2 functions not judged by unused" in text
    assert "no log group /aws/lambda/(the function) in account (the account)" in text
    for name in ("one", "two"):
        assert f"<li>{ARN.account} {ARN.region} {name}</li>" in text
    assert text.index(">tags<") < text.index("2 functions not judged")


def test_the_name_of_a_function_is_not_cut_out_of_another_word() -> None:
    gap = replace(a_gap("unreadable: read by read-only role"), function=str(an_arn("read")))
    assert "unreadable: (the function) by read-only role" in part(page(gaps=(gap,)), "gaps")


def test_what_is_too_much_for_the_first_look_is_counted_and_stands_in_the_list() -> None:
    many = tuple(replace(a_gap(), function=str(an_arn(f"f{n}"))) for n in range(NAMES + 3))
    text = page(gaps=many)
    assert "and 3 others, in the list at the end" in part(text, "gaps")
    assert f'"f{NAMES + 2}"' in text
    kinds = tuple(
        replace(a_gap(), what=f"reading {n}", function=None) for n in range(GAP_ROWS_AT_ALL + 5)
    )
    text = page(gaps=kinds)
    assert f"{GAP_ROWS_AT_ALL - GAP_ROWS} other rows" in text
    assert "And 5 rows more" in part(text, "gaps")
    assert f"reading {GAP_ROWS_AT_ALL + 4}" in text


def test_s08_an_account_with_open_verdicts_does_not_show_a_bare_zero() -> None:
    text = page(a_line(assessment=Assessment.INSUFFICIENT_DATA, because="denied"))
    assert '0 <span class="open">and 1 not known</span>' in part(text, "accounts")
    assert "0, not all known" in part(text, "totals")
    assert "No function has a finding among what is known." in text


def test_s08_an_account_that_was_not_read_shows_no_number() -> None:
    unread = replace(a_gap(), what="target", function=None)
    row = part(page(gaps=(unread,), functions=0), "accounts").split("<tbody>")[1]
    assert row.count("not known") == 6
    assert "1 target not read" in row
    assert "Nothing of the target was read" in page(gaps=(unread,), functions=0)
    half = part(page(a_line(), gaps=(unread,)), "accounts")
    assert '1 <span class="open">or more</span>' in half


def test_a_gap_of_functions_says_what_of_them_is_not_known() -> None:
    assert "1 function: function URLs</th>" in page(gaps=(replace(a_gap(), what="function URLs"),))


def test_a_scan_of_nothing_is_not_called_clean() -> None:
    text = scan_page((), gaps=(), left_out=(), sums=tally(()), policies=(), now=NOW)
    assert "So nothing is known of any account." in text
    assert "No gap" not in text


def test_the_saving_says_what_it_covers_and_what_not() -> None:
    saved = a_line(saving=Saving(low_usd_month=12, high_usd_month=31))
    kept = a_line("other", not_proposed="no smaller size is safe")
    text = part(page(saved, kept, costs={str(ARN): 99.4}, functions=2), "saving")
    assert "$12\N{EN DASH}31 a month" in text
    assert "an estimate, never a promise" in text
    assert "1 finding of a policy with a change, but no change is advised" in text
    assert "1: no smaller size is safe" in text
    assert "is known of 1 of 2 functions, together $99 a month" in text
    assert "of the others nothing is said" in text
    assert "of the others" not in part(page(saved, costs={str(ARN): 1.0}), "saving")


def test_s08_without_a_proposal_no_saving_is_told_and_none_is_denied() -> None:
    text = part(page(a_line(), policies=(a_card(has_change=False),)), "saving")
    assert "That is not to say that there is nothing to save" in text
    assert "only 0 policies of this scan know of a change" in text
    assert "$" not in text


def test_the_worst_and_the_dearest_are_named() -> None:
    big, small = an_arn("big"), an_arn("small")
    lines = (
        a_line(function=small),
        a_line(function=big, severity=Severity.HIGH),
        *(a_line(name, function=ARN) for name in ("unused", "other")),
    )
    text = page(*lines, costs={str(small): 40.0})
    worst, dearest = part(text, "worst").split("Dearest with findings")
    order = [worst.index(f'"row">{name}<') for name in ("big", "idle", "small")]
    assert order == sorted(order)
    assert "2: 2 low" in worst
    assert "$40" in dearest
    assert "big" not in dearest


def test_a_policy_says_why_what_to_do_and_where_to_read_more() -> None:
    bad = a_card("other", guidance=Guidance(links=("javascript:alert(1)",)), has_change=False)
    text = part(page(a_line(), policies=(a_card(), bad)), "policies")
    assert "It costs nothing and is looked after by nobody." in text
    assert "<b>What to do:</b> Delete it." in text
    assert '<a href="https://docs.example.com/x" rel="noreferrer">' in text
    assert 'href="javascript' not in text
    assert text.index("cost / unused") < text.index("cost / other")


def test_what_is_suppressed_says_until_when() -> None:
    until = datetime(2026, 12, 1, tzinfo=UTC)
    text = page(a_line(suppressed_until=until, suppressed_by="pay", suppressed_why="year end"))
    assert "until the end of 2026-11-30 (pay: year end)" in text


def test_a_verdict_that_is_no_finding_is_only_counted() -> None:
    text = page(a_line(assessment=Assessment.COMPLIANT, because="secret reason"))
    assert "secret reason" not in text
    assert "No function has a finding." in text


def test_without_a_script_a_sentence_says_what_is_missing() -> None:
    text = part(page(a_line()), "findings")
    assert "needs JavaScript in this browser; the sums above are whole without it" in text
    assert text.count(" hidden") == 2


def test_it_asks_nobody_and_runs_only_what_it_names() -> None:
    text = page(a_line(), gaps=(a_gap(),))
    links = re.findall(r'href="([^"]*)"', text)
    assert links
    assert all(link.startswith(("#", "https://docs.example.com/")) for link in links)
    assert not re.search(r"(src|action|style|srcset)=|url\(|@import", text)
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
    traced = text[text.index('<th scope="row">Traced') : text.index('<th scope="row">Tagged')]
    assert re.findall(r">(\d)</td>", traced) == ["1", "1", "0", "0"]
    assert ">Not checked: nobody looks</td>" in text
    assert text.index('<th scope="row">bad</th>') < text.index('<th scope="row">good</th>')
    rows = re.findall(r">(\d of 1)</td><td [^>]*>(\w+)</td><td [^>]*>(\w+)</td>", text)
    assert rows == [("0 of 1", "Traced", "Tagged"), ("1 of 1", "nothing", "Tagged")]
    assert 'class="sheet checklist"' not in page(a_line())
    assert '<a href="#checklist-production">Ready for production</a>' in text
    assert 'id="checklist-production"' in text


def test_of_many_functions_a_checklist_names_those_that_miss_most() -> None:
    missing = [
        score(LIST, {"tracing": Assessment.NON_COMPLIANT}, function=an_arn(f"f{n:02d}"))
        for n in range(25)
    ]
    good = score(LIST, {"tracing": Assessment.COMPLIANT}, function=an_arn("a-good-one"))
    text = page(a_line(), checklists=[(LIST, [good, *missing])])
    assert "The 20 of 26 functions that miss most" in text
    assert "f19" in text
    assert "f20" not in text
    assert "a-good-one" not in text


def wild_page(text: str) -> str:
    """Return a page in which everything that others write is this text."""
    arn = FunctionArn(partition="aws", region=ARN.region, account=ARN.account, name=text)
    gap = Gap(
        account=ARN.account, region=ARN.region, what=f"of {text}", error=text, function=str(arn)
    )
    line = a_line(function=arn, because=text, saving=Saving(low_usd_month=1, high_usd_month=2))
    kept = a_line("other", function=arn, because=text, not_proposed=text)
    card = a_card(title=text, why=text, guidance=Guidance(remedy=text))
    return page(line, kept, gaps=(gap,), name=text, policies=(card, a_card("other")))


@pytest.mark.parametrize("hostile", [*TEXTS, *MORE])
def test_s23_text_from_outside_is_inert(hostile: str) -> None:
    wild = wild_page(hostile)
    assert structure(wild) == structure(wild_page("x"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\x00-\x08]", wild)


def test_the_page_of_many_functions_has_few_elements_and_names_every_function() -> None:
    policies = cards(20)

    def drawn(functions: int) -> str:
        seen = sightings(functions, policies, targets=4)
        return scan_page(seen, gaps=(), left_out=(), sums=tally(seen), policies=policies, now=AS_OF)

    few, many = drawn(400), drawn(4000)
    assert len(structure(many)) < 1.2 * len(structure(few))
    assert len(set(re.findall(r'"[a-z-]+-worker-\d\d-\d{4}"', many))) == 4000
