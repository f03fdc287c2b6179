"""A policy loads, or every mistake in it is told with line, column and the nearest right word."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from tests.policy.bundles import FILES, KINDS, POLICY, WATCHED, load, mistakes, mistakes_in
from trimtab.domain.finding import Guidance
from trimtab.domain.terms import Mode, Severity, Window, WorseThan
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import TicketTerms
from trimtab.policy.problems import PolicyErrors


def test_a_policy_loads_with_everything_it_says() -> None:
    policy = load().policies[0]
    assert (policy.id, policy.pack, policy.title) == ("too-big", "cost", "Too big")
    assert (policy.severity, policy.mode) == (Severity.MEDIUM, Mode.APPROVE)
    assert policy.change is not None
    assert policy.kind is policy.change.kind
    assert policy.change.fields == {
        "headroom": 1.4,
        "max_step": 0.5,
        "cooldown": timedelta(days=14),
        "tries": 1.0,
        "worth": 10.0,
    }
    assert policy.approval is not None
    assert policy.approval.approvers == ("owner", "ops@example.com")


def test_a_policy_without_a_change_has_no_terms_of_one() -> None:
    policy = load({"cost/too-big.yaml": WATCHED}).policies[0]
    assert policy.mode is Mode.OBSERVE
    assert policy.kind is None
    assert policy.lookback == timedelta(days=14)
    assert (policy.approval, policy.verify, policy.window, policy.ticket) == (None,) * 4


def test_what_is_left_out_of_a_change_has_defaults() -> None:
    policy = load({"cost/too-big.yaml": WATCHED + "change: {set_memory: {}}\n"}).policies[0]
    assert policy.approval is not None
    assert policy.approval.approvers == ("owner",)
    assert policy.approval.expires == timedelta(hours=72)
    assert policy.verify is not None
    assert policy.verify.settle == timedelta(minutes=30)
    assert policy.verify.watch == timedelta(hours=24)
    assert policy.verify.samples == 200
    assert policy.verify.error_rate == WorseThan(ratio=1.5, floor=5.0)
    assert policy.verify.duration_p95 == WorseThan(ratio=1.25, floor=None)
    assert policy.verify.out_of_memory == WorseThan(ratio=None, floor=0.0)
    assert policy.verify.throttles == WorseThan(ratio=1.5, floor=5.0)


def test_what_a_fleet_leaves_out_of_its_limits_has_defaults() -> None:
    fleet = load().fleet
    assert (fleet.limits.per_run, fleet.limits.per_account, fleet.limits.per_day) == (10, 3, 30)
    assert (fleet.limits.unverified, fleet.limits.unverified_per_account) == (10, 3)
    assert (fleet.freeze.rollbacks, fleet.freeze.within) == (2, timedelta(hours=24))


def test_every_field_of_a_change_is_read_by_its_type() -> None:
    fields = "{headroom: 2, max_step: 25%, cooldown: 30d, tries: 3, worth: 2.5}"
    policy = load(
        {
            "cost/too-big.yaml": WATCHED
            + f"change: {{set_memory: {fields}}}\napproval: {{needed: 1}}\n"
        }
    ).policies[0]
    assert policy.change is not None
    assert policy.change.fields == {
        "headroom": 2.0,
        "max_step": 0.25,
        "cooldown": timedelta(days=30),
        "tries": 3.0,
        "worth": 2.5,
    }


def test_window_verification_and_ticket_are_read() -> None:
    text = POLICY.replace(
        "  samples: 200\n",
        "  samples: 300\n"
        "  roll_back_if: {error_rate: '> 2x and >= 3', duration_p95: '>1.5x', throttles: '> 7'}\n"
        "window: {days: 'mon-wed, fri', hours: '09:00-16:30', timezone: UTC}\n"
        "ticket: {labels: [cost, 'team:a']}\n",
    )
    policy = load({"cost/too-big.yaml": text}).policies[0]
    assert policy.window == Window(
        days=(0, 1, 2, 4), opens=time(9), closes=time(16, 30), timezone="UTC"
    )
    assert policy.verify is not None
    assert policy.verify.samples == 300
    assert policy.verify.error_rate == WorseThan(ratio=2.0, floor=3.0)
    assert policy.verify.duration_p95 == WorseThan(ratio=1.5, floor=None)
    assert policy.verify.throttles == WorseThan(ratio=None, floor=7.0)
    assert policy.verify.out_of_memory == WorseThan(ratio=None, floor=0.0)
    assert policy.ticket == TicketTerms(sink="github", labels=("cost", "team:a"))


GUIDED = "remedy: >\n  Move it to\n  a newer one.\nlinks: ['https://docs.aws.amazon.com/lambda/?a=b#c']\n"


def test_guidance_is_read_on_one_line_and_belongs_to_what_a_policy_says() -> None:
    plain, guided = load().policies[0], load({"cost/too-big.yaml": POLICY + GUIDED}).policies[0]
    assert plain.guidance == Guidance()
    assert guided.guidance == Guidance(
        remedy="Move it to a newer one.", links=("https://docs.aws.amazon.com/lambda/?a=b#c",)
    )
    assert plain.digest != guided.digest


def test_the_digest_names_what_a_policy_says_and_not_how_it_is_written() -> None:
    digest = load().policies[0].digest
    rewritten = "# a comment\n" + POLICY.replace("128", "128 MB").replace("60%", "0.6")
    assert load({"cost/too-big.yaml": rewritten}).policies[0].digest == digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("128", "129"),
        ("lookback: 14d", "lookback: 15d"),
        ("headroom: 1.4", "headroom: 1.5"),
        ("watch: 24h", "watch: 25h"),
        ("ops@", "dev@"),
        ("severity: medium", "severity: high"),
        ("lookback: 14d", "lookback: 14d\nscope: {regions: [eu-west-1]}"),
        ("lookback: 14d", "lookback: 14d\nscope: {tags: {env: prod}}"),
        ("lookback: 14d", "lookback: 14d\nwindow: {days: mon, hours: 09:00-10:00, timezone: UTC}"),
    ],
)
def test_the_digest_changes_with_everything_a_policy_says(old: str, new: str) -> None:
    changed = load({"cost/too-big.yaml": POLICY.replace(old, new)})
    assert changed.policies[0].digest != load().policies[0].digest
    assert changed.digest != load().digest


def test_the_bundle_digest_covers_the_rules_and_not_the_tests() -> None:
    digest = load().digest
    assert load({"owners.yaml": "fallback: [other@example.com]\n"}).digest != digest
    assert load({"cost/too-big.tests.yaml": "x", "README.md": "x"}).digest == digest


def test_policies_are_in_order_of_their_ids_and_found_by_them() -> None:
    other = WATCHED.replace("id: too-big", "id: also-big")
    bundle = load({"reliability/also-big.yaml": other})
    assert [p.id for p in bundle.policies] == ["also-big", "too-big"]
    found = bundle.policy("also-big")
    assert found is not None
    assert found.pack == "reliability"
    assert bundle.policy("none") is None


def test_all_mistakes_are_told_at_once_in_order() -> None:
    text = """\
