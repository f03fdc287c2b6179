"""Does a drill show that a backup would come back, and leave nothing behind but what it found?"""

import json
from collections import Counter
from dataclasses import replace
from typing import Never

import pytest

from tests.fakes.failures import CONNECTION_CLOSED
from tests.pipeline.drilled import KEY, MARKED, ROLE, SANDBOX, Hall, name_of
from tests.pipeline.vaulted import SECRET, House, any_function
from trimtab.domain.backup import Manifest
from trimtab.domain.drill import MARK, PREFIX, Drilled, DrillWord, PartState
from trimtab.domain.drill_copy import (
    MOST_ENVIRONMENT,
    environment_digests,
    why_lost,
    why_not_made,
)
from trimtab.domain.errors import AccessDeniedError
from trimtab.pipeline.drill import REMOVED, REMOVING, TRIES, clear, remove

SEEDS = tuple(range(0, 240, 4))


def hall_of(seed: int) -> tuple[Hall, Manifest]:
    house, function = any_function(seed)
    return Hall(house), house.back_up(function)


def plain_hall(**given: object) -> tuple[Hall, Manifest]:
    house = House()
    function = house.add("orders", **given)
    house.publish("orders")
    return Hall(house), house.back_up(function)


def states(done: Drilled) -> dict[str, PartState]:
    return {part.name: part.state for part in done.parts}


@pytest.mark.parametrize("seed", SEEDS)
def test_s14_whatever_was_backed_up_comes_back_in_the_sandbox_and_is_removed(seed: int) -> None:
    hall, manifest = hall_of(seed)
    backup = hall.house.load(manifest)
    before = hall.house.account.snapshot()
    if why_not_made(backup) is not None:
        assert all(code.image for code in backup.code)
        return
    done = hall.drill(manifest)
    assert (done.word, done.reason, done.left_behind) == (DrillWord.SAME, "", "")
    assert states(done)["code"] is PartState.SAME
    assert hall.account.functions == {}
    assert hall.account.deleted == [done.copy]
    assert hall.house.account.snapshot() == before
    assert hall.house.account.writes == []


@pytest.mark.parametrize("seed", SEEDS)
def test_s16_no_secret_of_production_and_no_way_out_goes_into_the_sandbox(seed: int) -> None:
    hall, manifest = hall_of(seed)
    if why_not_made(hall.house.load(manifest)) is not None:
        return
    hall.drill(manifest)
    said = hall.account.text() + json.dumps(hall.events)
    assert SECRET not in said
    for outside in ("arn:aws:kms", "arn:aws:sqs", "elasticfilesystem", "subnet-", ":layer:"):
        assert outside not in said
    for _, asked in hall.account.asked:
        assert asked["Role"] == ROLE
    never = {"AddPermission", "CreateEventSourceMapping", "CreateFunctionUrlConfig"}
    never |= {"PutProvisionedConcurrencyConfig", "DeleteFunctionConcurrency"}
    never |= {"RegisterScalableTarget", "PutFunctionCodeSigningConfig"}
    assert not never & set(hall.account.writes)


@pytest.mark.parametrize("seed", SEEDS)
def test_s14_from_the_start_nobody_may_call_what_a_drill_makes(seed: int) -> None:
    hall, manifest = hall_of(seed)
    if why_not_made(hall.house.load(manifest)) is not None:
        return
    hall.drill(manifest)
    assert hall.account.writes[:2] == ["CreateFunction", "PutFunctionConcurrency"]
    assert hall.account.writes[-1] == "DeleteFunction"
    name, asked = hall.account.asked[0]
    assert (name, asked["FunctionName"]) == ("create", name_of(manifest))
    assert asked["FunctionName"].startswith(PREFIX)
    assert asked["Tags"][MARK]


def test_what_was_left_out_is_named_with_its_reason_and_never_called_the_same() -> None:
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        hall, manifest = hall_of(seed)
        if why_not_made(hall.house.load(manifest)) is None:
            done = hall.drill(manifest)
            found = done.of(PartState.NOT_DRILLED)
            assert all(part.why for part in found)
            counts.update(part.name for part in found)
            names = [part.name for part in done.parts]
            assert len(names) == len(set(names))
    assert counts["execution role"] == max(counts.values())
    wanted = {
        "network",
        "layers",
        "file systems",
        "dead-letter target",
        "key of the environment",
        "values of the environment",
        "tracing",
        "snapshots",
        "resource policy",
        "event source mappings",
        "function URLs",
        "provisioned concurrency",
        "scaling",
        "code signing",
        "event destinations",
        "reserved concurrency",
        "some tags",
    }
    assert wanted <= set(counts), wanted - set(counts)


