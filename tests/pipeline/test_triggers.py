"""Is everything that points to a function an edge, live or dormant as it really is?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.clock import NOW
from tests.fakes.fake_apis import uri_of
from tests.pipeline.trigger_place import INVOKE, ROLE, Place, here
from trimtab.domain.arn import Target
from trimtab.pipeline.triggers import graph_of, graph_of_all

QUEUE = here("sqs", "orders")
EDGE = Target(account=ACCOUNT, region="us-east-1")


def test_nothing_points_to_a_function_that_nobody_set_up_to_be_called() -> None:
    place = Place()
    graph = place.graph()
    assert graph.triggers_of(place.arn) == ()
    assert graph.blinds == ()
    assert (graph.has_live(place.arn), graph.live_count(place.arn)) == (False, 0)
    assert graph.next_fire_at(place.arn) is None
    with pytest.raises(KeyError):
        graph.triggers_of(place.arns[0].parse(f"{place.arn}-2"))


def test_mappings_rules_topics_and_pipes_are_edges_with_the_qualifier_they_name() -> None:
    place = Place()
    arn, now = place.arn, NOW
    place.here.functions.feed(arn, QUEUE, qualifier="live")
    place.here.functions.feed(arn, None, State="Disabled")
    place.here.events.put_rule("on-order", f"{arn}:3")
    place.here.events.put_rule("on-refund", arn, bus="shop", state="DISABLED")
    topic = place.here.sns.subscribe("news", f"{arn}:live")
    old = place.here.sns.subscribe("old", arn)
    place.here.sns.leave_pending()
    place.here.sns.subscribe("mail", "dana@example.com", protocol="email")
    place.here.pipes.put("to", arn, at=now)
    place.here.pipes.put("by", QUEUE, by=arn, state="STOPPED", at=now)
    assert place.shown() == {
        ("event source mapping", QUEUE, "live", True),
        ("event source mapping", "uuid-1", None, False),
        ("EventBridge rule", "on-order", "3", True),
        ("EventBridge rule", "shop/on-refund", None, False),
        ("SNS topic", topic, "live", True),
        ("SNS topic", old, None, False),
        ("EventBridge pipe", "to", None, True),
        ("EventBridge pipe", "by", None, False),
    }
    assert place.graph().qualifiers(arn) == {"live", "3"}


def test_an_enabled_schedule_of_once_a_year_is_live_and_one_that_is_over_is_not() -> None:
    place = Place()
    arn, put = place.arn, place.here.scheduler.put
    put("yearly", f"{arn}:live", expression="cron(0 0 1 10 ? *)")
    put("over", arn, expression="rate(1 day)", ends_at=NOW - timedelta(days=1))
    put("once", arn, expression="at(2020-01-01T00:00:00)")
    put("off", arn, state="DISABLED")
    put("strange", arn, expression="cron(whenever)")
    place.here.events.put_rule("never", arn, schedule="cron(0 0 1 1 ? 2020)")
    found = {t.name: (t.is_live, t.next_fire_at) for t in place.triggers()}
    assert {name: live for name, (live, _) in found.items()} == {
        "yearly": True,
        "over": False,
        "once": False,
        "off": False,
        "strange": True,
        "never": False,
    }
    yearly = found["yearly"][1]
    assert yearly is not None
    assert yearly.isoformat() == "2027-10-01T00:00:00+00:00"
    assert place.graph().next_fire_at(arn) == yearly


def test_apis_call_by_integration_and_authorizer_and_one_without_a_stage_does_not() -> None:
    place = Place("orders", "guard")
    orders, guard = place.arns
    rest, http = place.here.rest_apis, place.here.http_apis
    rest.put("shop", uri_of(orders), uri_of(f"{orders}:live"), authorizers=[uri_of(guard)])
    rest.put("bare", uri_of(orders), stages=())
    rest.put("other", "arn:aws:apigateway:eu-west-1:sqs:path/1/queue")
    http.put("h1", f"{orders}:live", authorizer=uri_of(guard))
    http.put("h2", "https://example.com/")
    assert place.shown() == {
        ("REST API", "shop (the shop API)", None, True),
        ("REST API", "shop (the shop API)", "live", True),
        ("REST API", "bare (the bare API)", None, False),
        ("HTTP or WebSocket API", "h1 (the h1 API)", "live", True),
    }
    assert {kind for kind, *_ in place.shown("guard")} == {"REST API", "HTTP or WebSocket API"}


def test_stage_variables_name_the_function_stage_by_stage_and_in_a_canary() -> None:
    place = Place("orders", "orders-next", "orders-dev")
    own = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:${{stageVariables.fn}}"
    place.here.rest_apis.put("shop", uri_of(own), stages=({"fn": "orders:live"},))
    place.here.rest_apis.shift("shop", fn="orders-next")
    place.here.http_apis.put("web", uri_of(own), stages=({"fn": "orders-dev"},))
    assert place.shown() == {("REST API", "shop (the shop API)", "live", True)}
    assert place.shown("orders-next") == {("REST API", "shop (the shop API)", None, True)}
    assert place.shown("orders-dev") == {("HTTP or WebSocket API", "web (the web API)", None, True)}


def test_state_machines_name_functions_as_resources_and_as_parameters() -> None:
    place = Place("orders", "refunds", "mails", "bills")
    orders, refunds, *_ = place.arns
    by_api = "arn:aws:states:::lambda:invoke"
    states = {
        "A": {"Type": "Task", "Resource": str(orders)},
        "B": {"Type": "Parallel", "Branches": [{"States": {"C": {"Resource": f"{refunds}:live"}}}]},
        "D": {"Type": "Task", "Resource": by_api, "Parameters": {"FunctionName": "mails:3"}},
        "E": {"Resource": f"{by_api}.waitForTaskToken", "Arguments": {"FunctionName": "bills"}},
    }
    place.here.machines.put("flow", {"States": states})
    place.here.machines.put("going", {"States": {"A": states["A"]}}, status="DELETING")
    kind = "Step Functions state machine"
    assert place.shown() == {(kind, "flow", None, True), (kind, "going", None, False)}
    assert place.shown("refunds") == {(kind, "flow", "live", True)}
    assert place.shown("mails") == {(kind, "flow", "3", True)}
    assert place.shown("bills") == {(kind, "flow", None, True)}


def test_a_distribution_names_a_version_and_its_function_runs_at_the_edge() -> None:
    place = Place("orders", "plain", target=EDGE)
    place.here.cloudfront.put("E1", f"{place.arn}:7", f"{place.arn}:8")
    place.here.cloudfront.put("E2", f"{place.arn}:6", is_on=False)
    assert place.shown() == {
        ("CloudFront distribution", "E1", "7", True),
        ("CloudFront distribution", "E1", "8", True),
        ("CloudFront distribution", "E2", "6", False),
    }
    assert place.graph().edge[place.arn] is True
    assert place.graph("plain").edge[place.arns[1]] is False


def test_elsewhere_distributions_are_not_asked_for() -> None:
    place = Place()
    place.graph()
    assert place.here.cloudfront.calls["ListDistributions"] == 0


def test_a_role_that_the_edge_may_assume_makes_a_function_one_of_the_edge() -> None:
    place = Place(Role=f"{ROLE}/edge")
    place.here.iam.put_role(f"{ROLE}/edge", trusts=["edgelambda.amazonaws.com"])
    assert place.graph().edge[place.arn] is True
    gone = Place(Role=f"{ROLE}/gone")
    assert gone.graph().edge[gone.arn] is False


def test_the_environment_of_another_function_names_one_by_arn_or_by_name() -> None:
    place = Place("orders", "caller", "own")
    change = place.here.functions.change
    named = {"A": f"x {place.arn}:live y", "B": "orders", "C": "orders2", "D": "a b", "E": ""}
    change("caller", Environment={"Variables": named})
    change("orders", Environment={"Variables": {"SELF": "orders", "ARN": str(place.arn)}})
    kind = "environment of a function"
    assert place.shown() == {(kind, "caller", None, True), (kind, "caller", "live", True)}


def test_where_events_go_is_asked_of_those_alone_whose_role_may_call_the_function() -> None:
    place = Place("orders", "sender", "other")
    allow = {"Effect": "Allow", "Action": INVOKE, "Resource": f"{place.arn}:*"}
    place.here.iam.put_role(f"{ROLE}/sender", {"Statement": allow})
    place.here.functions.change("sender", Role=f"{ROLE}/sender")
    other = str(place.arns[2])
    ends = {"OnFailure": {"Destination": f"{place.arn}:live"}, "OnSuccess": {"Destination": other}}
    place.here.functions.handle_events(place.arns[1], DestinationConfig=ends)
    to_queue = {"OnSuccess": {"Destination": QUEUE}}
    place.here.functions.handle_events(place.arns[1], "1", DestinationConfig=to_queue)
    assert place.shown() == {("asynchronous destination", "sender", "live", True)}
    assert place.here.functions.calls["ListFunctionEventInvokeConfigs"] == 1
    assert place.shown("other") == set()


def test_provisioned_concurrency_urls_and_open_durable_executions_need_the_function() -> None:
    place = Place(DurableConfig={"ExecutionTimeout": 60})
    lambda_ = place.here.functions
    lambda_.publish("orders")
    lambda_.alias("orders", "live", "1")
    lambda_.provision("orders", "live", 5)
    lambda_.open_url(place.arn, "AWS_IAM", alias="live")
    lambda_.executions["orders"] = ["RUNNING", "SUCCEEDED", "PAUSED"]
    assert place.shown() == {
        ("provisioned concurrency", "5 environments", "live", True),
        ("function URL", "authentication AWS_IAM", "live", True),
        ("durable execution", "2 open", None, True),
    }
    assert place.graph().open_executions[place.arn] == 2
    lambda_.executions["orders"] = ["FAILED"]
    assert place.graph().open_executions[place.arn] == 0


def test_one_graph_holds_all_functions_that_were_asked_about() -> None:
    place = Place("orders", "refunds")
    place.here.events.put_rule("on-order", place.arn)
    place.here.machines.fail_always("ListStateMachines", "AccessDeniedException")
    source = place.source()
    functions = source.list_functions(None).functions
    graph = graph_of_all(source, functions)
    assert set(graph.triggers) == set(place.arns)
    assert [graph.has_live(arn) for arn in place.arns] == [True, None]
    assert len(graph.blinds) == 1
    assert graph_of(source, functions[0]).target == graph.target
