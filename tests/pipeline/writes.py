"""What do the tests of writing share? The names of the calls, and a function with aliases."""

from tests.pipeline.house import House
from trimtab.domain.remediation import Remediation

UPDATE, PUBLISH, MOVE = "UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias"


PLAIN_WRITES, ALIASED_WRITES = 1, 3


def an_aliased(house: House, name: str = "orders") -> Remediation:
    """Approve a change of a function whose aliases live and beta serve version 1."""
    arn = house.plant(name)
    house.functions.publish(name)
    house.functions.alias(name, "live", "1")
    house.functions.alias(name, "beta", "1")
    change = house.opened(arn)
    house.answer(change)
    return change
