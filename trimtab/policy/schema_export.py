"""How do editors check a policy file while it is written? By its JSON Schema, made here."""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.policy.catalog import HAS_TAG, SIGNALS
from trimtab.policy.quantity import is_amount
from trimtab.policy.schema import PolicyShape
from trimtab.policy.signal import Signal, SignalType

_SCALARS = ["string", "number", "boolean"]


def json_schema(kinds: Mapping[str, ChangeSpec]) -> dict[str, Any]:
    """Return the JSON Schema of a policy file, with the signals and kinds of change there are."""
    schema = PolicyShape.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A Trimtab policy"
    schema["properties"]["when"] = {"$ref": "#/$defs/Conditions"}
    schema["properties"]["change"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {name: _kind(spec) for name, spec in kinds.items()},
    }
    schema["$defs"]["Conditions"] = _conditions()
    return schema


def _conditions() -> dict[str, Any]:
    nested = {"$ref": "#/$defs/Conditions"}
    groups = {
        "all": {"type": "array", "minItems": 1, "items": nested},
        "any": {"type": "array", "minItems": 1, "items": nested},
        "not": {"allOf": [nested, {"maxProperties": 1}]},
    }
    signals = {
        name: _matcher(signal)
        for name, signal in SIGNALS.items()
        if signal.type is not SignalType.RECORD
    }
    tag = {"type": "string", "minLength": 1, "description": "The function has a tag of this name."}
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": groups | signals | {HAS_TAG: tag},
    }


def _matcher(signal: Signal) -> dict[str, Any]:
    types = ["string", "array"] + (["number"] if is_amount(signal) else [])
    if signal.type is SignalType.FLAG:
        types.append("boolean")
    if signal.type is SignalType.MAPPING:
        types = ["string", "object"]
    unit = f" In {signal.unit}." if signal.unit else ""
    return {
        "type": types,
        "items": {"type": _SCALARS},
        "description": f"{signal.meaning}{unit} Unknown when {signal.unknown_when}.",
    }


def _kind(spec: ChangeSpec) -> dict[str, Any]:
    return {
        "type": "object",
        "description": spec.meaning,
        "additionalProperties": False,
        "properties": {field.name: _field(field) for field in spec.fields},
    }


def _field(field: FieldSpec) -> dict[str, Any]:
    numeric = dict.fromkeys((FieldType.RATIO, FieldType.COUNT, FieldType.USD), "number")
    types = numeric | {FieldType.FLAG: "boolean"}
    return {"type": types.get(field.type, "string"), "description": field.meaning}
