"""Do many writers at once leave whole chains, with every entry in them, and nobody gives up?"""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.dynamodb import FakeDynamo
from tests.fakes.s3 import FakeS3
from trimtab.aws import ledger as adapter
from trimtab.aws.ledger import AwsLedger
from trimtab.domain.ledger import chain_faults, mirror_key

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
WRITERS = 24


class Crowded:
    """A writer's pause: let another one go on, without any time passing."""

    def __init__(self) -> None:
        self.pauses_s: list[float] = []
        self._turn = threading.Barrier(1)

    def __call__(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self._turn.wait()


def written(writers: int, chains: int, *, once: str | None = None) -> tuple[AwsLedger, Any, Any]:
    """Let writers append at the same time; return the ledger, its bucket, and what went wrong."""
    s3, errors, pause = FakeS3(), [], Crowded()
    ledger = AwsLedger(
        FakeDynamo(), s3, ledger_table="ledger", heads_table="heads", bucket="b", sleep=pause
    )
    start = threading.Barrier(writers)

    def write(n: int) -> None:
        start.wait()
        try:
            for m in range(3):
                ledger.append(
                    f"run#{n % chains}",
                    event="e",
                    actor=f"writer-{n}",
                    data={},
                    at=AT,
                    once=once or f"{n}-{m}",
                )
        except adapter.RetryableError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ledger, s3, errors


@pytest.mark.parametrize("chains", [1, 3, WRITERS])
def test_s17_many_writers_leave_whole_chains_with_every_entry(
    chains: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pauses take no time here, so tries have to stand for it: the benchmark measures real ones.
    monkeypatch.setattr(adapter, "ATTEMPTS", 100_000)
    ledger, s3, errors = written(WRITERS, chains)
    assert errors == []
    found = [ledger.entries(chain) for chain in ledger.chains()]
    for entries in found:
        assert chain_faults(entries, ledger.head(entries[0].chain)) == ()
    actors = sorted(entry.actor for entries in found for entry in entries)
    assert actors == sorted(f"writer-{n}" for n in range(WRITERS) for _ in range(3))
    keys = {mirror_key(entry.chain, entry.seq) for entries in found for entry in entries}
    assert set(s3.versions) == keys


def test_s6_many_writers_of_the_same_key_leave_one_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "ATTEMPTS", 100_000)
    ledger, _, errors = written(WRITERS, 1, once="same")
    assert (errors, len(ledger.entries("run#0"))) == ([], 1)


def test_the_pauses_grow_up_to_a_second_and_are_not_all_the_same() -> None:
    class AlwaysBusy(FakeDynamo):
        def transact_write_items(self, **asked: Any) -> None:
            self._busy.add(("heads", ("run#0",)))
            super().transact_write_items(**asked)

    pause = Crowded()
    ledger = AwsLedger(
        AlwaysBusy(), FakeS3(), ledger_table="ledger", heads_table="heads", bucket="b", sleep=pause
    )
    with pytest.raises(adapter.RetryableError, match="others were first"):
        ledger.append("run#0", event="e", actor="a", data={}, at=AT)
    assert len(pause.pauses_s) == adapter.ATTEMPTS - 1
    assert max(pause.pauses_s) <= adapter.PAUSE_AT_MOST_S
    assert len(set(pause.pauses_s)) > adapter.ATTEMPTS // 2
