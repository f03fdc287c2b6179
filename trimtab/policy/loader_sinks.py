"""What does fleet.yaml say of Security Hub? Shapes to values, and policies that must exist."""

from collections.abc import Collection

from trimtab.policy.model import SecurityHubTerms
from trimtab.policy.problems import Document, Mistakes, unknown_word
from trimtab.policy.schema_rules import SecurityHubShape

POLICIES = ("security_hub", "policies")


def security_hub_terms(shape: SecurityHubShape | None) -> SecurityHubTerms | None:
    if shape is None:
        return None
    return SecurityHubTerms(
        into=shape.into, from_severity=shape.from_severity, policies=tuple(shape.policies)
    )


def check_named_policies(fleet: Document, policy_ids: Collection[str], mistakes: Mistakes) -> None:
    """Refuse a policy that no file has: its findings would silently be left out."""
    said = fleet.at(POLICIES)
    for position, named in enumerate(said if isinstance(said, list) else ()):
        path = (*POLICIES, position)
        if isinstance(named, str) and named not in policy_ids and not mistakes.has_at(fleet, path):
            mistakes.at_value(fleet, path, unknown_word("policy", named, policy_ids))
