"""Are old versions removed one by one, and does one that anything needs stay? (S1, S5, S14, S26)"""

from datetime import timedelta

import pytest

from tests.fakes.builders import APPROVER_ID
from tests.fakes.failures import client_error
from tests.pipeline.house import House
from tests.pipeline.version_house import (
    DAY,
    GOING,
    NAME,
    POLICY,
    TARGET,
    a_versioned_house,
    after_notice,
    approved,
    call_version,
    deletions,
    kept,
    left_without,
    on_notice,
    step,
    there,
    to_the_end,
    watch,
)
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_record import versions_gone
from trimtab.pipeline.removal_signs import KEPT, stop


def refused(house: House, change: Remediation) -> set[str]:
    found: set[str] = house.desk._memories.get(change.finding_id, {}).get("refused", set())
    return found


def test_s14_old_versions_go_one_by_one_after_backup_and_notice() -> None:
    house = a_versioned_house()
    change = approved(house)
    words = to_the_end(house, change)
    assert words[:2] == ["backup", "notice"]
    assert words[-1] == "written"
    assert tuple(deletions(house)) == GOING
    assert there(house) == left_without(*GOING)
    assert house.status(change) == "removed"
    assert house.desk.lock_of(str(change.function)) is None
    gone = versions_gone(read_round(house.ledger, change.change_id, change.round))
    assert set(gone.values()) == {"by our session, as CloudTrail says"}
    assert tuple(gone) == GOING
    order = ["backup_verified", "notice_started", "deletion_intended", "removed"]
    assert [e for e in house.events(change) if e in order] == order


def test_s01_the_numbers_with_code_and_revision_are_what_is_approved() -> None:
    house = a_versioned_house()
    change = approved(house)
    assert change.removal is not None
    assert [one.number for one in change.removal.versions] == list(GOING)
    versions = house.functions._functions[NAME].versions
    for one in change.removal.versions:
        raw = versions[one.number]
        assert (one.code_sha256, one.revision_id) == (raw["CodeSha256"], raw["RevisionId"])
    other = a_versioned_house(POLICY.replace("{}", "{keep_newest: 6}"))
    assert approved(other).change_id != change.change_id


def test_s14_nothing_is_deleted_before_a_backup_was_read_back() -> None:
    house = a_versioned_house()
    change = approved(house)
    for _ in range(5):
        assert house.carry(change).word is OutcomeWord.BACKUP
        house.clock.advance(timedelta(hours=4))
    house.clock.advance(timedelta(hours=5))
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert there(house) == left_without()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"unheld": ("3",)}, "the backup does not hold it"),
        ({"lost": {"3": "runtime ruby2.7: gone"}}, "runtime ruby2.7: gone"),
        (
            {"versions": {"3": {"code_sha256": "x", "revision_id": "y", "why_not": None}}},
            "another code",
        ),
    ],
)
def test_s14_a_version_that_the_backup_does_not_hold_whole_stays(
    given: dict[str, object], said: str
) -> None:
    house = a_versioned_house()
    change = after_notice(house, **given)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert "3" in there(house)
    assert said in kept(house, change)["3"]
    assert len(deletions(house)) == len(GOING) - 1


def test_s14_nothing_begins_when_the_backup_holds_none_of_them() -> None:
    house = a_versioned_house()
    change = approved(house)
    step(house, change, unheld=GOING)
    assert house.carry(change).word is OutcomeWord.STALE
    assert "notice_started" not in house.events(change)
    assert not refused(house, change)


def test_the_notice_lasts_its_week_and_the_window_is_kept() -> None:
    policy = POLICY + 'window: {days: mon-fri, hours: "09:00-10:00", timezone: UTC}\n'
    house = a_versioned_house(policy)
    change = on_notice(house)
    house.clock.advance(7 * DAY - timedelta(minutes=1))
    assert step(house, change).word is OutcomeWord.NOTICE
    assert there(house) == left_without()
    while house.clock.now().hour != 12:
        house.clock.advance(timedelta(hours=1))
    waits = step(house, change)
    assert (waits.word, "closed until" in waits.reason) == (OutcomeWord.NOTICE, True)
    assert there(house) == left_without()


def test_the_watch_looks_only_in_the_first_minutes_of_an_hour() -> None:
    house = a_versioned_house()
    change = on_notice(house)
    house.clock.advance(timedelta(hours=5, minutes=20 - house.clock.now().minute))
    call_version(house, "3")
    assert watch(house) == ()
    assert kept(house, change) == {}


def test_the_watch_ends_a_removal_of_which_nothing_is_left() -> None:
    house = a_versioned_house()
    change = on_notice(house)
    house.clock.advance(timedelta(minutes=20))
    for number in GOING:
        call_version(house, number)
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    (released,) = watch(house)
    assert "none of its versions may go" in released.reason
    house.undo(change)
    assert house.status(change) == "not_written"
    assert there(house) == left_without()
    assert not refused(house, change)


def test_the_watch_sees_that_somebody_else_deleted_a_version_or_all() -> None:
    house = a_versioned_house()
    change = on_notice(house)
    del house.functions._functions[NAME].versions["3"]
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    assert watch(house) == ()
    assert kept(house, change) == {"3": "somebody else deleted it"}
    house.functions._functions.pop(NAME)
    (released,) = watch(house)
    assert released.reason == "somebody else deleted the function"


