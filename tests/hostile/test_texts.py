"""Is every text that others wrote inert on every page: names, tags, titles, reasons, approvers?

(S23)
"""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from tests.hostile.inert import Elements
from tests.hostile.words import MORE
from tests.report.hostile import TEXTS, structure
from tests.report.things import (
    ADVICE,
    CHANGE_ID,
    NOW,
    a_configuration,
    a_decision,
    a_function,
    a_link,
    a_remediation,
    a_round,
)
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.finding import Explanation
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.report import pages
from trimtab.report.words import inert

ALL = (*TEXTS, *MORE)
CALM = "x"

Page = Callable[[str], str]
"""A page with one text of somebody else's in it."""


def leaf(**given: Any) -> Explanation:
    usual = {"text": "function.memory_mb > 1", "value": "2", "source": "a tag"}
    return Explanation(answer=True, **usual | given)


REMEDIATIONS: dict[str, Callable[[str], Remediation]] = {
    "function name": lambda t: a_remediation(function=a_function(t)),
    "account": lambda t: a_remediation(function=a_function(account=t)),
    "region": lambda t: a_remediation(function=a_function(region=t)),
    "partition": lambda t: a_remediation(function=a_function(partition=t)),
    "title of the policy": lambda t: a_remediation(title=t),
    "id of the policy": lambda t: a_remediation(policy_id=t),
    "run": lambda t: a_remediation(run_id=t),
    "change id": lambda t: a_remediation(change_id=t),
    "risk": lambda t: a_remediation(risks=(t, "another")),
    "reason of the advice": lambda t: a_remediation(recommendation=replace(ADVICE, reasons=(t,))),
    "condition": lambda t: a_remediation(explanation=leaf(text=t)),
    "value of a tag": lambda t: a_remediation(explanation=leaf(value=t)),
    "source of a value": lambda t: a_remediation(explanation=leaf(source=t)),
    "condition within another": lambda t: a_remediation(
        explanation=Explanation(text=t, answer=True, children=(leaf(text=t), leaf(value=t)))
    ),
    "alias": lambda t: a_remediation(
        before=BeforeImage(configuration=a_configuration(), aliases={t: "12"})
    ),
    "version of an alias": lambda t: a_remediation(
        before=BeforeImage(configuration=a_configuration(), aliases={"live": t})
    ),
    "name of a setting": lambda t: a_remediation(after={"memory_mb": 1792, t: 1}),
}


def asked(remediation: Remediation, **link: str) -> str:
    stored = a_round(remediation=remediation)
    return pages.approval_page(round=stored, link=a_link(**link), nonce="n-1", now=NOW)


def told(
    remediation: Remediation | None = None,
    word: DecisionWord = DecisionWord.APPROVED,
    *,
    just_now: bool = False,
    note: str | None = None,
    link: str = "a@example.com",
    **decision: str,
) -> str:
    stored = a_round(
        RoundStatus(word.value),
        remediation=remediation or a_remediation(),
        decision=a_decision(word, **decision),
        note=note,
    )
    return pages.decided_page(round=stored, link=a_link(approver=link), just_now=just_now, now=NOW)


def over(remediation: Remediation, **link: str) -> str:
    return pages.expired_page(round=a_round(remediation=remediation), link=a_link(**link), now=NOW)


def all_pages() -> dict[str, Page]:
    found: dict[str, Page] = {}
    for name, make in REMEDIATIONS.items():
        found[f"question: {name}"] = lambda t, make=make: asked(make(t))  # type: ignore[misc]
        found[f"decided: {name}"] = lambda t, make=make: told(make(t))  # type: ignore[misc]
        found[f"over: {name}"] = lambda t, make=make: over(make(t))  # type: ignore[misc]
    usual, no = a_remediation(), DecisionWord.REJECTED
    return found | {
        "question: approver": lambda t: asked(usual, approver=t),
        "over: approver": lambda t: over(usual, approver=t),
        "decided: approver of the link": lambda t: told(link=t),
        "decided: approver who decided": lambda t: told(approver=t),
        "decided: reason of a yes": lambda t: told(reason=t),
        "decided: reason of a no": lambda t: told(word=no, reason=t),
        "decided: reason of a no just now": lambda t: told(word=no, reason=t, just_now=True),
        "decided: who authenticated": lambda t: told(auth=t),
        "decided: note": lambda t: told(note=t),
        "error: what": lambda t: pages.error_page(what=t, next_step=CALM),
        "error: next step": lambda t: pages.error_page(what=CALM, next_step=t),
    }


PAGES = all_pages()


def readable(html: str) -> str:
    """Return what stands between the elements and in them, as a person would read it."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def check_inert(html: str, usual: str, text: str) -> None:
    assert structure(html) == structure(usual)
    found = Elements()
    found.feed(html)
    for attribute, value in found.attributes:
        assert attribute != "href" or value == "#answer"
        assert text not in value
    assert [c for c in set(html) - {"\n"} if inert(c) != c and not c.isspace()] == []


@pytest.mark.parametrize("name", PAGES)
def test_s23_no_text_of_others_changes_a_page_or_runs_or_loads_anything(name: str) -> None:
    """All texts in one, in one place each: it names the place that is open."""
    text = " ".join(ALL)
    check_inert(PAGES[name](text), PAGES[name](CALM), text)


def everywhere(text: str) -> Remediation:
    """Build a change that says one text wherever others may write one."""
    return a_remediation(
        function=a_function(text, account=text, region=text, partition=text),
        title=text,
        policy_id=text,
        run_id=text,
        change_id=text,
        risks=(text,),
        recommendation=replace(ADVICE, reasons=(text,)),
        explanation=leaf(text=text, value=text, source=text),
        before=BeforeImage(configuration=a_configuration(), aliases={text: text}),
        after={"memory_mb": 1792, text: 1},
    )


def said(text: str) -> list[str]:
    change, no = everywhere(text), DecisionWord.REJECTED
    spoken = {"approver": text, "auth": text, "reason": text}
    return [
        asked(change, approver=text),
        over(change, approver=text),
        told(change, link=text, note=text, **spoken),
        told(change, no, link=text, note=text, just_now=True, **spoken),
        pages.error_page(what=text, next_step=text),
    ]


@pytest.mark.parametrize("number", range(len(ALL)))
def test_s23_no_text_that_stands_everywhere_changes_any_page(number: int) -> None:
    """Each text alone, in all places at once: no two places make up one hole."""
    for html, usual in zip(said(ALL[number]), said(CALM), strict=True):
        check_inert(html, usual, ALL[number])


@pytest.mark.parametrize("name", ["question: title of the policy", "decided: reason of a no"])
def test_s23_inert_text_can_still_be_read(name: str) -> None:
    for text in ALL:
        assert inert(text).split()[0] in readable(PAGES[name](text)), text


def test_the_pages_that_are_looked_at_hold_the_text_at_all() -> None:
    """A field that a page does not show proves nothing of that page; these do."""
    shown = {name for name, page in PAGES.items() if "hostileword" in page("hostileword")}
    missing = {name for name in PAGES if name not in shown and not name.startswith("over: ")}
    assert missing == {
        "decided: title of the policy",
        "decided: risk",
        "decided: reason of the advice",
        "decided: condition",
        "decided: value of a tag",
        "decided: source of a value",
        "decided: condition within another",
        "decided: who authenticated",
    }
    assert CHANGE_ID in PAGES["question: title of the policy"](CALM)
