"""What is wrong with the files, and where? Every mistake with file, line and column, at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise
from typing import Any, TypeAlias

from trimtab.domain.errors import InputError

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in its document: keys and positions from the top."""

MAX_NOTED = 200
"""Mistakes noted of one file; chosen, twice what is shown: beyond, looking for the nearest right
words would take long, and help nobody."""

MAX_LIKELY = 12
"""Words that are compared letter by letter; chosen: of all signals that would take a second for
some hundred misspelt ones."""

MAX_SHOWN = 100
"""Mistakes listed before the rest is only counted; chosen: nobody mends more at a time."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake, where it is, and what to do."""

    file: str
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.message}"


class PolicyErrors(InputError):
    """The files cannot be loaded; `problems` has every mistake in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        lines = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        left = len(self.problems) - len(lines)
        super().__init__("\n".join(lines + ([f"and {left} more"] if left else [])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One parsed file: plain data, and where each key and value stands."""

    file: str
    data: Any
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def value_at(self, path: Path) -> Place:
        """Return where a value stands; of one that is not there, where its nearest parent does."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values[path]

    def at(self, path: Path) -> Any:
        """Return what stands at a place, as it was written; None: nothing does."""
        if path not in self.values:
            return None
        found = self.data
        for step in path:
            found = found[step]
        return found

    def key_at(self, path: Path) -> Place:
        return self.keys.get(path) or self.value_at(path)


class Mistakes:
    """Collects what is wrong while loading goes on, so that all of it is told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._places: set[tuple[str, Place]] = set()
        self._counts: Counter[str] = Counter()

    def at_value(self, document: Document, path: Path, message: str) -> None:
        self._note(document.file, document.value_at(path), message)

    def at_key(self, document: Document, path: Path, message: str) -> None:
        self._note(document.file, document.key_at(path), message)

    def has_at(self, document: Document, path: Path) -> bool:
        """Tell whether something is wrong already with the value that stands there."""
        place = document.values.get(path)
        return place is not None and (document.file, place) in self._places

    def in_file(self, file: str, message: str) -> None:
        self._note(file, Place(1, 1), message)

    def is_full(self, document: Document) -> bool:
        """Tell whether so much is wrong with a file that no more is noted of it."""
        return self._counts[document.file] > MAX_NOTED

    def _note(self, file: str, place: Place, message: str) -> None:
        self._counts[file] += 1
        if self._counts[file] > MAX_NOTED + 1:
            return
        if self._counts[file] > MAX_NOTED:
            message = f"and more: {MAX_NOTED} mistakes of this file are told, mend these first"
        self.problems.append(Problem(file, place, message))
        self._places.add((file, place))


@lru_cache(maxsize=4096)
def _pairs(word: str) -> frozenset[str]:
    """Return the neighbouring letters of a word: what words alike have in common."""
    return frozenset(first + second for first, second in pairwise(word))


def unknown_word(what: str, word: object, known: Iterable[str]) -> str:
    """Say that a word is not known, with the nearest one that is, or all of a short list.

    Of words equally near, the one whose letters were only turned round.
    """
    options = sorted(known)
    shown = str(word)[:60]
    alike = nlargest(MAX_LIKELY, options, key=lambda option: len(_pairs(shown) & _pairs(option)))
    near = get_close_matches(shown, alike, n=3, cutoff=0.5)
    turned = [option for option in near if sorted(option) == sorted(shown)]
    if near:
        return f"unknown {what} {shown!r}: did you mean {(turned or near)[0]!r}?"
    if len(options) <= 12:  # noqa: PLR2004 - a list that fits on a line
        return f"unknown {what} {shown!r}; known: {', '.join(options)}"
    return f"unknown {what} {shown!r}; docs/policies-reference.md lists what is known"
