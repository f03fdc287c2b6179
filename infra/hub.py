"""What is in the hub's stack, and what is handed from one part to the next?"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import Aws
from constructs import Construct

from infra.alarms import Alarms
from infra.api import ApprovalApi
from infra.assets import POLICIES, Code
from infra.auditor import AuditorRole
from infra.dashboard import Dashboard
from infra.functions import Functions
from infra.machines import Machines
from infra.names import (
    CHANGE_MACHINE,
    CHANGE_ROLE,
    HUB_STACK,
    IMPORT_ROLE,
    READ_ROLE,
    RESTORE_ROLE,
    SANDBOX_FUNCTION_ROLE,
    SANDBOX_ROLE,
    TICKET_SECRET,
    VAULT_BUCKET,
    machine_arn,
)
from infra.options import Options
from infra.parameters import given, organization_of
from infra.permissions import Reach
from infra.schedules import Schedules
from infra.stacksets import MemberRoles
from infra.stores import Stores
from infra.tickets import Deliveries, Tickets
from infra.vault import Vault
from trimtab.settings import NONE

CALLS_PER_S = {"scan": 3.0, "apply": 1.0, "watch": 1.0}
"""How the five calls per second that Trimtab takes of an account's and region's fifteen are split,
for good (S21). Source: Lambda quotas, Lambda developer guide, read 2026-11: control plane requests,
15 per second together, shared with the customer's own deployments."""


