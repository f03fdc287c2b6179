"""What does a scan of a large fleet look like, without a fleet? Sightings by arithmetic, always the
same.
"""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.finding import Assessment, Guidance, Saving
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity
from trimtab.report.scan_sums import PolicyCard

AS_OF = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2")
PACKS = ("cost", "operations", "reliability", "security")
TEAMS = ("orders", "billing", "search", "mail", "stock", "login", "reports")


def cards(number: int) -> tuple[PolicyCard, ...]:
    """Return policies of every pack and severity; each tenth can propose a change."""
    return tuple(
        PolicyCard(
            id=f"{PACKS[n % 4]}-question-{n:02d}",
            title=f"What question {n} of the {PACKS[n % 4]} pack asks is not so",
            why="What it costs, or what may break, in two sentences. Nobody notices it before.",
            severity=tuple(Severity)[n % 5],
            pack=PACKS[n % 4],
            guidance=Guidance(
                remedy="Change it in the code that deploys the function.",
                links=("https://docs.aws.amazon.com/lambda/latest/dg/welcome.html",),
            ),
            has_change=n % 10 == 0,
        )
        for n in range(number)
    )


def sightings(
    functions: int, policies: Sequence[PolicyCard], *, targets: int = 40, findings_of: int = 5
) -> tuple[Sighting, ...]:
    """Return a scan in which each function has so many findings, some suppressed and some open."""
    return tuple(_sighting(n, functions // targets, policies, findings_of) for n in range(targets))


def _sighting(
    number: int, functions: int, policies: Sequence[PolicyCard], findings_of: int
) -> Sighting:
    account = f"{100000000000 + number // 2:012d}"
    target = Target(account=account, region=REGIONS[number % 2 + 2 * (number % 4 // 2)])
    arns = [
        FunctionArn(
            partition="aws",
            region=target.region,
            account=account,
            name=f"{TEAMS[n % 7]}-{'nightly-' * (n % 3)}worker-{number:02d}-{n:04d}",
        )
        for n in range(functions)
    ]
    lines = tuple(
        _line(arn, at, n, card, len(policies), findings_of)
        for at, arn in enumerate(arns)
        for n, card in enumerate(policies)
    )
    return Sighting(
        target=target,
        account_name=f"{TEAMS[number // 2 % 7]}-{'production' if number // 2 % 3 else 'test'}",
        as_of=AS_OF,
        functions=functions,
        lines=lines,
        gaps=tuple(_gaps(number, target, arns)),
        calls={"lambda:ListFunctions": functions // 50 + 1},
        usd_month={str(arn): at * 0.37 for at, arn in enumerate(arns) if at % 3},
    )


def _line(
    arn: FunctionArn, at: int, n: int, card: PolicyCard, policies: int, findings_of: int
) -> Line:
    turn = (at * 7 + n * 3) % policies
    assessment = Assessment.COMPLIANT
    if turn < findings_of:
        assessment = Assessment.NON_COMPLIANT
    elif turn == findings_of and at % 40 == 0:
        assessment = Assessment.INSUFFICIENT_DATA
    elif turn > policies - 4:
        assessment = Assessment.NOT_APPLICABLE
    is_bad = assessment is Assessment.NON_COMPLIANT
    proposes = is_bad and card.has_change
    return Line(
        function=arn,
        policy_id=card.id,
        severity=card.severity,
        assessment=assessment,
        because=f"function.memory_mb > 128 MB: {1024 + at} MB; usage.invocations >= 1000: "
        f"{(hash_of(arn.name) + n * 7919) % 9_000_000}; memory.peak_ratio < 60%: {at % 59}.{n}%"
        if is_bad
        else "",
        missing=(),
        suppressed_until=AS_OF if is_bad and (at + n) % 50 == 0 else None,
        saving=Saving(low_usd_month=at * 0.01, high_usd_month=at * 0.02)
        if proposes and at % 2
        else None,
        not_proposed="a smaller size would save under 5%" if proposes and at % 2 == 0 else "",
    )


def hash_of(name: str) -> int:
    """Return a number that differs from function to function, and not from run to run."""
    return zlib.crc32(name.encode())


def _gaps(number: int, target: Target, arns: Sequence[FunctionArn]) -> list[Gap]:
    gaps = [
        Gap(
            account=target.account,
            region=target.region,
            what="not judged by operations-question-05",
            error=f"there is no log group /aws/lambda/{arn.name}",
            function=str(arn),
        )
        for arn in arns[::40]
    ]
    if number % 13 == 0:
        denied = "AccessDenied: not authorized to perform cloudwatch:GetMetricData"
        gaps.append(
            Gap(account=target.account, region=target.region, what="GetMetricData", error=denied)
        )
    return gaps
