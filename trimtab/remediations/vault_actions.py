"""Which calls do a backup and a restore need? Said once, in the domain; infra grants them."""

from trimtab.domain.backup_actions import (
    DECRYPT,
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

__all__ = [
    "DECRYPT",
    "FETCH_CODE",
    "LAYERS",
    "NETWORK",
    "PASS_ROLE",
    "READ_FUNCTION",
    "READ_MAPPINGS",
    "READ_REGION",
    "USE_KEYS",
    "WRITE_FUNCTION",
    "WRITE_MAPPINGS",
    "WRITE_SCALING",
]
