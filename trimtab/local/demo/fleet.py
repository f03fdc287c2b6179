"""Which functions does the demo's Organization run? Built from measured distributions, plus a
story.

The shares are figures of public fleets: memory sizes, timeouts, runtimes, invocations a day, mean
durations and memory used as published in serverless traces and template collections (2019-2026).
The share of unused functions is in no source found; a twentieth is assumed.
"""

import math
import random
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

REGIONS = ("eu-west-1", "us-east-1")
AWAY = REGIONS[1]
"""Not the hub's own: it has a vault all the same."""
PAYMENTS, ORDERS, WEB, SANDBOX = "222222222222", "333333333333", "444444444444", "555555555555"
ACCOUNTS = (PAYMENTS, ORDERS, WEB, SANDBOX)

MEMORY_MB = ((128, 0.69), (256, 0.10), (512, 0.17), (1024, 0.04))
"""Share of functions by size; the sizes above are the story's."""
TIMEOUT_S = ((3, 0.40), (30, 0.30), (10, 0.15), (60, 0.10), (900, 0.05))
RUNTIMES = (("python3.13", 0.45), ("nodejs22.x", 0.40), ("java21", 0.15))
ARM_SHARE = 0.19
UNUSED_SHARE = 0.05
INSIGHTS_SHARE, OPTIMIZER_SHARE = 0.45, 0.35
"""Where the peak memory can be read; the rest keeps it to itself."""

INVOCATIONS_A_DAY = (1.0, 28.0, 360.0, 1440.0, 20_000.0)
"""At the 10th, 50th, 75th, 90th and 97th percentile."""
USED_MB = (111.0, 143.0, 180.0, 210.0, 380.0)
FULL_SHARE = 0.9
"""No ordinary function uses more of its memory: who is starved is the story's."""
DURATION_MS = (21.0, 300.0, 702.0, 2000.0, 2800.0)
QUANTILES = (0.10, 0.50, 0.75, 0.90, 0.97)

BIG_MB = 3008

TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io)"
"""How Terraform's provider calls itself. Source: hashicorp/terraform, pull request 9806."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFunction:
    """One function of the demo: what it is, and how it is used."""

    account: str
    region: str
    name: str
    memory_mb: int
    timeout_s: int
    runtime: str = "python3.13"
    architecture: str = "x86_64"
    tags: dict[str, str] = field(default_factory=dict)
    alias: str | None = None
    """'same': an alias on the code of $LATEST; 'other': $LATEST has moved on since."""
    is_durable: bool = False
    user_agent: str | None = None
    """What created it calls itself; None: the SDK, which says nothing of a tool."""
    invocations_day: float = 600.0
    duration_ms: float = 400.0
    wanted_mb: float = 300.0
    """The memory it would use if it had it."""
    cpu_share: float | None = None
    peak_source: str | None = "insights"
    """'insights', 'optimizer', or None: nobody knows its peak."""
    provisioned: int = 0
    """On its alias, all week, for as long as anybody remembers."""
    age_days: int = 60
    """Since it was last changed."""
    busy: float = 0.0
    """Environments of that alias busy on average in office hours; 0.0: nobody calls it."""

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def used_mb(self) -> float:
        return min(self.wanted_mb, self.memory_mb)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The functions something happens to, by what happens."""

    kept: DemoFunction
    """Approved, served through an alias: a share tries it, the rest follows."""
    fails: DemoFunction
    """Approved, served through an alias: the share that tries it fails, and it is taken back."""
    plain: DemoFunction
    """Approved, no alias, stays healthy."""
    regresses: DemoFunction
    """Approved, slower afterwards than the policy allows, and put back."""
    starved: DemoFunction
    """Uses all its memory: approved, raised, stays healthy."""
    rejected: DemoFunction
    expires: DemoFunction
    """Nobody answers."""
    deployed_meanwhile: DemoFunction
    """Its team deploys between the question and the answer: stale."""
    scheduled: DemoFunction
    """Busy in office hours, provisioned for them all week: approved, and scheduled by the hours."""
    also_scheduled: DemoFunction
    """Another one, in another account."""
    unused: DemoFunction
    """Provisioned, and nobody calls it: approved, and removed."""
    removed: DemoFunction
    """Nobody calls it, and a rule that is off names it: approved, put on notice and into
    quarantine, deleted, ticketed about the rule, and restored. In another region than the hub's."""
    called: DemoFunction
    """Nobody called it: approved, put into quarantine, and let go at the first call."""
    others: tuple[DemoFunction, ...]
    """Those that are ticketed, suppressed, held back or left alone."""

    @property
    def asked(self) -> tuple[DemoFunction, ...]:
        """Return the functions somebody is asked about."""
        return (
            self.kept,
            self.fails,
            self.plain,
            self.regresses,
            self.starved,
            self.rejected,
            self.expires,
            self.deployed_meanwhile,
            self.scheduled,
            self.also_scheduled,
            self.unused,
            self.removed,
            self.called,
        )


def _big(account: str, name: str, *, region: str = "eu-west-1", **more: object) -> DemoFunction:
    values: dict[str, object] = {"memory_mb": BIG_MB, "timeout_s": 30, "cpu_share": 0.3}
    return DemoFunction(
        account=account,
        region=region,
        name=name,
        **{**values, **more},  # type: ignore[arg-type]
    )


