"""How does outside text stay text in Markdown? In a code span, on one line (S23).

GitHub renders no mention, no link, no emphasis and no HTML inside a code span.
"""

import re
import unicodedata

TEXT_MAX_CHARACTERS = 400
BROKEN_BAR = "\N{BROKEN BAR}"

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def one_line(text: str, *, longest: int = TEXT_MAX_CHARACTERS) -> str:
    """Return text on one line, without control and direction characters, cut with a mark."""
    visible = (" " if unicodedata.category(c) in _INVISIBLE else c for c in text)
    plain = " ".join("".join(visible).split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def code(text: str) -> str:
    """Return outside text as a code span that nothing in it can end, fit for a table cell."""
    plain = one_line(text).replace("|", BROKEN_BAR) or "-"
    longest_run = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * (longest_run + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def title_text(text: str) -> str:
    """Return text for an issue title: it has no markup, so mentions are all there is to defuse."""
    return one_line(text, longest=120).replace("@", "(at)")


def label_text(text: str) -> str:
    """Return a label name: GitHub allows 50 characters, and a comma would divide it in a search."""
    return one_line(text, longest=50).replace(",", " ")
