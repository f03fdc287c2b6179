"""Which variables does each Lambda read? One frozen model per Lambda; infra takes the names from
here.

Nothing else reads the environment. A missing variable names itself. Plain dataclasses: the approval
page must start without pydantic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from trimtab.domain.errors import SettingsError

PREFIX = "TRIMTAB_"
NONE = "none"
"""What a setting says that is not used: an empty one would be one that was forgotten."""

S = TypeVar("S", bound="Settings")


def variable(field_name: str) -> str:
    """Return the environment variable behind a field: state_table -> TRIMTAB_STATE_TABLE."""
    return PREFIX + field_name.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every Lambda needs."""

    hub_id: str
    """Names this hub in every change id; two hubs never mix."""

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Return the names of the variables this Lambda reads."""
        return tuple(variable(f.name) for f in fields(cls))

    @classmethod
    def read(cls: type[S], environment: Mapping[str, str]) -> S:
        """Build the settings.

        Raises: SettingsError naming every variable that is missing or empty.
        """
        missing = [v for v in cls.variables() if not environment.get(v)]
        if missing:
            raise SettingsError(f"set {', '.join(missing)}: needed by {cls.__name__}")
        return cls(**{f.name: environment[variable(f.name)] for f in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings(Settings):
    ledger_table: str
    heads_table: str
    ledger_bucket: str
    """The mirror: log/<chain>/<seq>."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRoleSettings(Settings):
    read_role: str
    """Name of the read role in every member account."""
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverSettings(LedgerSettings):
    evidence_bucket: str
    bundle: str
    """Folder of the policy bundle, relative to the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings(ReadRoleSettings):
    evidence_bucket: str
    state_table: str
    """Of it the measured memory sizes alone."""
    bundle: str
    oidc_issuer: str
    """Who tells who somebody is; `none`: what asks for a sign-in stays in tickets."""
    scan_calls_per_s: str
    """Its share of the call budget per account and region (S21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings(LedgerSettings):
    evidence_bucket: str
    bundle: str
    state_table: str
    people_table: str
    ticket_queue_url: str
    delivery_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSettings(LedgerSettings):
    evidence_bucket: str
    bundle: str
    import_role: str
    """Name of the role in every member account that may import into its Security Hub."""
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSettings(LedgerSettings):
    ticket_api: str
    """Base address of the ticket sink, e.g. GitHub's API."""
    ticket_repository: str
    """owner/name"""
    ticket_secret: str
    """Secrets Manager id of the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSettings(LedgerSettings):
    state_table: str
    signing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings(LedgerSettings):
    state_table: str
    people_table: str
    evidence_bucket: str
    api_url: str
    """Base address of the approval page."""
    sender: str
    ticket_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings(LedgerSettings):
    state_table: str
    people_table: str
    signing_key: str
    """ARN of the asymmetric KMS key; this Lambda alone may sign."""
    api_url: str
    oidc_issuer: str
    """As the provider itself writes it; `none`: nobody can sign in."""
    oidc_client_id: str
    oidc_secret: str
    """Secrets Manager id of the client's secret; `none`: a public client, with PKCE alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideSettings(LedgerSettings):
    state_table: str
    signing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySettings(LedgerSettings):
    state_table: str
    people_table: str
    bundle: str
    oidc_issuer: str
    change_role: str
    """Name of the role in every member account that goes forward; an account may stop it."""
    restore_role: str
    """Name of the role that an undo runs through."""
    read_role: str
    """Name of the role that a function is judged anew through, before it is removed."""
    external_id: str
    signing_key: str
    apply_calls_per_s: str
    """Its share of the call budget per account and region (S21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings(LedgerSettings):
    state_table: str
    people_table: str
    bundle: str
    read_role: str
    external_id: str
    change_machine: str
    """ARN of the Change state machine: a regressed watch starts the undo there."""
    sender: str
    watch_calls_per_s: str
    """Its share of the call budget per account and region (S21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings(LedgerSettings):
    state_table: str
    signing_key: str
    change_machine: str
    """ARN of the Change state machine: what is gone is started again there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSettings(LedgerSettings):
    checkpoint_key: str
    """ARN of the asymmetric KMS key; this Lambda alone may sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorSettings(ReadRoleSettings):
    bundle: str
    oidc_issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings(LedgerSettings):
    vault_bucket: str
    """With {region} in its name: each region has a vault of its own."""
    vault_regions: str
    """Regions besides the hub's that have one, with commas between; `none`: no other has."""
    change_role: str
    external_id: str
    apply_calls_per_s: str
    """It reads in the place of apply, so it has its share of the call budget (S21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSettings(LedgerSettings):
    state_table: str
    """Of it the write leases alone."""
    vault_bucket: str
    vault_regions: str
    vault_days: str
    """How long the vault keeps a backup."""
    bundle: str
    """Of it the table of runtimes alone."""
    restore_role: str
    external_id: str
    apply_calls_per_s: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillSettings(LedgerSettings):
    state_table: str
    """Of it the write leases alone: of two drills at once one waits."""
    people_table: str
    evidence_bucket: str
    vault_bucket: str
    vault_regions: str
    vault_days: str
    bundle: str
    """Of it the owners, and the table of runtimes."""
    sandbox_account: str
    """Where drills restore into; `none`: backups are read back, and nothing is restored."""
    sandbox_role: str
    """Name of the role in that account that makes a drill's functions and removes them."""
    sandbox_function_role: str
    """Name of the role that those functions get: it may do nothing."""
    drill_size: str
    """How many backups a drill takes."""
    drill_days: str
    """How many days lie between two drills; `none`: nobody but a person asks for one."""
    external_id: str
    apply_calls_per_s: str
    sender: str


HANDLERS: Mapping[str, type[Settings]] = {
    "discover": DiscoverSettings,
    "scan": ScanSettings,
    "plan": PlanSettings,
    "ticket": TicketSettings,
    "deliver": DeliverSettings,
    "request": RequestSettings,
    "notify": NotifySettings,
    "approval": ApprovalSettings,
    "decide": DecideSettings,
    "apply": ApplySettings,
    "watch": WatchSettings,
    "reconcile": ReconcileSettings,
    "checkpoint": CheckpointSettings,
    "doctor": DoctorSettings,
    "backup": BackupSettings,
    "restore": RestoreSettings,
    "drill": DrillSettings,
}
"""Handler module -> its settings. infra builds one Lambda for each."""
