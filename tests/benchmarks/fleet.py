"""How fast is `trimtab scan` beside Cloud Custodian and a bare script? `make bench`.

Copies the benchmark of the shared folder into build/bench, makes the peer's environment there, and
lets the floor, Trimtab and c7n-org take turns on one server: 10 accounts, 2 regions each, 100
functions in each of them, three policies, 50 ms a call. Then once with metrics denied in three
accounts, once with every shipped policy, and over growing fleets. Prints tables; asserts nothing.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TRIMTAB_BENCH", ROOT.parent / "shared" / "bench"))
BUILD = ROOT / "build" / "bench"
PEER = BUILD / "peer"
PACKAGES = (
    *("moto[server]", "boto3", "cheroot", "cbor2", "psutil", "pyyaml"),
    *("c7n==0.9.53", "c7n-org==0.6.52", "matplotlib"),
)
LATENCY_MS = 50
TURNS = 3
ACCOUNTS, REGIONS = 10, 2
FLEET = 100
"""Functions in each region of each account, as the figures are promised."""
GROWING = (25, 100, 250, 500, 1000)
ENDPOINT = "http://127.0.0.1:5555"
DENIED = 3
DAY_S = 86_400


def main() -> int:
    if not SHARED.is_dir():
        print(f"fleet: not measured, {SHARED} is not there: name the folder in TRIMTAB_BENCH")
        return 0
    prepare()
    try:
        compare(seed(FLEET))
        denied(seed(FLEET))
        shipped(seed(FLEET))
        grow()
    finally:
        stop()
    return 0


def prepare() -> None:
    """Copy the scripts, which write where they lie, and install what the server and peer need."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for file in SHARED.iterdir():
        if file.is_file():
            shutil.copy2(file, BUILD / file.name)
    if not (PEER / "bin" / "c7n-org").exists():
        print("fleet: making the peer's environment (once, some minutes)", flush=True)
        venv.create(PEER, with_pip=True, clear=True)
        pip = [str(PEER / "bin" / "pip"), "install", "-q", *PACKAGES]
        subprocess.run(pip, check=True)


