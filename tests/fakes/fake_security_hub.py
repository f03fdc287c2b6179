"""What does Security Hub do with findings? Its limits, its order of updates, its refusals.

Source: "BatchImportFindings", AWS Security Hub API reference, and "BatchImportFindings for finding
providers", user guide, read 2026-11-21.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.failures import FailingClient, client_error

Raw = dict[str, Any]
OPERATION = "BatchImportFindings"
REQUIRED = (
    "SchemaVersion",
    "Id",
    "ProductArn",
    "GeneratorId",
    "AwsAccountId",
    "CreatedAt",
    "UpdatedAt",
    "Title",
    "Description",
    "Resources",
)
CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")
"""Of an existing finding only the customer changes these."""


class FakeSecurityHub(FailingClient):
    """The client of one account and region."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__()
        self._account, self._region = account, region
        self.findings: dict[str, Raw] = {}
        self.is_enabled = True
        self.refuses: dict[str, str] = {}
        """Id -> ErrorCode, for findings that it will not take."""
        self.sizes: list[int] = []
        """How many findings each call brought."""

    def batch_import_findings(self, *, Findings: Sequence[Mapping[str, Any]]) -> Raw:
        def work() -> Raw:
            if not self.is_enabled:
                message = f"Account {self._account} is not subscribed to AWS Security Hub"
                raise client_error("InvalidAccessException", message, OPERATION, status=401)
            if not 1 <= len(Findings) <= 100:
                raise client_error("InvalidInputException", "1 to 100", OPERATION, status=400)
            if sum(map(_size, Findings)) > 6 * 1024 * 1024:
                raise client_error("InvalidInputException", "6 MB", OPERATION, status=400)
            self.sizes.append(len(Findings))
            failed = [answer for f in Findings if (answer := self._take(f)) is not None]
            return {
                "FailedCount": len(failed),
                "SuccessCount": len(Findings) - len(failed),
                "FailedFindings": failed,
            }

        return self.run(OPERATION, work)

    def _take(self, finding: Mapping[str, Any]) -> Raw | None:
        why = self._fault(finding)
        if why is not None:
            code, message = why
            return {"Id": finding["Id"], "ErrorCode": code, "ErrorMessage": message}
        new = copy.deepcopy(dict(finding))
        known = self.findings.get(new["Id"])
        if known is None:
            self.findings[new["Id"]] = {"Workflow": {"Status": "NEW"}} | new
        elif new["UpdatedAt"] > known["UpdatedAt"]:
            theirs = {name: known[name] for name in CUSTOMERS if name in known}
            self.findings[new["Id"]] = known | new | theirs
        return None

    def _fault(self, finding: Mapping[str, Any]) -> tuple[str, str] | None:
        if finding["Id"] in self.refuses:
            return self.refuses[finding["Id"]], "on purpose"
        missing = [name for name in REQUIRED if not finding.get(name)]
        if missing:
            return "InvalidInput", f"{missing} missing"
        if _size(finding) > 240 * 1024:
            return "InvalidInput", "larger than 240 KB"
        if finding["AwsAccountId"] != self._account or self._product() != finding["ProductArn"]:
            return "InvalidAccess", "the default product takes findings of the caller's account"
        return None

    def _product(self) -> str:
        account = self._account
        return f"arn:aws:securityhub:{self._region}:{account}:product/{account}/default"


def _size(finding: Mapping[str, Any]) -> int:
    return len(json.dumps(finding).encode())
