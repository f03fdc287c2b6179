"""What may each Lambda do? A table of needs per handler; a handler gets these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from infra.names import CHANGE_MACHINE, CHANGE_ROLE, READ_ROLE, TICKET_SECRET, machine_arn
from infra.stores import Stores

Statements = list[iam.PolicyStatement]

NEEDS: Mapping[str, tuple[str, ...]] = {
    "discover": ("ledger", "evidence", "organization"),
    "scan": ("evidence", "read_role"),
    "plan": ("ledger", "evidence", "state", "send_tickets"),
    "ticket": ("ledger", "receive_tickets", "ticket_token"),
    "request": ("ledger", "state", "signal"),
    "notify": ("ledger", "evidence", "state", "email"),
    "approval": ("ledger", "state", "sign", "signal"),
    "decide": ("ledger", "state"),
    "apply": ("ledger", "state", "verify", "change_role"),
    "watch": ("ledger", "state", "read_role", "start_undo", "email"),
    "reconcile": ("ledger", "all_chains", "state", "signal"),
    "doctor": ("organization", "read_role"),
}

IN_A_TRANSACTION = {
    "ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}
}
"""A write outside a transaction could replace an entry without moving the chain's head.

Source: "Using IAM with DynamoDB transactions", Amazon DynamoDB Developer Guide,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html,
read 2026-11-21.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the statements point to."""

    stores: Stores
    ticket_queue: sqs.Queue
    sender: str
    """The plain address that emails come from."""


def statements_for(handler: str, reach: Reach) -> Statements:
    """Return the statements of one handler's role."""
    return [statement for need in NEEDS[handler] for statement in BUILDERS[need](reach)]


def _ledger(reach: Reach) -> Statements:
    """Append to the chains, and read them. Never update or delete an entry."""
    stores = reach.stores
    return [
        _allow(["dynamodb:PutItem"], stores.ledger.table_arn, IN_A_TRANSACTION),
        _allow(["dynamodb:UpdateItem"], stores.heads.table_arn, IN_A_TRANSACTION),
        _allow(["dynamodb:GetItem", "dynamodb:Query"], stores.ledger.table_arn),
        _allow(["dynamodb:GetItem"], stores.heads.table_arn),
        _allow(["s3:GetObject", "s3:PutObject"], stores.mirror.arn_for_objects("log/*")),
        _use(stores.ledger_key, "dynamodb", "s3"),
    ]


def _all_chains(reach: Reach) -> Statements:
    """Walk every chain, also one that no execution knows of any more."""
    tables = (reach.stores.ledger, reach.stores.heads)
    return [_allow(["dynamodb:Scan"], table.table_arn) for table in tables]


def _evidence(reach: Reach) -> Statements:
    bucket = reach.stores.evidence
    return [
        _allow(["s3:GetObject", "s3:PutObject"], bucket.arn_for_objects("runs/*")),
        _allow(["s3:ListBucket"], bucket.bucket_arn, {"StringLike": {"s3:prefix": "runs/*"}}),
        _use(reach.stores.data_key, "s3"),
    ]


def _state(reach: Reach) -> Statements:
    table = reach.stores.state.table_arn
    writes = ["PutItem", "UpdateItem", "DeleteItem"]
    reads = ["GetItem", "BatchGetItem", "Query"]
    return [
        _allow([f"dynamodb:{name}" for name in (*reads, *writes)], table),
        _allow(["dynamodb:Query"], f"{table}/index/open"),
        _use(reach.stores.data_key, "dynamodb"),
    ]


def _organization(_: Reach) -> Statements:
    names = ["ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"]
    names += ["ListParents", "ListRoots"]
    return [_allow([f"organizations:{name}" for name in names], "*")]


def _read_role(_: Reach) -> Statements:
    return [_allow(["sts:AssumeRole"], _member_role(READ_ROLE))]


def _change_role(_: Reach) -> Statements:
    return [_allow(["sts:AssumeRole"], _member_role(CHANGE_ROLE))]


def _send_tickets(reach: Reach) -> Statements:
    return [
        _allow(["sqs:SendMessage"], reach.ticket_queue.queue_arn),
        _use(reach.stores.data_key, "sqs"),
    ]


def _receive_tickets(reach: Reach) -> Statements:
    names = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"]
    return [
        _allow([f"sqs:{name}" for name in names], reach.ticket_queue.queue_arn),
        _use(reach.stores.data_key, "sqs"),
    ]


def _ticket_token(reach: Reach) -> Statements:
    secrets = f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret"
    return [
        # Secrets Manager adds a dash and six characters to every name.
        _allow(["secretsmanager:GetSecretValue"], f"{secrets}:{TICKET_SECRET}-??????"),
        _use(reach.stores.data_key, "secretsmanager"),
    ]


def _email(reach: Reach) -> Statements:
    identities = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:identity/*"
    only_ours = {"StringEquals": {"ses:FromAddress": reach.sender}}
    return [_allow(["ses:SendEmail"], identities, only_ours)]


def _sign(reach: Reach) -> Statements:
    return [_allow(["kms:Sign"], reach.stores.signing_key.key_arn)]


def _verify(reach: Reach) -> Statements:
    return [_allow(["kms:Verify"], reach.stores.signing_key.key_arn)]


def _signal(_: Reach) -> Statements:
    """Answer a waiting task. The action has no resource type: the token is the permission."""
    return [_allow(["states:SendTaskSuccess"], "*")]


def _start_undo(_: Reach) -> Statements:
    """Start an undo, and see whether the one of before still runs."""
    executions = machine_arn(CHANGE_MACHINE).replace(":stateMachine:", ":execution:")
    return [
        _allow(["states:StartExecution"], machine_arn(CHANGE_MACHINE)),
        _allow(["states:DescribeExecution"], f"{executions}:*"),
    ]


BUILDERS: Mapping[str, Callable[[Reach], Statements]] = {
    "ledger": _ledger,
    "all_chains": _all_chains,
    "evidence": _evidence,
    "state": _state,
    "organization": _organization,
    "read_role": _read_role,
    "change_role": _change_role,
    "send_tickets": _send_tickets,
    "receive_tickets": _receive_tickets,
    "ticket_token": _ticket_token,
    "email": _email,
    "sign": _sign,
    "verify": _verify,
    "signal": _signal,
    "start_undo": _start_undo,
}


def _allow(
    actions: list[str], resource: str, conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)


def _use(key: kms.Key, *services: str) -> iam.PolicyStatement:
    """Let a service use the key on the role's behalf; the role itself cannot."""
    via = [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"]
    actions += ["kms:GenerateDataKey*", "kms:ReEncrypt*"]
    return _allow(actions, key.key_arn, {"StringEquals": {"kms:ViaService": via}})


def _member_role(name: str) -> str:
    """Return the role in whatever account: which accounts have it, and trust us, they decide."""
    return f"arn:{Aws.PARTITION}:iam::*:role/{name}"
