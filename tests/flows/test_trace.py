"""Is one function traced, with what may call it first and what could not be read named?"""

from __future__ import annotations

import pytest

from tests.fakes.builders import an_arn
from tests.fakes.cloud import FakeFleet
from tests.pipeline.trigger_place import Place
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.flows.triggers import Traced, trace


def traced(place: Place, function: FunctionArn | None = None) -> Traced:
    return trace(function or place.arn, FakeFleet(place.cloud))


def test_live_triggers_come_first_and_then_the_dormant_ones() -> None:
    place = Place(*(f"a-{number:02}" for number in range(60)), "orders")
    function = an_arn("orders")
    place.here.events.put_rule("off", function, state="DISABLED")
    place.here.events.put_rule("on", function)
    found = traced(place, function)
    assert [one.name for one in found.triggers] == ["on", "off"]
    assert (found.has_live, found.is_whole, found.is_edge) == (True, True, False)


def test_a_function_that_is_not_there_is_said_and_one_that_cannot_be_listed_raises() -> None:
    place = Place()
    with pytest.raises(NotFoundError, match="is not there"):
        traced(place, an_arn("gone"))
    place.here.functions.fail_always("ListFunctions", "AccessDeniedException")
    with pytest.raises(OutsideError):
        traced(place)


def test_s08_whatever_could_not_be_read_is_named_and_the_trace_is_not_whole() -> None:
    place = Place()
    place.here.machines.fail_always("ListStateMachines", "AccessDeniedException")
    found = traced(place)
    assert not found.is_whole
    assert found.has_live is None
    assert "states:ListStateMachines" in found.blinds[0].error
