"""Does the filler mend what a crash left, and does a checkpoint cover what is in both? (S7, S17)"""

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.s3 import FakeS3
from tests.fakes.signing import LocalSigner
from tests.flows.forging import row
from tests.flows.scene import CHAINS, CHANGE, CONTROL, OTHER, RUN, Scene, played
from trimtab.domain.checkpoint import Checkpoint, checkpoint_key, filled_key, read_signed
from trimtab.domain.errors import TamperedError
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.ledger import Head, mirror_key
from trimtab.flows import checkpoint as flow
from trimtab.flows.checkpoint import STOP_BEFORE, load_heads


def statement(scene: Scene, number: int) -> Checkpoint:
    return read_signed(scene.s3.versions[checkpoint_key(number)][0][1], "x")[1]


def unmirrored(scene: Scene, chain: str = CHANGE, *, count: int = 1) -> list[str]:
    """Enter something, and lose it on the way into the mirror."""
    keys = []
    for n in range(count):
        entry = scene.enter(chain, f"late {n}")
        keys.append(mirror_key(chain, entry.seq))
        del scene.s3.versions[keys[-1]]
    return keys


def test_s7_what_a_crash_kept_from_the_mirror_is_filled_oldest_first() -> None:
    scene = played()
    keys = unmirrored(scene, count=3)
    assert scene.checkpoint().filled == 3
    written = [key for key in scene.s3.versions if key in keys]
    assert written == keys
    assert scene.verify().faults == ()
    assert scene.verify().covered == 34


def test_s17_what_was_filled_is_marked_before_it_is_written() -> None:
    scene = played()
    (key,) = unmirrored(scene)
    scene.checkpoint()
    order = list(scene.s3.versions)
    assert order.index(filled_key(CHANGE, 9)) < order.index(key)
    assert scene.verify_bucket().filled == (key,)


def test_an_entry_that_is_just_being_mirrored_is_left_to_whoever_made_it() -> None:
    scene = played()
    entry = scene.enter(CHANGE, "now", at=scene.clock.now() + timedelta(minutes=15))
    del scene.s3.versions[mirror_key(CHANGE, entry.seq)]
    done = scene.checkpoint()
    assert (done.filled, done.lag, done.faults) == (0, 1, ())
    scene.clock.advance(timedelta(minutes=1))
    assert scene.checkpoint().filled == 1


def test_while_an_entry_is_on_the_way_the_audit_counts_it_and_finds_no_fault() -> None:
    scene = played()
    entry = scene.enter(CHANGE, "now", at=scene.clock.now() + timedelta(minutes=5))
    del scene.s3.versions[mirror_key(CHANGE, entry.seq)]
    found = scene.verify()
    assert (found.waiting, found.faults) == (1, ())


def test_s17_only_chains_whose_head_moved_are_looked_at_and_those_that_stop_us() -> None:
    scene = played()
    scene.enter(OTHER, "more")
    scene.s3.listings.clear()
    scene.checkpoint()
    assert [prefix for prefix in scene.s3.listings if prefix.startswith("log/")] == [
        f"log/{OTHER}/",
        f"log/{FREEZE_CHAIN}/",
    ]


def test_without_news_there_is_one_checkpoint_a_day() -> None:
    scene = played()
    assert scene.checkpoint().number is None
    scene.clock.advance(timedelta(days=1))
    assert scene.checkpoint().number == 3
    assert statement(scene, 3).heads_digest == statement(scene, 2).heads_digest
    assert scene.verify().faults == ()


def test_s17_a_missing_checkpoint_is_a_fault_after_a_day() -> None:
    scene = played()
    scene.clock.advance(timedelta(hours=27))
    (fault,) = scene.verify().faults
    assert (fault.chain, "for over a day" in fault.what) == ("checkpoints", True)


def test_s17_a_hub_that_never_made_a_checkpoint_is_missed_too() -> None:
    scene = Scene()
    assert scene.verify().faults == ()
    scene.enter(CHANGE, "first")
    assert scene.verify().faults == ()
    scene.clock.advance(timedelta(hours=27))
    assert len(scene.verify().faults) == 1


def test_an_empty_ledger_gets_a_checkpoint_to_start_from() -> None:
    scene = Scene()
    assert scene.checkpoint().number == 1
    assert scene.verify_bucket().checkpoints == 1


def test_a_checkpoint_names_every_chain_sorted_and_the_one_before() -> None:
    scene = played()
    made = statement(scene, 2)
    heads = load_heads(scene.mirror, made)
    assert list(heads) == sorted(CHAINS)
    assert heads[CONTROL] == Head(chain=CONTROL, seq=7, hash=row(scene, 7, CONTROL)["hash"]["S"])
    assert (made.chains, made.entries, made.lag, made.hub_id) == (4, 31, 0, "hub-1")


