"""Each correction of the emulator's APIs holds: an upgrade that loses one fails here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.support import HUB, MEMBER, OTHER, REGION, settled, trust, zipped
from trimtab.local.emulator import Emulator
from trimtab.local.organization import DRILLS, Organization
from trimtab.local.patches.target import PatchError, demand, rewrite
from trimtab.local.process import EmulatorError

pytestmark = pytest.mark.scenario

WRONG_REVISION = "00000000-0000-4000-8000-000000000000"


def code_of(call: Callable[[], Any]) -> str:
    """The error code an AWS call ends with."""
    with pytest.raises(ClientError) as caught:
        call()
    code: str = caught.value.response["Error"]["Code"]
    return code


def as_role(aws: Emulator, account: str, name: str, policy: dict[str, Any]) -> Any:
    """Create a role the account's root may assume, and return a session of it."""
    role = aws.client("iam", account).create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(trust({"AWS": account}))
    )["Role"]
    aws.client("iam", account).put_role_policy(
        RoleName=name, PolicyName="allowed", PolicyDocument=json.dumps({"Statement": [policy]})
    )
    sts = aws.client("sts", account)
    keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=REGION,
    )


def invoke(aws: Emulator, name: str) -> Any:
    answer = aws.client("lambda", MEMBER).invoke(FunctionName=name)
    with answer["Payload"] as payload:
        return json.load(payload)


def test_a_patch_without_its_target_stops_with_the_name_of_what_is_missing() -> None:
    with pytest.raises(PatchError, match=r"no dict\.nothing; .* for old metrics"):
        demand({}, "nothing", needed_for="old metrics")
    with pytest.raises(PatchError, match="the worker: the fragment 'b' \\(found 0 times\\)"):
        rewrite("a", "b", "c", where="the worker", needed_for="exception names")


def test_the_hub_sees_every_account_of_the_one_organization_with_its_state(
    aws: Emulator, organization: Organization
) -> None:
    client = aws.client("organizations")
    pages = client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3})
    states = {entry["Id"]: entry["State"] for page in pages for entry in page["Accounts"]}
    assert states.pop(organization.suspended.id) == "SUSPENDED"
    others = {member.id for member in organization.members}
    assert set(states) == {"100000000000", HUB, DRILLS.id, *others}
    assert set(states.values()) == {"ACTIVE"}
    unit = organization.units["prod"]
    below = client.list_accounts_for_parent(ParentId=unit)["Accounts"]
    assert {entry["Name"] for entry in below} == {"payments-prod", "orders-prod"}
    path = f"{organization.id}/{organization.root}/{unit}/{MEMBER}/"
    assert next(entry["Paths"] for entry in below if entry["Id"] == MEMBER) == [path]
    assert client.list_parents(ChildId=MEMBER)["Parents"][0]["Id"] == unit


def test_only_the_delegated_administrator_reads_the_organization(
    aws: Emulator, organization: Organization
) -> None:
    member = aws.client("organizations", MEMBER)
    assert member.describe_organization()["Organization"]["Id"] == organization.id
    assert code_of(member.list_accounts) == "AccessDeniedException"
    move = {"SourceParentId": organization.root, "DestinationParentId": organization.root}
    hub = aws.client("organizations")
    assert code_of(lambda: hub.move_account(AccountId=MEMBER, **move)) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("role", "condition", "allowed"),
    [
        ("by-role", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/reader"}}, True),
        ("by-other", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/x"}}, False),
        ("by-organization", {"StringEquals": {"aws:PrincipalOrgID": "the one"}}, True),
        ("by-foreign", {"StringEquals": {"aws:PrincipalOrgID": "o-another"}}, False),
        ("by-external-id", {"StringEquals": {"sts:ExternalId": "agreed"}}, True),
        ("by-wrong-id", {"StringEquals": {"sts:ExternalId": "another"}}, False),
    ],
)
def test_a_member_role_trusts_by_role_organization_and_external_id(
    aws: Emulator,
    organization: Organization,
    reader: Any,
    role: str,
    condition: dict[str, Any],
    allowed: bool,
) -> None:
    wanted = json.loads(json.dumps(condition).replace("the one", organization.id))
    policy = trust({"AWS": f"arn:aws:iam::{HUB}:root"}, wanted)
    made = aws.client("iam", MEMBER).create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps(policy)
    )
    arguments = {
        "RoleArn": made["Role"]["Arn"], "RoleSessionName": "scan", "ExternalId": "agreed"
    }  # fmt: skip
    client = reader.client("sts", endpoint_url=aws.endpoint)
    if allowed:
        assert client.assume_role(**arguments)["Credentials"]["AccessKeyId"]
    else:
        assert code_of(lambda: client.assume_role(**arguments)) == "AccessDenied"
    client.close()


@pytest.fixture(scope="module")
def reader(aws: Emulator, organization: Organization) -> Any:
    """A session of a hub role that may assume roles anywhere."""
    assert organization.hub.id == HUB
    return as_role(
        aws, HUB, "reader", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    )


