"""Is every account of the Organization a target, left out with a reason, or behind a gap (S8)?"""

from typing import Any

import pytest

from tests.fakes.failures import FailingClient
from trimtab.aws.organizations import AwsAccountSource
from trimtab.domain.fleet import Scope, Targets

REGIONS = ("eu-west-1", "us-east-1")
ROOT, PROD, SHOP, DEV = "r-abcd", "ou-abcd-prod", "ou-abcd-shop", "ou-abcd-dev"
HOME = {PROD: ROOT, SHOP: PROD, DEV: ROOT}


def ident(n: int) -> str:
    return f"{n:012d}"


class FakeOrganizations(FailingClient):
    """Organizations: a small tree, pages of 20, now and then an empty one."""

    def __init__(self, *, has_paths: bool = False) -> None:
        super().__init__()
        self._has_paths = has_paths
        self._accounts: dict[str, tuple[str, dict[str, Any]]] = {}

    def add(self, n: int, parent: str = ROOT, **raw: Any) -> str:
        account = {"Id": ident(n), "Name": f"account-{n}", "State": "ACTIVE"} | raw
        if self._has_paths:
            chain, at = [], parent
            while at != ROOT:
                chain.append(at)
                at = HOME[at]
            account["Paths"] = ["/".join(["o-org", ROOT, *reversed(chain), ident(n)])]
        self._accounts[ident(n)] = (parent, account)
        return ident(n)

    def list_accounts(self, MaxResults: int, NextToken: str | None = None) -> Any:
        assert MaxResults <= 20

        def work() -> Any:
            if NextToken is None:
                return {"Accounts": [], "NextToken": "0"}
            at = int(NextToken)
            accounts = [raw for _, raw in self._accounts.values()]
            more = at + MaxResults < len(accounts)
            page: dict[str, Any] = {"Accounts": accounts[at : at + MaxResults]}
            return page | ({"NextToken": str(at + MaxResults)} if more else {})

        return self.run("ListAccounts", work)

    def list_roots(self) -> Any:
        return self.run("ListRoots", lambda: {"Roots": [{"Id": ROOT}]})

    def list_parents(self, ChildId: str) -> Any:
        parent = HOME[ChildId]
        kind = "ROOT" if parent == ROOT else "ORGANIZATIONAL_UNIT"
        return self.run("ListParents", lambda: {"Parents": [{"Id": parent, "Type": kind}]})

    def list_organizational_units_for_parent(self, ParentId: str) -> Any:
        units = [{"Id": unit} for unit, parent in HOME.items() if parent == ParentId]
        operation = "ListOrganizationalUnitsForParent"
        return self.run(operation, lambda: {"OrganizationalUnits": units})

    def list_accounts_for_parent(self, ParentId: str) -> Any:
        accounts = [raw for parent, raw in self._accounts.values() if parent == ParentId]
        return self.run("ListAccountsForParent", lambda: {"Accounts": accounts})


@pytest.fixture(params=[True, False], ids=["with Paths", "without Paths"])
def aws(request: pytest.FixtureRequest) -> FakeOrganizations:
    return FakeOrganizations(has_paths=request.param)


def read(aws: FakeOrganizations, *units: str, exclude: tuple[str, ...] = ()) -> Targets:
    scope = Scope(organizational_units=units, exclude_accounts=exclude, regions=REGIONS)
    return AwsAccountSource(aws).targets(scope)


def test_the_whole_organization_is_every_account_in_every_region(aws: FakeOrganizations) -> None:
    for n in range(45):
        aws.add(n)
    targets = read(aws)
    assert len(targets.accounts) == 45
    assert len(targets.targets) == len(set(targets.targets)) == 90
    assert (targets.left_out, targets.gaps) == ((), ())


def test_each_account_knows_the_units_above_it_nearest_first(aws: FakeOrganizations) -> None:
    aws.add(1, SHOP)
    aws.add(2, DEV)
    aws.add(3, ROOT)
    units = {a.id: a.organizational_units for a in read(aws).accounts}
    assert units == {ident(1): (SHOP, PROD), ident(2): (DEV,), ident(3): ()}


def test_where_the_list_tells_the_place_the_tree_is_not_walked() -> None:
    aws = FakeOrganizations(has_paths=True)
    aws.add(1, SHOP)
    read(aws)
    assert aws.calls == {"ListAccounts": 2}


