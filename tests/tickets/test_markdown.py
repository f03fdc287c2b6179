"""Does outside text stay text in Markdown?"""

import re

import pytest

from tests.report.hostile import TEXTS
from trimtab.tickets.markdown import code, label_text, one_line, title_text


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_code_span_ends_only_at_its_own_fence(text: str) -> None:
    span = code(text)
    (fence,) = re.findall(r"^`+", span)
    inside = span[len(fence) : -len(fence)]
    assert span.endswith(fence)
    assert fence not in re.findall(r"`+", inside)
    assert "\n" not in span
    assert "|" not in span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``b`", "``` a``b` ```"),
        ("", "`-`"),
        (" \n ", "`-`"),
        ("a|b", "`a\N{BROKEN BAR}b`"),
    ],
)
def test_a_code_span_is_fenced_as_long_as_it_must_be(text: str, span: str) -> None:
    assert code(text) == span


def test_long_text_is_cut_with_a_mark() -> None:
    assert one_line("x" * 401) == "x" * 399 + "…"
    assert one_line("x" * 400) == "x" * 400


def test_s23_a_title_mentions_nobody() -> None:
    assert title_text("@everyone\r\nsee") == "(at)everyone see"


def test_a_label_has_no_comma_and_at_most_50_characters() -> None:
    assert label_text("a,b") == "a b"
    assert len(label_text("x" * 80)) == 50
