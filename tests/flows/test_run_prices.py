"""Does a run keep the prices it judges by, and do without where there are none?"""

import pytest

from tests.fakes.stores import FakeRunStore
from trimtab.domain.errors import AccessDeniedError, NotFoundError
from trimtab.domain.price import Price, Prices, Rates
from trimtab.domain.price_table import SHIPPED
from trimtab.flows.prices import keep_prices, prices_of_run

DEAR = Price(usd=0.00002, source="price list 2026-11-21")
PRICES = Prices(
    rates={"eu-west-1": {"x86_64": Rates(gb_second=DEAR)}},
    source="price list 2026-11-21",
    notes=("one was refused",),
)


def test_the_prices_of_a_run_are_those_it_kept() -> None:
    store = FakeRunStore()
    keep_prices("run-1", PRICES, store)
    assert prices_of_run("run-1", store) == PRICES
    assert prices_of_run("run-2", store) == SHIPPED


@pytest.mark.parametrize("error", [NotFoundError("gone"), AccessDeniedError("not listed")])
def test_a_run_that_kept_none_is_judged_by_the_shipped_ones(error: Exception) -> None:
    class Empty(FakeRunStore):
        def get(self, key: str) -> object:
            raise error

    assert prices_of_run("run-1", Empty()) == SHIPPED
