"""Do findings reach Security Hub within its limits, and is each refusal told?"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from tests.fakes.builders import ACCOUNT, NOW, REGION, a_life, an_arn
from tests.fakes.fake_security_hub import FakeSecurityHub
from trimtab.aws.security_hub import PER_CALL, AwsSecurityHub
from trimtab.domain.errors import AccessDeniedError, RetryableError
from trimtab.report.asff import life_record

WHERE = f"account {ACCOUNT}/{REGION}"


def a_record(name: str = "f", *, minutes: int = 0, **given: Any) -> dict[str, Any]:
    made = life_record(
        a_life(id=name, function=an_arn()),
        owner=ACCOUNT,
        updated_at=NOW + timedelta(minutes=minutes),
        is_archived=False,
    )
    return made | given


@pytest.fixture
def fake() -> FakeSecurityHub:
    return FakeSecurityHub(ACCOUNT, REGION)


def bring_in(fake: FakeSecurityHub, *records: Mapping[str, Any]) -> Mapping[str, str]:
    return AwsSecurityHub(fake, where=WHERE).bring_in(records)


@pytest.mark.parametrize(
    ("number", "calls"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_findings_go_in_as_few_calls_as_the_limit_allows(
    fake: FakeSecurityHub, number: int, calls: list[int]
) -> None:
    assert bring_in(fake, *(a_record(f"f{n}") for n in range(number))) == {}
    assert (fake.sizes, len(fake.findings)) == (calls, number)
    assert PER_CALL == 100


def test_a_call_stays_below_six_megabytes(fake: FakeSecurityHub) -> None:
    big = "x" * 200_000
    assert bring_in(fake, *(a_record(f"f{n}", Description=big) for n in range(40))) == {}
    assert fake.sizes == [29, 11]


def test_what_is_too_large_is_refused_alone(fake: FakeSecurityHub) -> None:
    large, small = a_record("large", Description="x" * 240_001), a_record("small")
    refused = bring_in(fake, large, small)
    assert list(refused) == [large["Id"]]
    assert "larger than 240 KB" in refused[large["Id"]]
    assert list(fake.findings) == [small["Id"]]


def test_each_refused_finding_is_told_with_its_reason(fake: FakeSecurityHub) -> None:
    one, two = a_record("one"), a_record("two")
    fake.refuses[one["Id"]] = "InternalError"
    assert bring_in(fake, one, two) == {one["Id"]: "InternalError: on purpose"}
    assert list(fake.findings) == [two["Id"]]


def test_where_it_is_not_enabled_it_says_what_to_do(fake: FakeSecurityHub) -> None:
    fake.is_enabled = False
    with pytest.raises(AccessDeniedError, match=f"{WHERE} does not let us in: .*; enable it"):
        bring_in(fake, a_record())


def test_findings_that_all_have_no_access_mean_the_same(fake: FakeSecurityHub) -> None:
    with pytest.raises(AccessDeniedError, match="caller's account; enable it"):
        bring_in(fake, a_record(AwsAccountId="999999999999"))


def test_one_without_access_among_others_is_refused_alone(fake: FakeSecurityHub) -> None:
    stranger = a_record("stranger", AwsAccountId="999999999999")
    broken = a_record("broken", Title="")
    assert set(bring_in(fake, stranger, broken)) == {stranger["Id"], broken["Id"]}


def test_throttling_is_tried_again_later(fake: FakeSecurityHub) -> None:
    fake.fail_next("BatchImportFindings", "LimitExceededException")
    with pytest.raises(RetryableError):
        bring_in(fake, a_record())


def test_another_failure_keeps_its_own_words(fake: FakeSecurityHub) -> None:
    fake.fail_next("BatchImportFindings", "AccessDeniedException")
    with pytest.raises(AccessDeniedError, match="on purpose; let the role do it"):
        bring_in(fake, a_record())


def test_the_fake_takes_a_later_update_and_leaves_the_customers_fields(
    fake: FakeSecurityHub,
) -> None:
    bring_in(fake, a_record(minutes=1))
    (known,) = fake.findings.values()
    known["Workflow"] = {"Status": "SUPPRESSED"}
    bring_in(fake, a_record(minutes=0, Title="older"))
    bring_in(fake, a_record(minutes=2, Workflow={"Status": "NEW"}, Title="newer"))
    (known,) = fake.findings.values()
    assert (known["Title"], known["Workflow"]["Status"]) == ("newer", "SUPPRESSED")


@pytest.mark.parametrize(
    "life",
    [
        a_life(),
        a_life().unseen("gap: target: none"),
        a_life().resolved("compliant", at=NOW),
        a_life().resolved("gone", at=NOW),
        a_life(suppressed_until=NOW + timedelta(hours=1)),
    ],
)
def test_a_finding_is_what_botocore_takes_for_one(life: Any) -> None:
    made = life_record(life, owner=ACCOUNT, updated_at=NOW, is_archived=not life.is_active)
    model = Session().get_service_model("securityhub").operation_model("BatchImportFindings")
    report = ParamValidator().validate({"Findings": [made]}, model.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert "Workflow" not in made
    assert made["RecordState"] == ("ACTIVE" if life.is_active else "ARCHIVED")
