"""Fleet, guardrails, owners and exemptions load, and no policy undercuts a floor (S29)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.policy.bundles import FLEET, GUARDRAILS, POLICY, WATCHED, load, mistakes
from trimtab.domain.fleet import Scope
from trimtab.domain.plan import Limits
from trimtab.domain.terms import IRREVERSIBLE, ChangeKind, Mode
from trimtab.policy.model import Ceiling, FreezeTerms, KnownGap, OwnerRule

KIND = ChangeKind.SET_MEMORY

WHOLE_FLEET = """\
scope: {organizational_units: [ou-a], exclude_accounts: ["999999999999"], regions: [eu-west-1]}
known_gaps:
  - {account: "444444444444", why: acquired, owner: cloud@example.com, until: 2027-02-01}
unmanaged: {accounts: ["222222222222"], organizational_units: [ou-b]}
ceilings: {default: ticket, ou-a: approve, ou-b: {set_memory: auto}}
limits: {per_run: 0, share_of_read: 5%, per_account: 1, unverified: {per_account: 2, total: 7},
  per_day: 9}
freeze: {rollbacks: 4, within: 36h}
"""


def test_the_fleet_file_is_read_whole() -> None:
    fleet = load({"fleet.yaml": WHOLE_FLEET}).fleet
    assert fleet.scope == Scope(
        organizational_units=("ou-a",), exclude_accounts=("999999999999",), regions=("eu-west-1",)
    )
    gap = KnownGap(
        account="444444444444",
        why="acquired",
        owner="cloud@example.com",
        until=date(2027, 2, 1),
    )
    assert fleet.known_gaps == (gap,)
    assert fleet.unmanaged_accounts == {"222222222222"}
    assert fleet.unmanaged_organizational_units == {"ou-b"}
    assert fleet.default_mode is Mode.TICKET
    assert fleet.ceilings == {
        "ou-a": Ceiling(every_kind=Mode.APPROVE, kinds={}),
        "ou-b": Ceiling(every_kind=None, kinds={KIND: Mode.AUTO}),
    }
    assert fleet.limits == Limits(
        per_run=0,
        share_of_read=0.05,
        per_account=1,
        unverified=7,
        unverified_per_account=2,
        per_day=9,
    )
    assert fleet.freeze == FreezeTerms(rollbacks=4, within=timedelta(hours=36))


def test_s9_limits_are_on_by_default_and_zero_stays_zero() -> None:
    assert load().fleet.limits == Limits(
        per_run=10,
        share_of_read=0.05,
        per_account=3,
        unverified=10,
        unverified_per_account=3,
        per_day=30,
    )
    none = (
        "limits: {per_run: 0, per_account: 0, unverified: {per_account: 0, total: 0}, per_day: 0}"
    )
    assert load({"fleet.yaml": FLEET + none}).fleet.limits == Limits(
        per_run=0,
        share_of_read=0.05,
        per_account=0,
        unverified=0,
        unverified_per_account=0,
        per_day=0,
    )


def test_s27_what_is_left_out_of_unverified_keeps_its_default() -> None:
    limits = load({"fleet.yaml": FLEET + "limits: {unverified: {total: 1}}\n"}).fleet.limits
    assert (limits.unverified, limits.unverified_per_account) == (1, 3)


def test_s20_trimtab_freezes_itself_unless_told_when_else() -> None:
    assert load().fleet.freeze == FreezeTerms(rollbacks=2, within=timedelta(hours=24))
    least = load({"fleet.yaml": FLEET + "freeze: {rollbacks: 1, within: 1s}\n"}).fleet.freeze
    assert least == FreezeTerms(rollbacks=1, within=timedelta(seconds=1))


def test_guardrails_may_ask_for_a_sign_in_kind_by_kind() -> None:
    asking = GUARDRAILS.replace("domains:", "identity: {set_memory: sign_in}, domains:")
    rails = load({"guardrails.yaml": asking}).guardrails
    assert {k for k in ChangeKind if rails.identity_for(k) == "sign_in"} == {KIND, *IRREVERSIBLE}


def test_guardrails_and_owners_are_read() -> None:
    bundle = load(
        {
            "guardrails.yaml": GUARDRAILS.replace(
                "domains: [example.com]", "domains: [example.com], identity: {set_memory: link}"
            ),
            "owners.yaml": "tags: [owner]\n"
            'map: [{match: {name: "pay-*"}, approvers: [Pay@example.com]}]\n'
            "fallback: [cloud@example.com]\n",
        }
    )
    rails = bundle.guardrails
    assert (rails.approver_domains, rails.needed) == (("example.com",), 1)
    assert rails.identity == {KIND: "link"}
    assert rails.highest_mode == {KIND: Mode.APPROVE}
    assert rails.floors == {
        KIND: {
            "lookback": timedelta(days=14),
            "headroom": 1.2,
            "settle": timedelta(minutes=10),
            "watch": timedelta(hours=4),
            "samples": 100.0,
        }
    }
    rule = OwnerRule(account=None, region=None, name="pay-*", approvers=("pay@example.com",))
    assert bundle.owners.map == (rule,)


BROKEN = [
    ("fleet.yaml", "scope: {}\n", "key 'regions' is missing"),
    ("fleet.yaml", "scope: {regions: []}\n", "at least 1 needed here"),
    ("fleet.yaml", FLEET + "limits: {per_run: -1}\n", "this must be at least 0"),
    ("fleet.yaml", FLEET + "limits: {share_of_read: 0.05}\n", "is not a percentage"),
    ("fleet.yaml", FLEET + "limits: {per_rum: 1}\n", "did you mean 'per_run'?"),
    ("fleet.yaml", FLEET + "hub: {organization: o-a1b2c3}\n", "'hub' is not built yet: remove it"),
    ("fleet.yaml", FLEET + "ceilings: {default: aprove}\n", "did you mean 'approve'?"),
    ("fleet.yaml", FLEET + "ceilings: {prod: approve}\n", "'prod' is not the id of an OU"),
    ("fleet.yaml", FLEET + "ceilings: {ou-a: 5}\n", "unknown mode '5'"),
    ("fleet.yaml", FLEET + "ceilings: {ou-a: {set_mem: approve}}\n", "did you mean 'set_memory'?"),
    ("fleet.yaml", FLEET + "ceilings: {ou-a: {set_memory: 5}}\n", "unknown mode '5'"),
    ("fleet.yaml", FLEET + "ceilings: [ou-a]\n", "this must be a mapping"),
    (
        "fleet.yaml",
        FLEET + "known_gaps: [{account: '444444444444', why: a, owner: a@b.co}]\n",
        "key 'until' is missing",
    ),
    (
        "fleet.yaml",
        FLEET + "known_gaps: [{acount: '4', why: a, owner: a@b.co, until: 2027-02-30}]\n",
        "did you mean 'account'?",
    ),
    (
        "fleet.yaml",
        FLEET + "known_gaps: [{account: '444444444444', why: a, owner: a@b.co, until: 2027-02-30}]",
        "'2027-02-30' is no day of the calendar",
    ),
    ("guardrails.yaml", "[]\n", "this must be a mapping"),
    ("guardrails.yaml", "approval: {domains: [Example.com]}\n", "is not a domain in lower case"),
    ("guardrails.yaml", GUARDRAILS + "set_memroy: {}\n", "did you mean 'set_memory'?"),
    ("guardrails.yaml", GUARDRAILS + "remove_it: {}\n", "unknown key 'remove_it'"),
    ("guardrails.yaml", GUARDRAILS.replace("watch:", "wach:"), "did you mean 'watch'?"),
    ("guardrails.yaml", GUARDRAILS.replace("4h", "soon"), "'soon' is not a duration"),
    ("guardrails.yaml", GUARDRAILS.replace("1.2", "0.2"), "headroom must be at least 1"),
    (
        "guardrails.yaml",
        "approval: {domains: [example.com]}\nset_memory: 5\n",
        "floors are a mapping of fields",
    ),
    (
        "guardrails.yaml",
        "approval: {domains: [example.com], identity: {set_memory: sign-in}}\n",
        "identity 'sign-in' is unknown; known: link, sign_in",
    ),
    (
        "guardrails.yaml",
        "approval: {domains: [example.com], identity: {set_memry: link}}\n",
        "did you mean 'set_memory'?",
    ),
    (
        "guardrails.yaml",
        "approval: {domains: [example.com]}\nhighest_mode: {set_memory: most}\n",
        "unknown mode 'most'",
    ),
    ("owners.yaml", "fallback: []\n", "at least 1 needed here"),
    (
        "owners.yaml",
        "fallback: [a@example.com]\nmap: [{match: {name: '<b>'}, approvers: [a@example.com]}]\n",
        "this does not have the form",
    ),
    (
        "exemptions.yaml",
        "exemptions: [{policy: too-bg, functions: ['arn:*'], why: a, who: a@b.co,"
        " until: 2027-01-31}]\n",
        "unknown policy 'too-bg': did you mean 'too-big'?",
    ),
    (
        "exemptions.yaml",
        "exemptions: [{policy: too-big, functions: ['arn:*'], why: a, who: a@b.co}]\n",
        "key 'until' is missing",
    ),
    (
        "exemptions.yaml",
        "exemptions: [{policy: too-big, functions: ['*'], why: a, who: a@b.co, until: never}]\n",
        "'never' is not a day like 2027-01-31",
    ),
    ("exemptions.yaml", "exemptions: {}\n", "this must be a list"),
    ("exemptions.yaml", "exemptions: [\n", "not YAML"),
]


ODD_LIMITS = [
    ("limits: {per_day: -1}", "19: this must be at least 0"),
    ("limits: {per_day: 1.5}", "19: this must be a whole number"),
    ("limits: {per_day: yes}", "19: this must be a whole number"),
    ("limits: {unverified: 3}", "22: this must be a mapping of names to values"),
    ("limits: {unverified: {total: -1}}", "30: this must be at least 0"),
    ("limits: {unverified: {per_account: 1000001}}", "36: this must be at most 1000000"),
    ("limits: {unverified: {totl: 1}}", "23: unknown key 'totl': did you mean 'total'?"),
    ("freeze: {rollbacks: 0}", "21: this must be at least 1"),
    ("freeze: {rollbacks: two}", "21: this must be a whole number"),
    ("freeze: {within: 0h}", "18: '0h' is no time at all; write a duration like 24h"),
    ("freeze: {within: -1h}", "18: '-1h' is not a duration; write 30d, 12h, 15m, 10s or 250ms"),
    ("freeze: {within: 24}", "18: '24' is not a duration; write 30d, 12h, 15m, 10s or 250ms"),
    (
        "freeze: {within: 24h, rollback: 2}",
        "23: unknown key 'rollback': did you mean 'rollbacks'?",
    ),
    ("freeze: 2", "9: this must be a mapping of names to values"),
]


@pytest.mark.parametrize(("text", "told"), ODD_LIMITS, ids=[row[0] for row in ODD_LIMITS])
def test_an_odd_limit_or_freeze_is_refused_where_it_stands(text: str, told: str) -> None:
    lines = (FLEET + text).count("\n") + 1
    assert mistakes({"fleet.yaml": FLEET + text}) == [told.replace("", f"fleet.yaml:{lines}:", 1)]


@pytest.mark.parametrize(
    ("file", "text", "message"), BROKEN, ids=[f"{r[0]}: {r[2][:40]}" for r in BROKEN]
)
def test_a_mistake_in_the_rules_is_told(file: str, text: str, message: str) -> None:
    assert any(told.startswith(f"{file}:") and message in told for told in mistakes({file: text}))


FLOORS = [
    ("lookback: 14d", "lookback: 13d", "13:11: lookback is 13d, below 14d, the floor of"),
    ("headroom: 1.4", "headroom: 1.1", "headroom is 1.1, below 1.2, the floor of guardrails.yaml"),
    ("settle: 30m", "settle: 9m", "settle is 9m, below 10m, the floor of guardrails.yaml"),
    ("watch: 24h", "watch: 3h", "watch is 3h, below 4h, the floor of guardrails.yaml"),
    ("samples: 200", "samples: 99", "samples is 99, below 100, the floor of guardrails.yaml"),
    ("ops@example.com", "ops@evil.com", "ops@evil.com is outside the approver domains"),
    ("ops@example.com", "ops@a.example.com", "ops@a.example.com is outside the approver domains"),
]


@pytest.mark.parametrize(("old", "new", "message"), FLOORS, ids=[row[1] for row in FLOORS])
def test_s29_a_policy_below_a_floor_does_not_load(old: str, new: str, message: str) -> None:
    lines = mistakes({"cost/too-big.yaml": POLICY.replace(old, new)})
    assert len(lines) == 1
    assert message.removeprefix("13:11: ") in lines[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("headroom: 1.4", "headroom: 1.2"),
        ("settle: 30m", "settle: 10m"),
        ("watch: 24h", "watch: 4h"),
        ("samples: 200", "samples: 100"),
    ],
)
def test_s29_a_policy_at_a_floor_loads(old: str, new: str) -> None:
    assert load({"cost/too-big.yaml": POLICY.replace(old, new)}).policies


def test_s29_a_mode_above_the_highest_does_not_load() -> None:
    rails = GUARDRAILS.replace("set_memory: approve", "set_memory: ticket")
    assert mistakes({"guardrails.yaml": rails}) == [
        "cost/too-big.yaml:5:7: mode approve is above ticket, the highest that guardrails.yaml"
        " allows for set_memory"
    ]
    lower = POLICY.replace("mode: approve", "mode: ticket")
    assert load({"guardrails.yaml": rails, "cost/too-big.yaml": lower}).policies


def test_s29_fewer_approvals_than_the_floor_do_not_load() -> None:
    rails = GUARDRAILS.replace("[example.com]", "[example.com], needed: 2")
    assert mistakes({"guardrails.yaml": rails}) == [
        "cost/too-big.yaml:15:3: needed is 1, below 2, the floor of guardrails.yaml"
    ]


def test_floors_are_checked_beside_a_broken_condition() -> None:
    text = POLICY.replace("usage.invocations", "usage.calls").replace("watch: 24h", "watch: 1h")
    assert len(mistakes({"cost/too-big.yaml": text})) == 2


def test_s28_an_owner_outside_the_allowed_domains_does_not_load() -> None:
    owners = "map: [{match: {}, approvers: [a@example.com, b@evil.com]}]\nfallback: [c@evil.com]\n"
    assert mistakes({"owners.yaml": owners}) == [
        "owners.yaml:1:46: b@evil.com is outside the approver domains of guardrails.yaml:"
        " example.com",
        "owners.yaml:2:12: c@evil.com is outside the approver domains of guardrails.yaml:"
        " example.com",
    ]


def test_what_a_policy_leaves_out_is_raised_to_the_floor() -> None:
    rails = GUARDRAILS.replace("settle: 10m", "settle: 2h").replace("100", "500")
    text = WATCHED + "change: {set_memory: {}}\nverify: {watch: 5h}\n"
    verify = load({"guardrails.yaml": rails, "cost/too-big.yaml": text}).policies[0].verify
    assert verify is not None
    assert (verify.settle, verify.samples) == (timedelta(hours=2), 500)
    assert verify.watch == timedelta(hours=5)


def test_without_floors_the_defaults_stand() -> None:
    rails = "approval: {domains: [example.com]}\n"
    assert load({"guardrails.yaml": rails}).guardrails.floors == {}
    assert load({"guardrails.yaml": rails}).policies[0].mode is Mode.APPROVE


def test_broken_guardrails_do_not_hide_other_mistakes() -> None:
    lines = mistakes(
        {
            "guardrails.yaml": "[\n",
            "cost/too-big.yaml": POLICY.replace("headroom: 1.4", "headroom: 0"),
            "owners.yaml": "fallback: [a@evil.com]\nx: 1\n",
        }
    )
    assert len(lines) == 3


def test_s29_floors_are_told_together_with_every_other_mistake_of_the_file() -> None:
    text = POLICY.replace("title: Too big\n", "titel: Too big\n")
    text = text.replace("watch: 24h", "watch: 1h").replace("severity: medium", "severity: much")
    text = text.replace("[owner, ops@example.com]", "[owner, broken, ops@evil.com]")
    told = mistakes({"cost/too-big.yaml": text.replace("headroom: 1.4", "headroom: 1.1")})
    assert [line.partition(": ")[2].partition(",")[0] for line in told] == [
        "key 'title' is missing",
        "unknown key 'titel': did you mean 'title'?",
        "unknown severity 'much'; known: critical",
        "headroom is 1.1",
        "'broken' is not a plain email address",
        "ops@evil.com is outside the approver domains of guardrails.yaml: example.com",
        "watch is 1h",
    ]


def test_s29_broken_guardrails_still_hold_their_readable_floors_against_a_policy() -> None:
    rails = GUARDRAILS.replace("[example.com]", "[Example.com], needed: 0")
    told = mistakes({"guardrails.yaml": rails, "cost/too-big.yaml": POLICY.replace("24h", "1h")})
    assert len(told) == 3
    assert "cost/too-big.yaml:18:10: watch is 1h, below 4h" in told[0]


def test_a_value_that_cannot_be_read_is_one_mistake_and_not_below_a_floor_too() -> None:
    text = POLICY.replace("lookback: 14d", "lookback: soon").replace("1.4", "0.5")
    rails = GUARDRAILS.replace("lookback: 14d", "lookback: 30d").replace(
        "[example.com]", "[example.com], needed: 2"
    )
    text = text.replace("approvers:", "needed: 3\n  approvers:")
    assert len(mistakes({"guardrails.yaml": rails, "cost/too-big.yaml": text})) == 3


def test_a_broken_change_is_not_told_to_be_missing_too() -> None:
    text = POLICY.replace("change:\n  set_memory:\n    headroom: 1.4\n", "change: []\n")
    assert mistakes({"cost/too-big.yaml": text}) == [
        "cost/too-big.yaml:11:9: this must be a mapping of names to values"
    ]


def test_every_rule_of_a_broken_file_is_still_checked() -> None:
    told = mistakes(
        {
            "fleet.yaml": "scope: {regions: [x]}\nceilings: {default: aprove}\nhub: {}\n",
            "owners.yaml": "map: [{match: {nam: x}}, {match: {name: a}, approvers: [a@evil.com]}]\n"
            "fallback: a\n",
            "exemptions.yaml": "exemptions:\n  - {policy: A}\n  - {policy: too-bg, functions: x}\n",
        }
    )
    for expected in (
        "is not a region",
        "did you mean 'approve'?",
        "'hub' is not built yet",
        "did you mean 'name'?",
        "key 'approvers' is missing",
        "a@evil.com is outside",
        "this must be a list",
        "'A' is not a name in kebab-case",
        "did you mean 'too-big'?",
    ):
        assert sum(expected in line for line in told) >= 1, expected


@pytest.mark.parametrize("file", ["fleet.yaml", "owners.yaml", "exemptions.yaml", "cost/a-.yaml"])
def test_a_file_of_which_nothing_is_left_is_told_once(file: str) -> None:
    lines = mistakes({file: WATCHED if file.startswith("cost/") else "[]\n"})
    assert len(lines) == 1


def test_a_policy_whose_very_name_is_no_id_is_told() -> None:
    assert len(mistakes({"cost/a-.yaml": WATCHED.replace("too-big", "A")})) == 1
