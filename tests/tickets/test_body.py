"""Does a ticket say what was found, why it is a ticket, and how to say 'not this one'?"""

import json
import re
import shlex
from typing import Any

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import EXPLANATION, a_finding, a_function
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Abstention, Explanation, Finding, Guidance
from trimtab.domain.memory_curve import Interval, MemoryCurve, SizeForecast
from trimtab.tickets.body import ticket_body

REASON = "owned by stack shop: change the memory there"


@pytest.mark.parametrize(
    "said",
    [
        "| Function | `checkout-thumbnailer` |",
        "| Account | `111122223333` |",
        f"`{REASON}`",
        "| `memory.peak_ratio < 60%` | `31% (934 MB of 3008 MB)` |",
        "Set `memory_mb = 1792`: saves 12.40 to 31.20 USD a month, estimated",
        "`trimtab:exempt = memory-oversized:YYYY-MM-DD`",
        str(a_function()),
    ],
)
def test_a_ticket_says(said: str) -> None:
    assert said in ticket_body(a_finding(), REASON)


def test_an_abstention_says_why_no_value_is_recommended() -> None:
    body = ticket_body(a_finding(advice=Abstention(reason="no CPU evidence")), REASON)
    assert "Trimtab recommends no value: `no CPU evidence`" in body


def test_a_policy_without_a_change_only_points_it_out() -> None:
    assert "it proposes no change" in ticket_body(a_finding(advice=None), REASON)


def test_a_ticket_says_what_the_policy_tells_people_to_do() -> None:
    guidance = Guidance(remedy="Move it on.", links=("https://a.test/1", "https://a.test/2"))
    body = ticket_body(a_finding(advice=None), REASON, guidance)
    assert "`Move it on.`\n\n- <https://a.test/1>\n- <https://a.test/2>\n\n###" in body
    assert "`Move it on.`\n\n###" in ticket_body(
        a_finding(), REASON, Guidance(remedy="Move it on.")
    )


def test_s23_hostile_guidance_ends_neither_its_span_nor_its_link() -> None:
    guidance = Guidance(remedy="`<b>` @all", links=("https://a.test/> [x](y\n# z",))
    body = ticket_body(a_finding(), REASON, guidance)
    assert "`` `<b>` @all ``" in body
    assert "- <https://a.test/[x](y#z>\n" in body


def test_s8_an_unknown_condition_is_not_left_blank() -> None:
    leaf = Explanation(text="cpu.share known", answer=None)
    body = ticket_body(a_finding(explanation=leaf), REASON)
    assert "| `cpu.share known` | `not read` | `no source` | unknown |" in body


def test_the_policy_links_to_its_file_where_one_is_known() -> None:
    link = "https://example.com/policies/memory-oversized.yaml> [x](y"
    body = ticket_body(a_finding(), REASON, policy_link=link)
    assert "[`memory-oversized`](<https://example.com/policies/memory-oversized.yaml[x](y>)" in body


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_text_stands_only_in_code_spans(text: str) -> None:
    leaf = Explanation(text=text, answer=True, value=text, source=text)
    finding = a_finding(title=text, policy_id=text, explanation=leaf)
    body = ticket_body(finding, text)
    usual = ticket_body(a_finding(explanation=EXPLANATION.children[0]), "x")
    assert len(body.splitlines()) == len(usual.splitlines())
    spans = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
    outside = spans.sub("", body)
    for mark in ("<", "@", "evil", "`", "#1", "javascript"):
        assert mark not in outside


WORTH = Abstention(reason="no CPU evidence", at_stake_usd_month=42.5)


def abstained(advice: Abstention = WORTH, name: str = "orders", **signals: Any) -> Finding:
    known: dict[str, Evidence] = {
        n.replace("__", "."): Known(value=v, source="test") for n, v in signals.items()
    }
    return a_finding(advice=advice, signals=known, function=a_function(name))


def the_input(body: str) -> dict[str, Any]:
    (found,) = re.findall(r"```json\n(.*?)\n```", body, re.DOTALL)
    return dict(json.loads(found))