def test_s14_other_code_than_was_backed_up_is_a_difference() -> None:
    hall, manifest = plain_hall()
    fetch = hall.account.fetch
    hall.account.fetch = lambda bucket, key: fetch(bucket, key) + b"!"
    done = hall.drill(manifest)
    assert not done.is_well
    assert hall.account.functions == {}


def test_s14_what_is_not_as_it_should_be_is_named_without_a_value() -> None:
    hall, manifest = plain_hall(Environment={"Variables": {"TOKEN": SECRET}}, Timeout=30)
    own = hall.account.create_alias

    def spoil(asked: dict[str, object]) -> dict[str, object]:
        kept = hall.account.functions[name_of(manifest)]
        kept.versions["1"]["Timeout"] = 31
        kept.versions["1"]["Environment"] = {"Variables": {"TOKEN": "other"}}
        return own(asked)

    hall.house.account.create_alias(
        {"FunctionName": "orders", "Name": "live", "FunctionVersion": "1"}
    )
    manifest = hall.house.back_up(manifest.function)
    hall.account.create_alias = spoil  # type: ignore[method-assign]
    done = hall.drill(manifest)
    assert done.word is DrillWord.DIFFERENT
    assert "version 1: Timeout differs" in done.reason
    found = states(done)
    assert found["settings"] is found["environment"] is PartState.DIFFERENT
    assert found["aliases"] is found["code"] is PartState.SAME
    assert SECRET not in str(done)
    assert hall.account.functions == {}


def test_s14_what_aws_does_not_take_is_a_difference() -> None:
    hall, manifest = plain_hall(Tags={"team": "shop"})
    hall.house.account.create_alias(
        {"FunctionName": "orders", "Name": "live", "FunctionVersion": "1"}
    )
    manifest = hall.house.back_up(manifest.function)
    hall.account.fail_always("CreateAlias", "AccessDeniedException")
    done = hall.drill(manifest)
    assert (done.word, done.is_well) == (DrillWord.DIFFERENT, False)
    assert "alias live" in done.reason
    assert hall.account.functions == {}


def test_a_sandbox_that_lets_nothing_be_made_ends_unfinished_with_nothing_left() -> None:
    hall, manifest = plain_hall()
    hall.account.fail_always("CreateFunction", "AccessDeniedException")
    done = hall.drill(manifest)
    assert (done.word, done.left_behind) == (DrillWord.UNFINISHED, "")
    assert "AccessDenied" in done.reason


def test_a_copy_that_somebody_else_made_first_is_neither_written_over_nor_deleted() -> None:
    hall, manifest = plain_hall()
    hall.account.stranger(name_of(manifest), {"team": "theirs"})
    done = hall.drill(manifest)
    assert (done.word, "did not make it" in done.reason) == (DrillWord.UNFINISHED, True)
    assert "does not carry the tag" in done.left_behind
    assert name_of(manifest) in hall.account.functions


def test_a_sandbox_that_cannot_be_entered_for_a_copy_ends_unfinished() -> None:
    hall, manifest = plain_hall()

    def shut(function: object, session: object) -> Never:
        raise AccessDeniedError("sts:AssumeRole: denied")

    done = hall.drill(manifest, open=shut)
    assert (done.word, done.left_behind) == (DrillWord.UNFINISHED, "")
    assert done.reason == "sts:AssumeRole: denied"


def test_s20_a_freeze_stops_the_making_and_what_is_there_is_still_removed() -> None:
    hall, manifest = plain_hall()
    hall.account.before_next("CreateFunction", lambda: setattr(hall, "stopped", "frozen"))
    done = hall.drill(manifest)
    assert (done.word, done.reason, done.left_behind) == (DrillWord.UNFINISHED, "frozen", "")
    assert hall.account.functions == {}


