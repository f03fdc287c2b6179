"""What does the pipeline need from outside? Protocols only; adapters live in `aws` and `tickets`.

Every read may raise RetryableError or PermanentError (domain/errors.py); the stage that called
turns it into a gap or an unknown. Writes to a function raise WriteUnknownError when the answer was
lost or ambiguous, PermanentError when AWS surely refused before doing anything.
"""

from trimtab.ports.capacity import (
    DAY_S,
    USE_DAYS,
    AccountSettings,
    CapacitySource,
    LateSeries,
    LogGroup,
    ProvisionedConcurrency,
    PublishedVersion,
)
from trimtab.ports.desk import (
    ApprovalDesk,
    Executions,
    Mailer,
    MemoryRecords,
    People,
    Queue,
    RunStore,
    SecurityHub,
    TicketDesk,
)
from trimtab.ports.fleet import (
    AccountSource,
    Actuator,
    Clock,
    Fleet,
    FunctionPage,
    FunctionSource,
    FunctionWrite,
    MetricQuery,
    Point,
    ReportFigures,
    Surroundings,
    Workshop,
)
from trimtab.ports.prices import Offer, PriceSource
from trimtab.ports.reach import (
    AsyncSettings,
    EventSource,
    FunctionUrl,
    ReachSource,
    ResourcePolicy,
    Role,
    Rule,
    Schedule,
)
from trimtab.ports.record import Ledger, Mirror, Signer, Stored, Verifier
from trimtab.ports.triggers import Hidden, Named, Pointer, Seen, TriggerSource, Wide

__all__ = [
    "DAY_S",
    "USE_DAYS",
    "AccountSettings",
    "AccountSource",
    "Actuator",
    "ApprovalDesk",
    "AsyncSettings",
    "CapacitySource",
    "Clock",
    "EventSource",
    "Executions",
    "Fleet",
    "FunctionPage",
    "FunctionSource",
    "FunctionUrl",
    "FunctionWrite",
    "Hidden",
    "LateSeries",
    "Ledger",
    "LogGroup",
    "Mailer",
    "MemoryRecords",
    "MetricQuery",
    "Mirror",
    "Named",
    "Offer",
    "People",
    "Point",
    "Pointer",
    "PriceSource",
    "ProvisionedConcurrency",
    "PublishedVersion",
    "Queue",
    "ReachSource",
    "ReportFigures",
    "ResourcePolicy",
    "Role",
    "Rule",
    "RunStore",
    "Schedule",
    "SecurityHub",
    "Seen",
    "Signer",
    "Stored",
    "Surroundings",
    "TicketDesk",
    "TriggerSource",
    "Verifier",
    "Wide",
    "Workshop",
]