def test_plain_http_counts_as_secure_transport(aws: Emulator) -> None:
    client = aws.client("s3")
    client.create_bucket(
        Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    client.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [statement]}))
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    session = as_role(aws, HUB, "writer", allow)
    writer = session.client("s3", endpoint_url=aws.endpoint)
    assert writer.put_object(Bucket="tls-only", Key="a", Body=b"1")["ETag"]
    writer.close()


def test_a_function_has_only_its_package_and_lambdas_own_variables(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    source = (
        "import importlib.util, os\n"
        "def handle(event, context):\n"
        "    names = ('ministack', 'moto', 'botocore', 'yaml')\n"
        "    found = [name for name in names if importlib.util.find_spec(name)]\n"
        "    return {'found': found, 'variables': sorted(os.environ)}\n"
    )
    variables = {"OWN": "1"}
    make_function("bare", source, Environment={"Variables": variables})
    answer = invoke(aws, "bare")
    assert answer["found"] == []
    assert {"OWN", "AWS_ENDPOINT_URL", "AWS_REGION"} <= set(answer["variables"])
    assert not {"AUTH", "GATEWAY_PORT", "MINISTACK_ACCOUNT_ID"} & set(answer["variables"])
    assert not [name for name in answer["variables"] if name.startswith("TRIMTAB_")]


def test_an_exception_keeps_its_name_and_the_process_lives_on(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    source = (
        "import os\n"
        "class Throttled(Exception): pass\n"
        "def handle(event, context): raise Throttled(str(os.getpid()))\n"
    )
    make_function("raising", source)
    first, second = invoke(aws, "raising"), invoke(aws, "raising")
    assert first["errorType"] == "Throttled"
    assert first["errorMessage"] == second["errorMessage"]


def test_the_revision_changes_in_the_answer_and_again_when_the_update_settles(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    client = aws.client("lambda", MEMBER)
    name = make_function("revised")
    before = client.get_function_configuration(FunctionName=name)["RevisionId"]
    answer = client.update_function_configuration(
        FunctionName=name, MemorySize=512, RevisionId=before
    )
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    busy = "ResourceConflictException"
    again = {"FunctionName": name, "MemorySize": 256}
    assert code_of(lambda: client.update_function_configuration(**again)) == busy
    assert code_of(lambda: client.publish_version(FunctionName=name)) == busy
    after = settled(client, name)["RevisionId"]
    assert len({before, answer["RevisionId"], after}) == 3
    stale = {**again, "RevisionId": answer["RevisionId"]}
    wrong = "PreconditionFailedException"
    assert code_of(lambda: client.update_function_configuration(**stale)) == wrong


def test_a_version_is_not_published_on_a_wrong_revision_or_code(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    client = aws.client("lambda", MEMBER)
    name = make_function("published")
    wrong = {"FunctionName": name, "RevisionId": WRONG_REVISION}
    assert code_of(lambda: client.publish_version(**wrong)) == "PreconditionFailedException"
    other = {"FunctionName": name, "CodeSha256": "another"}
    assert code_of(lambda: client.publish_version(**other)) == "InvalidParameterValueException"
    versions = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [entry["Version"] for entry in versions] == ["$LATEST"]
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    assert client.publish_version(FunctionName=name)["Version"] == "1"


def test_a_function_can_be_made_as_old_as_the_fleet_says(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = make_function("aged")
    aws.back_date(MEMBER, REGION, {name: datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)})
    found = aws.client("lambda", MEMBER).get_function_configuration(FunctionName=name)
    assert found["LastModified"] == "2025-01-02T03:04:05.000+0000"
    with pytest.raises(EmulatorError, match="no such function"):
        aws.back_date(MEMBER, REGION, {"nowhere": datetime(2025, 1, 2, tzinfo=UTC)})


def test_listing_functions_pages_by_fifty_and_leaves_their_state_out(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    client = aws.client("lambda", OTHER)
    role = aws.client("iam", OTHER).create_role(
        RoleName="app", AssumeRolePolicyDocument='{"Statement": []}'
    )["Role"]["Arn"]
    package = {"ZipFile": zipped("def handle(event, context): return 1")}
    for index in range(51):
        client.create_function(
            FunctionName=f"f{index:02}", Runtime="python3.13", Handler="code.handle", Role=role,
            Code=package, Publish=index == 0, Tags={"owner": "team"},
        )  # fmt: skip
    pages = list(client.get_paginator("list_functions").paginate())
    assert [len(page["Functions"]) for page in pages] == [50, 1]
    assert not {"State", "LastUpdateStatus"} & set(pages[0]["Functions"][0])
    everything = client.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    versions = [entry["Version"] for page in everything for entry in page["Functions"]]
    assert sorted(versions)[-1] == "1"
    assert len(versions) == 52
    tags = aws.client("resourcegroupstaggingapi", OTHER).get_paginator("get_resources")
    tagged = tags.paginate(ResourceTypeFilters=["lambda:function"])
    assert sum(len(page["ResourceTagMappingList"]) for page in tagged) == 51


def test_what_a_function_does_not_have_is_not_found(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    client = aws.client("lambda", MEMBER)
    name = make_function("plain")
    missing = "ResourceNotFoundException"
    assert code_of(lambda: client.get_policy(FunctionName=name)) == missing
    client.add_permission(
        FunctionName=name, StatementId="a", Action="lambda:InvokeFunction", Principal=OTHER
    )
    assert "lambda:InvokeFunction" in client.get_policy(FunctionName=name)["Policy"]
    latest = {"Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1}
    refused = code_of(
        lambda: client.put_provisioned_concurrency_config(FunctionName=name, **latest)
    )
    assert refused == "InvalidParameterValueException"
    assert client.list_provisioned_concurrency_configs(FunctionName=name)[
        "ProvisionedConcurrencyConfigs"
    ] == []  # fmt: skip
    assert client.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"


def test_metrics_keep_old_points_and_answer_newest_first_in_pages(aws: Emulator) -> None:
    client = aws.client("cloudwatch", MEMBER)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    dimensions = [{"Name": "FunctionName", "Value": "old"}]
    data = [
        {
            "MetricName": "Duration",
            "Dimensions": dimensions,
            "Timestamp": today - timedelta(days=day),
            "Values": [10.0, 900.0],
            "Counts": [99.0, 1.0],
        }
        for day in range(1, 31)
    ]
    client.put_metric_data(Namespace="AWS/Lambda", MetricData=data)
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": dimensions}
    queries = [
        {"Id": stat.lower(), "MetricStat": {"Metric": metric, "Period": 86400, "Stat": stat}}
        for stat in ("Maximum", "SampleCount", "p95")
    ]
    span = {"StartTime": today - timedelta(days=31), "EndTime": today}
    pages = list(
        client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, MaxDatapoints=60, **span
        )
    )
    assert [len(page["MetricDataResults"]) for page in pages] == [2, 1]
    results = [entry for page in pages for entry in page["MetricDataResults"]]
    assert [entry["Values"][0] for entry in results] == [900.0, 100.0, 10.0]
    moments = results[0]["Timestamps"]
    assert len(moments) == 30
    assert moments == sorted(moments, reverse=True)
    oldest_first = client.get_metric_data(
        MetricDataQueries=queries, ScanBy="TimestampAscending", **span
    )["MetricDataResults"][0]["Timestamps"]
    assert oldest_first == sorted(moments)


def test_recommendations_need_an_opted_in_account_and_permission(aws: Emulator) -> None:
    client = aws.client("compute-optimizer", MEMBER)
    call = client.get_lambda_function_recommendations
    assert code_of(call) == "OptInRequiredException"
    arn = f"arn:aws:lambda:{REGION}:{MEMBER}:function:plain"
    row = {"functionArn": f"{arn}:$LATEST", "finding": "NotOptimized"}
    seed = {"Account": MEMBER, "Region": REGION, "Recommendations": [row]}
    aws.control("compute-optimizer", seed)
    assert call(functionArns=[arn])["lambdaFunctionRecommendations"] == [row]
    filters = [{"name": "Finding", "values": ["Optimized"]}]
    assert call(filters=filters)["lambdaFunctionRecommendations"] == []
    session = as_role(
        aws, MEMBER, "lists-only", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    )
    denied = session.client("compute-optimizer", endpoint_url=aws.endpoint)
    assert code_of(denied.get_lambda_function_recommendations) == "AccessDeniedException"
    denied.close()


def test_quotas_are_seeded_and_findings_are_kept(aws: Emulator) -> None:
    quotas = aws.client("service-quotas", MEMBER)
    asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}
    assert code_of(lambda: quotas.get_service_quota(**asked)) == "NoSuchResourceException"
    aws.control("service-quota", {"Account": MEMBER, "Value": 1000, **asked})
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 1000
    text = ("Id", "SchemaVersion", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt",
            "UpdatedAt", "Title", "Description")  # fmt: skip
    finding = {**dict.fromkeys(text, "x"), "Resources": [{"Type": "Other", "Id": "x"}]}
    hub = aws.client("securityhub")
    assert hub.batch_import_findings(Findings=[finding])["SuccessCount"] == 1
    kept = aws.control("security-hub", {"Account": HUB, "Region": REGION})["Findings"]
    assert kept == [finding]


def test_the_price_list_is_there_and_empty(aws: Emulator) -> None:
    pricing = aws.client("pricing", HUB)
    rule = {"Type": "TERM_MATCH", "Field": "group", "Value": "AWS-Lambda-Requests"}
    answer = pricing.get_products(ServiceCode="AWSLambda", Filters=[rule])
    assert answer["PriceList"] == []