class HubStack(cdk.Stack):
    """Everything that runs in the hub account."""

    def __init__(self, scope: Construct, *, options: Options, code: Code) -> None:
        super().__init__(
            scope,
            HUB_STACK,
            stack_name=HUB_STACK,
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._options = options
        self._sender = self._given("Sender", options.sender, "Address that emails come from")
        self._external_id = self._given(
            "ExternalId", options.external_id, "What the hub says when it assumes a member role"
        )
        self._organization = organization_of(self, options)
        self.stores = Stores(self, production=options.production)
        self.vault = Vault(
            self,
            days=options.vault_days,
            organization_id=self._organization,
            sandbox=options.sandbox_account,
        )
        self.tickets = Tickets(self, key=self.stores.data_key)
        self.deliveries = Deliveries(self, key=self.stores.data_key)
        self.api = ApprovalApi(self, key=self.stores.data_key)
        self.functions = self._functions(code)
        self.tickets.feed(self.functions.by_handler["ticket"], batch=10)
        self.deliveries.feed(self.functions.by_handler["deliver"], batch=1, at_once=5)
        self.api.route_to(self.functions.by_handler["approval"])
        self.machines = Machines(self, functions=self.functions, stores=self.stores)
        self._schedules_and_alarms()
        if options.auditor_principals:
            AuditorRole(self, principals=options.auditor_principals, stores=self.stores)
        if options.target_ous:
            self._member_roles(options.target_ous)
        self._outputs()

    def _functions(self, code: Code) -> Functions:
        stores, tickets, options = self.stores, self.tickets, self._options
        values = {
            "hub_id": options.hub_id or f"{Aws.ACCOUNT_ID}-{Aws.REGION}",
            "ledger_table": stores.ledger.table_name,
            "heads_table": stores.heads.table_name,
            "ledger_bucket": stores.mirror.bucket_name,
            "state_table": stores.state.table_name,
            "people_table": stores.people.table_name,
            "evidence_bucket": stores.evidence.bucket_name,
            "bundle": POLICIES,
            "read_role": READ_ROLE,
            "change_role": CHANGE_ROLE,
            "restore_role": RESTORE_ROLE,
            "import_role": IMPORT_ROLE,
            "external_id": self._external_id,
            "vault_bucket": VAULT_BUCKET,
            "vault_days": str(options.vault_days),
            "sandbox_account": options.sandbox_account or NONE,
            "sandbox_role": SANDBOX_ROLE,
            "sandbox_function_role": SANDBOX_FUNCTION_ROLE,
            "drill_size": str(options.drill_size),
            "drill_days": NONE if options.drill_days is None else str(options.drill_days),
            "vault_regions": ",".join(options.vault_regions) or NONE,
            "change_machine": machine_arn(CHANGE_MACHINE),
            "signing_key": stores.signing_key.key_arn,
            "checkpoint_key": stores.checkpoint_key.key_arn,
            "api_url": self.api.url,
            "oidc_issuer": options.oidc_issuer or NONE,
            "oidc_client_id": options.oidc_client_id or NONE,
            "oidc_secret": options.oidc_secret or NONE,
            "sender": self._sender,
            **{f"{w}_calls_per_s": str(n * options.pace) for w, n in CALLS_PER_S.items()},
            "ticket_queue_url": tickets.queue.queue_url,
            "ticket_secret": TICKET_SECRET,
            "delivery_queue_url": self.deliveries.queue.queue_url,
            "ticket_api": options.ticket_api,
            "ticket_repository": self._given(
                "TicketRepository", options.ticket_repository, "Where issues are opened: owner/name"
            ),
        }
        reach = Reach(
            stores=stores,
            vault=self.vault,
            vault_regions=options.vault_regions,
            ticket_queue=tickets.queue,
            delivery_queue=self.deliveries.queue,
            security_hub=options.security_hub,
            sender=self._sender,
            sandbox_account=options.sandbox_account,
            has_sign_in=options.oidc_issuer is not None,
            oidc_secret=options.oidc_secret,
        )
        return Functions(self, code=code, values=values, reach=reach, reserves=options.reserve)

    def _schedules_and_alarms(self) -> None:
        functions = self.functions.by_handler
        schedules = Schedules(
            self,
            scan=self.machines.scan,
            functions=functions,
            scan_expression=self._options.schedule,
            drill_days=self._options.drill_days,
            key=self.stores.data_key,
        )
        machines = {"scan-machine": self.machines.scan, "change-machine": self.machines.change}
        dead_letters = {
            "tickets": self.tickets.dead_letters,
            "deliveries": self.deliveries.dead_letters,
            "schedules": schedules.dead_letters,
        }
        alarms = Alarms(
            self,
            functions=functions,
            api=self.api,
            machines=machines,
            dead_letters=dead_letters,
            drill_days=self._options.drill_days,
            key=self.stores.data_key,
        )
        Dashboard(
            self,
            functions=functions,
            machines=machines,
            dead_letters=dead_letters,
            alarms=alarms.all,
        )

    def _member_roles(self, target_ous: tuple[str, ...]) -> None:
        options = self._options
        change_ous = target_ous if options.change_ous is None else options.change_ous
        MemberRoles(
            self,
            read_ous=target_ous,
            change_ous=change_ous,
            import_ous=target_ous if options.security_hub == "member" else (),
            restore_ous=change_ous if options.restore_ous is None else options.restore_ous,
            organization_id=str(self._organization),
            external_id=self._external_id,
        )

    def _given(self, parameter: str, value: str | None, description: str) -> str:
        return given(self, parameter, value, description)

    def _outputs(self) -> None:
        stores = self.stores
        outputs = {
            "ScanMachineArn": self.machines.scan.state_machine_arn,
            "ChangeMachineArn": self.machines.change.state_machine_arn,
            "ApiUrl": self.api.url,
            "LedgerTable": stores.ledger.table_name,
            "HeadsTable": stores.heads.table_name,
            "StateTable": stores.state.table_name,
            "PeopleTable": stores.people.table_name,
            "EvidenceBucket": stores.evidence.bucket_name,
            "LedgerBucket": stores.mirror.bucket_name,
            "VaultBucket": self.vault.bucket.bucket_name,
            "VaultRegions": ",".join(self._options.vault_regions) or NONE,
            "TicketQueueUrl": self.tickets.queue.queue_url,
            "SigningKeyArn": stores.signing_key.key_arn,
            "CheckpointKeyArn": stores.checkpoint_key.key_arn,
        }
        for handler, function in self.functions.by_handler.items():
            outputs[f"{handler.title()}FunctionName"] = function.function_name
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
