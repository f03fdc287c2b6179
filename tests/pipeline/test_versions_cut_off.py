"""What of a removal of versions that is cut off, stopped or overtaken halfway? (S5, S6, S20)"""

from datetime import timedelta

import pytest

from tests.fakes.builders import APPROVER_ID
from tests.fakes.failures import client_error
from tests.pipeline.house import House
from tests.pipeline.test_removal_overtaken import refuse_once
from tests.pipeline.test_version_users import by_policy
from tests.pipeline.version_house import (
    DAY,
    GOING,
    NAME,
    TARGET,
    VERSIONS,
    a_versioned_house,
    after_notice,
    approved,
    back_up_versions,
    deletions,
    kept,
    left_without,
    step,
    there,
    watch,
)
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.pipeline.freeze import freeze
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_record import versions_gone
from trimtab.pipeline.removal_signs import KEPT, stop


def cut_off(house: House, change: Remediation, after: str) -> None:
    """Let the call die once this version is deleted."""
    delete = house.functions.delete_function

    class DiedError(Exception):
        """As a Lambda that is killed."""

    def dying(**asked: str) -> object:
        delete(**asked)
        if asked["Qualifier"] == after:
            raise DiedError
        return {}

    house.functions.delete_function = dying
    with pytest.raises(DiedError):
        house.carry(change)
    house.functions.delete_function = delete


def test_s06_cut_off_it_goes_on_with_the_next_and_deletes_none_twice() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "3")
    house.clock.advance(timedelta(minutes=5))
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert tuple(deletions(house)) == GOING
    assert house.status(change) == "removed"


def test_s05_cut_off_for_long_the_rest_stays() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "3")
    house.clock.advance(timedelta(minutes=31))
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert deletions(house) == ["1", "2", "3"]
    assert "cut off" in kept(house, change)["4"]
    assert house.status(change) == "removed"


def test_an_undo_in_the_middle_keeps_the_rest_and_says_what_is_gone() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "3")
    house.undo(change)
    assert house.status(change) == "removed"
    assert deletions(house) == ["1", "2", "3"]
    assert kept(house, change).keys() == {"4", "5", "6", "7"}


def test_s20_a_freeze_in_the_middle_keeps_the_rest() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "2")
    freeze(house.ledger, by="dana", why="stop", is_hard=False, at=house.clock.now())
    step(house, change)
    assert deletions(house) == ["1", "2"]
    assert house.status(change) == "removed"


def test_a_stop_in_the_middle_ends_with_what_is_left() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        known = read_round(house.ledger, change.change_id, change.round)
        stop(known, house.ledger, KEPT, "kept", actor=APPROVER_ID, now=house.clock.now())
        return delete(**asked)

    house.functions.delete_function = meanwhile
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert deletions(house) == ["1"]
    assert set(kept(house, change).values()) == {"kept"}


def test_s26_what_cloudtrail_does_not_name_yet_is_waited_for_then_said() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    trail = house.cloud[TARGET].trail
    lookup, trail.lookup_events = trail.lookup_events, lambda **asked: {"Events": []}
    waits = house.carry(change)
    assert (waits.word, "CloudTrail does not name" in waits.reason) == (OutcomeWord.WAITING, True)
    house.clock.advance(timedelta(minutes=31))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    gone = versions_gone(read_round(house.ledger, change.change_id, change.round))
    assert all("Lambda took our call" in said for said in gone.values())
    trail.lookup_events = lookup


def test_when_the_function_goes_meanwhile_nothing_is_called_ours() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions._functions.pop(NAME)
    assert step(house, change).word is OutcomeWord.NOT_WRITTEN
    assert house.status(change) == "given_up"


def test_when_the_function_goes_in_the_middle_what_we_deleted_is_said() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "2")
    house.functions._functions.pop(NAME)
    assert step(house, change).word is OutcomeWord.WRITTEN
    gone = versions_gone(read_round(house.ledger, change.change_id, change.round))
    assert tuple(gone) == ("1", "2")
    assert set(kept(house, change).values()) == {"somebody else deleted it"}


