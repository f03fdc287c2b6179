"""Which sign-ins were used already? A mark each in the state table, gone after its time."""

from collections.abc import Mapping
from datetime import datetime

from trimtab.aws.items import Plain, to_item, update
from trimtab.aws.round_items import StateTable


class AwsSignIns(StateTable):
    """SignIns in the state table. The mark is the digest of a state, which says nothing."""

    def spend(self, name: str, *, until: datetime) -> bool:
        """Mark once. A mark that outlives its time harms nobody: no state comes twice."""
        values: Mapping[str, Plain] = {":ttl": int(until.timestamp()) + 1}
        found = update(
            self._client,
            self._table,
            "sign-in",
            Key=to_item({"pk": f"signin#{name}", "sk": "signin"}),
            UpdateExpression="SET #ttl = :ttl",
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues=to_item(values),
        )
        return found is not None
