"""Do the shipped policies find what is wrong in the raw answers of AWS, and nothing else?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.fakes.builders import REGION, TARGET
from tests.pipeline.house import House
from tests.policy.test_shipped import SHIPPED, bundle_in
from trimtab.domain.finding import Assessment

MB = 1024 * 1024
INSIGHTS = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:53"
LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:7"
CAREFUL: Mapping[str, Any] = {
    "duration_ms": 3000.0,
    "peak_mb": 2700.0,
    "tags": {"owner": "shop@example.com", "aws:cloudformation:stack-name": "shop"},
    "Architectures": ["arm64"],
    "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:111122223333:dead"},
    "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "INFO"},
    "Runtime": "python3.13",
    "TracingConfig": {"Mode": "Active"},
}
CARELESS: Mapping[str, Any] = {
    "duration_ms": 20_000.0,
    "CodeSize": 60 * MB,
    "Environment": {"Variables": {"DB_PASSWORD": "x", "PROXY": "http://me:hunter2@proxy"}},
    "EphemeralStorage": {"Size": 1024},
    "Layers": [{"Arn": LAYER, "CodeSize": 51 * MB}] * 3 + [{"Arn": INSIGHTS, "CodeSize": MB}],
    "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"},
    "Runtime": "python3.9",
    "SnapStart": {"ApplyOn": "PublishedVersions"},
    "Timeout": 900,
    "VpcConfig": {"SubnetIds": ["subnet-a"]},
}
FOUND = {
    "dead-letter-missing",
    "duration-mostly-waiting",
    "environment-without-customer-key",
    "ephemeral-storage-paid",
    "ephemeral-storage-unused",
    "layer-large",
    "layers-too-many",
    "memory-above-one-cpu",
    "memory-above-optimizer-range",
    "memory-oversized",
    "owner-missing",
    "package-large",
    "package-monolith",
    "report-lines-hidden",
    "runtime-deprecated",
    "runtime-update-blocked-soon",
    "secret-like-variables",
    "secret-values",
    "snapstart-billed",
    "timeout-far-above-use",
    "timeout-maximum",
    "tracing-off",
    "unmanaged",
    "untagged",
    "vpc-single-zone",
}


def house() -> House:
    bundle = bundle_in(SHIPPED)
    fleet = replace(bundle.fleet, scope=replace(bundle.fleet.scope, regions=(REGION,)))
    return House(replace(bundle, fleet=fleet))


def plant(fleet: House, name: str, **given: Any) -> None:
    """Plant a function that keeps its logs for a month."""
    fleet.plant(name, **given)
    fleet.cloud[TARGET].logs.keep(f"/aws/lambda/{name}", 30)


def said(house: House, assessment: Assessment) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for verdict in (v for part in house.parts() for v in part.verdicts):
        if verdict.assessment is assessment:
            found.setdefault(verdict.function.name, set()).add(verdict.policy_id)
    return found


def test_a_careless_function_is_found_by_all_that_it_breaks_and_a_careful_one_by_none() -> None:
    fleet = house()
    plant(fleet, "careless", **CARELESS)
    plant(fleet, "careful", **CAREFUL)
    metrics, daily = fleet.cloud[TARGET].metrics, {"end": fleet.clock.now(), "days": 14}
    metrics.put_daily("AsyncEventsReceived", "Sum", 5.0, **daily, FunctionName="careless")
    insights = {"namespace": "LambdaInsights", "function_name": "careless"}
    metrics.put_daily("tmp_used", "Maximum", 100.0 * MB, **daily, **insights)
    metrics.put_daily("cpu_total_time", "Average", 1_000.0, **daily, **insights)
    fleet.scan()
    assert said(fleet, Assessment.NON_COMPLIANT) == {"careless": FOUND}
    assert said(fleet, Assessment.INSUFFICIENT_DATA) == {}


def test_dear_slow_soon_to_be_deprecated_and_left_at_its_defaults() -> None:
    fleet = house()
    usual = CAREFUL | {"Architectures": ["x86_64"]}
    default = {"Timeout": 3, "LoggingConfig": {"LogFormat": "Text"}, "duration_ms": 200.0}
    slow = {"memory_mb": 512, "peak_mb": 400.0, "invocations": 10.0, "duration_ms": 6_000.0}
    plant(fleet, "dear", **usual | {"invocations": 30_000.0})
    plant(fleet, "slow", **usual | slow)
    plant(fleet, "soon", **usual | {"Runtime": "nodejs22.x"})
    plant(fleet, "default", **usual | default)
    fleet.scan()
    assert said(fleet, Assessment.NON_COMPLIANT) == {
        "dear": {"arm64-candidate", "expensive-function", "memory-above-optimizer-range"},
        "slow": {"memory-long-and-small"},
        "soon": {"runtime-deprecated-soon"},
        "default": {"timeout-default", "logs-unstructured"},
    }


def test_an_image_is_judged_by_what_it_has() -> None:
    fleet = house()
    image = {"PackageType": "Image", "Runtime": None, "Handler": None, "CodeSize": 0}
    plant(fleet, "image", **CAREFUL | image)
    fleet.scan()
    assert said(fleet, Assessment.NON_COMPLIANT) == {}
    assert said(fleet, Assessment.NOT_APPLICABLE)["image"] >= {
        "layers-too-many",
        "package-large",
        "runtime-deprecated",
        "runtime-update-blocked-soon",
        "vpc-single-zone",
    }


def test_s8_a_runtime_that_nobody_knows_is_never_clean() -> None:
    fleet = house()
    plant(fleet, "new", **CAREFUL | {"Runtime": "python3.99"})
    fleet.scan()
    unknown = {"runtime-deprecated", "runtime-deprecated-soon", "runtime-update-blocked"}
    assert said(fleet, Assessment.INSUFFICIENT_DATA)["new"] == {
        *unknown,
        "runtime-update-blocked-soon",
    }
