"""What does IAM say of the roles of one account? Their trust, and a simulation of their policies.

As IAM answers since 2018: an organization's denial stands beside the decision, not in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.fakes.failures import FailingClient, client_error

Raw = dict[str, Any]


class FakeIam(FailingClient):
    """Roles by name, each with its trust, what it allows, and what stands above it."""

    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._trust: dict[str, Mapping[str, Any]] = {}
        self._allowed: dict[str, set[str]] = {}
        self.denied_by_organization: set[str] = set()
        self.denied_by_boundary: set[str] = set()
        self.denied_explicitly: set[str] = set()

    def add_role(self, name: str, trust: Mapping[str, Any], allowed: Iterable[str]) -> None:
        self._trust[name] = trust
        self._allowed[name] = set(allowed)

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
    ) -> Raw:
        def work() -> Raw:
            role = PolicySourceArn.rpartition("/")[2]
            at = int(Marker)
            page = [self._decided(role, a) for a in ActionNames[at : at + self._page]]
            more = at + self._page < len(ActionNames)
            answer: Raw = {"EvaluationResults": page, "IsTruncated": more}
            return answer | ({"Marker": str(at + self._page)} if more else {})

        return self.run("SimulatePrincipalPolicy", work)

    def _decided(self, role: str, action: str) -> Raw:
        by_organization = action not in self.denied_by_organization
        by_boundary = action not in self.denied_by_boundary
        if action in self.denied_explicitly or not (by_organization and by_boundary):
            decision = "explicitDeny"
        else:
            decision = "allowed" if action in self._allowed.get(role, ()) else "implicitDeny"
        return {
            "EvalActionName": action,
            "EvalDecision": decision,
            "OrganizationsDecisionDetail": {"AllowedByOrganizations": by_organization},
            "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": by_boundary},
        }
