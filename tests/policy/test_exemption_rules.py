"""An exemption covers its policy, its functions and its time, and nothing else (S10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.policy.bundles import load, policy_when
from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.policy.exemption_rules import caveats_of_file, caveats_of_tag, exemption_for

FUNCTION = FunctionArn.parse("arn:aws:lambda:eu-west-1:111122223333:function:batch")
OTHER = FunctionArn.parse("arn:aws:lambda:us-east-1:111122223333:function:batch")
NO_TAGS = Known(value={}, source="test")
END = datetime(2027, 2, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def exemption(functions: str) -> str:
    return (
        "exemptions:\n"
        "  - policy: too-big\n"
        f"    functions: {functions}\n"
        "    why: yearly closing\n"
        "    who: Dana@example.com\n"
        "    until: 2027-01-31\n"
    )


def covered(functions: str, *, function: FunctionArn = FUNCTION, now: datetime = NOW) -> bool:
    bundle = load({"exemptions.yaml": exemption(functions)})
    found = exemption_for(bundle.exemptions, bundle.policies[0], function, NO_TAGS, now=now)
    return found is not None


def test_s10_a_file_covers_to_the_end_of_its_last_day_and_not_one_second_more() -> None:
    functions = f'["{FUNCTION}"]'
    assert covered(functions, now=END - SECOND)
    assert not covered(functions, now=END)
    assert not covered(functions, now=END + SECOND)


def test_s18_an_exemption_covers_one_region_of_a_name_unless_its_pattern_says_more() -> None:
    assert not covered(f'["{FUNCTION}"]', function=OTHER)
    assert covered('["arn:aws:lambda:*:111122223333:function:ba?ch"]', function=OTHER)
    assert not covered('["arn:aws:lambda:*:*:function:other-*"]')


def test_s10_an_exemption_covers_its_policy_only() -> None:
    bundle = load({"exemptions.yaml": exemption('["arn:aws:lambda:*"]')})
    other = policy_when('{function.memory_mb: "> 1"}')
    assert exemption_for(bundle.exemptions, other, FUNCTION, NO_TAGS, now=NOW) is None


def test_a_file_says_who_and_why() -> None:
    (found,) = load({"exemptions.yaml": exemption('["arn:aws:lambda:*"]')}).exemptions
    assert (found.who, found.why, found.ends_at) == ("dana@example.com", "yearly closing", END)


def tag_covers(tag: str, *, pack: str = "cost", now: datetime = NOW) -> bool:
    policy = policy_when('{function.memory_mb: "> 1"}', pack=pack)
    tags = Known(value={"trimtab:exempt": tag}, source="test")
    found = exemption_for((), policy, FUNCTION, tags, now=now)
    assert found is None or (found.functions, found.policy_id) == ((str(FUNCTION),), "p")
    return found is not None


def test_s10_a_tag_covers_to_the_end_of_its_day_utc() -> None:
    assert tag_covers("p:2027-01-31", now=END - SECOND)
    assert not tag_covers("p:2027-01-31", now=END)


def test_s10_a_tag_exempts_for_at_most_90_days() -> None:
    assert tag_covers("p:2027-01-31", now=END - timedelta(days=90))
    assert not tag_covers("p:2027-01-31", now=END - timedelta(days=90) - SECOND)


def test_s10_a_tag_never_exempts_from_a_security_policy() -> None:
    assert tag_covers("p:2027-01-31")
    assert not tag_covers("p:2027-01-31", pack="security")


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "p",
        "p:",
        "p:soon",
        "p:2027-02-30",
        "p:9999-12-31",
        "p:20270131",
        "p:2027-W04-7",
        "p:2027W047",
        "p:\u0662\u0660\u0662\u0667-01-31",
        "q:2027-01-31",
        "P:2027-01-31",
    ],
)
def test_a_tag_that_names_no_policy_or_no_day_exempts_nothing(tag: str) -> None:
    assert not tag_covers(tag)


def test_a_tag_may_name_several_policies() -> None:
    assert tag_covers("q:2027-01-31 p:2027-01-31")


@pytest.mark.parametrize("tags", [Unknown(reason="denied"), NO_TAGS])
def test_without_the_tag_nothing_is_exempt(tags: Evidence) -> None:
    policy = policy_when('{function.memory_mb: "> 1"}')
    assert exemption_for((), policy, FUNCTION, tags, now=NOW) is None


def tag_says(tag: str, *, pack: str = "cost", now: datetime = NOW) -> list[str]:
    policy = policy_when('{function.memory_mb: "> 1"}', pack=pack)
    tags = Known(value={"trimtab:exempt": tag}, source="test")
    found = caveats_of_tag(FUNCTION, tags, (policy,), now=now)
    assert {one.about for one in found} <= {str(FUNCTION)}
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("p", "'p' exempts from nothing: write <policy id>:<year>-<month>-<day>"),
        ("p:2027-02-30", "exempts from nothing: write"),
        (" ", "' ' exempts from nothing: write"),
        ("pp:2027-01-31", "exempts from nothing: unknown policy 'pp': did you mean 'p'?"),
        ("p:2027-12-31", "exempts from nothing yet: it ends more than 90 days ahead"),
        ("p:2027-01-09", "'p:2027-01-09' has ended"),
        ("p:2027-01-10", "'p:2027-01-10' ends with that day"),
        ("p:2027-01-16", "ends with that day"),
        ("x" * 300, f"'{'x' * 60}' exempts from nothing"),
    ],
)
def test_s10_a_tag_that_exempts_from_nothing_or_ends_soon_is_named(tag: str, said: str) -> None:
    (told,) = tag_says(tag)
    assert told.startswith("tag trimtab:exempt: ")
    assert said in told


def test_a_tag_that_exempts_for_long_enough_is_not_named() -> None:
    assert tag_says("p:2027-01-17") == []
    assert tag_says("") == []


def test_every_entry_of_a_tag_is_named_by_itself() -> None:
    assert len(tag_says("p:2027-01-17 q:2027-01-17 p:never")) == 2


def test_a_tag_for_a_security_policy_is_named_and_not_ignored() -> None:
    (told,) = tag_says("p:2027-01-31", pack="security")
    assert "a tag does not exempt from the pack security" in told


@pytest.mark.parametrize("tags", [Unknown(reason="denied"), NO_TAGS, Known(value=None, source="t")])
def test_unknown_tags_say_nothing(tags: Evidence) -> None:
    assert caveats_of_tag(FUNCTION, tags, (), now=NOW) == ()


def test_s10_an_exemption_of_the_file_is_named_a_week_before_it_ends() -> None:
    bundle = load({"exemptions.yaml": exemption(f'["{FUNCTION}"]')})
    week = timedelta(days=7)
    assert caveats_of_file(bundle.exemptions, now=END - week - SECOND) == ()
    (soon,) = caveats_of_file(bundle.exemptions, now=END - week)
    assert soon.about == "exemptions.yaml"
    assert soon.text == (
        f"the exemption from too-big for {FUNCTION} ends with 2027-01-31: ask dana@example.com"
    )
    (ended,) = caveats_of_file(bundle.exemptions, now=END)
    assert "ended with 2027-01-31" in ended.text
