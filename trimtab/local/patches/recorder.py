"""Who asked for what? Every check of a role's permissions, kept once, and whether it was allowed.

AWS checks IAM actions, not API operations: TransactWriteItems is checked as the single-item actions
in it, HeadObject as GetObject, ListObjectsV2 as ListBucket. What is kept here is what the emulator
checked; tests/local/test_actions_contract.py holds that mapping, operation by operation. An
account's root user is never checked, so what the demo's people and tests do does not show.
"""

from __future__ import annotations

from typing import Any

from trimtab.local.patches import control, target
from trimtab.local.patches.conditions import LEADING_KEYS

_ASSUMED = ":assumed-role/"

_calls: dict[tuple[str, str, str, str, tuple[str, ...], bool], None] = {}
"""Account, role, action, resource, kinds of leading keys, allowed: in the order of first sight."""


def apply() -> None:
    """Keep what is checked, and answer it under the control name ``calls``."""
    evaluator = target.module("ministack.core.iam_evaluator")
    evaluate = target.demand(evaluator, "evaluate", needed_for="the recorder")
    enforce = target.demand(evaluator, "enforce", needed_for="the recorder")
    checked: list[Any] = []

    def evaluate_and_keep(context: Any, *more: Any) -> Any:
        checked.append(context)
        return evaluate(context, *more)

    def enforce_and_keep(*given: Any, **named: Any) -> Any:
        checked.clear()
        refusal = enforce(*given, **named)
        for context in checked:
            _keep(context, is_allowed=refusal is None)
        return refusal

    evaluator.evaluate = evaluate_and_keep
    evaluator.enforce = enforce_and_keep
    control.register("calls", _told)


def _keep(context: Any, *, is_allowed: bool) -> None:
    _, assumed, session = str(context.principal_arn).partition(_ASSUMED)
    if not assumed:
        return
    keys = context.service_context.get(LEADING_KEYS.lower()) or ()
    kinds = tuple(sorted({key.partition("#")[0] + "#" for key in keys}))
    call = (context.principal_account, session.partition("/")[0], context.action)
    _calls[(*call, str(context.resource_arn), kinds, is_allowed)] = None


def _told(_: dict[str, Any]) -> dict[str, Any]:
    names = ("account", "role", "action", "resource", "keys", "allowed")
    return {"calls": [dict(zip(names, call, strict=True)) for call in _calls]}
