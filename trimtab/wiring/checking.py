"""What stands behind the check-up: of the members in a Lambda, of the hub on the command line?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.errors import InputError, NotFoundError, OutsideError
from trimtab.domain.ledger import run_chain
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.aws.hub_facts import AwsHubFacts
    from trimtab.domain.checkup import Check
    from trimtab.domain.fleet import Account
    from trimtab.domain.run import Running
    from trimtab.flows import doctor, doctor_hub
    from trimtab.ports import ApprovalDesk, Clock
    from trimtab.wiring.command import Hub

MACHINES = ("ScanMachineArn", "ChangeMachineArn")
LAMBDA_S = 300
"""As long as the doctor Lambda may run: `infra.functions.SIZES`."""


def doctor_bench(context: Any, *, organization: str | None) -> "doctor.Bench":
    from trimtab.aws.organizations import AwsAccountSource
    from trimtab.aws.probes import AwsMembers
    from trimtab.flows import doctor, trust

    names = settings.DoctorSettings.read(os.environ)
    hub = parts.hub()
    return doctor.Bench(
        accounts=AwsAccountSource(hub.client("organizations")),
        members=AwsMembers(
            hub,
            role=names.read_role,
            external_id=names.external_id,
            clock=parts.clock(context),
        ),
        bundle=parts.bundle_for(names.bundle, oidc_issuer=names.oidc_issuer),
        hub=trust.Hub(
            account=str(context.invoked_function_arn).split(":")[4],
            external_id=names.external_id,
            organization=organization,
        ),
        provider=None if names.oidc_issuer == settings.NONE else _provider(names.oidc_issuer),
    )


def _provider(issuer: str) -> Callable[[], int]:
    """Return what fetches the provider's own addresses and keys: no client signs in with it."""

    def look() -> int:
        from trimtab.sign_in.provider import OidcProvider

        return OidcProvider(issuer=issuer, client_id="", client_secret=None, redirect_uri="").look()

    return look


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Everything `trimtab doctor` asks."""

    facts: "doctor_hub.HubFacts"
    survey: "Callable[[], doctor.Survey]"
    examine: "Callable[[Account], tuple[Check, ...]]"
    functions: tuple[str, ...]
    clock: "Clock"


def clinic_of(stack: str) -> Clinic:
    """Find the hub behind a stack, with the caller's own AWS credentials.

    Raises: InputError when the shell has no region or credentials, or the hub has no doctor;
    OutsideError when the stack cannot be read.
    """
    from trimtab.aws.hub_facts import AwsHubFacts
    from trimtab.aws.invoke import Lambdas
    from trimtab.aws.stacks import stack_outputs
    from trimtab.domain.checkup import Check
    from trimtab.domain.wire import from_wire, to_wire
    from trimtab.flows.doctor import Survey
    from trimtab.wiring.command import hub_of, shell_session

    hub, session = hub_of(stack), shell_session()
    outputs = stack_outputs(session.client("cloudformation"), stack)
    name = outputs.get("DoctorFunctionName")
    if name is None:
        raise InputError(f"stack {stack} has no doctor: it is of an older release, deploy it anew")
    facts = AwsHubFacts(
        session,
        stack=stack,
        outputs=outputs,
        last_run_at=lambda: _last_run_at(hub),
        last_drill=lambda: _last_drill(hub),
    )
    lambdas = Lambdas(session.patient("lambda", wait_s=LAMBDA_S))
    event = {"organization": _organization(facts)}
    return Clinic(
        facts=facts,
        survey=lambda: from_wire(Survey, lambdas.ask(name, event)),
        examine=lambda account: tuple(
            from_wire(Check, check)
            for check in lambdas.ask(name, event | {"account": to_wire(account)})
        ),
        functions=tuple(sorted(v for n, v in outputs.items() if n.endswith("FunctionName"))),
        clock=hub.clock,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """What `trimtab upgrade --check` looks at."""

    desk: "ApprovalDesk"
    running: "Callable[[], tuple[Running, ...]]"


def yard_of(stack: str) -> Yard:
    """Raises: as `clinic_of`."""
    from trimtab.aws.running import running_executions
    from trimtab.aws.stacks import stack_outputs
    from trimtab.wiring.command import hub_of, shell_session

    hub, session = hub_of(stack), shell_session()
    outputs = stack_outputs(session.client("cloudformation"), stack)
    machines = [outputs[name] for name in MACHINES if name in outputs]
    client = session.lazy("stepfunctions")
    return Yard(
        desk=hub.desk,
        running=lambda: tuple(r for m in machines for r in running_executions(client, m)),
    )


def _organization(facts: "AwsHubFacts") -> str | None:
    """Ask for the Organization's id; whoever may not know it does not compare it."""
    try:
        return facts.organization()
    except OutsideError:
        return None


def _last_run_at(hub: "Hub") -> datetime | None:
    from trimtab.flows import keys

    try:
        run_id = str(hub.store.get(keys.LATEST)["run_id"])
    except NotFoundError:
        return None
    entries = hub.ledger.entries(run_chain(run_id))
    return entries[0].at if entries else None


def _last_drill(hub: "Hub") -> tuple[datetime, bool, int] | None:
    from trimtab.domain.drill import DRILL_CHAIN, ENDED, DrillWord

    entries = hub.ledger.entries(DRILL_CHAIN)
    ended = next((entry for entry in reversed(entries) if entry.event == ENDED), None)
    if ended is None:
        return None
    restored = ended.data["words"].get(DrillWord.SAME.value, 0)
    return ended.at, ended.data["is_well"] is True, int(restored)
