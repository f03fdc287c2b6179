"""Where do we look? Stage 1 of 8: scope → targets and gaps. Reads the Organization only."""

from trimtab.domain.fleet import Scope, Targets
from trimtab.ports import AccountSource


def discover(scope: Scope, accounts: AccountSource) -> Targets:
    """List every account in scope once per region; who is left out says why.

    Raises: OutsideError when the Organization cannot be read at all: a run that sees no account
    must fail loudly, not look clean.
    """
    return accounts.targets(scope)
