"""Is Security Hub told what is new, all of it, and nothing twice? (S6, S8, S18, S30)"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.fake_security_hub import FakeSecurityHub
from tests.flows.post import HOUR, OTHER, Post, a_post
from tests.pipeline.house import with_fleet
from trimtab.aws.security_hub import AwsSecurityHub
from trimtab.domain.delivery import DELETED_AFTER, TOLD_AGAIN_AFTER, ToldOfTarget
from trimtab.domain.errors import InputError, NotFoundError
from trimtab.domain.terms import Severity
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.flows.deliver import Delivery, deliver


def test_an_opened_finding_is_imported_as_one_of_its_own_account() -> None:
    post = a_post()
    (found,) = post.hub.findings.values()
    assert found["AwsAccountId"] == ACCOUNT
    assert found["ProductArn"].endswith(f"{ACCOUNT}:product/{ACCOUNT}/default")
    assert found["Resources"][0]["Id"] == str(an_arn())
    assert (found["RecordState"], found["Compliance"]["Status"]) == ("ACTIVE", "FAILED")
    assert found["FindingProviderFields"]["Severity"] == {"Label": "MEDIUM"}
    assert "memory.peak_ratio" in found["Description"]
    assert found["ProductFields"] == {"trimtab/status": "opened"}
    (entry,) = post.record()
    assert entry == {
        "target": str(TARGET),
        "imported": 1,
        "archived": 0,
        "refused": 0,
        "reasons": {},
        "gap": None,
    }


def test_what_is_merely_still_there_is_not_sent_again() -> None:
    post = a_post()
    assert post.run() == Delivery()
    assert post.hub.sizes == [1]
    assert post.record() == []


@pytest.mark.parametrize(("less", "sent"), [(timedelta(seconds=1), 0), (timedelta(), 1)])
def test_what_is_still_there_is_told_again_after_a_week(less: timedelta, sent: int) -> None:
    post = a_post()
    ends = TOLD_AGAIN_AFTER - less
    post.house.use("orders")
    post.house.clock.advance(ends)
    post.house.plant()
    assert post.run(timedelta()).imported == sent
    assert sum(post.hub.sizes) == 1 + sent


def test_a_resolved_finding_is_archived_and_a_reopened_one_is_active_again() -> None:
    post = a_post()
    (first,) = post.hub.findings
    post.house.functions.change("orders", MemorySize=128)
    assert post.run() == Delivery(archived=1)
    (found,) = post.hub.findings.values()
    assert (found["RecordState"], found["Compliance"]["Status"]) == ("ARCHIVED", "PASSED")
    assert found["Description"].startswith("Resolved: compliant. Before: ")
    assert post.run(TOLD_AGAIN_AFTER) == Delivery()
    post.house.functions.change("orders", MemorySize=3008)
    post.house.plant()
    assert post.run() == Delivery(imported=1)
    assert list(post.hub.findings) == [first]
    assert post.states() == {"orders": "ACTIVE"}


def test_updates_are_later_than_what_was_there_and_leave_the_customers_workflow() -> None:
    post = a_post()
    (known,) = post.hub.findings.values()
    known["Workflow"] = {"Status": "SUPPRESSED"}
    moments = [known["UpdatedAt"]]
    for memory_mb in (128, 3008, 128):
        post.house.functions.change("orders", MemorySize=memory_mb)
        post.run()
        (known,) = post.hub.findings.values()
        moments.append(known["UpdatedAt"])
    assert moments == sorted(set(moments))
    assert known["Workflow"] == {"Status": "SUPPRESSED"}
    assert known["CreatedAt"] == moments[0]


def test_a_finding_that_was_never_told_is_not_archived() -> None:
    post = a_post(from_severity=Severity.HIGH)
    post.house.functions.change("orders", MemorySize=128)
    assert post.run() == Delivery()
    assert post.hub.sizes == []


@pytest.mark.parametrize(
    "terms", [{"from_severity": Severity.HIGH}, {"policies": ("another-policy",)}]
)
def test_what_is_not_to_be_told_any_more_is_archived(terms: dict[str, Any]) -> None:
    post = a_post(policies=("memory-oversized",), from_severity=Severity.MEDIUM)
    assert post.states() == {"orders": "ACTIVE"}
    post.terms(**terms)
    assert post.run() == Delivery(archived=1)
    assert post.states() == {"orders": "ARCHIVED"}


def test_an_exempt_finding_is_archived_while_the_exemption_lasts() -> None:
    post = a_post()
    tag = {"trimtab:exempt": "memory-oversized:2026-11-30"}
    post.house.functions.tag_resource(Resource=str(an_arn()), Tags=tag)
    assert post.run() == Delivery(archived=1)
    (found,) = post.hub.findings.values()
    assert found["ProductFields"]["trimtab/suppressed-until"].startswith("2026-12-01")
    assert found["Compliance"]["Status"] == "FAILED"


def test_s10_an_exemption_that_ended_unseen_covers_nothing_any_more() -> None:
    post = Post()
    post.house.plant(tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    assert post.run() == Delivery()
    post.house.cloud.deny(TARGET)
    assert post.run() == Delivery()
    ends = datetime.fromisoformat("2026-12-01T00:00:00+00:00")
    assert post.run(ends - post.house.clock.now()) == Delivery(imported=1)
    (found,) = post.hub.findings.values()
    assert (found["RecordState"], found["Compliance"]["Status"]) == ("ACTIVE", "NOT_AVAILABLE")
    assert "trimtab/suppressed-until" not in found["ProductFields"]


def test_s08_what_could_not_be_judged_stays_active_and_says_so() -> None:
    post = a_post()
    post.house.cloud.deny(TARGET)
    assert post.run() == Delivery(imported=1)
    (found,) = post.hub.findings.values()
    assert (found["RecordState"], found["Compliance"]["Status"]) == ("ACTIVE", "NOT_AVAILABLE")
    assert found["Description"].startswith("Not judged by the last run (gap: target: ")
    assert "trimtab/not-seen-since" in found["ProductFields"]
    assert post.run() == Delivery()


def test_a_refused_finding_is_told_by_name_and_sent_again_by_the_next_run() -> None:
    post = Post()
    post.house.plant("one")
    post.house.plant("two")
    post.house.scan("run-0")
    id_ = life_id(post, "one")
    post.hub.refuses[id_] = "InternalError"
    done = post.run()
    assert done == Delivery(imported=1, refused={id_: "InternalError: on purpose"})
    (entry,) = post.record()
    assert (entry["refused"], entry["reasons"]) == (1, {id_: "InternalError: on purpose"})
    post.hub.refuses.clear()
    assert post.run() == Delivery(imported=1)
    assert post.states() == {"one": "ACTIVE", "two": "ACTIVE"}


def life_id(post: Post, name: str) -> str:
    """Return the id that the finding of a function will have in Security Hub."""
    (finding,) = [
        f for p in post.house.parts("run-0") for f in p.findings if f.function.name == name
    ]
    return f"trimtab/{TARGET}/{finding.id}"


def test_s08_where_security_hub_is_off_there_is_a_gap_and_the_others_are_told() -> None:
    post = Post()
    post.house.plant()
    post.house.plant(target=OTHER)
    post.hub.is_enabled = False
    done = post.run()
    assert done.gap is not None
    assert "is not subscribed to AWS Security Hub" in done.gap
    gap, told = post.record()
    assert (gap["target"], gap["gap"]) == (str(TARGET), done.gap)
    assert (told["target"], told["imported"], told["gap"]) == (str(OTHER), 1, None)
    post.hub.is_enabled = True
    assert post.run() == Delivery(imported=1)


def test_a_role_that_does_not_let_us_in_is_a_gap_too() -> None:
    post = Post()
    post.house.plant()
    post.closed.add(TARGET)
    assert post.run().gap == f"sts:AssumeRole in {TARGET}: no"


def test_nobody_is_entered_when_there_is_nothing_to_tell() -> None:
    post = a_post()
    post.run()
    assert post.entered == [TARGET]


def test_s18_two_accounts_are_told_of_their_own_findings_only() -> None:
    post = Post()
    post.house.plant()
    post.house.plant(target=OTHER)
    post.run()
    for target in (TARGET, OTHER):
        (found,) = post.hubs[target].findings.values()
        assert found["Resources"][0]["Id"] == str(replace(an_arn(), account=target.account))


def test_into_the_hub_findings_are_the_hubs_and_name_the_function() -> None:
    post = Post(into="hub")
    hub = FakeSecurityHub("999999999999", TARGET.region)
    given = {
        "owner": lambda _: "999999999999",
        "enter": lambda _: AwsSecurityHub(hub, where="the hub"),
    }
    post.house.plant()
    assert post.run(**given) == Delivery(imported=1)
    (found,) = hub.findings.values()
    assert found["AwsAccountId"] == "999999999999"
    assert found["Resources"][0]["Id"] == str(an_arn())
    assert post.run() == Delivery(imported=1)
    assert post.states() == {"orders": "ACTIVE"}


def test_nothing_is_queued_or_told_while_fleet_yaml_does_not_ask_for_it() -> None:
    post = a_post()
    post.house.bundle = with_fleet(post.house.bundle, security_hub=None)
    post.house.run("run-9")
    assert post.take() == []
    message = {"run_id": "run-9", "account": ACCOUNT, "region": TARGET.region}
    assert deliver(message, post.bench()) == Delivery()


@pytest.mark.parametrize(
    "message", [{}, {"run_id": "r", "account": ACCOUNT}, {"run_id": 1, "account": 2, "region": 3}]
)
def test_s30_a_message_that_is_no_delivery_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is no delivery"):
        deliver(message, Post().bench())


def test_s30_a_target_that_nothing_is_remembered_of_is_not_found() -> None:
    message = {"run_id": "run-1", "account": "999999999999", "region": "eu-west-1"}
    with pytest.raises(NotFoundError):
        deliver(message, Post().bench())


@pytest.mark.parametrize(
    ("is_archived", "age", "is_kept"),
    [(True, timedelta(), False), (False, DELETED_AFTER, True), (False, DELETED_AFTER * 2, False)],
)
def test_what_is_not_remembered_any_more_is_forgotten_once_security_hub_has_dropped_it(
    is_archived: bool, age: timedelta, is_kept: bool
) -> None:
    post = a_post()
    stored = from_wire(ToldOfTarget, post.house.store.get(keys.sent(TARGET)))
    (one,) = stored.findings.values()
    old = replace(one, is_archived=is_archived, at=one.at + HOUR - age)
    post.house.store.put(keys.sent(TARGET), to_wire(stored.has_taken({"old": old})))
    post.house.plant("new")
    assert post.run().imported == 1
    after = from_wire(ToldOfTarget, post.house.store.get(keys.sent(TARGET)))
    assert ("old" in after.findings, len(after.findings) - ("old" in after.findings)) == (
        is_kept,
        2,
    )
