"""Is no canary begun where it could not go well, or would prove nothing? Nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_remediation, a_state
from tests.pipeline.house import House, a_bundle, a_window, the_bundle
from tests.pipeline.writes import ALIASES, BUSY, an_aliased, used_before
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.provisioned import ProvisionedPlan, ProvisionedState, ScalableTarget
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import CanaryTerms
from trimtab.pipeline.preflight import (
    why_not_provision,
    why_runtime_blocks,
    why_too_few,
    why_too_fresh,
)
from trimtab.policy.runtimes import SHIPPED_TABLE
from trimtab.ports import AccountSettings, Surroundings

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
GIB = 1024**3


def scaled(house: House) -> None:
    house.cloud[TARGET].scaling.register(_arn(house), "live")


def _arn(house: House) -> Any:
    (item,) = house.plan().items
    return item.finding.function


def scaled_elsewhere(house: House) -> None:
    scaling, arn = house.cloud[TARGET].scaling, _arn(house)
    for qualifier in ("7", "old"):
        scaling.register(arn, qualifier)
    scaling.register(replace(arn, name="orders-2"), "live")


def deploying(house: House) -> None:
    house.cloud[TARGET].deployments.deploy("d-1", '{"Resources": [{"Name": "orders"}]}')


def deploying_in_secret(house: House) -> None:
    house.cloud[TARGET].deployments.deploy("d-2", None)


def deploying_another(house: House) -> None:
    house.cloud[TARGET].deployments.deploy("d-1", '{"Name": "invoices"}')
    house.cloud[TARGET].deployments.deploy("d-2", None, platform="Server")


def stack_in_progress(house: House) -> None:
    house.cloud[TARGET].stacks.own(_arn(house), "shop")
    house.cloud[TARGET].stacks.status = "UPDATE_ROLLBACK_IN_PROGRESS"


def stack_at_rest(house: House) -> None:
    house.cloud[TARGET].stacks.own(_arn(house), "shop")


def full_storage(house: House) -> None:
    house.functions.code_storage_limit = 3000


def little_traffic(house: House) -> None:
    used_before(house, invocations=0.5)


def unknown_traffic(house: House) -> None:
    for alias in ALIASES:
        house.cloud[TARGET].metrics.spoil(
            "Invocations", "PartialData", FunctionName="orders", Resource=f"orders:{alias}"
        )


def unknown_rate(house: House) -> None:
    house.cloud[TARGET].metrics.spoil("Invocations", "PartialData", FunctionName="orders")


def busy(house: House, calls: float) -> None:
    """Let there be this many calls in one five-minute period a week ago."""
    at = house.clock.now() - timedelta(weeks=1) + timedelta(minutes=30)
    house.cloud[TARGET].metrics.put("Invocations", "Sum", {at: calls}, FunctionName="orders")


def in_use(house: House, count: float) -> None:
    at = house.clock.now() - timedelta(weeks=1) + timedelta(minutes=30)
    house.cloud[TARGET].metrics.put("UnreservedConcurrentExecutions", "Maximum", {at: count})


def unknown_use(house: House) -> None:
    house.cloud[TARGET].metrics.spoil("UnreservedConcurrentExecutions", "PartialData")


def no_room_in_its_own(house: House) -> None:
    busy(house, 3000.0)
    house.functions.reserve("orders", 4)


def no_room_among_others(house: House) -> None:
    busy(house, 3000.0)
    in_use(house, 999.0)


REFUSALS: dict[str, tuple[Callable[[House], None], str]] = {
    "a scalable target, also at 0": (scaled, "provisioned concurrency is scaled on alias live"),
    "a deployment of it": (deploying, "CodeDeploy deployment d-1 is in progress"),
    "a deployment that does not say of what": (deploying_in_secret, "deployment d-2 is in"),
    "a stack operation": (stack_in_progress, "stack shop, which has it, is being changed"),
    "full code storage": (full_storage, "of the account's code storage, 90% are allowed"),
    "too little traffic": (little_traffic, "invocations, 200 are needed to tell"),
    "unknown traffic": (unknown_traffic, "how much comes through its aliases is not known"),
    "an unknown rate": (unknown_rate, "how busy it gets is not known"),
    "unknown concurrency": (unknown_use, "how much concurrency is free is not known"),
    "reserved concurrency": (no_room_in_its_own, "80% of the 4 reserved for it are allowed"),
    "shared concurrency": (no_room_among_others, "left by the others are allowed"),
}

FINE: dict[str, Callable[[House], None]] = {
    "others are scaled": scaled_elsewhere,
    "others are deployed": deploying_another,
    "its stack is at rest": stack_at_rest,
    "enough is reserved": lambda house: (
        busy(house, 3000.0),
        house.functions.reserve("orders", 400),
    )[-1],
    "enough is free": lambda house: (busy(house, 3000.0), in_use(house, 900.0))[-1],
}


@pytest.mark.parametrize("name", REFUSALS)
def test_s05_a_canary_is_not_begun_where_it_could_not_go_well(name: str) -> None:
    house = House()
    change = an_aliased(house)
    spoil, says = REFUSALS[name]
    spoil(house)
    outcome = house.carry(change)
    assert says in outcome.reason
    assert (outcome.word, house.writes(), house.status(change)) == (OutcomeWord.STALE, 0, "stale")
    assert "intended" not in house.events(change)


@pytest.mark.parametrize("name", FINE)
def test_what_others_do_does_not_keep_a_canary_from_beginning(name: str) -> None:
    house = House()
    change = an_aliased(house)
    FINE[name](house)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.CANARY, outcome.reason


@pytest.mark.parametrize(
    ("client", "operation"),
    [
        ("scaling", "DescribeScalableTargets"),
        ("deployments", "ListDeployments"),
        ("stacks", "DescribeStackResources"),
        ("functions", "GetAccountSettings"),
    ],
)
def test_s08_what_cannot_be_read_about_a_canary_means_no_write(client: str, operation: str) -> None:
    house = House()
    change = an_aliased(house)
    getattr(house.cloud[TARGET], client).fail_always(operation, "AccessDeniedException")
    outcome = house.carry(change)
    assert (outcome.word, house.writes()) == (OutcomeWord.NOT_WRITTEN, 0)
    assert operation in outcome.reason
    assert house.status(change) == "not_written"


def test_a_plain_change_asks_for_none_of_this() -> None:
    house = House()
    change = house.approved()
    house.cloud[TARGET].deployments.fail_always("ListDeployments", "AccessDeniedException")
    assert house.carry(change).word is OutcomeWord.WRITTEN


@pytest.mark.parametrize(("minutes", "is_fresh"), [(0, True), (59, True), (60, False)])
def test_a_function_that_was_just_deployed_waits_for_quiet(minutes: int, *, is_fresh: bool) -> None:
    house = House()
    modified = house.clock.now() - timedelta(minutes=minutes)
    arn = house.plant(
        invocations=BUSY, LastModified=modified.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    )
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    _, opened = house.run()
    assert [r.function for r in opened] == ([] if is_fresh else [arn])
    said = house.reasons()["orders"]
    if is_fresh:
        assert said == (
            "held_back",
            f"it was modified {minutes} minutes ago: a canary begins when nobody changed it for 60 "
            "minutes",
        )


def test_a_function_that_too_little_calls_is_ticketed_at_once() -> None:
    house = House()
    house.plant()
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    _, opened = house.run()
    disposition, reason = house.reasons()["orders"]
    assert (opened, disposition) == ((), "ticketed")
    assert reason.startswith("10% of its traffic in 240 minutes are about 17 invocations, 200 are")


def test_a_window_that_closes_before_a_canary_is_over_means_no_write() -> None:
    house = House(a_bundle(window=a_window(closes=time(10, 30))))
    change = an_aliased(house)
    outcome = house.carry(change)
    assert "its change window closes before a canary of 60 minutes is over" in outcome.reason
    assert (outcome.word, house.writes()) == (OutcomeWord.STALE, 0)


def test_a_canary_that_would_end_after_its_last_date_means_no_write() -> None:
    house = House()
    change = an_aliased(house)
    house.clock.advance(change.apply_by - house.clock.now() - timedelta(minutes=30))
    used_before(house)
    outcome = house.carry(change)
    assert "its canary would end after" in outcome.reason
    assert house.writes() == 0


def test_aws_takes_no_update_of_a_blocked_runtime() -> None:
    house = House()
    house.plant("old", Runtime="nodejs10.x")
    house.run()
    assert house.reasons()["old"] == (
        "ticketed",
        "AWS takes no update of a function with nodejs10.x since 2022-02-14: move it to a newer "
        "runtime first",
    )


def test_s05_a_runtime_that_was_blocked_since_the_approval_means_no_write() -> None:
    house = House()
    change = house.approved()
    row = replace(SHIPPED_TABLE.rows["python3.13"], update_blocked_on=date(2026, 1, 1))
    table = replace(SHIPPED_TABLE, rows={"python3.13": row})
    house.bundle = replace(the_bundle(), runtimes=table)
    outcome = house.carry(change)
    assert (outcome.word, house.writes()) == (OutcomeWord.STALE, 0)
    assert "AWS takes no update of a function with python3.13 since 2026-01-01" in outcome.reason


@pytest.mark.parametrize("runtime", [None, "python9.9", "java11.al2023", "python3.13"])
def test_a_runtime_without_a_day_or_before_it_is_not_blocked(runtime: str | None) -> None:
    assert why_runtime_blocks(runtime, SHIPPED_TABLE, at=NOW) is None


@pytest.mark.parametrize(("seconds", "is_fresh"), [(3599, True), (3600, False)])
def test_quiet_is_an_hour(seconds: int, *, is_fresh: bool) -> None:
    assert (why_too_fresh(NOW - timedelta(seconds=seconds), at=NOW) is not None) is is_fresh


def a_remediation_with(change: Remediation, **canary: Any) -> Remediation:
    usual: dict[str, Any] = {"weight": 0.1, "watch": timedelta(hours=1)}
    return replace(change, canary=CanaryTerms(**usual | canary))


@pytest.mark.parametrize(("calls", "is_few"), [(199.9, True), (200.0, False), (200.1, False)])
def test_enough_must_be_expected_to_come_through(calls: float, *, is_few: bool) -> None:
    change = a_remediation_with(an_aliased(House()))
    rate = calls / 0.1 / (4 * 3600)
    assert (why_too_few(change, calls_per_s=rate) is not None) is is_few
    assert why_too_few(replace(change, canary=None), calls_per_s=0.0) is None


def planned(
    plan: ProvisionedPlan, *, before: int, others: tuple[ProvisionedState, ...] = (), **state: Any
) -> tuple[Remediation, Any]:
    """Return a change of what is provisioned for live, and the function as it is read."""
    image = replace(a_remediation().before, provisioned=of_level("live", before))
    found = a_state(provisioned=(of_level("live", before), *others), **state)
    return replace(a_remediation(), before=image, provisioned=plan), found


def of_level(qualifier: str, level: int, **given: Any) -> ProvisionedState:
    usual: dict[str, Any] = {"status": "READY", "target": None}
    return ProvisionedState(qualifier=qualifier, requested=level, allocated=level, **usual | given)


def around(**given: Any) -> Surroundings:
    free = given.pop("unreserved", 1000)
    account = AccountSettings(
        concurrency_limit=1000,
        unreserved_concurrency=free,
        code_storage_bytes=0,
        code_storage_limit_bytes=GIB,
    )
    usual: dict[str, Any] = {"scalable_targets": (), "deployments": (), "stack_in_progress": None}
    return Surroundings(account=account, **usual | given)


LEVEL = ProvisionedPlan(qualifier="live", level=20)
WEEKLY = ProvisionedPlan(
    qualifier="live",
    level=None,
    schedule=a_schedule(a_change(0, "08:00", 5, 20), a_change(0, "18:00", 1)),
)


@pytest.mark.parametrize("plan", [LEVEL, WEEKLY], ids=["level", "schedule"])
@pytest.mark.parametrize(
    ("before", "unreserved", "why"),
    [
        (4, 116, None),
        (4, 115, "20 would be provisioned, 4 are, and the account has 15 left to give"),
        (4, 90, "20 would be provisioned, 4 are, and the account has 0 left to give"),
        (20, 0, None),
        (19, 101, None),
        (19, 100, "20 would be provisioned, 19 are, and the account has 0 left to give"),
    ],
)
def test_s05_what_does_not_fit_into_the_account_is_not_provisioned(
    plan: ProvisionedPlan, before: int, unreserved: int, why: str | None
) -> None:
    change, state = planned(plan, before=before)
    assert why_not_provision(change, state, around(unreserved=unreserved)) == why


@pytest.mark.parametrize(
    ("reserved", "others", "does_fit"),
    [
        (21, (), True),
        (20, (), False),
        (0, (), False),
        (24, (of_level("next", 3),), True),
        (23, (of_level("next", 3),), False),
        (
            40,
            (
                of_level(
                    "next", 3, target=ScalableTarget(minimum=3, maximum=20, is_suspended=False)
                ),
            ),
            False,
        ),
    ],
)
def test_s05_what_does_not_fit_into_what_is_reserved_is_not_provisioned(
    reserved: int, others: tuple[ProvisionedState, ...], *, does_fit: bool
) -> None:
    change, state = planned(LEVEL, before=4, others=others, reserved_concurrency=reserved)
    why = why_not_provision(change, state, around(unreserved=0))
    assert (why is None) is does_fit
    assert why is None or f"{reserved} are reserved: $LATEST could not run" in why


def test_less_than_there_is_always_fits() -> None:
    nothing = ProvisionedPlan(qualifier="live", level=0)
    change, state = planned(nothing, before=4, reserved_concurrency=1)
    assert why_not_provision(change, state, around(unreserved=0)) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"deployments": ("d-1",)}, "CodeDeploy deployment d-1 is in progress"),
        ({"stack_in_progress": "shop"}, "stack shop, which has it, is being changed"),
    ],
)
def test_s05_while_somebody_else_changes_it_nothing_is_provisioned(
    given: dict[str, Any], why: str
) -> None:
    change, state = planned(LEVEL, before=30)
    assert why_not_provision(change, state, around(**given)) == why
    assert why_not_provision(change, state, around(scalable_targets=("live",))) is None
