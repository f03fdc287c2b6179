"""Which answers of earlier scans still hold? What takes a call per function is kept some days.

An answer holds for at most a week and only while the function was not deployed since. Every
function has a day of the week on which it is read again, so that no day has to read all. What a
change could hang on is never taken from here.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.fleet import ListedFunction
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.signal import SignalType

KEEP = timedelta(days=7)
"""Chosen: what people change besides a deployment shows within a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What one question told of one function."""

    function: str
    """Its name: answers are kept by target."""
    what: str
    read_at: datetime
    last_modified_at: datetime
    """Of the function as it was then."""
    told: Mapping[str, Known]


class KeptAnswers:
    """The answers kept of one target."""

    def __init__(self, answers: Iterable[KeptAnswer] = (), *, at: datetime) -> None:
        self._at = at
        self._answers = {(a.function, a.what): a for a in answers if _holds(a, at=at)}

    def find(self, listed: ListedFunction, what: str) -> Mapping[str, Evidence] | None:
        """Return an answer that still holds, each source with the day it was read; else None."""
        found = self._answers.get((listed.function.name, what))
        if found is None or found.last_modified_at != listed.last_modified_at:
            return None
        if found.read_at.date() != self._at.date() and self._is_its_day(listed):
            return None
        day = found.read_at.date().isoformat()
        return {
            name: replace(known, source=f"{known.source}, read {day}")
            for name, known in found.told.items()
        }

    def keep(self, listed: ListedFunction, what: str, told: Mapping[str, Evidence]) -> None:
        """Keep an answer that told everything; one with an unknown in it is asked again."""
        known = {name: e for name, e in told.items() if isinstance(e, Known)}
        if len(known) == len(told):
            self._answers[listed.function.name, what] = KeptAnswer(
                function=listed.function.name,
                what=what,
                read_at=self._at,
                last_modified_at=listed.last_modified_at,
                told=known,
            )

    def all(self) -> tuple[KeptAnswer, ...]:
        return tuple(self._answers.values())

    def _is_its_day(self, listed: ListedFunction) -> bool:
        own_day = crc32(str(listed.function).encode()) % KEEP.days
        return self._at.toordinal() % KEEP.days == own_day


def _holds(answer: KeptAnswer, *, at: datetime) -> bool:
    """Tell whether an answer is not too old, nor of a clock that was ahead, and can be one."""
    is_young = timedelta(0) <= at - answer.read_at < KEEP
    return is_young and all(_fits(name, known.value) for name, known in answer.told.items())


def _fits(name: str, value: Any) -> bool:
    """Tell whether a value can be one of this signal; a file may hold anything."""
    if name not in SIGNALS:
        return False
    kind = SIGNALS[name].type
    if kind is SignalType.FLAG:
        return isinstance(value, bool)
    if kind is SignalType.TEXTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if value is None:
        return True
    if kind is SignalType.TEXT:
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
