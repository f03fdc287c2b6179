"""What may each Lambda do? What its needs mean (`needs`); a handler gets these and nothing else.

What a need means is the same for every handler that has it. Where handlers differ (which items of
the state table, which calls on the evidence) a table by handler says so. tests/scenario holds what
is granted here against what the Lambdas really call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from infra.member import IMPORT_ACTIONS, own_product
from infra.names import (
    CHANGE_MACHINE,
    CHANGE_ROLE,
    IMPORT_ROLE,
    READ_ROLE,
    RESTORE_ROLE,
    SANDBOX_ROLE,
    TICKET_SECRET,
    machine_arn,
)
from infra.needs import EVIDENCE, FOLDERS, NEEDS, WRITTEN
from infra.state_access import SIGN_IN, STATE, OpenIndex, state_conditions
from infra.stores import MIRROR_FOLDERS, Stores
from infra.vault import Vault
from infra.vault_access import filling, opening

Statements = list[iam.PolicyStatement]

KMS_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"),
    "s3": ("Decrypt", "GenerateDataKey"),
    "sqs": ("Decrypt", "GenerateDataKey"),
    "secretsmanager": ("Decrypt",),
}
"""What a service does with a customer's key on behalf of the caller.

For DynamoDB the set that its guide asks for at rest; for S3 a data key to put, and to open it to
get; for SQS the same to send and to receive; for Secrets Manager to open. No emulator checks this:
the first deployment in a sandbox account does.
"""

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
    vault: Vault
    vault_regions: tuple[str, ...]
    """Regions besides the hub's that have a vault."""
    ticket_queue: sqs.Queue
    delivery_queue: sqs.Queue
    security_hub: str
    """Whose Security Hub may be told of findings: member, hub or off."""
    sender: str
    """The plain address that emails come from."""
    sandbox_account: str | None = None
    """Where drills restore into; None: nowhere."""
    has_sign_in: bool = False
    oidc_secret: str | None = None
    """Name of the client's secret."""


def statements_for(handler: str, reach: Reach) -> Statements:
    """Return the statements of one handler's role."""
    found = [statement for need in NEEDS[handler] for statement in BUILDERS[need](reach)]
    if handler in STATE:
        found += _state(handler, reach)
    if handler in EVIDENCE:
        found += _evidence(handler, reach)
    return found


def _ledger(reach: Reach) -> Statements:
    """Append to the chains, and read them. Never update or delete an entry."""
    stores = reach.stores
    return [
        _allow(["dynamodb:PutItem"], stores.ledger.table_arn, IN_A_TRANSACTION),
        _allow(["dynamodb:UpdateItem"], stores.heads.table_arn, IN_A_TRANSACTION),
        _allow(["dynamodb:Query"], stores.ledger.table_arn),
        _allow(["dynamodb:GetItem"], stores.heads.table_arn),
        _allow(["s3:GetObject", "s3:PutObject"], stores.mirror.arn_for_objects("log/*")),
        _use(stores.ledger_key, "dynamodb", "s3"),
    ]


def _open_chains(reach: Reach) -> Statements:
    """List the chains that were left open, also those that no execution knows of any more."""
    return [_allow(["dynamodb:Query"], f"{reach.stores.heads.table_arn}/index/open")]


def _days(reach: Reach) -> Statements:
    """List what was entered on a day: the changes that were closed of late."""
    return [_allow(["dynamodb:Query"], f"{reach.stores.ledger.table_arn}/index/by_day")]


def _of_function(reach: Reach) -> Statements:
    """List what was entered of a function: whether a backup of it is one of a quarantine."""
    return [_allow(["dynamodb:Query"], f"{reach.stores.ledger.table_arn}/index/by_function")]


def _read_ledger(reach: Reach) -> Statements:
    """Read entries and heads, all of them; write neither."""
    stores = reach.stores
    return [
        _allow(["dynamodb:Query"], stores.ledger.table_arn),
        _allow(["dynamodb:Scan"], stores.heads.table_arn),
        _use(stores.ledger_key, "dynamodb", "s3"),
    ]


