"""What in the deployed bundle is probably not meant stands in the log of every run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.builders import REGION
from tests.handlers.conftest import RUN, Hub
from tests.handlers.test_handlers import call
from trimtab import wiring


@pytest.fixture
def misspelt(hub: Hub) -> Iterator[None]:
    """Scan also a region that there is not."""
    fleet = Path(hub.environment["bundle"], "fleet.yaml")
    text = fleet.read_text()
    fleet.write_text(text.replace(REGION, f"{REGION}, eu-wset-2"))
    wiring.forget()
    yield
    fleet.write_text(text)
    wiring.forget()


@pytest.mark.usefixtures("misspelt")
def test_plan_logs_the_warnings_of_the_bundle(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    hub.scanned("orders")
    with caplog.at_level(logging.WARNING):
        call(hub, "plan", {"run_id": RUN})
    told = [vars(record)["warning"] for record in caplog.records if record.getMessage() == "policy"]
    assert len(told) == 1
    assert told[0].startswith("fleet.yaml:3:24: unknown region 'eu-wset-2': did you mean")
