"""How does the command line speak? Plain lines, tables where they help, JSON where asked for."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

FOUND, UNREAD, BAD_USAGE = 1, 2, 3
"""Exit codes beside 0."""
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""

PIPED_WIDTH = 240
"""Columns of a table that goes into a file or another program, where nothing tells the width."""

WHOLE = frozenset({"#", "when", "since", "change", "chain", "who", "run", "id", "account"})
"""Headings of columns whose cells are copied: they are never broken."""

NARROW, FEW = 120, 4
"""A terminal of fewer columns takes no table with more columns than that."""

_out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print one line; text from outside is never markup."""
    _out.print(text, markup=False)


def complain(text: str) -> None:
    _err.print(f"trimtab: {text}", markup=False)


def print_json(value: Any) -> None:
    """Print one JSON value on one line."""
    _out.print(json.dumps(value, ensure_ascii=False), markup=False)


def print_raw(text: str) -> None:
    """Write text that is a whole document, as it is."""
    sys.stdout.write(text)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; where the terminal is too narrow for one, a block of lines for each row."""
    if _out.width < NARROW and len(headings) > FEW:
        width = max(map(len, headings))
        for row in rows:
            for heading, cell in zip(headings, row, strict=True):
                say(f"{heading:{width}}  {cell}")
            say()
        return
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in WHOLE)
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    if _out.is_terminal:
        _out.print(table)
        return
    with _out.capture() as captured:
        _out.print(table)
    say("\n".join(line.rstrip() for line in captured.get().splitlines()))
