"""Does fleet.yaml say what Security Hub is told, or what is wrong with it?"""

from __future__ import annotations

import pytest

from tests.policy.bundles import FLEET, load, mistakes
from trimtab.domain.terms import Severity
from trimtab.policy.model import SecurityHubTerms


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", None),
        (
            "security_hub: {into: member}",
            SecurityHubTerms(into="member", from_severity=Severity.INFORMATIONAL, policies=()),
        ),
        (
            "security_hub: {into: hub, from_severity: high, policies: [too-big]}",
            SecurityHubTerms(into="hub", from_severity=Severity.HIGH, policies=("too-big",)),
        ),
    ],
)
def test_security_hub_is_told_nothing_unless_fleet_yaml_says_what(
    said: str, meant: SecurityHubTerms | None
) -> None:
    assert load({"fleet.yaml": FLEET + said}).fleet.security_hub == meant


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{}", "into"),
        ("{into: everywhere}", "place to import into"),
        ("{into: off}", "place to import into"),
        ("{into: hub, from_severity: grave}", "severity"),
        ("{into: hub, policies: [nobody]}", "unknown policy 'nobody'"),
        ("{into: hub, policies: nobody}", "must be a list"),
        ("{into: hub, policies: 5}", "must be a list"),
        ("{into: hub, policies: [5]}", "kebab-case"),
        ("{into: hub, workflow: NEW}", "workflow"),
        ("[]", "must be a mapping"),
    ],
)
def test_what_security_hub_is_told_must_be_meant(said: str, wrong: str) -> None:
    (mistake, *_) = mistakes({"fleet.yaml": f"{FLEET}security_hub: {said}\n"})
    assert wrong in mistake
