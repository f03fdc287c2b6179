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
from queue import SimpleQueue

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
    # Compiled once, a copy serves many guards.
    kept = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [*command, *arguments],
        cwd=tree,
        env={**kept, "PYTHONPATH": str(tree), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_LIMIT_S,
    )


def write(path: Path, text: str) -> None:
    """Write a module so that no compiled form of before is taken for it."""
    path.write_text(text)
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)


def take_out(guard: Guard, trees: SimpleQueue[Path]) -> Shown:
    """Take one guard out of a copy that is free, see who notices, and put it back."""
    began = time.monotonic()
    number = guard.invariant.removeprefix("S")
    tree = trees.get()
    path = tree / guard.file
    whole = path.read_text()
    try:
        write(path, whole.replace(guard.take_out, guard.put_in))
        files = files_with_tests(guard.invariant, tree)
        chosen = ["-k", f"test_s{number}_ or test_s{int(number):02d}_"]
        done = run_tests(tree, ["-x", *chosen, *files]) if files else None
        failed = _FAILED.search(done.stdout) if done else None
        by = failed.group(1) if failed else ""
        write(path, whole)
        if by and run_tests(tree, [by]).returncode:
            by = ""
    finally:
        write(path, whole)
        trees.put(tree)
    return Shown(guard=guard, by=by, seconds=time.monotonic() - began)


def tell(shown: Shown, *, as_row: bool) -> None:
    """Print what became of one guard, for a reader or as a row of docs/safety.md."""
    guard = shown.guard
    by = shown.by or "NO TEST NOTICED"
    if as_row:
        test = by.rpartition("::")[2].partition("[")[0]
        print(f"| {guard.invariant} | {guard.what} | `{guard.file}` | `{test}` |", flush=True)
        return
    where = f"{guard.file}:{guard.line(ROOT)}"
    print(f"{guard.invariant:4} {guard.what}\n     {where}\n     {by} ({shown.seconds:.0f} s)")
    sys.stdout.flush()


def chosen_guards(guards: Iterable[Guard], invariants: list[str], *, first: bool) -> list[Guard]:
    """Return the guards to take out, in the order of the table."""
    wanted = [g for g in guards if not invariants or g.invariant in invariants]
    return list({g.invariant: g for g in reversed(wanted)}.values())[::-1] if first else wanted


def main() -> int:
    """Take out one guard after the other and print the table."""
    parser = argparse.ArgumentParser(description="Take guards out and see which test notices.")
    parser.add_argument("invariants", nargs="*", help="such as S8; default: all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--first", action="store_true", help="only the first guard of each")
    parser.add_argument("--rows", action="store_true", help="print rows for docs/safety.md")
    arguments = parser.parse_args()
    guards, nothing = read_table()
    wanted = chosen_guards(guards, arguments.invariants, first=arguments.first)
    problems = [problem for g in wanted if (problem := g.problem(ROOT)) is not None]
    if problems:
        print("\n".join(problems), "correct tools/guards.toml", sep="\n", file=sys.stderr)
        return 2
    missed: list[Guard] = []
    with (
        tempfile.TemporaryDirectory(prefix="trimtab-guards-") as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(arguments.jobs):
            copy_tree(Path(folder) / str(number))
            trees.put(Path(folder) / str(number))
        for shown in pool.map(lambda guard: take_out(guard, trees), wanted):
            tell(shown, as_row=arguments.rows)
            if not shown.by:
                missed.append(shown.guard)
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
