"""Is it read from a denial who can lift it?"""

import pytest

from trimtab.flows.denial import above, type_of_policy, what_to_do

ARN = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: lambda:ListFunctions"
SCP = f"{ARN} with an explicit deny in a service control policy"

ROWS = [
    (SCP, "service control policy"),
    (f"{SCP}: arn:aws:organizations::1:policy/o-a/p-1", "service control policy"),
    (f"{ARN} with an explicit deny in a resource control policy", "resource control policy"),
    (f"{ARN} with an explicit deny in a permissions boundary", "permissions boundary"),
    (f"{ARN} with an explicit deny in an identity-based policy", "identity-based policy"),
    (f"{ARN} with an explicit deny in a VPC endpoint policy", "vpc endpoint policy"),
    (f"{ARN} because no service control policy allows the action", "service control policy"),
    (f"{ARN} because no identity-based policy allows the action", "identity-based policy"),
    (f"{ARN} because no permissions boundary allows the action", "permissions boundary"),
    (ARN, None),
    ("Rate exceeded", None),
]


@pytest.mark.parametrize(("message", "expected"), ROWS)
def test_the_type_of_policy_is_read_from_the_message(message: str, expected: str | None) -> None:
    assert type_of_policy(message) == expected


@pytest.mark.parametrize(
    ("message", "said", "is_above"),
    [
        (SCP, "service control policies to let role trimtab-read call lambda:ListFunctions", True),
        (ROWS[2][0], "resource control policies to let", True),
        (ROWS[3][0], "permissions boundary off", True),
        (ROWS[7][0], "bring the stack trimtab-member-read of this account to this release", False),
        (ARN, "bring the stack trimtab-member-read", False),
    ],
)
def test_what_to_do_names_who_can_lift_it(message: str, said: str, is_above: bool) -> None:
    todo = what_to_do(
        message, role="trimtab-read", action="lambda:ListFunctions", stack="trimtab-member-read"
    )
    assert said in todo
    assert above(message) is is_above
