"""Are checklists read whole, and is every point of a policy that is there?"""

from __future__ import annotations

import pytest

from tests.policy.bundles import load, mistakes
from trimtab.domain.checklist import Checklist, Point

FILE = "checklists/production.yaml"
LIST = """\
id: production
title: Ready for production
points:
  - title: Sized
    policies: [too-big, too-big]
  - title: Piped
    not_checked: >
      nobody
      looks
"""


def test_a_checklist_is_read_whole() -> None:
    (found,) = load({FILE: LIST}).checklists
    assert found == Checklist(
        id="production",
        title="Ready for production",
        points=(
            Point(title="Sized", policies=("too-big",)),
            Point(title="Piped", not_checked="nobody looks"),
        ),
    )


def test_a_checklist_is_no_policy_and_part_of_what_the_bundle_says() -> None:
    plain, listed = load(), load({FILE: LIST})
    assert plain.checklists == ()
    assert plain.policies == listed.policies
    assert plain.digest != listed.digest
    assert load({FILE: f"# said otherwise\n{LIST}"}).digest == listed.digest
    assert load({FILE: LIST.replace("Piped", "Shipped")}).digest != listed.digest


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            "[too-big, too-big]",
            "[to-big]",
            "5:16: unknown policy 'to-big': did you mean 'too-big'?",
        ),
        ("id: production", "id: other", "1:5: the id is 'other', the file is named 'production'"),
        ("title: Ready for production\n", "", "missing"),
        ("points:", "pints:", "unknown key"),
        ("    policies: [too-big, too-big]\n", "", "4:5: a point names"),
        ("policies: [too-big, too-big]", "policies: []", "4:5: a point names"),
        ("policies: [too-big, too-big]", "policies: too-big", "5:15: this must be a list"),
        ("policies: [too-big, too-big]", "policies: [7]", "5:16: "),
        ("  - title: Sized\n    policies: [too-big, too-big]", "  - Sized", "4:5: this must be a"),
        (
            "policies: [too-big, too-big]",
            "policies: [too-big]\n    not_checked: why",
            "4:5: a point names",
        ),
        ("title: Sized", "titel: Sized", "4:5: "),
    ],
)
def test_a_mistake_names_its_place(was: str, now: str, said: str) -> None:
    found = mistakes({FILE: LIST.replace(was, now)})
    assert any(one.startswith(f"{FILE}:") and said in one for one in found), found


def test_a_checklist_that_is_no_mapping_is_told_with_the_rest() -> None:
    found = mistakes({FILE: "- production\n", "owners.yaml": "fallback: []\n"})
    assert any(one.startswith(FILE) for one in found)
    assert any(one.startswith("owners.yaml") for one in found)


def test_two_points_that_are_wrong_are_told_at_once() -> None:
    wrong = LIST.replace("[too-big, too-big]", "[one-thing, 7]").replace("not_checked", "unseen")
    found = mistakes({FILE: wrong})
    assert any(":5:16: unknown policy 'one-thing'" in one for one in found), found
    assert any(":5:27: " in one for one in found), found
    assert any(":6:5: a point names" in one for one in found), found


def test_an_exemption_from_a_checklist_is_of_no_policy() -> None:
    waived = (
        "exemptions:\n  - {policy: production, functions: ['arn:aws:lambda:*'], why: x, "
        "who: a@example.com, until: 2027-01-31}\n"
    )
    found = mistakes({FILE: LIST, "exemptions.yaml": waived})
    assert any("unknown policy 'production'" in one for one in found), found


@pytest.mark.parametrize("policies", ["[{a: b}]", "[[a]]", "[5]", "{a: b}"])
def test_what_is_no_list_of_policy_ids_is_a_mistake(policies: str) -> None:
    assert mistakes({FILE: LIST.replace("[too-big, too-big]", policies)})