def _fill_mirror(reach: Reach) -> Statements:
    """Read every version in the mirror, and add what is not there."""
    mirror = reach.stores.mirror
    objects = [mirror.arn_for_objects(f"{name}/*") for name in MIRROR_FOLDERS]
    return [
        iam.PolicyStatement(actions=["s3:GetObjectVersion", "s3:PutObject"], resources=objects),
        _allow(["s3:ListBucketVersions"], mirror.bucket_arn),
    ]


def _sign_checkpoints(reach: Reach) -> Statements:
    return [_allow(["kms:Sign", "kms:Verify"], reach.stores.checkpoint_key.key_arn)]


def _evidence(handler: str, reach: Reach) -> Statements:
    bucket, calls = reach.stores.evidence, EVIDENCE[handler]
    folders = FOLDERS.get(handler, ("runs",))
    where = {name: folders for name in calls} | {"PutObject": WRITTEN.get(handler, folders)}
    below = [f"{folder}/*" for folder in folders]
    statements = [
        iam.PolicyStatement(
            actions=[
                f"s3:{name}" for name in calls if name != "ListBucket" and where[name] == same
            ],
            resources=[bucket.arn_for_objects(f"{folder}/*") for folder in same],
        )
        for same in dict.fromkeys(where[name] for name in calls if name != "ListBucket")
    ]
    statements.append(_use(reach.stores.data_key, "s3"))
    if "ListBucket" in calls:
        listing = {"StringLike": {"s3:prefix": below}}
        statements.append(_allow(["s3:ListBucket"], bucket.bucket_arn, listing))
    return statements


def _state(handler: str, reach: Reach) -> Statements:
    """Allow a handler its own calls on the items it has to do with (`state_access`)."""
    table = reach.stores.state.table_arn
    statements = [_use(reach.stores.data_key, "dynamodb")]
    for access in STATE[handler]:
        if isinstance(access, OpenIndex):
            statements.append(_allow(["dynamodb:Query"], f"{table}/index/open"))
        else:
            actions = [f"dynamodb:{name}" for name in access.actions]
            statements.append(_allow(actions, table, state_conditions(access.prefixes)))
    return statements


def _read_names(reach: Reach) -> Statements:
    """Ask whom an id stands for, and not which id an address has."""
    return _names(reach, "person#")


def _name_people(reach: Reach) -> Statements:
    """Give people ids. Nobody here erases: that is a person's command."""
    table = reach.stores.people.table_arn
    put = _allow(["dynamodb:PutItem"], table, IN_A_TRANSACTION)
    return [*_names(reach, "address#"), put]


def _names(reach: Reach, *prefixes: str) -> Statements:
    table, conditions = reach.stores.people.table_arn, state_conditions(prefixes)
    return [
        _allow(["dynamodb:BatchGetItem"], table, conditions),
        _use(reach.stores.data_key, "dynamodb"),
    ]


def _organization(_: Reach) -> Statements:
    names = ["ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"]
    names += ["ListParents", "ListRoots"]
    return [_allow([f"organizations:{name}" for name in names], "*")]


def _price_list(_: Reach) -> Statements:
    """Read public prices. The action takes no ARN."""
    return [_allow(["pricing:GetProducts"], "*")]


def _read_role(_: Reach) -> Statements:
    return [_allow(["sts:AssumeRole"], _member_role(READ_ROLE))]


def _change_role(_: Reach) -> Statements:
    return [_allow(["sts:AssumeRole"], _member_role(CHANGE_ROLE))]


def _restore_role(_: Reach) -> Statements:
    return [_allow(["sts:AssumeRole"], _member_role(RESTORE_ROLE))]


def _sandbox_role(reach: Reach) -> Statements:
    """Enter the sandbox of the drills, and no other account."""
    if reach.sandbox_account is None:
        return []
    role = f"arn:{Aws.PARTITION}:iam::{reach.sandbox_account}:role/{SANDBOX_ROLE}"
    return [_allow(["sts:AssumeRole"], role)]


def _fill_vault(reach: Reach) -> Statements:
    return filling(reach.vault, reach.vault_regions)


def _open_vault(reach: Reach) -> Statements:
    return opening(reach.vault, reach.vault_regions)


def _send_tickets(reach: Reach) -> Statements:
    return _send(reach.ticket_queue, reach)


