"""How does Lambda answer to a backup and to a restore? Every component, stateful, as AWS has it.

Version numbers are never given twice; deleting a function leaves its mappings and what scales it;
publishing what was published last makes no new version; whatever is created twice is refused.
"""

import copy
import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.fakes.failures import client_error
from tests.fakes.member_state import LATEST, Kept, MemberClient, MemberState, Raw, digest_of
from tests.fakes.member_writes import MemberWrites
from trimtab.domain.arn import FunctionArn

STORES = ("functions", "mappings", "targets", "actions", "policies", "numbers")


class MemberAccount(MemberWrites, MemberState):
    """What stands behind the clients of `clients()`."""

    def __init__(self, fetch: Callable[[str, str], bytes], *, account: str = "1" * 12) -> None:
        MemberState.__init__(self, fetch, account=account)

    def client(self, service: str) -> Any:
        return MemberClient(service, self)

    def writer(self, service: str) -> Any:
        return MemberClient(service, self)

    def own(self, name: str) -> FunctionArn:
        return FunctionArn.parse(self.arn(name))

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of all that is there."""
        return {name: copy.deepcopy(getattr(self, name)) for name in STORES}

    def put_back(self, was: dict[str, Any]) -> None:
        for name, value in copy.deepcopy(was).items():
            setattr(self, name, value)

    def remove(self, name: str) -> None:
        """Delete a function as somebody would: with what hangs on it, its leftovers apart."""
        del self.functions[name]
        self.mappings = [m for m in self.mappings if m["FunctionArn"].split(":")[6] != name]
        for store in (self.targets, self.actions, self.policies):
            for key in [k for k in store if f":{name}:" in str(k)]:
                del store[key]

    def get_function(self, asked: Raw) -> Raw:
        kept, qualifier = self.find(asked["FunctionName"], "GetFunction", asked.get("Qualifier"))
        self.settle(kept)
        raw, code = self._version(kept, qualifier)
        link = {"Location": f"https://code.test/{raw['CodeSha256']}?signature=secret"}
        answer: Raw = {"Configuration": raw, "Code": dict(code) | link}
        return answer

    def _version(self, kept: Kept, qualifier: str) -> tuple[Raw, Raw]:
        if qualifier == LATEST:
            return kept.latest, kept.code
        number = kept.aliases.get(qualifier, {}).get("FunctionVersion", qualifier)
        return kept.versions[number], kept.version_code[number]

    def list_functions(self, asked: Raw) -> Raw:
        return self.page("Functions", [kept.latest for kept in self.functions.values()], asked)

    def list_tags(self, asked: Raw) -> Raw:
        for mapping in self.mappings:
            if mapping["EventSourceMappingArn"] == asked["Resource"]:
                return {"Tags": mapping["_tags"]}
        kept, _ = self.find(asked["Resource"], "ListTags")
        return {"Tags": kept.tags}

    def list_versions_by_function(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "ListVersionsByFunction")
        return self.page("Versions", [kept.latest, *kept.versions.values()], asked)

    def list_aliases(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "ListAliases")
        return self.page("Aliases", [raw for _, raw in sorted(kept.aliases.items())], asked)

    def get_policy(self, asked: Raw) -> Raw:
        kept, at = self.find(asked["FunctionName"], "GetPolicy", asked.get("Qualifier"))
        found = kept.policies.get(at)
        if not found:
            raise client_error("ResourceNotFoundException", "no policy is there", "GetPolicy")
        return {"Policy": json.dumps({"Statement": list(found.values())}), "RevisionId": "p"}

    def list_event_source_mappings(self, asked: Raw) -> Raw:
        shown = [{k: v for k, v in m.items() if k != "_tags"} for m in self.mappings]
        return self.page("EventSourceMappings", shown, asked)

    def list_function_url_configs(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "ListFunctionUrlConfigs")
        return self.page("FunctionUrlConfigs", list(kept.urls.values()), asked)

    def list_function_event_invoke_configs(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "ListFunctionEventInvokeConfigs")
        return self.page("FunctionEventInvokeConfigs", list(kept.invoke.values()), asked)

    def get_function_concurrency(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "GetFunctionConcurrency")
        return {} if kept.reserved is None else {"ReservedConcurrentExecutions": kept.reserved}

    def list_provisioned_concurrency_configs(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "ListProvisionedConcurrencyConfigs")
        name = kept.latest["FunctionName"]
        found = [
            {
                "FunctionArn": self.arn(name, qualifier),
                "RequestedProvisionedConcurrentExecutions": level,
                "AllocatedProvisionedConcurrentExecutions": level,
                "Status": "READY",
            }
            for qualifier, level in sorted(kept.provisioned.items())
        ]
        return self.page("ProvisionedConcurrencyConfigs", found, asked)

    def get_function_code_signing_config(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "GetFunctionCodeSigningConfig")
        name = {"FunctionName": kept.latest["FunctionName"]}
        return name | ({"CodeSigningConfigArn": kept.signing} if kept.signing else {})

    def get_runtime_management_config(self, asked: Raw) -> Raw:
        operation = "GetRuntimeManagementConfig"
        kept, at = self.find(asked["FunctionName"], operation, asked.get("Qualifier"))
        arn = {"FunctionArn": self.arn(kept.latest["FunctionName"], at)}
        return arn | kept.runtime.get(at, {"UpdateRuntimeOn": "Auto"})

    def get_function_recursion_config(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "GetFunctionRecursionConfig")
        return {"RecursiveLoop": kept.recursion}

    def describe_scalable_targets(self, asked: Raw) -> Raw:
        return self.token_page("ScalableTargets", list(self.targets.values()), asked)

    def describe_scheduled_actions(self, asked: Raw) -> Raw:
        return self.token_page("ScheduledActions", list(self.actions.values()), asked)

    def describe_scaling_policies(self, asked: Raw) -> Raw:
        return self.token_page("ScalingPolicies", list(self.policies.values()), asked)


class MemberDownloads:
    """Follows the links that the account gives, and quotes none."""

    def __init__(self, account: MemberState) -> None:
        self._account = account
        self.followed = 0
        self.faults: list[Exception] = []

    def chunks(self, link: str, *, what: str) -> Any:
        self.followed += 1
        assert link.startswith("https://code.test/")
        if self.faults:
            raise self.faults.pop(0)
        code = self._account.zips[link.removeprefix("https://code.test/").partition("?")[0]]
        for at in range(0, len(code), 31):
            yield code[at : at + 31]


@cache
def zip_of(text: str) -> tuple[bytes, str]:
    """Return a deployment package of this text, the same each time, and its digest."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), f"def handler(*_): {text!r}\n")
    return held.getvalue(), digest_of(held.getvalue())
