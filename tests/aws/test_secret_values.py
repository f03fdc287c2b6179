"""Is what has the form of a secret found, by the name of its variable, and nothing else?

The examples are put together here, so that no file has one in it.
"""

from __future__ import annotations

from base64 import b64encode

import pytest

from trimtab.aws.configurations import aside_of
from trimtab.aws.secret_values import secret_valued

WORD = "q7Hn2Zr9Lw4Xt6Bv8Kc3Mf5Jd1Ps0GyAeUiOoTzR"
"""40 characters of no pattern."""
PEM = "-----BEGIN {}PRIVATE KEY{}-----"
SECRETS = {
    "access key": "AKIA" + "Q7HN2ZR9LW4XT6BV",
    "temporary access key": "key is ASIA" + "Q7HN2ZR9LW4XT6BV.",
    "credentials file": "[default]\naws_secret_access_key = " + WORD,
    "credentials in JSON": '{"SecretAccessKey": "' + WORD + '"}',
    "private key": PEM.format("", "") + "\nMIIE",
    "private key of SSH": PEM.format("OPENSSH ", ""),
    "private key of PGP": PEM.format("PGP ", " BLOCK"),
    "private key on one line": PEM.format("RSA ", "").replace("\n", "\\n"),
    **{
        f"encoded {kind}key": b64encode(f"{PEM.format(kind, '')}\nMIIE".encode()).decode()
        for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")
    },
    **{f"GitHub {kind}": f"gh{kind}_" + WORD[:36] for kind in "pousr"},
    "fine-grained GitHub": "github_pat_" + WORD[:22] + "_" + WORD,
    "Slack": "xoxb-" + "123456789012-" + WORD[:24],
    "Slack app": "xapp-1-" + WORD,
    "Slack refresh": "xoxe.xoxp-1-" + WORD,
    "Slack webhook": "https://hooks.slack.com/services/" + "T0123456789/B0123456789/" + WORD[:24],
    "Stripe": "sk_live_" + WORD[:24],
    "restricted Stripe": "rk_live_" + WORD[:24],
    "Stripe webhook": "whsec_" + WORD[:32],
    "Google": "AIza" + WORD[:35],
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + WORD,
    "PostgreSQL": "postgres://shop:" + WORD[:12] + "@db.internal:5432/shop",
    "Redis": "rediss://:" + WORD[:12] + "@cache.internal",
    "MongoDB": "mongodb+srv://shop:p%40" + WORD[:12] + "@a.internal,b.internal/x",
    "proxy": "http://user:" + WORD[:12] + "@proxy.internal:3128",
    "ADO.NET": "Server=db;Database=shop;User Id=shop;Password=" + WORD[:12] + ";",
    "password first": "Pwd=" + WORD[:12] + ";Server=db",
    "libpq": "host=db user=shop password = " + WORD[:12],
    "JDBC": "jdbc:mysql://db/shop?user=shop&password=" + WORD[:12],
    "Azure storage": "AccountName=shop;AccountKey=" + (WORD * 3)[:86] + "==;",
    "Event Hubs": "SharedAccessKeyName=all;SharedAccessKey=" + (WORD * 2)[:43] + "=",
}


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS.keys())
def test_a_published_form_of_secret_is_found_whatever_the_variable_is_called(value: str) -> None:
    assert secret_valued({"SETTING": value, "OTHER": "x"}) == ("SETTING",)


NO_SECRETS = {
    "nothing": "",
    "word": "production",
    "long random text": WORD,
    "commit": "3f786850e387550fdab836ed7e6dc881de23001b",
    "name of a secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf",
    "reference": "{{resolve:secretsmanager:db:SecretString:password}}",
    "role id": "AROA" + "Q7HN2ZR9LW4XT6BV",
    "access key cut off": "AKIA" + "Q7HN2ZR9LW",
    "access key in a longer word": "XAKIA" + "Q7HN2ZR9LW4XT6BV",
    "certificate": "-----BEGIN CERTIFICATE-----",
    "encoded certificate": b64encode(b"-----BEGIN CERTIFICATE-----\nMIIE").decode(),
    "public key": "-----BEGIN PUBLIC KEY-----",
    "short GitHub": "ghp_short",
    "publishable Stripe": "pk_live_" + WORD[:24],
    "test mode of Stripe": "sk_test_" + WORD[:24],
    "Google cut off": "AIza" + WORD[:20],
    "half a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.",
    "URL": "https://api.internal:8443/v1?user=a@b",
    "URL with a user": "https://shop@api.internal/",
    "URL with no password": "redis://shop:@cache.internal",
    "password to fill in": "postgres://shop:${PASSWORD}@db.internal/shop",
    "template": "postgres://shop:{password}@db.internal/shop",
    "masked": "Server=db;User Id=shop;Password=****;",
    "no password": "Server=db;Database=shop;Integrated Security=true",
    "password without a place": "forgot=1&password=reset",
}


@pytest.mark.parametrize("value", NO_SECRETS.values(), ids=NO_SECRETS.keys())
def test_what_is_none_is_not_found(value: str) -> None:
    assert secret_valued({"SETTING": value}) == ()


@pytest.mark.parametrize("name", ["MY_AWS_SECRET_KEY", "SecretAccessKey", "SECRET_ACCESS_KEY_EU"])
def test_a_secret_of_aws_is_known_by_the_name_beside_it(name: str) -> None:
    assert secret_valued({name: WORD}) == (name,)
    assert secret_valued({name: "3f786850e387550fdab836ed7e6dc881de23001b"}) == ()
    assert secret_valued({name: WORD + "A"}) == ()


def test_names_come_sorted_and_what_is_no_text_is_none() -> None:
    value = SECRETS["Stripe"]
    assert secret_valued({"B": value, "A": value, "C": None, "D": 1}) == ("A", "B")


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS.keys())
def test_s16_of_a_secret_only_the_name_of_its_variable_goes_on(value: str) -> None:
    told = repr(aside_of({"Environment": {"Variables": {"SETTING": value}}}))
    assert "SETTING" in told
    assert not [at for at in range(len(value) - 7) if value[at : at + 8] in told]


def test_variables_that_were_not_decrypted_are_not_looked_at() -> None:
    aside = aside_of({"Environment": {"Error": {"Message": SECRETS["Stripe"]}}})
    assert (aside.variables, aside.secret_valued) == (None, ())
