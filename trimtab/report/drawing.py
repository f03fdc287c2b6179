"""Which pieces do our drawings share? Panels, round steps, words; markup of ours, and a file of it.

No script, no style attribute, no address: the pages' policy forbids them. Colours come from
`picture.css` by class.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from trimtab.report.words import inert

NARROW_PX, WIDE_PX = 320, 540
"""Drawn twice, so that words keep their size on a phone and on a desk. Chosen."""

LEFT, RIGHT = 52, 14
TICK_PX = 28.0
"""Between two lines of words at least."""
CHARACTER_PX = 7.8
"""Of the words in a drawing, about: to keep them within the frame."""
SVG = "http://www.w3.org/2000/svg"
"""What a file of its own must say it is; within a page it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """Markup of ours, which a template takes as it is."""

    html: str

    def __html__(self) -> str:
        return self.html


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Where one diagram stands, and what its upper edge means."""

    top: float
    height: float
    most: float
    x: Callable[[float], float]

    def y(self, value: float) -> float:
        share = min(max(value / self.most, 0.0), 1.0)
        return self.top + self.height * (1 - share)

    @property
    def bottom(self) -> float:
        return self.top + self.height


def whole(
    parts: Sequence[str], *, width_px: float, height_px: float, id_: str, title: str, told: str
) -> str:
    """Return the drawing of these parts. `id_` makes its title its own on a page with several;
    `told` is for those who do not see it.
    """
    name = escape(inert(id_), quote=True)
    head = (
        f'<svg class="curve" role="img" '
        f'viewBox="0 0 {width_px} {height_px:g}" width="{width_px}" height="{height_px:g}" '
        f'aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(inert(title))}</title>'
        f'<desc id="{name}-d">{escape(inert(told))}</desc>'
    )
    return head + "".join(sorted(parts, key=_is_text)) + "</svg>"


def _is_text(part: str) -> bool:
    """Words are drawn last: no line crosses them."""
    return part.startswith("<text")


def text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    said = escape(inert(words))
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{said}</text>'


def instead(panel: Panel, words: str, width_px: int) -> str:
    """Say in a panel that there is nothing to draw in it."""
    middle = (LEFT + width_px - RIGHT) / 2
    return text(middle, panel.y(panel.most / 2), words, "heading", anchor="middle")


def frame(panel: Panel, say: Callable[[float], str], width_px: int) -> Iterator[str]:
    for value in steps(panel.most, at_most=panel.height / TICK_PX):
        y = panel.y(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{width_px - RIGHT}"/>'
        yield text(LEFT - 6, y + 4, say(value), "tick", anchor="end")


def steps(most: float, *, at_most: float) -> tuple[float, ...]:
    """Return round values from zero up to the edge, about so many."""
    raw = most / at_most
    unit = 10.0 ** math.floor(math.log10(raw))
    step = unit * next(n for n in (1, 2, 5, 10) if raw <= unit * n * 1.0001)
    return tuple(step * n for n in range(int(most / step) + 1))


def through(corners: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)


def as_file(drawn: str, *, name: str, style: str) -> str:
    """Return a drawing as a file of its own: an SVG with its style in it."""
    head, close, rest = drawn.partition(">")
    note = f"<!-- {escape(inert(name)).replace('--', '- -')} -->"
    head = head.replace("<svg ", f'<svg xmlns="{SVG}" ', 1)
    return f"{head}{close}<style>{style}</style>{note}{rest}\n"