def seed(functions: int) -> str:
    """Start the server anew with a fleet, and return the name of its folder."""
    name = f"seed{functions}"
    command = ["bash", "server_up.sh", str(functions), str(DAY_S), name]
    subprocess.run(command, cwd=BUILD, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return name


def stop() -> None:
    pid = BUILD / "server.pid"
    if pid.exists():
        subprocess.run(["kill", pid.read_text().strip()], check=False)


def environment() -> dict[str, str]:
    trimtab = f"{sys.executable} -m trimtab"
    return os.environ | {"C7N_VENV": str(PEER), "TRIMTAB": trimtab, "PYTHONPATH": str(ROOT)}


def measure(label: str, fleet: str, *command: str, **given: str) -> dict[str, Any]:
    """Run a command under the meter of the shared folder; return its row."""
    scorer = ["--scorer", "score_c7n.py"] if label == "c7n-org" else []
    run = [
        *(str(PEER / "bin" / "python"), "measure.py", "--label", label, "--seed", fleet),
        *("--latency", str(LATENCY_MS), *scorer, "--", *command),
    ]
    done = subprocess.run(
        run, cwd=BUILD, env=environment() | given, check=True, capture_output=True, text=True
    )
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def ours(fleet: str, **given: str) -> dict[str, Any]:
    return measure("trimtab", fleet, "bash", str(ROOT / "benchmarks" / "fleet" / "run.sh"), **given)


def compare(fleet: str) -> None:
    """Let the three take turns, and print the best and the median of each."""
    rows: dict[str, list[dict[str, Any]]] = {"floor": [], "trimtab": [], "c7n-org": []}
    for _ in range(TURNS):
        rows["floor"].append(measure("floor", fleet, str(PEER / "bin" / "python"), "floor.py"))
        rows["trimtab"].append(ours(fleet))
        rows["c7n-org"].append(measure("c7n-org", fleet, "bash", "run_c7n.sh"))
    print(f"\nThree policies, {functions_of(rows)} functions, {LATENCY_MS} ms a call, ", end="")
    print(f"{TURNS} turns: best / median")
    table(
        ("", "wall s", "CPU s", "peak PSS MB", "calls", "per function", "wrong", "exit code"),
        [(name, *figures(found)) for name, found in rows.items()],
    )
    floor, our, peer = (rows[name] for name in rows)
    print(
        f"Trimtab to floor: wall {median(our, 'wall_s') / median(floor, 'wall_s'):.2f} "
        f"(promised at most 1.30). c7n-org to Trimtab: "
        f"wall {median(peer, 'wall_s') / median(our, 'wall_s'):.1f}, "
        f"CPU {median(peer, 'cpu_s') / median(our, 'cpu_s'):.1f}, "
        f"memory {median(peer, 'peak_pss_mb') / median(our, 'peak_pss_mb'):.1f} "
        "(promised at least 8 each)."
    )


def figures(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return (
        *(
            f"{min(row[name] for row in rows)} / {median(rows, name)}"
            for name in ("wall_s", "cpu_s", "peak_pss_mb")
        ),
        str(rows[-1]["calls"]),
        str(rows[-1]["calls_per_fn"]),
        str(max(wrong(row) for row in rows)),
        str(rows[-1]["rc"]),
    )


def median(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(statistics.median(row[name] for row in rows))


def wrong(row: Mapping[str, Any]) -> int:
    """Return the false positives and negatives of all policies together."""
    return sum(found["fp"] + found["fn"] for found in (row["score"] or {}).values())


def functions_of(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    return int(rows["floor"][0]["functions"])


def denied(fleet: str) -> None:
    """Deny metrics in three accounts: what is not read must be named, and nothing called clean."""
    accounts = {one["account_id"] for one in json.loads(read(fleet, "accounts.json"))[:DENIED]}
    ask("config", {"deny": {"monitoring:GetMetricData": sorted(accounts)}})
    policies = ROOT / "benchmarks" / "fleet" / "policies"
    row = measure("denied", fleet, *scan(fleet, "--policies", str(policies), "--output", "json"))
    ask("config", {"deny": {}})
    found = json.loads(output_of(row))
    verdicts = {
        (place(one["function"]), one["policy"]): one["assessment"] for one in found["verdicts"]
    }
    unread = {place for (place, _), said in verdicts.items() if said == "insufficient_data"}
    named = {place(gap["function"]) for gap in found["gaps"] if gap["function"]}
    truth = json.loads(read(fleet, "truth.json"))["truth"]
    hidden = [
        (function, policy)
        for policy, functions in truth.items()
        for function in functions
        if verdicts[function, policy] not in ("non_compliant", "insufficient_data")
    ]
    elsewhere = {one for one in unread if one.split("/")[0] not in accounts}
    print(
        f"\nMetrics denied in {DENIED} accounts: exit code {row['rc']} (promised 2); "
        f"{len(unread)} functions not judged, {len(unread - named)} of them not named as gaps, "
        f"{len(elsewhere)} of them in accounts that were not denied; "
        f"{len(hidden)} faulty functions called clean"
    )


def place(arn: str) -> str:
    """Turn an ARN into the words of the truth: account, region, name."""
    _, _, _, region, account, _, name = arn.split(":")
    return f"{account}/{region}/{name}"


def output_of(row: Mapping[str, Any]) -> str:
    """Return what the command wrote to standard output: its last line."""
    return (Path(row["out"]) / "cmd.log").read_text().splitlines()[-1]


def scan(fleet: str, *given: str) -> tuple[str, ...]:
    accounts = str(BUILD / fleet / "accounts.json")
    return (sys.executable, "-m", "trimtab", "scan", "--accounts", accounts, *given)


def shipped(fleet: str) -> None:
    """Judge by every policy that is shipped: a first run, then the days of a week after it."""
    answers = BUILD / "answers"
    shutil.rmtree(answers, ignore_errors=True)
    first = every_policy(fleet, answers)
    again = every_policy(fleet, answers)
    print("\nEvery shipped policy on the same fleet")
    table(
        ("", "calls", "per function", "wall s", "peak PSS MB", "exit code"),
        [
            (
                label,
                str(row["calls"]),
                str(row["calls_per_fn"]),
                str(row["wall_s"]),
                str(row["peak_pss_mb"]),
                str(row["rc"]),
            )
            for label, row in (("first run", first), ("again that day", again))
        ],
    )


def every_policy(fleet: str, answers: Path) -> dict[str, Any]:
    policies = str(ROOT / "policies")
    kept = ("--answers", str(answers), "--show-calls")
    return measure("shipped", fleet, *scan(fleet, "--policies", policies, *kept))


def grow() -> None:
    """Measure fleets of 500 to 20,000 functions, and draw time and memory over their size."""
    rows = []
    for functions in GROWING:
        fleet = seed(functions)
        best = min((ours(fleet) for _ in range(2)), key=lambda row: row["cpu_s"])
        rows.append(best)
    print("\nGrowth, three policies")
    table(
        ("functions", "wall s", "CPU s", "peak PSS MB", "calls"),
        [
            tuple(
                str(row[name]) for name in ("functions", "wall_s", "cpu_s", "peak_pss_mb", "calls")
            )
            for row in rows
        ],
    )
    points = BUILD / "growth.json"
    points.write_text(json.dumps(rows))
    picture = BUILD / "growth.svg"
    drawing = ROOT / "tests" / "benchmarks" / "draw_growth.py"
    draw = [str(PEER / "bin" / "python"), str(drawing), str(points), str(picture)]
    subprocess.run(draw, check=True)
    print(f"drawn in {picture.relative_to(ROOT)}")


def read(fleet: str, file: str) -> str:
    return (BUILD / fleet / file).read_text()


def ask(operation: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(
        f"{ENDPOINT}/__bench__/{operation}", data=json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        print("  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
