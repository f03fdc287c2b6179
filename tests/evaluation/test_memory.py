"""Does the judge of the memory advisor judge, and is the advisor as good as it says?"""

import json
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.memory import __main__ as program
from tests.evaluation.memory.computing import cpu_share
from tests.evaluation.memory.curves import Curve, cost, load
from tests.evaluation.memory.playing import FIELDS, Played, Player, Step
from tests.evaluation.memory.table import best_mb, classic_mb, line
from tests.evaluation.memory.training import train
from trimtab.advisors.memory_shapes import SHAPES, SHIPPED
from trimtab.remediations.set_memory import SPEC

SIZES = (128, 256, 512, 1024, 1536, 2048, 3008)


def a_curve(waiting_ms: float, computing_ms: float, **given: Any) -> Curve:
    """Return a function that waits and computes so long at one vCPU."""
    durations = tuple(waiting_ms + computing_ms * 1769 / min(size, 1769) for size in SIZES)
    values: dict[str, Any] = {
        "name": "f",
        "family": "f",
        "source": "community",
        "sizes": SIZES,
        "durations_ms": durations,
        "peak_mb": 90.0,
    }
    return Curve(**values | given)


def test_it_is_judged_with_the_fields_that_are_shipped() -> None:
    shipped = {field.name: field.default for field in SPEC.fields}
    assert {name: shipped[name] for name in FIELDS} == FIELDS


def test_between_two_sizes_the_truth_is_a_straight_line() -> None:
    curve = a_curve(0.0, 100.0)
    assert isclose(curve.duration_ms(724), 100.0 * 1769 / 724, rel_tol=0.01)
    assert curve.duration_ms(64) == 2 * curve.duration_ms(128)
    assert curve.duration_ms(5000) == 100.0
    assert cost(1024, 0.2) == cost(1024, 1.0)


@pytest.mark.parametrize(
    ("waiting", "computing", "at_1769"), [(100.0, 0.0, 0.0), (0.0, 100.0, 1.0), (50.0, 50.0, 0.5)]
)
def test_cpu_time_is_that_of_the_computing_part(
    waiting: float, computing: float, at_1769: float
) -> None:
    curve = a_curve(waiting, computing)
    assert cpu_share(curve, 1769) == pytest.approx(at_1769, abs=0.01)
    assert cpu_share(curve, 3008) == pytest.approx(at_1769 * 1769 / 3008, abs=0.01)


def test_training_tells_waiting_from_computing() -> None:
    waits = train([a_curve(300.0, 5.0, family=str(n)) for n in range(20)])
    computes = train([a_curve(5.0, 300.0, family=str(n)) for n in range(20)])

    def share(prior: Any) -> float:
        rows = zip(SHAPES, prior.weights, strict=True)
        return sum(shape.computing * sum(row) for shape, row in rows)

    assert share(waits) < share(SHIPPED) < share(computes)


def test_a_function_that_waits_comes_down_and_one_that_computes_stays_fast() -> None:
    for seed in range(5):
        waits = Player(a_curve(300.0, 3.0), 3008, prior=SHIPPED, seed=seed, knows_cpu=True).play({})
        computes = Player(a_curve(0.0, 300.0), 1024, prior=SHIPPED, seed=seed, knows_cpu=True).play(
            {}
        )
        assert waits.memory_mb < 2300
        assert computes.curve.slowdown(1024, computes.memory_mb) < 1.1


def test_what_is_played_with_one_seed_is_always_the_same() -> None:
    played = [
        Player(a_curve(100.0, 40.0), 3008, prior=SHIPPED, seed=3, knows_cpu=False).play({})
        for _ in range(2)
    ]
    assert played[0] == played[1]


def test_the_figures_of_a_line_are_what_happened() -> None:
    curve = a_curve(0.0, 100.0)
    held = Step(
        from_mb=3008, to_mb=2048, saving_low=0.2, saving_high=0.4, saving=0.3,
        is_undone=False, knows_cpu=True,
    )  # fmt: skip
    missed = Step(
        from_mb=2048, to_mb=1024, saving_low=0.2, saving_high=0.3, saving=0.0,
        is_undone=True, knows_cpu=True,
    )  # fmt: skip
    rests = Played(curve=curve, start_mb=3008, memory_mb=2048, steps=[held, missed], reason="")
    slow = Played(curve=curve, start_mb=3008, memory_mb=512, steps=[], reason="")
    found = line("x", 3008, [rests, slow])
    assert (found.changed, found.steps) == (2, 2)
    assert (found.slower_share, found.dearer_share) == (0.5, 0.0)
    assert (found.undone_share, found.covered_share) == (0.5, 0.5)
    assert found.width_points == pytest.approx(15.0)
    assert best_mb(curve, 3008) == 2048
    assert classic_mb(curve, 3008) == 128
    assert classic_mb(a_curve(1.0, 1.0, peak_mb=None), 3008) is None


def a_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    rows = [
        {
            "function": f"f{n}",
            "kind": "warm" if n else "cold",
            "memory_mb": list(SIZES),
            "avg_duration_ms": list(a_curve(40.0 * n, 50.0).durations_ms),
        }
        for n in range(4)
    ]
    (folder / "power_tuning_community.json").write_text(json.dumps(rows))
    return tmp_path


def test_another_folder_is_judged_with_what_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = a_folder(tmp_path)
    monkeypatch.setattr("sys.argv", ["eval", "--data", str(data), "--seeds", "1"])
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "FLEET", 50)
    assert program.main() == 0
    out = capsys.readouterr().out
    assert "3 functions, 1 seeds; the advisor as shipped" in out
    told = json.loads((tmp_path / "build" / "eval-memory.json").read_text())
    assert {row["name"] for row in told["lines"]} >= {"Trimtab", "best within 10 % slowdown"}


def test_a_folder_without_curves_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FileNotFoundError, match="no measured memory curves"):
        load(tmp_path)
    monkeypatch.setattr("sys.argv", ["eval", "--data", str(tmp_path / "nowhere")])
    assert program.main() == 2
    assert "make eval-memory DATA=FOLDER" in capsys.readouterr().err


@pytest.mark.skipif(not program.SHARED.is_dir(), reason="the shared measured data is not here")
def test_on_measured_functions_it_is_as_good_as_the_guide_says() -> None:
    """Four seeds only, so the bounds are a little wider than what `make eval-memory` shows."""
    curves = [curve for curve in load(program.SHARED) if curve.source in program.REAL]
    priors = program.held_out(curves)
    lines = {}
    for start_mb in (3008, 1024):
        played = [
            p
            for numbered in enumerate(curve for curve in curves if curve.covers(start_mb))
            for p in program.play(numbered, priors=priors, seeds=4, start_mb=start_mb, fields={})
        ]
        lines[start_mb] = line("Trimtab", start_mb, played)
    assert lines[3008].of_best > 0.68
    assert lines[1024].of_best > 0.5
    for found in lines.values():
        assert found.slower_share < 0.08
        assert found.dearer_share < 0.02
        assert found.covered_share > 0.86
        assert found.width_points < 25
    undone = sum(found.undone_share * found.steps for found in lines.values())
    assert undone / sum(found.steps for found in lines.values()) < 0.27
