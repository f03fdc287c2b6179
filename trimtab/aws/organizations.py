"""Which accounts are there, where in the tree, and which are left out? Asked from the hub.

Stage 1 of 8. Nothing is dropped in silence: an account is a target, left out with a reason, or
behind a gap. Where an account stands in the tree decides how far a policy may go there, so an
account whose OUs are not known is a gap, not a target (S8).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.arn import Target
from trimtab.domain.errors import OutsideError
from trimtab.domain.fleet import Account, Gap, LeftOut, Scope, Targets

ACCOUNTS_PER_PAGE = 20
"""Source: Organizations API, ListAccounts, MaxResults maximum (botocore 1.44.5)."""

EVERYWHERE = "*"
"""Stands in a gap for the account or region when a whole part of the tree was not read."""

_OU = re.compile(r"ou-[0-9a-z]+-[0-9a-z]+")

Raw = Mapping[str, Any]


class AwsAccountSource:
    """The accounts of the Organization, as the hub sees them."""

    def __init__(self, client: Any, *, leave_out: Mapping[str, str] | None = None) -> None:
        """`leave_out` maps account ids to the reason why they are never scanned."""
        self._client = client
        self._leave_out = leave_out or {}

    def targets(self, scope: Scope) -> Targets:
        walk = _Walk(self._client)
        if scope.organizational_units:
            for unit in scope.organizational_units:
                walk.below(unit)
        else:
            walk.everything()
        return self._sorted_out(scope, walk)

    def _sorted_out(self, scope: Scope, walk: "_Walk") -> Targets:
        accounts, left_out, gaps = [], [], list(walk.gaps)
        for account_id, raw in sorted(walk.accounts.items()):
            reason = self._reason(scope, raw)
            chain = walk.chains.get(account_id)
            if reason is not None:
                left_out.append(LeftOut(account=account_id, reason=reason))
            elif chain is None:
                error = "its place in the Organization could not be read"
                gaps.append(_gap(account_id, "organizational units of the account", error))
            else:
                name = str(raw.get("Name", account_id))
                accounts.append(Account(id=account_id, name=name, organizational_units=chain))
        targets = tuple(
            Target(account=account.id, region=region)
            for account in accounts
            for region in dict.fromkeys(scope.regions)
        )
        return Targets(
            accounts=tuple(accounts),
            targets=targets,
            left_out=tuple(left_out),
            gaps=tuple(gaps),
        )

    def _reason(self, scope: Scope, raw: Raw) -> str | None:
        """Say why an account is left out. `State` counts before `Status`, which AWS retires."""
        state = raw.get("State") or raw.get("Status") or "not told"
        if raw["Id"] in scope.exclude_accounts:
            return "excluded in fleet.yaml"
        if raw["Id"] in self._leave_out:
            return self._leave_out[raw["Id"]]
        return None if state == "ACTIVE" else f"its state is {state}"


class _Walk:
    """One pass over the Organization: accounts by id, the OUs above each, and what failed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen: set[str] = set()
        self.accounts: dict[str, Raw] = {}
        self.chains: dict[str, tuple[str, ...]] = {}
        self.gaps: list[Gap] = []

    def everything(self) -> None:
        """List all accounts; walk down the tree only if the list does not say where they stand."""
        for raw in self._listed("ListAccounts", "Accounts", MaxResults=ACCOUNTS_PER_PAGE):
            self._add(raw, None)
        if all(account in self.chains for account in self.accounts):
            return
        for root in self._listed("ListRoots", "Roots"):
            self._down(root["Id"], ())

    def below(self, unit: str) -> None:
        """Take one OU with everything under it, and find the OUs above it."""
        try:
            above = self._above(unit)
        except OutsideError as error:
            self.gaps.append(_gap(EVERYWHERE, f"organizational unit {unit}", str(error)))
            return
        self._down(unit, (unit, *above))

    def _above(self, unit: str) -> tuple[str, ...]:
        chain: list[str] = []
        child = unit
        while True:
            with reading(f"organizations:ListParents {child}"):
                parents = self._client.list_parents(ChildId=child)["Parents"]
            ours = [p["Id"] for p in parents if p["Type"] == "ORGANIZATIONAL_UNIT"]
            if not ours:
                return tuple(chain)
            child = ours[0]
            chain.append(child)

    def _down(self, parent: str, chain: tuple[str, ...]) -> None:
        if parent in self._seen:
            return
        self._seen.add(parent)
        for raw in self._listed("ListAccountsForParent", "Accounts", ParentId=parent):
            self._add(raw, chain)
        units = self._listed(
            "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent
        )
        for unit in list(units):
            self._down(unit["Id"], (unit["Id"], *chain))

    def _add(self, raw: Raw, chain: tuple[str, ...] | None) -> None:
        self.accounts.setdefault(raw["Id"], raw)
        known = _chain_of(raw.get("Paths")) if chain is None else chain
        if known is not None:
            self.chains.setdefault(raw["Id"], known)

    def _listed(self, operation: str, key: str, **asked: Any) -> Iterator[Raw]:
        """Yield all pages; one that fails is a gap, and the listing ends there.

        A page may be empty and still name a next one.
        """
        method = getattr(self._client, _snake(operation))
        page_number = 1
        more: dict[str, str] = {}
        while True:
            what = f"organizations:{operation} {asked.get('ParentId', '')} page {page_number}"
            try:
                with reading(what):
                    page = method(**asked, **more)
            except OutsideError as error:
                self.gaps.append(_gap(EVERYWHERE, what, str(error)))
                return
            yield from page[key]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}
            page_number += 1


def _chain_of(paths: Sequence[str] | None) -> tuple[str, ...] | None:
    """Read the OUs from 'o-x/r-x/ou-outer/ou-inner/account', nearest first; None: no path."""
    if not paths:
        return None
    return tuple(reversed(_OU.findall(paths[0])))


def _gap(account: str, what: str, error: str) -> Gap:
    return Gap(account=account, region=EVERYWHERE, what=what.strip(), error=error)


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
