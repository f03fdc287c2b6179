"""What does the whole fleet look like? Fake clients per target, behind the real adapters."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.bulk_clients import FakeComputeOptimizer, FakeTagging
from tests.fakes.clock import FakeClock
from tests.fakes.failures import client_error
from tests.fakes.fake_alarms import FakeMetrics
from tests.fakes.fake_apis import FakeHttpApis, FakeRestApis
from tests.fakes.fake_callers import (
    FakeBalancers,
    FakeBuckets,
    FakeCloudFront,
    FakeIot,
    FakePipes,
    FakeSns,
    FakeUserPools,
)
from tests.fakes.fake_deploying import FakeCodeDeploy
from tests.fakes.fake_ec2 import FakeEc2
from tests.fakes.fake_events import FakeEvents, FakeScheduler
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_lambda import FakeLambda
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_machines import FakeMachines, FakeStacks
from tests.fakes.fake_scaling import FakeScaling
from tests.fakes.fake_trail import CHANGE_ROLE, FakeTrail
from trimtab.aws.actuator import AwsActuator
from trimtab.aws.errors import translate
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import AccessDeniedError
from trimtab.domain.fleet import Account, Gap, LeftOut, Scope, Targets
from trimtab.domain.terms import Direction


class FakeTarget:
    """Everything of AWS in one account and region."""

    def __init__(self, target: Target, clock: FakeClock, iam: FakeIam | None = None) -> None:
        """`iam` is that of the account, which all its regions share."""
        self.target = target
        self.iam = iam or FakeIam()
        self.ec2 = FakeEc2()
        self.events = FakeEvents(target)
        self.scheduler = FakeScheduler(target)
        self.functions = FakeLambda(target, clock)
        self.tagging = FakeTagging(self.functions)
        self.metrics = FakeMetrics()
        self.optimizer = FakeComputeOptimizer()
        self.logs = FakeLogs(target.account)
        self.stacks = FakeStacks(target)
        self.sns = FakeSns(target)
        self.pipes = FakePipes(target)
        self.cloudfront = FakeCloudFront()
        self.buckets = FakeBuckets()
        self.iot = FakeIot()
        self.pools = FakeUserPools()
        self.balancers = FakeBalancers()
        self.rest_apis = FakeRestApis()
        self.http_apis = FakeHttpApis()
        self.machines = FakeMachines(target)
        self.deployments = FakeCodeDeploy()
        self.scaling = FakeScaling(target, clock, self.functions)
        self.trail = FakeTrail(target, clock)
        self.functions.trail = self.trail


class FakeClients:
    """What a session hands out: the clients of one target, its calls counted."""

    def __init__(self, target: FakeTarget, session: str = "somebody") -> None:
        self._session = session
        self._functions = target.functions
        self._clients = {
            "lambda": target.functions,
            "resourcegroupstaggingapi": target.tagging,
            "cloudwatch": target.metrics,
            "compute-optimizer": target.optimizer,
            "logs": target.logs,
            "cloudformation": target.stacks,
            "cloudtrail": target.trail,
            "codedeploy": target.deployments,
            "application-autoscaling": target.scaling,
            "ec2": target.ec2,
            "events": target.events,
            "scheduler": target.scheduler,
            "iam": target.iam,
            "sns": target.sns,
            "pipes": target.pipes,
            "cloudfront": target.cloudfront,
            "s3": target.buckets,
            "iot": target.iot,
            "cognito-idp": target.pools,
            "elbv2": target.balancers,
            "apigateway": target.rest_apis,
            "apigatewayv2": target.http_apis,
            "stepfunctions": target.machines,
        }
        self._calls: Counter[str] = Counter()

    def client(self, service: str) -> Any:
        if service == "lambda":
            self._functions.session = self._session
        return _Counted(self._clients[service], service, self._calls)

    def writer(self, service: str) -> Any:
        return self.client(service)

    def calls(self) -> Mapping[str, int]:
        return dict(sorted(self._calls.items()))


class _Counted:
    """Passes calls on and counts them."""

    def __init__(self, client: Any, service: str, calls: Counter[str]) -> None:
        self._client = client
        self._service = service
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **asked: Any) -> Any:
            operation = re.sub(r"(^|_)([a-z])", lambda m: m[2].upper(), name)
            self._calls[f"{self._service}:{operation}"] += 1
            return method(*args, **asked)

        return call


class FakeCloud:
    """All targets of a test. A target comes into being when it is first named."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self._targets: dict[Target, FakeTarget] = {}
        self._denied: dict[Target, str] = {}
        self._iam: dict[str, FakeIam] = {}

    def __getitem__(self, target: Target) -> FakeTarget:
        if target not in self._targets:
            iam = self._iam.setdefault(target.account, FakeIam())
            iam.put_role(f"arn:aws:iam::{target.account}:role/service")
            self._targets[target] = FakeTarget(target, self.clock, iam)
        return self._targets[target]

    def deny(self, target: Target, code: str = "AccessDenied") -> None:
        """Let AssumeRole fail for this target."""
        self._denied[target] = code

    def allow(self, target: Target) -> None:
        self._denied.pop(target, None)

    def clients(self, target: Target, session: str = "somebody") -> FakeClients:
        """Enter a target, or fail as AssumeRole would."""
        if target in self._denied:
            error = client_error(self._denied[target], "not authorized", "AssumeRole", status=403)
            raise translate(error, f"sts:AssumeRole into {target}") from error
        return FakeClients(self[target], session)