def test_a_version_that_somebody_else_deleted_is_not_called_ours() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.functions._functions[NAME].versions.pop("5", None)
        return delete(**asked)

    house.functions.delete_function = meanwhile
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert kept(house, change) == {"5": "somebody else deleted it"}
    assert "5" not in deletions(house)


def test_a_deployment_while_on_notice_keeps_nothing() -> None:
    """The function goes on: only what its new alias needs is kept."""
    house = a_versioned_house()
    change = on_notice(house)
    house.clock.advance(3 * DAY)
    house.functions.change(NAME, CodeSha256="bmV3Y29kZQ==")
    number = house.functions.publish(NAME)
    house.functions.alias(NAME, "live", number)
    house.clock.advance(5 * DAY)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert tuple(deletions(house)) == GOING


def test_a_version_that_comes_among_the_newest_stays() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    versions = house.functions._functions[NAME].versions
    for number in ("8", "11", "12"):
        del versions[number]
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert there(house) == ["5", "6", "7", "9", "10"]


def test_s05_what_its_policy_does_not_name_any_more_stays() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions._functions[NAME].versions["2"]["LastModified"] = house.functions._stamp()
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert kept(house, change) == {"2": "its policy does not name it any more"}


def test_s05_nothing_goes_when_the_policy_does_not_find_it_any_more() -> None:
    house = a_versioned_house(POLICY.replace('"> 1"', '"> 10"'))
    change = after_notice(house)
    del house.functions._functions[NAME].versions["1"]
    assert step(house, change).word is OutcomeWord.STALE
    assert not deletions(house)


def test_s08_what_cannot_be_read_is_not_deleted() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.functions.fail_next("GetPolicy", "AccessDeniedException")
        return delete(**asked)

    house.functions.delete_function = meanwhile
    for _ in range(10):
        outcome = step(house, change)
        if outcome.word is OutcomeWord.WRITTEN:
            break
    assert outcome.word is OutcomeWord.WRITTEN
    assert all("could not be read" in why for why in kept(house, change).values())
    assert len(kept(house, change)) + len(deletions(house)) == len(GOING)
    assert kept(house, change)


def test_s08_a_right_that_is_taken_away_in_the_middle_ends_it_with_what_is_left() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.functions.fail_always("GetPolicy", "AccessDeniedException")
        return delete(**asked)

    house.functions.delete_function = meanwhile
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert deletions(house) == ["1"]
    assert "could not be read" in kept(house, change)["2"]
    assert house.status(change) == "removed"


@pytest.mark.parametrize("operation", ["GetPolicy", "ListVersionsByFunction", "GetAccountSettings"])
def test_s08_a_notice_goes_on_while_it_is_not_known_whether_they_are_used(operation: str) -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.functions.fail_always(operation, "AccessDeniedException")
    assert step(house, change).word is OutcomeWord.NOTICE
    assert not deletions(house)


def test_a_deployment_in_progress_is_waited_for() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    house.cloud[TARGET].deployments.deploy("d-1", NAME)
    waits = step(house, change)
    assert (waits.word, "d-1 is in progress" in waits.reason) == (OutcomeWord.NOTICE, True)
    assert not deletions(house)


def test_s05_a_deployment_that_begins_between_two_deletions_keeps_the_rest() -> None:
    """What it is going to serve, or goes back to, is not to be seen in any alias yet."""
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        house.cloud[TARGET].deployments.deploy("d-1", NAME)
        return delete(**asked)

    house.functions.delete_function = meanwhile
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert deletions(house) == ["1"]
    assert set(kept(house, change).values()) == {"CodeDeploy deployment d-1 is in progress"}


def test_what_lambda_refuses_for_good_stays_and_the_others_go() -> None:
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def refusing(**asked: str) -> object:
        if asked["Qualifier"] == "2":
            raise client_error("ResourceConflictException", "in use", "DeleteFunction", status=409)
        if asked["Qualifier"] == "4":
            raise client_error("InvalidParameterValueException", "replicated", "DeleteFunction")
        return delete(**asked)

    house.functions.delete_function = refusing
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert kept(house, change).keys() == {"2", "4"}
    assert "replicated" in kept(house, change)["4"]
    assert there(house) == left_without(*(n for n in GOING if n not in ("2", "4")))


def test_the_owner_keeps_them_and_they_are_not_proposed_again() -> None:
    house = a_versioned_house()
    change = on_notice(house)
    known = read_round(house.ledger, change.change_id, change.round)
    stop(known, house.ledger, KEPT, "kept", actor=APPROVER_ID, now=house.clock.now())
    assert step(house, change).word is OutcomeWord.STALE
    assert there(house) == left_without()
    assert refused(house, change) == {change.change_id}


def test_an_undo_while_on_notice_ends_it() -> None:
    house = a_versioned_house()
    change = on_notice(house)
    house.undo(change)
    assert house.status(change) == "not_written"
    assert there(house) == left_without()
