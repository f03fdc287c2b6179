"""Does a ticket say what was found, why it is a ticket, and how to say 'not this one'?"""

import re

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import EXPLANATION, a_finding, a_function
from trimtab.domain.finding import Abstention, Explanation, Guidance
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
