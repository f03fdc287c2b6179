"""What if a write lands and its answer is lost? Once for each role, when a test asks for it.

``POST /_trimtab/lose-answers`` with ``{"Prefix": "log/"}``: the next object that each role puts
under that prefix is kept, and answered by a 500. The SDK then tries again and finds it there.
"""

from __future__ import annotations

from typing import Any

from trimtab.local.patches import control, target

_armed: set[str] = set()
_lost: set[tuple[str, str]] = set()
"""Prefix and role of every answer that was lost."""


def apply() -> None:
    """Stand between S3 and the answer of a put."""
    app = target.module("ministack.app")
    evaluator = target.module("ministack.core.iam_evaluator")
    handlers = target.demand(app, "SERVICE_HANDLERS", needed_for="lost answers")
    caller = target.demand(evaluator, "request_caller_arn", needed_for="lost answers")
    original = handlers["s3"]

    async def handle(method: str, path: str, headers: Any, *more: Any, **named: Any) -> Any:
        answer = await original(method, path, headers, *more, **named)
        if method == "PUT" and _armed:
            key = path.lstrip("/").partition("/")[2]
            role = str(caller(headers)).partition(":assumed-role/")[2].partition("/")[0]
            for prefix in _armed:
                if role and key.startswith(prefix) and (prefix, role) not in _lost:
                    _lost.add((prefix, role))
                    raise RuntimeError(f"the answer to {role} is lost, as was asked for")
        return answer

    handlers["s3"] = handle
    control.register("lose-answers", _arm)


def _arm(body: dict[str, Any]) -> dict[str, Any]:
    _armed.add(body["Prefix"])
    return {"lost": sorted(role for _, role in _lost)}