def test_s20_a_hard_freeze_stops_the_removal_too_and_that_is_a_failure() -> None:
    hall, manifest = plain_hall()
    hall.account.before_next("PublishVersion", lambda: setattr(hall, "held", "frozen hard"))
    done = hall.drill(manifest)
    assert (done.left_behind, done.is_well) == ("frozen hard", False)
    assert name_of(manifest) in hall.account.functions
    hall.held = None
    assert clear(record=lambda event, data: None, bench=hall.bench()) == (
        (name_of(manifest),),
        (),
    )


@pytest.mark.parametrize("has_landed", [True, False])
def test_s26_a_lost_answer_to_the_deletion_is_looked_up(has_landed: bool) -> None:
    hall, manifest = plain_hall()
    hall.account.fail_next("DeleteFunction", CONNECTION_CLOSED, after_landing=has_landed)
    done = hall.drill(manifest)
    assert (done.word, done.left_behind) == (DrillWord.SAME, "")
    assert hall.account.functions == {}


def test_s26_a_deletion_that_never_works_is_told_as_left_behind() -> None:
    hall, manifest = plain_hall()
    hall.account.fail_always("DeleteFunction", CONNECTION_CLOSED)
    done = hall.drill(manifest)
    assert (done.word, done.is_well) == (DrillWord.SAME, False)
    assert "DeleteFunction" in done.left_behind
    assert [event for event, _ in hall.events].count(REMOVING) == TRIES


def test_a_deletion_that_does_not_show_is_told_as_left_behind() -> None:
    hall, manifest = plain_hall()
    hall.account.delete_function = lambda asked: {}  # type: ignore[method-assign]
    done = hall.drill(manifest)
    assert "is still there after" in done.left_behind


def test_a_function_that_keeps_coming_back_is_told_as_left_behind() -> None:
    hall, _ = plain_hall()
    function = hall.account.stranger(f"{PREFIX}undead", MARKED)
    kept = hall.account.functions[function.name]

    class Undead:
        def delete(self, function: object) -> None:
            hall.account.functions[f"{PREFIX}undead"] = kept

        def __getattr__(self, name: str) -> object:
            return getattr(hall.room(), name)

    left = remove(function, record=lambda event, data: None, bench=hall.bench(room=Undead()))
    assert left == f"it was there again after {TRIES} deletions"


def test_s07_the_deletion_is_on_record_before_it_is_made() -> None:
    hall, manifest = plain_hall()
    hall.account.before_next("DeleteFunction", lambda: hall.events.append(("now", {})) and None)
    hall.drill(manifest)
    assert [event for event, _ in hall.events][-3:] == [REMOVING, "now", REMOVED]


FOREIGN = (
    ("orders", MARKED),
    ("trimtab-drill", MARKED),
    (PREFIX, MARKED),
    (f"{PREFIX}abc", {}),
    (f"{PREFIX}abc", {MARK: ""}),
    (f"{PREFIX}abc", {"trimtab:restored": "x"}),
    (f"x-{PREFIX}abc", MARKED),
)


@pytest.mark.parametrize(("name", "tags"), FOREIGN)
def test_s18_nothing_without_both_name_and_mark_is_ever_deleted(
    name: str, tags: dict[str, str]
) -> None:
    hall, _ = plain_hall()
    function = hall.account.stranger(name, tags)
    left = remove(function, record=lambda event, data: None, bench=hall.bench())
    assert "not deleted" in left
    clear(record=lambda event, data: None, bench=hall.bench())
    assert name in hall.account.functions
    assert hall.account.writes == hall.account.deleted == []


def test_s18_nothing_in_another_account_is_ever_deleted() -> None:
    hall, _ = plain_hall()
    other = replace(hall.account.stranger(f"{PREFIX}abc", MARKED), account="111111111111")
    left = remove(other, record=lambda event, data: None, bench=hall.bench())
    assert f"is not in the sandbox account {SANDBOX}" in left
    assert hall.account.deleted == []


def test_s18_a_function_with_the_name_and_not_the_mark_is_named_as_a_problem() -> None:
    hall, _ = plain_hall()
    hall.account.stranger(f"{PREFIX}theirs", {})
    hall.account.stranger(f"{PREFIX}ours", MARKED)
    hall.account.stranger("unrelated", MARKED)
    removed, problems = clear(record=lambda event, data: None, bench=hall.bench())
    assert removed == (f"{PREFIX}ours",)
    (problem,) = problems
    assert f"{PREFIX}theirs" in problem
    assert set(hall.account.functions) == {f"{PREFIX}theirs", "unrelated"}


