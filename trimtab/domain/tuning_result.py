"""What did AWS Lambda Power Tuning measure? Its output in each form people keep it in, checked.

Source of the forms: https://github.com/alexcasalboni/aws-lambda-power-tuning at commit 262ecc2
(version 4.4.0), read 2026-11: README.md, `analyzer.js`, `executor.js`, and `buildVisualizationURL`
in `utils.js`: '#<sizes>;<times>;<costs>', base64 of Int16, Float32 and Float32, little-endian.

What its figures mean for us: `averageDuration` is a mean, so nothing is known of the p95. Each
duration has the init added where there was one, and the slowest and fastest 20 % are left out
(`computeAverageDuration`). One after the other only the first invocation of a size is cold and
left out, so the mean is a warm one. Where invocations ran side by side, or nothing was left out,
init is in it: such output is refused where it tells. The payload was one of the owner's, so it is
one point of what production does, and not the middle of it.
"""

import base64
import binascii
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import unquote

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.memory_sizes import MAX_MEMORY_MB, MIN_MEMORY_MB
from trimtab.domain.power_tuning import LEAST_INVOCATIONS

LONGEST_TEXT = 1_000_000
"""Characters of an output; a hundred sizes take twenty thousand. Chosen."""

MOST_SIZES = 200
"""Chosen; every size that the tool calls "ALL" is 46."""

SHORTEST_MS = 0.1
"""Less is not believed; chosen."""
HALF = 0.5
LONGEST_MS = 910_000.0
"""Source: Lambda quotas, read 2026-11: a timeout is at most 900 s, an init at most 10 s."""

MOST_INVOCATIONS = 100_000
"""Chosen: at a second each that is a day."""

TRIMMED = 0.2
"""Source: README-EXECUTE.md, `discardTopBottom`: this share at each end, unless it is told."""

ASK_FOR = 'run it with "includeOutputResults": true, and save what describe-execution returns'


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedSize:
    """What was measured at one size."""

    memory_mb: int
    duration_mean_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """One execution of the tool. What its output does not tell is None."""

    sizes: tuple[TunedSize, ...]
    """Smallest first."""
    function: FunctionArn | None = None
    invocations: int | None = None
    """Of each size."""
    ended_at: datetime | None = None


def read_tuning(text: str) -> Tuning:
    """Read the output of the state machine, all that describe-execution returns, or the address
    of the visualization.

    Raises: InputError saying what is wrong with it and what to do.
    """
    if len(text) > LONGEST_TEXT:
        _refuse(f"it has more than {LONGEST_TEXT:,} characters: that is no output of power tuning")
    plain = text.strip().lstrip("\ufeff")
    if plain.startswith(("{", "[", '"', "null")):
        return _of_json(_json(plain))
    if ";" in unquote(plain):
        return Tuning(sizes=_of_address(plain))
    _refuse(f"it is neither JSON nor the address of a visualization: {ASK_FOR}")


def _refuse(why: str) -> NoReturn:
    raise InputError(f"this is not usable as power tuning output: {why}")


def _json(text: str) -> Any:
    def no_number(word: str) -> NoReturn:
        _refuse(f"it holds {word} where a number should be")

    try:
        return json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"this is not usable as power tuning output: it is not JSON ({str(error)[:80]}): "
            f"{ASK_FOR}"
        ) from error


def _of_json(data: Any) -> Tuning:
    """Read what describe-execution returns with or without `--query output`, or the output."""
    if isinstance(data, str):
        inner = data.strip()
        return _of_json(_json(inner)) if inner.startswith("{") else Tuning(sizes=_of_address(inner))
    if data is None:
        _refuse(f"it is empty, as after a dry run or a failed execution: {ASK_FOR}")
    if not isinstance(data, dict):
        _refuse(f"it is a list, and not the output of one execution: {ASK_FOR}")
    if "executionArn" in data:
        return _of_execution(data)
    results = data.get("results")
    return Tuning(sizes=_sizes(results if isinstance(results, dict) else data))


def _of_execution(data: Mapping[str, Any]) -> Tuning:
    status = data.get("status")
    if status != "SUCCEEDED":
        _refuse(f"the execution ended as {str(status)[:20]!r}, not as SUCCEEDED: run it again")
    told = _told(data.get("input"))
    output = data.get("output")
    if not isinstance(output, str):
        _refuse(f"the execution has no output: {ASK_FOR}")
    number = _number_of_invocations(told)
    _check_warm(told, number)
    arn = told.get("lambdaARN")
    return Tuning(
        sizes=_of_json(_json(output)).sizes,
        function=FunctionArn.parse(arn) if isinstance(arn, str) else None,
        invocations=number,
        ended_at=_moment(data.get("stopDate")),
    )


def _told(given: Any) -> Mapping[str, Any]:
    """Return the input of the execution; of its payload nothing is looked at or kept (S16)."""
    read = _json(given) if isinstance(given, str) else {}
    return read if isinstance(read, dict) else {}


def _number_of_invocations(told: Mapping[str, Any]) -> int | None:
    given = told.get("num")
    return None if given is None else checked_invocations(_whole(given, "num"))


def checked_invocations(number: int) -> int:
    """Return how often each size was invoked.

    Raises: InputError when the tool would not have done that.
    """
    if not LEAST_INVOCATIONS <= number <= MOST_INVOCATIONS:
        _refuse(
            f"num is {number}: the tool invokes each size {LEAST_INVOCATIONS} times or more, and "
            f"more than {MOST_INVOCATIONS:,} is not believed"
        )
    return number


