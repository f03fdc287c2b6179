"""Is every kind of function that Trimtab does not know left alone (S11)?"""

from typing import Any

import pytest
from botocore.session import Session

from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.answers import raw_of
from trimtab.aws.kinds import MEMBERS, OTHER_KINDS, PLAIN_KEYS, unknown_kind


def plain(**given: Any) -> dict[str, Any]:
    aws = FakeLambda(TARGET, FakeClock())
    name = str(aws.add("orders", **given))
    return dict(raw_of(aws.get_function(name))["Configuration"])


PLAIN = {
    "as it comes": {},
    "an image": {"PackageType": "Image", "Runtime": "", "ImageConfigResponse": {}},
    "null is absent": {"TenancyConfig": None, "MasterArn": None, "QuantumConfig": None},
    "a vpc": {"VpcConfig": {"SubnetIds": ["a"], "SecurityGroupIds": ["b"], "VpcId": "c"}},
    "layers": {"Layers": [{"Arn": "arn:layer", "CodeSize": 1}]},
    "a file system": {"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]},
    "SnapStart": {"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}},
    "JSON logs": {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"}},
    "the largest memory": {"MemorySize": 10_240},
    "the longest timeout": {"Timeout": 900},
    "a next Python": {"Runtime": "python3.16"},
    "a next Node": {"Runtime": "nodejs28.x"},
    "a next provided": {"Runtime": "provided.al2027"},
    "java on al2": {"Runtime": "java8.al2"},
    "dotnet": {"Runtime": "dotnetcore3.1"},
    "variables it could not decrypt": {"Environment": {"Error": {"ErrorCode": "KMS"}}},
}

UNKNOWN = {
    "Managed Instances": ({"CapacityProviderConfig": {"a": 1}}, "Managed Instances"),
    "tenants": ({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}, "tenants"),
    "durable": ({"DurableConfig": {"ExecutionTimeout": 60}}, "durable"),
    "even if it is empty": ({"DurableConfig": {}}, "durable"),
    "an accelerator": ({"AcceleratorConfig": {"Type": "gpu"}}, "accelerator"),
    "its own runtime": ({"RuntimeConfig": {"Arn": "a"}}, "runtime of its own"),
    "an edge replica": ({"MasterArn": "arn:master"}, "Lambda@Edge"),
    "a new key": ({"QuantumConfig": {"Qubits": 3}}, "QuantumConfig"),
    "a new key that is false": ({"IsQuantum": False}, "IsQuantum"),
    "a new member": ({"SnapStart": {"ApplyOn": "None", "Speed": "fast"}}, "SnapStart.Speed"),
    "a new member in a list": ({"Layers": [{"Arn": "a", "Kind": "x"}]}, "Layers.Kind"),
    "a new package type": ({"PackageType": "Wasm"}, "PackageType is Wasm"),
    "a new architecture": ({"Architectures": ["riscv64"]}, "Architectures is riscv64"),
    "a new SnapStart": ({"SnapStart": {"ApplyOn": "Everything"}}, "SnapStart.ApplyOn"),
    "a new log format": ({"LoggingConfig": {"LogFormat": "Binary"}}, "LoggingConfig.LogFormat"),
    "a custom runtime": ({"Runtime": "custom"}, "Runtime is custom"),
    "an edge runtime": ({"Runtime": "nodejs4.3-edge"}, "Runtime is nodejs4.3-edge"),
    "a new family": ({"Runtime": "rust1"}, "Runtime is rust1"),
    "more memory than there is": ({"MemorySize": 10_241}, "MemorySize is 10241"),
    "a longer timeout": ({"Timeout": 901}, "Timeout is 901"),
}


@pytest.mark.parametrize("given", PLAIN.values(), ids=PLAIN.keys())
def test_the_plain_kind_is_known(given: dict[str, Any]) -> None:
    assert unknown_kind(plain(**given)) is None


@pytest.mark.parametrize(("given", "why"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_s11_anything_else_is_unknown_and_says_why(given: dict[str, Any], why: str) -> None:
    told = unknown_kind(plain(**given))
    assert told is not None
    assert why in told


def test_every_key_of_the_installed_botocore_is_either_known_or_another_kind() -> None:
    """A newer botocore with a key that stands in no table here asks for a decision."""
    model = Session().get_service_model("lambda").shape_for("FunctionConfiguration")
    assert set(model.members) == PLAIN_KEYS | MEMBERS.keys() | OTHER_KINDS.keys()
    for key, known in MEMBERS.items():
        shape = model.members[key]
        structure = shape.member if shape.type_name == "list" else shape
        assert set(structure.members) == known, key
