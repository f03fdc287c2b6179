"""Is the memory advisor right? `make eval-memory`: a table, and build/eval-memory.json."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from tests.evaluation.memory.curves import Curve, load
from tests.evaluation.memory.playing import Played, Player
from tests.evaluation.memory.speed import seconds_for
from tests.evaluation.memory.table import HEAD, LEGEND, RULES, Line, line, rule, text
from tests.evaluation.memory.training import train
from trimtab.advisors.memory_shapes import SHIPPED, Prior

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
STARTS_MB = (3008, 1024, 512)
PROMISED = (3008, 1024)
REAL = ("sebs", "unfaasener", "community")
FLEET = 10_000
WAYS: Mapping[str, Mapping[str, Any]] = {
    "Trimtab": {},
    "Trimtab, certainty 90 %": {"certainty": 0.9},
}


def main() -> int:
    options = _options()
    if not options.data.is_dir():
        print(
            f"{options.data} is not there. Next: make eval-memory DATA=FOLDER, a folder with "
            "memory/power_tuning_*.json (or sebs_aws_*.csv.gz, lambda_perf_*.json) in it.",
            file=sys.stderr,
        )
        return 2
    curves = load(options.data)
    real = [curve for curve in curves if curve.source in REAL]
    hello = [curve for curve in curves if curve.source not in REAL]
    is_held_out = options.held_out or options.data.resolve() == SHARED.resolve()
    priors = held_out(real) if is_held_out else {}
    if options.print_prior:
        print(train(real).weights)
        return 0
    print(
        f"{len(curves)} functions, {options.seeds} seeds; the advisor "
        + (
            "learned from all families but the one it is judged by"
            if priors
            else "as shipped, which may have learned from these"
        )
    )
    print(LEGEND)
    print(HEAD)
    lines, pooled = _judge(real, priors, options.seeds)
    print("hello world, one to a few milliseconds")
    lines += _judge(hello, {}, options.seeds)[0]
    seconds = seconds_for(FLEET)
    print(f"{FLEET:,} functions advised in {seconds:.2f} s of one core")
    _write(options, lines, pooled, seconds)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make eval-memory", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--held-out", action="store_true", help="learn from these, but the family that is judged"
    )
    parser.add_argument("--print-prior", action="store_true", help="learn from all, and print it")
    return parser.parse_args()


def held_out(curves: Sequence[Curve]) -> Mapping[str, Prior]:
    """Return what is learned without each family."""
    families = sorted({curve.family for curve in curves})
    return {
        family: train([curve for curve in curves if curve.family != family]) for family in families
    }


def _judge(
    curves: Sequence[Curve], priors: Mapping[str, Prior], seeds: int
) -> tuple[list[Line], Line | None]:
    lines: list[Line] = []
    promised: list[Played] = []
    with Pool() as pool:
        for start_mb in STARTS_MB:
            fitting = [curve for curve in curves if curve.covers(start_mb)]
            if not fitting:
                continue
            for name, pick in RULES.items():
                found = rule(name, start_mb, fitting, pick)
                lines += [] if found is None else [found]
            for name, fields in WAYS.items():
                way = partial(play, priors=priors, seeds=seeds, start_mb=start_mb, fields=fields)
                played = [p for row in pool.map(way, enumerate(fitting)) for p in row]
                lines.append(line(name, start_mb, played))
                promised += played if not fields and start_mb in PROMISED else []
    pooled = line("Trimtab, both of these", 0, promised) if promised else None
    for row in (*lines, *([] if pooled is None else [pooled])):
        print(text(row))
    return lines, pooled


def play(
    numbered: tuple[int, Curve],
    *,
    priors: Mapping[str, Prior],
    seeds: int,
    start_mb: int,
    fields: Mapping[str, Any],
) -> list[Played]:
    """Play one function with every seed; CPU time is at hand in every second game."""
    number, curve = numbered
    prior = priors.get(curve.family, SHIPPED)
    return [
        Player(curve, start_mb, prior=prior, seed=seed, knows_cpu=(number + seed) % 2 == 0).play(
            fields
        )
        for seed in range(seeds)
    ]


def _write(
    options: argparse.Namespace, lines: Sequence[Line], pooled: Line | None, seconds: float
) -> None:
    told = {
        "seeds": options.seeds,
        "lines": [asdict(row) for row in lines],
        "pooled": None if pooled is None else asdict(pooled),
        "advising_10000_s": seconds,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    out = ROOT / "build" / "eval-memory.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(told, indent=2) + "\n")
    print(f"written to {out.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
