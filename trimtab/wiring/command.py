"""How does the command line find a deployed hub? By the outputs of its stack."""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.domain.errors import InputError, OutsideError, PermanentError
from trimtab.domain.person import nameless
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger, Mirror, People, RunStore
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.aws.sessions import HubSession

HUB_STACK = "trimtab-hub"
OUTPUTS = (
    "LedgerTable",
    "HeadsTable",
    "LedgerBucket",
    "StateTable",
    "PeopleTable",
    "EvidenceBucket",
    "ChangeMachineArn",
    "CheckpointKeyArn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A deployed hub, for the command line."""

    ledger: Ledger
    desk: ApprovalDesk
    people: People
    executions: Executions
    store: RunStore
    clock: Clock
    caller: Callable[[], str]
    """Asks who the caller is: an ARN, as STS names it."""
    mirror: Mirror
    checkpoint_key: Callable[[], bytes]
    """Asks for the public half of the key that signs checkpoints, as PEM."""

    def actor(self) -> str:
        """Return the caller's id, for the record.

        Where the name table cannot be used, as by a role that may not: the caller's role, without
        the person. A freeze or an undo waits for no name; CloudTrail has it.
        """
        caller = self.caller()
        try:
            return self.people.ids((caller,))[caller]
        except OutsideError:
            return nameless(caller)


def hub_of(stack: str) -> Hub:
    """Find a hub by the outputs of its stack, with the caller's own AWS credentials.

    Raises: InputError when the shell has no region or credentials, or the stack is no hub;
    OutsideError when the stack cannot be read; it names the stack.
    """
    from trimtab.aws.desk import AwsApprovalDesk
    from trimtab.aws.evidence import S3RunStore
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.ledger import AwsLedger
    from trimtab.aws.mirror import S3Mirror
    from trimtab.aws.people import AwsPeople

    session = shell_session()
    out = hub_outputs(session, stack)
    dynamodb, s3 = session.client("dynamodb"), session.client("s3")
    return Hub(
        ledger=AwsLedger(
            dynamodb,
            s3,
            ledger_table=out["LedgerTable"],
            heads_table=out["HeadsTable"],
            bucket=out["LedgerBucket"],
        ),
        desk=AwsApprovalDesk(dynamodb, table=out["StateTable"]),
        people=AwsPeople(dynamodb, table=out["PeopleTable"]),
        executions=AwsExecutions(
            session.client("stepfunctions"), change_machine=out["ChangeMachineArn"]
        ),
        store=S3RunStore(s3, bucket=out["EvidenceBucket"]),
        clock=parts.clock(),
        caller=lambda: _caller(session),
        mirror=S3Mirror(s3, bucket=out["LedgerBucket"]),
        checkpoint_key=lambda: _public_key(session, out["CheckpointKeyArn"]),
    )


def bucket_mirror(bucket: str) -> Mirror:
    """Read a mirror bucket with the caller's own AWS credentials, without any stack."""
    from trimtab.aws.mirror import S3Mirror

    return S3Mirror(shell_session().client("s3"), bucket=bucket)


def _public_key(session: "HubSession", key: str) -> bytes:
    from trimtab.aws.public_key import public_key_pem

    return public_key_pem(session.client("kms"), key)


def shell_session() -> "HubSession":
    """Build the session of this shell: AWS_REGION, AWS_DEFAULT_REGION or the profile's region.

    Raises: InputError when there is no region, no profile of that name, or no credentials.
    """
    from trimtab.aws.errors import reading
    from trimtab.aws.sessions import HubSession

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    session = HubSession(region=region)
    try:
        with reading("the AWS settings of this shell"):
            session.client("cloudformation")
            found = session.botocore.get_credentials()
    except (PermanentError, ValueError) as error:
        raise InputError(
            f"{str(error.__cause__ or error).rstrip('.')}: name the hub's region in AWS_REGION and "
            "your profile in AWS_PROFILE"
        ) from error
    if found is None:
        raise InputError(
            "there are no AWS credentials in this shell: name a profile of the hub account in "
            "AWS_PROFILE, or sign in"
        )
    return session


def hub_outputs(session: "HubSession", stack: str) -> Mapping[str, str]:
    """Return the outputs of a hub's stack.

    Raises: InputError when the stack is no hub; OutsideError when it cannot be read.
    """
    from trimtab.aws.stacks import stack_outputs

    out = stack_outputs(session.client("cloudformation"), stack)
    missing = [name for name in OUTPUTS if name not in out]
    if missing:
        raise InputError(
            f"stack {stack} is no Trimtab hub, or an old one: it has no output "
            f"{', '.join(missing)}. Name the right one with --stack, or deploy it anew."
        )
    return out


def _caller(session: "HubSession") -> str:
    from trimtab.aws.errors import reading

    with reading("sts:GetCallerIdentity"):
        return str(session.client("sts").get_caller_identity()["Arn"])
