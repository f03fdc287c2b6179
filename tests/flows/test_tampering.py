"""Is every kind of tampering found, with the tables or with the bucket? (S17)

Tables: everything, by somebody who may write, delete and restore them. Bucket: whatever can be
added to it, since nothing can be taken away.
"""

import base64
import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.signing import LocalSigner
from tests.flows.forging import bodies, rehashed, row
from tests.flows.scene import CHANGE, CONTROL, OTHER, SIGNER, Scene, played
from tests.flows.tampering import KINDS, TAMPERINGS, append
from trimtab.domain.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    checkpoint_key,
    heads_key,
    heads_text,
    read_signed,
    statement_of,
)
from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.ledger import Head, mirror_key
from trimtab.domain.wire import to_wire

AT_LEAST = 100


def test_an_untouched_ledger_is_whole() -> None:
    assert played().verify().faults == ()
    assert played().verify_bucket().faults == ()


def test_s17_at_least_a_hundred_kinds_of_tampering_are_tried() -> None:
    assert len(KINDS) >= AT_LEAST
    assert len(TAMPERINGS) > len(KINDS)


@pytest.mark.parametrize("name", TAMPERINGS)
def test_s17_tampering_with_the_tables_is_found(name: str) -> None:
    scene = played()
    before = copy.deepcopy(scene.dynamodb.rows)
    TAMPERINGS[name](scene)
    assert scene.dynamodb.rows != before, "nothing was altered"
    assert scene.verify().faults
    assert scene.verify_bucket().faults == (), "the record itself is out of reach"


def test_s17_a_fault_names_the_chain_and_the_entry() -> None:
    scene = played()
    row(scene, 4)["actor"] = {"S": "somebody"}
    (fault,) = scene.verify().faults
    assert fault.chain == CHANGE
    assert "ledger change#aaaa 4: its actor" in fault.what


# What can be written into a bucket in which nothing can be overwritten or deleted.


def put(scene: Scene, key: str, body: bytes) -> None:
    scene.s3.put_object(Key=key, Body=body)


def statement(scene: Scene, number: int = 2) -> Checkpoint:
    return read_signed(scene.s3.versions[checkpoint_key(number)][0][1], "x")[1]


def signed(made: Checkpoint, signer: LocalSigner = SIGNER) -> bytes:
    text = statement_of(made)
    signature, key_id = signer.sign(text.encode())
    kept = SignedCheckpoint(statement=text, signature=signature, key_id=key_id)
    return canonical_json(to_wire(kept)).encode()


def spoiled(scene: Scene, **fields: str) -> bytes:
    """Return the last checkpoint as it is kept, with other fields beside its statement."""
    kept = json.loads(scene.s3.versions[checkpoint_key(2)][0][1])
    return canonical_json(kept | fields).encode()


def other_heads(scene: Scene) -> bytes:
    """Keep a list of heads without one chain, and a statement of our number 3 that names it."""
    heads = {OTHER: Head(chain=OTHER, seq=1, hash="a" * 64)}
    text = heads_text(heads)
    put(scene, heads_key(sha256_hex(text)), gzip.compress(text.encode()))
    last = statement(scene)
    return signed(replace(last, number=3, heads_digest=sha256_hex(text)), LocalSigner())


def forged_chain(scene: Scene, chain: str) -> None:
    for body in rehashed(bodies(scene), chain):
        put(scene, mirror_key(chain, body["seq"]), canonical_json(body).encode())


def forged_end(scene: Scene) -> None:
    append(scene, how="forged")
    put(scene, mirror_key(CHANGE, 9), row(scene, 9)["body"]["S"].encode())


