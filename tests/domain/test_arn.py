"""Is every function one of its own, whatever its name?"""

import pytest

from tests.fakes.builders import an_arn
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:lambda:eu-west-1:111111111111:function:orders",
        "arn:aws-us-gov:lambda:us-gov-west-1:111111111111:function:orders",
        "arn:aws-cn:lambda:cn-north-1:111111111111:function:Or_ders-2",
    ],
)
def test_an_arn_reads_back_as_it_was_written(text: str) -> None:
    assert str(FunctionArn.parse(text)) == text


@pytest.mark.parametrize("qualifier", ["$LATEST", "12", "live"])
def test_a_qualifier_is_dropped(qualifier: str) -> None:
    assert FunctionArn.parse(f"{an_arn()}:{qualifier}") == an_arn()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders",
        "arn:aws:lambda:eu-west-1:11111111111:function:orders",
        "arn:aws:lambda:eu-west-1:111111111111:layer:orders",
        "arn:aws:sqs:eu-west-1:111111111111:orders",
        "arn:aws:lambda:eu-west-1:111111111111:function:orders\n",
        "arn:aws:lambda:eu-west-1:111111111111:function:or ders",
    ],
)
def test_what_is_not_the_arn_of_a_function_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="not the ARN"):
        FunctionArn.parse(text)


def test_s18_one_name_in_two_accounts_or_regions_is_two_functions() -> None:
    twins = [
        an_arn("orders"),
        an_arn("orders", account="222222222222"),
        an_arn("orders", region="us-east-1"),
    ]
    assert len(set(twins)) == len({str(t) for t in twins}) == 3
    assert len({t.target for t in twins}) == 3
    assert str(twins[0].target) == "111111111111/eu-west-1"
    assert twins[0].target == Target(account="111111111111", region="eu-west-1")
