"""Under which name does a person stand in the record? An id that says nothing of them.

Whom an id stands for is kept apart, in the name table, where it can be erased; the record stays
whole.
"""

import re
from collections.abc import Mapping

PEOPLE_CHAIN = "control#people"
"""The chain in which every erasure is entered."""
ERASED = "erased from the name table"
UNNAMED = "(an address)"

_ID = re.compile(r"person-[a-z2-7]{16}")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def is_person(text: str) -> bool:
    """Tell whether this is written like an id of ours."""
    return _ID.fullmatch(text) is not None


def people_in(text: str) -> tuple[str, ...]:
    """Return the ids in a text, each once."""
    return tuple(dict.fromkeys(_ID.findall(text)))


def addresses_in(text: str) -> tuple[str, ...]:
    """Return the email addresses in a text, each once."""
    return tuple(dict.fromkeys(_ADDRESS.findall(text)))


def with_ids(text: str, ids: Mapping[str, str]) -> str:
    """Put ids in the place of the addresses in a text; one without an id is left out."""
    return _ADDRESS.sub(lambda found: ids.get(found[0], UNNAMED), text)


def with_names(text: str, addresses: Mapping[str, str]) -> str:
    """Put addresses in the place of the ids in a text; an id without an address stays."""
    return _ID.sub(lambda found: addresses.get(found[0], found[0]), text)


def one_address(address: str) -> str:
    """Return the one way this address is compared. ARNs tell capitals apart, mail here does not."""
    return address if address.startswith("arn:") else address.lower()


def nameless(arn: str) -> str:
    """Return the ARN of a caller without the person's part: the session, or the user's name."""
    return arn.rpartition("/")[0] or arn
