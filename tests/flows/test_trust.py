"""Does a look at a trust policy say exactly what keeps the hub out?"""

from typing import Any

import pytest

from trimtab.flows.trust import Hub, trust_faults

ACCOUNT = "999999999999"
HUB = Hub(account=ACCOUNT, external_id="very-long", organization="o-a1b2c3d4e5")
ROLES = ("trimtab-scan", "trimtab-watch")


def a_trust(**other: Any) -> dict[str, Any]:
    """What the member template makes, with other values for some of its parts."""
    given = {
        "principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "arns": [f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in ROLES],
        "external": "very-long",
        "organization": "o-a1b2c3d4e5",
        "action": "sts:AssumeRole",
        "effect": "Allow",
    } | other
    conditions = {
        "ArnEquals": {"aws:PrincipalArn": given["arns"]},
        "StringEquals": {
            "aws:PrincipalOrgID": given["organization"],
            "sts:ExternalId": given["external"],
        },
    }
    statement = {
        "Effect": given["effect"],
        "Principal": given["principal"],
        "Action": given["action"],
        "Condition": conditions,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_the_trust_of_the_template_has_no_fault() -> None:
    assert trust_faults(a_trust(), HUB, roles=ROLES) == ()


ROWS = [
    ({"principal": {"AWS": "arn:aws:iam::111111111111:root"}}, "does not trust the hub's account"),
    ({"principal": "*"}, "does not trust the hub's account"),
    ({"arns": [f"arn:aws:iam::{ACCOUNT}:role/trimtab-scan"]}, "does not name trimtab-watch"),
    ({"arns": "arn:aws:iam::111111111111:role/trimtab-watch"}, "trimtab-scan, trimtab-watch"),
    ({"external": "another"}, "sts:ExternalId is not the hub's"),
    ({"organization": "o-other00000"}, "aws:PrincipalOrgID is not o-a1b2c3d4e5"),
    ({"action": ["sts:TagSession"]}, "lets nobody assume it"),
    ({"effect": "Deny"}, "lets nobody assume it"),
]


@pytest.mark.parametrize(("other", "said"), ROWS)
def test_each_part_that_differs_is_a_fault_of_its_own(other: dict[str, Any], said: str) -> None:
    (fault,) = trust_faults(a_trust(**other), HUB, roles=ROLES)
    assert said in fault


def test_no_fault_repeats_an_external_id() -> None:
    (fault,) = trust_faults(a_trust(external="another"), HUB, roles=ROLES)
    assert "another" not in fault
    assert "very-long" not in fault


def test_without_conditions_everything_is_missing() -> None:
    document = a_trust()
    del document["Statement"][0]["Condition"]
    assert len(trust_faults(document, HUB, roles=ROLES)) == 3


def test_an_organization_nobody_named_is_not_compared() -> None:
    hub = Hub(account=ACCOUNT, external_id="very-long", organization=None)
    assert trust_faults(a_trust(organization="o-other00000"), hub, roles=ROLES) == ()


def test_the_best_of_several_statements_counts_and_one_may_stand_alone() -> None:
    good, bad = a_trust()["Statement"][0], a_trust(external="x")["Statement"][0]
    assert trust_faults({"Statement": [bad, good]}, HUB, roles=ROLES) == ()
    assert trust_faults({"Statement": good}, HUB, roles=ROLES) == ()
    assert trust_faults({}, HUB, roles=ROLES) == ("its trust policy lets nobody assume it",)
