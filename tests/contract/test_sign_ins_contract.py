"""Does every store of used sign-ins let each pass once?"""

from datetime import timedelta
from typing import Any

import pytest

from tests.contract.conftest import BOTH, STATE
from tests.fakes.clock import NOW
from tests.fakes.provider import FakeSignIns
from trimtab.aws.sessions import HubSession
from trimtab.aws.sign_ins import AwsSignIns
from trimtab.ports import SignIns

pytestmark = pytest.mark.contract
UNTIL = NOW + timedelta(minutes=10)


@pytest.fixture(params=BOTH)
def sign_ins(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeSignIns()
    hub: HubSession = request.getfixturevalue("aws")
    return AwsSignIns(hub.client("dynamodb"), table=STATE)


def test_s01_a_sign_in_is_spent_once(sign_ins: SignIns) -> None:
    assert sign_ins.spend("one", until=UNTIL)
    assert not sign_ins.spend("one", until=UNTIL + timedelta(days=1))
    assert sign_ins.spend("two", until=UNTIL)


def test_a_mark_goes_with_its_time_and_says_nothing_else(aws: HubSession) -> None:
    client = aws.client("dynamodb")
    AwsSignIns(client, table=STATE).spend("one", until=UNTIL)
    (item,) = client.scan(TableName=STATE)["Items"]
    assert item == {
        "pk": {"S": "signin#one"},
        "sk": {"S": "signin"},
        "ttl": {"N": str(int(UNTIL.timestamp()) + 1)},
    }
