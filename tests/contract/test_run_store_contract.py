"""Does every RunStore give back what it was given, and say when there is nothing?"""

from typing import Any

import pytest

from tests.contract.conftest import EVIDENCE
from trimtab.aws.evidence import S3RunStore
from trimtab.aws.sessions import HubSession
from trimtab.domain.errors import NotFoundError
from trimtab.ports import RunStore

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("key", ["runs/1/manifest.json", "runs/1/parts/1/eu/0001.json.gz"])
@pytest.mark.parametrize("data", [[], {"a": [1, 2.5, None, "ü"]}, "text"])
def test_what_is_put_is_got_back(run_store: RunStore, key: str, data: Any) -> None:
    run_store.put(key, data)
    assert run_store.get(key) == data


def test_putting_again_replaces(run_store: RunStore) -> None:
    run_store.put("runs/latest.json", {"run_id": "1"})
    run_store.put("runs/latest.json", {"run_id": "2"})
    assert run_store.get("runs/latest.json") == {"run_id": "2"}


def test_a_missing_key_is_not_found(run_store: RunStore) -> None:
    with pytest.raises(NotFoundError):
        run_store.get("runs/1/plan.json.gz")


def test_keys_are_those_below_the_prefix_in_order(run_store: RunStore) -> None:
    for key in ("runs/1/b", "runs/1/a", "runs/10/a", "runs/latest.json"):
        run_store.put(key, {})
    assert run_store.keys("runs/1/") == ("runs/1/a", "runs/1/b")
    assert run_store.keys("nothing/") == ()


def test_numbers_that_json_does_not_know_are_refused(run_store: RunStore) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        run_store.put("runs/1/a", {"share": float("nan")})


def test_a_listing_of_many_pages_is_read_to_its_end(aws: HubSession) -> None:
    s3 = aws.client("s3")

    class ByTwo:
        def list_objects_v2(self, **asked: Any) -> Any:
            return s3.list_objects_v2(**asked, MaxKeys=2)

    for n in range(5):
        S3RunStore(s3, bucket=EVIDENCE).put(f"runs/1/{n}", n)
    assert len(S3RunStore(ByTwo(), bucket=EVIDENCE).keys("runs/1/")) == 5


@pytest.mark.parametrize("key", ["runs/1/plan.json", "runs/1/plan.json.gz"])
def test_s06_of_two_that_put_the_same_new_key_the_first_one_stays(
    run_store: RunStore, key: str
) -> None:
    assert run_store.put_new(key, {"mine": 1})
    assert not run_store.put_new(key, {"theirs": 2})
    assert run_store.get(key) == {"mine": 1}
    run_store.put(key, {"theirs": 2})
    assert run_store.get(key) == {"theirs": 2}


@pytest.mark.parametrize("key", ["findings/1.json", "findings/1.json.gz"])
def test_s06_of_two_that_put_over_the_same_reading_the_second_one_is_told(
    run_store: RunStore, key: str
) -> None:
    run_store.put(key, {"n": 1})
    data, tag = run_store.get_tagged(key)
    assert data == {"n": 1}
    assert run_store.put_over(key, {"n": 2}, tag=tag)
    assert not run_store.put_over(key, {"n": 3}, tag=tag)
    assert run_store.get(key) == {"n": 2}
    _, later = run_store.get_tagged(key)
    assert later != tag
    assert run_store.put_over(key, {"n": 3}, tag=later)


def test_nothing_is_put_over_what_is_not_there(run_store: RunStore) -> None:
    assert not run_store.put_over("findings/1.json", {}, tag='"any"')
    with pytest.raises(NotFoundError):
        run_store.get_tagged("findings/1.json")


def test_a_bucket_that_is_not_there_is_not_taken_for_a_lost_race(aws: HubSession) -> None:
    with pytest.raises(NotFoundError):
        S3RunStore(aws.client("s3"), bucket="not-there").put_new("runs/1/plan.json", {})
