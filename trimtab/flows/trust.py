"""Does a member role trust the hub, and nobody else in its name? A pure look at its trust policy.

A value that is not the expected one is not repeated: an external id is half a secret.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.domain.checkup import Document

ASSUME = "sts:assumerole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """What a member role has to know of the hub."""

    account: str
    external_id: str
    organization: str | None
    """None: nobody said, so it is not compared."""


def trust_faults(document: Document, hub: Hub, *, roles: Sequence[str]) -> tuple[str, ...]:
    """Say what in the trust policy keeps these roles of the hub out; empty when nothing does."""
    faults = [_faults(s, hub, roles) for s in _statements(document) if _is_assume(s)]
    if not faults:
        return ("its trust policy lets nobody assume it",)
    return min(faults, key=len)


def _faults(statement: Mapping[str, Any], hub: Hub, roles: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    if not any(hub.account in principal for principal in _principals(statement)):
        found.append(f"it does not trust the hub's account {hub.account}")
    given = _conditions(statement)
    arns = given.get("aws:principalarn", ())
    missing = [r for r in roles if not any(_names(arn, hub.account, r) for arn in arns)]
    if missing:
        found.append(f"its aws:PrincipalArn does not name {', '.join(missing)} of the hub")
    if hub.external_id not in given.get("sts:externalid", ()):
        found.append("its sts:ExternalId is not the hub's")
    if hub.organization not in (None, *given.get("aws:principalorgid", ())):
        found.append(f"its aws:PrincipalOrgID is not {hub.organization}")
    return tuple(found)


def _names(arn: str, account: str, role: str) -> bool:
    return arn.endswith(f"::{account}:role/{role}")


def _statements(document: Document) -> Iterator[Mapping[str, Any]]:
    found = document.get("Statement", ())
    yield from [found] if isinstance(found, Mapping) else found


def _is_assume(statement: Mapping[str, Any]) -> bool:
    actions = {action.lower() for action in _listed(statement.get("Action", ()))}
    return statement.get("Effect") == "Allow" and bool(actions & {ASSUME, "sts:*", "*"})


def _principals(statement: Mapping[str, Any]) -> tuple[str, ...]:
    principal = statement.get("Principal", {})
    return _listed(principal.get("AWS", ())) if isinstance(principal, Mapping) else ()


def _conditions(statement: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the values of each condition key, whatever the operator compares them with."""
    found: dict[str, tuple[str, ...]] = {}
    for keys in statement.get("Condition", {}).values():
        for key, value in keys.items():
            found[key.lower()] = (*found.get(key.lower(), ()), *_listed(value))
    return found


def _listed(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