def _check_warm(told: Mapping[str, Any], number: int | None) -> None:
    """Refuse means that have init in them: they would say a size is slow that only starts."""
    if told.get("onlyColdStarts"):
        _refuse("it measured cold starts only (onlyColdStarts): run it without")
    if told.get("parallelInvocation"):
        _refuse(
            "its invocations ran side by side (parallelInvocation), so nearly each was a cold "
            "start, and their init is in the means: run it with false"
        )
    discarded = told.get("discardTopBottom", TRIMMED)
    share = _number(discarded, "discardTopBottom")
    if not 0 <= share < HALF:
        _refuse(f"discardTopBottom {share:g} leaves nothing to average: run it with {TRIMMED}")
    if int((number or LEAST_INVOCATIONS) * share) < 1:
        _refuse(
            f"discardTopBottom {share:g} leaves the cold start in the means: run it with {TRIMMED}"
        )


def _moment(given: Any) -> datetime | None:
    """Read a moment as version 1 or 2 of the AWS CLI writes it; None: it does not tell."""
    if given is None:
        return None
    try:
        if isinstance(given, str):
            at = datetime.fromisoformat(given)
            if at.utcoffset() is None:
                _refuse(f"stopDate {given[:40]!r} has no time zone")
            return at.astimezone(UTC)
        return datetime.fromtimestamp(_number(given, "stopDate"), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            "this is not usable as power tuning output: stopDate is no moment"
        ) from error


def _sizes(result: Mapping[str, Any]) -> tuple[TunedSize, ...]:
    """Read the figures of all sizes: `stats` has them in full, the address only as floats."""
    stats = result.get("stats")
    if isinstance(stats, list):
        return _of_stats(stats)
    machine = result.get("stateMachine")
    address = machine.get("visualization") if isinstance(machine, dict) else None
    if isinstance(address, str):
        return _of_address(address)
    if "power" in result:
        _refuse(f"it has no stats and no visualization, only the size it chose: {ASK_FOR}")
    _refuse(f"it has no stats: {ASK_FOR}")


def _of_stats(stats: Sequence[Any]) -> tuple[TunedSize, ...]:
    found = []
    for row in stats:
        if not isinstance(row, dict):
            _refuse("a row of its stats is no object")
        if not row.get("averageDuration"):
            continue
        found.append((row.get("value"), row["averageDuration"], row.get("averagePrice")))
    return _checked(found)


def _of_address(address: str) -> tuple[TunedSize, ...]:
    words = unquote(address.strip().rpartition("#")[2]).split(";")
    if len(words) != 3:  # noqa: PLR2004 - sizes, times, costs
        _refuse("the address does not end with #sizes;times;costs: copy it whole")
    sizes = _unpacked(words[0], "h")
    times, costs = _unpacked(words[1], "f"), _unpacked(words[2], "f")
    if not len(sizes) == len(times) == len(costs):
        _refuse(
            f"the address holds {len(sizes)} sizes, {len(times)} times and {len(costs)} costs: "
            "copy it whole"
        )
    return _checked(list(zip(sizes, times, costs, strict=True)))


def _unpacked(word: str, type_: str) -> tuple[Any, ...]:
    """Read one array of the address: 'h' Int16, 'f' Float32, little-endian as on every machine
    that Lambda has."""
    try:
        raw = base64.b64decode(word, validate=True)
        return struct.unpack(f"<{len(raw) // struct.calcsize(type_)}{type_}", raw)
    except (binascii.Error, ValueError, struct.error) as error:
        raise InputError(
            "this is not usable as power tuning output: the address of the visualization is "
            "damaged: copy it whole"
        ) from error


def _checked(rows: Sequence[tuple[Any, Any, Any]]) -> tuple[TunedSize, ...]:
    if not rows:
        _refuse(f"no size has figures: {ASK_FOR}")
    if len(rows) > MOST_SIZES:
        _refuse(f"it has {len(rows)} sizes; more than {MOST_SIZES} is not believed")
    found: dict[int, TunedSize] = {}
    for size, duration, cost in rows:
        memory_mb = _whole(size, "the size")
        if not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
            _refuse(f"size {memory_mb} MB: a function has {MIN_MEMORY_MB} to {MAX_MEMORY_MB:,} MB")
        if memory_mb in found:
            _refuse(f"size {memory_mb} MB is there twice")
        mean_ms = _number(duration, f"the duration at {memory_mb} MB")
        if not SHORTEST_MS <= mean_ms <= LONGEST_MS:
            _refuse(
                f"the duration at {memory_mb} MB is {mean_ms:g} ms: an invocation takes "
                f"{SHORTEST_MS:g} ms to 900 s"
            )
        if cost is not None and _number(cost, f"the cost at {memory_mb} MB") < 0:
            _refuse(f"the cost at {memory_mb} MB is negative")
        found[memory_mb] = TunedSize(memory_mb=memory_mb, duration_mean_ms=mean_ms)
    return tuple(found[size] for size in sorted(found))


def _number(given: Any, what: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        _refuse(f"{what} is no number")
    if isinstance(given, int) and abs(given) > 10**15:
        _refuse(f"{what} is not believed")
    if not math.isfinite(given):
        _refuse(f"{what} is no number")
    return float(given)


def _whole(given: Any, what: str) -> int:
    """Read a whole number; the tool writes the size it chose in quotes."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 6:  # noqa: PLR2004
        return int(given)
    number = _number(given, what)
    if number != int(number):
        _refuse(f"{what} is {number:g}, and no whole number")
    return int(number)
