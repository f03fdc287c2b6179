"""Which rights does a removal need beside those of other changes, and on what is each asked for?

IAM is asked about every one with the resource and the condition under which the member templates
grant it: a test holds the two together. Nothing is tried: AWS has no dry run of a deletion.
"""

from collections.abc import Mapping

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
from trimtab.domain.iam_document import Narrowing

ANY = "any-function"
FUNCTION = f"arn:{{partition}}:lambda:{{region}}:{{account}}:function:{ANY}"
_MAPPING = "arn:{partition}:lambda:{region}:{account}:event-source-mapping:any"
_SIGNING = "arn:{partition}:lambda:{region}:{account}:code-signing-config:any"
_LAYER = "arn:{partition}:lambda:{region}:{account}:layer:any:1"
_KEY = "arn:{partition}:kms:{region}:{account}:key/any"
_ROLE = "arn:{partition}:iam::{account}:role/any"
_TARGET = "arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/any"

QUARANTINE = ("lambda:DeleteFunctionConcurrency", "lambda:PutFunctionConcurrency")
DELETION = ("lambda:DeleteFunction",)

_Condition = Mapping[str, Mapping[str, str]]
_SCALED: _Condition = {
    "StringEquals": {
        "application-autoscaling:scalable-dimension": "lambda:function:ProvisionedConcurrency",
        "application-autoscaling:service-namespace": "lambda",
    }
}


def change_rights() -> tuple[Narrowing, ...]:
    """Return what the change role needs: to back up, to let nobody call, to delete."""
    return (
        _right((*DELETION, *QUARANTINE, *READ_FUNCTION), FUNCTION),
        _right(READ_MAPPINGS, _MAPPING),
        _right(READ_REGION, "*"),
        _right(DECRYPT, _KEY, _via("lambda")),
    )


def restore_rights(hub: str) -> tuple[Narrowing, ...]:
    """Return what the restore role needs: to let go, and to make a function anew out of the vault
    in this hub's account.
    """
    return (
        _right((*QUARANTINE, *READ_FUNCTION, *WRITE_FUNCTION), FUNCTION),
        _right((*READ_MAPPINGS, "lambda:TagResource"), _MAPPING),
        _right(("lambda:PutFunctionCodeSigningConfig",), _SIGNING),
        _right(READ_REGION, "*"),
        _right(WRITE_MAPPINGS, "*", {"ArnLike": {"lambda:FunctionArn": FUNCTION}}),
        _right(WRITE_SCALING, _TARGET, _SCALED),
        _right(NETWORK, "*"),
        _right(LAYERS, _LAYER),
        _right(PASS_ROLE, _ROLE, {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        _right(USE_KEYS, _KEY, _via("lambda")),
        _right(DECRYPT, _KEY, _via("s3")),
        _right(
            FETCH_CODE, f"arn:{{partition}}:s3:::trimtab-vault-{hub}-{{region}}/{{account}}/any"
        ),
    )


def _right(
    actions: tuple[str, ...], resource: str, condition: _Condition | None = None
) -> Narrowing:
    return Narrowing(actions=frozenset(actions), resource=resource, condition=condition or {})


def _via(service: str) -> _Condition:
    return {"StringLike": {"kms:ViaService": f"{service}.{{region}}.{{suffix}}"}}
