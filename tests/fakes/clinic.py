"""What do members and hub look like to the doctor? The real probes on fake clients, and a hub."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeClients, FakeCloud
from tests.fakes.fake_iam import FakeIam
from trimtab.aws.probes import AwsInside
from trimtab.domain.arn import Target
from trimtab.domain.checkup import DrillFacts, Instance, Lock, Mail, TableFacts
from trimtab.domain.errors import NotFoundError, OutsideError, PermanentError
from trimtab.flows.doctor import (
    CHANGE_ROLE,
    CHANGERS,
    READ_ROLE,
    READERS,
    RESTORE_ROLE,
    RESTORERS,
    SIMULATED,
)
from trimtab.flows.doctor_hub import DELEGATION, SCHEDULES
from trimtab.flows.trust import Hub
from trimtab.remediations import (
    BACKUP_ACTIONS,
    RESTORE_ACTIONS,
    all_iam_actions,
    restore_iam_actions,
)

HUB_ACCOUNT = "999999999999"
ORGANIZATION = "o-a1b2c3d4e5"
EXTERNAL_ID = "very-long-word"
TO_CHANGE = {*all_iam_actions(), *BACKUP_ACTIONS}
TO_RESTORE = {*restore_iam_actions(), *RESTORE_ACTIONS}
THE_HUB = Hub(account=HUB_ACCOUNT, external_id=EXTERNAL_ID, organization=ORGANIZATION)


def a_trust(
    roles: Sequence[str], *, external_id: str = EXTERNAL_ID, organization: str = ORGANIZATION
) -> Mapping[str, Any]:
    """Build what the member template makes."""
    arns = [f"arn:aws:iam::{HUB_ACCOUNT}:role/{role}" for role in roles]
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": f"arn:aws:iam::{HUB_ACCOUNT}:root"},
                "Condition": {
                    "ArnEquals": {"aws:PrincipalArn": arns},
                    "StringEquals": {
                        "aws:PrincipalOrgID": organization,
                        "sts:ExternalId": external_id,
                    },
                },
            }
        ]
    }


class _WithIam(FakeClients):
    """The clients of one target, IAM of its account among them."""

    def __init__(self, cloud: FakeCloud, target: Target, iam: FakeIam) -> None:
        super().__init__(cloud[target])
        self._clients["iam"] = iam


class FakeMembers:
    """Members whose doors are the real adapter over fake clients; all three roles are there."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self._iam: dict[str, FakeIam] = {}

    def iam(self, account: str) -> FakeIam:
        if account not in self._iam:
            made = self._iam[account] = FakeIam()
            made.add_role(READ_ROLE, a_trust(READERS), SIMULATED)
            made.add_role(CHANGE_ROLE, a_trust(CHANGERS), TO_CHANGE)
            made.add_role(RESTORE_ROLE, a_trust(RESTORERS), TO_RESTORE)
        return self._iam[account]

    def enter(self, target: Target) -> AwsInside:
        self._cloud.clients(target)
        clients = _WithIam(self._cloud, target, self.iam(target.account))
        return AwsInside(target, clients, partition="aws", clock=self._cloud.clock)


class FakeHubFacts:
    """A hub in order; each test changes what it is about. `refuse` makes one look fail."""

    def __init__(self) -> None:
        self.status = "UPDATE_COMPLETE"
        self.mail_facts = Mail(is_production=True, is_sending=True, is_sender_verified=True)
        self.states = dict.fromkeys(SCHEDULES, "ENABLED")
        self.groups: dict[str, int | None] = {"/aws/lambda/trimtab-scan": 400}
        table = TableFacts(status="ACTIVE", has_recovery=True, is_protected=True, key="arn:key")
        self.table_facts = {"LedgerTable": table, "StateTable": replace(table)}
        self.key_states = {"decisions": "Enabled"}
        self.lock_facts: Lock | None = Lock(mode="COMPLIANCE", days=400)
        self.services: tuple[str, ...] = (DELEGATION,)
        self.stacks: dict[str, tuple[Instance, ...]] = {}
        self.has_token = True
        self.subscribed = 1
        self.ran_at: datetime | None = NOW - timedelta(hours=2)
        self.drill_facts = DrillFacts(
            sandbox="7" * 12,
            every_days=7,
            last_at=NOW - timedelta(days=2),
            is_well=True,
            restored=3,
        )
        self.vault_faults: dict[str, str] = {}
        self._refused: dict[str, OutsideError] = {}

    def refuse(self, method: str, error: OutsideError | None = None) -> None:
        self._refused[method] = error or PermanentError(f"{method}: AccessDenied")

    def _seen(self, method: str, value: Any) -> Any:
        if method in self._refused:
            raise self._refused[method]
        return value

    def stack_status(self) -> str:
        return str(self._seen("stack_status", self.status))

    def mail(self) -> Any:
        return self._seen("mail", self.mail_facts)

    def schedules(self) -> Any:
        return self._seen("schedules", self.states)

    def log_groups(self) -> Any:
        return self._seen("log_groups", self.groups)

    def tables(self) -> Any:
        return self._seen("tables", self.table_facts)

    def keys(self) -> Any:
        return self._seen("keys", self.key_states)

    def lock(self) -> Any:
        return self._seen("lock", self.lock_facts)

    def delegations(self) -> Any:
        return self._seen("delegations", self.services)

    def instances(self, stack_set: str) -> Any:
        if stack_set not in self.stacks:
            raise NotFoundError(f"{stack_set}: StackSetNotFoundException")
        return self._seen("instances", self.stacks[stack_set])

    def has_own_token(self) -> bool:
        return bool(self._seen("has_own_token", self.has_token))

    def listeners(self) -> int:
        return int(self._seen("listeners", self.subscribed))

    def drills(self) -> DrillFacts:
        found: DrillFacts = self._seen("drills", self.drill_facts)
        return found

    def last_run_at(self) -> Any:
        return self._seen("last_run_at", self.ran_at)

    def vault(self, region: str) -> str | None:
        found: str | None = self._seen("vault", self.vault_faults.get(region))
        return found
