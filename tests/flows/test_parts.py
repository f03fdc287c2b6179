"""Is what the scans of a run left behind one whole listing per target? (S8)"""

from dataclasses import replace
from typing import Any

from tests.fakes.builders import ACCOUNT, TARGET
from tests.pipeline.house import House
from trimtab.domain.run import Part
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.flows.conclude import conclude


def scanned(house: House) -> Part:
    house.plant("a")
    house.plant("b")
    house.scan()
    (part,) = house.parts()
    return part


def slice_of(part: Part, *names: str, is_last: bool) -> Part:
    return replace(
        part,
        functions=len(names),
        verdicts=tuple(v for v in part.verdicts if v.function.name in names),
        findings=tuple(f for f in part.findings if f.function.name in names),
        is_last=is_last,
    )


def concluded(house: House, slices: dict[int, Part]) -> Any:
    for number, part in slices.items():
        house.store.put(keys.part("run-1", TARGET, number), to_wire(part))
    counts, opened = conclude("run-1", house.conclude_bench())
    assert counts.faults() == ()
    return counts, len(opened), [gap.error for gap in house.plan().gaps]


def test_slices_in_order_are_one_listing() -> None:
    house = House()
    part = scanned(house)
    slices = {1: slice_of(part, "a", is_last=False), 2: slice_of(part, "b", is_last=True)}
    counts, opened, gaps = concluded(house, slices)
    assert (counts.functions, counts.planned, opened, gaps) == (2, 2, 2, [])


def test_s08_a_missing_slice_is_a_gap_of_its_target() -> None:
    house = House()
    part = scanned(house)
    slices = {1: slice_of(part, "a", is_last=False), 3: slice_of(part, "b", is_last=True)}
    counts, opened, gaps = concluded(house, slices)
    assert (counts.functions, counts.held_back, opened) == (2, 2, 0)
    assert gaps == ["a slice of its listing is missing; start a new run"]
    assert house.plan().gaps[0].account == ACCOUNT


def test_s08_a_function_in_two_slices_is_a_gap_and_is_judged_once() -> None:
    house = House()
    part = scanned(house)
    slices = {1: slice_of(part, "a", is_last=False), 2: slice_of(part, "a", "b", is_last=True)}
    counts, opened, (gap,) = concluded(house, slices)
    assert (counts.functions, counts.held_back, opened) == (2, 2, 0)
    assert gap.startswith("1 functions are in two slices: arn:aws:lambda:")


def test_s08_slices_behind_the_last_one_are_a_gap() -> None:
    house = House()
    part = scanned(house)
    slices = {1: slice_of(part, "a", is_last=True), 2: slice_of(part, "b", is_last=True)}
    _, opened, gaps = concluded(house, slices)
    assert (opened, gaps) == (0, ["slices of another listing follow its last one; start a new run"])
