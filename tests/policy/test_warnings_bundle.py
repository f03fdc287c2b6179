"""What loads and is probably not meant is told with file, line and column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.policy.bundles import FILES, FLEET, POLICY, WATCHED, load
from trimtab.policy.warnings_bundle import bundle_warnings

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)
OTHER = WATCHED.replace("id: too-big", "id: other")
TESTS = """\
policy: too-big
given: {usage.invocations: 1000, memory.peak_ratio: 59%}
tests:
  - {name: below, signals: {function.memory_mb: 127}, expect: compliant}
  - {name: at, signals: {function.memory_mb: 128}, expect: compliant}
  - {name: above, signals: {function.memory_mb: 129}, expect: non_compliant}
  - {name: few, signals: {function.memory_mb: 129, usage.invocations: 999}, expect: compliant}
  - {name: more, signals: {function.memory_mb: 129, usage.invocations: 1001}, expect: non_compliant}
  - {name: at, signals: {function.memory_mb: 129, memory.peak_ratio: 60%}, expect: compliant}
  - {name: more, signals: {function.memory_mb: 129, memory.peak_ratio: 61%}, expect: compliant}
"""


def warned(files: dict[str, str], *, now: datetime = NOW, with_tests: bool = False) -> list[str]:
    every = {**FILES, **files}
    found = bundle_warnings(load(files), every, now=now, with_tests=with_tests)
    return [str(problem) for problem in found]


def scoped(scope: str) -> list[str]:
    return warned({"cost/too-big.yaml": f"{POLICY}scope: {scope}\n"})


def test_a_bundle_that_says_what_it_means_has_no_warnings() -> None:
    assert warned({"cost/too-big.tests.yaml": TESTS}, with_tests=True) == []


def test_a_condition_is_told_where_it_stands() -> None:
    text = WATCHED.replace("> 128", "> 10240")
    assert warned({"cost/too-big.yaml": text}) == [
        "cost/too-big.yaml:6:23: 'function.memory_mb > 10240 MB' can never hold:"
        " function.memory_mb is 128 MB to 10240 MB"
    ]


def test_two_policies_that_judge_the_same_are_told() -> None:
    twin = "when: {all: [{not: {usage.errors: 1}}, {any: [{usage.throttles: 1}]}]}\n"
    turned = "when: {usage.throttles: 1, not: {usage.errors: 1}}\n"
    head = WATCHED.partition("when:")[0]
    files = {
        "cost/too-big.yaml": head + twin,
        "cost/other.yaml": head.replace("id: too-big", "id: other") + turned,
    }
    assert warned(files) == [
        "cost/too-big.yaml:5:7: cost/other.yaml judges the same functions by the same conditions"
    ]


@pytest.mark.parametrize(
    "more",
    [
        "scope: {regions: [eu-west-1]}\n",
        "scope: {tags: {a: b}}\n",
        "scope: {accounts: {exclude: ['111122223333']}}\n",
    ],
)
def test_two_policies_of_different_scope_are_not_the_same(more: str) -> None:
    assert warned({"cost/too-big.yaml": WATCHED, "cost/other.yaml": OTHER + more}) == []


def test_the_lookback_tells_apart_what_is_judged_over_it() -> None:
    files = {"cost/too-big.yaml": WATCHED, "cost/other.yaml": OTHER + "lookback: 30d\n"}
    assert len(warned(files)) == 1
    usage = {n: t.replace("function.memory_mb", "usage.invocations") for n, t in files.items()}
    assert warned(usage) == []
    derived = {
        n: t.replace("function.memory_mb", "usage.duration_mean_ms") for n, t in files.items()
    }
    assert warned(derived) == []


SCOPES = [
    ("{regions: [eu-wset-1, eu-west-1]}", ":20:19: unknown region 'eu-wset-1': did you mean"),
    ("{regions: {exclude: [xx-nowhere-9]}}", ":20:29: unknown region 'xx-nowhere-9'"),
    ("{regions: [us-east-1]}", ":20:18: admits no region of fleet.yaml: the policy judges nothing"),
    ("{regions: {exclude: [eu-west-1]}}", "admits no region of fleet.yaml"),
    (
        "{accounts: {include: ['111122223333'], exclude: ['111122223333', '111122223334']}}",
        "excludes all that it includes: the policy judges nothing",
    ),
    ("{organizational_units: {include: [ou-a-1], exclude: [ou-a-1]}}", "excludes all that it"),
    ("{tags: {a: b}}\n  ", ""),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "message"), SCOPES)
def test_a_scope_that_leaves_nothing_is_told(scope: str, message: str) -> None:
    found = scoped(scope)
    assert any(message in line for line in found) if message else found == []


def test_a_scope_of_accounts_that_the_fleet_excludes_is_told() -> None:
    fleet = "scope: {regions: [eu-west-1], exclude_accounts: ['111122223333']}\n"
    text = f"{POLICY}scope: {{accounts: ['111122223333']}}\n"
    (told,) = warned({"fleet.yaml": fleet, "cost/too-big.yaml": text})
    assert "names only accounts that fleet.yaml excludes" in told
    more = f"{POLICY}scope: {{accounts: ['111122223333', '111122223334']}}\n"
    assert warned({"fleet.yaml": fleet, "cost/too-big.yaml": more}) == []


def test_a_condition_against_the_tags_of_the_scope_is_told() -> None:
    text = f"{WATCHED}  function.has_tag: keep\nscope: {{tags: {{keep: absent}}}}\n"
    assert warned({"cost/too-big.yaml": text}) == [
        "cost/too-big.yaml:7:21: 'tag keep is present' can never hold beside"
        " 'scope tag keep absent' on line 8"
    ]


def test_a_misspelt_region_of_the_fleet_or_an_owner_is_told() -> None:
    approvers = "approvers: [a@example.com]"
    owners = f"fallback: [a@example.com]\nmap: [{{match: {{region: eu-wset-1}}, {approvers}}}]\n"
    found = warned(
        {"fleet.yaml": "scope: {regions: [eu-west-1, eu-wset-2]}\n", "owners.yaml": owners}
    )
    assert [line.partition(": ")[0] for line in found] == ["fleet.yaml:1:30", "owners.yaml:2:24"]
    assert "did you mean 'eu-west-2'?" in found[0]
    name = "fallback: [a@example.com]\nmap: [{match: {name: a}, approvers: [a@example.com]}]\n"
    assert warned({"owners.yaml": name}) == []


def test_a_runtime_that_aws_does_not_name_is_told() -> None:
    text = WATCHED.replace('function.memory_mb: "> 128"', "function.runtime: [pyhton3.9, go1.x]")
    assert warned({"cost/too-big.yaml": text}) == [
        "cost/too-big.yaml:6:21: unknown runtime 'pyhton3.9': did you mean 'python3.9'?"
    ]
    assert warned({"cost/too-big.yaml": text.replace("[pyhton3.9, go1.x]", "matches ^p")}) == []


def exempt(functions: str, until: str = "2028-01-31") -> list[str]:
    text = (
        f"exemptions: [{{policy: too-big, functions: ['{functions}'], why: a, who: a@example.com,"
        f" until: {until}}}]\n"
    )
    fleet = "scope: {regions: [eu-west-1], exclude_accounts: ['222222222222']}\n"
    return warned({"exemptions.yaml": text, "fleet.yaml": fleet})


ARN = "arn:aws:lambda:eu-west-1:111122223333:function:batch"


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2027-01-09", "the exemption from too-big ended with 2027-01-09"),
        ("2027-01-10", "the exemption from too-big ends with 2027-01-10"),
        ("2027-01-16", "the exemption from too-big ends with 2027-01-16"),
        ("2027-01-17", ""),
    ],
)
def test_s10_an_exemption_is_told_a_week_before_it_ends(until: str, told: str) -> None:
    found = exempt(ARN, until)
    assert [line for line in found if told in line] == found
    assert bool(found) is bool(told)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (ARN, ""),
        ("arn:aws:lambda:*", ""),
        ("arn:aws*:function:a?", ""),
        ("arn:aws:lambda:eu-west-1:*:function:a", ""),
        (ARN + "-*", ""),
        ("arn:aws:s3:*", "it is no ARN of Lambda"),
        ("arn:azure:lambda:*", "it is no ARN of Lambda"),
        ("arn:aws:lambda:eu-west-1:111122223333:layer:*", "it is no ARN of a function"),
        ("arn:aws:lambda:us-east-1:*", "fleet.yaml has no region 'us-east-1'"),
        ("arn:aws:lambda:eu-west-1:222222222222:*", "fleet.yaml excludes account 222222222222"),
        (ARN + ":prod", "without version or alias"),
        ("arn:aws:lambda:eu-west-1", "without version or alias"),
    ],
)
def test_an_exemption_that_covers_no_function_is_told(pattern: str, told: str) -> None:
    found = exempt(pattern)
    assert len(found) == bool(told)
    assert all("covers no function: " in line and told in line for line in found)


def test_a_known_gap_that_has_ended_is_told() -> None:
    gap = "{account: '444455556666', why: a, owner: a@example.com, until: 2027-01-09}"
    later = gap.replace("01-09", "01-10")
    assert warned({"fleet.yaml": f"{FLEET}known_gaps: [{gap}, {later}]\n"}) == [
        "fleet.yaml:2:77: the known gap of account 444455556666 has ended:"
        " it is a gap like any other"
    ]


def test_tests_that_lack_a_row_are_told() -> None:
    (none,) = warned({}, with_tests=True)
    assert none == "cost/too-big.yaml:1:5: no tests: write too-big.tests.yaml beside it"
    lines = TESTS.splitlines()
    without = [line for line in lines if "999" not in line and "61%" not in line]
    assert warned({"cost/too-big.tests.yaml": "\n".join(without)}, with_tests=True) == [
        "cost/too-big.yaml:8:22: 'usage.invocations >= 1000':"
        " no test with usage.invocations below the limit",
        "cost/too-big.yaml:9:22: 'memory.peak_ratio < 60%':"
        " no test with memory.peak_ratio above the limit",
    ]
    unknown = "policy: too-big\ntests: [{name: a, expect: insufficient_data}]\n"
    found = warned({"cost/too-big.tests.yaml": unknown}, with_tests=True)
    assert "cost/too-big.yaml:1:5: no test expects compliant" in found
    assert any("usage.invocations below or at or above the limit" in line for line in found)
    broken = warned({"cost/too-big.tests.yaml": "policy: too-bag\ntests: []\n"}, with_tests=True)
    assert "cost/too-big.tests.yaml:2:8: at least 1 needed here" in broken


def test_what_no_value_can_reach_needs_no_row() -> None:
    text = WATCHED.replace("> 128", "> 10240")
    row = "policy: too-big\ntests:\n  - {name: a, signals: {function.memory_mb: %s}, expect: %s}\n"
    files = {"cost/too-big.yaml": text, "cost/too-big.tests.yaml": row % (10240, "compliant")}
    files["cost/too-big.tests.yaml"] += (
        "  - {name: b, signals: {function.memory_mb: 1}, expect: compliant}\n"
    )
    assert [line.partition(": ")[2] for line in warned(files, with_tests=True)] == [
        "no test expects non_compliant",
        "'function.memory_mb > 10240 MB' can never hold: function.memory_mb is 128 MB to 10240 MB",
    ]


def test_lists_and_texts_need_no_row_around_a_limit() -> None:
    text = WATCHED.replace('"> 128"', '"in [128, 256]"') + "  function.name: matches ^a\n"
    row = "policy: too-big\ntests:\n  - {name: a, signals: {%s}, expect: %s}\n"
    good = "function.memory_mb: 128, function.name: a"
    files = {"cost/too-big.yaml": text, "cost/too-big.tests.yaml": row % (good, "non_compliant")}
    files["cost/too-big.tests.yaml"] += (
        "  - {name: b, signals: {function.name: b}, expect: compliant}\n"
    )
    assert warned(files, with_tests=True) == []