KEY_4, LAST, NEXT = mirror_key(CHANGE, 4), checkpoint_key(2), checkpoint_key(3)
BUCKET: dict[str, Callable[[Scene], None]] = {
    "an entry written over": lambda s: put(s, KEY_4, b"{}"),
    "an entry written over with itself": lambda s: put(s, KEY_4, s.s3.versions[KEY_4][0][1]),
    "an entry written over with another": lambda s: put(
        s, KEY_4, s.s3.versions[mirror_key(CHANGE, 5)][0][1]
    ),
    "the first entry written over": lambda s: put(s, mirror_key(CHANGE, 1), b"x"),
    "the last entry written over": lambda s: put(s, mirror_key(CHANGE, 8), b"x"),
    "an entry under a delete marker": lambda s: s.s3.delete_object(Key=KEY_4),
    "a checkpoint written over": lambda s: put(s, LAST, b"{}"),
    "a checkpoint under a delete marker": lambda s: s.s3.delete_object(Key=LAST),
    "a list of heads written over": lambda s: put(
        s, heads_key(statement(s).heads_digest), gzip.compress(b"")
    ),
    "a chain that the tables never had": lambda s: forged_chain(s, "change#forged"),
    "a chain of another kind": lambda s: forged_chain(s, "control#forged"),
    "an entry behind the end": forged_end,
    "garbage behind the end": lambda s: put(s, mirror_key(CHANGE, 9), b"garbage"),
    "garbage far behind the end": lambda s: put(s, mirror_key(CHANGE, 900), b"garbage"),
    "an entry before the first": lambda s: put(s, mirror_key(CHANGE, 0), b"{}"),
    "an entry with a short number": lambda s: put(s, f"log/{CHANGE}/9", b"{}"),
    "an entry with a padded number": lambda s: put(s, f"log/{CHANGE}/000000009", b"{}"),
    "a name beside the log": lambda s: put(s, "notes.txt", b"hello"),
    "a name that looks like the log": lambda s: put(s, "Log/x/00000001", b"{}"),
    "a checkpoint with an odd name": lambda s: put(s, "checkpoints/3", b"{}"),
    "a checkpoint that is garbage": lambda s: put(s, NEXT, b"\xff\x00"),
    "a checkpoint that is no object": lambda s: put(s, NEXT, b"[]"),
    "a checkpoint signed with another key": lambda s: put(
        s, NEXT, signed(replace(statement(s), number=3), LocalSigner())
    ),
    "a checkpoint of before under the next number": lambda s: put(
        s, NEXT, s.s3.versions[LAST][0][1]
    ),
    "a checkpoint without a signature": lambda s: put(s, NEXT, spoiled(s, signature="")),
    "a checkpoint with a broken signature": lambda s: put(
        s, NEXT, spoiled(s, signature=base64.b64encode(b"x" * 70).decode())
    ),
    "a checkpoint with another statement": lambda s: put(
        s, NEXT, spoiled(s, statement=statement_of(replace(statement(s), number=3)))
    ),
    "a checkpoint written in another way": lambda s: put(
        s, NEXT, spoiled(s, statement=" " + statement_of(replace(statement(s), number=3)))
    ),
    "a checkpoint that names a list of its own": lambda s: put(s, NEXT, other_heads(s)),
    "a checkpoint far ahead": lambda s: put(s, checkpoint_key(99), b"{}"),
    "a list of heads that is none": lambda s: put(s, heads_key("a" * 64), b"garbage"),
    "a list of heads cut off": lambda s: put(s, heads_key("b" * 64), gzip.compress(b"[1,")[:-4]),
    "a list of heads of another digest": lambda s: put(s, heads_key("c" * 64), gzip.compress(b"")),
    "a list of heads with an odd name": lambda s: put(s, "heads/x", gzip.compress(b"")),
}


@pytest.mark.parametrize("name", BUCKET)
def test_s17_whatever_is_added_to_the_bucket_is_found(name: str) -> None:
    scene = played()
    BUCKET[name](scene)
    found = scene.verify()
    assert found.faults
    assert found.newest.number == 2, "what was there before still counts"


NEEDS_THE_NEXT_CHECKPOINT = {"an entry behind the end"}
"""Without tables an entry that nobody covers may just be new: until the next checkpoint."""


@pytest.mark.parametrize("name", BUCKET)
def test_s17_the_bucket_alone_shows_it_too(name: str) -> None:
    scene = played()
    BUCKET[name](scene)
    if name in NEEDS_THE_NEXT_CHECKPOINT:
        scene.clock.advance(timedelta(days=1))
        scene.dynamodb.rows = copy.deepcopy(played().dynamodb.rows)
        scene.checkpoint()
    assert scene.verify_bucket().faults


def test_s17_the_oldest_version_is_the_one_that_counts() -> None:
    scene = played()
    put(scene, KEY_4, b"{}")
    (fault,) = scene.verify_bucket().faults
    assert (fault.chain, fault.seq) == (CHANGE, 4)
    assert "written 2 times: the oldest version counts" in fault.what


def test_s17_checkpoints_of_another_key_are_worth_nothing() -> None:
    scene = played()
    scene.signer = LocalSigner()
    scene.enter(CONTROL, "frozen")
    scene.checkpoint()
    assert "not signed with the key" in scene.verify_bucket().faults[0].what


def test_s17_an_entry_forged_at_the_end_is_found_and_stays_named_once_it_is_filled() -> None:
    """Who may write the tables may add at the end, as a Lambda that died before the mirror."""
    scene = played()
    scene.clock.advance(timedelta(minutes=30))
    append(scene, how="forged")
    assert [fault.seq for fault in scene.verify().faults] == [9]
    scene.clock.advance(timedelta(minutes=5))
    assert scene.checkpoint().filled == 1
    assert scene.verify().filled == (mirror_key(CHANGE, 9),)
