"""Does a list hold what fits, whatever is wrong with the rest, and an export what can be proven?"""

from datetime import date

import pytest

from tests.fakes.stores import FakeLedger
from tests.flows.forging import row
from tests.flows.scene import CHANGE, OTHER, SIGNER, played
from tests.pipeline.house import House
from trimtab.aws.public_key import PublicKeyVerifier
from trimtab.domain.checkpoint import checkpoint_key
from trimtab.domain.ledger import change_chain, mirror_key
from trimtab.flows.export import gather
from trimtab.flows.select import DAYS_BY_INDEX, Wanted, select

ON = date(2026, 11, 2)


def test_a_policy_selects_the_changes_it_proposed() -> None:
    house = House()
    change = house.applied()
    found = select(house.ledger, Wanted(policy=change.policy_id)).entries
    assert {entry.chain for entry in found} == {change_chain(change.change_id)}
    assert [entry.event for entry in found] == house.events(change)
    assert select(house.ledger, Wanted(policy="another")).entries == ()


@pytest.mark.parametrize("days", [0, DAYS_BY_INDEX - 1, DAYS_BY_INDEX, 3650])
def test_any_span_of_days_finds_the_same(days: int) -> None:
    last = date.fromordinal(ON.toordinal() + days)
    assert len(select(played().ledger, Wanted(first=ON, last=last)).entries) == 31
    assert select(played().ledger, Wanted(first=last, last=ON)).faults == ()


def test_a_chain_that_cannot_be_read_is_a_fault_and_the_others_are_listed() -> None:
    scene = played()
    row(scene, 3)["body"] = {"S": "garbage"}
    found = select(scene.ledger, Wanted(event="decided"))
    assert [entry.chain for entry in found.entries].count(CHANGE) == 0
    assert (len(found.entries), [fault.chain for fault in found.faults]) == (3, [CHANGE])


def test_what_is_no_function_has_no_account() -> None:
    scene = played()
    scene.enter(OTHER, "odd", function="not an arn")
    assert select(scene.ledger, Wanted(event="odd", account="111111111111")).entries == ()
    assert len(select(scene.ledger, Wanted(function="not an arn")).entries) == 1


def test_an_empty_ledger_has_nothing() -> None:
    assert select(FakeLedger(), Wanted()).entries == ()


def test_an_export_leaves_out_what_is_not_ours_and_counts_it() -> None:
    scene = played()
    scene.s3.put_object(Key=mirror_key(CHANGE, 9), Body=b"garbage")
    scene.s3.put_object(Key=checkpoint_key(3), Body=b"garbage")
    scene.s3.delete_object(Key=checkpoint_key(1))
    del scene.s3.versions[checkpoint_key(1)][0]
    found = gather(scene.mirror, PublicKeyVerifier(SIGNER.pem), first=ON, last=ON)
    assert (len(found.entries), len(found.statements), found.left_out) == (31, 1, 2)


def test_before_the_first_checkpoint_an_export_has_no_statement() -> None:
    scene = played()
    day = date(2026, 11, 3)
    found = gather(scene.mirror, PublicKeyVerifier(SIGNER.pem), first=day, last=day)
    assert (found.entries, found.statements, found.heads) == ((), (), "")
