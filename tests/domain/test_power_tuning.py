"""Does the input for power tuning fit every function, and does nothing but its output get in?"""

import base64
import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.builders import an_arn
from trimtab.domain.errors import InputError
from trimtab.domain.memory_sizes import MAX_MEMORY_MB, MIN_MEMORY_MB
from trimtab.domain.power_tuning import (
    LEAST_INVOCATIONS,
    invocations,
    needs_longer_timeout,
    power_values,
    tuning_input,
)
from trimtab.domain.tuning_result import LONGEST_TEXT, TunedSize, checked_invocations, read_tuning

ADDRESS = (
    "https://lambda-power-tuning.show/#gAAAAQACAAQABsAL;ZooQR4yvkUa/pQRGRC5zRaADHUVjOftE;"
    "QdWhOEMkoziDT5Q4xhiIOMYYiDi6RNc4"
)
"""The example of the tool's README."""
SIZES = (128, 256, 512, 1024, 1536, 3008)
STATS = [
    {"value": 128, "averagePrice": 2.1e-9, "averageDuration": 100.5},
    {"value": 1024, "averagePrice": 4e-9, "averageDuration": 12},
]
RESULT = {"power": 128, "cost": 2.1e-9, "duration": 100.5, "stats": STATS}
INPUT = {"lambdaARN": str(an_arn()), "num": 50, "payload": {"card": "4111"}}


def an_execution(**given: Any) -> dict[str, Any]:
    """Return what describe-execution says."""
    usual = {
        "executionArn": "arn:aws:states:eu-west-1:111111111111:execution:powerTuning:x",
        "status": "SUCCEEDED",
        "stopDate": "2026-10-20T10:00:00.5+01:00",
        "input": json.dumps(INPUT),
        "output": json.dumps(RESULT),
    }
    return {**usual, **given}


def told(**given: Any) -> dict[str, Any]:
    return an_execution(input=json.dumps(INPUT | given))


def an_address(sizes: tuple[Any, ...], times: tuple[Any, ...], costs: tuple[Any, ...]) -> str:
    packed = (
        struct.pack(f"<{len(sizes)}h", *sizes),
        struct.pack(f"<{len(times)}f", *times),
        struct.pack(f"<{len(costs)}f", *costs),
    )
    return "#" + ";".join(base64.b64encode(part).decode() for part in packed)


def test_every_size_gets_five_to_seven_sizes_with_itself_among_them() -> None:
    for memory_mb in range(MIN_MEMORY_MB, MAX_MEMORY_MB + 1):
        sizes = power_values(memory_mb)
        assert 5 <= len(sizes) <= 7
        assert memory_mb in sizes
        assert list(sizes) == sorted(set(sizes))
        assert (sizes[0] >= MIN_MEMORY_MB, sizes[-1] <= MAX_MEMORY_MB) == (True, True)


def test_one_vcpu_is_among_the_sizes_where_they_span_it() -> None:
    assert power_values(1024) == (256, 512, 768, 1024, 1536, 1769, 2048)
    assert 1769 not in power_values(512)


@pytest.mark.parametrize(
    ("duration_ms", "expected", "longer"),
    [(None, 50, False), (0.0, 50, False), (1.0, 50, False), (1500.0, 50, False),
     (1501.0, 49, False), (15_000.0, 5, False), (15_001.0, 5, True), (900_000.0, 5, True)],
)  # fmt: skip
def test_as_many_invocations_as_fit_into_the_time_of_the_tool(
    duration_ms: float | None, expected: int, *, longer: bool
) -> None:
    assert invocations(512, duration_ms) == expected
    assert needs_longer_timeout(512, duration_ms) is longer


def test_s16_the_input_names_the_function_and_nothing_of_it() -> None:
    given = tuning_input(an_arn(), 1024, duration_ms=None)
    assert given["lambdaARN"] == "arn:aws:lambda:eu-west-1:111111111111:function:orders"
    assert (given["payload"], given["parallelInvocation"], given["autoOptimize"]) == (
        {}, False, False
    )  # fmt: skip
    assert given["includeOutputResults"] is True
    assert given["num"] >= LEAST_INVOCATIONS


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RESULT),
        json.dumps({"results": RESULT}),
        json.dumps(json.dumps(RESULT)),
        "\ufeff" + json.dumps(RESULT) + "\n",
        json.dumps(an_execution()),
        json.dumps(RESULT | {"stats": [*STATS, {"value": 256, "averageDuration": 0}]}),
        json.dumps(RESULT | {"stats": [{**STATS[0], "value": "128"}, STATS[1]]}),
    ],
)
def test_the_output_is_read_in_each_form(text: str) -> None:
    assert read_tuning(text).sizes == (
        TunedSize(memory_mb=128, duration_mean_ms=100.5),
        TunedSize(memory_mb=1024, duration_mean_ms=12.0),
    )


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        ADDRESS.partition("#")[2],
        json.dumps(ADDRESS),
        ADDRESS.replace(";", "%3B").replace("/pQ", "%2FpQ"),
        json.dumps({"power": "128", "stateMachine": {"visualization": ADDRESS}}),
    ],
)
def test_the_address_of_the_visualization_is_read(text: str) -> None:
    read = read_tuning(text)
    assert tuple(size.memory_mb for size in read.sizes) == SIZES
    assert read.sizes[0].duration_mean_ms == pytest.approx(37002.398, abs=0.01)
    assert read.sizes[-1].duration_mean_ms == pytest.approx(2009.79, abs=0.01)
    assert (read.function, read.invocations, read.ended_at) == (None, None, None)


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("2026-10-20T10:00:00.5+01:00", datetime(2026, 10, 20, 9, 0, 0, 500_000, tzinfo=UTC)),
        (1763630400, datetime(2025, 11, 20, 9, 20, tzinfo=UTC)),
        (None, None),
    ],
)
def test_an_execution_tells_function_number_and_moment(stop: Any, expected: Any) -> None:
    read = read_tuning(json.dumps(an_execution(stopDate=stop)))
    assert (read.function, read.invocations, read.ended_at) == (an_arn(), 50, expected)


