"""Which personal links are out, to whom, and which form was shown last? Stored by hash only."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from trimtab.aws.items import Plain, get, to_item, update
from trimtab.aws.round_items import StateTable
from trimtab.domain.approval import Link
from trimtab.domain.errors import NotFoundError
from trimtab.domain.remediation import Remediation

KEPT_AFTER_EXPIRY = timedelta(days=30)
"""So that an old link still says what became of its change; chosen, not measured."""


class Links(StateTable):
    """The links in the state table."""

    def issue_link(self, remediation: Remediation, *, approver: str, token_hash: str) -> None:
        """Store a link under its hash; issuing the same one again changes nothing."""
        gone_at = remediation.expires_at + KEPT_AFTER_EXPIRY
        values: Mapping[str, Plain] = {
            ":change": remediation.change_id,
            ":round": remediation.round,
            ":approver": approver,
            ":expires": remediation.expires_at.isoformat(),
            ":ttl": int(gone_at.timestamp()),
        }
        update(
            self._client,
            self._table,
            f"link of {remediation.execution_name}",
            Key=to_item(_key(token_hash)),
            UpdateExpression="SET change_id = :change, #round = :round, approver = :approver,"
            " expires_at = :expires, #ttl = :ttl",
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeNames={"#round": "round", "#ttl": "ttl"},
            ExpressionAttributeValues=to_item(values),
        )

    def link(self, token_hash: str) -> Link:
        """Raises: NotFoundError."""
        item = get(self._client, self._table, _key(token_hash))
        if item is None:
            raise NotFoundError("there is no such link")
        return Link(
            token_hash=token_hash,
            change_id=item["change_id"],
            round=item["round"],
            approver=item["approver"],
            expires_at=datetime.fromisoformat(item["expires_at"]),
        )


def _key(token_hash: str) -> dict[str, Plain]:
    return {"pk": f"link#{token_hash}", "sk": "link"}
