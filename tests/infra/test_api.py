"""Can the approval page be reached, and does its address stay secret?"""

from __future__ import annotations

import json

from tests.infra.templates import of_type
from trimtab.flows.sign_in import CALLBACK_ROUTE

TELLS_THE_TOKEN = ("path", "query", "queryString", "requestUri", "authorizer", "integration")


def stage() -> dict[str, object]:
    (found,) = of_type("ApiGatewayV2::Stage").values()
    return dict(found["Properties"])


def test_only_the_page_and_the_way_back_from_a_sign_in_are_routed() -> None:
    routes = {route["Properties"]["RouteKey"] for route in of_type("ApiGatewayV2::Route").values()}
    page = {"GET /a/{token}", "HEAD /a/{token}", "POST /a/{token}"}
    assert routes == page | {CALLBACK_ROUTE}


def test_every_route_leads_to_the_one_lambda_and_has_no_throttle_of_its_own() -> None:
    targets = {str(r["Properties"]["Target"]) for r in of_type("ApiGatewayV2::Route").values()}
    assert len(targets) == 1
    assert "RouteSettings" not in stage()


def test_the_access_log_holds_neither_path_nor_query() -> None:
    settings = stage()["AccessLogSettings"]
    assert isinstance(settings, dict)
    logged = json.loads(settings["Format"])
    assert set(logged.values()) == {f"$context.{name}" for name in logged}
    assert not [name for name in logged if any(word in name for word in TELLS_THE_TOKEN)]
    assert "routeKey" in logged


def test_the_page_is_throttled() -> None:
    assert stage()["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": 20,
        "ThrottlingRateLimit": 10,
    }


def test_the_stage_is_the_default_one() -> None:
    assert (stage()["StageName"], stage()["AutoDeploy"]) == ("$default", True)
