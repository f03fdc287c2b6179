"""How does an approver's browser reach the approval Lambda? An HTTP API with two paths: the page,
and where the sign-in comes back to.

The path holds a secret token: neither path nor query is ever logged.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.functions import LOG_DAYS

PATH = "/a/{token}"
CALLBACK = "/signin/callback"
"""Its query holds a code: it is not logged either."""
REQUESTS_PER_S = 10
BURST = 20
LOGGED = ("requestId", "requestTime", "routeKey", "status", "responseLatency", "responseLength")
"""Of the variables API Gateway offers. `routeKey` is the pattern of the path, not the path."""


class ApprovalApi(Construct):
    """The HTTP API, its only stage, and its log."""

    def __init__(self, scope: Construct, *, key: kms.Key) -> None:
        super().__init__(scope, "Api")
        self._api = apigw.HttpApi(
            self, "Http", api_name="trimtab-approval", create_default_stage=False
        )
        log = logs.LogGroup(
            self,
            "Log",
            log_group_name="/aws/vendedlogs/trimtab-approval",
            retention=LOG_DAYS,
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        stage = apigw.CfnStage(
            self,
            "Stage",
            api_id=self._api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigw.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=REQUESTS_PER_S, throttling_burst_limit=BURST
            ),
            access_log_settings=apigw.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn,
                format=json.dumps({name: f"$context.{name}" for name in LOGGED}),
            ),
        )
        stage.node.add_dependency(log)

    @property
    def url(self) -> str:
        return self._api.api_endpoint

    def failures(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Return how often an approver was answered with 5xx: by the Lambda, or in its place."""
        return self._api.metric_server_error(period=period)

    def route_to(self, function: lambda_.Function) -> None:
        """Send the page's methods, and the way back from a sign-in; everything else is 404."""
        integration = integrations.HttpLambdaIntegration("Approval", function)
        page = [apigw.HttpMethod.GET, apigw.HttpMethod.HEAD, apigw.HttpMethod.POST]
        self._api.add_routes(path=PATH, methods=page, integration=integration)
        self._api.add_routes(path=CALLBACK, methods=[apigw.HttpMethod.GET], integration=integration)
