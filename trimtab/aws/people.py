"""Where does it stand which person an id stands for? In a table of its own, to be erased from.

Two items a person: `address#<hash>` finds the id, `person#<id>` the address. Both are written, and
both deleted, in one transaction.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from trimtab.aws.items import Plain, get_many, to_item, transact
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import RetryableError
from trimtab.domain.person import is_person, one_address

ID_BYTES = 10
"""80 bits: sixteen characters of base32, and no two people share an id."""
ATTEMPTS = 5
"""How often naming starts again because another call named somebody at the same moment; chosen."""


class AwsPeople:
    """The name table."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    def ids(self, addresses: Iterable[str]) -> Mapping[str, str]:
        """Return the id of each address, as it was given; who has none gets one.

        Raises: RetryableError, also when others kept naming the same people.
        """
        given = {address: one_address(address) for address in addresses}
        for _ in range(ATTEMPTS):
            known = self._known(given.values())
            unknown = sorted(set(given.values()) - known.keys())
            if not unknown:
                return {address: known[one] for address, one in given.items()}
            for address in unknown:
                self._name(address)
        raise RetryableError(f"{self._table}: others name the same people; try again later")

    def find(self, address: str) -> str | None:
        """Return the id of an address; None: it has none."""
        one = one_address(address)
        return self._known((one,)).get(one)

    def addresses(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the address of each id; one that was erased, or is no id, is absent."""
        keys = [_person(id_) for id_ in dict.fromkeys(ids) if is_person(id_)]
        found = get_many(self._client, self._table, keys)
        return {item["id"]: item["address"] for item in found}

    def erase(self, id_: str) -> bool:
        """Forget whom an id stands for; False: nobody knew.

        Raises: RetryableError when somebody else writes the same items.
        """
        address = self.addresses((id_,)).get(id_)
        if address is None:
            return False
        whose = {
            "ConditionExpression": "attribute_not_exists(pk) OR id = :id",
            "ExpressionAttributeValues": to_item({":id": id_}),
        }
        reasons = transact(
            self._client,
            [
                {"Delete": {"TableName": self._table, "Key": to_item(_person(id_))}},
                {"Delete": {"TableName": self._table, "Key": to_item(_key(address))} | whose},
            ],
            f"{self._table} {id_}",
        )
        if reasons:
            raise RetryableError(f"{self._table} {id_}: not erased, {reasons}; try again")
        return True

    def _known(self, addresses: Iterable[str]) -> dict[str, str]:
        by_key = {_key(address)["pk"]: address for address in addresses}
        keys: list[Mapping[str, Plain]] = [{"pk": pk} for pk in by_key]
        found = get_many(self._client, self._table, keys)
        return {by_key[item["pk"]]: item["id"] for item in found}

    def _name(self, address: str) -> None:
        """Give an address an id, unless another call is first."""
        id_ = f"person-{base64.b32encode(secrets.token_bytes(ID_BYTES)).decode().lower()}"
        items = (_key(address) | {"id": id_}, _person(id_) | {"id": id_, "address": address})
        is_new = {"TableName": self._table, "ConditionExpression": "attribute_not_exists(pk)"}
        puts = [{"Put": is_new | {"Item": to_item(item)}} for item in items]
        transact(self._client, puts, f"{self._table} {id_}")


def _key(address: str) -> dict[str, Plain]:
    return {"pk": f"address#{sha256_hex(address)}"}


def _person(id_: str) -> dict[str, Plain]:
    return {"pk": f"person#{id_}"}
