"""The strictest of policy, ceiling and guardrail wins, and a tag only suggests whom to ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.bundles import FLEET, GUARDRAILS, POLICY, WATCHED, load, mistakes
from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.terms import ChangeKind, Mode
from trimtab.policy.fleet_rules import (
    allowed_address,
    approvers_for,
    ceiling_for,
    effective_mode,
    is_unmanaged,
    owners_of,
)

FUNCTION = FunctionArn.parse("arn:aws:lambda:eu-west-1:111122223333:function:payments-api")
KIND = ChangeKind.SET_MEMORY

CEILINGS = """\
ceilings:
  default: observe
  ou-top: {set_memory: approve}
  ou-mid: ticket
  ou-empty: {}
"""


@pytest.mark.parametrize(
    ("units", "kind", "mode"),
    [
        ((), KIND, Mode.OBSERVE),
        (("ou-other",), KIND, Mode.OBSERVE),
        (("ou-top",), KIND, Mode.APPROVE),
        (("ou-top",), None, Mode.OBSERVE),
        (("ou-mid",), KIND, Mode.TICKET),
        (("ou-mid",), None, Mode.TICKET),
        (("ou-mid", "ou-top"), KIND, Mode.TICKET),
        (("ou-top", "ou-mid"), KIND, Mode.APPROVE),
        (("ou-top", "ou-mid"), None, Mode.TICKET),
        (("ou-empty", "ou-mid"), KIND, Mode.TICKET),
    ],
)
def test_the_nearest_unit_that_speaks_of_the_kind_decides(
    units: tuple[str, ...], kind: ChangeKind | None, mode: Mode
) -> None:
    fleet = load({"fleet.yaml": FLEET + CEILINGS}).fleet
    assert ceiling_for(fleet, units, kind) is mode


def test_without_ceilings_everything_is_only_observed() -> None:
    assert ceiling_for(load().fleet, ("ou-top",), KIND) is Mode.OBSERVE


@pytest.mark.parametrize(
    ("policy", "highest", "units", "mode", "reason"),
    [
        (POLICY, "approve", ("ou-top",), Mode.APPROVE, "policy too-big says approve"),
        (POLICY, "approve", (), Mode.OBSERVE, "fleet.yaml allows observe by default"),
        (POLICY, "approve", ("ou-mid",), Mode.TICKET, "fleet.yaml allows ticket in ou-mid"),
        (
            POLICY.replace("mode: approve", "mode: observe"),
            "approve",
            ("ou-top",),
            Mode.OBSERVE,
            "policy too-big says observe",
        ),
        (WATCHED, "approve", ("ou-mid",), Mode.OBSERVE, "policy too-big says observe"),
    ],
)
def test_the_lowest_mode_wins_and_says_why(
    policy: str, highest: str, units: tuple[str, ...], mode: Mode, reason: str
) -> None:
    rails = GUARDRAILS.replace("set_memory: approve", f"set_memory: {highest}")
    files = {
        "cost/too-big.yaml": policy,
        "fleet.yaml": FLEET + CEILINGS,
        "guardrails.yaml": rails,
    }
    bundle = load(files)
    got = effective_mode(bundle.policies[0], bundle.fleet, bundle.guardrails, units)
    assert got == (mode, reason)


def test_a_guardrail_of_today_lowers_a_policy_loaded_under_another() -> None:
    bundle = load({"fleet.yaml": FLEET + CEILINGS})
    other = load(
        {
            "cost/too-big.yaml": WATCHED,
            "guardrails.yaml": GUARDRAILS.replace("set_memory: approve", "set_memory: ticket"),
        }
    )
    got = effective_mode(bundle.policies[0], bundle.fleet, other.guardrails, ("ou-top",))
    assert got == (Mode.TICKET, "guardrails.yaml allows set_memory ticket")


@pytest.mark.parametrize(
    ("identity", "can_sign_in", "mode"),
    [
        ("link", False, Mode.APPROVE),
        ("sign_in", False, Mode.TICKET),
        ("sign_in", True, Mode.APPROVE),
    ],
)
def test_s28_a_kind_that_asks_for_a_sign_in_stays_in_tickets_while_nobody_can(
    identity: str, can_sign_in: bool, mode: Mode
) -> None:
    rails = GUARDRAILS.replace(
        "domains: [example.com]", f"domains: [example.com], identity: {{set_memory: {identity}}}"
    )
    bundle = load({"fleet.yaml": FLEET + CEILINGS, "guardrails.yaml": rails})
    guardrails = replace(bundle.guardrails, can_sign_in=can_sign_in)
    got, reason = effective_mode(bundle.policies[0], bundle.fleet, guardrails, ("ou-top",))
    assert got is mode
    assert ("no sign-in is configured" in reason) == (mode is Mode.TICKET)


def test_without_a_highest_mode_the_ceiling_decides() -> None:
    rails = GUARDRAILS.replace("highest_mode: {set_memory: approve}\n", "")
    bundle = load({"fleet.yaml": FLEET + CEILINGS, "guardrails.yaml": rails})
    got = effective_mode(bundle.policies[0], bundle.fleet, bundle.guardrails, ("ou-top",))
    assert got[0] is Mode.APPROVE


def test_s12_an_account_is_unmanaged_only_when_declared() -> None:
    fleet = load(
        {
            "fleet.yaml": FLEET
            + "unmanaged: {accounts: ['222233334444'], organizational_units: [ou-sandbox]}\n"
        }
    ).fleet
    assert is_unmanaged(fleet, "222233334444", ())
    assert is_unmanaged(fleet, "111122223333", ("ou-a", "ou-sandbox"))
    assert not is_unmanaged(fleet, "111122223333", ("ou-a",))
    assert not is_unmanaged(load().fleet, "222233334444", ("ou-sandbox",))


OWNERS = """\
tags: [owner, team-email]
map:
  - match: {account: "222233334444"}
    approvers: [account@example.com]
  - match: {region: eu-west-1, name: "payments-*"}
    approvers: [payments@example.com, payments2@example.com]
