"""Who does a policy condition see as the caller, and over which transport?

Three corrections to how the emulator fills condition keys: ``aws:PrincipalArn`` of an assumed
role is the role's ARN, ``aws:SecureTransport`` is true although the loopback speaks plain HTTP,
and ``aws:PrincipalOrgID`` is the one Organization's id for every account in it.
"""

from __future__ import annotations

from typing import Any

from trimtab.local.patches import organization, target

_ASSUMED = ":assumed-role/"


def apply() -> None:
    """Correct the three condition keys."""
    evaluator = target.module("ministack.core.iam_evaluator")
    _principal_is_the_role(evaluator)
    _transport_is_secure(evaluator)
    target.replace(
        evaluator, "_principal_org_id", organization.id_for_member, needed_for="aws:PrincipalOrgID"
    )


def _principal_is_the_role(evaluator: Any) -> None:
    original = target.demand(evaluator, "_resolve_condition_key", needed_for="aws:PrincipalArn")
    roles = target.demand(
        target.module("ministack.services.iam"), "_roles", needed_for="aws:PrincipalArn"
    )

    def resolve(key: str, context: Any) -> Any:
        if key.lower() != "aws:principalarn" or _ASSUMED not in context.principal_arn:
            return original(key, context)
        name = context.principal_arn.split(_ASSUMED, 1)[1].split("/", 1)[0]
        role = roles.get_scoped(context.principal_account, None, name)
        if role is not None:
            return role["Arn"]
        return f"arn:aws:iam::{context.principal_account}:role/{name}"

    evaluator._resolve_condition_key = resolve


def _transport_is_secure(evaluator: Any) -> None:
    original = target.demand(evaluator, "pin_request_origin", needed_for="aws:SecureTransport")

    def secure(source_ip: str, secure_transport: bool) -> None:
        del secure_transport
        original(source_ip, True)

    evaluator.pin_request_origin = secure
    app = target.module("ministack.app")
    target.replace(app, "pin_request_origin", secure, needed_for="aws:SecureTransport")
