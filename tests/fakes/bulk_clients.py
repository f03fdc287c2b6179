"""How do the bulk reads answer? Tagging API, Compute Optimizer, CloudFormation, GetMetricData."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.failures import FailingClient, client_error
from tests.fakes.fake_lambda import FakeLambda
from trimtab.domain.arn import FunctionArn

Raw = dict[str, Any]


class FakeTagging(FailingClient):
    """The Resource Groups Tagging API, 100 resources a page; untagged functions are absent."""

    def __init__(self, functions: FakeLambda) -> None:
        super().__init__()
        self._lambda = functions

    def get_resources(
        self,
        ResourceTypeFilters: Sequence[str],
        ResourcesPerPage: int = 100,
        PaginationToken: str = "",
    ) -> Raw:
        def work() -> Raw:
            tagged = sorted(self._lambda.tags().items())
            at = int(PaginationToken or 0)
            page = tagged[at : at + ResourcesPerPage]
            more = at + ResourcesPerPage < len(tagged)
            return {
                "ResourceTagMappingList": [
                    {"ResourceARN": a, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
                    for a, tags in page
                ],
                "PaginationToken": str(at + ResourcesPerPage) if more else "",
            }

        return self.run("GetResources", work)


class FakeComputeOptimizer(FailingClient):
    """Compute Optimizer, enrolled or not."""

    def __init__(self) -> None:
        super().__init__()
        self.is_enrolled = True
        self._peaks: dict[tuple[str, str], float] = {}

    def put_peak(self, function: FunctionArn, peak_mb: float, version: str = "$LATEST") -> None:
        self._peaks[(str(function), version)] = peak_mb

    def get_lambda_function_recommendations(
        self, accountIds: Sequence[str], maxResults: int = 1000, nextToken: str | None = None
    ) -> Raw:
        def work() -> Raw:
            if not self.is_enrolled:
                raise client_error(
                    "OptInRequiredException",
                    "AWS account is not registered for recommendations.",
                    "GetLambdaFunctionRecommendations",
                )
            peaks = sorted(self._peaks.items())
            at = int(nextToken or 0)
            answer: Raw = {
                "lambdaFunctionRecommendations": [
                    _recommendation(arn, version, peak)
                    for (arn, version), peak in peaks[at : at + maxResults]
                ]
            }
            if at + maxResults < len(peaks):
                answer["nextToken"] = str(at + maxResults)
            return answer

        return self.run("GetLambdaFunctionRecommendations", work)


def _recommendation(arn: str, version: str, peak_mb: float) -> Raw:
    return {
        "functionArn": f"{arn}:{version}",
        "functionVersion": version,
        "finding": "NotOptimized",
        "utilizationMetrics": [
            {"name": "Duration", "statistic": "Maximum", "value": 1200.0},
            {"name": "Memory", "statistic": "Average", "value": peak_mb / 2},
            {"name": "Memory", "statistic": "Maximum", "value": peak_mb},
        ],
    }


class FakeCloudFormation(FailingClient):
    """CloudFormation, as far as it says who owns a physical resource."""

    def __init__(self) -> None:
        super().__init__()
        self._stacks: dict[str, str] = {}
        self.status = "UPDATE_COMPLETE"

    def own(self, function: FunctionArn, stack: str) -> None:
        self._stacks[function.name] = stack

    def describe_stacks(self, StackName: str) -> Raw:
        stack = {"StackName": StackName, "StackStatus": self.status}
        return self.run("DescribeStacks", lambda: {"Stacks": [stack]})

    def describe_stack_resources(self, PhysicalResourceId: str) -> Raw:
        operation = "DescribeStackResources"

        def work() -> Raw:
            stack = self._stacks.get(PhysicalResourceId)
            if stack is None:
                message = f"Stack for {PhysicalResourceId} does not exist"
                raise client_error("ValidationError", message, operation)
            resource = {
                "StackName": stack,
                "LogicalResourceId": "Function",
                "PhysicalResourceId": PhysicalResourceId,
                "ResourceType": "AWS::Lambda::Function",
            }
            return {"StackResources": [resource]}

        return self.run(operation, work)


Series = tuple[str, str, str, tuple[tuple[str, str], ...]]


class FakeCloudWatch(FailingClient):
    """GetMetricData over stored points, by namespace, metric, statistic and dimensions."""

    def __init__(self, *, points_per_page: int = 100_800) -> None:
        super().__init__()
        self._points_per_page = points_per_page
        self._points: dict[Series, dict[datetime, float]] = {}
        self._status: dict[Series, str] = {}

    def put(
        self,
        metric: str,
        statistic: str,
        values: Mapping[datetime, float],
        *,
        namespace: str = "AWS/Lambda",
        **dimensions: str,
    ) -> None:
        """Store points; dimensions as CloudWatch names them, such as FunctionName='a'."""
        key = (namespace, metric, statistic, tuple(sorted(dimensions.items())))
        self._points.setdefault(key, {}).update(values)

    def put_daily(
        self,
        metric: str,
        statistic: str,
        value: float,
        *,
        end: datetime,
        days: int,
        namespace: str = "AWS/Lambda",
        **dimensions: str,
    ) -> None:
        """Store the same value for each of the last days before `end`."""
        values = {end - timedelta(days=n): value for n in range(1, days + 1)}
        self.put(metric, statistic, values, namespace=namespace, **dimensions)

    def spoil(self, metric: str, status: str, **dimensions: str) -> None:
        """Let every statistic of this metric be answered with another StatusCode than Complete."""
        for statistic in ("Sum", "Average", "Maximum", "SampleCount", "p95", "p99"):
            for namespace in ("AWS/Lambda", "LambdaInsights"):
                key = (namespace, metric, statistic, tuple(sorted(dimensions.items())))
                self._status[key] = status

    def get_metric_data(
        self,
        MetricDataQueries: Sequence[Mapping[str, Any]],
        StartTime: datetime,
        EndTime: datetime,
        ScanBy: str = "TimestampDescending",
        NextToken: str | None = None,
    ) -> Raw:
        def work() -> Raw:
            if len(MetricDataQueries) > 500:
                message = "The collection MetricDataQueries must not have a size greater than 500."
                raise client_error("ValidationError", message, "GetMetricData")
            found = [self._inside(query, StartTime, EndTime) for query in MetricDataQueries]
            at = int(NextToken or 0)
            total = max((len(points) for _, _, points in found), default=0)
            each = max(1, self._points_per_page // max(1, len(found)))
            more = at + each < total
            results = [
                _result(key, status, points[at : at + each], more=at + each < len(points))
                for key, status, points in found
            ]
            return {"MetricDataResults": results} | ({"NextToken": str(at + each)} if more else {})

        return self.run("GetMetricData", work)

    def _inside(
        self, query: Mapping[str, Any], start: datetime, end: datetime
    ) -> tuple[str, str, list[tuple[datetime, float]]]:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        dimensions = tuple(sorted((d["Name"], d["Value"]) for d in metric["Dimensions"]))
        key = (metric["Namespace"], metric["MetricName"], stat["Stat"], dimensions)
        points = sorted(p for p in self._points.get(key, {}).items() if start <= p[0] < end)
        return query["Id"], self._status.get(key, "Complete"), points


def _result(key: str, status: str, points: Sequence[tuple[datetime, float]], *, more: bool) -> Raw:
    """One series on one page: partial while pages are to come, as CloudWatch says it."""
    return {
        "Id": key,
        "Label": key,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "PartialData" if more and status == "Complete" else status,
    }
