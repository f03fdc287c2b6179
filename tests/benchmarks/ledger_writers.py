"""How does the ledger bear 200 writers at once? `python -m tests.benchmarks.ledger_writers`.

Threads append through the real adapter to tables in memory, with transactions that conflict as
DynamoDB's do and calls that take 4 to 12 ms. Also: how large and how slow is a checkpoint of
100,000 chains? Prints figures; asserts nothing about time.
"""

import gzip
import random
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.fakes.dynamodb import FakeDynamo
from tests.fakes.s3 import FakeS3
from trimtab.aws import ledger as adapter
from trimtab.aws.ledger import AwsLedger
from trimtab.domain.checkpoint import heads_text, read_heads, shrunk
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import Head, chain_faults

WRITERS = 200
EACH = 3
FASTEST_S, SLOWEST_S = 0.004, 0.012
BEFORE = (8, 0.0)
"""Attempts and pause of the adapter before it paused between attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    appended: int
    gave_up: int
    repeated: int
    seconds: float
    slowest_s: float
    median_s: float
    faults: int


def network() -> None:
    time.sleep(random.uniform(FASTEST_S, SLOWEST_S))


def write_at_once(chains: Sequence[str], *, writers: int = WRITERS, each: int = EACH) -> Measured:
    """Let every writer append to its chain, all at the same time."""
    dynamodb, s3 = FakeDynamo(pace=network), FakeS3(pace=network)
    ledger = AwsLedger(dynamodb, s3, ledger_table="ledger", heads_table="heads", bucket="mirror")
    start, took, gave_up = threading.Barrier(writers + 1), [0.0], [0]
    guard = threading.Lock()

    def write(n: int) -> None:
        start.wait()
        for m in range(each):
            began = time.perf_counter()
            failed = 0
            try:
                ledger.append(
                    chains[n % len(chains)],
                    event=f"{n}-{m}",
                    actor=f"writer-{n}",
                    data={"n": n},
                    at=datetime.now(UTC),
                    once=f"{n}-{m}",
                )
            except RetryableError:
                failed = 1
            with guard:
                took.append(time.perf_counter() - began)
                gave_up[0] += failed

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    found = {chain: ledger.entries(chain) for chain in set(chains)}
    return Measured(
        appended=sum(len(entries) for entries in found.values()),
        gave_up=gave_up[0],
        repeated=dynamodb.conflicts + dynamodb.lost,
        seconds=seconds,
        slowest_s=max(took),
        median_s=statistics.median(took[1:]),
        faults=sum(len(chain_faults(e, ledger.head(c))) for c, e in found.items()),
    )


def tell(what: str, found: Measured) -> None:
    print(
        f"{what:34} {found.appended:4} of {WRITERS * EACH} entered, {found.gave_up:3} gave up, "
        f"{found.repeated:5} repeated, {found.appended / found.seconds:5.0f} a second, median "
        f"{found.median_s:5.2f} s, slowest {found.slowest_s:5.2f} s, {found.faults} faults"
    )


def compare_writers() -> None:
    own = [f"change#{n}" for n in range(WRITERS)]
    shared = [f"run#{n}" for n in range(10)]
    now = adapter.ATTEMPTS, adapter.PAUSE_S
    for name, (attempts, pause_s) in (("before", BEFORE), ("now", now)):
        adapter.ATTEMPTS, adapter.PAUSE_S = attempts, pause_s
        tell(f"{name}: {WRITERS} writers, {WRITERS} chains", write_at_once(own))
        tell(f"{name}: {WRITERS} writers, 10 chains", write_at_once(shared))


def measure_checkpoint(chains: int = 100_000) -> None:
    """Build, digest, pack, unpack and compare the heads of a very large Organization."""
    heads = {
        name: Head(chain=name, seq=n % 20 + 1, hash=sha256_hex(name))
        for n in range(chains)
        if (name := f"change#{sha256_hex(str(n))[:26]}")
    }
    began = time.perf_counter()
    text = heads_text(heads)
    sha256_hex(text)
    packed = gzip.compress(text.encode(), mtime=0)
    built = time.perf_counter() - began
    began = time.perf_counter()
    again = read_heads(gzip.decompress(packed).decode(), "x")
    shrunk(heads, again, 2)
    checked = time.perf_counter() - began
    print(
        f"checkpoint of {chains:,} chains: {len(text) / 1e6:.1f} MB, packed "
        f"{len(packed) / 1e6:.1f} MB, built in {built:.1f} s, checked in {checked:.1f} s"
    )


if __name__ == "__main__":
    compare_writers()
    measure_checkpoint()
