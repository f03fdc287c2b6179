"""Does the judge of the schedules judge, and are they as good as they say?"""

import csv
import gzip
import json
from collections.abc import Sequence
from datetime import time
from math import ceil
from pathlib import Path
from statistics import fmean

import pytest

from tests.evaluation.provisioned import __main__ as program
from tests.evaluation.provisioned.judging import (
    BY_COST,
    DAILY_8,
    TRACKED,
    UNLIMITED,
    judge,
    judge_day,
    judge_family,
)
from tests.evaluation.provisioned.promises import Promise, promises
from tests.evaluation.provisioned.scoring import (
    RATES,
    baselines,
    levels_after,
    line,
    score,
    score_fired,
)
from tests.evaluation.provisioned.series import (
    AZURE,
    M4,
    TWEETS,
    Series,
    azure,
    m4,
    quantile,
    tweets,
    worldcup,
)
from tests.evaluation.provisioned.speed import milliseconds_for
from tests.evaluation.provisioned.tracking import score_tracked
from trimtab.domain.provisioned import LevelChange, WeeklySchedule


def a_series(
    before: Sequence[float], after: Sequence[float], *, step: int = 60, offset: int = 0
) -> Series:
    return Series(
        name="s",
        family=M4,
        step_minutes=step,
        before=tuple(before),
        after=tuple(after),
        offset=offset,
    )


def office(hour: int) -> float:
    return 20.0 if hour // 24 % 7 < 5 and 9 <= hour % 24 < 17 else 4.0


def test_a_score_is_what_was_billed_used_and_spilled() -> None:
    found = score([4.0, 10.0], [6.0, 6.0])
    assert (found.needed, found.billed, found.spilled) == (14.0, 12.0, 4.0)
    assert found.spillover == pytest.approx(4 / 14)
    assert found.utilisation == pytest.approx(10 / 12)
    spent = 12 * 4.1667 + 10 * 9.7222 + 4 * 16.6667
    assert found.cost == pytest.approx(spent / (14 * 16.6667))
    nothing = score([0.0], [0.0])
    assert (nothing.spillover, nothing.utilisation, nothing.cost) == (0.0, 0.0, 1.0)


def test_break_even_is_what_the_rates_say() -> None:
    level, busy = 10.0, RATES.break_even
    assert score([level * busy], [level]).cost == pytest.approx(1.0)
    assert RATES.break_even == pytest.approx(0.6, abs=0.001)


def test_the_quantile_is_that_of_numpy() -> None:
    assert [quantile([3.0, 1.0, 2.0, 10.0], share) for share in (0.0, 0.5, 0.9, 1.0)] == [
        1.0, 2.5, pytest.approx(7.9), 10.0,
    ]  # fmt: skip


def test_the_baselines_are_those_of_the_shared_evaluation() -> None:
    before = [office(hour) for hour in range(168 * 3)]
    before[9] = 50.0
    found = baselines(a_series(before, [office(hour) + 0.5 for hour in range(168)]))
    assert set(found["constant at the peak before"]) == {50.0}
    assert found["p99 of each hour of the week"][9] == ceil(quantile([50.0, 20.0, 20.0], 0.99))
    assert found["p50 of each hour of the week"][9] == 20.0
    assert found["knowing each hour's peak"][9:18] == [21.0] * 8 + [5.0]
    assert found["knowing each hour's cheapest level"][9:18] == [20.0] * 8 + [4.0]


def test_what_came_is_held_against_the_slots_of_its_own_time() -> None:
    series = a_series([1.0] * 30, [1.0] * 4, offset=5)
    assert list(series.minutes_after) == [35 * 60, 36 * 60, 37 * 60, 38 * 60]
    assert levels_after(series, range(168), 60) == [35, 36, 37, 38]
    half_hours = a_series([1.0] * 4, [1.0] * 3, step=30)
    assert levels_after(half_hours, range(168), 60) == [2, 2, 3]


def change(hour: int, level: int, minute: int = 0) -> LevelChange:
    return LevelChange(weekday=0, at=time(hour, minute), minimum=level, maximum=level)


def test_as_it_fires_a_rise_is_billed_early_and_of_use_late() -> None:
    schedule = WeeklySchedule(timezone="UTC", changes=(change(1, 2), change(8, 6, 50)))
    series = a_series([1.0], [4.0] * 2, offset=7)
    found = score_fired(series, schedule)
    assert found.billed == pytest.approx(2 + 4 / 6 + 6 - 0, abs=6)
    at_nine = score_fired(a_series([1.0], [4.0], offset=8), schedule)
    assert (at_nine.billed, at_nine.spilled) == (6.0, 0.0)
    at_eight = score_fired(a_series([1.0], [4.0], offset=7), schedule)
    assert at_eight.billed == pytest.approx((10 * 2 + 2 * 6) / 12)
    assert at_eight.spilled == pytest.approx(2.0)
    assert score_fired(series, 3).spilled == 2.0


def test_tracking_is_late_and_comes_down_again() -> None:
    tracked = WeeklySchedule(
        timezone="UTC",
        changes=(LevelChange(weekday=0, at=time(3), minimum=2, maximum=8),),
        target_utilisation=0.5,
    )
    steady = score_tracked(a_series([1.0], [1.0] * 24, step=5), tracked, is_warm_up_billed=True)
    assert (steady.billed, steady.spilled) == (48.0, 0.0)
    burst = a_series([1.0], [1.0] * 6 + [4.0] * 12 + [1.0] * 12, step=5)
    found = score_tracked(burst, tracked, is_warm_up_billed=True)
    late = found.spilled * 5
    assert 2.0 * 4 <= late <= 2.0 * 8
    assert 6 * 2 + 12 * 8 * 0.7 < found.billed < 12 * 2 + 18 * 8
    idle = a_series([1.0], [4.0] * 12 + [0.0] * 12, step=5)
    never_down = score_tracked(idle, tracked, is_warm_up_billed=True)
    assert never_down.billed > 20 * 8


