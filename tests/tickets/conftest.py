"""Which stand-in do the ticket tests talk to? Each test its own, with GitHub's contract."""

from collections.abc import Iterator

import pytest

from tools.github_openapi import DescriptionError, write
from trimtab.local.github import GitHubStandIn
from trimtab.tickets.github import GitHubTicketDesk

REPOSITORY = "example/fleet"


@pytest.fixture(scope="session")
def description() -> str | None:
    """Fetch GitHub's description once; the reason why not, where it cannot be had."""
    try:
        write()
    except (DescriptionError, OSError) as error:
        return str(error)
    return None


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def github(log: list[str], description: str | None) -> Iterator[GitHubStandIn]:
    standin = GitHubStandIn(log=log.append)
    yield standin
    standin.stop()
    faults = [line for line in log if "its own answer" in line]
    assert not faults, faults


@pytest.fixture
def desk(github: GitHubStandIn) -> GitHubTicketDesk:
    return GitHubTicketDesk(base_url=github.url, repository=REPOSITORY, token="token-1")
