"""Is it found when somebody rewrites the table? Late, because it damages the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenario.test_whole_loop import FOUND, change_of, trimtab
from trimtab.domain.ledger import change_chain

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario


def test_an_altered_entry_in_the_table_is_found(played: Played) -> None:
    """Somebody with the table's keys rewrites a decision."""
    table = played.world.outputs["LedgerTable"]
    dynamodb = played.world.hub("dynamodb")
    chain = change_chain(change_of(played, "applied"))
    key = {"chain": {"S": chain}, "seq": {"N": "2"}}
    row = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    forged = row["body"]["S"].replace(row["actor"]["S"], "somebody-else")
    dynamodb.put_item(
        TableName=table, Item={**row, "body": {"S": forged}, "actor": {"S": "somebody-else"}}
    )
    verified = trimtab(played, "audit", "verify")
    assert verified.returncode == FOUND
    assert f"{chain}, entry 2" in verified.stdout
