"""Does each invariant have a test that fails when what keeps it is taken out? Shown, not claimed.

Reads tools/guards.toml. For each guard: a copy of the tree without it, the tests that carry the
number of its invariant, and one of them has to fail there and to pass here. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools/guards.toml"
INVARIANTS = tuple(f"S{number}" for number in range(1, 31))
SLOW = ("tests/browser/", "tests/local/", "tests/scenario/", "tests/infra/")
"""They need a browser, a server or the CDK; no guard of the table is in what only they run."""
TIME_LIMIT_S = 900
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+(?:\[.*?\])?)(?: - |$)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A piece of code that keeps an invariant, and the same place without it."""

    invariant: str
    what: str
    file: str
    take_out: str
    put_in: str

    def problem(self, root: Path) -> str | None:
        """Say why this guard cannot be taken out; None: it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} is not there"
        count = path.read_text().count(self.take_out)
        if not self.take_out or count != 1:
            return f"{self.file}: its snippet stands there {count} times: {self.take_out!r}"
        return None

    def line(self, root: Path) -> int:
        """Return the line of the guard."""
        text = (root / self.file).read_text()
        return text.count("\n", 0, text.index(self.take_out)) + 1


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What became of one guard."""

    guard: Guard
    by: str
    """The test that failed; empty when none did."""
    seconds: float


def read_table() -> tuple[list[Guard], dict[str, str]]:
    """Return the guards, and the invariants without one with the reason."""
    table = tomllib.loads(TABLE.read_text())
    return [Guard(**row) for row in table["guard"]], table["nothing"]


def pattern_of(invariant: str) -> str:
    """Return how the tests of an invariant begin: test_s8_ or test_s08_."""
    return rf"test_s0?{invariant.removeprefix('S')}_"


def files_with_tests(invariant: str, root: Path) -> list[str]:
    """Return the files with tests of an invariant, the slow ones aside."""
    wanted = re.compile(rf"def {pattern_of(invariant)}")
    found = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(SLOW) and wanted.search(path.read_text()):
            found.append(name)
    return found


def copy_tree(target: Path) -> None:
    """Copy what belongs to the project, committed or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted({n for n in listing.stdout.split("\0") if n}):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def run_tests(tree: Path, arguments: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """Run pytest on a tree, and see to it that the tree's own code is what runs."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE"]
    return subprocess.run(
        [*command, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT_S,
    )


def take_out(guard: Guard) -> Shown:
    """Take one guard out of a copy and see who notices."""
    began = time.monotonic()
    number = guard.invariant.removeprefix("S")
    with tempfile.TemporaryDirectory(prefix="trimtab-guard-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        path = tree / guard.file
        whole = path.read_text()
        path.write_text(whole.replace(guard.take_out, guard.put_in))
        files = files_with_tests(guard.invariant, tree)
        chosen = ["-k", f"test_s{number}_ or test_s{int(number):02d}_"]
        done = run_tests(tree, ["-x", *chosen, *files]) if files else None
        failed = _FAILED.search(done.stdout) if done else None
        by = failed.group(1) if failed else ""
        if by:
            path.write_text(whole)
            if run_tests(tree, [by]).returncode:
                by = ""
    return Shown(guard=guard, by=by, seconds=time.monotonic() - began)


def main() -> int:
    """Take out one guard after the other and print the table."""
    parser = argparse.ArgumentParser(description="Take guards out and see which test notices.")
    parser.add_argument("invariants", nargs="*", help="such as S8; default: all")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    guards, nothing = read_table()
    wanted = [g for g in guards if not arguments.invariants or g.invariant in arguments.invariants]
    problems = [problem for g in wanted if (problem := g.problem(ROOT)) is not None]
    if problems:
        print("\n".join(problems), "correct tools/guards.toml", sep="\n", file=sys.stderr)
        return 2
    missed: list[Guard] = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for shown in pool.map(take_out, wanted):
            guard = shown.guard
            by = shown.by or "NO TEST NOTICED"
            where = f"{guard.file}:{guard.line(ROOT)}"
            print(
                f"{guard.invariant:4} {guard.what}\n     {where}\n     {by} ({shown.seconds:.0f} s)"
            )
            sys.stdout.flush()
            if not shown.by:
                missed.append(guard)
    for invariant, why in nothing.items():
        print(f"{invariant:4} {why}")
    kept = {g.invariant for g in wanted} - {g.invariant for g in missed}
    asked = {g.invariant for g in wanted}
    print(
        f"\ninvariants: {len(kept)} of {len(asked)} hold by a test that fails without the guard"
        f" ({len(wanted) - len(missed)} of {len(wanted)} guards); {len(nothing)} have no code yet"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
