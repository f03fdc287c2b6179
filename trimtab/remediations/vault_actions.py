"""Which calls do a backup and a restore need? Said once, in the domain; infra grants them."""

from trimtab.domain.backup_actions import (
    DECRYPT,
    DRILL_DELETES,
    DRILL_LISTS,
    DRILL_NEVER,
    DRILL_WRITES,
    FETCH_CODE,
    LAYERS,
    NETWORK,
    PASS_ROLE,
    READ_FUNCTION,
    READ_MAPPINGS,
    READ_REGION,
    USE_KEYS,
    WRITE_FUNCTION,
    WRITE_MAPPINGS,
    WRITE_SCALING,
)
from trimtab.domain.drill import MARK as DRILL_MARK
from trimtab.domain.drill import PREFIX as DRILL_PREFIX

__all__ = [
    "DECRYPT",
    "DRILL_DELETES",
    "DRILL_LISTS",
    "DRILL_MARK",
    "DRILL_NEVER",
    "DRILL_PREFIX",
    "DRILL_WRITES",
    "FETCH_CODE",
    "LAYERS",
    "NETWORK",
    "NEVER_RESTORED",
    "PASS_ROLE",
    "READ_FUNCTION",
    "READ_MAPPINGS",
    "READ_REGION",
    "USE_KEYS",
    "WRITE_FUNCTION",
    "WRITE_MAPPINGS",
    "WRITE_SCALING",
]

NEVER_RESTORED = (
    "lambda:DeleteAlias",
    "lambda:DeleteEventSourceMapping",
    "lambda:DeleteFunction",
    "lambda:InvokeFunction",
    "lambda:RemovePermission",
)
"""Denied to the restore role. It makes a removed function anew, so what the change role must never
do is what it is for: it passes a role to Lambda alone, opens a function as it was open, and sets
code out of the vault. It takes nothing away and runs nothing."""
