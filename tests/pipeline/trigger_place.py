"""What do the tests of the trigger graph look at? Functions in a cloud, by the real adapter."""

from __future__ import annotations

from typing import Any

from tests.fakes.builders import ACCOUNT, REGION, TARGET
from tests.fakes.cloud import FakeCloud, FakeFleet, FakeTarget
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.trigger_graph import Trigger, TriggerGraph
from trimtab.pipeline.triggers import graph_of

OTHER = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
INVOKE = "lambda:InvokeFunction"


def permission(service: str, arn: str | None = None, **more: Any) -> dict[str, Any]:
    """Build a statement as a service's console writes it."""
    condition = {} if arn is None else {"Condition": {"ArnLike": {"AWS:SourceArn": arn}}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": INVOKE} | condition | more


def here(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


class Place:
    """One target with functions."""

    def __init__(self, *names: str, target: Target = TARGET, **raw: Any) -> None:
        self.cloud = FakeCloud()
        self.target = target
        self.here: FakeTarget = self.cloud[target]
        self.arns = [self.here.functions.add(name, **raw) for name in names or ("orders",)]

    @property
    def arn(self) -> FunctionArn:
        return self.arns[0]

    def source(self) -> AwsFunctionSource:
        return FakeFleet(self.cloud).open(self.target)

    def listed(self, source: AwsFunctionSource, name: str = "orders") -> ListedFunction:
        functions = source.list_functions(None).functions
        return next(one for one in functions if one.function.name == name)

    def graph(self, name: str = "orders") -> TriggerGraph:
        source = self.source()
        return graph_of(source, self.listed(source, name))

    def triggers(self, name: str = "orders") -> tuple[Trigger, ...]:
        graph = self.graph(name)
        (function,) = graph.triggers
        assert not graph.unknown_for(function), graph.blinds
        return graph.triggers_of(function)

    def shown(self, name: str = "orders") -> set[tuple[str, str, str | None, bool | None]]:
        return {(t.kind.value, t.name, t.qualifier, t.is_live) for t in self.triggers(name)}
