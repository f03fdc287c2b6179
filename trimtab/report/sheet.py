"""How does the ledger go into a spreadsheet? As CSV in which no cell is a formula (S23)."""

import csv
import io
from collections.abc import Iterable

from trimtab.domain.digest import canonical_json
from trimtab.domain.ledger import Entry
from trimtab.domain.wire import to_wire
from trimtab.report import words

COLUMNS = (
    "at",
    "chain",
    "seq",
    "actor",
    "event",
    "function",
    "once",
    "data",
    "previous_hash",
    "hash",
)
FORMULA_STARTS = frozenset("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}") | frozenset(
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}\N{MINUS SIGN}"
)
"""What makes a spreadsheet calculate. Source: "CSV Injection", OWASP,
https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11-21."""


def cell(value: object) -> str:
    """Return a value as text on one line that no spreadsheet takes for a formula."""
    text = words.inert("" if value is None else str(value))
    return f"'{text}" if text[:1] in FORMULA_STARTS else text


def sheet(entries: Iterable[Entry]) -> str:
    """Write entries as CSV, a line each. For people: what is hashed is the JSON, not this."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for entry in entries:
        plain = to_wire(entry)
        plain["data"] = canonical_json(plain["data"])
        writer.writerow([cell(plain[name]) for name in COLUMNS])
    return out.getvalue()
