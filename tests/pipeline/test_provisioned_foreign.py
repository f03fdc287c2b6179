"""Is what somebody else changed seen, before we write and after, and never fought? (S5, S12)"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from tests.pipeline.provisioning import (
    ALIAS,
    NAME,
    actions,
    an_alias_house,
    applied,
    approved,
    carry_on,
    function_of,
    level_of,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction


def scaling(house: House) -> Any:
    return house.cloud[TARGET].scaling


def steps(house: House, change: Remediation, direction: Direction) -> list[str]:
    """Return the writes that were intended, by the name of their step, once each."""
    entries = house.ledger.entries(change_chain(change.change_id))
    found = [e for e in entries if e.event == f"{direction.value}_step_intended"]
    return [str(e.data["step"]["is"]) for e in found]


def put_foreign_action(house: House) -> None:
    scaling(house).put_scheduled_action(
        ServiceNamespace="lambda",
        ResourceId=f"function:{NAME}:{ALIAS}",
        ScalableDimension="lambda:function:ProvisionedConcurrency",
        ScheduledActionName="theirs",
        Schedule="cron(0 6 ? * MON *)",
        ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 3},
    )


def put_policy(house: House) -> None:
    scaling(house).put_scaling_policy(
        PolicyName="theirs",
        ServiceNamespace="lambda",
        ResourceId=f"function:{NAME}:{ALIAS}",
        ScalableDimension="lambda:function:ProvisionedConcurrency",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 0.7,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
            },
        },
    )


def change_action(house: House) -> None:
    name, raw = sorted(actions(house).items())[0]
    scaling(house).put_scheduled_action(
        ServiceNamespace="lambda",
        ResourceId=f"function:{NAME}:{ALIAS}",
        ScalableDimension="lambda:function:ProvisionedConcurrency",
        ScheduledActionName=name,
        Schedule=raw["Schedule"],
        Timezone=raw["Timezone"],
        ScalableTargetAction={"MinCapacity": 77, "MaxCapacity": 77},
    )


def set_bounds(house: House) -> None:
    scaling(house).register_scalable_target(
        ServiceNamespace="lambda",
        ResourceId=f"function:{NAME}:{ALIAS}",
        ScalableDimension="lambda:function:ProvisionedConcurrency",
        MinCapacity=33,
        MaxCapacity=44,
    )


FOREIGN: dict[str, tuple[Callable[[House], None], str]] = {
    "an action": (put_foreign_action, "scheduled action theirs is someone else's"),
    "a policy": (put_policy, "scaling policy theirs is someone else's"),
    "another level in ours": (change_action, "was changed by someone else"),
    "other bounds": (set_bounds, "33 are provisioned on live"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_s12_a_foreign_edit_ends_our_ownership_and_is_not_fought(what: str) -> None:
    house = an_alias_house()
    change = applied(house)
    meddle, said = FOREIGN[what]
    meddle(house)
    before = actions(house)
    outcome = carry_on(house, change, Direction.UNDO)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert said in outcome.reason
    assert actions(house) == before
    assert house.status(change) == "undo_stopped"


@pytest.mark.parametrize("what", FOREIGN)
def test_s12_a_foreign_edit_in_the_middle_stops_the_way_there(what: str) -> None:
    house = an_alias_house()
    change = approved(house)
    meddle, said = FOREIGN[what]
    left = [4]
    run = scaling(house).run

    def counting(name: str, work: Callable[[], Any]) -> Any:
        if name == "PutScheduledAction":
            left[0] -= 1
            if left[0] == 0:
                meddle(house)
        return run(name, work)

    scaling(house).run = counting
    outcome = carry_on(house, change, Direction.FORWARD)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert said in outcome.reason
    assert house.status(change) == "undo_stopped"


def test_what_outlived_its_alias_is_taken_away() -> None:
    house = an_alias_house()
    change = applied(house)
    del house.functions._functions[NAME].aliases[ALIAS]
    house.functions._functions[NAME].provisioned.pop(ALIAS, None)
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert scaling(house).range_of(function_of(house), ALIAS) is None
    assert house.status(change) == "undone"
    assert set(steps(house, change, Direction.UNDO)) == {"DeleteAction", "DeregisterTarget"}


STALE: dict[str, tuple[Callable[[House], Any], str]] = {
    "deployed": (lambda h: h.functions.change(NAME, CodeSha256="bmV3"), "code was"),
    "another level": (
        lambda h: h.functions.provision(NAME, ALIAS, 7),
        "what is provisioned on live",
    ),
    "removed": (
        lambda h: h.functions._functions[NAME].provisioned.clear(),
        "what is provisioned on live",
    ),
    "scaled": (
        lambda h: scaling(h).register(function_of(h), ALIAS, least=12),
        "what is provisioned on live",
    ),
    "moved": (
        lambda h: (h.functions.publish(NAME), h.functions.alias(NAME, ALIAS, "1", {})),
        "",
    ),
    "alias gone": (lambda h: h.functions._functions[NAME].aliases.pop(ALIAS), "aliases were"),
}


@pytest.mark.parametrize("what", [name for name in STALE if name != "moved"])
def test_s05_what_was_changed_since_the_approval_is_stale(what: str) -> None:
    house = an_alias_house()
    change = approved(house)
    meddle, said = STALE[what]
    meddle(house)
    calls = dict(scaling(house).calls)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert said in outcome.reason
    assert house.status(change) == "stale"
    writes = ("RegisterScalableTarget", "PutScheduledAction")
    assert [scaling(house).calls[w] for w in writes] == [calls.get(w, 0) for w in writes]


def test_s05_no_more_is_provisioned_than_the_account_has_left() -> None:
    house = an_alias_house()
    change = approved(house)
    house.functions.concurrency_limit = 101
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "the account has" in outcome.reason


def test_s05_no_more_is_provisioned_than_is_reserved() -> None:
    house = an_alias_house()
    change = approved(house)
    house.functions.reserve(NAME, 13)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "13 are reserved: $LATEST could not run" in outcome.reason


@pytest.mark.parametrize(
    ("client", "operation"),
    [
        ("scaling", "RegisterScalableTarget"),
        ("scaling", "PutScheduledAction"),
        ("scaling", "DeleteScheduledAction"),
        ("scaling", "DeregisterScalableTarget"),
        ("functions", "DeleteProvisionedConcurrencyConfig"),
    ],
)
def test_what_may_not_be_written_or_taken_back_is_not_begun(client: str, operation: str) -> None:
    house = an_alias_house()
    change = approved(house)
    getattr(house.cloud[TARGET], client).fail_always(operation, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "it could not be written and taken back" in outcome.reason
    assert scaling(house).range_of(function_of(house), ALIAS) is None
    assert (level_of(house), actions(house)) == (12, {})
