"""Where does a function's code come from, and which code does a link of GetFunction give?

The emulator looks for code among the caller's buckets only; AWS fetches from any bucket of the
region that lets the caller read. Whether this bucket does is not checked here: the template's own
tests look at its policy. And its link gives the code of $LATEST whatever version was asked for; AWS
gives that version's. Sources: "CreateFunction", FunctionCode: "an Amazon S3 bucket in the same AWS
Region as your function. The bucket can be in a different AWS account."; "GetFunction", Qualifier:
"Specify a version or alias to get details about a published version of the function", AWS Lambda
API reference, read 2026-11-22.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import target

NEEDED_FOR = "code in a bucket of another account"
OF_A_VERSION = "the code of a published version"


def apply() -> None:
    """Replace how code is fetched, and how it is handed out."""
    service = target.module("ministack.services.lambda_svc")
    _fetch_from_every_account(service)
    _link_each_version(service)
    _serve_each_version(service)


def _fetch_from_every_account(service: Any) -> None:
    """Look among the buckets of the caller first, then among those of everybody."""
    storage = target.module("ministack.services.s3")
    responses = target.module("ministack.core.responses")
    original = target.demand(service, "_fetch_code_from_s3", needed_for=NEEDED_FOR)
    buckets = target.demand(storage, "_buckets", needed_for=NEEDED_FOR)
    scope = target.demand(responses, "request_scope", needed_for=NEEDED_FOR)

    def fetch(bucket: str, key: str, version_id: str | None = None) -> Any:
        found = original(bucket, key, version_id=version_id)
        if found is not None:
            return found
        for account, name in list(buckets._data):
            if name == bucket:
                with scope(account, responses.get_region()):
                    return original(bucket, key, version_id=version_id)
        return None

    service._fetch_code_from_s3 = fetch


def _link_each_version(service: Any) -> None:
    original = target.demand(service, "_get_function", needed_for=OF_A_VERSION)

    def get_function(name: str, qualifier: str | None = None) -> Any:
        status, headers, body = original(name, qualifier)
        if status != HTTPStatus.OK:
            return status, headers, body
        said = json.loads(body)
        version = said["Configuration"].get("Version", "")
        if not version.isdigit() or "Location" not in said["Code"]:
            return status, headers, body
        link = said["Code"]["Location"].replace(f"/{name}?", f"/{name}:{version}?")
        said["Code"]["Location"] = link
        return service.json_response(said)

    service._get_function = get_function


def _serve_each_version(service: Any) -> None:
    original = target.demand(service, "serve_function_code", needed_for=OF_A_VERSION)

    def serve(name: str, account_id: str | None = None, region: str | None = None) -> Any:
        function, _, version = name.partition(":")
        if not version:
            return original(name, account_id=account_id, region=region)
        found = service._functions.get_scoped(account_id, region, function) or {}
        kept = found.get("versions", {}).get(version)
        if kept is None:
            return 404, {"Content-Type": "text/plain"}, b"Function not found"
        return 200, {"Content-Type": "application/zip"}, kept.get("code_zip") or b""

    service.serve_function_code = serve
