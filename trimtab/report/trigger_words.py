"""How is the trigger graph of a function said to people? Marks, sentences, and a drawing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from trimtab.domain.trigger_graph import Blind, Trigger
from trimtab.report import words

MARKS = {True: "live", False: "dormant", None: "unknown"}

ROW_PX, TOP_PX, WIDTH_PX = 34, 20, 900
LABEL_PX, NODE_PX = 520, 700
LONGEST = 62
"""Characters of a label in the drawing; the list below it has the whole text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One edge in words."""

    mark: str
    """live, dormant or unknown."""
    what: str
    why: str


def verdict(has_live: bool | None) -> str:
    """Say what the graph comes to."""
    return {
        True: "something may call it or needs it",
        False: "nothing that is read may call it or needs it",
        None: "unknown: what could not be read may call it",
    }[has_live]


def line(trigger: Trigger) -> Line:
    to = "" if trigger.qualifier is None else f" → {trigger.qualifier}"
    said = [trigger.why]
    if trigger.next_fire_at is not None:
        said.append(f"next {trigger.next_fire_at:%Y-%m-%d %H:%M} UTC")
    if trigger.changed_at is not None:
        said.append(f"so since {trigger.changed_at:%Y-%m-%d}")
    return Line(
        mark=MARKS[trigger.is_live],
        what=words.inert(f"{trigger.kind}: {trigger.name}{to}"),
        why=words.inert("; ".join(said)),
    )


def tree(triggers: Sequence[Trigger], blinds: Sequence[Blind]) -> Iterator[str]:
    """Draw the graph as lines of text."""
    lines = [line(one) for one in triggers]
    if not lines:
        yield "└── nothing points to it"
    for number, one in enumerate(lines, start=1):
        branch = "└──" if number == len(lines) else "├──"
        yield f"{branch} {one.mark:<8}{one.what} ({one.why})"
    if blinds:
        yield ""
        yield f"could not be read ({len(blinds)}):"
    for number, blind in enumerate(blinds, start=1):
        branch = "└──" if number == len(blinds) else "├──"
        yield f"{branch} {words.inert(f'{blind.source}: {blind.error}')}"


def drawing(function: str, triggers: Sequence[Trigger], blinds: Sequence[Blind]) -> str:
    """Draw the graph as SVG: what points to the function on the left, the function on the right.

    Solid, dashed and dotted tell live, dormant and unknown apart on grey paper too.
    """
    rows = [(one.mark, one.what) for one in map(line, triggers)]
    rows += [("unknown", words.inert(f"not read: {blind.source}")) for blind in blinds]
    height = TOP_PX * 2 + ROW_PX * max(len(rows), 1)
    middle = height // 2
    return "".join(
        (
            f'<svg class="graph" viewBox="0 0 {WIDTH_PX} {height}" role="img" ',
            f'aria-label="What points to {escape(function)}">',
            *(_edge(number, mark, text, middle) for number, (mark, text) in enumerate(rows)),
            f'<rect class="node" x="{NODE_PX}" y="{middle - 18}" width="190" height="36" rx="6"/>',
            f'<text class="name" x="{NODE_PX + 95}" y="{middle + 5}">{escape(_cut(function, 24))}',
            "</text></svg>",
        )
    )


def _edge(number: int, mark: str, text: str, middle: int) -> str:
    y = TOP_PX + ROW_PX * number + ROW_PX // 2
    path = f"M{LABEL_PX} {y} C{LABEL_PX + 90} {y} {NODE_PX - 90} {middle} {NODE_PX} {middle}"
    label = escape(_cut(text, LONGEST))
    return (
        f'<g class="{mark}"><path d="{path}"/><circle cx="{LABEL_PX}" cy="{y}" r="5"/>'
        f'<text x="{LABEL_PX - 14}" y="{y + 5}">{label}</text></g>'
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
