"""What does a YAML file say, and where? A small, safe subset of YAML.

No tags, anchors or aliases, limited in size and depth, duplicate keys refused, and only true, false
and plain numbers are anything but text.

Built from the parser's events, without recursion, so that depth is checked before anything is made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from trimtab.policy.problems import Document, Path, Place, Problem

MAX_BYTES = 256 * 1024
"""One file; chosen, some hundred times the longest policy."""
MAX_DEPTH = 32
"""Nested lists and mappings; chosen."""
MAX_VALUES = 10_000
"""Values in one file; chosen, so that the worst file still loads well within a second."""
MAX_FAULTS = 20
"""Structural mistakes reported of one file; after that, only counting would be left."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)"
)
"""Controls, line breaks that editors do not show, and marks that turn text around: with them a file
says something else than its reader sees. Source: "Trojan Source", CVE-2021-42574, read 2026-11."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,15}")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


class _UnreadableError(Exception):
    """Reading cannot go on; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end was not read yet."""

    value: Any
    path: Path
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    file: str
    allow_null: bool
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    data: Any = None
    documents: int = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _UnreadableError(self.problem(event, "a file holds one document"))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self.refuse_tricks(event)
            self.take_node(event)

    def refuse_tricks(self, event: Any) -> None:
        if event.anchor is not None:
            self.fault(event, "anchors and aliases are not allowed: write it out")
        if getattr(event, "tag", None) is not None:
            self.fault(event, f"tags are not allowed: remove {event.tag[:40]!r}")

    def take_node(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.take_key(event, top)
            return
        path = _path_of(top)
        self.values[path] = _place(event)
        if len(self.values) > MAX_VALUES:
            raise _UnreadableError(self.problem(event, f"more than {MAX_VALUES} values"))
        value = self.value_of(event)
        if top is None:
            self.data = value
        elif isinstance(top.value, dict):
            top.value[top.key] = value
            top.key = None
        else:
            top.value.append(value)
        if isinstance(value, dict | list):
            self.stack.append(_Open(value, path))
            if len(self.stack) > MAX_DEPTH:
                raise _UnreadableError(self.problem(event, f"deeper than {MAX_DEPTH} levels"))

    def take_key(self, event: Any, top: _Open) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise _UnreadableError(self.problem(event, "a key must be plain text"))
        self.refuse_hidden(event)
        if event.value == "<<" and event.implicit[0]:
            self.fault(event, "merge keys are not allowed: write it out")
        path = (*top.path, event.value)
        if path in self.keys:
            line = self.keys[path].line
            self.fault(event, f"key {event.value[:60]!r} is already on line {line}")
        self.keys[path] = _place(event)
        top.key = event.value

    def value_of(self, event: Any) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if isinstance(event, yaml.AliasEvent):
            return ""
        self.refuse_hidden(event)
        value = _scalar(event.value) if event.implicit[0] else event.value
        if value is None and not self.allow_null and self.stack:
            self.fault(event, "there is no value here: give one, or remove the key")
        return value

    def refuse_hidden(self, event: Any) -> None:
        """An escape such as "\\u202E" comes out only here."""
        found = _HIDDEN.search(event.value)
        if found is not None:
            self.fault(event, _hidden(found))

    def fault(self, event: Any, message: str) -> None:
        self.faults.append(self.problem(event, message))
        if len(self.faults) >= MAX_FAULTS:
            raise _UnreadableError(self.faults.pop())

    def problem(self, event: Any, message: str) -> Problem:
        return Problem(self.file, _place(event), message)


def read_document(
    file: str, text: str | bytes, *, allow_null: bool = False
) -> Document | tuple[Problem, ...]:
    """Read one file; what is wrong with its structure when it cannot be read."""
    builder = _Builder(file=file, allow_null=allow_null)
    try:
        for event in _events(file, text):
            builder.take(event)
    except _UnreadableError as error:
        return (*builder.faults, error.problem)
    if builder.faults:
        return tuple(builder.faults)
    if builder.data is None:
        return (Problem(file, Place(1, 1), "the file is empty"),)
    return Document(file=file, data=builder.data, values=builder.values, keys=builder.keys)


def _events(file: str, text: str | bytes) -> Iterator[Any]:
    try:
        encoded = text if isinstance(text, bytes) else text.encode()
        decoded = encoded.decode("utf-8-sig")
    except UnicodeError:
        problem = Problem(file, Place(1, 1), "not UTF-8: save the file in that encoding")
        raise _UnreadableError(problem) from None
    if len(encoded) > MAX_BYTES:
        problem = Problem(file, Place(1, 1), f"larger than {MAX_BYTES // 1024} KiB")
        raise _UnreadableError(problem)
    _refuse_hidden(file, decoded)
    try:
        yield from yaml.parse(decoded, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _UnreadableError(_syntax_problem(file, decoded, error)) from error


def _refuse_hidden(file: str, text: str) -> None:
    found = _HIDDEN.search(text)
    if found is not None:
        before = text[: found.start()]
        place = Place(before.count("\n") + 1, found.start() - before.rfind("\n"))
        raise _UnreadableError(Problem(file, place, _hidden(found)))


def _hidden(found: re.Match[str]) -> str:
    return f"U+{ord(found[0]):04X}, a character that does not show: remove it"


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Problem(file, Place(1, 1), "a character that YAML does not allow")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    what = "a tab: indent with spaces" if "\t" in line else str(getattr(error, "problem", error))
    return Problem(file, Place(mark.line + 1, mark.column + 1), f"not YAML: {what}")


def _scalar(text: str) -> Any:
    """Read a plain scalar. Everything but null, true, false and plain numbers is text: 'no', dates,
    09:00 and 0123 stay what they look like."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _path_of(top: _Open | None) -> Path:
    if top is None:
        return ()
    if isinstance(top.value, dict):
        return (*top.path, str(top.key))
    return (*top.path, len(top.value))


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
