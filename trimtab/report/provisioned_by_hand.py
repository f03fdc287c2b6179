"""How does a person put provisioned concurrency back without Trimtab? AWS CLI commands, in order.

Application Auto Scaling knows a function by its name only, so the account is looked at first (S18).
What was there is restored before anything that scales is taken away: it never has less in between.
"""

from trimtab.domain.arn import FunctionArn
from trimtab.domain.provisioned import ProvisionedState, ScalableTarget, ScheduledAction
from trimtab.domain.remediation import Remediation
from trimtab.report.hand_step import HandStep, shell
from trimtab.report.words import qualified

OURS = "trimtab-"
"""What the names of our scheduled actions begin with."""
SERVICE = ("--service-namespace", "lambda")
DIMENSION = ("--scalable-dimension", "lambda:function:ProvisionedConcurrency")


def put_back(remediation: Remediation) -> tuple[HandStep, ...]:
    """Return the commands that put back what was provisioned, and what scaled it."""
    before, plan = remediation.before.provisioned, remediation.provisioned
    if before is None or plan is None:
        return ()
    function, qualifier = remediation.function, before.qualifier
    if plan.schedule is None and before.target is None:
        return _level(function, before)
    steps = [_account(function)]
    if plan.schedule is not None:
        steps.extend(_without_schedule(function, before))
    else:
        steps.extend(_level(function, before))
    if before.target is not None:
        steps.extend(_target(function, qualifier, before.target, before.requested))
    return tuple(steps)


def _level(function: FunctionArn, before: ProvisionedState) -> tuple[HandStep, ...]:
    """Provision so many again; nothing where nothing was."""
    named = (
        shell("--region", function.region),
        shell("--function-name", str(function)),
        shell("--qualifier", before.qualifier),
    )
    if not before.requested:
        what = shell("aws", "lambda", "delete-provisioned-concurrency-config")
        return (HandStep(when="nothing was provisioned before", lines=(what, *named)),)
    return (
        HandStep(
            when=f"provision {before.requested:,} again for {qualified(before.qualifier)}",
            lines=(
                shell("aws", "lambda", "put-provisioned-concurrency-config"),
                *named,
                shell("--provisioned-concurrent-executions", str(before.requested)),
            ),
        ),
        _wait(function, before.qualifier),
    )


def _wait(function: FunctionArn, qualifier: str) -> HandStep:
    return HandStep(
        when="repeat until it says READY, before you go on",
        lines=(
            shell("aws", "lambda", "get-provisioned-concurrency-config"),
            shell("--region", function.region),
            shell("--function-name", str(function)),
            shell("--qualifier", qualifier),
            shell("--query", "Status"),
            shell("--output", "text"),
        ),
    )


def _account(function: FunctionArn) -> HandStep:
    return HandStep(
        when=f"go on only if it says {function.account}: scaling knows functions by name alone",
        lines=(
            shell("aws", "sts", "get-caller-identity"),
            shell("--query", "Account"),
            shell("--output", "text"),
        ),
    )


def _scaling(function: FunctionArn, qualifier: str, *call: str) -> tuple[str, ...]:
    return (
        shell("aws", "application-autoscaling", *call),
        shell("--region", function.region),
        shell(*SERVICE),
        shell(*DIMENSION),
        shell("--resource-id", f"function:{function.name}:{qualifier}"),
    )


def _bounds(
    function: FunctionArn, qualifier: str, when: str, *, minimum: int, maximum: int
) -> HandStep:
    return HandStep(
        when=when,
        lines=(
            *_scaling(function, qualifier, "register-scalable-target"),
            shell("--min-capacity", str(minimum), "--max-capacity", str(maximum)),
        ),
    )


def _suspended(function: FunctionArn, qualifier: str, when: str, *, is_suspended: bool) -> HandStep:
    value = "true" if is_suspended else "false"
    return HandStep(
        when=when,
        lines=(
            *_scaling(function, qualifier, "register-scalable-target"),
            shell("--suspended-state", f"ScheduledScalingSuspended={value}"),
        ),
    )