class FakeFleet:
    """A Fleet whose sources are the real adapter over fake clients."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self.opened: list[Target] = []
        self.sources: list[AwsFunctionSource] = []

    def open(self, target: Target) -> AwsFunctionSource:
        self.opened.append(target)
        clock = self._cloud.clock
        clients = self._cloud.clients(target)
        source = AwsFunctionSource(target, clients, clock=clock, sleep=clock.sleep)
        self.sources.append(source)
        return source


class FakeWorkshop:
    """A Workshop whose actuators are the real adapter over fake clients."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self.opened: list[tuple[FunctionArn, str, tuple[str, ...]]] = []
        """Function, session name and actions of each opening."""
        self.directions: list[Direction] = []
        self._denied: set[Direction] = set()

    def open(
        self,
        function: FunctionArn,
        *,
        session: str,
        actions: Sequence[str],
        direction: Direction,
        qualifier: str | None = None,
    ) -> AwsActuator:
        self.opened.append((function, session, tuple(actions)))
        self.directions.append(direction)
        if direction in self._denied:
            role = "restore" if direction is Direction.UNDO else "change"
            raise AccessDeniedError(f"sts:AssumeRole of trimtab-{role}: denied")
        clock = self._cloud.clock
        clients = self._cloud.clients(function.target, session)
        return AwsActuator(
            function,
            clients,
            session=session,
            change_role=CHANGE_ROLE,
            clock=clock,
            qualifier=qualifier,
            sleep=clock.sleep,
        )

    def deny(self, direction: Direction) -> None:
        """Let the role of one direction be gone."""
        self._denied.add(direction)

    def grant(self, direction: Direction) -> None:
        self._denied.discard(direction)


class FakeAccounts:
    """An AccountSource: the accounts a test names, each in every region of the scope."""

    def __init__(
        self,
        *accounts: Account,
        left_out: Sequence[LeftOut] = (),
        gaps: Sequence[Gap] = (),
    ) -> None:
        self._accounts = accounts
        self._left_out = tuple(left_out)
        self._gaps = tuple(gaps)

    def targets(self, scope: Scope) -> Targets:
        excluded = tuple(
            LeftOut(account=a.id, reason="excluded in fleet.yaml")
            for a in self._accounts
            if a.id in scope.exclude_accounts
        )
        wanted = set(scope.organizational_units)
        accounts = tuple(
            a
            for a in self._accounts
            if a.id not in scope.exclude_accounts
            and (not wanted or wanted & set(a.organizational_units))
        )
        return Targets(
            accounts=accounts,
            targets=tuple(Target(account=a.id, region=r) for a in accounts for r in scope.regions),
            left_out=self._left_out + excluded,
            gaps=self._gaps,
        )
