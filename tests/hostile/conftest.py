"""How does a test get the Lambda of the approval page over the fakes, with its log in hand?"""

import logging
from collections.abc import Callable, Iterator

import pytest

import handlers.approval
from tests.hostile.stand import Stand, WatchedDesk
from trimtab import wiring

StandFor = Callable[..., Stand]


@pytest.fixture
def stand_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandFor]:
    """Build a stand over a given desk; the Lambda serves the one built last."""
    written = handlers.approval.logger.registered_handler
    assert isinstance(written, logging.StreamHandler)
    usual = written.stream

    def built(desk: WatchedDesk | None = None) -> Stand:
        stand = Stand(desk)
        monkeypatch.setattr(wiring, "approval_desk", lambda: stand.page)
        written.setStream(stand.log)
        return stand

    yield built
    written.setStream(usual)


@pytest.fixture
def stand(stand_for: StandFor) -> Stand:
    return stand_for()
