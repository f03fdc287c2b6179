"""Is every difference that is left named, field by field and without a value?"""

from datetime import timedelta

import pytest

from tests.pipeline.vaulted import SECRET, House
from trimtab.domain.errors import TamperedError
from trimtab.pipeline.backup import load
from trimtab.pipeline.restore import RestoreWord


def test_s14_what_somebody_made_in_between_is_left_and_named() -> None:
    house = House()
    function = house.add("orders", Environment={"Variables": {"TOKEN": SECRET}})
    house.publish("orders")
    alias = {"FunctionName": "orders", "Name": "live", "FunctionVersion": "1"}
    house.account.create_alias(dict(alias))
    house.account.functions["orders"].recursion = "Allow"
    manifest = house.back_up(function)
    house.account.remove("orders")

    def meddle() -> None:
        kept = house.account.functions["orders"]
        kept.latest["Environment"] = {"Variables": {"TOKEN": "other"}}
        kept.tags["mine"] = "x"
        house.account.create_alias(alias | {"FunctionVersion": "$LATEST"})

    house.account.before_next("PutFunctionRecursionConfig", meddle)
    house.account.fail_next("CreateAlias", "AccessDeniedException")
    done = house.restore(manifest)
    assert done.word is RestoreWord.DIFFERENT
    assert done.differences == (
        "alias live: version differs",
        "tag $LATEST mine: was not there before",
        "version $LATEST: Environment differs",
    )
    assert SECRET not in str(done)


def test_a_single_value_that_differs_is_named_as_such() -> None:
    house = House()
    function = house.add("orders")
    house.account.functions["orders"].signing = "arn:aws:lambda:eu-west-1:1:csc-1"
    house.account.functions["orders"].recursion = "Allow"
    manifest = house.back_up(function)
    house.account.remove("orders")

    def meddle() -> None:
        house.account.functions["orders"].signing = "arn:aws:lambda:eu-west-1:1:csc-2"

    house.account.before_next("PutFunctionRecursionConfig", meddle)
    done = house.restore(manifest)
    assert done.differences == ("signing $LATEST: it differs",)


def test_a_restore_without_time_left_is_unfinished_and_goes_on() -> None:
    house = House()
    function = house.add("orders")
    manifest = house.back_up(function)
    house.account.remove("orders")
    house.clock.leave(timedelta(seconds=30))
    done = house.restore(manifest)
    assert (done.word, "time of this invocation" in done.reason) == (RestoreWord.UNFINISHED, True)
    house.clock.leave(timedelta.max)
    assert house.restore(manifest).word is RestoreWord.RESTORED


def test_s14_a_document_that_was_altered_is_never_loaded() -> None:
    house = House()
    function = house.add("orders")
    manifest = house.back_up(function)
    house.vault.objects[manifest.documents[0].key] += b" "
    with pytest.raises(TamperedError, match="is not what was kept"):
        load(function, manifest.backup_id, house.vault)
