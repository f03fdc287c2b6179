"""Is the table of guards still that of the code? `make invariants` takes each of them out."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source_tree import ROOT
from tools.invariants import (
    INVARIANTS,
    Guard,
    chosen_guards,
    files_with_tests,
    pattern_of,
    read_table,
)

GUARDS, NOTHING = read_table()


@pytest.mark.parametrize("guard", GUARDS, ids=lambda g: f"{g.invariant}-{g.what}")
def test_the_snippet_of_a_guard_stands_in_its_file_exactly_once(guard: Guard) -> None:
    assert guard.problem(ROOT) is None
    assert guard.put_in != guard.take_out
    source = (ROOT / guard.file).read_text().replace(guard.take_out, guard.put_in)
    compile(source, guard.file, "exec")


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_every_invariant_has_a_guard_or_says_why_not(invariant: str) -> None:
    has_guard = any(g.invariant == invariant for g in GUARDS)
    assert has_guard != (invariant in NOTHING)
    assert bool(files_with_tests(invariant, ROOT)) == has_guard


def test_the_table_of_what_breaks_each_names_the_first_guard_of_each_and_a_test_of_its_number() -> (
    None
):
    text = (ROOT / "docs/safety.md").read_text()
    rows = re.findall(r"^\| (S\d+) \| ([^|]+) \| `([^`]+)` \| `(test_s0?\d+_\w+)` \|$", text, re.M)
    told = [(invariant, what, file) for invariant, what, file, _ in rows]
    first = chosen_guards(GUARDS, [], first=True)
    assert told == [(g.invariant, g.what, g.file) for g in first]
    for invariant, _, _, test in rows:
        files = files_with_tests(invariant, ROOT)
        assert re.match(pattern_of(invariant), test)
        assert any(f"def {test}(" in (ROOT / file).read_text() for file in files)


def test_what_has_no_guard_is_not_called_built() -> None:
    rows = (ROOT / "docs/safety.md").read_text().splitlines()
    not_built = {
        found[1] for row in rows if (found := re.match(r"\| (S\d+) \|.*\| not yet \|", row))
    }
    assert NOTHING.keys() <= not_built
