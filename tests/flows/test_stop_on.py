"""Does a record that is not whole stop forward writes, once, and never lift a freeze? (S17, S20)"""

import copy

import pytest

from tests.flows.scene import CHANGE, Scene
from trimtab.domain.freeze import FREEZE_CHAIN, Level
from trimtab.domain.ledger import Fault
from trimtab.flows.checkpoint import ACTOR, Checkpointed, checkpoint, stop_on
from trimtab.pipeline.freeze import freeze, read_freeze, thaw


def begun() -> Scene:
    """Return a hub with one change on record, and a checkpoint over it."""
    scene = Scene()
    for event in ("proposed", "asked", "decided"):
        scene.enter(CHANGE, event)
    scene.checkpoint()
    return scene


def faulty() -> Checkpointed:
    fault = Fault(chain=CHANGE, seq=2, what="it is gone")
    return Checkpointed(number=None, chains=0, filled=0, lag=0, faults=(fault,))


def test_s20_a_record_that_is_not_whole_freezes_forward_writes_once() -> None:
    scene = begun()
    done = faulty()
    stop_on(done, scene.bench)
    stop_on(done, scene.bench)
    found = read_freeze(scene.ledger)
    assert (found.level, found.by) == (Level.FORWARD, ACTOR)
    assert f"first {CHANGE} 2: it is gone" in found.why
    assert len(scene.ledger.entries(FREEZE_CHAIN)) == 1


def test_a_record_that_is_whole_freezes_nothing() -> None:
    scene = begun()
    stop_on(checkpoint(scene.bench), scene.bench)
    assert scene.ledger.entries(FREEZE_CHAIN) == ()


@pytest.mark.parametrize("is_hard", [False, True])
def test_s20_a_freeze_of_a_person_stays_as_it_is(*, is_hard: bool) -> None:
    scene = begun()
    freeze(scene.ledger, by="ana", why="x", is_hard=is_hard, at=scene.clock.now())
    stop_on(faulty(), scene.bench)
    assert read_freeze(scene.ledger).by == "ana"


def test_s20_tables_put_back_to_the_last_checkpoint_lift_no_freeze_unseen() -> None:
    scene = Scene()
    freeze(scene.ledger, by="ana", why="first", is_hard=False, at=scene.clock.now())
    thaw(scene.ledger, by="ana", why="over", at=scene.clock.now())
    scene.checkpoint()
    before = copy.deepcopy(scene.dynamodb.rows)
    freeze(scene.ledger, by="ana", why="incident", is_hard=True, at=scene.clock.now())
    assert scene.checkpoint().faults == ()
    scene.dynamodb.rows = before
    done = scene.checkpoint()
    assert done.faults
    assert {fault.chain for fault in done.faults} == {FREEZE_CHAIN}
    assert read_freeze(scene.ledger).level is Level.OPEN
    stop_on(done, scene.bench)
    assert read_freeze(scene.ledger).stops_forward
