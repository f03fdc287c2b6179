"""Are accounts entered with plain credentials or a role each, assumed once, and never mixed up?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from trimtab.aws.sessions import HubSession, moment_in_utc
from trimtab.aws.visits import AwsVisits
from trimtab.domain.arn import Target
from trimtab.domain.errors import PermanentError

HOME, AWAY = "111111111111", "222222222222"
REGIONS = ("eu-west-1", "us-east-1")


class Hub(HubSession):
    """A session whose STS hands out keys for an hour; nothing is sent."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(region="eu-west-1")
        self._clock = clock
        self.assumed: list[tuple[str, str | None]] = []
        self.entered: list[tuple[str, str, Mapping[str, Any] | None]] = []

    def keys_of(self, role_arn: str, **given: Any) -> Mapping[str, Any]:
        self.assumed.append((role_arn, given["external_id"]))
        return {
            "AccessKeyId": "a",
            "SecretAccessKey": "b",
            "SessionToken": "c",
            "Expiration": self._clock.now() + timedelta(hours=1),
        }

    def member(self, account: str, region: str, keys: Mapping[str, Any] | None) -> Any:
        self.entered.append((account, region, keys))
        return super().member(account, region, keys)


def visits(clock: FakeClock, **given: Any) -> tuple[AwsVisits, Hub]:
    hub = Hub(clock)
    usual: dict[str, Any] = {"roles": {}, "external_ids": {}}
    found = AwsVisits(hub, home=lambda: HOME, session_name="s", clock=clock, **usual | given)
    return found, hub


def test_the_account_of_the_credentials_needs_no_role() -> None:
    found, hub = visits(FakeClock())
    found.open(Target(account=HOME, region="eu-west-1"))
    assert (hub.assumed, hub.entered) == ([], [(HOME, "eu-west-1", None)])


def test_s08_another_account_without_a_role_is_refused_not_read_with_the_wrong_credentials() -> (
    None
):
    found, hub = visits(FakeClock())
    with pytest.raises(PermanentError, match="no role is named for 222222222222"):
        found.open(Target(account=AWAY, region="eu-west-1"))
    assert hub.entered == []


def test_a_role_is_assumed_once_for_all_regions_of_its_account() -> None:
    found, hub = visits(FakeClock(), roles={AWAY: "reader"}, external_ids={AWAY: "x"})
    for region in REGIONS:
        found.open(Target(account=AWAY, region=region))
    assert hub.assumed == [(f"arn:aws:iam::{AWAY}:role/reader", "x")]
    assert [(account, region) for account, region, _ in hub.entered] == [
        (AWAY, region) for region in REGIONS
    ]


def test_keys_that_end_soon_are_renewed() -> None:
    clock = FakeClock()
    arn = f"arn:aws:iam::{AWAY}:role/path/reader"
    found, hub = visits(clock, roles={AWAY: arn})
    found.open(Target(account=AWAY, region="eu-west-1"))
    clock.advance(timedelta(minutes=49))
    found.open(Target(account=AWAY, region="eu-west-1"))
    assert hub.assumed == [(arn, None)]
    clock.advance(timedelta(minutes=2))
    found.open(Target(account=AWAY, region="eu-west-1"))
    assert hub.assumed == [(arn, None)] * 2


@pytest.mark.parametrize("value", [1785542400, 1785542400.0, "2026-08-01T00:00:00Z"])
def test_timestamps_of_answers_are_in_utc(value: Any) -> None:
    assert moment_in_utc(value) == datetime(2026, 8, 1, tzinfo=UTC)
    assert moment_in_utc(value).utcoffset() == timedelta(0)
