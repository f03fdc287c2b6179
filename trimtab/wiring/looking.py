"""What stands behind `trimtab scan` and `trimtab explain`? Plain credentials, and no hub."""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from trimtab.domain.errors import InputError, PermanentError
from trimtab.ports import AccountSource, Clock, Fleet, PriceSource
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.aws.sessions import HubSession

SESSION_NAME = "trimtab-scan"
"""Shows in the CloudTrail of every account that is looked at."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """Everything that looking asks of AWS."""

    home: Callable[[], str]
    """The account of the caller's credentials."""
    accounts: AccountSource
    fleet: Callable[[Mapping[str, str], Mapping[str, str]], Fleet]
    """Takes roles and external ids, both by account."""
    prices: PriceSource
    clock: Clock


def lookout(region: str) -> Lookout:
    """Build it on the credentials of this shell; `region` is for the calls that are of no region.

    Raises: InputError when the shell has no credentials, or names a profile that is not there.
    """
    from trimtab.aws.organizations import AwsAccountSource
    from trimtab.aws.prices import AwsPriceSource
    from trimtab.aws.visits import AwsVisits, caller_of

    session, clock = _session(region), parts.clock()
    home = cache(lambda: caller_of(session))
    return Lookout(
        home=home,
        accounts=AwsAccountSource(session.lazy("organizations")),
        fleet=lambda roles, external_ids: AwsVisits(
            session,
            home=home,
            roles=roles,
            external_ids=external_ids,
            session_name=SESSION_NAME,
            clock=clock,
        ),
        prices=AwsPriceSource(session),
        clock=clock,
    )


def _session(region: str) -> "HubSession":
    from trimtab.aws.budget import BRIEF_BURST
    from trimtab.aws.errors import reading
    from trimtab.aws.sessions import HubSession

    own = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    session = HubSession(region=own or region, lambda_burst=BRIEF_BURST)
    try:
        with reading("the AWS settings of this shell"):
            session.client("sts")
            found = session.botocore.get_credentials()
    except (PermanentError, ValueError) as error:
        why = str(error.__cause__ or error).rstrip(".")
        raise InputError(f"{why}: name your profile in AWS_PROFILE") from error
    if found is None:
        raise InputError(
            "there are no AWS credentials in this shell: name a profile in AWS_PROFILE, or sign in"
        )
    return session


def at_once(work: Callable[[T], U], items: Sequence[T], *, threads: int) -> Iterator[U]:
    """Run a function on many things in threads, and yield each answer as it comes."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        for done in as_completed([pool.submit(work, item) for item in items]):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
