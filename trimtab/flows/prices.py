"""By which prices does a run judge? Those that discover kept for all its targets."""

from trimtab.domain.errors import AccessDeniedError, NotFoundError
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.ports import RunStore


def keep_prices(run_id: str, prices: Prices, store: RunStore) -> None:
    store.put(keys.prices(run_id), to_wire(prices))


def prices_of_run(run_id: str, store: RunStore) -> Prices:
    """Return the prices of a run; the shipped ones where it kept none.

    S3 says that access is denied to what is not there, to a reader who may not list.
    """
    try:
        return from_wire(Prices, store.get(keys.prices(run_id)))
    except (AccessDeniedError, NotFoundError):
        return SHIPPED
