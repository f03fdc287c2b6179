"""What may the role of a function do? Everything, or all of a service; from its policies; no I/O.

Only statements without a condition, on every resource, count. What a denial, a permissions boundary
or a service control policy takes back is not worked out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trimtab.domain.iam_document import Statement, fits, statements_in

ANYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the documents of a role allow."""

    is_administrator: bool
    """It may do everything, or everything in IAM, and so give itself the rest."""
    services: tuple[str, ...]
    """The services in which it may do everything; '*' stands for all or nearly all of them."""


def power_of(documents: Iterable[str]) -> Power:
    """Raises: InputError when a document has a form that is not known."""
    services: set[str] = set()
    for document in documents:
        for statement in statements_in(document):
            if statement.allows and _is_everywhere(statement):
                services |= _services(statement)
    return Power(
        is_administrator=bool(services & {ANYTHING, "iam"}),
        services=tuple(sorted(name.removeprefix("but ") for name in services)),
    )


def trusted_services(trust: str) -> tuple[str, ...]:
    """Return the services that may assume a role.

    Raises: InputError when the document has a form that is not known.
    """
    found = (s for s in statements_in(trust) if s.allows and not s.is_but_these)
    return tuple(sorted({v for s in found for kind, v in s.principals if kind == "Service"}))


def _is_everywhere(statement: Statement) -> bool:
    if statement.conditions:
        return False
    return bool(statement.not_resources) or any(
        resource.strip("*") in ("", "arn:") for resource in statement.resources
    )


def _services(statement: Statement) -> set[str]:
    """Return the services a statement allows all of; 'but *': all that it does not leave out."""
    if statement.not_actions:
        spares_iam = any(
            fits(pattern.partition(":")[0], "iam") for pattern in statement.not_actions
        )
        return {"but *"} if spares_iam else {ANYTHING}
    return {
        service.lower() or ANYTHING
        for service, colon, name in (action.partition(":") for action in statement.actions)
        if (colon and not name.strip("*")) or not service.strip("*")
    }
