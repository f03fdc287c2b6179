"""What does the hub know by now? The demo reads it where an auditor would: the ledger and the
stores.
"""

import gzip
import json
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.ledger import AwsLedger
from trimtab.aws.people import AwsPeople
from trimtab.domain.ledger import Entry, Fault, chain_faults
from trimtab.domain.realised import Savings
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.flows.audit import audit
from trimtab.flows.savings import savings
from trimtab.local.demo.world import World

POLL_S = 0.3
ENDS = frozenset(
    {
        "watch_healthy",
        "watch_insufficient_data",
        "undone",
        "undo_stopped",
        "stale",
        "forward_refused",
        "not_written",
        "removed",
    }
)
"""The entries after which nothing more happens to a change by itself."""


def _is_end(entry: Entry) -> bool:
    if entry.event != "decided":
        return entry.event in ENDS
    return entry.data["signed"]["decision"]["word"] in ("rejected", "expired")


class Hub:
    """The deployed hub, seen from outside."""

    def __init__(self, world: World) -> None:
        self._world = world
        out = world.outputs
        self.ledger = AwsLedger(
            world.hub("dynamodb"),
            world.hub("s3"),
            ledger_table=out["LedgerTable"],
            heads_table=out["HeadsTable"],
            bucket=out["LedgerBucket"],
        )
        self.people = AwsPeople(world.hub("dynamodb"), table=out["PeopleTable"])

    def object(self, key: str) -> Any:
        """Return a JSON object of the evidence bucket; None while it is not there."""
        try:
            answer = self._world.hub("s3").get_object(
                Bucket=self._world.outputs["EvidenceBucket"], Key=key
            )
        except ClientError:
            return None
        body = answer["Body"].read()
        return json.loads(gzip.decompress(body) if key.endswith(".gz") else body)

    def parts(self, run_id: str) -> int:
        """Return how many slices of targets are scanned."""
        found = self._world.hub("s3").list_objects_v2(
            Bucket=self._world.outputs["EvidenceBucket"], Prefix=keys.parts(run_id)
        )
        return int(found["KeyCount"])

    def executions(self, output: str) -> list[dict[str, Any]]:
        """Return the executions of a state machine, by the name of the stack's output."""
        machine = self._world.outputs[output]
        found = self._world.hub("stepfunctions").list_executions(stateMachineArn=machine)
        return list(found["executions"])

    def wait_for_scan(self, *, after: Collection[str] = (), timeout_s: float = 120.0) -> str:
        """Return the run id once a Scan execution has ended; `after`: the runs there were before.

        Raises: RuntimeError when it fails, with its cause, or takes too long.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for execution in self.executions("ScanMachineArn"):
                if execution["name"] in after:
                    continue
                if execution["status"] == "SUCCEEDED":
                    return str(execution["name"])
                if execution["status"] != "RUNNING":
                    raise RuntimeError(f"the scan {execution['status']}: {self._cause(execution)}")
            time.sleep(POLL_S)
        raise RuntimeError(f"the scan did not end within {timeout_s:.0f} s")

    def _cause(self, execution: dict[str, Any]) -> str:
        client = self._world.hub("stepfunctions")
        found = client.describe_execution(executionArn=execution["executionArn"])
        return f"{found.get('error')}: {str(found.get('cause'))[:800]}"

    def entries(self) -> list[Entry]:
        """Return every entry of every chain."""
        return [e for chain in self.ledger.chains() for e in self.ledger.entries(chain)]

    def proposals(self) -> Mapping[str, Remediation]:
        """Return what was proposed, by the name of the function; of several the last."""
        found = sorted((e for e in self.entries() if e.event == "proposed"), key=lambda e: e.at)
        changes = (from_wire(Remediation, entry.data["remediation"]) for entry in found)
        return {change.function.name: change for change in changes}

    def savings(self) -> Savings:
        """Return what `trimtab savings` shows."""
        return savings(self.ledger, since=None, now=datetime.now(UTC))

    def events(self) -> Counter[str]:
        """Count what happened: events, and decisions by their word."""
        found: Counter[str] = Counter()
        for entry in self.entries():
            found[entry.event] += 1
            if entry.event == "decided":
                found[entry.data["signed"]["decision"]["word"]] += 1
        return found

    def ended(self) -> frozenset[str]:
        """Return the names of the functions whose change has come to its end."""
        return frozenset(
            str(entry.function).rpartition(":")[2] for entry in self.entries() if _is_end(entry)
        )

    def faults(self) -> tuple[Fault, ...]:
        """Verify every chain."""
        return audit(self.ledger).faults

    def is_alteration_found(self, chain: str) -> bool:
        """Alter one entry of a copy of a chain, and tell whether verifying the copy shows it."""
        copy: Sequence[Entry] = self.ledger.entries(chain)
        if not copy:
            return False
        middle = len(copy) // 2
        altered = replace(copy[middle], actor="somebody-else")
        forged = (*copy[:middle], altered, *copy[middle + 1 :])
        return bool(chain_faults(forged, self.ledger.head(chain)))
