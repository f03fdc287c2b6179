"""Does every `trimtab ...` line that people are told to type exist, with its options?"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from trimtab.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[\s/(])trimtab +(?P<rest>[a-z-][^#|;&]*)")
DESCRIPTION = re.compile(r" {2,}")


def lines(text: str) -> Iterator[str]:
    """Yield each line of code that names a command, without the description beside it."""
    blocks = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    for line in (*blocks, *INLINE.findall(BLOCK.sub("", text))):
        match = COMMAND.search(line)
        if match is not None:
            yield DESCRIPTION.split(match["rest"].strip())[0]


def fault(line: str) -> str | None:
    """Say what is wrong with one command line; None: the command line knows it."""
    words = shlex.split(line.replace("[", " ").replace("]", " ").replace("...", ""))
    at: Any = get_command(app)
    named = ""
    while words and hasattr(at, "commands"):
        if words[0].startswith("-"):
            break
        word = words.pop(0)
        named = f"{named} {word}".strip()
        if word not in at.commands:
            return f"there is no command {named!r}"
        at = at.commands[word]
    known = {option for parameter in at.params for option in parameter.opts}
    unknown = [w for w in words if w.startswith("-") and w.partition("=")[0] not in known]
    return f"{named or 'trimtab'} has no option {', '.join(unknown)}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_documents_exists_with_its_options(page: Path) -> None:
    told = list(lines(page.read_text(encoding="utf-8")))
    faults = {line: found for line in told if (found := fault(line)) is not None}
    assert not faults


def test_the_guides_are_read_and_hold_commands() -> None:
    for name in ("README.md", "docs/deploying.md", "docs/upgrading.md", "docs/operating.md"):
        assert len(list(lines((ROOT / name).read_text(encoding="utf-8")))) >= 4, name


@pytest.mark.parametrize(
    "line",
    ["nonsense", "run shew", "undo CHANGE --because x", "doctor --stack x --deep", "--verbose"],
)
def test_a_planted_mistake_is_found(line: str) -> None:
    assert fault(line) is not None
