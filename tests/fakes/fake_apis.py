"""How does API Gateway answer? REST APIs with resources and stages, HTTP APIs with integrations."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.failures import FailingClient, client_error
from tests.fakes.fake_callers import paged

Raw = dict[str, Any]


def uri_of(function: object, region: str = "eu-west-1") -> str:
    """Return what an integration calls, as API Gateway writes it."""
    path = "lambda:path/2015-03-31/functions"
    return f"arn:aws:apigateway:{region}:{path}/{function}/invocations"


class FakeRestApis(FailingClient):
    def __init__(self, *, page: int = 500) -> None:
        super().__init__()
        self._page = page
        self._apis: dict[str, Raw] = {}

    def put(
        self,
        api: str,
        *uris: str,
        role: str | None = None,
        authorizers: Sequence[str] = (),
        stages: Sequence[Mapping[str, str]] = ({},),
    ) -> None:
        """Add an API: a resource for each URI, and a stage for each set of variables."""
        more = {} if role is None else {"credentials": role}
        resources = [
            {
                "id": str(n),
                "path": f"/{n}",
                "resourceMethods": {"GET": {"methodIntegration": {"uri": uri} | more}},
            }
            for n, uri in enumerate(uris)
        ]
        self._apis[api] = {
            "resources": [{"id": "root", "path": "/"}, *resources],
            "authorizers": [
                {"id": str(n), "type": "TOKEN", "authorizerUri": uri}
                for n, uri in enumerate(authorizers)
            ],
            "stages": [
                {"stageName": str(n), "variables": dict(one)} for n, one in enumerate(stages)
            ],
        }

    def shift(self, api: str, **overrides: str) -> None:
        """Let the first stage have a canary with stage variables of its own."""
        self._apis[api]["stages"][0]["canarySettings"] = {"stageVariableOverrides": overrides}

    def forget(self, api: str) -> None:
        """Let an API go between its listing and the reading of it."""
        self._apis[api] = {}

    def get_rest_apis(self, limit: int = 25, position: str | None = None) -> Raw:
        listed = [{"id": api, "name": f"the {api} API"} for api in self._apis]
        size = min(limit, self._page)
        return self.run("GetRestApis", lambda: paged(listed, position, size, "position"))

    def get_resources(
        self, restApiId: str, embed: Sequence[str], limit: int = 25, position: str | None = None
    ) -> Raw:
        return self._part("GetResources", restApiId, "resources", limit, position)

    def get_authorizers(self, restApiId: str, limit: int = 25, position: str | None = None) -> Raw:
        return self._part("GetAuthorizers", restApiId, "authorizers", limit, position)

    def get_stages(self, restApiId: str) -> Raw:
        def work() -> Raw:
            return {"item": self._api(restApiId, "GetStages")["stages"]}

        return self.run("GetStages", work)

    def _part(self, operation: str, api: str, part: str, limit: int, position: str | None) -> Raw:
        def work() -> Raw:
            found = self._api(api, operation)[part]
            return paged(found, position, min(limit, self._page), "position")

        return self.run(operation, work)

    def _api(self, api: str, operation: str) -> Raw:
        if not self._apis[api]:
            message = "Invalid API identifier specified"
            raise client_error("NotFoundException", message, operation, status=404)
        return self._apis[api]


class FakeHttpApis(FailingClient):
    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._apis: dict[str, Raw] = {}

    def put(
        self,
        api: str,
        *uris: object,
        authorizer: str | None = None,
        stages: Sequence[Mapping[str, str]] = ({},),
    ) -> None:
        self._apis[api] = {
            "GetIntegrations": [
                {"IntegrationId": str(n), "IntegrationUri": str(uri)} for n, uri in enumerate(uris)
            ],
            "GetAuthorizers": (
                [] if authorizer is None else [{"AuthorizerId": "0", "AuthorizerUri": authorizer}]
            ),
            "GetStages": [
                {"StageName": str(n), "StageVariables": dict(one)} for n, one in enumerate(stages)
            ],
        }

    def get_apis(self, NextToken: str | None = None) -> Raw:
        listed = [{"ApiId": api, "Name": f"the {api} API"} for api in self._apis]
        return self._listing("GetApis", listed, NextToken)

    def get_integrations(self, ApiId: str, NextToken: str | None = None) -> Raw:
        return self._listing("GetIntegrations", self._apis[ApiId]["GetIntegrations"], NextToken)

    def get_authorizers(self, ApiId: str, NextToken: str | None = None) -> Raw:
        return self._listing("GetAuthorizers", self._apis[ApiId]["GetAuthorizers"], NextToken)

    def get_stages(self, ApiId: str, NextToken: str | None = None) -> Raw:
        return self._listing("GetStages", self._apis[ApiId]["GetStages"], NextToken)

    def _listing(self, operation: str, items: Sequence[Raw], token: str | None) -> Raw:
        def work() -> Raw:
            page = paged(items, token, self._page)
            return {"Items": page.pop("items")} | page

        return self.run(operation, work)
