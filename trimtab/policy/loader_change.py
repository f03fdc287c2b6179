"""Which change does a policy ask for? One kind, with the fields that kind declares."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType, FieldValue
from trimtab.policy.model import ChangeRequest
from trimtab.policy.problems import Document, Mistakes, Path, unknown_word
from trimtab.policy.quantity import (
    ReadingError,
    read_duration,
    read_percent,
    written_duration,
    written_plain,
)
from trimtab.policy.schema_values import read_zone

WANTED: Mapping[FieldType, str] = {
    FieldType.COUNT: "a whole number",
    FieldType.FLAG: "true or false",
    FieldType.RATIO: "a number like 1.4",
    FieldType.USD: "a number of US dollars like 10",
}
"""What a bare value is, said to whoever wrote something else."""


def read_change(
    document: Document, raw: Mapping[str, Any], kinds: Mapping[str, ChangeSpec], mistakes: Mistakes
) -> ChangeRequest | None:
    """Read the `change` of a policy; None after noting what is wrong."""
    path: Path = ("change",)
    if len(raw) != 1:
        mistakes.at_value(document, path, "a policy asks for exactly one kind of change")
        return None
    ((name, fields),) = raw.items()
    if name not in kinds:
        mistakes.at_key(document, (*path, name), unknown_word("kind of change", name, kinds))
        return None
    if not isinstance(fields, Mapping):
        mistakes.at_value(document, (*path, name), f"{name} takes a mapping; {{}} for the defaults")
        return None
    specs = {spec.name: spec for spec in kinds[name].fields}
    values = {spec.name: spec.default for spec in specs.values()}
    for key, value in fields.items():
        if key not in specs:
            text = unknown_word("field", key, specs)
            mistakes.at_key(document, (*path, name, key), text)
            continue
        read = read_field(document, (*path, name, key), specs[key], value, mistakes)
        if read is not None:
            values[key] = read
    for spec in specs.values():
        _check_below(document, (*path, name), spec, values, mistakes)
    return ChangeRequest(kind=kinds[name].kind, fields=values)


def _check_below(
    document: Document,
    path: Path,
    spec: FieldSpec,
    values: Mapping[str, FieldValue],
    mistakes: Mistakes,
) -> None:
    if spec.below is None or is_below(values[spec.name], values[spec.below]):
        return
    place = next(
        (p for n in (spec.name, spec.below) if document.at(p := (*path, n)) is not None), path
    )
    more = written_field(spec, values[spec.below])
    mistakes.at_value(document, place, f"{spec.name} must be less than {spec.below}, {more}")


def read_field(
    document: Document, path: Path, spec: FieldSpec, raw: Any, mistakes: Mistakes
) -> FieldValue | None:
    """Read one field within its own bounds; None after noting what is wrong."""
    try:
        value = _read(spec, raw)
    except ReadingError as error:
        mistakes.at_value(document, path, str(error))
        return None
    if spec.minimum is not None and is_below(value, spec.minimum):
        least = written_field(spec, spec.minimum)
        mistakes.at_value(document, path, f"{spec.name} must be at least {least}")
        return None
    if spec.maximum is not None and is_below(spec.maximum, value):
        most = written_field(spec, spec.maximum)
        mistakes.at_value(document, path, f"{spec.name} must be at most {most}")
        return None
    return value


def is_below(value: FieldValue, limit: FieldValue) -> bool:
    """Tell whether a value is under a limit of the same type."""
    return _size(value) < _size(limit)


def written_field(spec: FieldSpec, value: FieldValue) -> str:
    """Write a field's value the way a policy file does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, timedelta):
        return written_duration(value)
    return (
        f"{written_plain(value * 100)}%" if spec.type is FieldType.PERCENT else written_plain(value)
    )


def _read_scaling_zone(raw: Any) -> str:
    """Read a zone that Application Auto Scaling knows too: Area/City, or UTC."""
    name = read_zone(raw)
    area, slash, _ = name.partition("/")
    if name != "UTC" and (not slash or not area[0].isupper()):
        raise ReadingError(f"{name!r} is no time zone of a place; write one like Europe/Berlin")
    return name


def _size(value: FieldValue) -> float:
    assert not isinstance(value, str), "a text has no least and no most"
    return value.total_seconds() if isinstance(value, timedelta) else value


def _read(spec: FieldSpec, raw: Any) -> FieldValue:
    if spec.type is FieldType.ZONE:
        return _read_scaling_zone(raw)
    if spec.type is FieldType.DURATION:
        return read_duration(raw)
    if spec.type is FieldType.PERCENT:
        return read_percent(raw)
    if spec.type is FieldType.FLAG and isinstance(raw, bool):
        return raw
    whole = isinstance(raw, int) and not isinstance(raw, bool)
    if spec.type is FieldType.COUNT and whole:
        return float(raw)
    if spec.type in (FieldType.RATIO, FieldType.USD) and (whole or isinstance(raw, float)):
        return float(raw)
    wanted = WANTED[spec.type]
    raise ReadingError(f"{spec.name} is {wanted}, not {repr(raw)[:40]}")
