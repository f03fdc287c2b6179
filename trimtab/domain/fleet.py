"""What did we look at, and what could we not see? Targets, gaps, snapshots, the inventory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.evidence import Signals
from trimtab.domain.provisioned import ProvisionedState, nothing_provisioned


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a run looks, as fleet.yaml says it. Empty organizational_units: the whole
    Organization.
    """

    organizational_units: tuple[str, ...] = ()
    exclude_accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One member account and the OUs above it, nearest first."""

    id: str
    name: str
    organizational_units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An account that is not scanned on purpose, with the reason."""

    account: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that could not be read. Never dropped: no change where there is a gap (S8)."""

    account: str
    region: str
    what: str
    """'target' when nothing of it was read, else the page or call that failed."""
    error: str
    function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What discover found: the targets, each account once per region; who is left out; the gaps."""

    accounts: tuple[Account, ...]
    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What one version of a function is made of, with no secret in it (S16)."""

    code_sha256: str
    memory_mb: int
    timeout_s: int
    settings: Mapping[str, str]
    """Every other field that ListFunctions answers and that is not identity or state, as canonical
    JSON text. Nothing of the environment: a change of it shows in `last_modified_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for a version. `weights` is empty unless a second version takes some of it."""

    name: str
    version: str
    weights: Mapping[str, float]
    revision_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFunction:
    """One function as ListFunctions shows it."""

    function: FunctionArn
    configuration: Configuration
    revision_id: str
    last_modified_at: datetime
    runtime: str | None
    architecture: str
    package_type: str
    code_size_bytes: int
    ephemeral_storage_mb: int
    has_vpc: bool
    unknown_kind: str | None
    """Why this is a kind Trimtab does not know, judged on the raw answer; None for the plain
    kind.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What the listing tells besides: it becomes signals, and is kept and compared nowhere."""

    variables: tuple[str, ...] | None
    """The names of the environment variables, sorted, without values (S16); None when Lambda could
    not decrypt them."""
    secret_valued: tuple[str, ...]
    """The names of those whose values have the form of a secret, sorted; empty beside None."""
    has_description: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionState:
    """One function as read afresh, just before judging it deeply or changing it."""

    function: FunctionArn
    read_at: datetime
    configuration: Configuration
    revision_id: str
    last_modified_at: datetime
    state: str
    last_update_status: str
    unknown_kind: str | None
    tags: Mapping[str, str] | None
    """None when the tags could not be read."""
    aliases: tuple[Alias, ...]
    versions: Mapping[str, Configuration]
    """The configuration of each version that an alias serves."""
    same_environment: frozenset[str] = frozenset()
    """The versions in `versions` whose environment variables are proven equal to those of $LATEST.
    The values themselves never leave the adapter (S16)."""
    obstacles: tuple[str, ...] = ()
    """What forbids to publish and move an alias here, in words: SnapStart, provisioned
    concurrency.
    """
    runtime: str | None = None
    """None: a container image, which names none."""
    code_size_bytes: int = 0
    reserved_concurrency: int | None = None
    """None: nothing is reserved for it."""
    provisioned: tuple[ProvisionedState, ...] | None = None
    """By qualifier; None: it was not read."""

    @property
    def is_settled(self) -> bool:
        return self.state == "Active" and self.last_update_status == "Successful"


def provisioned_of(state: FunctionState, qualifier: str) -> ProvisionedState:
    """Return what is provisioned for one of its aliases or versions, be it nothing.

    Raises: ValueError when it was not read: not read is not nothing.
    """
    if state.provisioned is None:
        raise ValueError(f"{state.function}: what is provisioned was not read")
    found = (p for p in state.provisioned if p.qualifier == qualifier)
    return next(found, nothing_provisioned(qualifier))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One function as read during a scan, with its signals."""

    listed: ListedFunction
    as_of: datetime
    signals: Signals
    """As a policy of the longest lookback sees them."""
    shorter: Mapping[timedelta, Signals] = field(default_factory=dict)
    """As policies of shorter lookbacks see them."""

    def over(self, lookback: timedelta) -> Signals:
        """Return the signals as a policy of this lookback sees them."""
        return self.shorter.get(lookback, self.signals)

    @property
    def function(self) -> FunctionArn:
        return self.listed.function

    def __repr__(self) -> str:
        return f"Snapshot({self.function}, {len(self.signals)} signals)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All functions read of one target (or of one slice of it), and what was not read."""

    target: Target
    as_of: datetime
    snapshots: tuple[Snapshot, ...]
    gaps: tuple[Gap, ...]
    next_marker: str | None = None
    """Where to go on when the time ran out; None when the target is read to its end."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How many AWS calls were made, by operation."""
    asked: Mapping[str, int] = field(default_factory=dict)
    """Of how many functions each question was asked, by its name."""
    spared: Mapping[str, int] = field(default_factory=dict)
    """For how many of them an earlier answer was taken."""