def test_chosen_units_include_those_inside_and_each_account_once(aws: FakeOrganizations) -> None:
    aws.add(1, SHOP)
    aws.add(2, PROD)
    aws.add(3, DEV)
    targets = read(aws, PROD, SHOP)
    assert {a.id: a.organizational_units for a in targets.accounts} == {
        ident(1): (SHOP, PROD),
        ident(2): (PROD,),
    }
    assert len(targets.targets) == 4


def test_a_chosen_unit_knows_what_is_above_it(aws: FakeOrganizations) -> None:
    aws.add(1, SHOP)
    (account,) = read(aws, SHOP).accounts
    assert account.organizational_units == (SHOP, PROD)


STATES = {
    "active": ({"State": "ACTIVE", "Status": "SUSPENDED"}, None),
    "old field only": ({"State": None, "Status": "ACTIVE"}, None),
    "suspended": ({"State": "SUSPENDED"}, "its state is SUSPENDED"),
    "state before status": ({"State": "CLOSED", "Status": "ACTIVE"}, "its state is CLOSED"),
    "old field suspended": ({"State": None, "Status": "SUSPENDED"}, "its state is SUSPENDED"),
    "coming": ({"State": "PENDING_ACTIVATION"}, "its state is PENDING_ACTIVATION"),
    "not told": ({"State": None}, "its state is not told"),
}


@pytest.mark.parametrize(("raw", "reason"), STATES.values(), ids=STATES.keys())
def test_only_active_accounts_are_scanned(
    aws: FakeOrganizations, raw: dict[str, Any], reason: str | None
) -> None:
    aws.add(1, PROD, **raw)
    targets = read(aws)
    assert [entry.reason for entry in targets.left_out] == ([] if reason is None else [reason])
    assert len(targets.accounts) == (1 if reason is None else 0)


def test_accounts_are_left_out_with_their_reason(aws: FakeOrganizations) -> None:
    for n in (1, 2, 3):
        aws.add(n)
    source = AwsAccountSource(aws, leave_out={ident(2): "the hub itself"})
    targets = source.targets(Scope(exclude_accounts=(ident(1),), regions=REGIONS))
    assert {entry.account: entry.reason for entry in targets.left_out} == {
        ident(1): "excluded in fleet.yaml",
        ident(2): "the hub itself",
    }
    assert [a.id for a in targets.accounts] == [ident(3)]


def test_s8_a_page_that_fails_is_a_gap_and_what_was_read_stays(aws: FakeOrganizations) -> None:
    for n in range(45):
        aws.add(n, PROD)
    failed: list[str] = []

    def fail_the_last() -> None:
        failed.append("now")
        aws.fail_next("ListAccounts", "TooManyRequestsException")

    for action in (lambda: None, lambda: None, fail_the_last):
        aws.before_next("ListAccounts", action)
    targets = read(aws)
    assert failed
    assert "ListAccounts" in targets.gaps[0].what
    assert "TooManyRequestsException" in targets.gaps[0].error
    assert len(targets.accounts) >= 20


def test_s8_a_unit_that_cannot_be_read_is_a_gap_and_the_others_go_on(
    aws: FakeOrganizations,
) -> None:
    aws.add(1, DEV)
    aws.add(2, SHOP)
    aws.fail_next("ListParents", "AccessDeniedException")
    targets = read(aws, PROD, DEV)
    (gap,) = targets.gaps
    assert (gap.account, gap.region, gap.what) == ("*", "*", f"organizational unit {PROD}")
    assert [a.id for a in targets.accounts] == [ident(1)]


@pytest.mark.parametrize("operation", ["ListAccountsForParent", "ListOrganizationalUnitsForParent"])
def test_s8_a_branch_that_cannot_be_read_is_a_gap(aws: FakeOrganizations, operation: str) -> None:
    aws.add(1, PROD)
    aws.fail_next(operation, "AccessDeniedException")
    targets = read(aws, PROD)
    assert operation in targets.gaps[0].what


def test_s8_an_account_whose_place_is_not_known_is_a_gap_and_no_target() -> None:
    aws = FakeOrganizations(has_paths=False)
    aws.add(1, PROD)
    aws.fail_next("ListRoots", "AccessDeniedException")
    targets = read(aws)
    assert targets.targets == ()
    assert [gap.account for gap in targets.gaps] == ["*", ident(1)]


def test_a_region_named_twice_is_scanned_once(aws: FakeOrganizations) -> None:
    aws.add(1)
    scope = Scope(regions=("eu-west-1", "eu-west-1"))
    assert len(AwsAccountSource(aws).targets(scope).targets) == 1
