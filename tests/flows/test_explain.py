"""Does the explanation show the whole tree with values, sources and times, of one function only?"""

from datetime import timedelta

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_arn
from tests.fakes.clock import NOW
from tests.flows.test_sweep import UNUSED
from tests.pipeline.house import House, with_policy
from tests.pipeline.reads import POLICY, watching
from trimtab.domain.errors import AccessDeniedError, InputError, NotFoundError, PermanentError
from trimtab.domain.finding import Assessment
from trimtab.flows.explain import Explained, explain
from trimtab.flows.sweep import Bench


def explained(house: House, name: str = "orders", policy: str = "watch") -> Explained:
    bench = Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)
    return explain(an_arn(name), policy, bench)


def test_every_condition_has_its_value_source_and_time() -> None:
    house = House(watching(UNUSED))
    house.plant(memory_mb=2048, invocations=0)
    found = explained(house)
    assert found.assessment is Assessment.NON_COMPLIANT
    memory, use = found.tree.children
    assert (memory.value, memory.source, memory.since, memory.as_of) == (
        "2048 MB",
        "ListFunctions",
        None,
        NOW,
    )
    assert (use.value, use.source, use.since) == (
        "0",
        "CloudWatch Invocations",
        NOW - timedelta(days=14),
    )
    assert found.because.startswith("function.memory_mb > 1024 MB: 2048 MB")


def test_only_the_one_function_is_read() -> None:
    house = House(watching(UNUSED))
    for n in range(120):
        house.plant(f"f{n:03d}", memory_mb=2048)
    explained(house, "f060")
    (source,) = house.fleet.sources
    assert source.calls() == {"cloudwatch:GetMetricData": 1, "lambda:ListFunctions": 2}


def test_s08_what_could_not_be_read_is_said() -> None:
    house = House(watching(UNUSED))
    house.plant(memory_mb=2048)
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    found = explained(house)
    assert found.assessment is Assessment.INSUFFICIENT_DATA
    assert found.missing == ("usage.invocations",)
    assert "AccessDenied" in str(found.tree.children[1].value)
    assert found.gaps[0].what == "GetMetricData"


def test_s08_a_function_that_is_not_there_or_not_to_be_read_is_no_answer() -> None:
    house = House(watching(UNUSED))
    house.plant()
    with pytest.raises(NotFoundError, match=f"{REGION}:{ACCOUNT}:function:gone is not there"):
        explained(house, "gone")
    house.functions.fail_always("ListFunctions", "AccessDeniedException")
    with pytest.raises(PermanentError, match="could not be read"):
        explained(house)
    house.cloud.deny(TARGET)
    with pytest.raises(AccessDeniedError):
        explained(house)


def test_a_policy_that_is_not_there_or_needs_the_organization_is_refused() -> None:
    house = House(watching(UNUSED))
    with pytest.raises(
        InputError, match="unknown policy or checklist 'wach': did you mean 'watch'"
    ):
        explained(house, policy="wach")
    text = POLICY.replace(
        "when:", "scope:\n  organizational_units: {include: [ou-ab12-11111111]}\nwhen:"
    )
    with pytest.raises(InputError, match="organizational units"):
        explained(House(with_policy(text)), policy="memory-oversized")
