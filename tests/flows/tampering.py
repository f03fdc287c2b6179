"""What can somebody do to the tables who may write, delete and restore them? One name for each.

Every one takes a scene whose tables it alters; the mirror is out of its reach.
"""

import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

from tests.flows.forging import (
    Body,
    Row,
    adapter,
    bodies,
    body_of,
    keep,
    rehashed,
    row,
    sealed,
    set_head,
)
from tests.flows.scene import CHANGE, CONTROL, OTHER, RUN, Scene, snapshot
from trimtab.domain.digest import canonical_json
from trimtab.domain.ledger import Head, next_entry

Tampering = Callable[[Scene], None]

PLACES = {"first": 1, "middle": 4, "last": 8}
CYRILLIC_A = "\N{CYRILLIC SMALL LETTER A}"


# One column of one row.

COLUMNS: dict[str, Any] = {
    "at": {"S": "2026-11-02T09:00:00.000000+00:00"},
    "day": {"S": "2026-11-01"},
    "actor": {"S": "somebody"},
    "event": {"S": "rejected"},
    "function": {"S": "arn:aws:lambda:eu-west-1:111111111111:function:other"},
    "once": {"S": "r9-something"},
    "hash": {"S": "0" * 64},
    "previous_hash": {"S": "1" * 64},
    "surplus": {"S": "x"},
}


def column(scene: Scene, *, name: str, value: Any, seq: int) -> None:
    found = row(scene, seq)
    if value is None:
        del found[name]
    else:
        found[name] = value


# The body of one row, with or without its hash, its columns and what comes after.


def field(scene: Scene, *, alter: Callable[[Body], None], seq: int, how: str) -> None:
    """`how`: body alone; row: its columns too; hash: and its hash; all: everything after it too."""
    every = bodies(scene)
    alter(every[seq - 1])
    if how == "body":
        row(scene, seq)["body"] = {"S": canonical_json(every[seq - 1])}
    elif how == "all":
        keep(scene, rehashed(every))
    else:
        every[seq - 1] = sealed(every[seq - 1]) if how == "hash" else every[seq - 1]
        keep(scene, every)


def shift(body: Body, by: timedelta) -> None:
    body["at"] = (datetime.fromisoformat(body["at"]) + by).isoformat()


FIELDS: dict[str, Callable[[Body], None]] = {
    "actor": lambda b: b.update(actor="person-0000"),
    "event": lambda b: b.update(event="expired"),
    "function": lambda b: b.update(function=None),
    "once": lambda b: b.update(once="r7-other"),
    "once dropped": lambda b: b.update(once=None),
    "data value": lambda b: b["data"].update(memory_mb=128),
    "data key added": lambda b: b["data"].update(extra=True),
    "data key removed": lambda b: b["data"].pop("note"),
    "data deep inside": lambda b: b["data"]["deep"]["n"].append(2),
    "data emptied": lambda b: b.update(data={}),
    "number as fraction": lambda b: b["data"].update(memory_mb=1769.0),
    "number as text": lambda b: b["data"].update(memory_mb="1769"),
    "number as truth": lambda b: b["data"].update(round=True),
    "null as text": lambda b: b["data"]["deep"].update(n=[1, "null"]),
    "moment by a microsecond": lambda b: shift(b, timedelta(microseconds=1)),
    "moment by a second": lambda b: shift(b, timedelta(seconds=-1)),
    "moment by a day": lambda b: shift(b, timedelta(days=1)),
    "lookalike letter": lambda b: b.update(
        actor=b["actor"].replace("n", "\N{CYRILLIC SMALL LETTER PE}")
    ),
    "lookalike in a key": lambda b: b["data"].update({"n" + CYRILLIC_A: b["data"].pop("note")}),
    "invisible letter": lambda b: b.update(actor=b["actor"] + "\N{ZERO WIDTH SPACE}"),
    "other normal form": lambda b: b["data"].update(
        note=unicodedata.normalize("NFD", b["data"]["note"])
    ),
    "space at the end": lambda b: b.update(event=b["event"] + " "),
    "case": lambda b: b.update(event=b["event"].title()),
}

# Bodies that are no entry any more, or one that is written in another way.


