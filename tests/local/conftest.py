"""One embedded AWS per module of contract tests, and the few things they all need."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.support import MEMBER, REGION, settled, trust, zipped
from trimtab.local.deploy import Deployment, deploy_stack
from trimtab.local.emulator import Emulator
from trimtab.local.organization import Organization, create_organization
from trimtab.local.process import EmulatorSettings, find_local_python

CHECKOUT = Path(__file__).resolve().parents[2]
NO_EMULATOR = "the emulator is not installed: run make setup, or set TRIMTAB_LOCAL_PYTHON"


@pytest.fixture(scope="module")
def local_python() -> Path:
    """The emulator's Python, or a skipped test."""
    found = find_local_python(CHECKOUT)
    if found is None:
        pytest.skip(NO_EMULATOR)
    return found


@pytest.fixture(scope="module")
def aws(local_python: Path) -> Iterator[Emulator]:
    """A running emulator with wait states that take no time."""
    settings = EmulatorSettings(local_python=local_python, region=REGION, wait_scale=0)
    with Emulator(settings) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def organization(aws: Emulator) -> Organization:
    """The demo's Organization inside the running emulator."""
    return create_organization(aws)


@pytest.fixture(scope="module")
def make_function(aws: Emulator) -> Callable[..., str]:
    """Create a settled function of a member account from source and return its name."""
    role = aws.client("iam", MEMBER).create_role(
        RoleName="app",
        AssumeRolePolicyDocument=json.dumps(trust({"Service": "lambda.amazonaws.com"})),
    )

    def create(name: str, source: str = "def handle(event, context): return 1", **more: Any) -> str:
        client = aws.client("lambda", MEMBER)
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="code.handle",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": zipped(source)},
            **more,
        )
        settled(client, name)
        return name

    return create


@pytest.fixture
def deploy(aws: Emulator, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Deploy resources as a stack of the hub, through an assembly as CDK writes it."""

    def run(stack: str, resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, str]:
        template = {
            "Resources": resources,
            "Outputs": {k: {"Value": v} for k, v in outputs.items()},
        }
        code = tmp_path / "asset.code"
        code.mkdir(exist_ok=True)
        (code / "code.py").write_text(HANDLERS)
        (tmp_path / f"{stack}.template.json").write_text(json.dumps(template))
        sources = {"code": ("asset.code", "zip"), stack: (f"{stack}.template.json", "file")}
        files = {
            digest: {
                "source": {"path": path, "packaging": packaging},
                "destinations": {
                    "here": {"bucketName": BUCKET, "objectKey": f"{digest}.{packaging}"}
                },
            }
            for digest, (path, packaging) in sources.items()
        }
        (tmp_path / f"{stack}.assets.json").write_text(json.dumps({"files": files}))
        artifact = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{stack}.template.json"},
        }
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {stack: artifact}}))
        return deploy_stack(
            aws,
            Deployment(
                assembly=tmp_path, stack=stack, account=aws.settings.hub_account, region=REGION
            ),
        )

    return run


BUCKET = "assets-${AWS::AccountId}-${AWS::Region}"
HANDLERS = """
import json

class SourceUnavailable(Exception):
    pass

def fail(event, context):
    raise SourceUnavailable("try later")

def echo(event, context):
    if "raise" in event.get("rawQueryString", ""):
        raise SourceUnavailable("not for the caller")
    return {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": json.dumps(event)}
"""
