"""Which regular expressions are safe on names that strangers choose? Few repeats, none nested.

Python's engine backtracks: nested repeats take exponential time on a hostile name, and every repeat
in a row multiplies by its length. A pattern here has at most two repeats, of single characters.
"""

import re
from collections.abc import Callable

from trimtab.policy.quantity import ReadingError

MAX_PATTERN = 200
"""Characters of a pattern; chosen, far above any naming scheme."""
MAX_REPEATS = 2
"""With names of at most 256 characters this is under a million steps; chosen, not measured."""
MAX_SUBJECT = 256
"""The longest tag value AWS allows. Source: Tag naming limits, AWS General Reference, 2026-11."""

_TOKEN = re.compile(
    r"(?P<escape>\\[^0-9A-Za-z]|\\[dDwWsSbB])"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?:)?)"
    r"|(?P<close>\))"
    r"|(?P<exact>\{\d{1,3}\})"
    r"|(?P<repeat>[*+]\??|\{\d{0,3},\d{0,3}\}\??)"
    r"|(?P<maybe>\?)"
    r"|(?P<character>[^\\\[\](){}*+?])",
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
    repeats = position = 0
    before = "open"
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ReadingError(
                f"{text!r} has {text[position : position + 3]!r}, which patterns here cannot"
            )
        kind = str(token.lastgroup)
        if kind in ("repeat", "exact") and before == "close":
            raise ReadingError(f"{text!r} repeats a group: repeat single characters only")
        repeats += kind == "repeat"
        before, position = kind, token.end()
    if repeats > MAX_REPEATS:
        raise ReadingError(
            f"{text!r} has {repeats} repeats; at most {MAX_REPEATS} are safe:"
            " use several conditions under all:"
        )