def offset(body: Body) -> str:
    """Write the same instant as another offset from UTC."""
    at = datetime.fromisoformat(body["at"]) + timedelta(hours=1)
    return canonical_json(body | {"at": at.isoformat().replace("+00:00", "+01:00")})


GARBLED: dict[str, Callable[[Body, str], Any]] = {
    "empty": lambda b, t: {"S": ""},
    "no JSON": lambda b, t: {"S": "not json"},
    "cut off": lambda b, t: {"S": t[:-20]},
    "space more": lambda b, t: {"S": t + " "},
    "newline before": lambda b, t: {"S": "\n" + t},
    "keys in another order": lambda b, t: {"S": json.dumps(dict(reversed(b.items())))},
    "escaped letters": lambda b, t: {"S": json.dumps(b, sort_keys=True, separators=(",", ":"))},
    "a key twice": lambda b, t: {"S": f'{t[:-1]},"seq":{b["seq"]}}}'},
    "a field missing": lambda b, t: {"S": canonical_json({n: b[n] for n in b if n != "actor"})},
    "a field more": lambda b, t: {"S": canonical_json(b | {"more": 1})},
    "a list": lambda b, t: {"S": canonical_json([b])},
    "null": lambda b, t: {"S": "null"},
    "deeply nested": lambda b, t: {"S": "[" * 100_000},
    "not a number": lambda b, t: {"S": t.replace("1769", "NaN")},
    "half a letter": lambda b, t: {"S": t.replace("naïve", "\\ud800")},
    "seq as text": lambda b, t: {"S": canonical_json(b | {"seq": str(b["seq"])})},
    "seq as truth": lambda b, t: {"S": canonical_json(b | {"seq": True})},
    "seq as fraction": lambda b, t: {"S": canonical_json(b | {"seq": float(b["seq"])})},
    "data as list": lambda b, t: {"S": canonical_json(b | {"data": []})},
    "actor as number": lambda b, t: {"S": canonical_json(b | {"actor": 7})},
    "moment without offset": lambda b, t: {"S": t.replace("+00:00", "")},
    "moment with another offset": lambda b, t: {"S": offset(b)},
    "moment that is none": lambda b, t: {"S": canonical_json(b | {"at": "yesterday"})},
    "number in the place of text": lambda b, t: {"N": "7"},
    "bytes in the place of text": lambda b, t: {"B": t.encode()},
    "list in the place of text": lambda b, t: {"L": [{"S": t}]},
    "body of another entry": lambda b, t: {"S": canonical_json(b | {"seq": b["seq"] + 1})},
    "body of another chain": lambda b, t: {"S": canonical_json(b | {"chain": OTHER})},
}


def garble(scene: Scene, *, make: Callable[[Body, str], Any], seq: int) -> None:
    found = row(scene, seq)
    found["body"] = make(body_of(found), found["body"]["S"])


# Entries removed, added, moved.


def remove(scene: Scene, *, seq: int, how: str) -> None:
    """`how`: hole; closed: renumbered; forged: renumbered and hashed anew, head and all."""
    every = bodies(scene)
    del every[seq - 1]
    if how == "closed":
        every = [body | {"seq": n} for n, body in enumerate(every, start=1)]
    if how == "forged":
        every = rehashed(every)
    keep(scene, every, head=how != "hole")


def insert(scene: Scene, *, at: int, how: str) -> None:
    every = bodies(scene)
    every.insert(at, every[0] | {"event": "approved", "once": None, "seq": at + 1})
    if how == "forged":
        every = rehashed(every)
    else:
        every = [sealed(body | {"seq": n}) for n, body in enumerate(every, start=1)]
    keep(scene, every)


def reorder(scene: Scene, *, order: Callable[[list[Body]], list[Body]], how: str) -> None:
    every = order(bodies(scene))
    if how == "forged":
        every = rehashed(every)
    else:
        every = [body | {"seq": n} for n, body in enumerate(every, start=1)]
    keep(scene, every)


