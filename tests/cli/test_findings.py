"""Does `trimtab findings` list what lives on, and say of what nobody is sure? (S8)"""

import json
from datetime import timedelta

import pytest

from tests.cli.conftest import Call
from tests.fakes.builders import ACCOUNT, TARGET, an_account, an_arn
from tests.pipeline.house import OTHER_ACCOUNT, House
from tests.pipeline.reads import watching
from trimtab.cli.run_life import SHOWN
from trimtab.domain.arn import Target
from trimtab.flows import keys
from trimtab.flows.conclude import conclude
from trimtab.pipeline.record import record_delivery


def later(house: House, run_id: str) -> None:
    house.clock.advance(timedelta(hours=1))
    house.run(run_id)


def a_house() -> House:
    """Two runs: orders is still there, cart is resolved, kept is suppressed."""
    house = House()
    house.plant("orders")
    house.plant("cart")
    house.plant("kept", tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    house.run()
    house.functions.change("cart", MemorySize=128)
    later(house, "run-2")
    return house


def test_findings_that_are_there_are_listed_and_end_with_one(call_on: Call) -> None:
    said = call_on(a_house(), "findings")
    assert said.code == 1
    assert said.out.startswith("2 findings\n\n")
    orders = next(line for line in said.out.splitlines() if " orders " in line)
    for part in ("medium", "memory-oversized", ACCOUNT, "still there", "2 runs in a row"):
        assert part in orders
    assert "2 runs in a row; suppressed until the end of 2026-11-30" in said.out
    assert "cart" not in said.out


def test_resolved_ones_are_listed_when_asked_for_and_are_no_finding(call_on: Call) -> None:
    said = call_on(a_house(), "findings", "--status", "resolved")
    assert said.code == 0
    assert ": compliant" in said.out
    assert "orders" not in said.out


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (("--function", "orders"), ["orders"]),
        (("--function", str(an_arn("orders"))), ["orders"]),
        (("--function", "nobody"), []),
        (("--policy", "memory-oversized"), ["kept", "orders"]),
        (("--policy", "another"), []),
        (("--account", ACCOUNT), ["kept", "orders"]),
        (("--account", OTHER_ACCOUNT), []),
        (("--status", "still-there", "--status", "resolved"), ["cart", "kept", "orders"]),
        (("--status", "opened"), []),
    ],
)
def test_what_is_asked_for_is_listed(
    call_on: Call, given: tuple[str, ...], names: list[str]
) -> None:
    said = call_on(a_house(), "findings", "--json", *given)
    found = [json.loads(line) for line in said.out.splitlines()]
    assert [one["function"].rpartition(":")[2] for one in found] == names
    assert said.code == (1 if "orders" in names else 0)


def test_as_json_a_finding_is_told_whole(call_on: Call) -> None:
    said = call_on(a_house(), "findings", "--status", "resolved", "--json")
    (one,) = [json.loads(line) for line in said.out.splitlines()]
    assert (one["status"], one["resolved_because"]) == ("resolved", "compliant")
    assert one["resolved_at"] > one["last_seen_at"] >= one["first_seen_at"]
    assert (one["account"], one["region"]) == (TARGET.account, TARGET.region)


def test_s08_what_the_last_run_could_not_judge_ends_with_two(call_on: Call) -> None:
    house = a_house()
    house.cloud.deny(TARGET)
    later(house, "run-3")
    said = call_on(house, "findings")
    assert said.code == 2
    assert "2 findings, 2 of them not judged by the last run" in said.out
    assert "not seen since 2026-11-" in said.out
    assert "gap: target: " in said.out


def test_s08_a_run_that_could_read_nothing_is_not_clean(call_on: Call) -> None:
    house = House()
    house.plant()
    house.cloud.deny(TARGET)
    house.run()
    said = call_on(house, "findings")
    assert said.code == 2
    assert said.out.startswith("0 findings\n")
    assert f"not known since the last run: account {ACCOUNT}, {TARGET.region}, target: " in said.out
    assert call_on(house, "findings", "--account", ACCOUNT).code == 2
    assert call_on(house, "findings", "--account", OTHER_ACCOUNT).code == 0
    as_json = call_on(house, "findings", "--json")
    assert (as_json.code, as_json.out) == (2, "")
    assert "not known since the last run" in as_json.err


@pytest.mark.parametrize(
    ("given", "code"), [((), 2), (("--function", "orders"), 2), (("--function", "other"), 0)]
)
def test_s08_a_function_that_the_last_run_could_not_read_is_not_clean(
    call_on: Call, given: tuple[str, ...], code: int
) -> None:
    house = House(watching("  exposure.is_public: true\n"))
    house.plant()
    house.functions.fail_always("GetPolicy", "AccessDeniedException")
    house.run()
    said = call_on(house, "findings", *given)
    assert (said.code, f"resource policy {an_arn()}: " in said.out) == (code, code == 2)


