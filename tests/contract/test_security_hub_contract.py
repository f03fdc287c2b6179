"""Does the fake Security Hub answer as moto's does, where moto does?"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.aws.test_security_hub import a_record
from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.fake_security_hub import FakeSecurityHub
from trimtab.aws.security_hub import AwsSecurityHub
from trimtab.aws.sessions import HubSession

pytestmark = pytest.mark.contract


class Moto:
    """moto's Security Hub, looked at like the fake."""

    def __init__(self, client: Any) -> None:
        self._client = client
        client.enable_security_hub()

    def batch_import_findings(self, **asked: Any) -> Any:
        return self._client.batch_import_findings(**asked)

    @property
    def findings(self) -> Mapping[str, Any]:
        return {f["Id"]: f for f in self._client.get_findings()["Findings"]}


@pytest.fixture(params=["fake", "moto"])
def hub(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeSecurityHub(ACCOUNT, REGION)
    session: HubSession = request.getfixturevalue("aws")
    return Moto(session.client("securityhub"))


def bring_in(hub: Any, *records: Mapping[str, Any]) -> Mapping[str, str]:
    return AwsSecurityHub(hub, where="here").bring_in(records)


def test_what_is_imported_is_there_under_its_id(hub: Any) -> None:
    one, two = a_record("one"), a_record("two")
    assert bring_in(hub, one, two) == {}
    assert set(hub.findings) == {one["Id"], two["Id"]}
    assert hub.findings[one["Id"]]["FindingProviderFields"]["Severity"] == {"Label": "MEDIUM"}


def test_a_later_import_updates_the_same_finding(hub: Any) -> None:
    bring_in(hub, a_record())
    bring_in(hub, a_record(minutes=1, RecordState="ARCHIVED"))
    ((_, found),) = hub.findings.items()
    assert found["RecordState"] == "ARCHIVED"


def test_a_finding_without_a_resource_is_refused_alone(hub: Any) -> None:
    broken, whole = a_record("broken", Resources=[]), a_record("whole")
    refused = bring_in(hub, broken, whole)
    assert list(refused) == [broken["Id"]]
    assert refused[broken["Id"]].startswith("InvalidInput: ")
    assert set(hub.findings) == {whole["Id"]}
