"""Which accounts are in the one Organization, and who may ask?

The emulator gives each account an Organization of its own. Here every call answers from the
management account's: the management account may do everything, a delegated administrator may
read, and any other member may only describe the Organization. Lists come in pages of ten, as a
reader must expect.
"""

from __future__ import annotations

import json
import os
import time
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import control, target

MANAGEMENT_VARIABLE = "TRIMTAB_MANAGEMENT_ACCOUNT"
PAGE = 10

_administrators: dict[str, dict[str, Any]] = {}
_PAGED = {
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
}
_OPEN_TO_MEMBERS = {"DescribeOrganization"}


def apply() -> None:
    """Pin all accounts to one Organization and add delegated administrators and paging."""
    service = _service()
    dispatch = target.demand(service, "_DISPATCH", needed_for="one Organization")
    dispatch["RegisterDelegatedAdministrator"] = _register_administrator
    dispatch["ListDelegatedAdministrators"] = _list_administrators
    original = target.demand(service, "handle_request", needed_for="one Organization")
    responses = target.module("ministack.core.responses")
    scope = target.demand(responses, "request_scope", needed_for="one Organization")
    for store in ("_orgs", "_accounts", "_roots", "_ous", "_ensure_org"):
        target.demand(service, store, needed_for="one Organization")

    async def from_management(
        method: str, path: str, headers: Any, body: Any, query_params: Any
    ) -> Any:
        caller, operation = responses.get_account_id(), _operation(headers)
        payload = json.loads(body) if body else {}
        with scope(management(), responses.get_region()):
            service._ensure_org()
            if not _may(caller, operation):
                return responses.error_response_json(
                    "AccessDeniedException",
                    "You don't have permissions to access this resource.",
                    400,
                )
            status, answer_headers, answer = await original(
                method, path, headers, body, query_params
            )
            if status != HTTPStatus.OK:
                return status, answer_headers, answer
            return (
                status,
                answer_headers,
                json.dumps(_shape(operation, payload, json.loads(answer))).encode(),
            )

    service.handle_request = from_management
    control.register("account", _join)


def management() -> str:
    """The account that owns the Organization."""
    return os.environ[MANAGEMENT_VARIABLE]


def id_for_member(account_id: str) -> str | None:
    """The Organization's id when ``account_id`` is in it, else ``None``."""
    service = _service()
    if service._accounts.get_scoped(management(), None, account_id) is None:
        return None
    found = service._orgs.get_scoped(management(), None, "self")
    return None if found is None else str(found["Id"])


def _service() -> Any:
    return target.module("ministack.services.organizations")


def _operation(headers: Any) -> str:
    return str(headers.get("x-amz-target") or "").rsplit(".", 1)[-1]


def _may(caller: str, operation: str) -> bool:
    if caller == management() or operation in _OPEN_TO_MEMBERS:
        return True
    return caller in _administrators and operation.startswith(("List", "Describe"))


def _shape(operation: str, payload: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    for account in [*answer.get("Accounts", ()), *filter(None, [answer.get("Account")])]:
        account["State"] = account["Status"]
        account["Paths"] = [_path(account["Id"])]
    if operation not in _PAGED:
        return answer
    member = _PAGED[operation]
    start = int(payload.get("NextToken") or 0)
    stop = start + min(int(payload.get("MaxResults") or PAGE), PAGE)
    paged: dict[str, Any] = {member: answer[member][start:stop]}
    if stop < len(answer[member]):
        paged["NextToken"] = str(stop)
    return paged


def _path(account_id: str) -> str:
    """Where the account hangs in the tree, from the Organization's id down to its own."""
    service = _service()
    parts, node = [account_id], service._accounts[account_id]
    while node is not None and "_ParentId" in node:
        parts.insert(0, node["_ParentId"])
        node = service._ous.get(node["_ParentId"])
    return "/".join([service._orgs["self"]["Id"], *parts]) + "/"


def _join(body: dict[str, Any]) -> dict[str, Any]:
    """Add an account below the root with a chosen id; CreateAccount would invent one."""
    service = _service()
    responses = target.module("ministack.core.responses")
    with responses.request_scope(management(), responses.get_region()):
        service._ensure_org()
        root = next(iter(service._roots))
        owner = service._orgs["self"]["Arn"]
        service._accounts[body["Id"]] = {
            "Id": body["Id"],
            "Arn": f"{owner.replace(':organization/', ':account/')}/{body['Id']}",
            "Email": body["Email"],
            "Name": body["Name"],
            "Status": "ACTIVE",
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": int(time.time()),
            "Path": "/",
            "_ParentId": root,
        }
        return {"RootId": root}


def _register_administrator(payload: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    services = _administrators.setdefault(
        payload["AccountId"], {"DelegationEnabledDate": time.time()}
    )
    services[payload["ServicePrincipal"]] = True
    return _json({})


def _list_administrators(payload: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    del payload
    accounts = _service()._accounts
    listed = [
        {
            **{key: value for key, value in accounts[account].items() if not key.startswith("_")},
            "DelegationEnabledDate": entry["DelegationEnabledDate"],
        }
        for account, entry in _administrators.items()
    ]
    return _json({"DelegatedAdministrators": listed})


def _json(payload: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(payload).encode()
