"""How do a hundred thousand findings fit into one page? As tables of numbers and of texts, each
text once, which the page's own script draws a page at a time.

Every text is inert, and the JSON can neither end its element nor start another (S23).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.report import figures, words
from trimtab.report.scan_sums import PolicyCard

LONGEST = 1000
"""Characters of one text; chosen: an error message may be a whole answer. JSON and CSV keep all."""
FINDING, NOT_KNOWN = 0, -1
"""How a row stands. Above zero: suppressed by the exemption of that number."""

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def scan_data(
    sightings: Sequence[Sighting], gaps: Iterable[Gap], cards: Sequence[PolicyCard]
) -> str:
    """Return every finding and gap as JSON that is safe inside a script element."""
    tables = _Tables(cards)
    for line in _gravest_first(sightings):
        tables.add_line(line)
    for sighting in sightings:
        open_by = _open_policies(sighting)
        for gap in sighting.gaps:
            tables.add_gap(gap, open_by.get(gap.function or "", ()))
    for gap in gaps:
        tables.add_gap(gap, ())
    return as_data(tables.plain(sightings))


def as_data(value: Any) -> str:
    """Return JSON in ASCII without a character that means something to HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.translate(_ESCAPES) if any(c in text for c in "<>&") else text


def shown(text: str) -> str:
    """Return a text of anybody as it may stand on the page: inert, and no longer than LONGEST."""
    plain = text if text.isascii() and text.isprintable() else words.inert(text)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]} … (cut off)"


class _Numbered:
    """Texts, each once, by number."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, key: Any) -> int:
        return self.numbers.setdefault(key, len(self.numbers))


class _Tables:
    """What the rows of the page are made of."""

    def __init__(self, cards: Sequence[PolicyCard]) -> None:
        self.cards = cards
        self.policy = {card.id: number for number, card in enumerate(cards)}
        self.accounts, self.regions, self.functions = _Numbered(), _Numbered(), _Numbered()
        self.parts, self.reasons, self.exemptions, self.whats = (_Numbered() for _ in range(4))
        self.rows: dict[str, list[int]] = {"f": [], "p": [], "b": [], "s": []}
        self.savings: dict[int, tuple[str, float]] = {}

    def add_line(self, line: Line) -> None:
        covered = words.covered(line)
        state = 1 + self.exemptions(covered) if covered else FINDING
        if line.saving is not None:
            saved = (words.saving(line.saving), line.saving.high_usd_month)
            self.savings[len(self.rows["f"])] = saved
        self._add(self._function(line.function), self.policy[line.policy_id], line.because, state)

    def add_gap(self, gap: Gap, policies: tuple[str, ...]) -> None:
        place = (gap.account, gap.region, (gap.function or "").rpartition(":")[2])
        what = self.whats((gap.what, tuple(self.policy[name] for name in policies)))
        self._add(self.functions(place), what, gap.error, NOT_KNOWN)

    def _add(self, function: int, policy: int, because: str, state: int) -> None:
        reason = self.reasons(tuple(self.parts(part) for part in because.split(figures.PART)))
        for name, value in zip("fpbs", (function, policy, reason, state), strict=True):
            self.rows[name].append(value)

    def _function(self, arn: FunctionArn) -> int:
        return self.functions((arn.account, arn.region, arn.name))

    def plain(self, sightings: Sequence[Sighting]) -> dict[str, Any]:
        names = {s.target.account: s.account_name for s in sightings}
        costs = {
            (arn[4], arn[3], arn[6]): usd
            for sighting in sightings
            for arn, usd in ((key.split(":"), usd) for key, usd in sighting.usd_month.items())
        }
        places = list(self.functions.numbers)
        return {
            "functions": {
                "a": [self.accounts(account) for account, _, _ in places],
                "r": [self.regions(region) for _, region, _ in places],
                "n": [shown(name) for _, _, name in places],
                "c": [_cents(costs.get(place)) for place in places],
            },
            "accounts": [[shown(one), shown(names.get(one, one))] for one in self.accounts.numbers],
            "regions": [shown(region) for region in self.regions.numbers],
            "policies": [
                [shown(card.id), shown(card.title), card.severity.value] for card in self.cards
            ],
            "parts": [shown(figures.figures(part)) for part in self.parts.numbers],
            "reasons": [list(reason) for reason in self.reasons.numbers],
            "exemptions": [shown(covered) for covered in self.exemptions.numbers],
            "whats": [[shown(what), list(policies)] for what, policies in self.whats.numbers],
            "rows": self.rows,
            "savings": [[row, *saved] for row, saved in self.savings.items()],
        }


def _cents(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 2)


def _gravest_first(sightings: Sequence[Sighting]) -> list[Line]:
    """Return the findings, then those suppressed, each by severity."""
    lines = [
        line
        for sighting in sightings
        for line in sighting.lines
        if line.assessment is Assessment.NON_COMPLIANT
    ]
    rank = {line.severity: line.severity.rank for line in lines}
    lines.sort(
        key=lambda one: (
            one.suppressed_until is not None,
            -rank[one.severity],
            one.policy_id,
        )
    )
    return lines


def _open_policies(sighting: Sighting) -> dict[str, tuple[str, ...]]:
    """Return function -> the policies that could not judge it."""
    found: dict[FunctionArn, list[str]] = {}
    for line in sighting.lines:
        if line.assessment is Assessment.INSUFFICIENT_DATA:
            found.setdefault(line.function, []).append(line.policy_id)
    return {str(function): tuple(policies) for function, policies in found.items()}
