"""Does a restore that was cut off anywhere end like one that was not, with nothing made twice?"""

from collections import Counter

import pytest

from tests.fakes.failures import CONNECTION_CLOSED
from tests.fakes.member_state import CrashError
from tests.pipeline.vaulted import House, any_function
from tests.pipeline.vaulted_plain import plain
from trimtab.domain.backup import Manifest
from trimtab.domain.errors import ConflictError
from trimtab.pipeline.restore import TRIES, RestoreWord

SEEDS = tuple(range(0, 60, 3))
AT_MOST_ONCE = ("CreateFunction", "CreateAlias", "AddPermission", "CreateEventSourceMapping")


def gone(seed: int) -> tuple[House, Manifest]:
    house, function = any_function(seed)
    manifest = house.back_up(function)
    house.account.remove(function.name)
    return house, manifest


def outcome(house: House, manifest: Manifest) -> object:
    return plain(house.account, manifest.function.name, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_s14_a_crash_at_any_write_and_a_second_run_give_the_same_function(seed: int) -> None:
    house, manifest = gone(seed)
    house.restore(manifest)
    whole, writes = outcome(house, manifest), Counter(house.account.writes)
    boundaries = [(n, when) for n in range(writes.total()) for when in ("before", "after")]
    for boundary in boundaries:
        house, manifest = gone(seed)
        house.account.crash = boundary
        with pytest.raises(CrashError):
            house.restore(manifest)
        house.account.crash = None
        assert house.restore(manifest).word is RestoreWord.RESTORED
        assert outcome(house, manifest) == whole
        assert Counter(house.account.writes) == writes


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_s14_two_crashes_are_no_worse_than_one(seed: int) -> None:
    house, manifest = gone(seed)
    house.restore(manifest)
    whole, writes = outcome(house, manifest), Counter(house.account.writes)
    for n in range(writes.total()):
        house, manifest = gone(seed)
        for boundary in ((n // 2, "after"), (n, "before"), (n, "after")):
            house.account.crash = boundary
            if len(house.account.writes) <= n:
                with pytest.raises(CrashError):
                    house.restore(manifest)
        house.account.crash = None
        house.restore(manifest)
        assert (outcome(house, manifest), Counter(house.account.writes)) == (whole, writes)


@pytest.mark.parametrize("how", [CONNECTION_CLOSED, "ServiceException"])
@pytest.mark.parametrize("has_landed", [True, False])
def test_s26_a_lost_answer_is_looked_up_and_never_repeated_blindly(
    how: str, has_landed: bool
) -> None:
    for seed in SEEDS[::3]:
        house, manifest = gone(seed)
        house.restore(manifest)
        whole, operations = outcome(house, manifest), set(house.account.writes)
        for operation in sorted(operations):
            house, manifest = gone(seed)
            house.account.fail_next(operation, how, after_landing=has_landed)
            done = house.restore(manifest)
            assert (done.word, outcome(house, manifest)) == (RestoreWord.RESTORED, whole)
            assert "restore_unknown" in [event for event, _ in house.events]


def test_s26_a_service_that_never_answers_ends_as_unfinished_and_goes_on_later() -> None:
    house, manifest = gone(SEEDS[0])
    house.account.fail_always("CreateFunction", CONNECTION_CLOSED)
    done = house.restore(manifest)
    assert (done.word, done.writes) == (RestoreWord.UNFINISHED, TRIES)
    house.account._always.clear()
    assert house.restore(manifest).word is RestoreWord.RESTORED


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_s14_whatever_is_denied_is_named_and_the_rest_comes_back(seed: int) -> None:
    house, manifest = gone(seed)
    house.restore(manifest)
    whole, operations = outcome(house, manifest), sorted(set(house.account.writes))
    for operation in operations:
        house, manifest = gone(seed)
        house.account.fail_always(operation, "AccessDeniedException")
        done = house.restore(manifest)
        assert done.word in (RestoreWord.DIFFERENT, RestoreWord.UNFINISHED)
        assert "AccessDenied" in f"{done.reason} {done.refused}"
        house.account._always.clear()
        assert house.restore(manifest).word is RestoreWord.RESTORED
        assert outcome(house, manifest) == whole


@pytest.mark.parametrize("tags", [{}, {"trimtab:restored": "another"}])
def test_s14_a_function_that_is_there_is_never_written_over(tags: dict[str, str]) -> None:
    house = House()
    function = house.add("orders", Tags=tags)
    manifest = house.back_up(function)
    with pytest.raises(ConflictError, match="did not make it"):
        house.restore(manifest)
    assert house.account.writes == []


def test_s14_a_function_that_somebody_makes_in_between_is_not_written_over() -> None:
    house = House()
    function = house.add("orders")
    manifest = house.back_up(function)
    house.account.remove("orders")
    house.account.before_next("CreateFunction", lambda: house.add("orders") and None)
    with pytest.raises(ConflictError):
        house.restore(manifest)
    assert set(house.account.writes) == set()


def test_s14_a_version_that_somebody_else_publishes_in_between_stops_it() -> None:
    house = House()
    function = house.add("orders")
    manifest = house.back_up(function)
    house.account.remove("orders")
    house.restore(manifest)
    house.publish("orders")
    with pytest.raises(ConflictError, match="somebody else published"):
        house.restore(manifest)


def test_s14_a_publication_that_makes_nothing_new_stops_it() -> None:
    house = House()
    function = house.add("orders")
    house.publish("orders")
    manifest = house.back_up(function)
    house.account.remove("orders")
    house.account.publish_version = lambda asked: {"Version": "7"}  # type: ignore[method-assign]
    done = house.restore(manifest)
    assert (done.word, "published nothing new" in done.reason) == (RestoreWord.UNFINISHED, True)


def test_s20_a_hard_freeze_stops_a_restore_before_its_next_write() -> None:
    house, manifest = gone(SEEDS[0])
    house.freeze = "Trimtab is frozen, undo included"
    done = house.restore(manifest)
    assert (done.word, done.writes) == (RestoreWord.UNFINISHED, 0)
    assert "frozen" in done.reason
    assert house.account.writes == []


def test_s07_each_write_is_on_record_before_it_is_made() -> None:
    house, manifest = gone(SEEDS[0])
    seen: list[int] = []
    before = house.account.run

    def run(operation: str, work: object) -> object:
        if operation[:3] not in ("Get", "Lis", "Des"):
            seen.append(sum(event == "restore_writing" for event, _ in house.events))
        return before(operation, work)  # type: ignore[arg-type]

    house.account.run = run  # type: ignore[method-assign,assignment]
    done = house.restore(manifest)
    assert seen == list(range(1, done.writes + 1))


def test_s14_a_write_that_has_no_effect_stops_it_instead_of_going_round_for_ever() -> None:
    house = House()
    function = house.add("orders")
    manifest = house.back_up(function)
    house.account.remove("orders")
    key = house.load(manifest).code[0].stored
    assert key is not None
    house.vault.objects[key.key] = b"other code"
    done = house.restore(manifest)
    assert (done.word, "is not there" in done.reason) == (RestoreWord.UNFINISHED, True)
