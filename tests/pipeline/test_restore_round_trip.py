"""Does a function come back as it was? Backed up, deleted, restored, compared: every feature."""

import json
from collections import Counter

import pytest

from tests.pipeline.vaulted import SECRET, any_function
from tests.pipeline.vaulted_plain import features, plain
from trimtab.pipeline.restore import RestoreWord

FUNCTIONS = 240


@pytest.mark.parametrize("seed", range(FUNCTIONS))
def test_s14_what_was_backed_up_and_deleted_comes_back_without_a_difference(seed: int) -> None:
    house, function = any_function(seed)
    manifest = house.back_up(function)
    assert manifest.is_complete, manifest.missing
    house.prove(manifest)
    was = house.account.snapshot()
    house.account.remove(function.name)
    done = house.restore(manifest, starts_mappings=True)
    assert (done.word, done.differences, done.refused) == (RestoreWord.RESTORED, (), ())
    after = plain(house.account, function.name, {})
    house.account.put_back(was)
    assert after == plain(house.account, function.name, done.numbers)
    assert SECRET not in json.dumps(house.events)


def test_s14_every_feature_is_in_many_of_these_functions() -> None:
    counts: Counter[str] = Counter()
    for seed in range(FUNCTIONS):
        house, function = any_function(seed)
        counts.update(features(house.account.functions[function.name], house.account))
    assert len(counts) == 17
    assert min(counts.values()) >= 20, counts


@pytest.mark.parametrize("seed", range(0, FUNCTIONS, 12))
def test_s14_nothing_calls_a_restored_function_unless_that_was_asked_for(seed: int) -> None:
    house, function = any_function(seed)
    manifest = house.back_up(function)
    house.account.remove(function.name)
    assert house.restore(manifest).word is RestoreWord.RESTORED
    assert not any(m["State"] == "Enabled" for m in house.account.mappings)