def test_when_the_time_runs_out_what_was_compared_is_signed_and_the_rest_is_lag() -> None:
    scene = played()
    for chain in CHAINS:
        scene.enter(chain, "more")
    scene.clock.leave(STOP_BEFORE + timedelta(seconds=1))
    bench = replace(scene.bench, clock=Leaving(scene.clock, after=2))
    done = checkpointed(scene, bench)
    assert (done.number, done.lag, done.faults) == (3, 2, ())
    assert statement(scene, 3).lag == 2
    assert scene.verify().faults == ()
    scene.clock.leave(timedelta.max)
    assert (scene.checkpoint().lag, scene.verify().covered) == (0, 35)


class Leaving:
    """A clock whose time is up after so many looks."""

    def __init__(self, clock: Any, *, after: int) -> None:
        self._clock, self._left = clock, after

    def now(self) -> Any:
        return self._clock.now()

    def remaining(self) -> timedelta:
        self._left -= 1
        return timedelta.max if self._left >= 0 else timedelta(0)


def checkpointed(scene: Scene, bench: Any) -> Any:
    scene.clock.advance(timedelta(minutes=15))
    return flow.checkpoint(bench)


def test_s17_a_key_with_other_content_is_a_fault_that_names_it_and_the_rest_goes_on() -> None:
    scene = played()
    (key,) = unmirrored(scene)
    scene.s3.put_object(Key=key, Body=b"{}")
    scene.enter(OTHER, "more")
    done = scene.checkpoint()
    (fault,) = done.faults
    assert fault.what == f"{key}: the mirror holds another entry than the table"
    heads = load_heads(scene.mirror, statement(scene, 3))
    assert (heads[CHANGE].seq, heads[OTHER].seq) == (8, 9)


@pytest.mark.parametrize("how", ["written over", "under a delete marker", "deleted"])
def test_s17_a_new_entry_whose_key_was_touched_is_a_fault(how: str) -> None:
    scene = played()
    key = mirror_key(CHANGE, scene.enter(CHANGE, "more").seq)
    if how == "written over":
        scene.s3.put_object(Key=key, Body=b"{}")
    else:
        scene.s3.delete_object(Key=key)
    if how == "deleted":
        del scene.s3.versions[key][0]
    (fault,) = scene.checkpoint().faults
    assert key in fault.what
    assert scene.verify_bucket().faults


def test_s17_somebody_elses_object_that_comes_just_before_ours_is_found() -> None:
    class Squatted(FakeS3):
        def put_object(self, **given: Any) -> None:
            if given["Key"] == key:
                super().put_object(Key=key, Body=b"{}")
            super().put_object(**given)

    scene = played()
    (key,) = unmirrored(scene)
    kept, scene.s3 = scene.s3.versions, Squatted()
    scene.s3.versions = kept
    (fault,) = scene.checkpoint().faults
    assert key in fault.what


def test_s7_an_entry_whose_maker_mirrors_it_meanwhile_is_compared_and_not_filled() -> None:
    class Meanwhile(FakeS3):
        def put_object(self, **given: Any) -> None:
            if given["Key"] == key:
                super().put_object(Key=key, Body=given["Body"])
            super().put_object(**given)

    scene = played()
    (key,) = unmirrored(scene)
    kept, scene.s3 = scene.s3.versions, Meanwhile()
    scene.s3.versions = kept
    done = scene.checkpoint()
    assert (done.filled, done.faults, done.number) == (0, (), 3)


def tampered(scene: Scene, how: str) -> None:
    heads = scene.dynamodb.rows["heads"]
    if how == "rolled back":
        heads[CHANGE,]["seq"] = {"N": "3"}
    elif how == "other end":
        heads[CHANGE,]["hash"] = {"S": "a" * 64}
    elif how == "gone":
        del heads[CHANGE,]
    elif how == "no head":
        heads[CHANGE,]["seq"] = {"S": "8"}
    elif how == "too long":
        heads[CHANGE,]["seq"] = {"N": "12"}
    elif how == "unlinked":
        scene.enter(CHANGE, "more")
        row(scene, 9)["previous_hash"] = {"S": "0" * 64}
    elif how == "behind the end":
        scene.enter(CHANGE, "more")
        scene.s3.put_object(Key=mirror_key(CHANGE, 10), Body=b"{}")
    elif how == "an odd name":
        scene.enter(CHANGE, "more")
        scene.s3.put_object(Key=f"log/{CHANGE}/x", Body=b"{}")
    elif how == "an odd checkpoint":
        scene.s3.put_object(Key="checkpoints/x", Body=b"{}")


@pytest.mark.parametrize(
    "how",
    [
        "rolled back",
        "other end",
        "gone",
        "no head",
        "too long",
        "unlinked",
        "behind the end",
        "an odd name",
        "an odd checkpoint",
    ],
)
def test_s17_the_lambda_finds_what_does_not_follow_the_last_checkpoint(how: str) -> None:
    scene = played()
    tampered(scene, how)
    scene.enter(OTHER, "goes on")
    done = scene.checkpoint()
    assert len(done.faults) == 1
    assert done.number == 3
    assert load_heads(scene.mirror, statement(scene, 3))[OTHER].seq == 9


