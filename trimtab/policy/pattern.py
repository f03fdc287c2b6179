"""Which regular expressions are safe on names that strangers choose? Few choices, none repeated.

Python's engine backtracks: a repeated group takes exponential time on a hostile name, and repeats,
optional characters and alternatives in a row multiply. So groups are not repeated here, and the
product of all choices is bounded before a pattern is accepted.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from math import factorial, prod

from trimtab.policy.quantity import ReadingError

MAX_PATTERN = 200
"""Characters of a pattern; chosen, far above any naming scheme."""
MAX_SUBJECT = 256
"""The longest tag value. Source: Tag naming limits, AWS General Reference, read 2026-11."""
MAX_STEPS = 2**24
"""Steps on the longest name if every choice had to be tried: allows two repeats and a few choices,
or many alternatives without. A bound from above; a test measures the worst."""
MAX_WAYS = 2**10
"""Combinations of ? and | in one pattern; chosen, so that the worst takes some hundredths of a
second on the longest name and not half of one: a scan tries it on every function."""

_TOKEN = re.compile(
    r"(?P<escape>\\[^0-9A-Za-z]|\\[dDwWsSbB])"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\(\?:|\((?!\?))"
    r"|(?P<close>\))"
    r"|(?P<exact>\{\d{1,3}\})"
    r"|(?P<repeat>[*+]\??|\{\d{0,3},\d{0,3}\}\??)"
    r"|(?P<maybe>\?)"
    r"|(?P<or>\|)"
    r"|(?P<character>[^\\\[\](){}*+?|])",
    re.DOTALL,
)


def compile_pattern(text: str) -> Callable[[str], bool]:
    """Compile a pattern into a test that searches in a text; a longer text than allowed never fits.

    Raises: ReadingError when it is malformed or could be made slow.
    """
    if len(text) > MAX_PATTERN:
        raise ReadingError(f"a pattern has at most {MAX_PATTERN} characters, this one {len(text)}")
    _refuse_slow(text)
    try:
        search = re.compile(text).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ReadingError(f"{text!r} is not a pattern: {error}") from error

    def fits(subject: str) -> bool:
        return len(subject) <= MAX_SUBJECT and search(subject) is not None

    return fits


def _refuse_slow(text: str) -> None:
    kinds = _kinds(text)
    for before, kind in pairwise(kinds):
        if before == "close" and kind in ("repeat", "exact"):
            raise ReadingError(f"{text!r} repeats a group: repeat single characters only")
    ways = 2 ** kinds.count("maybe") * _alternatives(kinds)
    moving = 1 + kinds.count("repeat")
    steps = ways * MAX_SUBJECT**moving / factorial(moving)
    if ways > MAX_WAYS or steps > MAX_STEPS:
        raise ReadingError(
            f"{text!r} could be slow on a long name: use fewer *, +, ? and |,"
            " or several conditions under all:"
        )


def _kinds(text: str) -> list[str]:
    """Return the kind of each token of a pattern."""
    kinds = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            shown = text[position : position + 3]
            raise ReadingError(f"{text!r} has {shown!r}, which patterns here cannot")
        kinds.append(str(token.lastgroup))
        position = token.end()
    return kinds


def _alternatives(kinds: list[str]) -> int:
    """Return the product, over the whole and each group, of how many alternatives it has."""
    product = 1
    levels = [1]
    for kind in kinds:
        if kind == "open":
            levels.append(1)
        elif kind == "or":
            levels[-1] += 1
        elif kind == "close" and len(levels) > 1:
            product *= levels.pop()
    return product * prod(levels)