ORDERS: dict[str, Callable[[list[Body]], list[Body]]] = {
    "first two": lambda e: [e[1], e[0], *e[2:]],
    "middle two": lambda e: [*e[:3], e[4], e[3], *e[5:]],
    "last two": lambda e: [*e[:-2], e[-1], e[-2]],
    "reversed": lambda e: e[::-1],
    "last to the front": lambda e: [e[-1], *e[:-1]],
}


def cut(scene: Scene, *, by: int, how: str) -> None:
    """`how`: head left alone, rolled back with it, or removed."""
    every = bodies(scene)
    keep(scene, every[: len(every) - by], head=False)
    left = every[: len(every) - by]
    if how == "rolled back":
        set_head(scene, len(left), left[-1]["hash"])
    elif how == "headless":
        del scene.dynamodb.rows["heads"][CHANGE,]


def drop(scene: Scene, *, chain: str, how: str) -> None:
    if how != "head":
        keep(scene, [], chain)
    if how != "entries":
        del scene.dynamodb.rows["heads"][chain,]


def restore(scene: Scene, *, entries: int, what: str) -> None:
    """Bring the tables, or one of them, back to an earlier moment."""
    earlier = snapshot(entries)
    for name in ("ledger", "heads"):
        if what in (name, "both"):
            scene.dynamodb.rows[name] = earlier[name]


def restore_one(scene: Scene, *, chain: str, entries: int) -> None:
    keep(scene, bodies(scene, chain)[:entries], chain)


def swap(scene: Scene, *, seq: int, how: str) -> None:
    """Exchange an entry with the one of the same number in another chain."""
    ours, theirs = bodies(scene), bodies(scene, OTHER)
    ours[seq - 1], theirs[seq - 1] = theirs[seq - 1], ours[seq - 1]
    if how == "as they are":
        for chain, every in ((CHANGE, ours), (OTHER, theirs)):
            found = row(scene, seq, chain)
            found["body"] = {"S": canonical_json(every[seq - 1])}
    else:
        keep(scene, rehashed(ours))
        keep(scene, rehashed(theirs, OTHER), OTHER)


def swap_chains(scene: Scene, *, how: str) -> None:
    ours, theirs = bodies(scene), bodies(scene, OTHER)
    if how == "forged":
        ours, theirs = rehashed(ours, OTHER), rehashed(theirs)
    keep(scene, theirs)
    keep(scene, ours, OTHER)


def duplicate(scene: Scene, *, name: str, how: str) -> None:
    every = bodies(scene)
    keep(scene, rehashed(every, name) if how == "forged" else every, name)


def append(scene: Scene, *, chain: str = CHANGE, how: str) -> None:
    """Enter something behind the end, past the adapter: the hashes and the head are right."""
    every = bodies(scene, chain)
    if how == "replayed as it was":
        every.append(every[2] | {"seq": len(every) + 1})
    else:
        last = Head(chain=chain, seq=len(every), hash=every[-1]["hash"])
        old = every[2] if how == "replayed" else every[-1] | {"event": "approved", "once": "r9"}
        at = scene.clock.now() - timedelta(minutes=30)
        made = next_entry(
            last,
            at=at,
            actor=old["actor"],
            event=old["event"],
            data=old["data"],
            function=old["function"],
            once=old["once"] if how == "replayed" else None,
        )
        every.append(json.loads(adapter.entry_text(made)))
    keep(scene, every, chain)


def invent(scene: Scene, *, name: str) -> None:
    """Make a whole chain of its own."""
    keep(scene, rehashed([body | {"once": None} for body in bodies(scene)], name), name)


HEADS: dict[str, Callable[[Row], Any]] = {
    "length one less": lambda h: h.update(seq={"N": "7"}),
    "length one more": lambda h: h.update(seq={"N": "9"}),
    "length zero": lambda h: h.update(seq={"N": "0"}),
    "length negative": lambda h: h.update(seq={"N": "-8"}),
    "length huge": lambda h: h.update(seq={"N": "9" * 30}),
    "length a fraction": lambda h: h.update(seq={"N": "8.5"}),
    "length as text": lambda h: h.update(seq={"S": "8"}),
    "length missing": lambda h: h.pop("seq"),
    "hash of nothing": lambda h: h.update(hash={"S": "0" * 64}),
    "hash in capitals": lambda h: h.update(hash={"S": h["hash"]["S"].upper() + ""}),
    "hash empty": lambda h: h.update(hash={"S": ""}),
    "hash missing": lambda h: h.pop("hash"),
    "hash as bytes": lambda h: h.update(hash={"B": b"x"}),
}


