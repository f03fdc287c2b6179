"""How does a frozen value travel? Dataclass to plain JSON data and back, without loss.

Unions of dataclasses carry the class name under "is"; moments are ISO 8601 in UTC. Reading is
strict: an unknown key, a missing key or a wrong type raises. Only a field with a default may be
missing: what was written before that field was there can still be read.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from trimtab.domain.errors import InputError

T = TypeVar("T")

ONLY_IF_SAID: Mapping[str, bool] = {"only_if_said": True}
"""Metadata of a field that came later: left out while it has its default. So digests and signatures
of before stay as they are, and a release that does not know it reads what does not need it."""

PLAIN = frozenset((str, int, float, bool, type(None)))
"""What JSON has itself, and most of every document is: told first, by type."""


def to_wire(value: Any) -> Any:
    """Turn a value into plain JSON data.

    Raises: TypeError for a type that has no wire form; that is a bug, not an input.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        return {str(key): to_wire(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | time | timedelta):
        return _when(value)
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(to_wire, value))
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no wire form")


def _when(value: datetime | time | timedelta) -> str | float:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, time) else value.total_seconds()


def _record(value: Any) -> dict[str, Any]:
    kind: type = type(value)
    names, later = _written(kind)
    said = [name for name, default in later.items() if getattr(value, name) != default]
    plain = {name: to_wire(getattr(value, name)) for name in (*names, *said)}
    return {"is": kind.__name__, **plain}


def from_wire(kind: type[T], data: Any) -> T:
    """Read plain JSON data back into a value of this type.

    Raises: InputError naming the field that does not fit.
    """
    return typing.cast("T", _read(kind, data, at=kind.__name__))


def _read(kind: Any, data: Any, *, at: str) -> Any:
    origin = typing.get_origin(kind)
    if kind is Any:
        return data
    if origin in (typing.Union, types.UnionType):
        return _read_union(typing.get_args(kind), data, at=at)
    if origin is not None:
        return _read_collection(origin, typing.get_args(kind), data, at=at)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast("type", kind), data, at=at)
    return _read_scalar(kind, data, at=at)


def _read_scalar(kind: Any, data: Any, *, at: str) -> Any:
    try:
        if issubclass(kind, Enum):
            return kind(data)
        if kind is datetime:
            return _moment(data)
        if kind is timedelta:
            return timedelta(seconds=data)
        if kind is time:
            return time.fromisoformat(data)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{at}: {data!r} is not a {kind.__name__}") from error
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is type(None) or type(data) is not kind:
        raise InputError(f"{at}: {data!r} is not a {kind.__name__}")
    return data


def _moment(text: str) -> datetime:
    """Read a moment. One without a zone is none: it cannot be compared with any that has one."""
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError(f"{text!r} has no zone")
    return at.astimezone(UTC)


def _read_collection(origin: Any, arguments: tuple[Any, ...], data: Any, *, at: str) -> Any:
    if issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise InputError(f"{at}: {data!r} is not a mapping")
        return {key: _read(arguments[1], item, at=f"{at}.{key}") for key, item in data.items()}
    if not isinstance(data, list):
        raise InputError(f"{at}: {data!r} is not a list")
    items = (_read(arguments[0], item, at=f"{at}[{n}]") for n, item in enumerate(data))
    return frozenset(items) if origin is frozenset else tuple(items)


def _read_union(choices: tuple[Any, ...], data: Any, *, at: str) -> Any:
    if data is None and type(None) in choices:
        return None
    records = {getattr(c, "__name__", ""): c for c in choices if dataclasses.is_dataclass(c)}
    if isinstance(data, dict) and data.get("is") in records:
        return _read(records[data["is"]], data, at=at)
    for choice in choices:
        if choice is type(None) or dataclasses.is_dataclass(choice):
            continue
        try:
            return _read(choice, data, at=at)
        except InputError:
            continue
    raise InputError(f"{at}: {data!r} fits none of {', '.join(str(c) for c in choices)}")


@cache
def _written(kind: type) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Return the fields that are always written, and the others with their defaults."""
    fields = dataclasses.fields(kind)
    later = {f.name: f.default for f in fields if f.metadata == ONLY_IF_SAID}
    return tuple(f.name for f in fields if f.name not in later), later


@cache
def _fields(kind: type) -> tuple[dict[str, Any], frozenset[str], frozenset[str]]:
    """Return types, names and the names that may be missing: worked out once, they are asked for
    at every read.
    """
    fields = dataclasses.fields(kind)
    optional = (
        f.name
        for f in fields
        if f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
    )
    return typing.get_type_hints(kind), frozenset(f.name for f in fields), frozenset(optional)


def _read_dataclass(kind: type, data: Any, *, at: str) -> Any:
    if not isinstance(data, dict):
        raise InputError(f"{at}: {data!r} is not a {kind.__name__}")
    hints, names, optional = _fields(kind)
    given = data.keys() - {"is"}
    wrong = (given - names) | (names - optional - given)
    if wrong or data.get("is", kind.__name__) != kind.__name__:
        raise InputError(f"{at}: fields {sorted(wrong)} are missing or unknown")
    return kind(**{n: _read(hints[n], data[n], at=f"{at}.{n}") for n in given})