def test_an_abstention_that_is_worth_it_hands_over_to_power_tuning() -> None:
    body = ticket_body(abstained(), REASON)
    assert the_input(body) == {
        "lambdaARN": str(a_function("orders")),
        "powerValues": [752, 1504, 1769, 2256, 3008, 4512, 6016],
        "num": 50,
        "payload": {},
        "parallelInvocation": False,
        "strategy": "balanced",
        "autoOptimize": False,
        "includeOutputResults": True,
    }
    assert "Up to 42.50 USD a month may be saved" in body
    assert "**It really invokes the function, 350 times**" in body
    assert "<https://github.com/alexcasalboni/aws-lambda-power-tuning>" in body
    line = f"trimtab memory import power-tuning.json --function {a_function('orders')}"
    assert f"`{line}`" in body


@pytest.mark.parametrize("at_stake", [None, 0.0, -1.0, float("nan")])
def test_what_is_not_worth_a_measurement_hands_nothing_over(at_stake: float | None) -> None:
    advice = Abstention(reason="starved", at_stake_usd_month=at_stake)
    assert "power-tuning" not in ticket_body(abstained(advice), REASON)


def test_a_slow_function_is_invoked_less_often_and_may_need_more_time() -> None:
    slow = ticket_body(abstained(usage__duration_p95_ms=5000.0), REASON)
    assert (the_input(slow)["num"], "totalExecutionTimeout" in slow) == (15, False)
    slower = ticket_body(abstained(usage__duration_p95_ms=16_000.0), REASON)
    assert (the_input(slower)["num"], "totalExecutionTimeout" in slower) == (5, True)


def test_where_only_the_curve_knows_how_long_it_takes_it_tells() -> None:
    at = Interval(low=1, expected=5000, high=9000)
    now = SizeForecast(memory_mb=3008, slowdown=at, duration_p95_ms=at, cost=at)
    curve = MemoryCurve(memory_mb=3008, chosen_mb=None, points=(), forecasts=(now,), basis=())
    advice = Abstention(reason="x", curve=curve, at_stake_usd_month=42.5)
    assert the_input(ticket_body(abstained(advice), REASON))["num"] == 15


@pytest.mark.parametrize(
    ("signals", "said", "unsaid"),
    [
        ({}, "Whether an alias serves other code was not read", "no ARN with an alias"),
        ({"function__aliases": {}}, "invokes the function", "the code in"),
        (
            {"function__aliases": {"live": "12"}, "function__alias_obstacle": "none"},
            "Served is `live (12)`, which is the same code.",
            "not proven",
        ),
        (
            {"function__aliases": {"live": "12"}, "function__alias_obstacle": "other code"},
            "which is not proven the same code",
            "which is the same",
        ),
        ({"function__aliases": {"live": "12"}}, "which is not proven the same code", "x y z"),
    ],
)
def test_the_ticket_says_which_code_is_measured(
    signals: dict[str, Any], said: str, unsaid: str
) -> None:
    body = ticket_body(abstained(**signals), REASON)
    assert (said in body, unsaid in body) == (True, False)
    assert ":live" not in the_input(body)["lambdaARN"], "the tool refuses a qualified ARN"


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_names_end_neither_the_input_nor_a_command(text: str) -> None:
    hostile = abstained(
        Abstention(reason=text, at_stake_usd_month=42.5),
        name=text,
        function__aliases={text: text},
        function__alias_obstacle=text,
    )
    body = ticket_body(hostile, REASON)
    usual = ticket_body(abstained(name="x", function__aliases={"a": "1"}), REASON)
    assert len(body.splitlines()) == len(usual.splitlines())
    assert the_input(body)["lambdaARN"] == str(hostile.function)
    block = body[body.index("```json") + 7 : body.index("\n```\n")]
    assert not set("`<>&@") & set(block)
    spans = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
    outside = spans.sub("", body.replace(block, ""))
    for mark in ("<script", "@", "evil", "#1", "javascript"):
        assert mark not in outside
    line = next(x for x in body.splitlines() if x.startswith("3. "))
    command = re.sub(r"^`+ ?| ?`+$", "", line.partition(": ")[2])
    assert len(shlex.split(command)) == 6, "one word for the ARN, whatever is in it"


def test_s16_nothing_of_the_environment_is_handed_over() -> None:
    finding = abstained(function__environment={"SECRET": "hunter2"})
    assert "hunter2" not in ticket_body(finding, REASON)
