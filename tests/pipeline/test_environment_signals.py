"""What do the variables of a function tell? Names, and no value of any (S16)."""

import traceback

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from tests.pipeline.reads import signals, watching
from tests.pipeline.test_listed_signals import KEY, answer, listed
from trimtab.aws.configurations import aside_of
from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import Known, Unknown, value_or_none
from trimtab.policy.secret_names import secret_like

SECRET = "hunter2-do-not-tell"
VARIABLES = {"DB_PASSWORD": SECRET, "apiKey": SECRET, "TABLE": "orders", "DB_SECRET_ARN": "arn:x"}


def test_s16_names_like_a_secret_are_told_and_no_value_is_kept() -> None:
    found = listed(Environment={"Variables": VARIABLES})
    assert found["environment.variable_count"] == Known(value=4, source="ListFunctions")
    assert found["environment.secret_like_count"] == Known(value=2, source="ListFunctions")
    names = found["environment.secret_like_names"]
    assert names == Known(value=["DB_PASSWORD", "apiKey"], source="ListFunctions")
    assert SECRET not in str(found)
    assert SECRET not in str(aside_of(answer(Environment={"Variables": VARIABLES})))


def test_s8_variables_that_were_not_decrypted_are_unknown_and_never_none() -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": f"kms says {SECRET}"}
    found = listed(Environment={"Error": error}, KMSKeyArn=KEY)
    about_values = ("secret_value_count", "secret_value_names")
    for name in ("variable_count", "secret_like_count", "secret_like_names", *about_values):
        assert isinstance(found[f"environment.{name}"], Unknown)
    assert found["environment.has_customer_key"] == Known(value=True, source="ListFunctions")
    assert SECRET not in str(found)


def test_s8_variables_of_a_function_that_changed_since_it_was_listed_are_unknown() -> None:
    when = '  environment.secret_like_count: ">= 1"\n  function.state: "Active"\n'
    house = House(watching(when))
    house.plant(Environment={"Variables": {"DB_PASSWORD": SECRET}})
    assert signals(house)["environment.secret_like_count"] == Known(value=1, source="ListFunctions")
    house.functions.before_next(
        "GetFunction", lambda: house.functions.change("orders", Environment={"Variables": {}})
    )
    changed = Unknown(reason="the function changed since it was listed")
    found = signals(house)
    assert found["environment.secret_like_count"] == changed
    assert found["function.has_description"] == changed
    assert found["code.layer_count"] == Known(value=0, source="ListFunctions")


SECRET_LIKE = (
    "PASSWORD DB_PASS DBPassword dbPassword AWS_SECRET_ACCESS_KEY STRIPE_API_KEY apikey API_KEY_2 "
    "GITHUB_TOKEN token private_key PRIVATEKEY ClientSecret PASSWD_1 KEY_PASSPHRASE ADMIN_PWD"
)
NOT_SECRET_LIKE = (
    "TABLE_NAME MAX_TOKENS TOKENIZER DB_SECRET_ARN SECRET_NAME TOKEN_TTL TOKEN_URL PASS_THROUGH "
    "PARTITION_KEY KEY AWS_ACCESS_KEY_ID SECRET_ARN_2 COMPASS _ X"
)


@pytest.mark.parametrize("name", SECRET_LIKE.split())
def test_a_name_that_says_secret_is_one(name: str) -> None:
    assert secret_like([name]) == (name,)


@pytest.mark.parametrize("name", NOT_SECRET_LIKE.split())
def test_a_name_that_points_at_a_secret_or_says_none_is_not(name: str) -> None:
    assert secret_like([name]) == ()


def test_secret_like_names_come_sorted() -> None:
    assert secret_like(["TOKEN", "A", "PASSWORD"]) == ("PASSWORD", "TOKEN")


def test_s16_a_finding_about_names_carries_no_value_anywhere() -> None:
    house = House(watching('  environment.secret_like_count: ">= 1"\n'))
    house.plant(Environment={"Variables": {"DB_PASSWORD": SECRET}}, Description=SECRET)
    house.run()
    (finding,) = house.parts()[0].findings
    assert value_or_none(finding.signals["environment.secret_like_count"]) == 1
    assert SECRET not in house.everything_stored()


VALUED = {
    "SETTING_A": "postgres://shop:" + SECRET + "@db.internal/shop",
    "SETTING_B": "gh" + "p_" + SECRET.replace("-", "Q") * 2,
}


def test_s16_a_finding_about_values_carries_their_names_and_no_part_of_any(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    house = House(watching('  environment.secret_value_names: "present"\n'))
    house.plant(Environment={"Variables": {**VALUED, "TABLE": "orders"}})
    house.run()
    (finding,) = house.parts()[0].findings
    names = Known(value=["SETTING_A", "SETTING_B"], source="ListFunctions")
    assert finding.signals["environment.secret_value_names"] == names
    told = (
        house.everything_stored() + repr(house.parts()) + caplog.text + "".join(capfd.readouterr())
    )
    assert "SETTING_A" in told
    for value in VALUED.values():
        assert not [at for at in range(len(value) - 7) if value[at : at + 8] in told]


def test_s16_an_answer_that_cannot_be_read_is_told_without_the_values_in_it() -> None:
    house = House()
    house.plant(Environment={"Variables": VALUED}, FunctionArn="arn:of:nothing")
    with pytest.raises(OutsideError) as caught:
        house.fleet.open(TARGET).list_functions(None)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "arn:of:nothing" in told
    assert not [value for value in VALUED.values() if value in told or SECRET in told]
