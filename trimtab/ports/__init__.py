"""What does the pipeline need from outside? Protocols only; adapters live in `aws` and `tickets`.

Every read may raise RetryableError or PermanentError (domain/errors.py); the stage that called
turns it into a gap or an unknown. Writes to a function raise WriteUnknownError when the answer was
lost or ambiguous, PermanentError when AWS surely refused before doing anything.
"""

from trimtab.ports.desk import (
    ApprovalDesk,
    Executions,
    Mailer,
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
    Workshop,
)
from trimtab.ports.record import Ledger, Mirror, Signer, Stored, Verifier

__all__ = [
    "AccountSource",
    "Actuator",
    "ApprovalDesk",
    "Clock",
    "Executions",
    "Fleet",
    "FunctionPage",
    "FunctionSource",
    "FunctionWrite",
    "Ledger",
    "Mailer",
    "MetricQuery",
    "Mirror",
    "People",
    "Point",
    "Queue",
    "ReportFigures",
    "RunStore",
    "SecurityHub",
    "Signer",
    "Stored",
    "TicketDesk",
    "Verifier",
    "Workshop",
]
