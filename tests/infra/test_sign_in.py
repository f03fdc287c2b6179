"""Does approval get what a sign-in needs, only where a provider is configured, and nobody else?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.names import role_name
from infra.options import OptionError, Options
from tests.infra.templates import USUAL, hub, listed, of_type, statements
from trimtab.settings import HANDLERS, variable

PUBLIC = replace(USUAL, oidc_issuer="https://login.test", oidc_client_id="trimtab")
WITH_SECRET = replace(PUBLIC, oidc_secret="trimtab/oidc")


def environment(handler: str, options: Options) -> dict[str, Any]:
    functions = of_type("Lambda::Function", hub(options)).values()
    found = next(
        f["Properties"] for f in functions if f["Properties"].get("FunctionName") == handler
    )
    return dict(found["Environment"]["Variables"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (USUAL, ("none", "none", "none")),
        (PUBLIC, ("https://login.test", "trimtab", "none")),
        (WITH_SECRET, ("https://login.test", "trimtab", "trimtab/oidc")),
    ],
    ids=["none", "public", "secret"],
)
def test_approval_knows_its_provider_or_that_there_is_none(
    options: Options, said: tuple[str, ...]
) -> None:
    names = ("oidc_issuer", "oidc_client_id", "oidc_secret")
    known = environment("trimtab-approval", options)
    assert tuple(known[variable(name)] for name in names) == said


def test_whoever_lowers_modes_knows_whether_there_is_a_provider() -> None:
    for handler in ("scan", "apply", "doctor"):
        known = environment(f"trimtab-{handler}", PUBLIC)
        assert known["TRIMTAB_OIDC_ISSUER"] == "https://login.test"
    knowing = {h for h, s in HANDLERS.items() if "TRIMTAB_OIDC_ISSUER" in s.variables()}
    assert knowing == {"scan", "apply", "doctor", "approval"}


def statements_of(options: Options) -> Iterator[tuple[str, Any]]:
    for handler in HANDLERS:
        for statement in statements(role_name(handler), hub(options)):
            yield role_name(handler), statement


def marks(options: Options) -> dict[str, list[Any]]:
    """Return who may write marks of used sign-ins, with the statements."""
    found: dict[str, list[Any]] = {}
    for role, statement in statements_of(options):
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
        if "signin#*" in keys.get("dynamodb:LeadingKeys", ()):
            found.setdefault(role, []).append(statement)
    return found


def test_s02_approval_alone_marks_a_sign_in_as_used_and_can_do_nothing_else_to_it() -> None:
    assert marks(USUAL) == {}
    ((role, statements),) = marks(PUBLIC).items()
    assert role == "trimtab-approval"
    assert [s["Action"] for s in statements] == ["dynamodb:UpdateItem"]


def secrets(options: Options) -> list[tuple[str, str]]:
    return [
        (role, " ".join(listed(s["Resource"])))
        for role, s in statements_of(options)
        if "secretsmanager:GetSecretValue" in str(s["Action"])
    ]


def test_s16_the_clients_secret_is_read_by_approval_alone_and_only_if_there_is_one() -> None:
    assert [role for role, _ in secrets(PUBLIC)] == ["trimtab-ticket"]
    found = dict(secrets(WITH_SECRET))
    assert found.keys() == {"trimtab-ticket", "trimtab-approval"}
    assert ":trimtab/oidc-??????" in found["trimtab-approval"]


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"oidc_issuer": "https://login.test"}, "oidc_client_id"),
        ({"oidc_client_id": "x"}, "oidc_issuer"),
        ({"oidc_secret": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "http://login.test", "oidc_client_id": "x"}, "https"),
        ({"oidc_issuer": "login.test", "oidc_client_id": "x"}, "https"),
        (
            {"oidc_issuer": "https://a.test", "oidc_client_id": "x", "oidc_secret": "trimtab/*"},
            "oidc_secret",
        ),
        (
            {"oidc_issuer": "https://a.test", "oidc_client_id": "x", "oidc_secret": "arn:aws:x"},
            "oidc_secret",
        ),
    ],
)
def test_half_a_provider_is_refused(context: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        Options.read(context)


def test_a_provider_on_this_machine_is_for_the_embedded_aws() -> None:
    context = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x", "platform": "host"}
    assert Options.read(context).oidc_issuer == "http://127.0.0.1:9"
