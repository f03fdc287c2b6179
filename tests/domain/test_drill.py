"""Is the sample of a drill fair and the same for the same day, and is a bad sandbox refused?"""

from datetime import date, datetime, timedelta

import pytest

from tests.fakes.clock import NOW
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import PREFIX, Candidate, choose, copy_name, why_no_sandbox

DAY = date(2026, 11, 2)


def a_candidate(
    name: str,
    *,
    account: str = "1" * 12,
    region: str = "eu-west-1",
    drilled_at: datetime | None = None,
    number: int = 1,
) -> Candidate:
    function = FunctionArn(partition="aws", region=region, account=account, name=name)
    return Candidate(
        function=function,
        backup_id=f"{account}-{region}-{name}-{number}",
        taken_at=NOW,
        drilled_at=drilled_at,
    )


def names(chosen: tuple[Candidate, ...]) -> list[str]:
    return [one.function.name for one in chosen]


def test_the_same_day_and_list_give_the_same_sample_in_whatever_order_they_come() -> None:
    found = [a_candidate(f"f{n}") for n in range(30)]
    first = choose(found, on=DAY, size=3)
    assert choose(reversed(found), on=DAY, size=3) == first
    others = {choose(found, on=DAY + timedelta(days=n), size=3) for n in range(1, 8)}
    assert len(others | {first}) > 4, "another day, another sample"


def test_what_was_never_drilled_comes_before_the_oldest_drill() -> None:
    old, older = NOW - timedelta(days=7), NOW - timedelta(days=70)
    found = [
        a_candidate("old", drilled_at=old),
        a_candidate("older", drilled_at=older),
        a_candidate("never"),
    ]
    assert names(choose(found, on=DAY, size=2)) == ["never", "older"]
    assert names(choose(found, on=DAY, size=9)) == ["never", "older", "old"]


def test_a_sample_is_spread_over_accounts_regions_and_functions() -> None:
    found = [a_candidate(f"many-{n}") for n in range(20)]
    found += [a_candidate("many-0", number=n) for n in range(2, 20)]
    found += [a_candidate("far", account="2" * 12), a_candidate("other", region="us-east-1")]
    chosen = choose(found, on=DAY, size=3)
    assert {str(one.function.target) for one in chosen} == {
        f"{'1' * 12}/eu-west-1",
        f"{'2' * 12}/eu-west-1",
        f"{'1' * 12}/us-east-1",
    }
    more = choose(found, on=DAY, size=8)
    assert len({one.function for one in more}) == 8


def test_every_backup_has_its_turn() -> None:
    left = {f"f{n}": a_candidate(f"f{n}") for n in range(10)}
    seen: set[str] = set()
    for week in range(4):
        on = DAY + timedelta(weeks=week)
        for one in choose(left.values(), on=on, size=3):
            seen.add(one.function.name)
            at = NOW + timedelta(weeks=week)
            left[one.function.name] = a_candidate(one.function.name, drilled_at=at)
    assert len(seen) == 10


def test_nothing_is_drawn_of_nothing() -> None:
    assert choose([], on=DAY, size=3) == ()
    assert choose([a_candidate("f")], on=DAY, size=0) == ()


def test_the_name_of_a_copy_says_which_drill_and_which_backup() -> None:
    made = {copy_name(drill, backup) for drill in ("a", "b") for backup in ("c", "d")}
    assert len(made) == 4
    assert all(name.startswith(PREFIX) and len(name) <= 64 for name in made)


@pytest.mark.parametrize(
    ("sandbox", "said"),
    [
        ("9" * 12, "is the hub's own account"),
        ("1" * 12, "has functions that are backed up"),
        ("2" * 12, "is scanned"),
        ("7" * 12, None),
    ],
)
def test_s18_an_account_that_somebody_relies_on_is_no_sandbox(
    sandbox: str, said: str | None
) -> None:
    why = why_no_sandbox(sandbox, hub="9" * 12, backed_up={"1" * 12}, scanned=("2" * 12,))
    assert (why is None) == (said is None)
    assert said is None or said in str(why)
