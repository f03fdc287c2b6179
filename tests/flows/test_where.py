"""Is an accounts file understood, and is one that cannot be used refused with the place?"""

from typing import Any

import pytest

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Account, Targets
from trimtab.flows.where import (
    Door,
    check_role,
    checked_regions,
    lacks_regions,
    places_in,
    places_of,
    rows_of,
)

ONE, TWO = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{TWO}:role/audit/reader"


def test_an_account_needs_no_more_than_its_id() -> None:
    (row,) = rows_of([{"account_id": ONE}], "f")
    assert row.account == Account(id=ONE, name=ONE, organizational_units=())
    assert (row.regions, row.is_placed, row.door) == ((), False, Door())
    assert lacks_regions([row])


def test_everything_an_account_may_say_is_taken() -> None:
    given = {
        "account_id": TWO,
        "name": "shop",
        "role": ROLE,
        "external_id": "x",
        "regions": ["eu-west-1", "us-gov-west-1", "eu-west-1"],
        "organizational_units": ["ou-ab12-11111111"],
    }
    (row,) = rows_of({"accounts": [given]}, "f")
    assert row.account.organizational_units == ("ou-ab12-11111111",)
    assert (row.account.name, row.is_placed) == ("shop", True)
    assert row.regions == ("eu-west-1", "us-gov-west-1")
    assert row.door == Door(role=ROLE, external_id="x")


def test_regions_of_the_command_line_are_for_those_that_name_none() -> None:
    rows = rows_of([{"account_id": ONE}, {"account_id": TWO, "regions": ["eu-west-1"]}], "f")
    assert [place.target for place in places_of(rows, ("us-east-1",))] == [
        Target(account=ONE, region="us-east-1"),
        Target(account=TWO, region="eu-west-1"),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "give a list"),
        ([], "give a list"),
        ("text", "give a list"),
        (["111111111111"], "account 1: write account_id"),
        ([{"account_id": ONE, "rolle": "x"}], "rolle is not known"),
        ([{"account_id": 111111111111}], "12 digits in quotes"),
        ([{"account_id": "11"}], "12 digits in quotes"),
        ([{"account_id": ONE}, {"account_id": ONE}], "stands there twice"),
        ([{"account_id": ONE, "role": 5}], "role is text"),
        ([{"account_id": ONE, "role": "a b"}], "neither the name nor the ARN"),
        ([{"account_id": ONE, "regions": "eu-west-1"}], "regions is a list"),
        ([{"account_id": ONE, "regions": [1]}], "regions is a list"),
        ([{"account_id": ONE, "regions": ["Europe"]}], "'Europe' is not a region"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(data: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        rows_of(data, "accounts.yaml")
    assert str(refused.value).startswith("accounts.yaml")


def test_the_command_line_is_checked_like_the_file() -> None:
    check_role(None, "--role")
    check_role("reader", "--role")
    with pytest.raises(InputError, match="--role"):
        check_role("arn:aws:iam::1:user/x", "--role")
    with pytest.raises(InputError, match="--regions"):
        checked_regions(["moon"], "--regions")


def test_in_an_organization_every_place_is_known() -> None:
    account = Account(id=ONE, name="shop", organizational_units=("ou-ab12-11111111",))
    target = Target(account=ONE, region="eu-west-1")
    found = Targets(accounts=(account,), targets=(target,), left_out=(), gaps=())
    (place,) = places_in(found)
    assert (place.account, place.target, place.is_placed) == (account, target, True)
