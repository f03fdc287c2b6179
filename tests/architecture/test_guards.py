"""Is the table of guards still that of the code? `make invariants` takes each of them out."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source_tree import ROOT
from tools.invariants import INVARIANTS, Guard, files_with_tests, read_table

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


def test_what_has_no_guard_is_not_called_built() -> None:
    rows = (ROOT / "docs/safety.md").read_text().splitlines()
    not_built = {
        found[1] for row in rows if (found := re.match(r"\| (S\d+) \|.*\| not yet \|", row))
    }
    assert NOTHING.keys() <= not_built
