"""Does a version go only where all that may need it is known, and is none? (S8)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from trimtab.advisors.old_versions import SIGNALS, advise
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.old_versions import MOST_AT_ONCE, VersionRecord, VersionUse

FIELDS = {"keep_newest": 3.0, "min_age": timedelta(days=30), "snapshots_only": False}


def one(number: int, **given: Any) -> VersionUse:
    usual: dict[str, Any] = {
        "number": str(number),
        "code_sha256": f"code {number}",
        "revision_id": f"revision {number}",
        "age_days": 100.0,
        "code_size_bytes": 1024 * 1024,
        "has_snapshot": False,
        "calls": 0.0,
    }
    return VersionUse(**usual | given)


def record(*uses: VersionUse, total: int | None = None, served: str = "9") -> VersionRecord:
    count = len(uses) if total is None else total
    return VersionRecord(
        oldest=uses,
        numbers=tuple(str(n) for n in range(1, count + 1)),
        served=frozenset({served}),
        days=400,
    )


TEN = record(*(one(n) for n in range(1, 11)))


def advised(
    versions: VersionRecord = TEN, fields: dict[str, Any] | None = None, **given: Any
) -> Recommendation | Abstention:
    values: dict[str, Any] = {
        "version.count": len(versions.numbers),
        "version.named": ["9"],
        "version.record": versions,
        "trigger.is_edge": False,
        "durable.open_executions": 0,
    } | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test") for n, v in values.items()
    }
    lookback = timedelta(days=14)
    return advise(signals, FIELDS | (fields or {}), region="eu-west-1", lookback=lookback)


def numbers(advice: Recommendation | Abstention) -> list[str]:
    assert isinstance(advice, Recommendation), advice
    return [version.number for version in advice.versions]


def test_what_nothing_names_or_calls_may_go_but_the_newest() -> None:
    advice = advised()
    assert numbers(advice) == [str(n) for n in range(1, 8)]
    assert isinstance(advice, Recommendation)
    assert advice.after == {"versions": 3}
    assert advice.reasons[0] == (
        "versions 1, 2, 3, 4, 5, 6, 7: 7 of 10, with 7 MB of code and 0 SnapStart snapshots"
    )
    assert advice.versions[0].code_sha256 == "code 1"


@pytest.mark.parametrize("name", SIGNALS)
def test_s08_each_sign_that_is_not_known_makes_it_abstain(name: str) -> None:
    advice = advised(**{name.replace(".", "__"): Unknown(reason="denied")})
    assert advice == Abstention(reason=f"{name} is not known")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trigger__is_edge": True}, "it runs at the edge"),
        ({"durable__open_executions": 1}, "durable executions are open"),
    ],
)
def test_at_the_edge_and_with_open_executions_nothing_goes(
    given: dict[str, Any], said: str
) -> None:
    advice = advised(**given)
    assert isinstance(advice, Abstention)
    assert said in advice.reason


@pytest.mark.parametrize(
    ("given", "stays"),
    [
        ({"calls": None}, True),
        ({"calls": 1.0}, True),
        ({"age_days": 29.9}, True),
        ({"age_days": 30.0}, False),
        ({"code_sha256": ""}, True),
        ({"revision_id": ""}, True),
    ],
)
def test_s08_a_version_of_which_something_is_not_known_or_new_stays(
    given: dict[str, Any], stays: bool
) -> None:
    uses = [replace(u, **given) if u.number == "2" else u for u in TEN.oldest]
    assert ("2" in numbers(advised(record(*uses)))) is not stays


def test_what_anything_names_stays() -> None:
    assert "2" not in numbers(advised(version__named=["2", "9"]))


def test_the_one_before_each_that_is_served_stays() -> None:
    assert numbers(advised(replace(TEN, served=frozenset({"3", "$LATEST"})))) == [
        "1", "4", "5", "6", "7",
    ]  # fmt: skip


def test_only_those_with_a_snapshot_go_where_the_policy_says_so() -> None:
    uses = [replace(u, has_snapshot=u.number in ("1", "4")) for u in TEN.oldest]
    found = advised(record(*uses), {"snapshots_only": True})
    assert numbers(found) == ["1", "4"]
    assert "2 SnapStart snapshots" in found.reasons[0]  # type: ignore[union-attr]


def test_one_change_takes_only_so_many() -> None:
    found = advised(record(*(one(n) for n in range(1, 41)), served="40"), version__named=[])
    assert len(numbers(found)) == 37
    assert isinstance(found, Recommendation)
    assert found.after == {"versions": 40 - MOST_AT_ONCE}
    assert "17 more later" in found.reasons[0]


def test_none_that_may_go_says_why_the_oldest_stay() -> None:
    found = advised(version__named=[str(n) for n in range(1, 11)])
    assert isinstance(found, Abstention)
    assert found.reason == (
        "none of its versions may go: 1: something names it; 2: something names it; "
        "3: something names it"
    )
    nothing = advised(VersionRecord(oldest=(), numbers=(), served=frozenset(), days=400))
    assert nothing == Abstention(reason="none of its versions may go: it has none")