def head(scene: Scene, *, alter: Callable[[Row], Any]) -> None:
    alter(scene.dynamodb.rows["heads"][CHANGE,])


def head_of_other(scene: Scene) -> None:
    heads = scene.dynamodb.rows["heads"]
    heads[CHANGE,] |= {"seq": heads[OTHER,]["seq"], "hash": heads[OTHER,]["hash"]}


def phantom(scene: Scene) -> None:
    set_head(scene, 5, "a" * 64, "change#phantom")


def drop_everything(scene: Scene) -> None:
    scene.dynamodb.rows = {"ledger": {}, "heads": {}}


def _all() -> Iterator[tuple[str, Tampering]]:
    for place, seq in PLACES.items():
        for name, value in COLUMNS.items():
            yield (
                f"column {name} altered, {place}",
                partial(column, name=name, value=value, seq=seq),
            )
            if name != "surplus":
                yield (
                    f"column {name} removed, {place}",
                    partial(column, name=name, value=None, seq=seq),
                )
        for name, alter in FIELDS.items():
            for how in ("body", "row", "hash", "all"):
                yield f"field {name}, {how}, {place}", partial(field, alter=alter, seq=seq, how=how)
        for name, make in GARBLED.items():
            yield f"body {name}, {place}", partial(garble, make=make, seq=seq)
        for how in ("hole", "closed", "forged"):
            yield f"removed, {how}, {place}", partial(remove, seq=seq, how=how)
        for how in ("as they are", "forged"):
            yield f"swapped between chains, {how}, {place}", partial(swap, seq=seq, how=how)
        for how in ("plain", "forged"):
            yield f"inserted, {how}, {place}", partial(insert, at=seq - 1, how=how)
    yield from _whole()


def _whole() -> Iterator[tuple[str, Tampering]]:
    for name, order in ORDERS.items():
        yield f"order {name}, plain", partial(reorder, order=order, how="plain")
        yield f"order {name}, forged", partial(reorder, order=order, how="forged")
    for by, how in product((1, 2, 4, 7), ("head left", "rolled back", "headless")):
        yield f"end cut by {by}, {how}", partial(cut, by=by, how=how)
    for entries, what in product((0, 1, 4, 6, 7), ("ledger", "heads", "both")):
        yield f"restored to {entries}, {what}", partial(restore, entries=entries, what=what)
    for name, alter in HEADS.items():
        yield f"head {name}", partial(head, alter=alter)
    yield "head of another chain", head_of_other
    yield "head without a chain", phantom
    yield "everything dropped", drop_everything
    yield from _chains()


def _chains() -> Iterator[tuple[str, Tampering]]:
    for chain in (CHANGE, RUN, CONTROL):
        yield f"{chain} restored alone", partial(restore_one, chain=chain, entries=3)
    for chain, how in product((CHANGE, RUN, CONTROL), ("entries", "head", "both")):
        yield f"{chain} dropped, {how}", partial(drop, chain=chain, how=how)
    for chain, how in product((CHANGE, CONTROL), ("replayed as it was", "replayed", "forged")):
        yield f"{chain} appended to, {how}", partial(append, chain=chain, how=how)
    names = ("change#copy", "run#copy", CHANGE + " ", CHANGE.replace("a", CYRILLIC_A))
    for name, how in product(names, ("as they are", "forged")):
        yield f"duplicated as {name!a}, {how}", partial(duplicate, name=name, how=how)
    for how in ("as they are", "forged"):
        yield f"chains swapped, {how}", partial(swap_chains, how=how)
    for name in ("change#new", "control#new", "x"):
        yield f"chain {name} invented", partial(invent, name=name)


TAMPERINGS: dict[str, Tampering] = dict(_all())
KINDS = frozenset(
    name.rpartition(", ")[0] if name.rpartition(", ")[2] in PLACES else name for name in TAMPERINGS
)
"""The same, whatever the place."""
