"""What is known of a function for one topic, such as its memory size? From the last run of a hub,
or read right now.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import InputError, NotFoundError, PermanentError
from trimtab.domain.finding import Abstention, Assessment, Finding, Recommendation
from trimtab.domain.fleet import Account, Gap, Snapshot
from trimtab.domain.memory_curve import MemoryCurve
from trimtab.domain.plan import Plan
from trimtab.domain.run import Part
from trimtab.domain.terms import ChangeKind
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.flows.because import because
from trimtab.flows.sweep import Bench, applies_to, asks_for_units, explained, read_target
from trimtab.pipeline.evaluate import evaluate
from trimtab.policy.model import Policy
from trimtab.ports import RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What is asked about: the kinds of change, and the words that tell a finding without one."""

    kinds: frozenset[ChangeKind]
    words: tuple[str, ...]
    """One of them stands in the ids of the policies that are about it."""
    signals: str
    """What their signals begin with."""
    is_about: Callable[[Abstention], bool]
    """Tells by what an advisor has weighed that did not recommend."""


MEMORY = Topic(
    kinds=frozenset({ChangeKind.SET_MEMORY}),
    words=("memory",),
    signals="memory.",
    is_about=lambda advice: advice.curve is not None or advice.at_stake_usd_month is not None,
)
PROVISIONED = Topic(
    kinds=frozenset(
        {
            ChangeKind.SCHEDULE_PROVISIONED,
            ChangeKind.REDUCE_PROVISIONED,
            ChangeKind.REMOVE_PROVISIONED,
        }
    ),
    words=("pc-", "provisioned"),
    signals="concurrency.",
    is_about=lambda advice: advice.provisioned is not None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding about it, and what became of it."""

    finding: Finding
    became: str
    """'planned: within all limits'; empty where it was read now and nothing was planned."""
    policy: Policy | None
    """The very policy that made it; None: it is not at hand."""

    @property
    def curve(self) -> MemoryCurve | None:
        advice = self.finding.advice
        return None if advice is None else advice.curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """A policy that asks for no change, and why."""

    policy_id: str
    assessment: Assessment
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswer:
    """Everything that is known of one function for one topic."""

    topic: Topic
    function: FunctionArn
    origin: str
    """'run 2026-11-21T0700-4f1c', or 'read now'."""
    found: tuple[Found, ...]
    unfound: tuple[Unfound, ...] = ()
    gaps: tuple[Gap, ...] = ()


def answer_of_run(
    function: str, store: RunStore, policies: tuple[Policy, ...], topic: Topic
) -> ChangeAnswer:
    """Look a function up in the last finished run, by its ARN or its name.

    `policies` are those at hand: one with the digest of the run is the policy of a finding.
    Raises: NotFoundError where there is no run, or the function is not in it; InputError where the
    name stands for several.
    """
    run_id = _last_run(store)
    plan = from_wire(Plan, store.get(keys.plan(run_id)))
    items = [i for i in plan.items if _is_named(i.finding.function, function)]
    about = [i for i in items if _is_about(i.finding, _maker(i.finding, policies), topic)]
    if not about:
        return _without_finding(function, run_id, store, plan, topic)
    return ChangeAnswer(
        topic=topic,
        function=_only({i.finding.function for i in about}, function),
        origin=f"run {run_id}",
        found=tuple(
            Found(
                finding=i.finding,
                became=f"{i.disposition.value.replace('_', ' ')}: {i.reason}",
                policy=_maker(i.finding, policies),
            )
            for i in about
        ),
    )


def _last_run(store: RunStore) -> str:
    try:
        return str(store.get(keys.LATEST)["run_id"])
    except NotFoundError as error:
        raise NotFoundError(
            "no run has finished yet: start the state machine trimtab-scan with {}, or ask "
            "without --stack to read the function now"
        ) from error


def _is_named(function: FunctionArn, text: str) -> bool:
    return text in (str(function), function.name)


def _is_about(finding: Finding, policy: Policy | None, topic: Topic) -> bool:
    """Tell whether an advisor of this topic has looked at it: by what it proposes or has weighed,
    else by its policy, and without that by the signals of the finding.
    """
    advice = finding.advice
    if advice is None:
        return False
    if isinstance(advice, Recommendation):
        return advice.kind in topic.kinds
    claimed = [one for one in (MEMORY, PROVISIONED) if one.is_about(advice)]
    if claimed:
        return topic in claimed
    if policy is not None and policy.kind is not None:
        return policy.kind in topic.kinds
    return any(name.startswith(topic.signals) for name in finding.signals)


def _maker(finding: Finding, policies: tuple[Policy, ...]) -> Policy | None:
    return next((p for p in policies if p.digest == finding.policy_digest), None)


def _only(functions: set[FunctionArn], text: str) -> FunctionArn:
    if len(functions) > 1:
        arns = ", ".join(sorted(map(str, functions)))
        raise InputError(f"{text!r} stands for several functions: give one of {arns}")
    return functions.pop()


def _without_finding(
    text: str, run_id: str, store: RunStore, plan: Plan, topic: Topic
) -> ChangeAnswer:
    """Say what the run knows of a function that no advisor was asked about."""
    judged: dict[FunctionArn, dict[str, Assessment]] = {}
    for key in store.keys(_parts(run_id, text)):
        part = from_wire(Part, store.get(key))
        for verdict in part.verdicts:
            if _is_named(verdict.function, text):
                judged.setdefault(verdict.function, {})[verdict.policy_id] = verdict.assessment
    gaps = tuple(gap for gap in plan.gaps if _may_hide(gap, text))
    if not judged:
        why = f"; {gaps[0].what}: {gaps[0].error}" if gaps else ""
        raise NotFoundError(
            f"run {run_id} has not seen {text}{why}: check the name, or ask without --stack to "
            "read the function now"
        )
    function = _only(set(judged), text)
    return ChangeAnswer(
        topic=topic,
        function=function,
        origin=f"run {run_id}",
        found=(),
        unfound=tuple(
            Unfound(policy_id=policy, assessment=said, because="as the run judged it")
            for policy, said in sorted(judged[function].items())
            if any(word in policy for word in topic.words)
        ),
        gaps=tuple(gap for gap in gaps if _may_hide(gap, str(function))),
    )


def _parts(run_id: str, text: str) -> str:
    """Name the slices that a function may be in: of an ARN those of its target."""
    where = f"{FunctionArn.parse(text).target}/" if text.startswith("arn:") else ""
    return f"{keys.parts(run_id)}{where}"


def _may_hide(gap: Gap, text: str) -> bool:
    """Tell whether a gap may be why a function was not seen; a name may be in any target."""
    if not text.startswith("arn:"):
        return True
    return FunctionArn.parse(text).target == Target(account=gap.account, region=gap.region)


def answer_now(function: FunctionArn, bench: Bench, topic: Topic) -> ChangeAnswer:
    """Read one function, and judge it by every policy that asks for a change of this topic.

    Raises: InputError where no policy of the bundle may; NotFoundError where the function is not
    there; OutsideError when it cannot be read.
    """
    policies = tuple(
        p for p in bench.bundle.policies if p.kind in topic.kinds and not asks_for_units(p)
    )
    if not policies:
        kinds = " or ".join(sorted(kind.value for kind in topic.kinds))
        raise InputError(f"no policy of the bundle asks for {kinds}: name another with --policies")
    account = Account(id=function.account, name=function.account, organizational_units=())
    bundle = replace(bench.bundle, policies=policies)
    read = read_target(
        function.target,
        account,
        bench.fleet.open(function.target),
        bundle,
        clock=bench.clock,
        prices=bench.prices,
        only=function,
    )
    if not read.snapshots:
        if read.gaps:
            raise PermanentError(f"{function} could not be read: {read.gaps[0].error}")
        raise NotFoundError(f"{function} is not there: check the name, the account and the region")
    part = evaluate(read, account=account, bundle=bundle, now=bench.clock.now())
    found = {f.policy_id: f for f in part.findings}
    return ChangeAnswer(
        topic=topic,
        function=function,
        origin="read now",
        found=tuple(Found(finding=f, became="", policy=_maker(f, policies)) for f in part.findings),
        unfound=tuple(
            _unfound(policy, read.snapshots[0], account)
            for policy in policies
            if policy.id not in found
        ),
        gaps=read.gaps,
    )


def _unfound(policy: Policy, snapshot: Snapshot, account: Account) -> Unfound:
    judgement = explained(policy, snapshot, account)
    return Unfound(
        policy_id=policy.id,
        assessment=judgement.assessment,
        because=because(judgement, applies=applies_to(policy, snapshot, account)),
    )