def test_s08_a_target_that_is_not_remembered_as_the_last_run_left_it_is_named(
    call_on: Call,
) -> None:
    house = a_house()
    older = house.store.get(keys.lives(TARGET))
    house.functions.change("orders", MemorySize=128)
    later(house, "run-3")
    assert call_on(house, "findings").code == 1
    house.store.put(keys.lives(TARGET), older | {"findings": []})
    said = call_on(house, "findings")
    assert (said.code, "is older than the last run" in said.out) == (2, True)
    latest = house.store.get(keys.LATEST)
    house.store.put(keys.LATEST, {k: v for k, v in latest.items() if k != "as_of"})
    assert call_on(house, "findings").code == 2
    house.store.put(keys.lives(TARGET), older | {"run_id": "run-4", "as_of": latest["as_of"]})
    house.store.put(keys.LATEST, latest)
    assert "older than" not in call_on(house, "findings").out


def test_s08_a_document_that_is_lost_is_not_clean(call_on: Call) -> None:
    house = a_house()
    del house.store._texts[keys.lives(TARGET)]
    said = call_on(house, "findings")
    assert (said.code, "nothing is remembered of it" in said.out) == (2, True)


def test_before_any_run_nothing_is_known(call_on: Call) -> None:
    said = call_on(House(), "findings")
    assert (said.code, "no run has finished yet" in said.err) == (2, True)


def test_the_help_teaches_what_a_status_means(call_on: Call) -> None:
    said = call_on(House(), "findings", "--help")
    assert said.code == 0
    for part in ("reopened", "not seen since", "Exit code 0"):
        assert part in " ".join(said.out.split())


def test_a_run_says_what_it_did_to_the_findings(call_on: Call) -> None:
    house = a_house()
    first = call_on(house, "run", "show", "run-1")
    assert "of them 3 opened + 0 still there + 0 reopened" in first.out
    assert f"  opened: memory-oversized {an_arn('cart')}\n" in first.out
    second = call_on(house, "run", "show", "run-2")
    assert "0 opened + 2 still there + 0 reopened; besides, 1 resolved" in second.out
    assert f"  resolved: memory-oversized {an_arn('cart')}: compliant\n" in second.out
    shown = json.loads(call_on(house, "run", "show", "run-2", "--json").out)["life"]
    assert shown["counts"]["still_there"] == 2
    assert [(m["status"], m["because"]) for m in shown["moved"]] == [("resolved", "compliant")]


def test_a_run_that_opens_many_names_the_first_ones(call_on: Call) -> None:
    house = House()
    for n in range(SHOWN + 2):
        house.plant(f"f{n}")
    house.run()
    said = call_on(house, "run", "show")
    assert said.out.count("  opened: memory-oversized") == SHOWN
    assert "  opened: 2 more; --json names them all" in said.out


def test_a_run_that_was_overtaken_says_so(call_on: Call) -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    house.plant()
    house.scan("run-1")
    later(house, "run-2")
    conclude("run-1", house.conclude_bench())
    assert f"{TARGET}: a later run was concluded" in call_on(house, "run", "show", "run-1").out


def test_a_run_of_an_earlier_build_has_no_life(call_on: Call) -> None:
    house = a_house()
    for key in (keys.plan, keys.counts):
        house.store.put(key("run-0"), house.store.get(key("run-2")))
    assert "still there" not in call_on(house, "run", "show", "run-0").out
    assert json.loads(call_on(house, "run", "show", "run-0", "--json").out)["life"] is None


def test_what_security_hub_was_not_told_is_named_and_ends_with_two(call_on: Call) -> None:
    house = a_house()
    other = Target(account=OTHER_ACCOUNT, region=TARGET.region)
    whole = {"imported": 2, "archived": 1, "refused": 0, "reasons": {}, "gap": None}
    refused = {"imported": 0, "refused": 1, "reasons": {"id-1": "InvalidInput: no"}}
    gap = {"gap": "Security Hub is not enabled"}
    for target, data in ((TARGET, whole), (other, whole | refused | gap)):
        record_delivery("run-2", str(target), data, house.ledger, at=house.clock.now())
    said = call_on(house, "run", "show", "run-2")
    assert said.code == 2
    assert f"Security Hub, {TARGET}: 2 imported, 1 archived, 0 refused\n" in said.out
    assert "  not told: Security Hub is not enabled\n  refused: id-1: InvalidInput: no" in said.out
    assert len(json.loads(call_on(house, "run", "show", "--json").out)["security_hub"]) == 2
