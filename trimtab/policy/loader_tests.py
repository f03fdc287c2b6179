"""What do the tests beside a policy give and expect? Rows of signals, read by their types."""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.loader_shapes import validated
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.model import Bundle, PolicyTest
from trimtab.policy.problems import Document, Mistakes, Path, PolicyErrors, unknown_word
from trimtab.policy.quantity import ReadingError, is_amount, read_amount
from trimtab.policy.schema_rules import PolicyTestsShape
from trimtab.policy.signal import Signal, SignalType

TESTS_SUFFIX = ".tests.yaml"
_SOURCE = "the test"
_PLAIN: Mapping[SignalType, tuple[type, str]] = {
    SignalType.FLAG: (bool, "true or false"),
    SignalType.TEXT: (str, "text"),
    SignalType.TEXTS: (list, "a list of texts"),
    SignalType.MAPPING: (dict, "a mapping of names to texts"),
}


def read_policy_tests(bundle: Bundle, files: Mapping[str, str | bytes]) -> tuple[PolicyTest, ...]:
    """Read every `<pack>/<policy-id>.tests.yaml` among these files.

    Raises: PolicyErrors with every mistake of every file.
    """
    mistakes = Mistakes()
    rows: list[PolicyTest] = []
    for name in sorted(n for n in files if n.endswith(TESTS_SUFFIX)):
        document = read_document(name, files[name], allow_null=True)
        if isinstance(document, Document):
            rows += _rows(document, bundle, mistakes)
        else:
            mistakes.problems.extend(document)
    if mistakes.problems:
        raise PolicyErrors(mistakes.problems)
    return tuple(rows)


def _rows(document: Document, bundle: Bundle, mistakes: Mistakes) -> list[PolicyTest]:
    shape = validated(PolicyTestsShape, document, mistakes)
    if shape is None:
        _look_into(document, mistakes)
        return []
    policy = bundle.policy(shape.policy)
    if policy is None:
        known = [p.id for p in bundle.policies]
        mistakes.at_value(document, ("policy",), unknown_word("policy", shape.policy, known))
        _look_into(document, mistakes)
        return []
    given = _signals(document, ("given",), shape.given, mistakes)
    _check_missing(document, mistakes)
    rows = []
    for position, row in enumerate(shape.tests):
        path: Path = ("tests", position, "signals")
        rows.append(
            PolicyTest(
                file=document.file,
                name=row.name,
                policy=policy,
                signals=given | _signals(document, path, row.signals, mistakes),
                account=row.account,
                organizational_units=tuple(row.organizational_units),
                region=row.region,
                expect=row.expect,
                missing=None if row.missing is None else tuple(row.missing),
            )
        )
    return rows


def _look_into(document: Document, mistakes: Mistakes) -> None:
    """Note what is wrong with the signals of a file that is no test file for another reason."""
    data = document.data if isinstance(document.data, Mapping) else {}
    places: list[tuple[Path, Any]] = [(("given",), data.get("given"))]
    for position, row in _tests_of(data):
        places.append((("tests", position, "signals"), row.get("signals")))
    for path, raw in places:
        if isinstance(raw, Mapping):
            _signals(document, path, raw, mistakes)
    _check_missing(document, mistakes)


def _check_missing(document: Document, mistakes: Mistakes) -> None:
    """Note each name under `missing` that is no signal: its row could never pass."""
    data = document.data if isinstance(document.data, Mapping) else {}
    for position, row in _tests_of(data):
        named = row.get("missing")
        for n, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and name not in SIGNALS and not mistakes.is_full(document):
                text = unknown_word("signal", name, SIGNALS)
                mistakes.at_value(document, ("tests", position, "missing", n), text)


def _tests_of(data: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    tests = data.get("tests")
    rows = enumerate(tests if isinstance(tests, list) else ())
    return [(position, row) for position, row in rows if isinstance(row, Mapping)]


def _signals(
    document: Document, path: Path, raw: Mapping[str, Any], mistakes: Mistakes
) -> dict[str, Evidence]:
    signals: dict[str, Evidence] = {}
    for name, value in raw.items():
        if mistakes.is_full(document):
            break
        if name not in SIGNALS:
            text = unknown_word("signal", name, SIGNALS)
            mistakes.at_key(document, (*path, name), text)
            continue
        try:
            signals[name] = _evidence(SIGNALS[name], value)
        except ReadingError as error:
            mistakes.at_value(document, (*path, name), str(error))
    return signals


def _evidence(signal: Signal, raw: Any) -> Evidence:
    """Read `{unknown: why}` as unknown, nothing as known to have no value, else the value."""
    if raw is None:
        return Known(value=None, source=_SOURCE)
    if isinstance(raw, dict) and list(raw) == ["unknown"]:
        return Unknown(reason=str(raw["unknown"]))
    if is_amount(signal):
        return Known(value=read_amount(signal, raw), source=_SOURCE)
    if signal.type is SignalType.RECORD:
        raise ReadingError(f"{signal.name} is for the advisor of a change: tests do not give it")
    kind, said = _PLAIN[signal.type]
    items = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    if not isinstance(raw, kind) or not all(isinstance(item, str) for item in items):
        raise ReadingError(f"{signal.name} is {said}, not {repr(raw)[:40]}")
    return Known(value=raw, source=_SOURCE)
