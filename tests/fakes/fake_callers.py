"""How do services answer that call functions? Topics, pipes, buckets, IoT, user pools, balancers,
alarms, distributions.

Beyond what a test puts there is nothing; each listing is paged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.fakes.failures import FailingClient, client_error
from trimtab.domain.arn import Target

Raw = dict[str, Any]


def paged(items: Sequence[Raw], token: str | None, size: int, more: str = "NextToken") -> Raw:
    """Return one page under `items`, and the token of the next where there is one."""
    at = int(token or 0)
    page: Raw = {"items": list(items[at : at + size])}
    return page | ({more: str(at + size)} if at + size < len(items) else {})


class FakeSns(FailingClient):
    """The subscriptions of one account and region."""

    def __init__(self, target: Target, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._here = f"arn:aws:sns:{target.region}:{target.account}"
        self._account = target.account
        self._subscriptions: list[Raw] = []

    def subscribe(self, topic: str, endpoint: object, *, protocol: str = "lambda") -> str:
        arn = f"{self._here}:{topic}"
        self._subscriptions.append(
            {
                "SubscriptionArn": f"{arn}:{len(self._subscriptions)}",
                "Owner": self._account,
                "Protocol": protocol,
                "Endpoint": str(endpoint),
                "TopicArn": arn,
            }
        )
        return arn

    def leave_pending(self) -> None:
        """Let the last subscription wait to be confirmed."""
        self._subscriptions[-1]["SubscriptionArn"] = "PendingConfirmation"

    def list_subscriptions(self, NextToken: str | None = None) -> Raw:
        def work() -> Raw:
            page = paged(self._subscriptions, NextToken, self._page)
            return {"Subscriptions": page.pop("items")} | page

        return self.run("ListSubscriptions", work)


class FakePipes(FailingClient):
    def __init__(self, target: Target, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._here = f"arn:aws:pipes:{target.region}:{target.account}:pipe"
        self._pipes: list[Raw] = []

    def put(
        self, name: str, to: object, *, by: object = None, state: str = "RUNNING", at: datetime
    ) -> None:
        """Add a pipe to a target, by the way of an enrichment."""
        pipe = {"Name": name, "Arn": f"{self._here}/{name}", "Target": str(to)}
        pipe |= {} if by is None else {"Enrichment": str(by)}
        self._pipes.append(pipe | {"CurrentState": state, "LastModifiedTime": at})

    def list_pipes(self, Limit: int = 100, NextToken: str | None = None) -> Raw:
        def work() -> Raw:
            page = paged(self._pipes, NextToken, min(Limit, self._page))
            return {"Pipes": page.pop("items")} | page

        return self.run("ListPipes", work)


class FakeCloudFront(FailingClient):
    """The distributions of an account."""

    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._distributions: list[Raw] = []

    def put(self, name: str, *functions: object, is_on: bool = True) -> None:
        """Add a distribution: the first function by default, the others for a path each."""
        behaviors = [
            {
                "LambdaFunctionAssociations": {
                    "Quantity": 1,
                    "Items": [{"LambdaFunctionARN": str(one), "EventType": "viewer-request"}],
                }
            }
            for one in functions
        ]
        self._distributions.append(
            {
                "Id": name,
                "Enabled": is_on,
                "DefaultCacheBehavior": behaviors[0] if behaviors else {},
                "CacheBehaviors": {"Quantity": len(behaviors[1:]), "Items": behaviors[1:]},
            }
        )

    def list_distributions(self, Marker: str = "") -> Raw:
        def work() -> Raw:
            page = paged(self._distributions, Marker or None, self._page, "NextMarker")
            items = page.pop("items")
            listed = {"Quantity": len(items), "IsTruncated": bool(page)} | page
            return {"DistributionList": listed | ({"Items": items} if items else {})}

        return self.run("ListDistributions", work)


class FakeBuckets(FailingClient):
    """Buckets by name, each with the functions that it notifies."""

    def __init__(self) -> None:
        super().__init__()
        self.notifies: dict[str, list[str]] = {}

    def get_bucket_notification_configuration(self, Bucket: str) -> Raw:
        operation = "GetBucketNotificationConfiguration"

        def work() -> Raw:
            if Bucket not in self.notifies:
                message = "The specified bucket does not exist"
                raise client_error("NoSuchBucket", message, operation, status=404)
            found = [
                {"Id": str(n), "LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
                for n, arn in enumerate(self.notifies[Bucket])
            ]
            return {"LambdaFunctionConfigurations": found} if found else {}

        return self.run(operation, work)


class FakeIot(FailingClient):
    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self.rules: dict[str, Raw] = {}

    def put_rule(
        self, name: str, *functions: object, error: object = None, is_off: bool = False
    ) -> None:
        actions = [{"lambda": {"functionArn": str(one)}} for one in functions]
        rule: Raw = {"ruleName": name, "actions": actions, "ruleDisabled": is_off}
        rule |= {} if error is None else {"errorAction": {"lambda": {"functionArn": str(error)}}}
        self.rules[name] = rule

    def list_topic_rules(self, maxResults: int = 100, nextToken: str | None = None) -> Raw:
        def work() -> Raw:
            listed = [
                {"ruleName": name, "ruleDisabled": raw["ruleDisabled"]}
                for name, raw in self.rules.items()
            ]
            page = paged(listed, nextToken, min(maxResults, self._page), "nextToken")
            return {"rules": page.pop("items")} | page

        return self.run("ListTopicRules", work)

    def get_topic_rule(self, ruleName: str) -> Raw:
        def work() -> Raw:
            if ruleName not in self.rules:
                message = "Access to topic rule is denied"
                raise client_error("UnauthorizedException", message, "GetTopicRule", status=401)
            return {"rule": self.rules[ruleName]}

        return self.run("GetTopicRule", work)


class FakeUserPools(FailingClient):
    def __init__(self) -> None:
        super().__init__()
        self.pools: dict[str, Mapping[str, Any]] = {}
        """Id -> LambdaConfig."""

    def describe_user_pool(self, UserPoolId: str) -> Raw:
        def work() -> Raw:
            if UserPoolId not in self.pools:
                message = f"User pool {UserPoolId} does not exist."
                raise client_error("ResourceNotFoundException", message, "DescribeUserPool")
            return {"UserPool": {"Id": UserPoolId, "LambdaConfig": dict(self.pools[UserPoolId])}}

        return self.run("DescribeUserPool", work)


class FakeBalancers(FailingClient):
    """Target groups of type lambda."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[str, tuple[list[str], list[str]]] = {}

    def put_group(self, arn: str, function: object, *, balancers: Sequence[str]) -> None:
        self._groups[arn] = ([str(function)], list(balancers))

    def describe_target_groups(self, TargetGroupArns: Sequence[str]) -> Raw:
        def work() -> Raw:
            found = [
                {
                    "TargetGroupArn": arn,
                    "TargetType": "lambda",
                    "LoadBalancerArns": self._group(arn, "DescribeTargetGroups")[1],
                }
                for arn in TargetGroupArns
            ]
            return {"TargetGroups": found}

        return self.run("DescribeTargetGroups", work)

    def describe_target_health(self, TargetGroupArn: str) -> Raw:
        def work() -> Raw:
            functions, _ = self._group(TargetGroupArn, "DescribeTargetHealth")
            return {"TargetHealthDescriptions": [{"Target": {"Id": one}} for one in functions]}

        return self.run("DescribeTargetHealth", work)

    def _group(self, arn: str, operation: str) -> tuple[list[str], list[str]]:
        if arn not in self._groups:
            message = f"Target groups '{arn}' not found"
            raise client_error("TargetGroupNotFound", message, operation, status=400)
        return self._groups[arn]