def _without_schedule(function: FunctionArn, before: ProvisionedState) -> tuple[HandStep, ...]:
    qualifier, many = before.qualifier, before.requested
    restored: tuple[HandStep, ...] = ()
    if many:
        when = f"put {many:,} back as both bounds, so that so many are provisioned at once"
        restored = (
            _bounds(function, qualifier, when, minimum=many, maximum=many),
            _wait(function, qualifier),
        )
    paused = _suspended(
        function,
        qualifier,
        "suspend scheduled scaling, so that no action comes in between",
        is_suspended=True,
    )
    steps = (*restored, paused, _delete_ours(function, qualifier))
    if before.target is not None:
        return steps
    deregister = HandStep(
        when="only if nobody else has put an action or a policy on it: they would go with it",
        lines=_scaling(function, qualifier, "deregister-scalable-target"),
    )
    return (*steps, deregister, *(() if many else _level(function, before)))


def _delete_ours(function: FunctionArn, qualifier: str) -> HandStep:
    """Delete each action of ours: their names are listed first, and nobody else's is touched."""
    query = f'ScheduledActions[?starts_with(ScheduledActionName, `"{OURS}"`)].ScheduledActionName'
    listed = _scaling(function, qualifier, "describe-scheduled-actions")
    delete, *rest = _scaling(function, qualifier, "delete-scheduled-action")
    return HandStep(
        when=f"delete the actions of Trimtab, whose names begin with {OURS}",
        lines=(
            *listed,
            shell("--query", query),
            shell("--output", "text"),
            f"| xargs -n 1 {delete}",
            *rest,
            shell("--scheduled-action-name"),
        ),
    )


def _target(
    function: FunctionArn, qualifier: str, target: ScalableTarget, many: int
) -> tuple[HandStep, ...]:
    """Put the actions back, and the bounds where they leave what was provisioned as it is."""
    bounds: tuple[HandStep, ...] = ()
    if target.minimum < target.maximum and target.minimum <= many <= target.maximum:
        when = "put the bounds of before back"
        least, most = target.minimum, target.maximum
        bounds = (_bounds(function, qualifier, when, minimum=least, maximum=most),)
    return (
        *(
            _action(
                function, qualifier, action, when=f"put the action {action.name} of before back"
            )
            for action in target.actions
        ),
        *bounds,
        _suspended(
            function,
            qualifier,
            "and let scheduled scaling be as it was",
            is_suspended=target.is_suspended,
        ),
    )


def peak_steps(
    remediation: Remediation, actions: tuple[ScheduledAction, ...]
) -> tuple[HandStep, ...]:
    """Return the commands that put the actions of a peak day."""
    function, plan = remediation.function, remediation.provisioned
    if plan is None:
        return ()
    puts = (
        _action(
            function,
            plan.qualifier,
            action,
            when=_peak_words(action),
        )
        for action in actions
    )
    return (_account(function), *puts)


def _peak_words(action: ScheduledAction) -> str:
    if action.starts_at is not None:
        return f"{action.name} waits until the peak is over"
    if action.ends_at is not None:
        return f"{action.name} stands in for one that waits, until the peak"
    return f"{action.name}: {action.minimum} from {action.schedule} {action.timezone}"


def _action(
    function: FunctionArn, qualifier: str, action: ScheduledAction, *, when: str
) -> HandStep:
    sizes = (("MinCapacity", action.minimum), ("MaxCapacity", action.maximum))
    bounds = ",".join(f"{name}={value}" for name, value in sizes if value is not None)
    times = (("--start-time", action.starts_at), ("--end-time", action.ends_at))
    return HandStep(
        when=when,
        lines=(
            *_scaling(function, qualifier, "put-scheduled-action"),
            shell("--scheduled-action-name", action.name),
            shell("--schedule", action.schedule),
            shell("--timezone", action.timezone),
            shell("--scalable-target-action", bounds),
            *(shell(name, at.isoformat()) for name, at in times if at is not None),
        ),
    )
