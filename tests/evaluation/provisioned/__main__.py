"""Are the schedules right? `make eval-pc`: a table, and build/eval-pc.json."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.evaluation.provisioned import promises as promised
from tests.evaluation.provisioned import series as read
from tests.evaluation.provisioned.judging import BOUNDS, OTHERWISE, Day, judge_day, judge_family
from tests.evaluation.provisioned.promises import Promise
from tests.evaluation.provisioned.scoring import HEAD, LEGEND, RATES, Line, text
from tests.evaluation.provisioned.series import Series
from tests.evaluation.provisioned.speed import milliseconds_for

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
PACES = ((None, False), (8, False), (8, True))


def families(folder: Path) -> dict[str, Callable[[], list[Series]]]:
    """Return how each family is read."""
    worldcup = read.worldcup
    return {
        read.M4: lambda: read.m4(folder, peak=50, family=read.M4),
        read.M4_SMALL: lambda: read.m4(folder, peak=8, family=read.M4_SMALL),
        read.TWEETS: lambda: read.tweets(folder),
        read.TAXI: lambda: read.taxi(folder),
        read.WORLDCUP: lambda: [s for s in worldcup(folder) if s.family == read.WORLDCUP],
        read.WORLDCUP_8: lambda: [s for s in worldcup(folder) if s.family == read.WORLDCUP_8],
        read.AZURE: lambda: read.azure(folder),
    }


def main() -> int:
    options = _options()
    if not (options.data / "workload").is_dir():
        print(
            f"{options.data / 'workload'} is not there. Next: make eval-pc DATA=FOLDER, a folder "
            "with workload/m4_hourly.csv.gz, nab_*.csv.gz or azure2019_one_day_*.csv.gz in it.",
            file=sys.stderr,
        )
        return 2
    print(
        "USD per GB-second: "
        f"provisioned {RATES.provisioned:g}, running on it {RATES.provisioned_run:g}, "
        f"on demand {RATES.on_demand:g}; break-even {RATES.break_even:.0%} busy"
    )
    print(LEGEND)
    lines: list[Line] = []
    day = None
    for name, load in families(options.data).items():
        found = load()
        if not found:
            print(f"\n{name}: not in {options.data}, skipped")
        elif name == read.AZURE:
            day = judge_day(found)
            _tell_day(day)
        else:
            print(f"\n{name}: at most {BOUNDS.get(name, OTHERWISE):.1%} spillover asked for")
            print(HEAD)
            judged = judge_family(found)
            for row in judged:
                print(text(row))
            lines += judged
    kept = promised.promises(lines, day)
    print()
    for promise in kept:
        print(promised.text(promise))
    _write(lines, day, kept, _speed())
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make eval-pc", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    return parser.parse_args()


def _tell_day(day: Day) -> None:
    least = "none" if day.least_mean is None else f"{day.least_mean:.2f}"
    print(
        f"\n{read.AZURE}: cost alone, a constant learned from the first 12 hours\n"
        f"provisioned for {day.provisioned} of {day.functions} functions, the least busy of them "
        f"with a mean concurrency of {least}; dearest {day.dearest:.1%} of on demand\n"
        f"on the {day.busy} with 0.5 or more it saves {day.saved:.1%}, knowing each hour's "
        f"cheapest level {day.saved_by_oracle:.1%}"
    )


def _speed() -> dict[str, float]:
    taken = {}
    print()
    for changes, may_track in PACES:
        quickest, middle = milliseconds_for(changes_per_day=changes, may_track=may_track)
        how = "unlimited" if changes is None else f"{changes} changes a day"
        how += ", tracking tried" if may_track else ""
        taken[how] = middle
        print(f"one schedule, 8,064 points, {how}: {middle:.0f} ms, at best {quickest:.0f} ms")
    return taken


def _write(
    lines: Sequence[Line], day: Day | None, kept: Sequence[Promise], taken: dict[str, float]
) -> None:
    told = {
        "rates": asdict(RATES),
        "lines": [asdict(row) for row in lines],
        "azure": None if day is None else asdict(day),
        "promises": [asdict(row) | {"kept": row.is_kept} for row in kept],
        "milliseconds": taken,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    out = ROOT / "build" / "eval-pc.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(told, indent=2) + "\n")
    print(f"written to {out.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
