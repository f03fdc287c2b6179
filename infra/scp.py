"""Which service control policy protects Trimtab's roles, and which calls must one not block?

`python -m infra.scp` writes infra/scp.json, for the Organization's management account to attach to
the units that have Trimtab's roles. It keeps everybody in those accounts, administrators included,
from giving the roles other trust or other rights; only the StackSets that made them may. One door
stays open: the owner's kill switch (`kill_switch`). A service control policy never grants anything,
and never holds for the management account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.member import API_ACTIONS, IMPORT_ACTIONS, OWN_ROLE_ACTIONS, READ_ACTIONS
from infra.names import CHANGE_ROLE, IMPORT_ROLE, KILL_SWITCH, READ_ROLE, RESTORE_ROLE
from trimtab.remediations import (
    BACKUP_ACTIONS,
    RESTORE_ACTIONS,
    all_iam_actions,
    restore_iam_actions,
)

FILE = Path(__file__).with_name("scp.json")

STACK_SETS = "arn:*:iam::*:role/stacksets-exec-*"
"""The role that CloudFormation makes in each account for service-managed StackSets.

Source: "CloudFormationStackSetsOrgAdminServiceRolePolicy", AWS managed policy reference,
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudFormationStackSetsOrgAdminServiceRolePolicy.html,
read 2026-11-21.
"""

ALTER_A_ROLE = (
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
ATTACH = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")

MUST_PASS: Mapping[str, tuple[str, ...]] = {
    READ_ROLE: READ_ACTIONS + API_ACTIONS + OWN_ROLE_ACTIONS,
    CHANGE_ROLE: tuple(sorted({*all_iam_actions(), *BACKUP_ACTIONS})),
    RESTORE_ROLE: tuple(sorted({*restore_iam_actions(), *RESTORE_ACTIONS})),
    IMPORT_ROLE: IMPORT_ACTIONS,
}
"""What each role calls. A policy of the Organization that denies regions or services has to leave
these out for these roles; a denied read is a gap, a denied undo leaves a change in place."""


def policy() -> dict[str, Any]:
    """Return the service control policy."""
    others = {"aws:PrincipalArn": STACK_SETS}
    kill_switch = {"iam:PolicyARN": f"arn:*:iam::*:policy/{KILL_SWITCH}"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            _deny("TrimtabsRolesAreAsTheyWereMade", ALTER_A_ROLE, list(MUST_PASS), others),
            _deny("NothingIsAddedToThem", ATTACH, [READ_ROLE, RESTORE_ROLE, IMPORT_ROLE], others),
            _deny("ButTheKillSwitch", ATTACH, [CHANGE_ROLE], others | kill_switch),
        ],
    }


def _deny(
    sid: str, actions: tuple[str, ...], roles: list[str], unless: Mapping[str, str]
) -> dict[str, Any]:
    """Deny these actions on these roles unless one of the ARNs is as said."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Action": list(actions),
        "Resource": [f"arn:*:iam::*:role/{role}" for role in roles],
        "Condition": {"ArnNotLike": dict(unless)},
    }


def rendered() -> str:
    return json.dumps(policy(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
