"""Does a version that anything needs by now stay, and do the others go? (S5)

Each way of needing one begins at three moments: on notice, when the watch looks; after the notice,
before the deletion; and between two deletions, when all the other looks are past.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.version_house import (
    DAY,
    GOING,
    NAME,
    a_versioned_house,
    after_notice,
    call_version,
    kept,
    left_without,
    on_notice,
    step,
    there,
    watch,
)
from trimtab.domain.outcome import OutcomeWord


def by_alias(house: House) -> None:
    house.functions.alias(NAME, "old", "3")


def by_weight(house: House) -> None:
    house.functions.alias(NAME, "live", "10", {"3": 0.1})


def by_way_back(house: House) -> None:
    house.functions.alias(NAME, "old", "4")


def by_provisioned(house: House) -> None:
    house.functions.put_provisioned_concurrency_config(
        FunctionName=NAME, Qualifier="3", ProvisionedConcurrentExecutions=1
    )


def by_mapping(house: House) -> None:
    arn = "arn:aws:sqs:eu-west-1:111111111111:jobs"
    function = house.functions._functions[NAME].latest["FunctionArn"]
    house.functions.feed(function, arn, qualifier="3")


def by_policy(house: House) -> None:
    statement = {"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "lambda:*"}
    house.functions.permit(NAME, statement, alias="3")


def by_called(house: House) -> None:
    call_version(house, "3")


def by_turned_away(house: House) -> None:
    call_version(house, "3", "Throttles")


def by_through_an_alias(house: House) -> None:
    call_version(house, "live", ExecutedVersion="3")


def by_changed(house: House) -> None:
    house.functions._functions[NAME].versions["3"]["RevisionId"] = "another"


def by_other_code(house: House) -> None:
    house.functions._functions[NAME].versions["3"]["CodeSha256"] = "another"


def by_unsaid_revision(house: House) -> None:
    del house.functions._functions[NAME].versions["3"]["RevisionId"]


USES: dict[str, tuple[Callable[[House], None], str]] = {
    "alias": (by_alias, "an alias serves it"),
    "weight": (by_weight, "an alias serves it"),
    "way_back": (by_way_back, "a way back"),
    "provisioned": (by_provisioned, "provisioned concurrency is configured"),
    "mapping": (by_mapping, "event source mapping"),
    "policy": (by_policy, "a resource policy of its own"),
    "called": (by_called, "Invocations 1"),
    "turned_away": (by_turned_away, "Throttles 1"),
    "through_an_alias": (by_through_an_alias, "Invocations through live 1"),
    "changed": (by_changed, "its revision is another"),
    "other_code": (by_other_code, "is another now"),
    "unsaid_revision": (by_unsaid_revision, "not told"),
}


def spared(what: str) -> set[str]:
    """Return what stays besides: with a second alias, the versions it serves and goes back to."""
    return {"alias": {"2", "3"}, "weight": {"2", "3"}, "way_back": {"3", "4"}}.get(what, {"3"})


@pytest.mark.parametrize("what", USES)
def test_s05_the_watch_takes_out_what_is_used_while_on_notice(what: str) -> None:
    house = a_versioned_house()
    change = on_notice(house)
    house.clock.advance(3 * DAY)
    USES[what][0](house)
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    assert watch(house) == ()
    assert kept(house, change).keys() == spared(what)
    assert USES[what][1] in kept(house, change)["3"]
    house.clock.advance(5 * DAY)
    house.functions._functions[NAME].aliases.pop("old", None)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert there(house) == left_without(*(n for n in GOING if n not in spared(what)))
    assert "kept: " in (house.round(change).note or "")


@pytest.mark.parametrize("what", USES)
def test_s05_what_is_used_just_before_the_deletion_stays_and_the_others_go(what: str) -> None:
    house = a_versioned_house()
    change = after_notice(house)
    USES[what][0](house)
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert kept(house, change).keys() == spared(what)
    assert there(house) == left_without(*(n for n in GOING if n not in spared(what)))


@pytest.mark.parametrize("what", USES)
def test_s05_each_version_is_looked_at_once_more_just_before_its_own_call(what: str) -> None:
    """The use begins when the first version is deleted already: all the looks before are past."""
    house = a_versioned_house()
    change = after_notice(house)
    delete = house.functions.delete_function

    def meanwhile(**asked: str) -> object:
        answer = delete(**asked)
        if asked["Qualifier"] == "1":
            USES[what][0](house)
        return answer

    house.functions.delete_function = meanwhile
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert "3" in there(house)
    assert USES[what][1] in kept(house, change)["3"]
    assert house.status(change) == "removed"
