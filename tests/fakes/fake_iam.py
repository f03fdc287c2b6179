"""What does IAM say of the roles of one account? Their trust, their policies, a simulation of them.

As IAM answers since 2018: an organization's denial stands beside the decision, not in it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tests.fakes.failures import FailingClient, client_error
from trimtab.domain.iam_document import NARROWED
from trimtab.domain.removal_rights import restore_rights

Raw = dict[str, Any]

KEYS_OF = {
    action: {key for named in one.condition.values() for key in named}
    for one in (*NARROWED, *restore_rights("999999999999"))
    for action in one.actions
}
"""Without them, or on every resource, a simulation of what a condition narrows says no."""
TAKES_NONE = {"lambda:CreateEventSourceMapping"}
"""Narrowed by a condition alone."""


class FakeIam(FailingClient):
    """Roles by name, each with its trust, what it allows, and what stands above it."""

    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._trust: dict[str, Mapping[str, Any]] = {}
        self._allowed: dict[str, set[str]] = {}
        self.decodes = True
        """Whether documents come decoded, as botocore does it."""
        self._details: dict[str, Raw] = {}
        self._managed: dict[str, Raw] = {}
        self.denied_by_organization: set[str] = set()
        self.denied_by_boundary: set[str] = set()
        self.denied_explicitly: set[str] = set()

    def add_role(self, name: str, trust: Mapping[str, Any], allowed: Iterable[str]) -> None:
        self._trust[name] = trust
        self._allowed[name] = set(allowed)

    def put_role(
        self,
        arn: str,
        *inline: Mapping[str, Any],
        trusts: Sequence[str] = ("lambda.amazonaws.com",),
        attached: Sequence[str] = (),
    ) -> None:
        """Let a role be there, as the listing of all shows it."""
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": list(trusts)},
            "Action": "sts:AssumeRole",
        }
        self._details[arn] = {
            "Arn": arn,
            "RoleName": arn.rpartition("/")[2],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "RolePolicyList": [
                {"PolicyName": f"inline-{n}", "PolicyDocument": document}
                for n, document in enumerate(inline)
            ],
            "AttachedManagedPolicies": [
                {"PolicyName": a.rpartition("/")[2], "PolicyArn": a} for a in attached
            ],
        }

    def put_policy(self, arn: str, *documents: Mapping[str, Any]) -> None:
        """Let a managed policy be there; the last of its documents is in force."""
        self._managed[arn] = {
            "Arn": arn,
            "PolicyVersionList": [
                {
                    "VersionId": f"v{n}",
                    "Document": document,
                    "IsDefaultVersion": n == len(documents),
                }
                for n, document in enumerate(documents, start=1)
            ],
        }

    def get_account_authorization_details(
        self, Filter: Sequence[str], MaxItems: int = 100, Marker: str = "0"
    ) -> Raw:
        def work() -> Raw:
            assert set(Filter) <= {"Role", "LocalManagedPolicy", "AWSManagedPolicy"}
            found = [("RoleDetailList", raw) for _, raw in sorted(self._details.items())]
            found += [("Policies", raw) for _, raw in sorted(self._managed.items())]
            at, size = int(Marker), min(MaxItems, self._page)
            answer: Raw = {"RoleDetailList": [], "Policies": []}
            for key, raw in found[at : at + size]:
                answer[key].append(raw if self.decodes else _encoded(raw))
            more = at + size < len(found)
            answer["IsTruncated"] = more
            return answer | ({"Marker": str(at + size)} if more else {})

        return self.run("GetAccountAuthorizationDetails", work)

    def get_role(self, RoleName: str) -> Raw:
        def work() -> Raw:
            if RoleName not in self._trust:
                message = f"The role with name {RoleName} cannot be found."
                raise client_error("NoSuchEntity", message, "GetRole", status=404)
            return {"Role": {"AssumeRolePolicyDocument": self._trust[RoleName]}}

        return self.run("GetRole", work)

    def simulate_principal_policy(
        self,
        PolicySourceArn: str,
        ActionNames: Sequence[str],
        ResourceArns: Sequence[str],
        Marker: str = "0",
        ContextEntries: Sequence[Raw] = (),
    ) -> Raw:
        def work() -> Raw:
            given = {one["ContextKeyName"] for one in ContextEntries}
            role = PolicySourceArn.rpartition("/")[2]
            at = int(Marker)
            page = [
                self._decided(role, a, given, ResourceArns)
                for a in ActionNames[at : at + self._page]
            ]
            more = at + self._page < len(ActionNames)
            answer: Raw = {"EvaluationResults": page, "IsTruncated": more}
            return answer | ({"Marker": str(at + self._page)} if more else {})

        return self.run("SimulatePrincipalPolicy", work)

    def _decided(self, role: str, action: str, given: set[str], resources: Sequence[str]) -> Raw:
        by_organization = action not in self.denied_by_organization
        by_boundary = action not in self.denied_by_boundary
        if action in self.denied_explicitly or not (by_organization and by_boundary):
            decision = "explicitDeny"
        else:
            needed = KEYS_OF.get(action, set())
            is_open = needed and action not in TAKES_NONE and "*" in resources
            meets = needed <= given and not is_open
            is_allowed = meets and action in self._allowed.get(role, ())
            decision = "allowed" if is_allowed else "implicitDeny"
        return {
            "EvalActionName": action,
            "EvalDecision": decision,
            "OrganizationsDecisionDetail": {"AllowedByOrganizations": by_organization},
            "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": by_boundary},
        }


def _encoded(raw: Any) -> Any:
    """URL-encode every document, as IAM sends it."""
    if isinstance(raw, list):
        return [_encoded(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: quote(json.dumps(value)) if key.endswith("Document") else _encoded(value)
        for key, value in raw.items()
    }