fallback: [cloud@example.com]
"""
UNMAPPED = FunctionArn.parse("arn:aws:lambda:eu-west-1:111122223333:function:orders")


def ask(
    function: FunctionArn, tags: Evidence, approvers: str = "[owner]"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    policy = POLICY.replace("[owner, ops@example.com]", approvers)
    bundle = load({"owners.yaml": OWNERS, "cost/too-big.yaml": policy})
    terms = bundle.policies[0].approval
    assert terms is not None
    return approvers_for(bundle.owners, bundle.guardrails, function, tags, terms)


def tagged(**tags: str) -> Known:
    return Known(value={name.replace("_", "-"): value for name, value in tags.items()}, source="t")


def test_the_map_outranks_tags() -> None:
    asked, refused = ask(FUNCTION, tagged(owner="mallory@example.com"))
    assert asked == ("payments@example.com", "payments2@example.com")
    assert refused == ()
    other = FunctionArn.parse("arn:aws:lambda:us-east-1:222233334444:function:payments-api")
    assert ask(other, tagged())[0] == ("account@example.com",)


def test_the_first_tag_with_an_allowed_address_is_asked() -> None:
    assert ask(UNMAPPED, tagged(owner=" Dana@Example.com "))[0] == ("dana@example.com",)
    both = tagged(owner="the payments team", team_email="team@example.com")
    assert ask(UNMAPPED, both) == (("team@example.com",), ("the payments team",))


@pytest.mark.parametrize(
    "address",
    [
        "mallory@evil.com",
        "mallory@evil.example.com",
        "mallory@example.com.evil.com",
        "mallory@example.com\r\nBcc: x@evil.com",
        "a@example.com\n",
        "a@example.com,b@evil.com",
        "Mallory <m@example.com>",
        "mallory@evil.com@example.com",
        '"a b"@example.com',
        "\u0430dmin@example.com",
        ".a@example.com",
        "a..b@example.com",
        "@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_s28_a_tag_outside_the_allowed_domains_is_refused_and_the_fallback_asked(
    address: str,
) -> None:
    assert ask(UNMAPPED, tagged(owner=address)) == (("cloud@example.com",), (address,))


def test_without_tags_the_fallback_is_asked() -> None:
    assert ask(UNMAPPED, tagged())[0] == ("cloud@example.com",)
    assert ask(UNMAPPED, Unknown(reason="denied"))[0] == ("cloud@example.com",)


def test_each_approver_is_asked_once() -> None:
    asked, _ = ask(UNMAPPED, tagged(owner="ops@example.com"), "[owner, OPS@example.com]")
    assert asked == ("ops@example.com",)


def test_s28_a_domain_that_is_no_longer_allowed_is_refused() -> None:
    terms = load().policies[0].approval
    assert terms is not None
    moved = {
        "guardrails.yaml": GUARDRAILS.replace("example.com", "example.org"),
        "owners.yaml": "fallback: [c@example.org]\n",
        "cost/too-big.yaml": WATCHED,
    }
    bundle = load(moved)
    asked, refused = approvers_for(bundle.owners, bundle.guardrails, FUNCTION, tagged(), terms)
    assert asked == ("c@example.org",)
    assert refused == ("ops@example.com",)


def test_s28_an_owner_outside_the_allowed_domains_is_not_written_to() -> None:
    bundle = load({"owners.yaml": OWNERS})
    guardrails = replace(bundle.guardrails, approver_domains=frozenset({"example.com"}))

    def asked(function: FunctionArn, **tags: str) -> tuple[str, ...]:
        return owners_of(bundle.owners, guardrails, function, tagged(**tags))

    assert asked(FUNCTION) == ("payments@example.com", "payments2@example.com")
    assert asked(UNMAPPED, owner=" Dana@Example.com ") == ("dana@example.com",)
    assert asked(UNMAPPED, owner="mallory@evil.com") == bundle.owners.fallback
    closed = replace(guardrails, approver_domains=frozenset())
    assert owners_of(bundle.owners, closed, FUNCTION, tagged()) == ()


def test_an_address_is_plain_and_in_lower_case() -> None:
    assert allowed_address("A.b+c@Example.com", ["example.com"]) == "a.b+c@example.com"
    assert allowed_address("a@example.com", []) is None


def test_s29_every_mistake_in_floors_and_ceilings_is_told_not_only_the_first() -> None:
    rails = GUARDRAILS.replace("watch: 4h, samples: 100", "wach: 4h, sampels: 100")
    assert mistakes({"guardrails.yaml": rails}) == [
        "guardrails.yaml:3:57: unknown floor 'wach': did you mean 'watch'?",
        "guardrails.yaml:3:67: unknown floor 'sampels': did you mean 'samples'?",
    ]
    ceilings = FLEET + "ceilings: {unit-1: approve, unit-2: approve}\n"
    assert [line.partition(": ")[0] for line in mistakes({"fleet.yaml": ceilings})] == [
        "fleet.yaml:2:12",
        "fleet.yaml:2:29",
    ]