id: too-big
title: Too big
why: It costs money.
severity: mediun
mod: approve
when:
  function.memory: "> 128"
  usage.invocations: "> 30d"
  memory.peak_ratio: "< 60"
change:
  set_memory:
    headrom: 1.4
approval: {remind: 24h, needed: 2}
"""
    assert mistakes_in(text) == [
        "4:11: unknown severity 'mediun': did you mean 'medium'?",
        "5:1: unknown key 'mod': did you mean 'mode'?",
        "7:3: unknown signal 'function.memory': did you mean 'function.memory_mb'?",
        "8:22: usage.invocations is a count; '30d' is a duration",
        "9:22: 60 is not a share: write 60% or a number up to 1",
        "12:5: unknown field 'headrom': did you mean 'headroom'?",
        "13:12: 'remind' is not built yet: remove it",
        "13:33: needed: 2 is not built yet; write 1",
    ]


def test_mistakes_of_all_files_are_told() -> None:
    lines = mistakes({"cost/too-big.yaml": "id: 5\n", "owners.yaml": "tag: [a]\n"})
    assert lines[0] == "cost/too-big.yaml:1:1: key 'severity' is missing"
    assert "cost/too-big.yaml:1:5: 5 is not a name in kebab-case like memory-oversized" in lines
    assert "owners.yaml:1:1: key 'fallback' is missing" in lines
    assert "owners.yaml:1:1: unknown key 'tag': did you mean 'tags'?" in lines


def test_a_hundred_mistakes_are_shown_and_the_rest_counted() -> None:
    bad = "".join(f"  x{n}: 1\n" for n in range(150))
    lines = mistakes_in(WATCHED + bad)
    assert lines[-1] == "and 50 more"
    assert len(lines) == 101


def line(text: str) -> str:
    return WATCHED + text


BROKEN = [
    ("[]\n", "this must be a mapping of names to values"),
    ("text\n", "this must be a mapping of names to values"),
    (WATCHED.replace("too-big", "too-bag"), "the id is 'too-bag', the file is named 'too-big'"),
    (WATCHED.replace("Too big", "''"), "this must not be empty"),
    (WATCHED.replace("Too big", "x" * 121), "longer than 120 characters"),
    (WATCHED.replace("Too big", '"a\\nb"'), "this does not have the form"),
    (WATCHED.replace("Too big", "[a]"), "this must be text; put it in quotes"),
    (WATCHED.replace("Too big", "5"), "this must be text; put it in quotes"),
    (WATCHED.replace('function.memory_mb: "> 128"', "x: 1"), "unknown signal 'x'"),
    (WATCHED.replace('\n  function.memory_mb: "> 128"', " []"), "this must be a mapping"),
    (WATCHED.replace('\n  function.memory_mb: "> 128"', " {}"), "conditions are a mapping"),
    (line("mode: auto\n"), "mode 'auto' is not built yet; the highest is 'approve'"),
    (line("mode: aprove\n"), "unknown mode 'aprove': did you mean 'approve'?"),
    (line("mode: approve\n"), "mode approve needs a change to approve"),
    (line("lookback: 14\n"), "'14' is not a duration"),
    (line("lookback: 5m\n"), "lookback is from 1h to 455d"),
    (line("lookback: 500d\n"), "lookback is from 1h to 455d"),
    (line("approval: {expires: 3h}\n"), "approval has no effect without a change"),
    (line("verify: {watch: 4h}\n"), "verify has no effect without a change"),
    (line("window: {days: mon, hours: 1-2, timezone: UTC}\n"), "are not hours"),
    (line("change: {}\n"), "exactly one kind of change"),
    (line("change: {set_memory: {}, b: {}}\n"), "exactly one kind of change"),
    (line("change: {set_memry: {}}\n"), "did you mean 'set_memory'?"),
    (line("change: {set_memory: 5}\n"), "set_memory takes a mapping; {} for the defaults"),
    (line("change: set_memory\n"), "this must be a mapping"),
    (line("change: {set_memory: {headroom: 0.9}}\n"), "headroom must be at least 1"),
    (line("change: {set_memory: {headroom: 99}}\n"), "headroom must be at most 10"),
    (line("change: {set_memory: {max_step: 60%}}\n"), "max_step must be at most 50%"),
    (line("change: {set_memory: {headroom: big}}\n"), "headroom is a number like 1.4, not 'big'"),
    (line("change: {set_memory: {headroom: true}}\n"), "headroom is a number like 1.4, not True"),
    (line("change: {set_memory: {tries: 1.5}}\n"), "tries is a whole number, not 1.5"),
    (line("change: {set_memory: {worth: $5}}\n"), "worth is a number of US dollars like 10"),
    (line("change: {set_memory: {worth: -1}}\n"), "worth must be at least 0"),
    (line("change: {set_memory: {cooldown: 14}}\n"), "is not a duration"),
    (line("scope: {accounts: [111122223333]}\n"), 'put account numbers in quotes: "111122223333"'),
    (line("scope: {accounts: [abc]}\n"), "7:20: 'abc' is not an account number of 12 digits"),
    (line("scope: {accounts: [true]}\n"), "True is not an account number"),
    (line("scope: {accounts: {exclud: []}}\n"), "unknown key 'exclud': did you mean 'exclude'?"),
    (line("scope: {organizational_units: [prod]}\n"), "is not the id of an OU"),
    (line("scope: {regions: [eu]}\n"), "'eu' is not a region like eu-west-1"),
    (line("scope: {tags: {env: '> 5'}}\n"), "it has no order for '>'"),
    (line("scope: {tags: {'': a}}\n"), "a name here has 1 to 128 characters"),
    (line("scope: {tag: {env: a}}\n"), "unknown key 'tag': did you mean 'tags'?"),
    (line("ticket: {sink: jira}\n"), "ticket sink 'jira' is not built yet; built: github"),
    (line("links: ['http://example.com']\n"), "this does not have the form"),
    (line("links: ['https://example.com/<b>']\n"), "this does not have the form"),
    (line("ticket: {project: X}\n"), "unknown key 'project'; known: labels, sink"),
    (line("ticket: {labels: ['<script>']}\n"), "this does not have the form"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[row[1][:40] for row in BROKEN])
def test_a_mistake_is_told_in_plain_words(text: str, message: str) -> None:
    assert any(message in told for told in mistakes_in(text))


CHANGING = WATCHED + "change: {set_memory: {}}\n"
BROKEN_TERMS = [
    ("approval: {approvers: []}\n", "at least 1 needed here"),
    (f"approval: {{approvers: {['a@example.com'] * 21}}}\n", "at most 20 allowed here"),
    ("approval: {approvers: owner}\n", "this must be a list"),
    ("approval: {approvers: [somebody]}\n", "'somebody' is not a plain email address"),
    ("approval: {approvers: ['a b@example.com']}\n", "is not a plain email address"),
    ("approval: {approvers: [5]}\n", "5 is not a plain email address"),
    ("approval: {needed: 0}\n", "needed is a whole number from 1, not 0"),
    ("approval: {needed: yes}\n", "needed is a whole number from 1, not 'yes'"),
    ("approval: {needed: true}\n", "needed is a whole number from 1, not True"),
    ("approval: {expires: 31d}\n", "expires is above 0 and at most 30d"),
    ("approval: {expires: 0s}\n", "expires is above 0 and at most 30d"),
    ("approval: {escalate: 'a@example.com'}\n", "'escalate' is not built yet"),
    ("verify: {samples: 0}\n", "this must be at least 1"),
    ("verify: {samples: 9999999}\n", "this must be at most 1000000"),
    ("verify: {samples: many}\n", "this must be a whole number"),
    (
        "verify: {roll_back_if: {errors: '> 0'}}\n",
        "unknown key 'errors': did you mean 'error_rate'?",
    ),
    ("verify: {roll_back_if: {error_rate: '>= 5'}}\n", "is not a threshold; write '> 1.5x"),
    ("verify: {roll_back_if: {error_rate: 5}}\n", "is not a threshold"),
    ("verify: {roll_back_if: {error_rate: '> 0.5x'}}\n", "would call an improvement worse"),
    ("window: {days: mon, hours: '16:00-09:00', timezone: UTC}\n", "ends before it begins"),
    ("window: {days: mon, hours: 5, timezone: UTC}\n", "are not hours"),
    ("window: {days: thu-mon, hours: '09:00-16:00', timezone: UTC}\n", "runs backwards"),
    ("window: {days: monday, hours: '09:00-16:00', timezone: UTC}\n", "did you mean 'mon'?"),
    ("window: {days: [], hours: '09:00-16:00', timezone: UTC}\n", "at least one day"),
    ("window: {days: mon, hours: '09:00-16:00', timezone: Mars/Base}\n", "is not a time zone"),
    ("window: {days: mon, hours: '09:00-16:00', timezone: ../x}\n", "is not a time zone"),
    ("window: {days: mon, hours: '09:00-16:00', timezone: Europe}\n", "is not a time zone"),
    ("window: {days: mon}\n", "key 'hours' is missing"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN_TERMS, ids=[r[0][:50] for r in BROKEN_TERMS])
def test_a_mistake_in_the_terms_of_a_change_is_told(text: str, message: str) -> None:
    assert any(message in told for told in mistakes_in(CHANGING + text))


@pytest.mark.parametrize("days", ["mon, tue,wed", "[mon, tue, wed]", "mon-wed"])
def test_days_are_written_in_several_ways(days: str) -> None:
    window = f"window: {{days: {days}, hours: '09:00-16:00', timezone: UTC}}\n"
    if not days.startswith("["):
        window = window.replace(days, f"'{days}'")
    policy = load({"cost/too-big.yaml": CHANGING + window}).policies[0]
    assert policy.window is not None
    assert policy.window.days == (0, 1, 2)


CONDITIONS = [
    ("{all: {usage.errors: 1}}", "all takes a list of conditions, each with a dash"),
    ("{any: []}", "any takes a list of conditions"),
    ("{any: [5]}", "conditions are a mapping of signals"),
    ("{not: {usage.errors: 1, usage.throttles: 1}}", "not takes one condition"),
    ("{not: {}}", "conditions are a mapping"),
    ("{not: [a]}", "conditions are a mapping"),
    ("{nott: {usage.errors: 1}}", "unknown signal 'nott': did you mean 'not'?"),
    ("{function.has_tag: [a]}", "function.has_tag takes the name of one tag"),
    ("{function.has_tag: ''}", "a name here has 1 to 128 characters"),
    ("{function.tags: {}}", "name what function.tags must hold"),
    ("{function.tags: {env: '> 1'}}", "it has no order"),
    ("{function.tags: prod}", "function.tags is a mapping"),
    ("{memory.record: present}", "for the advisor of a change: it cannot be compared"),
    ("{zzzzzzzzzzzzzzzz: 1}", "docs/policies-reference.md lists what is known"),
    (f"{{any: {[{'usage.errors': n} for n in range(201)]}}}", "201 comparisons; at most 200"),
]


@pytest.mark.parametrize(("when", "message"), CONDITIONS, ids=[row[0][:40] for row in CONDITIONS])
def test_a_mistake_in_a_condition_is_told(when: str, message: str) -> None:
    text = WATCHED.replace('\n  function.memory_mb: "> 128"', f" {when}")
    assert any(message in told for told in mistakes_in(text))


MISPLACED = [
    ({"flet.yaml": "x"}, "flet.yaml:1:1: unknown file 'flet.yaml': did you mean 'fleet.yaml'?"),
    ({"a/b/c.yaml": "x"}, "a/b/c.yaml:1:1: policies stand as <pack>/<policy-id>.yaml"),
    ({"Cost/x.yaml": "x"}, "Cost/x.yaml:1:1: policies stand as"),
    (
        {"ops/too-big.yaml": WATCHED},
        "ops/too-big.yaml:1:1: cost/too-big.yaml has the same policy id",
    ),
    ({"cost/other.yaml": "a: [\n"}, "cost/other.yaml:2:1: not YAML"),
]


@pytest.mark.parametrize(("files", "message"), MISPLACED, ids=[r[1][:30] for r in MISPLACED])
def test_a_file_that_does_not_belong_is_named(files: dict[str, str], message: str) -> None:
    assert any(told.startswith(message) for told in mistakes(files))


@pytest.mark.parametrize("name", ["fleet.yaml", "guardrails.yaml", "owners.yaml"])
def test_a_missing_file_is_named(name: str) -> None:
    files = {other: text for other, text in FILES.items() if other != name}
    with pytest.raises(PolicyErrors) as caught:
        load_bundle(files, kinds=KINDS)
    assert str(caught.value) == f"{name}:1:1: this file is missing"


def test_too_many_files_are_refused() -> None:
    files = {f"a/p{n}.yaml": "" for n in range(1001)}
    with pytest.raises(PolicyErrors) as caught:
        load(files)
    assert any(p.message == "more than 1000 files" for p in caught.value.problems)


def test_a_problem_sorts_and_reads_as_file_line_column() -> None:
    with pytest.raises(PolicyErrors) as caught:
        load({"cost/too-big.yaml": "a: 1\n"})
    assert caught.value.problems == tuple(sorted(caught.value.problems))


def test_a_mistake_in_the_tags_of_a_scope_is_told_where_it_stands() -> None:
    assert mistakes_in(WATCHED + "scope:\n  tags:\n    env: []\n") == [
        "9:10: a list has 1 to 200 values, this one 0"
    ]
