"""What does the listing alone tell? What is absent is known; what could not be read is unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import REGION, TARGET, an_account
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from tests.pipeline.house import House
from tests.pipeline.reads import signals, watching
from trimtab.aws.answers import raw_of
from trimtab.aws.configurations import aside_of, listed_function
from trimtab.domain.evidence import Evidence, Known, Unknown, value_or_none
from trimtab.domain.price_table import SHIPPED
from trimtab.pipeline.inventory import inventory
from trimtab.pipeline.signals.cost import price_signals
from trimtab.pipeline.signals.lifecycle import lifecycle_signals
from trimtab.pipeline.signals.listed import BUILT, listed_signals
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.signals.tags import tag_signals
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.derive import evidence_for
from trimtab.policy.runtimes import READ_ON, RUNTIMES, SHIPPED_TABLE
from trimtab.policy.signal import SignalType, Tier

AT = datetime(2026, 11, 21, tzinfo=UTC)
MB = 1024 * 1024
LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:7"
INSIGHTS = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:31"
SOME = {"Variables": {"LEVEL": "info"}}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def listed(**raw: Any) -> dict[str, Evidence]:
    """Return the signals of a function with these raw fields; None takes a field away."""
    aws = FakeLambda(TARGET, FakeClock())
    aws.add("orders", **raw)
    (answer,) = raw_of(aws.list_functions(MaxItems=50))["Functions"]
    given = {key: value for key, value in answer.items() if value is not None}
    return listed_signals(listed_function(given), aside_of(given), at=AT, wanted=BUILT)


def value(name: str, **raw: Any) -> Any:
    evidence = evidence_for(name, listed(**raw))
    assert isinstance(evidence, Known), evidence
    return evidence.value


def test_every_signal_of_the_listing_has_a_reader() -> None:
    rows = {n for n, s in SIGNALS.items() if s.tier is Tier.LISTED and not s.derived_from}
    rows -= price_signals(listed(), region=REGION, prices=SHIPPED).keys()
    rows |= {"vpc.zone_count"}  # told without a call where it has no VPC, or one subnet
    assert listed().keys() == rows
    assert listed(PackageType="Image", Runtime=None).keys() == rows
    assert listed_signals(listed_function(answer()), None, at=AT, wanted=BUILT).keys() == rows


def answer(**raw: Any) -> dict[str, Any]:
    aws = FakeLambda(TARGET, FakeClock())
    aws.add("orders", **raw)
    return dict(raw_of(aws.list_functions(MaxItems=50))["Functions"][0])


FITS = {
    SignalType.TEXT: str,
    SignalType.TEXTS: list,
    SignalType.FLAG: bool,
    SignalType.COUNT: int,
}


def test_every_known_value_has_the_type_that_the_catalog_names() -> None:
    for name, evidence in listed(Layers=[{"Arn": LAYER, "CodeSize": MB}], KMSKeyArn=KEY).items():
        found = value_or_none(evidence)
        assert found is None or isinstance(found, FITS.get(SIGNALS[name].type, int | float)), name


ABSENT = {
    "code.layer_count": 0,
    "code.layers": [],
    "code.layers_size_mb": 0,
    "code.largest_layer_mb": None,
    "code.has_insights_layer": False,
    "code.is_signed": False,
    "function.has_description": False,
    "environment.variable_count": 0,
    "environment.secret_like_count": 0,
    "environment.secret_like_names": [],
    "environment.secret_value_count": 0,
    "environment.secret_value_names": [],
    "environment.has_customer_key": None,
    "environment.kms_key": None,
    "vpc.id": None,
    "vpc.subnet_count": None,
    "vpc.zone_count": None,
    "vpc.security_group_count": None,
    "vpc.allows_ipv6": None,
    "storage.mount_count": 0,
    "storage.has_efs": False,
    "storage.billed_mb": 0,
    "tracing.mode": "PassThrough",
    "snapstart.mode": "None",
    "snapstart.is_on": False,
    "async.has_dead_letter_target": False,
    "async.dead_letter_kind": None,
    "logging.format": "Text",
    "logging.group": "/aws/lambda/orders",
    "logging.has_own_group": True,
    "logging.application_level": None,
    "logging.system_level": None,
    "logging.hides_reports": False,
    "role.arn": None,
    "role.name": None,
}


@pytest.mark.parametrize(("name", "expected"), ABSENT.items(), ids=ABSENT.keys())
def test_what_is_absent_is_known_to_be(name: str, expected: object) -> None:
    bare = dict.fromkeys(("LoggingConfig", "TracingConfig", "SnapStart", "Role"))
    assert value(name, **bare) == expected


TWO_LAYERS = [{"Arn": LAYER, "CodeSize": 3 * MB}, {"Arn": INSIGHTS, "CodeSize": 50 * MB}]
VPC = {
    "VpcId": "vpc-1",
    "SubnetIds": ["subnet-b", "subnet-a"],
    "SecurityGroupIds": ["sg-1"],
    "Ipv6AllowedForDualStack": True,
}
EFS = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1"
JSON_LOGS = {"LogFormat": "JSON", "SystemLogLevel": "WARN", "LogGroup": "/shared"}
PRESENT = [
    ("code.layer_count", {"Layers": TWO_LAYERS}, 2),
    ("code.layers", {"Layers": TWO_LAYERS}, [LAYER, INSIGHTS]),
    ("code.layers_size_mb", {"Layers": TWO_LAYERS}, 53),
    ("code.largest_layer_mb", {"Layers": TWO_LAYERS}, 50),
    ("code.total_size_mb", {"Layers": TWO_LAYERS, "CodeSize": 7 * MB}, 60),
    ("code.has_insights_layer", {"Layers": TWO_LAYERS}, True),
    ("code.handler", {"Handler": "a.b"}, "a.b"),
    ("code.is_signed", {"SigningProfileVersionArn": "arn:signer"}, True),
    ("function.has_description", {"Description": "sends orders"}, True),
    ("function.code_size_mb", {"CodeSize": 50 * MB}, 50),
    ("environment.has_customer_key", {"KMSKeyArn": KEY, "Environment": SOME}, True),
    ("environment.has_customer_key", {"KMSKeyArn": KEY}, None),
    ("environment.has_customer_key", {"Environment": SOME}, False),
    ("environment.kms_key", {"KMSKeyArn": KEY}, KEY),
    ("vpc.id", {"VpcConfig": VPC}, "vpc-1"),
    ("vpc.subnet_count", {"VpcConfig": VPC}, 2),
    ("vpc.security_group_count", {"VpcConfig": VPC}, 1),
    ("vpc.allows_ipv6", {"VpcConfig": VPC}, True),
    ("vpc.security_group_count", {"VpcConfig": {"SubnetIds": ["subnet-a"]}}, 0),
    ("vpc.allows_ipv6", {"VpcConfig": {"SubnetIds": ["subnet-a"]}}, False),
    ("vpc.zone_count", {"VpcConfig": {"SubnetIds": ["subnet-a"]}}, 1),
    ("role.arn", {"Role": "arn:aws:iam::1:role/path/worker"}, "arn:aws:iam::1:role/path/worker"),
    ("role.name", {"Role": "arn:aws:iam::1:role/path/worker"}, "worker"),
    ("storage.mount_count", {"FileSystemConfigs": [{"Arn": EFS, "LocalMountPath": "/mnt/a"}]}, 1),
    ("storage.has_efs", {"FileSystemConfigs": [{"Arn": EFS, "LocalMountPath": "/mnt/a"}]}, True),
    ("storage.has_efs", {"FileSystemConfigs": [{"LocalMountPath": "/mnt/a"}]}, False),
    ("storage.billed_mb", {"EphemeralStorage": {"Size": 1024}}, 512),
    ("tracing.mode", {"TracingConfig": {"Mode": "Active"}}, "Active"),
    ("snapstart.mode", {"SnapStart": {"ApplyOn": "PublishedVersions"}}, "PublishedVersions"),
    ("snapstart.is_on", {"SnapStart": {"ApplyOn": "PublishedVersions"}}, True),
    (
        "async.has_dead_letter_target",
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:1:dead"}},
        True,
    ),
    (
        "async.dead_letter_kind",
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sns:eu-west-1:1:dead"}},
        "sns",
    ),
    ("async.dead_letter_kind", {"DeadLetterConfig": {"TargetArn": "odd"}}, "odd"),
    ("logging.format", {"LoggingConfig": JSON_LOGS}, "JSON"),
    ("logging.group", {"LoggingConfig": JSON_LOGS}, "/shared"),
    ("logging.has_own_group", {"LoggingConfig": JSON_LOGS}, False),
    ("logging.application_level", {"LoggingConfig": JSON_LOGS}, "INFO"),
    ("logging.system_level", {"LoggingConfig": JSON_LOGS}, "WARN"),
    ("logging.hides_reports", {"LoggingConfig": JSON_LOGS}, True),
    ("logging.hides_reports", {"LoggingConfig": {"LogFormat": "JSON"}}, False),
    (
        "logging.hides_reports",
        {"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "WARN"}},
        False,
    ),
]


@pytest.mark.parametrize(("name", "raw", "expected"), PRESENT)
def test_what_is_there_is_told(name: str, raw: dict[str, Any], expected: object) -> None:
    assert value(name, **raw) == expected


def test_the_zones_of_several_subnets_are_not_in_the_listing() -> None:
    assert "vpc.zone_count" not in listed(VpcConfig=VPC)


def test_a_container_image_has_no_package_layers_handler_or_runtime() -> None:
    found = listed(PackageType="Image", Runtime=None, Handler=None, CodeSize=0)
    none = {n for n, e in found.items() if e == Known(value=None, source="ListFunctions")}
    assert none >= {
        "code.handler",
        "code.layer_count",
        "code.layers",
        "code.layers_size_mb",
        "code.largest_layer_mb",
        "function.code_size_mb",
        "runtime.family",
        "runtime.is_deprecated",
        "runtime.days_to_block_update",
    }
    assert value("code.total_size_mb", PackageType="Image", Runtime=None) is None
    assert isinstance(found["code.has_insights_layer"], Unknown)


def test_a_layer_without_a_size_makes_the_sizes_unknown_and_not_the_count() -> None:
    found = listed(Layers=[{"Arn": LAYER}, TWO_LAYERS[0]])
    unknown = Unknown(reason="the listing leaves out the size of a layer")
    assert found["code.layer_count"] == Known(value=2, source="ListFunctions")
    for name in ("code.layers_size_mb", "code.largest_layer_mb", "code.total_size_mb"):
        assert evidence_for(name, found) == unknown


def day(runtime: str) -> datetime:
    on = RUNTIMES[runtime].deprecated_on
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


SECOND = timedelta(seconds=1)
LAST_DAY = day("nodejs22.x")


@pytest.mark.parametrize(
    ("at", "is_deprecated", "days"),
    [
        (LAST_DAY - timedelta(days=180), False, 180.0),
        (LAST_DAY - SECOND, False, 1 / 86_400),
        (LAST_DAY, True, 0.0),
        (LAST_DAY + timedelta(days=2), True, -2.0),
    ],
)
def test_a_runtime_is_deprecated_from_the_first_second_of_its_day(
    at: datetime, is_deprecated: bool, days: float
) -> None:
    found = lifecycle_signals("nodejs22.x", at=at, table=SHIPPED_TABLE)
    table = f"AWS Lambda Developer Guide, as read on {READ_ON.isoformat()}"
    assert found["runtime.is_deprecated"] == Known(value=is_deprecated, source=table)
    assert value_or_none(found["runtime.days_to_deprecation"]) == pytest.approx(days)
    assert found["runtime.family"] == Known(value="nodejs", source="ListFunctions")


def test_creating_and_updating_end_on_days_of_their_own() -> None:
    found = lifecycle_signals("python3.10", at=AT, table=SHIPPED_TABLE)
    assert value_or_none(found["runtime.is_deprecated"]) is True
    assert value_or_none(found["runtime.days_to_block_create"]) == 72  # 2027-02-01
    assert value_or_none(found["runtime.days_to_block_update"]) == 102  # 2027-03-03


def test_s8_what_the_table_does_not_have_is_unknown() -> None:
    found = lifecycle_signals("python3.99", at=AT, table=SHIPPED_TABLE)
    assert found["runtime.family"] == Known(value="python", source="ListFunctions")
    for name in ("is_deprecated", "days_to_deprecation", "days_to_block_update"):
        assert "python3.99 is not in the table" in str(found[f"runtime.{name}"])
    assert isinstance(found["runtime.is_deprecated"], Unknown)
    odd = lifecycle_signals("custom", at=AT, table=SHIPPED_TABLE)["runtime.family"]
    assert odd == Unknown(reason="custom is of no family that Trimtab knows")
    new = lifecycle_signals("java17.al2023", at=AT, table=SHIPPED_TABLE)
    assert isinstance(new["runtime.days_to_block_create"], Unknown)
    assert value_or_none(new["runtime.is_deprecated"]) is False


def test_the_dates_of_a_runtime_are_in_order_since_there_is_a_policy_for_it() -> None:
    for runtime, dates in RUNTIMES.items():
        if dates.deprecated_on.year < 2021:  # the early ones were ended by other rules
            continue
        known = [dates.deprecated_on, dates.create_blocked_on, dates.update_blocked_on]
        days = [day for day in known if day is not None]
        assert days == sorted(days), runtime


OWNER_TAGS = ("owner", "team-email")


@pytest.mark.parametrize(
    ("tags", "owner_tags", "expected"),
    [
        ({"owner": "shop@example.com"}, OWNER_TAGS, True),
        ({"team-email": "shop@example.com", "owner": ""}, OWNER_TAGS, True),
        ({"owner": "  "}, OWNER_TAGS, False),
        ({"Owner": "shop@example.com"}, OWNER_TAGS, False),
        ({}, OWNER_TAGS, False),
        ({"owner": "shop@example.com"}, (), None),
    ],
)
def test_an_owner_is_present_when_a_tag_that_names_one_has_a_value(
    tags: dict[str, str], owner_tags: tuple[str, ...], expected: bool | None
) -> None:
    found = tag_signals(tags, owner_tags=owner_tags)
    assert value_or_none(found["owner.present"]) is expected
    assert value_or_none(evidence_for("function.tag_count", found)) == len(tags)


def owners_seen(house: House) -> Evidence:
    bundle = watching('  owner.present: "false"')
    found = inventory(
        TARGET,
        house.fleet.open(TARGET),
        Needs(policies=bundle.policies, account=an_account(), owner_tags=("owner",)),
        clock=house.clock,
        is_unmanaged=True,
    )
    return found.snapshots[0].signals["owner.present"]


def test_asking_for_an_owner_alone_reads_the_tags() -> None:
    house = House()
    house.plant(tags={"owner": "shop@example.com"})
    assert value_or_none(owners_seen(house)) is True


def test_s8_an_owner_is_unknown_where_tags_could_not_be_read() -> None:
    house = House()
    house.plant()
    house.cloud[TARGET].tagging.fail_always("GetResources", "AccessDeniedException")
    assert isinstance(owners_seen(house), Unknown)


def test_asynchronous_events_are_summed_and_silence_is_none_of_them() -> None:
    house = House(watching('  async.events: "> 0"\n'))
    house.plant("called")
    house.plant("queued")
    house.cloud[TARGET].metrics.put_daily(
        "AsyncEventsReceived", "Sum", 5.0, end=house.clock.now(), days=14, FunctionName="queued"
    )
    source = "CloudWatch AsyncEventsReceived"
    assert signals(house, "called")["async.events"] == Known(value=0, source=source)
    assert signals(house, "queued")["async.events"] == Known(value=70, source=source)
