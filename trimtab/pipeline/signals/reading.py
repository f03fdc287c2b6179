"""What is one question to AWS, and which signals does its answer tell?

A question is asked only while one of its signals can still change a verdict. It is asked of a whole
target at once, or of one function; `inventory` asks in the order of `READINGS`, cheapest first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Signals
from trimtab.domain.fleet import ListedFunction
from trimtab.ports import FunctionSource


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReading:
    """One listing for all functions of a target."""

    what: str
    """Names it where it fails and where calls are shown: 'event source mappings'."""
    tells: frozenset[str]
    """The base signals in the answer. When it fails each of them is unknown, with the reason."""
    read: Callable[
        [FunctionSource, Sequence[ListedFunction], datetime],
        Mapping[FunctionArn, Mapping[str, Evidence]],
    ]
    """Takes the source, every function listed and the time. Answers for each of them.

    Raises: OutsideError, which becomes one gap of the target.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReading:
    """A call or more for one function. Its answer may be used again for some days (`kept`)."""

    what: str
    tells: frozenset[str]
    read: Callable[[FunctionSource, ListedFunction, Signals], Mapping[str, Evidence]]
    """Takes the source, the function as listed and what is known of it so far.

    Raises: OutsideError, which becomes a gap of this function.
    """
    may_leave: frozenset[str] = frozenset()
    """Signals of `tells` that an answer may be silent of: a later question tells them then."""
    is_kept: bool = True
    """Whether an answer is kept for some days: what is weeks of figures is not."""

    def is_told(self, names: Iterable[str]) -> bool:
        """Tell whether these are the signals that an answer tells."""
        return self.tells - self.may_leave <= frozenset(names) <= self.tells
