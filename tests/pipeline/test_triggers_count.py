"""How many calls does the graph of 2,000 functions make? Pages, and a few per silent function."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.fakes.builders import TARGET, an_account
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeFleet
from tests.pipeline.trigger_place import Place
from tests.policy.test_shipped import SHIPPED, bundle_in
from trimtab.domain.finding import Assessment
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.inventory import Cut, inventory
from trimtab.pipeline.signals.needs import Needs

FUNCTIONS, SILENT, ALIASED = 2_000, 100, 20
MACHINES, APIS, STACKS, RULES = 60, 30, 40, 50

OF_A_FUNCTION = (
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListVersionsByFunction",
)


def fleet() -> Place:
    """Build 2,000 functions of which 100 were silent; 20 of those have a version and an alias."""
    names = [f"f-{number:04}" for number in range(FUNCTIONS)]
    place = Place(*names)
    metrics = place.here.metrics
    for name in names[SILENT:]:
        metrics.put_daily("Invocations", "Sum", 5, end=NOW, days=14, FunctionName=name)
    for name in names[:ALIASED]:
        place.here.functions.publish(name)
        place.here.functions.alias(name, "live", "1")
    busy = str(place.arns[-1])
    for number in range(MACHINES):
        place.here.machines.put(f"m{number}", {"States": {"A": {"Resource": busy}}})
    for number in range(APIS):
        place.here.rest_apis.put(f"api{number}")
    for number in range(STACKS):
        place.here.stacks.put_stack(f"s{number}", {"Resources": {}})
    for number in range(RULES):
        place.here.events.put_rule(f"r{number}", busy)
    return place


def test_2000_functions_take_bulk_pages_and_at_most_four_calls_a_qualifier_of_silent_ones() -> None:
    place = fleet()
    policy = bundle_in(SHIPPED).policy("unused-function")
    assert policy is not None
    bundle = replace(bundle_in(SHIPPED), policies=(policy,))
    read = inventory(
        TARGET,
        FakeFleet(place.cloud).open(TARGET),
        Needs(policies=bundle.policies, account=an_account()),
        clock=place.cloud.clock,
        is_unmanaged=True,
        cut=Cut(at_most=FUNCTIONS),
    )
    part = evaluate(read, account=an_account(), bundle=bundle, now=NOW)
    found = Counter(verdict.assessment for verdict in part.verdicts)
    assert found == {
        Assessment.NON_COMPLIANT: SILENT,
        Assessment.COMPLIANT: FUNCTIONS - SILENT,
    }
    calls = dict(read.calls)
    own = {name: calls.pop(name) for name in OF_A_FUNCTION if name in calls}
    qualifiers = SILENT + 2 * ALIASED
    assert own == {
        "lambda:GetPolicy": qualifiers,
        "lambda:ListAliases": SILENT,
        "lambda:ListFunctionUrlConfigs": SILENT,
        "lambda:ListProvisionedConcurrencyConfigs": ALIASED,
        "lambda:ListVersionsByFunction": SILENT,
    }
    assert sum(own.values()) <= 4 * qualifiers
    assert calls.pop("cloudwatch:GetMetricData") <= 24
    assert calls == {
        "apigateway:GET": 2 + 2 * APIS,
        "cloudformation:DescribeStacks": 1,
        "cloudformation:GetTemplate": STACKS,
        "events:ListEventBuses": 1,
        "events:ListRules": 1,
        "events:ListTargetsByRule": RULES,
        "iam:GetAccountAuthorizationDetails": 1,
        "lambda:ListEventSourceMappings": 1,
        "lambda:ListFunctions": FUNCTIONS // 50,
        "pipes:ListPipes": 1,
        "scheduler:ListSchedules": 1,
        "sns:ListSubscriptions": 1,
        "states:DescribeStateMachine": MACHINES,
        "states:ListStateMachines": 1,
        "tag:GetResources": 1,
    }
