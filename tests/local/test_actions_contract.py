"""Which IAM action does each API operation of ours need? The recorder's mapping, row by row.

Held against the Service Authorization Reference; a role without any rights makes every call, and
what it was refused is what was asked for.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.support import HUB, REGION
from tests.local.test_emulator_contract import as_role
from trimtab.local.emulator import Emulator

pytestmark = pytest.mark.scenario

FUNCTION = f"arn:aws:lambda:{REGION}:{HUB}:function:shop"
MACHINE = f"arn:aws:states:{REGION}:{HUB}:stateMachine:change"
KEY = {"pk": {"S": "change#1"}, "sk": {"S": "round#1"}}
PUT = {"Put": {"TableName": "t", "Item": KEY}}
DELETE = {"Delete": {"TableName": "t", "Key": KEY}}
UPDATE = {"Update": {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = b"}}
SPAN = {"startTime": 1, "endTime": 2, "queryString": "fields @message"}
METRICS = {"MetricDataQueries": [], "StartTime": 1, "EndTime": 2}
SIGN = {"KeyId": "k", "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
MAIL = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
TO = {"FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": ["b@example.com"]}}
ROLE = {"RoleArn": f"arn:aws:iam::{HUB}:role/other", "RoleSessionName": "some-session"}

Row = tuple[str, str, dict[str, Any], set[str]]

ROWS: list[Row] = [
    ("cloudformation", "describe_stack_resources", {"PhysicalResourceId": "shop"},
     {"cloudformation:DescribeStackResources"}),
    ("cloudwatch", "get_metric_data", METRICS, {"cloudwatch:GetMetricData"}),
    ("compute-optimizer", "get_lambda_function_recommendations", {},
     {"compute-optimizer:GetLambdaFunctionRecommendations"}),
    ("dynamodb", "batch_get_item", {"RequestItems": {"t": {"Keys": [KEY]}}},
     {"dynamodb:BatchGetItem"}),
    ("dynamodb", "get_item", {"TableName": "t", "Key": KEY}, {"dynamodb:GetItem"}),
    ("dynamodb", "query", {"TableName": "t", "KeyConditionExpression": "pk = :a",
     "ExpressionAttributeValues": {":a": {"S": "change#1"}}}, {"dynamodb:Query"}),
    ("dynamodb", "scan", {"TableName": "t"}, {"dynamodb:Scan"}),
    ("dynamodb", "transact_write_items", {"TransactItems": [PUT]}, {"dynamodb:PutItem"}),
    ("dynamodb", "transact_write_items", {"TransactItems": [DELETE]}, {"dynamodb:DeleteItem"}),
    ("dynamodb", "transact_write_items", {"TransactItems": [UPDATE]}, {"dynamodb:UpdateItem"}),
    ("dynamodb", "update_item", {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = b"},
     {"dynamodb:UpdateItem"}),
    ("kms", "sign", SIGN, {"kms:Sign"}),
    ("kms", "verify", SIGN | {"Signature": b"s"}, {"kms:Verify"}),
    ("lambda", "get_function", {"FunctionName": FUNCTION}, {"lambda:GetFunction"}),
    ("lambda", "get_function_configuration", {"FunctionName": FUNCTION},
     {"lambda:GetFunctionConfiguration"}),
    ("lambda", "list_aliases", {"FunctionName": FUNCTION}, {"lambda:ListAliases"}),
    ("lambda", "list_functions", {}, {"lambda:ListFunctions"}),
    ("pricing", "get_products", {"ServiceCode": "AWSLambda"}, {"pricing:GetProducts"}),
    ("lambda", "list_provisioned_concurrency_configs", {"FunctionName": FUNCTION},
     {"lambda:ListProvisionedConcurrencyConfigs"}),
    ("lambda", "list_versions_by_function", {"FunctionName": FUNCTION},
     {"lambda:ListVersionsByFunction"}),
    ("lambda", "publish_version", {"FunctionName": FUNCTION}, {"lambda:PublishVersion"}),
    ("lambda", "update_alias", {"FunctionName": FUNCTION, "Name": "live"}, {"lambda:UpdateAlias"}),
    ("lambda", "update_function_configuration", {"FunctionName": FUNCTION},
     {"lambda:UpdateFunctionConfiguration"}),
    ("lambda", "invoke", {"FunctionName": FUNCTION}, {"lambda:InvokeFunction"}),
    ("logs", "get_query_results", {"queryId": "q"}, {"logs:GetQueryResults"}),
    ("logs", "start_query", SPAN | {"logGroupNames": ["g"]}, {"logs:StartQuery"}),
    ("organizations", "list_accounts", {}, {"organizations:ListAccounts"}),
    ("organizations", "list_accounts_for_parent", {"ParentId": "ou-1234-12345678"},
     {"organizations:ListAccountsForParent"}),
    ("organizations", "list_organizational_units_for_parent", {"ParentId": "ou-1234-12345678"},
     {"organizations:ListOrganizationalUnitsForParent"}),
    ("organizations", "list_parents", {"ChildId": "222222222222"}, {"organizations:ListParents"}),
    ("organizations", "list_roots", {}, {"organizations:ListRoots"}),
    ("resourcegroupstaggingapi", "get_resources", {}, {"tag:GetResources"}),
    ("s3", "get_object", {"Bucket": "some-bucket", "Key": "k"}, {"s3:GetObject"}),
    ("s3", "head_object", {"Bucket": "some-bucket", "Key": "k"}, {"s3:GetObject"}),
    ("s3", "list_objects_v2", {"Bucket": "some-bucket"}, {"s3:ListBucket"}),
    ("s3", "put_object", {"Bucket": "some-bucket", "Key": "k", "Body": b""}, {"s3:PutObject"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "s"}, {"secretsmanager:GetSecretValue"}),
    ("sesv2", "send_email", TO | {"Content": MAIL}, {"ses:SendEmail"}),
    ("sqs", "send_message", {"QueueUrl": f"http://localhost/{HUB}/q", "MessageBody": "m"},
     {"sqs:SendMessage"}),
    ("stepfunctions", "describe_execution",
     {"executionArn": MACHINE.replace(":stateMachine:", ":execution:") + ":x"},
     {"states:DescribeExecution"}),
    ("stepfunctions", "send_task_success", {"taskToken": "t", "output": "{}"},
     {"states:SendTaskSuccess"}),
    ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE}, {"states:StartExecution"}),
    ("sts", "assume_role", ROLE, {"sts:AssumeRole"}),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def bucket(aws: Emulator) -> None:
    """S3 says of a missing bucket that it is missing before it asks who wants to know."""
    here = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket="some-bucket", CreateBucketConfiguration=here)


@pytest.mark.parametrize(
    ("service", "operation", "given", "actions"),
    ROWS,
    ids=[f"{service}-{operation}" for service, operation, *_ in ROWS],
)
def test_an_operation_needs_the_actions_that_aws_documents(
    aws: Emulator, service: str, operation: str, given: dict[str, Any], actions: set[str]
) -> None:
    role = f"nobody-{operation}-{len(str(given))}".replace("_", "-")[:60]
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    client = as_role(aws, HUB, role, deny).client(service, endpoint_url=aws.endpoint)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**given)
    client.close()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    calls = [call for call in aws.control("calls", {})["calls"] if call["role"] == role]
    assert {call["action"] for call in calls} == actions
    assert not any(call["allowed"] for call in calls)
