"""Is every right that the doctor asks about granted by the template, as it asks for it?"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from infra.names import CHANGE_STACK, RESTORE_STACK
from tests.infra.templates import Statement, listed, statements, template, text
from trimtab.domain.iam_document import Narrowing
from trimtab.domain.removal_rights import change_rights, restore_rights

PLACES = {
    "partition": "{AWS::Partition}",
    "region": "eu-west-1",
    "account": "{AWS::AccountId}",
    "suffix": "{AWS::URLSuffix}",
}
ROLES = (
    (CHANGE_STACK, "trimtab-change", change_rights()),
    (RESTORE_STACK, "trimtab-restore", restore_rights("9" * 12)),
)
ASKED = [
    pytest.param(stack, role, action, right, id=f"{role} {action} {number}")
    for stack, role, rights in ROLES
    for number, right in enumerate(rights)
    for action in sorted(right.actions)
]


def fits(pattern: str, value: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def holds(statement: Statement, right: Narrowing) -> bool:
    """Tell whether the context that is sent meets every condition of a statement."""
    given = {
        key: value.format(**PLACES)
        for named in right.condition.values()
        for key, value in named.items()
    }
    wanted = [
        (key, listed(values))
        for named in statement.get("Condition", {}).values()
        for key, values in named.items()
    ]
    return all(any(fits(v, given.get(key, "")) for v in values) for key, values in wanted)


def granting(stack: str, role: str, action: str, right: Narrowing) -> Iterator[Statement]:
    resource = right.resource.format(**PLACES)
    for statement in statements(role, template(stack)):
        if "Action" not in statement or action not in listed(statement["Action"]):
            continue
        if any(fits(text(r), resource) or text(r) == "*" for r in listed(statement["Resource"])):
            yield statement


@pytest.mark.parametrize(("stack", "role", "action", "right"), ASKED)
def test_a_right_is_asked_for_as_it_is_granted(
    stack: str, role: str, action: str, right: Narrowing
) -> None:
    found = list(granting(stack, role, action, right))
    assert any(s["Effect"] == "Allow" and holds(s, right) for s in found), found
