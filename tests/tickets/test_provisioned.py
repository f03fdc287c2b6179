"""Does a ticket say what to provision, when, and what each way costs?"""

import re

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import a_finding
from tests.report.weeks import (
    KINDS,
    WEEKS,
    a_change,
    a_recommendation,
    a_schedule,
    an_advice,
    an_outlook,
    hostile,
)
from trimtab.domain.terms import ChangeKind
from trimtab.tickets.body import ticket_body
from trimtab.tickets.provisioned import provisioned_advice


def body(what: str) -> str:
    kind = KINDS.get(what, ChangeKind.SCHEDULE_PROVISIONED)
    return ticket_body(a_finding(advice=a_recommendation(WEEKS[what], kind)), "owned by a stack")


@pytest.mark.parametrize(
    "said",
    [
        "Schedule the provisioned concurrency of alias `live` with Application Auto Scaling, in "
        "the time zone `Europe/Berlin`:",
        "| Mon-Fri | from 07:50 12, from 18:10 4 |",
        "| Sat-Sun | all day 2 |",
        "| now | 14.0 on average | 141.20 | 18.0 % | 0.2 % |",
        "| proposed | 6.4 on average | 88.40 | 61.3 % | 1.1 % |",
        "| on demand | 0.0 on average | 49.30 | - | - |",
        "This saves 41.00 to 53.00 USD a month, estimated.",
        "- `14 provisioned all the time are 18 % busy",
    ],
)
def test_a_ticket_says(said: str) -> None:
    assert said in body("usual")


def test_a_level_and_a_removal_are_told_without_a_schedule() -> None:
    assert "Set the provisioned concurrency of alias `live` to 5." in body("reduce")
    removed = body("remove")
    assert "Remove the provisioned concurrency of alias `live`." in removed
    assert "| proposed |" not in removed
    assert "| Days |" not in removed


def test_target_tracking_a_version_and_what_is_no_number() -> None:
    moving = "\n".join(provisioned_advice(WEEKS["target-tracking"].advice, {"minimum": 1}))
    assert "| Mon | from 06:00 2 to 12 |" in moving
    advice = an_advice(
        qualifier="12",
        schedule=a_schedule(a_change(3, "00:00", 7)),
        now=an_outlook(float("nan"), utilisation=float("inf")),
    )
    told = "\n".join(provisioned_advice(advice, {"minimum": 7}))
    assert "of version `12`" in told
    assert "| Mon-Sun | all day 7 |" in told
    assert "| now | 14.0 on average | not known | not known | 0.2 % |" in told


def structure(text: str) -> list[str]:
    """Return a ticket without what stands in its code spans: what text can never change."""
    return [re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "X", line) for line in text.splitlines()]


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_stay_in_their_code_spans(text: str) -> None:
    ticket = ticket_body(a_finding(advice=hostile(text).recommendation), "x")
    usual = ticket_body(a_finding(advice=hostile("x").recommendation), "x")
    assert structure(ticket) == structure(usual)
