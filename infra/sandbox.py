"""What may the hub do in the account of the restore drills? Make functions of one name, and remove
them.

This stack is deployed by hand into one account that nobody relies on, and nowhere else: without it
there is nothing to assume. Only functions named trimtab-drill-* can be touched, only those that
carry the drill's mark can be deleted, and none can be called or given a trigger. The functions get
a role that may do nothing.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.member import MemberStack
from infra.names import SANDBOX_FUNCTION_ROLE, SANDBOX_ROLE, SANDBOX_STACK
from trimtab.remediations.vault_actions import (
    DECRYPT,
    DRILL_DELETES,
    DRILL_LISTS,
    DRILL_MARK,
    DRILL_NEVER,
    DRILL_PREFIX,
    DRILL_WRITES,
    FETCH_CODE,
    PASS_ROLE,
    READ_FUNCTION,
    READ_REGION,
)

DRILLERS = ("drill",)
FUNCTIONS = f"arn:{Aws.PARTITION}:lambda:*:{Aws.ACCOUNT_ID}:function:{DRILL_PREFIX}*"
FUNCTION_ROLE = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{SANDBOX_FUNCTION_ROLE}"
CODE = f"arn:{Aws.PARTITION}:s3:::trimtab-vault-*/????????????/*/*/code/*"
"""Of any function, its code and no document: those hold environments."""
KEYS = f"arn:{Aws.PARTITION}:kms:*:*:key/*"
MARKED = {"StringLike": {f"aws:ResourceTag/{DRILL_MARK}": "?*"}}


class SandboxStack(MemberStack):
    """The role that drill assumes, and the role that its functions get."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, SANDBOX_STACK)
        to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        via_s3 = {"StringLike": {"kms:ViaService": f"s3.*.{Aws.URL_SUFFIX}"}}
        statements = [
            _allow((*READ_FUNCTION, *DRILL_WRITES), FUNCTIONS),
            _allow(DRILL_DELETES, FUNCTIONS, MARKED),
            _allow((*READ_REGION, *DRILL_LISTS), "*"),
            _allow(PASS_ROLE, FUNCTION_ROLE, to_lambda),
            _allow(FETCH_CODE, CODE),
            _allow(DECRYPT, KEYS, via_s3),
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(DRILL_NEVER), resources=["*"]),
        ]
        self.role(SANDBOX_ROLE, trusts=DRILLERS, statements=statements)
        iam.Role(
            self,
            "FunctionRole",
            role_name=SANDBOX_FUNCTION_ROLE,
            description="Trimtab: of functions that are drilled and never run; it may do nothing",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )


def _allow(
    actions: tuple[str, ...], resource: str, conditions: dict[str, dict[str, str]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)
