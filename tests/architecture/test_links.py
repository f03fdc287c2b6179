"""Does every link lead somewhere, and does docs/safety.md say what code and tests bear out?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, project_files, python_files

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
ELSEWHERE = ("http:", "https:", "mailto:")
CITED = re.compile(r"\(S\d{1,2}\b[^()]*\)")
NUMBER = re.compile(r"\bS(\d{1,2})\b")
ROW = re.compile(r"^\| S(\d+) \|.*\| (built|partly|not yet) \|(.*)\|$", re.MULTILINE)
NAMED_AFTER = re.compile(r"^ *def (test_s0?(\d+)_\w+)", re.MULTILINE)
SAFETY = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
ROWS = {int(number): (status, tests) for number, status, tests in ROW.findall(SAFETY)}


def named_tests() -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for path in python_files("tests"):
        for name, number in NAMED_AFTER.findall((ROOT / path).read_text(encoding="utf-8")):
            found.setdefault(int(number), set()).add(name)
    return found


def broken_links(path: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        if not target.startswith(ELSEWHERE) and not (ROOT / path.parent / target).exists():
            yield f"{path} links to {target}, which is not there"


def cited(text: str) -> set[int]:
    return {int(n) for inside in CITED.findall(text) for n in NUMBER.findall(inside)}


def test_every_relative_link_leads_to_a_file() -> None:
    pages = [path for path in project_files() if path.suffix == ".md"]
    found = [
        line
        for path in pages
        for line in broken_links(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_every_invariant_that_is_cited_stands_in_the_table() -> None:
    kinds = {".py", ".md", ".yaml", ".json", ".j2"}
    strange = {
        f"{path}: S{number}"
        for path in project_files()
        if path.suffix in kinds and path != Path("tests/architecture/test_links.py")
        for number in cited((ROOT / path).read_text(encoding="utf-8")) - ROWS.keys()
    }
    assert not strange


def test_the_table_has_thirty_rows_in_order() -> None:
    assert list(ROWS) == list(range(1, 31))


def test_every_invariant_that_is_built_or_partly_built_has_a_test_named_after_it() -> None:
    named = named_tests()
    without = [n for n, (status, _) in ROWS.items() if status != "not yet" and n not in named]
    assert not without
    assert not named.keys() - ROWS.keys()


@pytest.mark.parametrize("number", ROWS)
def test_every_test_that_the_table_names_exists_under_its_number(number: int) -> None:
    told = set(re.findall(r"test_\w+", ROWS[number][1]))
    assert told <= named_tests().get(number, set())
    assert bool(told) == (ROWS[number][0] != "not yet")


def test_whatever_is_not_wholly_built_says_what_is_missing() -> None:
    missing = SAFETY.partition("## What is missing")[2]
    told = {int(number) for number in NUMBER.findall(missing)}
    assert told == {number for number, (status, _) in ROWS.items() if status != "built"}


def test_a_planted_broken_link_and_a_planted_citation_are_found() -> None:
    assert list(broken_links(Path("docs/a.md"), "[a](nothing.md) [b](../README.md#x)")) == [
        "docs/a.md links to nothing.md, which is not there"
    ]
    assert cited("it holds (S5-S7, S99), see S3RunStore(S4x) and Amazon S3") == {5, 7, 99}
