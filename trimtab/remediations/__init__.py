"""One file per kind of change: what changes, its guard, its undo, the permissions it needs. No
I/O.
"""

from collections.abc import Mapping

from trimtab.domain.backup_actions import BACKUP_ACTIONS, RESTORE_ACTIONS
from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.iam_document import TAKES_NO_ARN, granted
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import (
    reduce_provisioned,
    remove_function,
    remove_provisioned,
    remove_versions,
    schedule_provisioned,
    set_memory,
)
from trimtab.remediations.kind import Kind
from trimtab.remediations.vault_actions import NEVER_RESTORED

__all__ = [
    "BACKUP_ACTIONS",
    "FORWARD_ONLY",
    "KINDS",
    "NEVER",
    "NEVER_RESTORED",
    "RESTORE_ACTIONS",
    "TAKES_NO_ARN",
    "all_iam_actions",
    "change_specs",
    "granted",
    "restore_iam_actions",
]

KINDS: Mapping[ChangeKind, Kind] = {
    ChangeKind.SET_MEMORY: set_memory.KIND,
    ChangeKind.SCHEDULE_PROVISIONED: schedule_provisioned.KIND,
    ChangeKind.REDUCE_PROVISIONED: reduce_provisioned.KIND,
    ChangeKind.REMOVE_PROVISIONED: remove_provisioned.KIND,
    ChangeKind.REMOVE_FUNCTION: remove_function.KIND,
    ChangeKind.REMOVE_VERSIONS: remove_versions.KIND,
}


NEVER = (
    "iam:PassRole",
    "lambda:AddPermission",
    "lambda:DeleteAlias",
    "lambda:UpdateFunctionCode",
)
"""Denied to the change role, whatever a later kind of change may ask for. Code of one's own: each
of PassRole, AddPermission and UpdateFunctionCode leads to running it. An alias is nobody's to
delete: a function goes with all of its own, or not at all."""

FORWARD_ONLY = (
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "codedeploy:BatchGetDeployments",
    "codedeploy:ListDeployments",
    "iam:CreateServiceLinkedRole",
    "lambda:DeleteFunction",
    "lambda:GetAccountSettings",
    "lambda:GetPolicy",
    "lambda:ListEventSourceMappings",
    "lambda:PublishVersion",
)
"""What a change needs and its undo does not: whose write it was, the baseline, what stands in the
way of a canary, a version to move to, what still names a version that is to go."""


def change_specs() -> Mapping[str, ChangeSpec]:
    """Return what policy files may say under `change:`, by the name of the kind."""
    return {kind.value: KINDS[kind].spec for kind in KINDS}


def all_iam_actions() -> tuple[str, ...]:
    """Return the union of what the kinds need: the change role grants this and nothing else."""
    return tuple(sorted({action for kind in KINDS.values() for action in kind.iam_actions}))


def restore_iam_actions() -> tuple[str, ...]:
    """Return what an undo needs: the restore role grants this and nothing else."""
    return tuple(action for action in all_iam_actions() if action not in FORWARD_ONLY)
