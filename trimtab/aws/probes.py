"""May the read role do what a scan does? Each action tried once, on things that do not exist.

AWS looks at the permission first: a thing that is not there, or a parameter it will not have, is
answered only to a caller who may ask. Nothing of a customer's is read but a page of one function
and the tags; no byte of logs is scanned, and one metric is asked for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import code_of, from_botocore, message_of, reading, translate
from trimtab.aws.functions import AwsFunctionSource
from trimtab.aws.sessions import Clients, HubSession
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.checkup import Answer, Document, Probe
from trimtab.domain.errors import AccessDeniedError, NotFoundError
from trimtab.domain.iam_document import Narrowing, granted
from trimtab.ports import Clock

NOBODY = "trimtab-doctor-looks-for-nothing"
"""A name that nothing has."""
NO_SUBNET = "subnet-00000000000000000"
NO_QUERY = "00000000-0000-0000-0000-000000000000"

NOT_ENABLED = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"})
"""What a region that is off says of credentials that hold elsewhere."""
AFTER_THE_GATE = frozenset(
    {"InvalidParameterException", "InvalidParameterValueException", "ValidationError"}
)
"""Said of a request that was let in."""
NOT_ENROLLED = "OptInRequiredException"

Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One call that shows whether an action is allowed."""

    service: str
    method: str
    asked: Callable[["Moment"], Asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where and when something is tried."""

    target: Target
    clock: Clock


def _a_metric(moment: Moment) -> Asked:
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": []}
    query = {"Id": "q0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    now = moment.clock.now()
    return {
        "MetricDataQueries": [query],
        "StartTime": now - timedelta(minutes=1),
        "EndTime": now,
    }


def _a_query(moment: Moment) -> Asked:
    now = int(moment.clock.now().timestamp())
    return {
        "logGroupNames": [NOBODY],
        "queryString": "limit 1",
        "startTime": now - 1,
        "endTime": now,
        "limit": 1,
    }


def _of_scaling(method: str) -> Try:
    return Try(
        service="application-autoscaling",
        method=method,
        asked=lambda _: {"ServiceNamespace": "lambda", "MaxResults": 1},
    )


TRIES: Mapping[str, Try] = {
    "lambda:ListFunctions": Try(
        service="lambda", method="list_functions", asked=lambda _: {"MaxItems": 1}
    ),
    "lambda:GetFunction": Try(
        service="lambda", method="get_function", asked=lambda _: {"FunctionName": NOBODY}
    ),
    "tag:GetResources": Try(
        service="resourcegroupstaggingapi",
        method="get_resources",
        asked=lambda _: {"ResourceTypeFilters": ["lambda:function"], "ResourcesPerPage": 1},
    ),
    "cloudwatch:GetMetricData": Try(
        service="cloudwatch", method="get_metric_data", asked=_a_metric
    ),
    "application-autoscaling:DescribeScalableTargets": _of_scaling("describe_scalable_targets"),
    "application-autoscaling:DescribeScalingActivities": _of_scaling("describe_scaling_activities"),
    "application-autoscaling:DescribeScalingPolicies": _of_scaling("describe_scaling_policies"),
    "application-autoscaling:DescribeScheduledActions": _of_scaling("describe_scheduled_actions"),
    "compute-optimizer:GetLambdaFunctionRecommendations": Try(
        service="compute-optimizer",
        method="get_lambda_function_recommendations",
        asked=lambda moment: {"accountIds": [moment.target.account], "maxResults": 1},
    ),
    "cloudformation:DescribeStackResources": Try(
        service="cloudformation",
        method="describe_stack_resources",
        asked=lambda _: {"PhysicalResourceId": NOBODY},
    ),
    "ec2:DescribeSubnets": Try(
        service="ec2",
        method="describe_subnets",
        asked=lambda _: {
            "Filters": [{"Name": "subnet-id", "Values": [NO_SUBNET]}],
            "MaxResults": 5,
        },
    ),
    "events:ListEventBuses": Try(
        service="events", method="list_event_buses", asked=lambda _: {"Limit": 1}
    ),
    "events:ListRules": Try(service="events", method="list_rules", asked=lambda _: {"Limit": 1}),
    "events:ListTargetsByRule": Try(
        service="events", method="list_targets_by_rule", asked=lambda _: {"Rule": NOBODY}
    ),
    "iam:GetAccountAuthorizationDetails": Try(
        service="iam",
        method="get_account_authorization_details",
        asked=lambda _: {"Filter": ["Role"], "MaxItems": 1},
    ),
    "scheduler:GetSchedule": Try(
        service="scheduler", method="get_schedule", asked=lambda _: {"Name": NOBODY}
    ),
    "scheduler:ListSchedules": Try(
        service="scheduler", method="list_schedules", asked=lambda _: {"MaxResults": 1}
    ),
    "logs:DescribeLogGroups": Try(
        service="logs",
        method="describe_log_groups",
        asked=lambda _: {"logGroupNamePrefix": NOBODY, "limit": 1},
    ),
    "logs:StartQuery": Try(service="logs", method="start_query", asked=_a_query),
    "logs:GetQueryResults": Try(
        service="logs", method="get_query_results", asked=lambda _: {"queryId": NO_QUERY}
    ),
    "cloudtrail:LookupEvents": Try(
        service="cloudtrail",
        method="lookup_events",
        asked=lambda _: {
            "LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": NOBODY}],
            "MaxResults": 1,
        },
    ),
}
"""Action -> how it is tried. The others are simulated: `flows.doctor.SIMULATED`."""


class AwsInside:
    """One target, entered through the read role."""

    def __init__(self, target: Target, clients: Clients, *, partition: str, clock: Clock) -> None:
        self._target = target
        self._clients = clients
        self._partition = partition
        self._clock = clock

    def probes(self) -> tuple[Probe, ...]:
        moment = Moment(target=self._target, clock=self._clock)
        return tuple(self._tried(action, how, moment) for action, how in TRIES.items())

    def _tried(self, action: str, how: Try, moment: Moment) -> Probe:
        try:
            getattr(self._clients.client(how.service), how.method)(**how.asked(moment))
        except from_botocore() as error:
            return _answer(action, error)
        return Probe(action=action, answer=Answer.ALLOWED)

    def has_functions(self) -> bool:
        with reading(f"lambda:ListFunctions in {self._target}"):
            page = raw_of(self._clients.client("lambda").list_functions(MaxItems=1))
        return bool(page["Functions"])

    def tags(self) -> Mapping[FunctionArn, Mapping[str, str]]:
        return AwsFunctionSource(self._target, self._clients, clock=self._clock).tags()

    def trust(self, role: str) -> Document:
        with reading(f"iam:GetRole {self._role(role)}"):
            found = self._clients.client("iam").get_role(RoleName=role)
        document = found["Role"]["AssumeRolePolicyDocument"]
        if isinstance(document, str):
            document = json.loads(unquote(document))
        return dict(document)

    def simulate(self, role: str, actions: Sequence[str]) -> tuple[Probe, ...]:
        """Ask IAM, on any function: actions on functions apart from the others."""
        on_functions = [a for a in actions if a.startswith("lambda:")]
        elsewhere = [a for a in actions if a not in on_functions]
        function = FunctionArn(
            partition=self._partition,
            region=self._target.region,
            account=self._target.account,
            name="any-function",
        )
        grants = granted(
            elsewhere,
            partition=self._partition,
            region=self._target.region,
            account=self._target.account,
        )
        return (
            *self._simulated(role, on_functions, str(function)),
            *(
                probe
                for grant in grants
                for probe in self._simulated(
                    role, grant.actions, grant.resource, condition=grant.condition
                )
            ),
        )

    def simulate_rights(self, role: str, rights: Sequence[Narrowing]) -> tuple[Probe, ...]:
        is_china = self._partition == "aws-cn"
        places = {
            "partition": self._partition,
            "region": self._target.region,
            "account": self._target.account,
            "suffix": "amazonaws.com.cn" if is_china else "amazonaws.com",
        }
        found: list[Probe] = []
        for right in rights:
            condition = {
                operator: {key: value.format(**places) for key, value in named.items()}
                for operator, named in right.condition.items()
            }
            resource = right.resource.format(**places)
            actions = sorted(right.actions)
            found += self._simulated(role, actions, resource, condition=condition)
        return tuple(found)

    def _simulated(
        self,
        role: str,
        actions: Sequence[str],
        resource: str,
        *,
        condition: Mapping[str, Mapping[str, str]] | None = None,
    ) -> tuple[Probe, ...]:
        """Simulate calls that meet the condition they are allowed under."""
        if not actions:
            return ()
        keys = {k: v for named in (condition or {}).values() for k, v in named.items()}
        client, arn = self._clients.client("iam"), self._role(role)
        found: list[Probe] = []
        asked: dict[str, Any] = {
            "PolicySourceArn": arn,
            "ActionNames": list(actions),
            "ResourceArns": [resource.replace("scalable-target/*", "scalable-target/any")],
        }
        if keys:
            asked["ContextEntries"] = [
                {
                    "ContextKeyName": name,
                    "ContextKeyValues": [value],
                    "ContextKeyType": "string",
                }
                for name, value in sorted(keys.items())
            ]
        while True:
            with reading(f"iam:SimulatePrincipalPolicy {arn}"):
                page = client.simulate_principal_policy(**asked)
            found += [_decided(result) for result in page["EvaluationResults"]]
            if not page.get("IsTruncated"):
                return tuple(found)
            asked["Marker"] = page["Marker"]

    def _role(self, role: str) -> str:
        return f"arn:{self._partition}:iam::{self._target.account}:role/{role}"


def _answer(action: str, error: Exception) -> Probe:
    if isinstance(error, ClientError):
        code = code_of(error)
        if code in NOT_ENABLED:
            said = f"{code}: {message_of(error)}"
            return Probe(action=action, answer=Answer.REGION_OFF, said=said)
        if code == NOT_ENROLLED:
            said = "the account is not enrolled in Compute Optimizer, so logs are read instead"
            return Probe(action=action, answer=Answer.ALLOWED, said=said)
        if code in AFTER_THE_GATE:
            return Probe(action=action, answer=Answer.ALLOWED)
    meaning = translate(error, action)
    if isinstance(meaning, NotFoundError):
        return Probe(action=action, answer=Answer.ALLOWED)
    is_denied = isinstance(meaning, AccessDeniedError)
    answer = Answer.DENIED if is_denied else Answer.FAILED
    return Probe(action=action, answer=answer, said=str(meaning))


def _decided(result: Mapping[str, Any]) -> Probe:
    action, decision = str(result["EvalActionName"]), str(result["EvalDecision"])
    if decision == "allowed":
        return Probe(action=action, answer=Answer.ALLOWED)
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
    boundary = result.get("PermissionsBoundaryDecisionDetail", {}).get(
        "AllowedByPermissionsBoundary"
    )
    why = "by simulation no identity-based policy allows it"
    if organization is False:
        why = "by simulation with an explicit deny in a service control policy"
    elif boundary is False:
        why = "by simulation with an explicit deny in a permissions boundary"
    elif decision == "explicitDeny":
        why = "by simulation with an explicit deny in an identity-based policy"
    return Probe(action=action, answer=Answer.DENIED, said=f"{decision}: {why}")


class AwsMembers:
    """Enters member accounts through the read role."""

    def __init__(self, hub: HubSession, *, role: str, external_id: str, clock: Clock) -> None:
        self._hub = hub
        self._role = role
        self._external_id = external_id
        self._clock = clock

    def enter(self, target: Target) -> AwsInside:
        session = self._hub.assume(
            account=target.account,
            role=self._role,
            region=target.region,
            session_name="trimtab-doctor",
            external_id=self._external_id,
        )
        partition = self._hub.botocore.get_partition_for_region(target.region)
        return AwsInside(target, session, partition=partition, clock=self._clock)
