"""Is a time zone in the change of a policy read as one, and anything else refused?"""

import json
from typing import Any

import pytest

from tests.pipeline.provisioning import a_policy
from trimtab.domain.change_spec import FieldSpec, FieldType
from trimtab.policy.loader_change import written_field
from trimtab.policy.problems import PolicyErrors


def fields(text: str) -> Any:
    (policy,) = a_policy("schedule_provisioned_concurrency", text).policies
    assert policy.change is not None
    return policy.change.fields


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
)
def test_a_zone_is_read_as_it_is_written(zone: str) -> None:
    assert fields(f"{{timezone: {zone}}}")["timezone"] == zone


def test_a_zone_that_is_left_out_is_utc() -> None:
    assert fields("{}")["timezone"] == "UTC"


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("Mars/Base", "is not a time zone; write one like Europe/Berlin"),
        ("EST5EDT", "is no time zone of a place; write one like Europe/Berlin"),
        ("europe/berlin/mitte/tor", "a time zone like Europe/Berlin"),
        ("Europe/", "a time zone like Europe/Berlin"),
        ("../../etc/passwd", "a time zone like Europe/Berlin"),
        ("", "a time zone like Europe/Berlin"),
        (5, "a time zone like Europe/Berlin"),
        (True, "a time zone like Europe/Berlin"),
        (["UTC"], "a time zone like Europe/Berlin"),
    ],
    ids=str,
)
def test_what_is_no_zone_is_told_where_it_stands(zone: Any, message: str) -> None:
    with pytest.raises(PolicyErrors) as caught:
        fields(f"{{timezone: {json.dumps(zone)}}}")
    (told,) = str(caught.value).splitlines()
    assert told.startswith("cost/pc.yaml:11:")
    assert message in told


def test_a_zone_is_written_as_it_is() -> None:
    spec = FieldSpec(name="timezone", type=FieldType.ZONE, unit="", default="UTC", meaning="Where.")
    assert written_field(spec, "Europe/Berlin") == "Europe/Berlin"


def test_a_change_with_another_zone_is_another_policy() -> None:
    kind = "schedule_provisioned_concurrency"
    (one,), (other,) = (
        a_policy(kind, f"{{timezone: {zone}}}").policies for zone in ("UTC", "Europe/Berlin")
    )
    assert one.digest != other.digest