def _send_deliveries(reach: Reach) -> Statements:
    return _send(reach.delivery_queue, reach)


def _receive_tickets(reach: Reach) -> Statements:
    return _receive(reach.ticket_queue, reach)


def _receive_deliveries(reach: Reach) -> Statements:
    return _receive(reach.delivery_queue, reach)


def _send(queue: sqs.Queue, reach: Reach) -> Statements:
    return [_allow(["sqs:SendMessage"], queue.queue_arn), _use(reach.stores.data_key, "sqs")]


def _receive(queue: sqs.Queue, reach: Reach) -> Statements:
    names = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
    calls = _allow([f"sqs:{name}" for name in names], queue.queue_arn)
    return [calls, _use(reach.stores.data_key, "sqs")]


def _import_findings(reach: Reach) -> Statements:
    """Tell Security Hub, where a person switched that on."""
    if reach.security_hub == "member":
        return [_allow(["sts:AssumeRole"], _member_role(IMPORT_ROLE))]
    if reach.security_hub == "hub":
        return [_allow(list(IMPORT_ACTIONS), own_product())]
    return []


def _ticket_token(reach: Reach) -> Statements:
    secrets = f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret"
    return [
        # Secrets Manager adds a dash and six characters to every name.
        _allow(["secretsmanager:GetSecretValue"], f"{secrets}:{TICKET_SECRET}-??????"),
        _use(reach.stores.data_key, "secretsmanager"),
    ]


def _sign_in(reach: Reach) -> Statements:
    """Mark a sign-in as used and read the client's secret, where a provider is configured."""
    if not reach.has_sign_in:
        return []
    table, conditions = reach.stores.state.table_arn, state_conditions((SIGN_IN,))
    mark = _allow(["dynamodb:UpdateItem"], table, conditions)
    if reach.oidc_secret is None:
        return [mark]
    secrets = f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret"
    read = _allow(["secretsmanager:GetSecretValue"], f"{secrets}:{reach.oidc_secret}-??????")
    return [mark, read]


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


def _start_change(_: Reach) -> Statements:
    """Start a round's execution, or its undo, unless the one of before still runs."""
    executions = machine_arn(CHANGE_MACHINE).replace(":stateMachine:", ":execution:")
    return [
        _allow(["states:StartExecution"], machine_arn(CHANGE_MACHINE)),
        _allow(["states:DescribeExecution"], f"{executions}:*"),
    ]


BUILDERS: Mapping[str, Callable[[Reach], Statements]] = {
    "ledger": _ledger,
    "open_chains": _open_chains,
    "days": _days,
    "of_function": _of_function,
    "read_ledger": _read_ledger,
    "fill_mirror": _fill_mirror,
    "sign_checkpoints": _sign_checkpoints,
    "read_names": _read_names,
    "name_people": _name_people,
    "organization": _organization,
    "price_list": _price_list,
    "read_role": _read_role,
    "change_role": _change_role,
    "restore_role": _restore_role,
    "sandbox_role": _sandbox_role,
    "fill_vault": _fill_vault,
    "open_vault": _open_vault,
    "send_tickets": _send_tickets,
    "send_deliveries": _send_deliveries,
    "receive_tickets": _receive_tickets,
    "receive_deliveries": _receive_deliveries,
    "import_findings": _import_findings,
    "ticket_token": _ticket_token,
    "email": _email,
    "sign": _sign,
    "sign_in": _sign_in,
    "verify": _verify,
    "signal": _signal,
    "start_change": _start_change,
}


def _allow(
    actions: list[str], resource: str, conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)


def _use(key: kms.Key, *services: str) -> iam.PolicyStatement:
    """Let a service use the key on the role's behalf; the role itself cannot."""
    via = [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]
    names = {name for service in services for name in KMS_ACTIONS[service]}
    actions = sorted(f"kms:{name}" for name in names if f"{name}*" not in names)
    return _allow(actions, key.key_arn, {"StringEquals": {"kms:ViaService": via}})


def _member_role(name: str) -> str:
    """Return the role in whatever account: which accounts have it, and trust us, they decide."""
    return f"arn:{Aws.PARTITION}:iam::*:role/{name}"
