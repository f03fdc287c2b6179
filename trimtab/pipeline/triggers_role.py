"""Which functions could a role call? Read from its policies alone, and generously; no I/O.

Denials, conditions, boundaries and service control policies are not weighed: they only take away,
and here whatever may be possible counts (S8).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.iam_document import statements_in
from trimtab.pipeline.signals.reach_bounds import INVOKE
from trimtab.ports import Role

Patterns = tuple[re.Pattern[str], ...]

PARTS = 7
"""Of the ARN of a function without a qualifier."""


def may_call(role: Role | None, function: FunctionArn) -> bool:
    """Tell whether a role could call a function, or a version or alias of it; of a role that is not
    known it is taken that it could.
    """
    patterns = None if role is None else _patterns(role)
    return patterns is None or any(p.fullmatch(str(function)) for p in patterns)


@lru_cache(maxsize=8192)
def _patterns(role: Role) -> Patterns | None:
    """Return what it may call as patterns of unqualified ARNs; None: perhaps everything."""
    if role.unread:
        return None
    found: dict[str, None] = {}
    try:
        for document in role.policies:
            found |= dict.fromkeys(_resources(document))
    except InputError:
        return None
    if any("${" in one for one in found):
        return None
    return tuple(re.compile(_as_regex(one), re.IGNORECASE) for one in found)


def _resources(document: str) -> Iterator[str]:
    for statement in statements_in(document):
        if statement.allows and statement.covers(INVOKE):
            for pattern in ("*",) if statement.not_resources else statement.resources:
                yield from _unqualified(pattern)


def _unqualified(pattern: str) -> Iterator[str]:
    """Yield a pattern as it is, and without its last part where that may be a qualifier."""
    yield pattern
    if "*" in pattern or pattern.count(":") >= PARTS:
        yield pattern.rpartition(":")[0]


def _as_regex(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
