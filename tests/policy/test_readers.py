"""Does everything that a bundle may say have an effect? What nothing reads must be refused."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from trimtab.policy import model, schema, schema_rules
from trimtab.policy.schema_types import Shape
from trimtab.remediations import change_specs

TRIMTAB = Path(model.__file__).resolve().parents[1]

WITHOUT_READER = {
    "Policy.why": "for whoever reads the file",
    "Exemption.who": "for whoever reads the file; kept with the finding",
    "TicketTerms.sink": "anything but github is refused",
}


def files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in TRIMTAB.glob(pattern))


LOADERS = files("policy/loader*.py")
READERS = [
    path
    for path in files("**/*.py")
    if "local" not in path.parts and path not in LOADERS and path not in files("policy/schema*.py")
] + files("policy/loader_floors.py")


def nodes(paths: list[Path]) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def attributes(paths: list[Path]) -> set[str]:
    """Return the names that are read from any value."""
    return {n.attr for n in nodes(paths) if isinstance(n, ast.Attribute)}


def texts(paths: list[Path]) -> set[str]:
    return {n.value for n in nodes(paths) if isinstance(n, ast.Constant) and type(n.value) is str}


def fields_below(kind: type, seen: set[type]) -> Iterator[tuple[type, str]]:
    """Yield every field of a frozen value and of all values in it."""
    seen.add(kind)
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        yield kind, field.name
        for inner in _types_in(hints[field.name]):
            if dataclasses.is_dataclass(inner) and inner not in seen:
                yield from fields_below(inner, seen)


def _types_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for part in typing.get_args(hint):
        yield from _types_in(part)


def test_everything_a_bundle_holds_is_read_somewhere_or_only_for_people() -> None:
    known = attributes(READERS)
    unread = {
        f"{kind.__name__}.{name}"
        for kind, name in fields_below(model.Bundle, set())
        if name not in known
    }
    assert unread <= WITHOUT_READER.keys(), unread


SHAPES = [
    shape
    for module in (schema, schema_rules)
    for _, shape in inspect.getmembers(module, inspect.isclass)
    if issubclass(shape, Shape) and shape is not Shape
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_key_that_a_file_may_have_is_taken_over_by_the_loader(shape: type[Shape]) -> None:
    assert shape.model_fields.keys() <= attributes(LOADERS) | texts(LOADERS)


@pytest.mark.parametrize("kind", change_specs().values(), ids=change_specs().keys())
def test_every_field_of_a_change_is_read_by_what_advises_plans_or_makes_it(
    kind: typing.Any,
) -> None:
    said = texts(files("advisors/*.py", "pipeline/*.py"))
    assert {field.name for field in kind.fields} <= said
