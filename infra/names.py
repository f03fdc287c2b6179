"""What is everything called? Names that two stacks, or a stack and a policy, must agree on."""

from __future__ import annotations

from aws_cdk import Aws

HUB_STACK = "trimtab-hub"
READ_STACK = "trimtab-member-read"
CHANGE_STACK = "trimtab-member-change"
RESTORE_STACK = "trimtab-member-restore"
IMPORT_STACK = "trimtab-member-import"
SANDBOX_STACK = "trimtab-sandbox"
KILL_SWITCH_STACK = "trimtab-member-kill-switch"
READ_ROLE = "trimtab-read"
CHANGE_ROLE = "trimtab-change"
RESTORE_ROLE = "trimtab-restore"
IMPORT_ROLE = "trimtab-import"
SANDBOX_ROLE = "trimtab-sandbox"
SANDBOX_FUNCTION_ROLE = "trimtab-sandbox-function"
KILL_SWITCH = "trimtab-kill-switch"
"""The managed policy with which an account stops changes; an SCP may know it by this name."""
AUDITOR_ROLE = "trimtab-auditor"
SCAN_MACHINE = "trimtab-scan"
CHANGE_MACHINE = "trimtab-change"
TICKET_SECRET = "trimtab/ticket-token"
VAULT_BUCKET = f"trimtab-vault-{Aws.ACCOUNT_ID}-{{region}}"
"""The bucket of the backups, by region: members name it in their policies."""
VAULT_ALIAS = "alias/trimtab-vault"
"""The key of the backups, in every region: no ARN of another region's key is known here."""


def vault_stack(region: str) -> str:
    """Return the stack that holds the vault of a region that is not the hub's."""
    return f"trimtab-vault-{region}"


def function_name(handler: str) -> str:
    """Return the name of a Lambda, and the last part of its log group's."""
    return f"trimtab-{handler}"


ROLE_NAMES = {"restore": "trimtab-restorer"}
"""Roles that are not named like their Lambda: trimtab-restore is a role of the members, and the hub
may be one of them."""


def role_name(handler: str) -> str:
    """Return the name of a Lambda's role."""
    return ROLE_NAMES.get(handler, function_name(handler))


def role_arn(handler: str, *, account: str = Aws.ACCOUNT_ID) -> str:
    """Return the ARN of a Lambda's role in the hub: members trust it by this name."""
    return f"arn:{Aws.PARTITION}:iam::{account}:role/{role_name(handler)}"


def machine_arn(machine: str) -> str:
    """Return a state machine's ARN without a reference: its own role and callers name it."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{machine}"
