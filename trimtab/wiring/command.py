"""How does the command line find a deployed hub? By the outputs of its stack."""

# ruff: noqa: PLC0415 - imports stand where they are paid for

from dataclasses import dataclass

from trimtab.ports import ApprovalDesk, Executions, Ledger
from trimtab.wiring import parts

HUB_STACK = "trimtab-hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A deployed hub, for the command line."""

    ledger: Ledger
    desk: ApprovalDesk
    executions: Executions


def hub_of(stack: str) -> Hub:
    """Find a hub by the outputs of its stack, with the caller's own AWS credentials.

    Raises: OutsideError when the stack cannot be read; it names the stack.
    """
    from trimtab.aws.desk import AwsApprovalDesk
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.ledger import AwsLedger
    from trimtab.aws.stacks import stack_outputs

    out = stack_outputs(parts.hub().client("cloudformation"), stack)
    dynamodb = parts.hub().client("dynamodb")
    return Hub(
        ledger=AwsLedger(
            dynamodb,
            parts.hub().client("s3"),
            ledger_table=out["LedgerTable"],
            heads_table=out["HeadsTable"],
            bucket=out["LedgerBucket"],
        ),
        desk=AwsApprovalDesk(dynamodb, table=out["StateTable"]),
        executions=AwsExecutions(
            parts.hub().client("stepfunctions"), change_machine=out["ChangeMachineArn"]
        ),
    )