def test_a_line_weighs_each_series_the_same() -> None:
    small, large = score([1.0, 1.0], [1.0, 1.0]), score([100.0, 100.0], [50.0, 50.0])
    found = line("f", "x", [small, large], [small, score([100.0], [100.0])])
    assert found.spillover == pytest.approx(0.25)
    assert found.units == pytest.approx(1.0)
    assert found.cost_most == max(small.cost, large.cost)


def test_a_promise_is_kept_or_it_is_not() -> None:
    assert Promise(what="x", most=1.0, found=1.0).is_kept
    assert not Promise(what="x", most=1.0, found=1.01).is_kept
    assert promises([], None) == []


def test_what_came_after_is_never_looked_at() -> None:
    before = [office(hour) for hour in range(168 * 4)]
    first = judge(a_series(before, [office(hour) for hour in range(168)]), UNLIMITED)
    other = judge(a_series(before, [40.0] * 168), UNLIMITED)
    assert first.at_once.billed == other.at_once.billed
    assert other.at_once.spillover > 0.5
    assert first.at_once.spillover < 0.02


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt", newline="") as lines:
        csv.writer(lines).writerows(rows)


def a_folder(tmp_path: Path) -> Path:
    hours = [office(hour) + hour * 13 % 7 / 10 for hour in range(168 * 4 + 76)]
    write(tmp_path / "workload" / "m4_hourly.csv.gz", [["H1", *hours], ["H2", *hours[:500]]])
    functions = [
        ["a", "b", "c", duration, *[0] * 5, *[60] * 1440] for duration in ("1000", "5", "")
    ]
    head = [str(column) for column in range(9 + 1440)]
    write(tmp_path / "workload" / "azure2019_one_day_minute_invocations.csv.gz", [head, *functions])
    return tmp_path


def test_another_folder_is_judged_and_what_it_has_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["eval", "--data", str(a_folder(tmp_path))])
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "PACES", ())
    assert program.main() == 0
    out = capsys.readouterr().out
    assert "break-even 60% busy" in out
    assert "NAB tweets: not in" in out
    assert "provisioned for 1 of 3 functions" in out
    told = json.loads((tmp_path / "build" / "eval-pc.json").read_text())
    assert {row["name"] for row in told["lines"]} >= {
        "Trimtab", "Trimtab - as it fires", "p99 of each hour of the week",
    }  # fmt: skip
    assert {row["what"] for row in told["promises"]} >= {"M4: mean spillover"}
    assert told["azure"]["saved"] == pytest.approx(0.167, abs=0.001)


def test_a_folder_without_demand_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["eval", "--data", str(tmp_path)])
    assert program.main() == 2
    assert "make eval-pc DATA=FOLDER" in capsys.readouterr().err


def test_time_is_measured() -> None:
    quickest, middle = milliseconds_for(changes_per_day=2, may_track=False)
    assert 0.0 < quickest <= middle


def test_the_days_of_the_worldcup_are_two_series(tmp_path: Path) -> None:
    rows = [["count"], *[[str(minute % 50)] for minute in range(1440 * 62)]]
    write(tmp_path / "workload" / "worldcup98_requests_per_minute.csv.gz", rows)
    found = worldcup(tmp_path)
    assert [len(series.before) for series in found] == [1440 * 28] * 2
    assert found[1].offset == found[0].offset - 1440 * 2


HAS_DATA = (program.SHARED / "workload").is_dir()


@pytest.mark.skipif(not HAS_DATA, reason="the shared recorded demand is not here")
def test_on_real_demand_they_are_as_good_as_promised() -> None:
    """Every sixth series only, so the bounds are a little wider than what `make eval-pc` shows."""
    family = m4(program.SHARED, peak=50, family=M4)[::6]
    of = {row.name: row for row in judge_family(family, (UNLIMITED, DAILY_8, BY_COST))}
    base = of["p99 of each hour of the week"]
    assert of[UNLIMITED.name].units < base.units + 0.005
    assert of[UNLIMITED.name].spillover < 0.032
    assert of[UNLIMITED.name].cost < base.cost
    assert of[DAILY_8.name].cost < 1.03 * of[UNLIMITED.name].cost
    assert of[BY_COST.name].cost_most < 1.05


@pytest.mark.skipif(not HAS_DATA, reason="the shared recorded demand is not here")
def test_on_bursts_tracking_beats_the_schedule_of_peaks() -> None:
    family = [series for series in tweets(program.SHARED) if series.name in {"AAPL", "FB"}]
    assert {series.family for series in family} == {TWEETS}
    judged = [judge(series, TRACKED) for series in family]
    assert all(found.is_tracked for found in judged)
    p99 = [
        score(series.after, baselines(series)["p99 of each hour of the week"]) for series in family
    ]
    assert fmean(found.at_once.spillover for found in judged) < fmean(
        base.spillover for base in p99
    )
    assert fmean(found.at_once.cost for found in judged) < 0.88 * fmean(base.cost for base in p99)


@pytest.mark.skipif(not HAS_DATA, reason="the shared recorded demand is not here")
def test_of_a_real_fleet_hardly_any_function_gets_any() -> None:
    family = azure(program.SHARED)
    assert {series.family for series in family} == {AZURE}
    day = judge_day(family)
    assert day.provisioned <= 0.02 * day.functions
    assert day.least_mean is not None
    assert day.least_mean > 0.1
    assert day.dearest <= 1.05
    assert day.saved > 0.5 * day.saved_by_oracle