@pytest.mark.parametrize("given", [None, 5, "[]", "{}"])
def test_an_execution_that_keeps_its_input_to_itself_is_read(given: Any) -> None:
    read = read_tuning(json.dumps(an_execution(input=given)))
    assert (len(read.sizes), read.function, read.invocations) == (2, None, None)


def stats(*rows: Any) -> str:
    return json.dumps(RESULT | {"stats": list(rows)})


def row(**given: Any) -> dict[str, Any]:
    return {**STATS[0], **given}


HOSTILE: list[tuple[str, str]] = [
    ("", "neither JSON nor the address"),
    ("PK\x03\x04", "neither JSON nor the address"),
    ("x" * (LONGEST_TEXT + 1), "characters"),
    ("{", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ("[]", "is a list"),
    ("null", "dry run"),
    ('"null"', "does not end with"),
    ("{}", "no stats"),
    ('{"results": 5}', "no stats"),
    (json.dumps({"power": "128", "cost": 1, "duration": 2}), "only the size it chose"),
    (json.dumps({"stateMachine": {"visualization": 5}}), "no stats"),
    (stats(), "no size has figures"),
    (stats(5), "is no object"),
    (stats(*(row(value=n) for n in range(128, 400))), "272 sizes"),
    (stats(row(value=127)), "size 127 MB"),
    (stats(row(value=10241)), "size 10241 MB"),
    (stats(row(value=-128)), "size -128 MB"),
    (stats(row(value=128.5)), "no whole number"),
    (stats(row(value="128; rm -rf /")), "the size is no number"),
    (stats(row(value=None)), "the size is no number"),
    (stats(row(value=True)), "the size is no number"),
    (stats(row(value=10**20)), "the size is not believed"),
    (stats(row(), row()), "twice"),
    (stats(row(averageDuration=-1)), "the duration at 128 MB is -1 ms"),
    (stats(row(averageDuration=910_001)), "0.1 ms to 900 s"),
    (stats(row(averageDuration="7")), "is no number"),
    ('{"stats": [{"value": 128, "averageDuration": NaN}]}', "NaN"),
    ('{"stats": [{"value": 128, "averageDuration": 1e999}]}', "is no number"),
    (stats(row(averagePrice=-1e-9)), "is negative"),
    (stats(row(averagePrice="free")), "the cost at 128 MB is no number"),
    ("a;b", "does not end with"),
    ("$$;$$;$$", "damaged"),
    ("AAA=;AAAA;AAAA", "damaged"),
    (an_address((128, 256), (1.0,), (1.0, 2.0)), "2 sizes, 1 times and 2 costs"),
    (an_address((128,), (float("nan"),), (1.0,)), "is no number"),
    (an_address((128,), (float("inf"),), (1.0,)), "is no number"),
    (an_address((-1,), (1.0,), (1.0,)), "size -1 MB"),
    (";;", "no size has figures"),
    (json.dumps(an_execution(status="FAILED")), "'FAILED'"),
    (json.dumps(an_execution(output=None)), "no output"),
    (json.dumps(an_execution(output="null")), "dry run"),
    (json.dumps(an_execution(input="{")), "not JSON"),
    (json.dumps(an_execution(stopDate="yesterday")), "stopDate is no moment"),
    (json.dumps(an_execution(stopDate="2026-11-20T10:00:00")), "no time zone"),
    (json.dumps(an_execution(stopDate=1e300)), "stopDate is no moment"),
    (json.dumps(told(num=4)), "num is 4"),
    (json.dumps(told(num=100_001)), "num is 100001"),
    (json.dumps(told(num="many")), "num is no number"),
    (json.dumps(told(lambdaARN="orders")), "is not the ARN"),
    (json.dumps(told(onlyColdStarts=True)), "cold starts only"),
    (json.dumps(told(parallelInvocation=True)), "side by side"),
    (json.dumps(told(discardTopBottom=0)), "leaves the cold start"),
    (json.dumps(told(discardTopBottom=0.5)), "leaves nothing to average"),
    (json.dumps(told(discardTopBottom=1e308)), "leaves nothing to average"),
    (json.dumps(told(discardTopBottom=-0.1)), "leaves nothing to average"),
    (json.dumps(told(discardTopBottom="x")), "discardTopBottom is no number"),
]


@pytest.mark.parametrize(("text", "why"), HOSTILE, ids=[why[:30] for _, why in HOSTILE])
def test_what_is_no_output_of_the_tool_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InputError, match=r"not usable|is not the ARN") as caught:
        read_tuning(text)
    assert why in str(caught.value)
    assert "4111" not in str(caught.value), "the payload is nobody's business"


@pytest.mark.parametrize("number", [5, 100_000])
def test_as_many_invocations_as_the_tool_allows_are_believed(number: int) -> None:
    assert checked_invocations(number) == number
