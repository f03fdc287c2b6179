"""Is a drill on record throughout, told when it fails, and harmless wherever it is cut off?"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.vault import FakeVault
from tests.flows.drilling import BLOCKED, BY_HAND, HUB, OPERATOR, Scene
from tests.pipeline.drilled import MARKED, SANDBOX
from tests.pipeline.vaulted import SECRET
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import DRILL_CHAIN, NO_SANDBOX, PREFIX, DrillWord
from trimtab.domain.errors import (
    AccessDeniedError,
    ConflictError,
    InputError,
    PermanentError,
    RetryableError,
    TamperedError,
)
from trimtab.domain.ledger import chain_faults, restore_chain
from trimtab.flows import drill_answer, keys, strongroom
from trimtab.flows.backup import Reader
from trimtab.flows.drill import OUT_OF_TIME, drill, look_ahead
from trimtab.flows.tell_drill import tell_last_drill
from trimtab.pipeline.drill_record import drills_on_record
from trimtab.pipeline.freeze import freeze

NO_SUCH = FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:none")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def words(scene: Scene, report: Any) -> list[str]:
    return [one.word.value for one in report.functions]


def test_s14_a_drill_restores_compares_removes_and_reports(scene: Scene) -> None:
    report = scene.drill()
    assert report.is_well
    assert words(scene, report) == ["same", "same"]
    assert (report.sandbox, report.backups, report.not_restored) == (SANDBOX, 2, "")
    assert scene.hall.account.functions == {}
    assert scene.kept(report) == report
    assert scene.events() == ["drill_begun", "drilled", "drilled", "drill_ended"]
    entries = drills_on_record(scene.ledger)
    assert not chain_faults(entries, scene.ledger.head(DRILL_CHAIN))
    assert list(scene.ledger.open_chains()) == []
    ended = entries[-1].data
    assert (ended["is_well"], ended["words"]) == (True, {"same": 2})
    drilled = entries[1]
    assert drilled.function in {str(m.function) for m in scene.manifests}
    assert "code" in drilled.data["same"]
    assert "execution role" in drilled.data["not_drilled"]
    assert scene.house.account.writes == []


def test_s16_no_value_of_an_environment_is_in_report_or_record(scene: Scene) -> None:
    report = scene.drill()
    texts = [json.dumps(scene.store.get(keys.drill(report.drill_id)))]
    for chain in scene.ledger.chains():
        texts += [json.dumps(dict(entry.data)) for entry in scene.ledger.entries(chain)]
    assert not any(SECRET in text for text in texts)


def test_s07_each_write_in_the_sandbox_is_on_record_in_a_chain_of_its_own(scene: Scene) -> None:
    scene.drill()
    chains = [c for c in scene.ledger.chains() if c.startswith(restore_chain(""))]
    assert len(chains) == 2
    for chain in chains:
        events = scene.ledger.events(chain)
        assert events.count("restore_writing") == events.count("restore_written") > 3
        assert events[-2:] == ["copy_removing", "copy_removed"]
        functions = {entry.function for entry in scene.ledger.entries(chain)}
        assert all(f":{SANDBOX}:function:{PREFIX}" in str(f) for f in functions)


def test_what_was_drilled_last_comes_again_last(scene: Scene) -> None:
    seen = []
    for _ in range(4):
        (one,) = scene.drill(size=1).functions
        seen.append(one.backup_id)
        scene.wait(timedelta(days=7))
    assert len(set(seen[:2])) == 2
    assert seen[2:] == seen[:2]


def test_without_a_sandbox_backups_are_read_back_and_that_is_said(scene: Scene) -> None:
    report = scene.drill(place=None)
    assert report.is_well
    assert (report.sandbox, report.not_restored) == (None, NO_SANDBOX)
    assert words(scene, report) == ["read_back", "read_back"]
    assert {one.reason for one in report.functions} == {NO_SANDBOX}
    assert scene.hall.account.asked == []
    assert scene.house.account.writes == [], "never in the production account"


def test_what_was_only_read_back_comes_first_once_there_is_a_sandbox(scene: Scene) -> None:
    (first,) = scene.drill(size=1, place=None).functions
    scene.wait(timedelta(days=1))
    assert look_ahead(BY_HAND, scene.bench()).sample[0].drilled_at is None
    ids = {one.backup_id for one in scene.drill(size=2).functions}
    assert first.backup_id in ids


@pytest.mark.parametrize("account", [HUB, "1" * 12, "2" * 12])
def test_s18_a_sandbox_that_somebody_relies_on_is_refused_and_never_entered(
    scene: Scene, account: str
) -> None:
    scene.store.put(keys.LATEST, {"run_id": "run-1"})
    scene.store.put(keys.targets("run-1"), {"accounts": [{"id": "2" * 12}]})
    report = scene.drill(place=scene.place(account))
    assert not report.is_well
    assert f"sandbox_account {account}" in report.problems[0]
    assert report.not_restored == f"not restored: {report.problems[0]}"
    assert (scene.entered, report.sandbox) == (0, None)
    assert words(scene, report) == ["read_back", "read_back"]


def test_s18_while_nobody_knows_what_is_scanned_nothing_is_restored(scene: Scene) -> None:
    scene.store.fail_next(RetryableError("s3 on purpose"))
    report = scene.drill()
    assert "which accounts are scanned cannot be read" in report.problems[0]
    assert (scene.entered, words(scene, report)) == (0, ["read_back", "read_back"])


@pytest.mark.parametrize("is_hard", [False, True])
def test_s20_a_freeze_lets_nothing_be_made_and_leftovers_go_but_for_a_hard_one(
    scene: Scene, is_hard: bool
) -> None:
    scene.hall.account.stranger(f"{PREFIX}left", MARKED)
    now = scene.house.clock.now()
    freeze(scene.ledger, by="person-1", why="stop", is_hard=is_hard, at=now)
    report = scene.drill()
    assert "Trimtab is frozen" in report.not_restored
    assert words(scene, report) == ["read_back", "read_back"]
    assert (f"{PREFIX}left" in scene.hall.account.functions) == is_hard
    assert report.is_well != is_hard
    assert scene.hall.account.asked == []


def test_a_sandbox_that_does_not_let_us_in_is_a_failure_and_the_rest_is_read_back(
    scene: Scene,
) -> None:
    scene.hall.account.fail_always("ListFunctions", "AccessDeniedException")
    report = scene.drill()
    assert not report.is_well
    assert "the sandbox cannot be used in eu-west-1" in report.problems[0]
    assert words(scene, report) == ["read_back", "read_back"]


def test_s18_where_something_cannot_be_removed_nothing_more_is_made(scene: Scene) -> None:
    scene.hall.account.stranger(f"{PREFIX}theirs", {})
    report = scene.drill()
    assert not report.is_well
    assert "does not carry the tag" in report.problems[0]
    assert scene.hall.account.asked == []
    assert set(scene.hall.account.functions) == {f"{PREFIX}theirs"}


def test_leftovers_of_an_earlier_drill_go_first(scene: Scene) -> None:
    scene.hall.account.stranger(f"{PREFIX}left", MARKED)
    report = scene.drill()
    assert (report.is_well, report.leftovers) == (True, (f"{PREFIX}left",))
    assert scene.events()[:3] == ["drill_begun", "copy_removing", "copy_removed"]


def test_s14_a_backup_that_is_not_whole_fails_and_is_marked(scene: Scene) -> None:
    key = next(k for k in scene.house.vault.keys("1" * 12) if "/code/" in k)
    scene.house.vault.objects[key] = b"other"
    report = scene.drill()
    assert sorted(words(scene, report)) == ["refused", "same"]
    (bad,) = [one for one in report.functions if not one.is_well]
    assert "is not what was kept" in bad.reason
    reader = Reader(
        vault=lambda region: scene.house.vault,
        ledger=scene.ledger,
        clock=scene.house.clock,
        kept_for=scene.bench().kept_for,
    )
    rows = strongroom.list_backups({}, reader, region="eu-west-1").answer["backups"]
    told = {row["backup_id"]: row["drill"] for row in rows}
    assert told[bad.backup_id]["is_well"] is False
    assert "is not what was kept" in told[bad.backup_id]["reason"]
    assert sorted(d["word"] for d in told.values()) == ["refused", "same"]


def test_s14_a_runtime_nothing_can_be_created_with_fails_the_drill(scene: Scene) -> None:
    report = scene.drill(create_blocks=BLOCKED)
    assert words(scene, report) == ["refused", "refused"]
    assert "no function can be created with python3.13" in report.functions[0].reason
    assert scene.hall.account.asked == []


def test_what_is_no_zip_is_read_back_with_the_reason(scene: Scene) -> None:
    image = {"ImageUri": f"1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'a' * 64}"}
    function = scene.house.add(
        "pictures", Code=image, PackageType="Image", Runtime=None, Handler=None
    )
    scene.house.back_up(function)
    (one,) = scene.drill(function).functions
    assert (one.word, one.is_well) == (DrillWord.READ_BACK, True)
    assert one.reason.startswith("not restored: its image stays in its repository")


def test_a_vault_that_cannot_be_read_is_a_failure(scene: Scene) -> None:
    vault = scene.house.vault
    vault.fail_get = (vault.gets, RetryableError("s3 on purpose"))
    report = scene.drill()
    assert "the backups in eu-west-1 cannot be listed" in report.problems[0]
    assert (report.backups, report.functions, report.is_well) == (0, (), False)
    vault.fail_get = (vault.gets + len(scene.manifests) + 1, RetryableError("s3 on purpose"))
    scene.wait()
    report = scene.drill()
    assert words(scene, report) == ["unfinished", "same"]
    assert "it cannot be read" in report.functions[0].reason


def test_a_drill_that_runs_out_of_time_says_so_and_begins_nothing_more(scene: Scene) -> None:
    scene.house.clock.leave(timedelta(minutes=2))
    report = scene.drill()
    assert {one.reason for one in report.functions} == {OUT_OF_TIME}
    assert (report.is_well, scene.hall.account.asked) == (False, [])


def test_an_expired_or_incomplete_backup_is_not_drawn(scene: Scene) -> None:
    scene.house.account.fail_next("ListAliases", "AccessDeniedException")
    assert not scene.house.back_up(scene.manifests[0].function).is_complete
    assert scene.drill().backups == 2
    scene.wait(timedelta(days=400))
    report = scene.drill()
    assert (report.backups, report.functions, report.is_well) == (0, (), True)


def test_a_person_names_what_is_drilled_and_its_newest_backup_is_taken(scene: Scene) -> None:
    function = scene.manifests[0].function
    scene.wait(timedelta(days=1))
    newer = scene.house.back_up(function)
    report = scene.drill(function, function, NO_SUCH)
    assert [one.backup_id for one in report.functions] == [newer.backup_id]
    assert report.problems == (f"there is no complete backup of {NO_SUCH}",)


def test_s19_of_two_drills_at_once_one_waits(scene: Scene) -> None:
    scene.desk.hold(
        DRILL_CHAIN,
        holder="another",
        now=scene.house.clock.now(),
        until=scene.house.clock.now() + timedelta(minutes=20),
    )
    with pytest.raises(ConflictError, match="another drill is running"):
        scene.drill()
    assert scene.events() == []


def test_s17_a_record_of_the_drills_that_was_altered_stops_a_drill(scene: Scene) -> None:
    scene.drill()
    scene.ledger.replace(DRILL_CHAIN, scene.ledger.entries(DRILL_CHAIN)[1:])
    with pytest.raises(TamperedError, match=DRILL_CHAIN):
        scene.drill()


def failed(scene: Scene) -> None:
    scene.hall.account.fail_always("CreateFunction", "AccessDeniedException")
    assert not scene.drill().is_well


def test_a_failed_drill_is_told_once_and_a_good_one_is_not(scene: Scene) -> None:
    scene.drill()
    assert tell_last_drill(scene.telling()) == 0
    scene.wait()
    failed(scene)
    assert tell_last_drill(scene.telling()) == 1
    assert tell_last_drill(scene.telling()) == 0
    (email,) = scene.mailer.sent
    assert (email.to, "Restore drill failed: 2 things" in email.subject) == (OPERATOR, True)
    assert "could not be drilled to the end" in email.text
    assert SECRET not in email.text + email.html


def test_nothing_is_told_before_the_first_drill(scene: Scene) -> None:
    assert tell_last_drill(scene.telling()) == 0


def test_an_email_that_did_not_go_out_is_sent_by_the_look_of_the_next_day(scene: Scene) -> None:
    failed(scene)
    scene.mailer.fail_next(RetryableError("ses on purpose"))
    with pytest.raises(RetryableError):
        tell_last_drill(scene.telling())
    scene.mailer.fail_next(AccessDeniedError("ses:SendEmail on purpose"))
    with pytest.raises(AccessDeniedError):
        tell_last_drill(scene.telling())
    assert tell_last_drill(scene.telling()) == 1


def test_an_address_that_is_refused_is_on_record_by_its_id_and_not_tried_again(
    scene: Scene,
) -> None:
    failed(scene)
    scene.mailer.fail_next(PermanentError(f"{OPERATOR} is on the suppression list"))
    tell_last_drill(scene.telling())
    assert tell_last_drill(scene.telling()) == 0
    last = scene.ledger.entries(DRILL_CHAIN)[-1]
    assert (last.event, OPERATOR in json.dumps(dict(last.data))) == ("not_told", False)


def test_the_lambda_answers_in_plain_data(scene: Scene) -> None:
    said = drill_answer.answer({}, scene.bench(), scene.telling())
    assert (said.word, said.failures, said.answer["well"]) == ("well", 0, True)
    json.dumps(said.answer)
    assert scene.ledger.entries(DRILL_CHAIN)[0].actor == "trimtab-drill"
    scene.wait()
    event = {"by": "person-1", "why": "x", "functions": [str(NO_SUCH)]}
    said = drill_answer.answer(event, scene.bench(), scene.telling())
    assert (said.word, said.failures) == ("failed", 1)
    assert len(scene.mailer.sent) == 1
    with pytest.raises(InputError, match="why is missing"):
        drill_answer.answer({"by": "person-1"}, scene.bench(), scene.telling())


def test_a_look_ahead_names_the_sample_and_writes_nothing(scene: Scene) -> None:
    event = {"by": "person-1", "why": "x", "dry_run": True}
    said = drill_answer.answer(event, scene.bench(), scene.telling())
    assert (said.word, said.failures, len(said.answer["sample"])) == ("looked_ahead", None, 2)
    assert (scene.events(), scene.entered) == ([], 0)


def test_a_region_whose_backups_cannot_be_listed_keeps_no_other_from_being_drilled(
    scene: Scene,
) -> None:
    other = FakeVault()
    other.objects["manifests/x"] = b"{}"
    bench = scene.bench()
    report = drill(BY_HAND, replace(bench, vaults={**bench.vaults, "us-east-1": other}))
    assert "the backups in us-east-1 cannot be listed" in report.problems[0]
    assert report.backups == 2


def test_a_backup_in_the_vault_of_another_region_is_told_and_not_drilled(scene: Scene) -> None:
    bench = scene.bench()
    report = drill(BY_HAND, replace(bench, vaults={"us-east-1": scene.house.vault}))
    assert len(report.problems) == 2
    assert all(problem.endswith("lies in us-east-1") for problem in report.problems)
    assert (report.backups, report.functions) == (0, ())