def test_s16_digests_need_the_key_and_tell_equal_values_apart() -> None:
    given = {"A": SECRET, "B": SECRET, "C": ""}
    digests = environment_digests(given, key=KEY)
    assert set(digests) == set(given)
    assert len(set(digests.values())) == 3
    assert digests == environment_digests(given, key=KEY)
    assert digests != environment_digests(given, key=b"another")
    assert SECRET not in str(digests)


def test_s16_a_crowded_environment_has_shorter_digests_or_none() -> None:
    crowded = {f"{'N' * 40}{n}": "v" for n in range(70)}
    found = environment_digests(crowded, key=KEY)
    assert 0 < len(next(iter(found.values()))) < 32
    full = {"N" * MOST_ENVIRONMENT: SECRET}
    assert list(environment_digests(full, key=KEY).values()) == [""]


def test_a_copy_leaves_room_for_both_marks_among_fifty_tags() -> None:
    house = House()
    function = house.add("orders", Tags={f"tag-{n:02}": "x" for n in range(50)})
    hall = Hall(house)
    done = hall.drill(house.back_up(function))
    assert done.word is DrillWord.SAME
    (part,) = [part for part in done.parts if part.name == "some tags"]
    assert part.why == "set by a service, or no room: tag-48, tag-49"


def test_versions_that_differ_only_in_what_is_left_out_are_said_to_be_merged() -> None:
    house = House()
    function = house.add("orders", DeadLetterConfig={"TargetArn": "arn:aws:sqs:eu-west-1:1:a"})
    house.publish("orders")
    house.update("orders", DeadLetterConfig={"TargetArn": "arn:aws:sqs:eu-west-1:1:b"})
    house.publish("orders")
    hall = Hall(house)
    done = hall.drill(house.back_up(function))
    assert done.word is DrillWord.SAME
    (part,) = [part for part in done.parts if part.name == "some versions"]
    assert part.why == "1 differ only in what is left out"


def test_the_key_of_a_codes_encryption_is_said_to_be_left_out() -> None:
    hall, manifest = plain_hall()
    kept = hall.house.account.functions["orders"]
    kept.code["SourceKMSKeyArn"] = "arn:aws:kms:eu-west-1:111111111111:key/1"
    done = hall.drill(hall.house.back_up(manifest.function))
    assert done.word is DrillWord.SAME
    assert states(done)["key of the code"] is PartState.NOT_DRILLED


def test_an_empty_name_of_a_signing_configuration_is_none() -> None:
    hall, manifest = plain_hall()
    hall.house.account.functions["orders"].signing = ""
    fetch = hall.account.get_function_code_signing_config
    hall.account.get_function_code_signing_config = (  # type: ignore[method-assign]
        lambda asked: fetch(asked) | {"CodeSigningConfigArn": ""}
    )
    assert hall.drill(hall.house.back_up(manifest.function)).word is DrillWord.SAME


def test_what_is_no_plain_zip_is_not_made_and_says_why() -> None:
    hall, manifest = plain_hall()
    backup = hall.house.load(manifest)
    documents = dict(backup.documents)
    part = "function of 1"
    documents[part] = documents[part] | {"UnknownKind": "it is durable"}
    why = why_not_made(replace(backup, documents=documents))
    assert why == "it is no plain function: it is durable"
    assert why_not_made(backup) is None


def test_a_runtime_that_nothing_can_be_created_with_any_more_loses_the_backup() -> None:
    hall, manifest = plain_hall()
    backup, now = hall.house.load(manifest), hall.house.clock.now()
    day = now.date()
    assert why_lost(backup, create_blocks={}, now=now) is None
    assert why_lost(backup, create_blocks={"python3.13": None}, now=now) is None
    later = day.replace(year=day.year + 1)
    assert why_lost(backup, create_blocks={"python3.13": later}, now=now) is None
    said = why_lost(backup, create_blocks={"python3.13": day}, now=now)
    assert said == f"no function can be created with python3.13 since {day.isoformat()}"
