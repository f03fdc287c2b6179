"""What may the change role read for a backup, and the restore role do to make a function anew?

Each statement is narrowed by what the call allows: to functions, to provisioned concurrency, to
Lambda as the service that uses a key or is given a role.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from trimtab.remediations.vault_actions import (
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

HERE = f"{Aws.PARTITION}:lambda:*:{Aws.ACCOUNT_ID}"
FUNCTIONS = f"arn:{HERE}:function:*"
MAPPINGS = f"arn:{HERE}:event-source-mapping:*"
SIGNING = f"arn:{HERE}:code-signing-config:*"
KEYS = f"arn:{Aws.PARTITION}:kms:*:*:key/*"
"""Of any account: the key of the vault is the hub's, and its own policy decides."""
SCALED = {
    "StringEquals": {
        "application-autoscaling:scalable-dimension": "lambda:function:ProvisionedConcurrency",
        "application-autoscaling:service-namespace": "lambda",
    }
}


def reading_all() -> list[iam.PolicyStatement]:
    """Return what a backup reads: keys are used by Lambda, never by the role itself."""
    return [
        _allow(READ_FUNCTION, FUNCTIONS),
        _allow(READ_MAPPINGS, MAPPINGS),
        _allow(READ_REGION, "*"),
        _allow(DECRYPT, KEYS, _via("lambda")),
    ]


def making() -> list[iam.PolicyStatement]:
    """Return what a restore does, to functions of its own account."""
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    of_functions = {"ArnLike": {"lambda:FunctionArn": FUNCTIONS}}
    vault = f"arn:{Aws.PARTITION}:s3:::trimtab-vault-*/{Aws.ACCOUNT_ID}/*"
    return [
        _allow(READ_FUNCTION, FUNCTIONS),
        _allow((*READ_MAPPINGS, "lambda:TagResource"), MAPPINGS),
        _allow(READ_REGION, "*"),
        _allow(WRITE_FUNCTION, FUNCTIONS),
        _allow(("lambda:PutFunctionCodeSigningConfig",), SIGNING),
        _allow(WRITE_MAPPINGS, "*", of_functions),
        _allow(
            WRITE_SCALING,
            f"arn:{Aws.PARTITION}:application-autoscaling:*:{Aws.ACCOUNT_ID}:scalable-target/*",
            SCALED,
        ),
        _allow(NETWORK, "*"),
        _allow(LAYERS, f"arn:{Aws.PARTITION}:lambda:*:*:layer:*:*"),
        _allow(PASS_ROLE, f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/*", to_lambda),
        _allow(USE_KEYS, KEYS, _via("lambda")),
        _allow(DECRYPT, KEYS, _via("s3")),
        _allow(FETCH_CODE, vault),
    ]


def _via(service: str) -> dict[str, dict[str, str]]:
    return {"StringLike": {"kms:ViaService": f"{service}.*.{Aws.URL_SUFFIX}"}}


def _allow(
    actions: tuple[str, ...], resource: str, conditions: dict[str, dict[str, str]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)