def test_s17_a_chain_that_was_forged_anew_in_the_tables_is_not_signed() -> None:
    scene = played()
    earlier = copy.deepcopy(scene.dynamodb.rows)
    scene.enter(CHANGE, "true")
    scene.dynamodb.rows = earlier
    scene.dynamodb.rows["heads"][CHANGE,] |= {"seq": {"N": "9"}, "hash": {"S": "b" * 64}}
    faults = scene.checkpoint().faults
    assert {fault.chain for fault in faults} == {CHANGE}
    assert load_heads(scene.mirror, statement(scene, 2))[CHANGE].seq == 8


def test_s17_a_number_that_somebody_took_is_passed_over_and_reported() -> None:
    scene = played()
    scene.s3.put_object(Key=checkpoint_key(3), Body=b"{}")
    scene.enter(CHANGE, "more")
    done = scene.checkpoint()
    assert (done.number, len(done.faults)) == (4, 1)
    assert statement(scene, 4).previous != statement(scene, 2).previous
    found = scene.verify_bucket()
    assert [(f.chain, f.seq) for f in found.faults] == [("checkpoints", 3)]
    assert found.newest.number == 4


def test_of_two_at_once_one_makes_the_checkpoint() -> None:
    class Second(FakeS3):
        def put_object(self, **given: Any) -> None:
            if given["Key"] == checkpoint_key(3):
                super().put_object(Key=checkpoint_key(3), Body=b"theirs")
            super().put_object(**given)

    scene = played()
    scene.enter(CHANGE, "more")
    kept, scene.s3 = scene.s3.versions, Second()
    scene.s3.versions = kept
    assert scene.checkpoint().number is None


def test_s17_without_its_list_of_heads_a_checkpoint_does_not_hold() -> None:
    scene = played()
    for key in [key for key in scene.s3.versions if key.startswith("heads/")]:
        del scene.s3.versions[key]
    faults = scene.verify_bucket().faults
    assert [fault.seq for fault in faults if fault.chain == "checkpoints"] == [1, 2]
    assert scene.checkpoint().number == 3


def test_s17_a_checkpoint_of_the_middle_that_is_gone_is_missed() -> None:
    scene = played()
    scene.enter(RUN, "more")
    scene.checkpoint()
    del scene.s3.versions[checkpoint_key(2)]
    assert any("1 before it are missing" in fault.what for fault in scene.verify_bucket().faults)


def test_a_signer_that_is_not_ours_is_not_followed() -> None:
    scene = played()
    scene.signer = LocalSigner()
    scene.enter(RUN, "more")
    scene.checkpoint()
    scene.signer = played().signer
    done = scene.checkpoint()
    assert (done.number, len(done.faults)) == (4, 1)


def test_s17_a_chain_of_which_nothing_can_be_read_is_covered_by_nothing() -> None:
    scene = played()
    scene.enter("change#new", "first")
    row(scene, 1, "change#new")["body"] = {"S": "garbage"}
    done = scene.checkpoint()
    assert [fault.chain for fault in done.faults] == ["change#new"]
    assert done.number is None


def test_s17_a_list_of_heads_without_end_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = played()
    monkeypatch.setattr(flow, "LARGEST_LIST", 10)
    with pytest.raises(TamperedError, match="larger than any list"):
        load_heads(scene.mirror, statement(scene, 2))


def test_s17_a_mirror_in_which_no_entry_of_a_chain_can_be_read_is_found() -> None:
    scene = Scene()
    scene.s3.put_object(Key=mirror_key(CHANGE, 1), Body=b"garbage")
    (fault,) = scene.verify_bucket().faults
    assert (fault.chain, fault.seq) == (CHANGE, 1)


class Busy(FakeS3):
    """A bucket into which somebody enters while it is being read."""

    enter: Any = None

    def list_object_versions(self, **given: Any) -> Any:
        answer = super().list_object_versions(**given)
        if given["Prefix"] == "" and self.enter is not None:
            self.enter()
        return answer


@pytest.mark.parametrize("is_forged", [False, True])
def test_what_is_entered_during_an_audit_is_looked_up_again(is_forged: bool) -> None:
    scene = played()
    kept, scene.s3 = scene.s3.versions, Busy()
    scene.s3.versions = kept

    def enter() -> None:
        key = mirror_key(CHANGE, scene.enter(CHANGE, "meanwhile").seq)
        if is_forged:
            scene.s3.versions[key] = [("v0", b"{}")]

    scene.s3.enter = enter
    faults = scene.verify().faults
    assert [fault.seq for fault in faults] == ([9] if is_forged else [])


def test_s17_a_checkpoint_that_was_deleted_is_a_fault_and_the_one_before_counts() -> None:
    scene = played()
    scene.s3.versions[checkpoint_key(2)] = [("v0", None)]
    scene.enter(CHANGE, "more")
    done = scene.checkpoint()
    assert (done.number, [fault.seq for fault in done.faults]) == (3, [2])
    assert scene.verify_bucket().newest.number == 3