def test_a_function_that_one_read_does_not_find_is_looked_at_again() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions.fail_next("GetFunction", "ResourceNotFoundException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert step(house, change).word is OutcomeWord.WRITTEN


def test_s05_a_version_that_one_read_does_not_find_is_not_deleted_unlooked_at() -> None:
    """Version 3 is needed by now; the last look does not find it once, the next read does."""
    house = a_versioned_house()
    change = after_notice(house)
    functions = house.functions
    delete, read = functions.delete_function, functions.get_function_configuration
    missed: list[str] = []

    def meanwhile(**asked: str) -> object:
        if asked["Qualifier"] == "1":
            by_policy(house)
        return delete(**asked)

    def flickering(**asked: str) -> object:
        if asked["Qualifier"] == "3" and deletions(house) == ["1", "2"] and not missed:
            missed.append("3")
            what = "GetFunctionConfiguration"
            raise client_error("ResourceNotFoundException", "not found", what, status=404)
        return read(**asked)

    functions.delete_function = meanwhile
    functions.get_function_configuration = flickering
    with pytest.raises(RetryableError):
        house.carry(change)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert missed
    assert there(house) == left_without(*(n for n in GOING if n != "3"))
    assert "a resource policy of its own" in kept(house, change)["3"]


@pytest.mark.parametrize("tag", ["trimtab:exempt", "terraform"])
def test_s20_its_tags_keep_it(tag: str) -> None:
    house = a_versioned_house()
    change = after_notice(house)
    until = (house.clock.now() + 20 * DAY).date().isoformat()
    house.functions._functions[NAME].tags[tag] = f"old:{until}"
    step(house, change)
    assert not deletions(house)


def test_who_could_not_be_told_is_not_surprised() -> None:
    house = a_versioned_house()
    change = approved(house)
    step(house, change)
    assert house.carry(change).word is OutcomeWord.NOTICE
    house.clock.advance(8 * DAY)
    assert house.carry(change).word is OutcomeWord.STALE
    assert not deletions(house)


def test_limits_hold_for_versions_too() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.desk.take_slot = lambda *args, **given: "the day is full"  # type: ignore[method-assign]
    assert step(house, change).reason == "the day is full"
    assert not deletions(house)


def test_s19_what_another_call_overtook_writes_nothing() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.desk.let_go(str(change.function), holder="nobody")
        record = house.desk.round(change.change_id, change.round)
        house.desk.advance(
            change.change_id, change.round, from_=(record.status,), to=type(record.status).UNDOING
        )
        return delete(**asked)

    house.functions.delete_function = meanwhile
    house.carry(change)
    assert deletions(house) == ["1"]


def test_there_is_no_undo_once_it_is_over() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    step(house, change)
    assert house.carry(change, Direction.UNDO).word is not OutcomeWord.UNKNOWN
    assert there(house) == left_without(*GOING)
    assert len(there(house)) == VERSIONS - len(GOING)


def test_back_up_versions_enters_nothing_of_a_function_that_is_gone() -> None:
    house = a_versioned_house()
    change = approved(house)
    house.functions._functions.pop(NAME)
    back_up_versions(house, change)
    last = read_round(house.ledger, change.change_id, change.round).last("backup_verified")
    assert last is not None
    assert last.data["versions"] == {}


def test_s26_a_version_that_goes_between_the_look_and_the_call_is_not_called_ours() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.functions._functions[NAME].versions.pop("5", None)
        return delete(**asked)

    house.functions.delete_function = meanwhile
    house.functions._functions[NAME].versions["4"]["RevisionId"] = "changed"
    for number in ("1", "2", "3"):
        house.functions._functions[NAME].versions[number]["RevisionId"] = "changed"
    assert step(house, change).word is OutcomeWord.WAITING
    house.clock.advance(timedelta(minutes=31))
    assert step(house, change).word is OutcomeWord.WRITTEN
    gone = versions_gone(read_round(house.ledger, change.change_id, change.round))
    assert "our call got no answer, but CloudTrail does not name our session" in gone["5"]


def test_a_version_that_is_there_though_its_deletion_says_it_is_not_stays() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions.fail_next("DeleteFunction", "ResourceNotFoundException")
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert kept(house, change).keys() == {"1"}
    assert tuple(deletions(house)) == GOING[1:]


def test_s20_a_hard_freeze_in_the_middle_is_waited_for() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        freeze(house.ledger, by="dana", why="stop", is_hard=True, at=house.clock.now())
        return delete(**asked)

    house.functions.delete_function = meanwhile
    assert house.carry(change).word is OutcomeWord.WAITING
    assert deletions(house) == ["1"]


def test_s06_a_deletion_that_was_overtaken_before_it_began_goes_on() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    refuse_once(house, "applying")
    house.carry(change)
    assert not deletions(house)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert tuple(deletions(house)) == GOING


def test_when_lambda_refuses_every_one_nothing_was_removed() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions.fail_always("DeleteFunction", "InvalidParameterValueException")
    assert step(house, change).word is OutcomeWord.NOT_WRITTEN
    assert house.status(change) == "not_written"
    assert kept(house, change).keys() == set(GOING)
    assert there(house) == left_without()


def test_the_watch_leaves_to_apply_what_is_being_deleted() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    cut_off(house, change, "2")
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    assert watch(house) == ()
    assert kept(house, change) == {}
    assert house.executions.undos == []


def test_s26_a_deletion_that_was_refused_unseen_is_called_neither_gone_nor_kept() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def refused(**asked: str) -> object:
        house.functions.fail_always("GetPolicy", "AccessDeniedException")
        raise client_error("InvalidParameterValueException", "refused", "DeleteFunction")

    house.functions.delete_function = refused
    with pytest.raises(PermanentError):
        house.carry(change)
    assert kept(house, change) == {}
    house.functions.delete_function = delete
    house.functions._always.clear()
    house.clock.advance(timedelta(minutes=5))
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "removed"
    assert tuple(deletions(house)) == GOING
