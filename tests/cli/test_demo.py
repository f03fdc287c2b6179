"""Does the demo end in order on every signal, and does its past have whole minutes?"""

import signal
import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest

from trimtab.local.demo.fill import write_past
from trimtab.local.demo.fleet import DemoFunction

IGNORED_AT_FIRST = """
import signal, sys, time
for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(ending, signal.SIG_IGN)
from trimtab.cli.demo import Stopped, stop_on_signals
stop_on_signals()
try:
    print("ready", flush=True)
    time.sleep(60)
except Stopped:
    signal.raise_signal(signal.SIGTERM)
    print("cleaned up", flush=True)
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_ends_it_once_and_the_clean_up_is_not_disturbed(
    ending: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", IGNORED_AT_FIRST], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(ending)
        assert running.stdout.read() == "cleaned up\n"
    assert running.returncode == 0


class Recorder:
    """Stands for the embedded AWS, as far as it is given metrics."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def client(self, service: str, account: str, region: str) -> "Recorder":
        assert service == "cloudwatch"
        return self

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        self.rows += MetricData

    def control(self, name: str, body: dict[str, Any]) -> None:
        raise AssertionError(f"nothing here is controlled by {name}")


def test_the_past_has_one_value_for_each_whole_minute() -> None:
    function = DemoFunction(
        account="2" * 12, region="eu-west-1", name="orders", memory_mb=3008, timeout_s=30
    )
    recorder = Recorder()
    write_past(recorder, [function], asked=[function])  # type: ignore[arg-type]
    moments = [r["Timestamp"] for r in recorder.rows if r["MetricName"] == "Invocations"]
    assert all((at.second, at.microsecond) == (0, 0) for at in moments)
    by_minute: dict[Any, int] = defaultdict(int)
    for at in moments:
        by_minute[at] += 1
    assert set(by_minute.values()) == {1}
