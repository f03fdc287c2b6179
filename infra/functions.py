"""How does each handler become a Lambda? One function each, one zip for all, a role of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.assets import Code
from infra.names import function_name, role_name
from infra.permissions import Reach, statements_for
from trimtab.settings import HANDLERS, variable

LOG_DAYS = logs.RetentionDays.THIRTEEN_MONTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    timeout_s: int
    memory_mb: int = 512
    """At 512 MB the imports of a handler take about a second; chosen, not measured on Lambda."""


SIZES: Mapping[str, Size] = {
    "discover": Size(timeout_s=300),
    "scan": Size(timeout_s=900),
    "plan": Size(timeout_s=600),
    "ticket": Size(timeout_s=60),
    "deliver": Size(timeout_s=600),
    "request": Size(timeout_s=30),
    "notify": Size(timeout_s=300),
    "approval": Size(timeout_s=20, memory_mb=1024),
    "decide": Size(timeout_s=30),
    "apply": Size(timeout_s=900),
    "watch": Size(timeout_s=300),
    "reconcile": Size(timeout_s=240),
    "checkpoint": Size(timeout_s=840, memory_mb=1024),
    "doctor": Size(timeout_s=300),
    "backup": Size(timeout_s=900),
    "restore": Size(timeout_s=900),
    "drill": Size(timeout_s=900),
}
"""Scan has all that Lambda gives, and returns a cursor before. For approval a person waits."""


ONE_AT_A_TIME = ("watch", "reconcile")
"""Two passes at once would tell, undo or expire the same change twice; a tick waits for the one
before."""

CONCURRENCY: Mapping[str, int] = {
    **dict.fromkeys(ONE_AT_A_TIME, 1),
    "scan": 20,
    "apply": 10,
    "approval": 10,
}
"""Reserved concurrent executions: what a Lambda is sure to have, and never exceeds.

scan: as many targets as the map of the Scan machine reads at once; a second scan waits. apply: the
changes of one run, at most; more at once is not Trimtab's normal doing. approval: its page is
public and may neither starve the others nor be starved. Of the rest the map, the event source or
the execution keeps the number. Together 42: the hub's account needs a quota of 142, as Lambda keeps
100 for functions without a reservation.

Source: "Configuring reserved concurrency for a function", Lambda developer guide,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html, read 2026-11-21.
"""


class Functions(Construct):
    """All Lambdas, by handler."""

    def __init__(
        self,
        scope: Construct,
        *,
        code: Code,
        values: Mapping[str, str],
        reach: Reach,
        reserves: bool = True,
    ) -> None:
        """`values` holds what settings ask for, by field name: neither more nor less."""
        super().__init__(scope, "Functions")
        self._reserves = reserves
        _check_names(values)
        self._code = lambda_.Code.from_asset(
            str(code.path), asset_hash=code.digest, asset_hash_type=cdk.AssetHashType.CUSTOM
        )
        self._values, self._reach = values, reach
        self.by_handler = {handler: self._function(handler) for handler in HANDLERS}

    def version(self, handler: str) -> lambda_.Version:
        """Return the version as of this deployment; older ones stay for what is still running."""
        return self.by_handler[handler].current_version

    def _function(self, handler: str) -> lambda_.Function:
        name = function_name(handler)
        log_group = logs.LogGroup(
            self,
            f"{handler.title()}Log",
            log_group_name=f"/aws/lambda/{name}",
            retention=LOG_DAYS,
            encryption_key=self._reach.stores.data_key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        return lambda_.Function(
            self,
            handler.title(),
            function_name=name,
            description=f"Trimtab: {handler}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"handlers.{handler}.handler",
            code=self._code,
            role=self._role(handler, log_group),
            environment=self._environment(handler),
            memory_size=SIZES[handler].memory_mb,
            timeout=cdk.Duration.seconds(SIZES[handler].timeout_s),
            reserved_concurrent_executions=CONCURRENCY.get(handler) if self._reserves else None,
            log_group=log_group,
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
        )

    def _environment(self, handler: str) -> dict[str, str]:
        wanted = {f.name: variable(f.name) for f in fields(HANDLERS[handler])}
        return {name: self._values[field] for field, name in wanted.items()} | {
            "POWERTOOLS_SERVICE_NAME": handler,
            "POWERTOOLS_METRICS_NAMESPACE": "Trimtab",
            "LOG_LEVEL": "INFO",
        }

    def _role(self, handler: str, log_group: logs.LogGroup) -> iam.Role:
        write_logs = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[log_group.log_group_arn],
        )
        return iam.Role(
            self,
            f"{handler.title()}Role",
            role_name=role_name(handler),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "needs": iam.PolicyDocument(
                    statements=[write_logs, *statements_for(handler, self._reach)]
                )
            },
        )


def _check_names(values: Mapping[str, str]) -> None:
    """Refuse a difference between what settings ask for and what the hub has."""
    wanted = {field.name for settings in HANDLERS.values() for field in fields(settings)}
    if wanted != set(values):
        missing, unused = sorted(wanted - set(values)), sorted(set(values) - wanted)
        raise ValueError(f"trimtab/settings.py and infra/hub.py differ: {missing=} {unused=}")
