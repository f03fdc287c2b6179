"""Does the doctor find each thing that may be missing in the hub, and say what to do?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clinic import FakeHubFacts
from tests.fakes.clock import NOW
from trimtab.domain.checkup import HUB, Check, Instance, Lock, State, counts, worst_first
from trimtab.flows.doctor_hub import LATE, Wanted, examine_hub, owners_share
from trimtab.flows.doctor_removal import SignInFacts

WANTED = Wanted(
    now=NOW,
    functions=("trimtab-scan",),
    tickets=True,
    stack_sets={},
    regions=("eu-west-1",),
    removes=True,
    sign_in=SignInFacts(is_wanted=True, is_configured=True),
)
READ = "trimtab-member-read"


def bad(facts: FakeHubFacts, wanted: Wanted = WANTED) -> list[Check]:
    return [c for c in examine_hub(facts, wanted) if c.state is not State.OK]


def test_a_hub_in_order_has_nothing_to_do() -> None:
    checks = examine_hub(FakeHubFacts(), WANTED)
    assert {c.state for c in checks} == {State.OK}
    assert not any(c.todo for c in checks)


def table(**other: Any) -> Callable[[FakeHubFacts], None]:
    def spoil(facts: FakeHubFacts) -> None:
        facts.table_facts["LedgerTable"] = replace(facts.table_facts["LedgerTable"], **other)

    return spoil


def setting(name: str, value: Any) -> Callable[[FakeHubFacts], None]:
    return lambda facts: setattr(facts, name, value)


def mail(**other: bool) -> Callable[[FakeHubFacts], None]:
    def spoil(facts: FakeHubFacts) -> None:
        facts.mail_facts = replace(facts.mail_facts, **other)

    return spoil


SPOILT = [
    ("stack", setting("status", "UPDATE_ROLLBACK_COMPLETE"), "UPDATE_ROLLBACK_COMPLETE"),
    ("email", mail(is_production=False), "sandbox"),
    ("email", mail(is_sending=False), "paused"),
    ("email", mail(is_sender_verified=False), "not a verified identity"),
    ("schedules", lambda f: f.states.update({"trimtab-scan": "DISABLED"}), "scan is disabled"),
    ("schedules", lambda f: f.states.pop("trimtab-watch"), "trimtab-watch is not there"),
    ("log groups", lambda f: f.groups.clear(), "/aws/lambda/trimtab-scan is not there"),
    ("log groups", lambda f: f.groups.update({"/aws/lambda/trimtab-scan": None}), "for good"),
    ("tables", table(status="INACCESSIBLE_ENCRYPTION_CREDENTIALS"), "INACCESSIBLE"),
    ("tables", table(has_recovery=False), "no point-in-time recovery"),
    ("tables", table(is_protected=False), "may be deleted"),
    ("keys", lambda f: f.key_states.update(decisions="PendingDeletion"), "PendingDeletion"),
    ("ledger mirror", setting("lock_facts", None), "no Object Lock"),
    ("ledger mirror", setting("lock_facts", Lock(mode="GOVERNANCE", days=400)), "GOVERNANCE"),
    ("delegated administrator", setting("services", ()), "no delegated administrator"),
    ("ticket token", setting("has_token", False), "random value"),
    ("alarms", setting("subscribed", 0), "nobody is told"),
    ("last run", setting("ran_at", None), "no run has begun"),
    ("last run", setting("ran_at", NOW - LATE - timedelta(seconds=1)), "the last one began"),
]


@pytest.mark.parametrize(("what", "spoil", "said"), SPOILT)
def test_one_thing_that_is_missing_is_one_row_with_what_to_do(
    what: str, spoil: Callable[[FakeHubFacts], None], said: str
) -> None:
    facts = FakeHubFacts()
    spoil(facts)
    (check,) = bad(facts)
    assert (check.where, check.what, check.state) == (HUB, what, State.MISSING)
    assert said in check.said
    assert check.todo


LOOKS = ["stack_status", "mail", "schedules", "log_groups", "tables", "keys", "lock"]
LOOKS += ["delegations", "has_own_token", "listeners", "last_run_at", "drills"]


@pytest.mark.parametrize("method", LOOKS)
def test_s08_what_the_caller_may_not_see_is_unknown(method: str) -> None:
    facts = FakeHubFacts()
    facts.refuse(method)
    (check,) = bad(facts)
    assert check.state is State.UNKNOWN
    assert "not checked" in check.said


def test_a_run_exactly_as_old_as_allowed_is_fine() -> None:
    facts = FakeHubFacts()
    facts.ran_at = NOW - LATE
    assert bad(facts) == []


def drills(**other: Any) -> FakeHubFacts:
    facts = FakeHubFacts()
    facts.drill_facts = replace(facts.drill_facts, **other)
    return facts


DRILLED_ON = NOW - timedelta(days=9)
DRILLS = [
    ({"is_well": False}, State.MISSING, "the last one failed"),
    ({"last_at": DRILLED_ON - timedelta(seconds=1)}, State.MISSING, "the last one ended on"),
    ({"sandbox": None}, State.UNKNOWN, "not restored: no sandbox account is configured"),
    ({"sandbox": None, "is_well": False}, State.MISSING, "the last one failed"),
    ({"last_at": None, "is_well": False}, State.UNKNOWN, "none has ended yet"),
    ({"restored": 0}, State.UNKNOWN, "restored nothing"),
]


@pytest.mark.parametrize(("other", "state", "said"), DRILLS)
def test_s08_a_restore_that_was_not_tried_is_not_known_to_work(
    other: dict[str, Any], state: State, said: str
) -> None:
    (check,) = bad(drills(**other))
    assert (check.what, check.state) == ("restore drills", state)
    assert said in check.said
    assert check.todo


def test_a_drill_as_old_as_allowed_is_fine_and_one_that_is_switched_off_is_said() -> None:
    assert bad(drills(last_at=DRILLED_ON)) == []
    (check,) = (
        c
        for c in examine_hub(drills(last_at=DRILLED_ON, every_days=None), WANTED)
        if c.what == "restore drills"
    )
    assert check.said.endswith("was well; none is scheduled")


def test_a_trial_lock_is_told_and_fine() -> None:
    facts = FakeHubFacts()
    facts.lock_facts = Lock(mode="COMPLIANCE", days=1)
    (mirror,) = (c for c in examine_hub(facts, WANTED) if c.what == "ledger mirror")
    assert mirror.state is State.OK
    assert "-c production=true" in mirror.said


def test_a_token_is_not_asked_for_where_no_ticket_may_be_opened() -> None:
    facts = FakeHubFacts()
    facts.has_token = False
    assert bad(facts, replace(WANTED, tickets=False)) == []


def stack_sets(facts: FakeHubFacts, *accounts: str) -> list[Check]:
    return bad(facts, replace(WANTED, stack_sets={READ: accounts}))


def an_instance(account: str = "1", **other: str) -> Instance:
    given = {"status": "CURRENT", "reason": "", "region": "eu-west-1"} | other
    return Instance(account=account, **given)


def test_a_stack_that_is_not_current_is_named_with_its_reason() -> None:
    facts = FakeHubFacts()
    outdated = an_instance("2", status="OUTDATED", reason="Account 2 should have ... role")
    facts.stacks[READ] = (an_instance(), outdated, an_instance("3", status="INOPERABLE"))
    two, three = stack_sets(facts, "1", "2", "3")
    assert (two.where, two.state) == ("2", State.MISSING)
    assert two.said == "OUTDATED in eu-west-1: Account 2 should have ... role"
    assert three.said == "INOPERABLE in eu-west-1: no reason given"


def test_an_account_without_a_stack_is_named() -> None:
    facts = FakeHubFacts()
    facts.stacks[READ] = (an_instance(),)
    (check,) = stack_sets(facts, "1", "2")
    assert (check.where, check.said) == ("2", "has no stack in this account")
    assert stack_sets(facts, "1") == []


def test_without_a_stack_set_the_roles_are_deployed_by_hand() -> None:
    facts = FakeHubFacts()
    assert stack_sets(facts, "1") == []


def test_s08_a_stack_set_that_may_not_be_read_is_unknown() -> None:
    facts = FakeHubFacts()
    facts.stacks[READ] = ()
    facts.refuse("instances")
    (check,) = stack_sets(facts, "1")
    assert check.state is State.UNKNOWN


def owner(state: State, where: str = "1") -> Check:
    return Check(where=where, what="owners", state=state, said="")


@pytest.mark.parametrize(
    ("states", "expected", "said"),
    [
        ([State.OK, State.OK], State.OK, "2 of 2 accounts"),
        ([State.OK, State.MISSING], State.MISSING, "1 of 2 accounts"),
        ([State.OK, State.UNKNOWN], State.UNKNOWN, "1 of 1 accounts"),
        ([], State.UNKNOWN, "0 of 0 accounts"),
    ],
)
def test_owners_are_summed_up(states: list[State], expected: State, said: str) -> None:
    summed = owners_share([owner(state) for state in states], "owners")
    assert (summed.where, summed.state) == (HUB, expected)
    assert said in summed.said


def test_the_worst_comes_first_and_the_hub_before_the_accounts() -> None:
    given = [owner(State.OK), owner(State.MISSING, "2"), owner(State.UNKNOWN), owner(State.OK, HUB)]
    given.append(owner(State.MISSING, HUB))
    assert [(c.state.value, c.where) for c in worst_first(given)] == [
        ("missing", HUB),
        ("missing", "2"),
        ("unknown", "1"),
        ("ok", HUB),
        ("ok", "1"),
    ]
    assert counts(given) == {"missing": 2, "unknown": 1, "ok": 2}
