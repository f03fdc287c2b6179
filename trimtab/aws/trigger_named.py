"""Is what a resource policy names still there, and does it call the function? A call or two each.

Buckets, IoT rules, user pools, target groups and alarms call by the resource policy of the
function. The policy is the index: only what it names is looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_pages import FUNCTION, pages
from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError
from trimtab.ports import Named

GONE = Named(is_there=False, is_on=False, why="it is gone")
NO_TARGET_GROUP = "TargetGroupNotFound"
RULES_PER_PAGE = 250
"""Chosen; the API takes up to 10,000 (botocore 1.44.5)."""


class NamedReader:
    """Looks at what policies name, each thing once."""

    def __init__(self, clients: Clients, target: Target) -> None:
        self._clients = clients
        self._target = target
        self._seen: dict[tuple[str, str], Named] = {}
        self._iot_rules: frozenset[str] | None = None
        self._readers: Mapping[str, Callable[[str], Named]] = {
            "s3.amazonaws.com": self._bucket,
            "iot.amazonaws.com": self._iot_rule,
            "cognito-idp.amazonaws.com": self._user_pool,
            "elasticloadbalancing.amazonaws.com": self._target_group,
            "lambda.alarms.cloudwatch.amazonaws.com": self._alarm,
        }

    def named(self, principal: str, arn: str) -> Named | None:
        """Raises: OutsideError."""
        reader = self._readers.get(principal)
        if reader is None:
            return None
        if (principal, arn) not in self._seen:
            try:
                self._seen[principal, arn] = reader(arn)
            except NotFoundError:
                self._seen[principal, arn] = GONE
        return self._seen[principal, arn]

    def _bucket(self, arn: str) -> Named:
        bucket = arn.split(":", 5)[5]
        with reading(f"s3:GetBucketNotification {bucket}"):
            raw = self._clients.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        found = [one["LambdaFunctionArn"] for one in raw.get("LambdaFunctionConfigurations") or ()]
        return _calling(found, "its notifications")

    def _iot_rule(self, arn: str) -> Named:
        """Ask for a rule that is listed: of one that is not there IoT says that it is forbidden."""
        client, name = self._clients.client("iot"), arn.rpartition("rule/")[2]
        if self._iot_rules is None:
            listed = pages(
                client.list_topic_rules,
                f"iot:ListTopicRules in {self._target}",
                more="nextToken",
                maxResults=RULES_PER_PAGE,
            )
            self._iot_rules = frozenset(raw["ruleName"] for p in listed for raw in p["rules"])
        if name not in self._iot_rules:
            return GONE
        with reading(f"iot:GetTopicRule {arn}"):
            rule = client.get_topic_rule(ruleName=name)["rule"]
        actions = [*(rule.get("actions") or ()), rule.get("errorAction") or {}]
        found = [one["lambda"]["functionArn"] for one in actions if one.get("lambda")]
        if rule.get("ruleDisabled"):
            return _off(found, "the rule is disabled")
        return _calling(found, "its actions")

    def _user_pool(self, arn: str) -> Named:
        client = self._clients.client("cognito-idp")
        with reading(f"cognito-idp:DescribeUserPool {arn}"):
            raw = client.describe_user_pool(UserPoolId=arn.rpartition("/")[2])
        config = raw["UserPool"].get("LambdaConfig") or {}
        return _calling(FUNCTION.findall(" ".join(_texts(config))), "its triggers")

    def _target_group(self, arn: str) -> Named:
        client = self._clients.client("elbv2")
        with reading(f"elasticloadbalancing:DescribeTargetGroups {arn}"):
            try:
                (group,) = client.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
            except ClientError as error:
                if code_of(error) == NO_TARGET_GROUP:
                    return GONE
                raise
        with reading(f"elasticloadbalancing:DescribeTargetHealth {arn}"):
            health = client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        found = [one["Target"]["Id"] for one in health]
        if not group.get("LoadBalancerArns"):
            return _off(found, "no load balancer uses the target group")
        return _calling(found, "its targets")

    def _alarm(self, arn: str) -> Named:
        client = self._clients.client("cloudwatch")
        with reading(f"cloudwatch:DescribeAlarms {arn}"):
            raw = client.describe_alarms(
                AlarmNames=[arn.split(":", 6)[6]], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
            )
        alarms = [*(raw.get("MetricAlarms") or ()), *(raw.get("CompositeAlarms") or ())]
        if not alarms:
            return GONE
        kinds = ("AlarmActions", "OKActions", "InsufficientDataActions")
        found = [a for one in alarms for k in kinds for a in one.get(k) or ()]
        if not any(one.get("ActionsEnabled") for one in alarms):
            return _off(found, "the actions of the alarm are off")
        return _calling(found, "its actions")


def _calling(arns: Iterable[str], part: str) -> Named:
    functions = frozenset(arns)
    return Named(is_there=True, why=f"{part} name it", functions=functions)


def _off(arns: Iterable[str], why: str) -> Named:
    """Return what is there and does not call, with the functions that it names all the same."""
    return Named(is_there=True, is_on=False, why=why, functions=frozenset(arns))


def _texts(part: Any) -> Iterable[str]:
    if isinstance(part, Mapping):
        for inner in part.values():
            yield from _texts(inner)
    else:
        yield str(part)
