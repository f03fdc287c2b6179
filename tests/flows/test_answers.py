"""Are kept answers found again, and does a lost or garbled object cost no more than calls?"""

from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_listed
from tests.fakes.clock import NOW
from tests.fakes.stores import FakeRunStore
from trimtab.domain.errors import RetryableError
from trimtab.domain.evidence import Known
from trimtab.flows import answers, keys
from trimtab.pipeline.signals.kept import KeptAnswers

TOLD = {"concurrency.reserved": Known(value=5, source="GetFunctionConcurrency")}


def test_what_is_kept_is_found_by_the_next_scan() -> None:
    store, kept = FakeRunStore(), KeptAnswers(at=NOW)
    kept.keep(a_listed(), "concurrency", TOLD)
    answers.save(TARGET, kept, store)
    assert answers.load(TARGET, store, at=NOW).all() == kept.all()


def test_a_store_that_fails_costs_calls_and_no_scan() -> None:
    store, kept = FakeRunStore(), KeptAnswers(at=NOW)
    store.fail_next(RetryableError("on purpose"))
    answers.save(TARGET, kept, store)
    store.fail_next(RetryableError("on purpose"))
    assert answers.load(TARGET, store, at=NOW).all() == ()


@pytest.mark.parametrize("garbled", [None, {}, [1], [{"is": "KeptAnswer"}], "text"])
def test_what_is_no_answer_counts_for_nothing(garbled: Any) -> None:
    store = FakeRunStore()
    if garbled is not None:
        store.put(keys.answers(TARGET), garbled)
    assert answers.load(TARGET, store, at=NOW).all() == ()


def test_times_without_a_zone_count_for_nothing() -> None:
    store, kept = FakeRunStore(), KeptAnswers(at=NOW)
    kept.keep(a_listed(), "concurrency", TOLD)
    answers.save(TARGET, kept, store)
    (stored,) = store.get(keys.answers(TARGET))
    store.put(keys.answers(TARGET), [stored | {"read_at": "2026-11-02T10:00:00"}])
    assert answers.load(TARGET, store, at=NOW).all() == ()
