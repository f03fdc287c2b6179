"""Is what a person says about a deployment understood, or refused with the reason?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.app import context_of
from infra.options import OptionError, Options

UNDERSTOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"sender": None, "aws:cdk:bundling-stacks": ["**"]}, {}),
    ({"production": "true"}, {"production": True}),
    ({"production": "False"}, {"production": False}),
    ({"production": True}, {"production": True}),
    ({"target_ous": "ou-1, ou-2,"}, {"target_ous": ("ou-1", "ou-2")}),
    ({"target_ous": ["ou-1"]}, {"target_ous": ("ou-1",)}),
    ({"change_ous": ""}, {"change_ous": ()}),
    ({"bundle": "demo"}, {"bundle": Path("demo")}),
    ({"platform": "host"}, {"platform": "host"}),
    (
        {"sandbox_account": "777777777777", "drill_days": "1", "drill_size": "5"},
        {"sandbox_account": "777777777777", "drill_days": 1, "drill_size": 5},
    ),
    ({"drill_days": "off"}, {"drill_days": None}),
    ({"security_hub": "member"}, {"security_hub": "member"}),
    (
        {"oidc_issuer": "https://login.test", "oidc_client_id": "trimtab", "oidc_secret": "a/b"},
        {"oidc_issuer": "https://login.test", "oidc_client_id": "trimtab", "oidc_secret": "a/b"},
    ),
]


@pytest.mark.parametrize(("context", "expected"), UNDERSTOOD)
def test_a_choice_is_understood(context: dict[str, Any], expected: dict[str, Any]) -> None:
    assert Options.read(context) == Options(**expected)


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"production": "yes"}, "production"),
        ({"platform": "arm64"}, "platform"),
        ({"security_hub": "all"}, "security_hub"),
        ({"sandbox_account": "7777"}, "sandbox_account"),
        ({"sandbox_account": "77777777777x"}, "sandbox_account"),
        ({"drill_days": "0"}, "drill_days"),
        ({"drill_days": "weekly"}, "drill_days"),
        ({"drill_size": "-1"}, "drill_size"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused(context: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        Options.read(context)


@pytest.mark.parametrize("argument", ["sender", "surprise=1", "=x"])
def test_an_argument_that_is_no_option_is_refused(argument: str) -> None:
    with pytest.raises(OptionError, match="say name=value"):
        context_of([argument])


def test_an_argument_may_hold_an_equals_sign() -> None:
    assert context_of(["external_id=a=b"]) == {"external_id": "a=b"}
