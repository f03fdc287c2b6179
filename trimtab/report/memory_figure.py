"""What of a memory curve stands in a page, an email or a file? Words, a drawing, a table."""

from dataclasses import dataclass

from trimtab.domain.finding import Recommendation
from trimtab.domain.memory_curve import MemoryCurve
from trimtab.domain.remediation import Remediation
from trimtab.report import memory_words
from trimtab.report.drawing import NARROW_PX, WIDE_PX, Markup, as_file
from trimtab.report.memory_picture import Limit, memory_picture
from trimtab.report.memory_words import NO_TERMS, SizeRow, SizeTerms

KEY = (
    "Band: where nine of ten would lie, as forecast; line: what is expected. Filled dots: p95 "
    "measured; open dots: only the mean is known; the larger, the more invocations."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Everything of one curve, for a template."""

    narrow: Markup
    wide: Markup
    key: str
    sentences: tuple[str, ...]
    rows: tuple[SizeRow, ...]


def sentences(advice: Recommendation) -> tuple[str, ...]:
    """Return what is predicted at the proposed size, and what that is based on."""
    return memory_words.forecast(advice.curve)


def figure(
    curve: MemoryCurve, *, limit: Limit | None = None, terms: SizeTerms = NO_TERMS
) -> Figure:
    return Figure(
        narrow=_drawn(curve, NARROW_PX, "curve-n", limit),
        wide=_drawn(curve, WIDE_PX, "curve-w", limit),
        key=KEY,
        sentences=memory_words.forecast(curve),
        rows=memory_words.rows(curve, terms),
    )


def of_change(remediation: Remediation) -> Figure | None:
    """Return the figure of a proposed change, with the line above which the watch takes it back;
    None: its recommendation has no curve.
    """
    curve = remediation.recommendation.curve
    if curve is None:
        return None
    ratio = remediation.verify.duration_p95.ratio
    limit = None if ratio is None else Limit(ratio=ratio, label="p95: goes back above this")
    return figure(curve, limit=limit)


def _drawn(curve: MemoryCurve, width_px: int, id_: str, limit: Limit | None) -> Markup:
    return Markup(html=memory_picture(curve, width_px=width_px, id_=id_, limit=limit))


def alone(curve: MemoryCurve, *, name: str, style: str, limit: Limit | None = None) -> str:
    """Return the drawing as a file of its own: an SVG with its style in it."""
    drawn = memory_picture(curve, width_px=WIDE_PX, id_="curve", limit=limit)
    return as_file(drawn, name=name, style=style)
