"""What did earlier runs leave for a finding? An open change, a rest, refusals, rounds (S25)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trimtab.aws.items import get_many, to_item, update
from trimtab.aws.round_items import (
    ROUND_NOTE,
    StateTable,
    lock_key,
    memory_key,
    memory_update,
)
from trimtab.domain.finding import Finding
from trimtab.domain.plan import FindingMemory


class Memories(StateTable):
    """The memories of findings in the state table."""

    def memory(self, findings: Sequence[Finding]) -> Mapping[str, FindingMemory]:
        keys = [memory_key(finding.id) for finding in findings]
        keys += [lock_key(function) for function in {str(f.function) for f in findings}]
        distinct = list({str(key["pk"]): key for key in keys}.values())
        items = {item["pk"]: item for item in get_many(self._client, self._table, distinct)}
        return {
            finding.id: _memory(
                items.get(memory_key(finding.id)["pk"], {}),
                items.get(lock_key(str(finding.function))["pk"], {}),
            )
            for finding in findings
        }

    def remember(
        self,
        finding_id: str,
        *,
        cooling_until: datetime | None = None,
        refuse_change: str | None = None,
        applied_change: str | None = None,
        applied_from: str | None = None,
        reverted_change: str | None = None,
    ) -> None:
        """Add to the memory; what is not given stays as it was."""
        asked = memory_update(
            finding_id,
            cooling_until=cooling_until,
            refuse_change=refuse_change,
            applied_change=applied_change,
            applied_from=applied_from,
            reverted_change=reverted_change,
        )
        if asked is not None:
            update(self._client, self._table, f"memory of finding {finding_id}", **asked)

    def forgive(self, finding_id: str, change_id: str, *, applied_from: str) -> None:
        update(
            self._client,
            self._table,
            f"memory of finding {finding_id}",
            Key=to_item(memory_key(finding_id)),
            UpdateExpression="REMOVE cooling_until"
            " DELETE refused_changes :change, applied_changes :change, reverted_changes :change,"
            " applied_from :from",
            ExpressionAttributeValues=to_item(
                {":change": frozenset({change_id}), ":from": frozenset({applied_from})}
            ),
        )


def _memory(item: Mapping[str, Any], lock: Mapping[str, Any]) -> FindingMemory:
    rounds = {
        name.removeprefix(ROUND_NOTE): number
        for name, number in item.items()
        if name.startswith(ROUND_NOTE)
    }
    return FindingMemory(
        open_change=lock.get("execution"),
        cooling_until=item.get("cooling_until"),
        refused_changes=tuple(sorted(item.get("refused_changes", ()))),
        applied_changes=tuple(sorted(item.get("applied_changes", ()))),
        applied_from=tuple(sorted(item.get("applied_from", ()))),
        reverted_changes=tuple(sorted(item.get("reverted_changes", ()))),
        rounds=rounds or None,
    )
