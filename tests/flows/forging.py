"""How does one forge who knows how the ledger is made? Rows that agree in themselves."""

import json
from typing import Any

from tests.flows.scene import CHANGE, Scene
from trimtab.aws import ledger as adapter
from trimtab.aws.items import to_item
from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.ledger import GENESIS, Entry
from trimtab.domain.wire import from_wire

Body = dict[str, Any]
Row = dict[str, Any]


def rows(scene: Scene, chain: str = CHANGE) -> list[Row]:
    there = scene.dynamodb.rows["ledger"]
    return [there[key] for key in sorted(there, key=lambda k: (k[0], int(k[1]))) if key[0] == chain]


def row(scene: Scene, seq: int, chain: str = CHANGE) -> Row:
    found: Row = scene.dynamodb.rows["ledger"][chain, str(seq)]
    return found


def body_of(found: Row) -> Body:
    body: Body = json.loads(found["body"]["S"])
    return body


def set_head(scene: Scene, seq: int, last: str, chain: str = CHANGE) -> None:
    head = scene.dynamodb.rows["heads"].setdefault((chain,), {"chain": {"S": chain}})
    head |= {"seq": {"N": str(seq)}, "hash": {"S": last}}


def keep(scene: Scene, bodies: list[Body], chain: str = CHANGE, *, head: bool = True) -> None:
    """Put these bodies in the place of a chain, as rows that agree with them."""
    there = scene.dynamodb.rows["ledger"]
    for key in [key for key in there if key[0] == chain]:
        del there[key]
    for body in bodies:
        entry = from_wire(Entry, body)
        there[chain, str(entry.seq)] = to_item(adapter._row(entry)) | {"chain": {"S": chain}}
    if head and bodies:
        set_head(scene, bodies[-1]["seq"], bodies[-1]["hash"], chain)


def rehashed(bodies: list[Body], chain: str = CHANGE) -> list[Body]:
    """Number and hash anew from the beginning: a chain that is whole in itself."""
    previous, made = GENESIS, []
    for seq, body in enumerate(bodies, start=1):
        made.append(sealed(body | {"chain": chain, "seq": seq, "previous_hash": previous}))
        previous = made[-1]["hash"]
    return made


def sealed(body: Body) -> Body:
    fields = {name: value for name, value in body.items() if name != "hash"}
    return fields | {"hash": sha256_hex(canonical_json(fields))}


def bodies(scene: Scene, chain: str = CHANGE) -> list[Body]:
    return [body_of(found) for found in rows(scene, chain)]
