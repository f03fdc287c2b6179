"""Is a function called unused only where every sign of use is known, and is none? (S8)"""

from datetime import timedelta
from typing import Any

import pytest

from trimtab.advisors.removal import SIGNALS, advise
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Recommendation

LOOKBACK = timedelta(days=400)
FIELDS = {"notice": timedelta(days=14), "quarantine": timedelta(hours=72)}
SILENT: dict[str, Any] = {
    "function.age_days": 400.0,
    "usage.invocations": 0.0,
    "usage.throttles": 0.0,
    "trigger.live_count": 0,
    "durable.open_executions": 0,
    "concurrency.provisioned": None,
    "concurrency.reserved": None,
    "runtime.days_to_block_create": None,
    "trigger.is_edge": False,
}


def advised(**given: Any) -> Recommendation | Abstention:
    values = SILENT | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        name: value if isinstance(value, Unknown) else Known(value=value, source="test")
        for name, value in values.items()
    }
    return advise(signals, FIELDS, region="eu-west-1", lookback=LOOKBACK)


def test_a_function_without_any_sign_of_use_may_go() -> None:
    assert isinstance(advised(), Recommendation)
    assert advised().reasons[0] == "no call and no throttle in 400 days"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", SIGNALS)
def test_s08_each_sign_that_is_not_known_makes_it_abstain(name: str) -> None:
    advice = advised(**{name.replace(".", "__"): Unknown(reason="denied")})
    assert advice == Abstention(reason=f"{name} is not known")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"usage__invocations": 1.0}, "1 calls in the lookback"),
        ({"usage__throttles": 2.0}, "2 calls were turned away"),
        ({"trigger__live_count": 1}, "1 live triggers may call it"),
        ({"durable__open_executions": 2}, "2 durable executions are open"),
        ({"concurrency__provisioned": 3.0}, "3 are provisioned for it"),
        ({"function__age_days": 399.9}, "400 are needed to tell"),
        ({"trigger__is_edge": True}, "it runs at the edge"),
        ({"runtime__days_to_block_create": 106.0}, "could not be brought back"),
        ({"runtime__days_to_block_create": -5.0}, "with its runtime in 0 days"),
    ],
)
def test_each_sign_of_use_and_each_loss_for_good_makes_it_abstain(
    given: dict[str, Any], said: str
) -> None:
    advice = advised(**given)
    assert isinstance(advice, Abstention)
    assert said in advice.reason


@pytest.mark.parametrize(
    "given",
    [
        {"runtime__days_to_block_create": 107.0},
        {"concurrency__reserved": 5.0},
    ],
)
def test_just_beyond_each_limit_it_may_go(given: dict[str, Any]) -> None:
    assert isinstance(advised(**given), Recommendation)