def _provisioned(account: str, name: str, *, provisioned: int, busy: float = 0.0) -> DemoFunction:
    """Plant a function that uses its memory well: nothing but what is provisioned is too much."""
    return DemoFunction(
        account=account,
        region="eu-west-1",
        name=name,
        memory_mb=1024,
        timeout_s=10,
        alias="same",
        duration_ms=100.0,
        wanted_mb=800.0,
        invocations_day=260_000.0 * busy,
        provisioned=provisioned,
        busy=busy,
    )


def _retired(account: str, name: str, *, region: str = "eu-west-1") -> DemoFunction:
    """Plant a function that nobody has called, or changed, for more than a year."""
    return DemoFunction(
        account=account,
        region=region,
        name=name,
        memory_mb=128,
        timeout_s=10,
        alias="same",
        age_days=500,
        invocations_day=0.0,
        wanted_mb=100.0,
    )


def story(exempt_until: str) -> Story:
    """Plant what the demo tells about. `exempt_until` is a day for the tag exemption."""
    return Story(
        kept=_big(PAYMENTS, "checkout-api", alias="same", invocations_day=208_000.0),
        fails=_big(PAYMENTS, "checkout-cart", alias="same", invocations_day=120_000.0),
        regresses=_big(PAYMENTS, "payments-settlement", invocations_day=164_000.0),
        rejected=_big(PAYMENTS, "payments-invoice", invocations_day=132_000.0),
        plain=_big(ORDERS, "orders-index", region="us-east-1", invocations_day=156_000.0),
        starved=_big(
            ORDERS, "orders-thumbs", memory_mb=512, wanted_mb=600.0, invocations_day=40_000.0
        ),
        expires=_big(ORDERS, "orders-export", invocations_day=104_000.0),
        deployed_meanwhile=_big(ORDERS, "orders-sync", invocations_day=96_000.0),
        scheduled=_provisioned(ORDERS, "orders-desk", provisioned=16, busy=9.0),
        also_scheduled=_provisioned(PAYMENTS, "payments-desk", provisioned=12, busy=6.0),
        unused=_provisioned(ORDERS, "orders-fax", provisioned=5),
        removed=_retired(ORDERS, "orders-telex", region=AWAY),
        called=_retired(PAYMENTS, "payments-pager"),
        others=(
            _big(PAYMENTS, "payments-report", memory_mb=2048, invocations_day=36_000.0),
            _big(ORDERS, "orders-legacy", alias="other"),
            _big(ORDERS, "orders-stack", user_agent=TERRAFORM),
            _big(ORDERS, "orders-exempt-closing"),
            _big(
                ORDERS, "orders-budget", tags={"trimtab:exempt": f"memory-oversized:{exempt_until}"}
            ),
            _big(ORDERS, "orders-workflow", is_durable=True),
            _big(WEB, "web-search", tags={"owner": "web@example.com"}),
            _big(SANDBOX, "sandbox-notebook"),
        ),
    )


def ordinary(count: int, *, seed: int = 7) -> tuple[DemoFunction, ...]:
    """Draw the rest of the fleet; the same seed gives the same fleet."""
    chance = random.Random(seed)
    return tuple(_draw(chance, number) for number in range(count))


def _draw(chance: random.Random, number: int) -> DemoFunction:
    account, region = ACCOUNTS[number % 4], REGIONS[number // 4 % 2]
    memory_mb = _pick(chance, MEMORY_MB)
    timeout_s = _pick(chance, TIMEOUT_S)
    unused = chance.random() < UNUSED_SHARE
    source = chance.random()
    return DemoFunction(
        account=account,
        region=region,
        name=f"{TEAMS[account]}-{chance.choice(JOBS)}-{number:03d}",
        memory_mb=memory_mb,
        timeout_s=timeout_s,
        runtime=_pick(chance, RUNTIMES),
        architecture="arm64" if chance.random() < ARM_SHARE else "x86_64",
        invocations_day=0.0 if unused else _quantile(chance, INVOCATIONS_A_DAY),
        duration_ms=min(_quantile(chance, DURATION_MS), timeout_s * 300.0),
        wanted_mb=min(_quantile(chance, USED_MB), memory_mb * FULL_SHARE),
        peak_source=_peak_source(source),
    )


TEAMS = {PAYMENTS: "payments", ORDERS: "orders", WEB: "web", SANDBOX: "sandbox"}
JOBS = ("ingest", "notify", "resize", "webhook", "cleanup", "report", "auth", "stream", "hook")


def _peak_source(draw: float) -> str | None:
    if draw < INSIGHTS_SHARE:
        return "insights"
    return "optimizer" if draw < INSIGHTS_SHARE + OPTIMIZER_SHARE else None


def _pick(chance: random.Random, shares: tuple[tuple[T, float], ...]) -> T:
    return chance.choices([s[0] for s in shares], weights=[s[1] for s in shares])[0]


def _quantile(chance: random.Random, values: tuple[float, ...]) -> float:
    """Draw from a distribution known at a few quantiles, log-linear between them."""
    at = min(max(chance.random(), QUANTILES[0]), QUANTILES[-1])
    for low, high, below, above in zip(QUANTILES, QUANTILES[1:], values, values[1:], strict=False):
        if at <= high:
            share = (at - low) / (high - low)
            return math.exp(math.log(below) + share * (math.log(above) - math.log(below)))
    return values[-1]
