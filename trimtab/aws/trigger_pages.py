"""How is a listing read to its end, and what does a text name? Shared by the trigger sources."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.arn import FunctionArn, Target, with_qualifier
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Pointer

Hurry = Callable[[], None]
"""Raises RetryableError when the time for a long walk runs out."""

FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,140}"
    r"(?::(?:\$LATEST|[A-Za-z0-9_-]+))?"
)
"""The ARN of a function wherever it stands in a text."""


def pages(
    method: Any,
    what: str,
    *,
    more: str = "NextToken",
    token: str | None = None,
    **asked: Any,
) -> Iterator[Mapping[str, Any]]:
    """Ask for all pages. `more`: the key that says there is another; `token`: as it is asked for,
    where that is another word.

    Raises: OutsideError, which names `what`: the call and the target.
    """
    while True:
        with reading(what):
            page = method(**asked)
        yield page
        if not page.get(more):
            return
        asked[token or more] = page[more]


def pointers_in(
    text: str, kind: TriggerKind, name: str, why: str, **more: Any
) -> tuple[Pointer, ...]:
    """Return a pointer for each function that a text names by its ARN."""
    found = dict.fromkeys(with_qualifier(arn) for arn in FUNCTION.findall(text))
    return tuple(
        Pointer(kind=kind, name=name, function=one[0], qualifier=one[1], why=why, **more)
        for one in found
        if one is not None
    )


def function_named(
    text: str, target: Target, partition: str
) -> tuple[FunctionArn, str | None] | None:
    """Read what the API of Lambda takes for the name of a function: an ARN, a part of one, a name,
    each with or without a qualifier. None: it is none of these.
    """
    here = f"arn:{partition}:lambda:{target.region}:"
    full = with_qualifier(text) or with_qualifier(f"{here}{text}")
    return full or with_qualifier(f"{here}{target.account}:function:{text}")
