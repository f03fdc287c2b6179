"""Does a parsed file fit its shape? Runs pydantic; says in our words what does not, and where."""

import copy
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from trimtab.policy.problems import Document, Mistakes, Path, unknown_word
from trimtab.policy.schema_types import Shape

S = TypeVar("S", bound=Shape)

_NOT_BUILT = frozenset({"remind", "escalate", "hub"})
"""Keys whose meaning is decided and that nothing enforces yet: accepted, they would promise it."""

_ROUNDS = 5
"""How often what is left of a broken file is tried again; chosen: no shape is nested deeper."""

_SAID = {
    "string_type": "this must be text; put it in quotes",
    "int_type": "this must be a whole number",
    "list_type": "this must be a list",
    "dict_type": "this must be a mapping of names to values",
    "model_type": "this must be a mapping of names to values",
    "model_attributes_type": "this must be a mapping of names to values",
    "string_too_short": "this must not be empty",
    "string_too_long": "this is longer than {max_length} characters",
    "string_pattern_mismatch": "this does not have the form {pattern}",
    "too_short": "at least {min_length} needed here",
    "too_long": "at most {max_length} allowed here",
    "greater_than_equal": "this must be at least {ge}",
    "less_than_equal": "this must be at most {le}",
}


def validated(
    shape: type[S],
    document: Document,
    mistakes: Mistakes,
    *,
    data: Any = None,
    also_known: Iterable[str] = (),
    stand_ins: Mapping[str, Any] | None = None,
) -> S | None:
    """Return the file in its shape, or None after noting every mistake.

    `data` stands for the document's own where some of it is read elsewhere; `also_known` are the
    top keys of that part, so that a wrong key near one of them is told so. With `stand_ins` for
    its required top keys, what is left of a broken file is returned, so that the rest of it is
    checked in the same go; its mistakes are noted, so that it never loads.
    """
    given = document.data if data is None else data
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if not mistakes.is_full(document):
                _note(shape, document, mistakes, detail, also_known)
        if stand_ins is None or not isinstance(given, dict):
            return None
        return _what_is_left(shape, document, copy.deepcopy(given), stand_ins)


def _what_is_left(
    shape: type[S], document: Document, data: dict[str, Any], stand_ins: Mapping[str, Any]
) -> S | None:
    """Return the shape of what fits; None when too little does."""
    for _ in range(_ROUNDS):
        try:
            return shape.model_validate(data)
        except ValidationError as error:
            broken = {_broken_part(document, detail) for detail in error.errors()}
        outer = [path for path in broken if not any(path[:n] in broken for n in range(len(path)))]
        for path in sorted(outer, key=_position, reverse=True):
            _drop(data, path)
        data |= {key: value for key, value in stand_ins.items() if key not in data}
    return None


def _broken_part(document: Document, detail: Mapping[str, Any]) -> Path:
    path = _as_written(document, tuple(detail["loc"]))
    return path[:-1] if detail["type"] == "missing" and len(path) > 1 else path


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    """Order paths so that, in reverse, the last item of a list goes first."""
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in path)


def _drop(whole: Any, path: Path) -> None:
    """Remove what stands at a path; a missing key of the top is not there."""
    part, last = whole, path[-1]
    for step in path[:-1]:
        part = part[step]
    if isinstance(last, int):
        del part[last]
    else:
        part.pop(last, None)


def _note(
    shape: type[Shape],
    document: Document,
    mistakes: Mistakes,
    detail: Mapping[str, Any],
    also_known: Iterable[str],
) -> None:
    path = _as_written(document, tuple(detail["loc"]))
    kind = detail["type"]
    if kind == "extra_forbidden":
        mistakes.at_key(document, path, _about_key(shape, path, also_known))
    elif kind == "missing":
        mistakes.at_value(document, path, f"key {path[-1]!r} is missing")
    elif kind == "value_error":
        mistakes.at_value(document, path, str(detail["ctx"]["error"]))
    else:
        said = _SAID.get(kind, detail["msg"]).format(**detail.get("ctx", {}))
        mistakes.at_value(document, path, said)


def _as_written(document: Document, path: Path) -> Path:
    """Return the path in the file: a bare list stands for what is included."""
    if path in document.values:
        return path
    return tuple(step for step in path if step != "include")


def _about_key(shape: type[Shape], path: Path, also_known: Iterable[str]) -> str:
    key = path[-1]
    if key in _NOT_BUILT:
        return f"{key!r} is not built yet: remove it"
    known = set(_fields_at(shape, path[:-1]))
    if len(path) == 1:
        known |= set(also_known)
    return unknown_word("key", key, known)


def _fields_at(shape: type[BaseModel], path: Path) -> Iterable[str]:
    """Return the keys that a mapping at this place may have."""
    for step in path:
        if isinstance(step, str):
            shape = _shape_in(shape.model_fields[step].annotation)
    return shape.model_fields


def _shape_in(annotation: Any) -> type[BaseModel]:
    """Return the one shape inside an annotation such as list[X] or X | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_shape_in(a) for a in typing.get_args(annotation) if a is not type(None))
    return next(inner)
