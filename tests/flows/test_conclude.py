"""Does a run end in one plan, whatever is repeated, and a record that adds up? (S9, S19, S24)"""

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import (
    ACCOUNT,
    HUB_ID,
    REGION,
    TARGET,
    a_remediation,
    an_account,
    an_arn,
)
from tests.pipeline.house import FILES, OTHER_ACCOUNT, House, a_bundle, with_policy
from trimtab.domain.approval import RoundStatus
from trimtab.domain.arn import Target
from trimtab.domain.digest import content_id
from trimtab.domain.errors import NotFoundError, RetryableError
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.ledger import chain_faults, run_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.flows.conclude import conclude
from trimtab.pipeline.discover import discover
from trimtab.pipeline.record import record_discovery


def test_s24_a_run_over_every_kind_of_function_adds_up() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    house.cloud.deny(other)
    house.plant("oversized")
    house.plant("fits", memory_mb=3008, peak_mb=2900.0)
    house.plant("tiny", memory_mb=128)
    house.plant("blind", peak_mb=None)
    house.plant("kept", tags={"keep-memory": "yes"})
    house.plant("owned", tags={"terraform": "true"})
    house.plant("exempt", tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    house.plant("slow", memory_mb=1024, peak_mb=100.0)
    house.plant("trimtab-apply")
    counts, opened = house.run()
    assert counts.faults() == ()
    assert counts == RunCounts(
        accounts=2,
        left_out=0,
        targets=2,
        functions=9,
        judged=9,
        gaps=1,
        verdicts=9,
        compliant=3,
        not_applicable=0,
        insufficient_data=1,
        findings=5,
        planned=2,
        held_back=0,
        suppressed=1,
        observed=0,
        ticketed=2,
        already_open=0,
        cooling_down=0,
    )
    assert [r.function.name for r in opened] == ["oversized", "slow"]


def test_the_record_of_a_run_holds_its_counts_gaps_and_findings_digest() -> None:
    house = House(left_out=(LeftOut(account="3", reason="suspended"),))
    house.plant()
    counts, _ = house.run()
    (entry,) = house.ledger.entries(run_chain("run-1"))
    assert entry.event == "planned"
    (item,) = house.plan().items
    told = [[item.finding.id, item.disposition.value, item.reason]]
    assert entry.data["findings_digest"] == content_id(told)
    assert from_wire(RunCounts, entry.data["counts"]) == counts
    assert (entry.data["faults"], entry.data["gaps"]) == ([], [])
    assert entry.data["bundle"] == house.bundle.digest
    assert counts.left_out == 1
    assert from_wire(RunCounts, house.store.get(keys.counts("run-1"))) == counts


def test_concluding_twice_opens_records_and_plans_nothing_twice() -> None:
    house = House()
    house.plant()
    first = house.run()
    house.clock.advance(timedelta(minutes=5))
    second = conclude("run-1", house.conclude_bench())
    assert second == first
    assert house.ledger.events(run_chain("run-1")) == ["planned"]
    assert house.events(first[1][0]) == ["proposed", "opened"]


@pytest.mark.parametrize("nth", range(1, 14))
def test_s06_a_crash_anywhere_in_the_conclusion_is_mended_by_calling_again(nth: int) -> None:
    house = House()
    house.plant()
    house.plant("owned", tags={"terraform": "true"})
    house.scan()
    _fail_nth(house, nth)
    with contextlib.suppress(RetryableError):
        conclude("run-1", house.conclude_bench())
    counts, opened = conclude("run-1", house.conclude_bench())
    assert counts.faults() == ()
    assert (counts.planned, counts.ticketed, len(opened)) == (1, 1, 1)
    assert house.events(opened[0]) == ["proposed", "opened"]
    assert house.ledger.events(run_chain("run-1")) == ["planned"]
    assert house.status(opened[0]) == "proposed"


def _fail_nth(house: House, nth: int) -> None:
    """Let the nth call to store, ledger or desk fail."""
    left = [nth]

    def spoil(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counting(*args: Any, **given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise RetryableError("on purpose")
            return original(*args, **given)

        setattr(owner, name, counting)

    for name in ("put", "put_new", "get", "keys"):
        spoil(house.store, name)
    spoil(house.ledger, "append")
    spoil(house.desk, "propose")
    spoil(house.desk, "memory")


def test_s19_a_function_taken_meanwhile_is_already_open() -> None:
    house = House()
    arn = house.plant()
    house.scan()
    other = a_remediation(function=arn, policy_id="another-policy")
    house.desk.before_next("propose", lambda: house.desk.propose(other))
    counts, opened = conclude("run-1", house.conclude_bench())
    assert (counts.already_open, counts.planned, opened) == (1, 0, ())
    assert counts.faults() == ()
    assert "another change of it is open" in house.reasons()["orders"][1]
    assert house.plan().remediations == ()


def test_s19_the_next_run_sees_the_open_change_and_leaves_it_alone() -> None:
    house = House()
    change = house.proposed()
    counts, opened = house.run("run-2")
    assert (counts.already_open, opened) == (1, ())
    assert house.status(change) == "proposed"
    assert change.execution_name in house.reasons("run-2")["orders"][1]


def test_s08_a_gap_of_discovery_is_counted() -> None:
    gap = Gap(account="*", region="*", what="organizations:ListAccounts page 2", error="throttled")
    house = House(gaps=(gap,))
    house.plant()
    counts, opened = house.run()
    assert (counts.gaps, len(opened)) == (1, 1)
    assert house.plan().gaps == (gap,)


def test_s09_a_target_that_suddenly_reads_fewer_functions_gets_no_change() -> None:
    house = House()
    for n in range(10):
        house.plant(f"f{n}", memory_mb=128)
    house.run()
    house.plant("orders")
    for n in range(3):
        house.functions.remove(f"f{n}")
    counts, opened = house.run("run-2")
    assert (counts.held_back, opened) == (1, ())
    assert house.reasons("run-2")["orders"][1] == "it read 8 functions, 10 the last time"
    _, later = house.run("run-3")
    assert len(later) == 1


def test_s09_a_read_with_a_gap_does_not_count_as_the_last_full_read() -> None:
    house = House()
    for n in range(10):
        house.plant(f"f{n}", memory_mb=128)
    house.run()
    house.functions.fail_next("ListFunctions", "ServiceException")
    house.run("run-2")
    latest = house.store.get(keys.LATEST)
    assert (latest["run_id"], latest["read"]) == ("run-2", {str(TARGET): 10})


def test_a_run_that_was_never_discovered_cannot_be_concluded() -> None:
    with pytest.raises(NotFoundError):
        conclude("run-1", House().conclude_bench())


def test_a_bundle_without_policies_judges_nothing_and_still_adds_up() -> None:
    house = House(replace(a_bundle(), policies=()))
    house.plant()
    counts, _ = house.run()
    assert counts.faults() == ()
    assert (counts.functions, counts.judged, counts.verdicts) == (1, 1, 0)


def test_a_scan_with_two_policies_gives_each_function_two_verdicts() -> None:
    second = FILES["cost/memory-oversized.yaml"].replace("memory-oversized", "second")
    bundle = a_bundle()
    house = House(
        replace(
            bundle,
            policies=(*bundle.policies, *with_policy(second, name="second").policies),
        )
    )
    house.plant()
    counts, opened = house.run()
    assert (counts.functions, counts.verdicts, counts.findings) == (1, 2, 2)
    assert (counts.planned, counts.held_back, len(opened)) == (1, 1, 1)
    assert counts.faults() == ()
    assert {v.assessment for v in house.parts()[0].verdicts} == {Assessment.NON_COMPLIANT}


def test_s18_no_store_key_of_one_account_holds_a_function_of_another() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    for account in (ACCOUNT, OTHER_ACCOUNT):
        house.plant("orders", target=Target(account=account, region=REGION))
    house.run()
    for account, stranger in ((ACCOUNT, OTHER_ACCOUNT), (OTHER_ACCOUNT, ACCOUNT)):
        (key,) = house.store.keys(f"runs/run-1/parts/{account}/")
        assert str(an_arn(account=stranger)) not in str(house.store.get(key))


def test_every_chain_of_a_whole_life_is_whole() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    assert change.hub_id == HUB_ID
    for chain in house.ledger.chains():
        assert chain_faults(house.ledger.entries(chain), house.ledger.head(chain)) == ()


def test_s19_a_change_that_could_not_be_opened_is_withdrawn_on_record() -> None:
    house = House()
    arn = house.plant()
    house.scan()
    other = a_remediation(function=arn, policy_id="another-policy")
    house.desk.before_next("propose", lambda: house.desk.propose(other))
    conclude("run-1", house.conclude_bench())
    (chain,) = [c for c in house.ledger.chains() if c.startswith("change#")]
    assert house.ledger.events(chain) == ["proposed", "withdrawn"]


def test_what_discover_found_and_left_out_is_on_the_record_of_its_run() -> None:
    house = House(left_out=(LeftOut(account="3", reason="suspended"),))
    found = discover(house.bundle.fleet.scope, house.accounts)
    for _ in range(2):
        record_discovery("run-1", found, house.ledger, at=house.clock.now())
    (entry,) = house.ledger.entries(run_chain("run-1"))
    assert entry.data["accounts"] == [ACCOUNT]
    assert entry.data["left_out"][0]["reason"] == "suspended"
    assert (entry.data["targets"], entry.data["gaps"]) == (1, [])


def test_s25_a_withdrawn_proposal_does_not_lend_its_old_terms_to_the_next_one() -> None:
    house = House()
    arn = house.plant()
    house.scan()
    other = a_remediation(function=arn, policy_id="another-policy")
    house.desk.before_next("propose", lambda: house.desk.propose(other))
    conclude("run-1", house.conclude_bench())
    house.desk.advance(other.change_id, 1, from_=(RoundStatus.PROPOSED,), to=RoundStatus.EXPIRED)
    house.clock.advance(timedelta(days=4))
    house.plant()
    change = house.opened(arn, "run-2")
    house.answer(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s19_a_round_that_another_run_opened_meanwhile_is_withdrawn_and_left_to_it() -> None:
    house = House()
    house.plant()
    for run in ("run-1", "run-2"):
        house.scan(run)
    house.desk.before_next("propose", lambda: conclude("run-1", house.conclude_bench()))
    counts, opened = conclude("run-2", house.conclude_bench())
    assert (counts.already_open, opened) == (1, ())
    assert "was opened by run run-1" in house.reasons("run-2")["orders"][1]
    change = house.plan("run-1").remediations[0]
    assert house.round(change).remediation == change
    house.answer(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s06_a_withdrawal_is_not_undone_by_calling_again() -> None:
    house = House()
    arn = house.plant()
    house.scan()
    other = a_remediation(function=arn, policy_id="another-policy")
    house.desk.before_next("propose", lambda: house.desk.propose(other))
    plan_key = keys.plan("run-1")
    conclude("run-1", house.conclude_bench())
    house.desk.advance(other.change_id, 1, from_=(RoundStatus.PROPOSED,), to=RoundStatus.EXPIRED)
    house.store._texts.pop(plan_key)
    counts, opened = conclude("run-1", house.conclude_bench())
    assert (counts.already_open, opened) == (1, ())


def test_s06_two_conclusions_at_once_share_the_plan_that_was_stored_first() -> None:
    house = House()
    house.plant("first")
    house.plant("second")
    house.scan()
    done: list[tuple[RunCounts, tuple[Remediation, ...]]] = []
    house.clock.advance(timedelta(seconds=1))
    original = house.store.put_new

    def late(key: str, data: Any) -> bool:
        house.store.put_new = original  # type: ignore[method-assign]
        done.append(conclude("run-1", house.conclude_bench()))
        house.clock.advance(timedelta(seconds=1))
        return original(key, data)

    house.store.put_new = late  # type: ignore[method-assign]
    counts, opened = conclude("run-1", house.conclude_bench())
    assert done == [(counts, opened)]
    assert (counts.planned, counts.already_open) == (2, 0)
    assert house.plan().remediations == opened
    for change in opened:
        assert (house.events(change), house.status(change)) == (["proposed", "opened"], "proposed")


def test_s06_a_second_conclusion_does_not_take_the_first_ones_changes_for_open_ones() -> None:
    house = House()
    house.plant()
    house.scan()
    begun = house.desk.memory

    def others_first(findings: Any) -> Any:
        house.desk.memory = begun  # type: ignore[method-assign]
        conclude("run-1", house.conclude_bench())
        return begun(findings)

    house.desk.memory = others_first  # type: ignore[method-assign]
    counts, opened = conclude("run-1", house.conclude_bench())
    assert (counts.planned, counts.already_open, len(opened)) == (1, 0, 1)
    assert house.plan().remediations == opened
