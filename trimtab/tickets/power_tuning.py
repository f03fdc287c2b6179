"""What does a ticket say where only a measurement would tell? The input of the tool, ready to run.

Names stand in code spans and in JSON in which nothing can end the block (S23). Of the environment
and of the payload there is nothing in it (S16).
"""

import json
import shlex

from trimtab.domain.evidence import Known
from trimtab.domain.finding import Abstention, Finding
from trimtab.domain.power_tuning import (
    DOCUMENTATION,
    INPUT_DOCUMENTATION,
    TOOL_TIMEOUT_S,
    needs_longer_timeout,
    tuning_input,
)
from trimtab.tickets.markdown import code

RESULT = "power-tuning.json"
LATEST = "$LATEST"

_MARKUP = "`<>&@"
"""What could end the block, or mean something outside of it."""


def hand_over(finding: Finding) -> tuple[str, ...]:
    """Return the parts of the text, in order; none where nothing is to be measured."""
    advice = finding.advice
    at_stake = advice.at_stake_usd_month if isinstance(advice, Abstention) else None
    if at_stake is None or not at_stake > 0:
        return ()
    return (
        "### Measure it",
        f"Up to {at_stake:.2f} USD a month may be saved, and what production "
        "tells of this function does not say at which size. AWS Lambda Power Tuning measures it: "
        f"<{DOCUMENTATION}>",
        _warnings(finding),
        f"Save this as `input.json`, and put an event into `payload` that may be run many times "
        f"(<{INPUT_DOCUMENTATION}>):",
        _block(_input(finding)),
        _commands(finding),
    )


def _warnings(finding: Finding) -> str:
    given = tuning_input(finding.function, _memory_mb(finding), duration_ms=_duration_ms(finding))
    many = given["num"] * len(given["powerValues"])
    said = [
        f"**It really invokes the function, {many} times**, with all that the function does: "
        "writes, payments, emails. Use a copy of the function in a test account, or an event "
        'without effects. With `"dryRun": true` it is invoked once at each size, to see that the '
        "permissions are right; that measures nothing, and has effects too.",
        f"While it runs it sets the memory of `{LATEST}` to each size in turn, so whoever calls "
        "the function without an alias gets each of them; and it publishes versions, which it "
        "removes at the end. Let nobody deploy meanwhile.",
        *_alias_warnings(finding),
    ]
    if needs_longer_timeout(_memory_mb(finding), _duration_ms(finding)):
        said.append(
            f"{given['num']} invocations of the smallest size may take longer than the "
            f"{TOOL_TIMEOUT_S} s that the tool allows by default: deploy it with a larger "
            "`totalExecutionTimeout` (900 at most), or leave the smallest sizes out."
        )
    return "\n".join(f"- {line}" for line in said)


def _alias_warnings(finding: Finding) -> tuple[str, ...]:
    """Say what is measured where traffic comes through an alias: the tool takes no qualified ARN.

    Whether aliases serve something else is not said where nobody read it (S8).
    """
    aliases = finding.signals.get("function.aliases")
    if not isinstance(aliases, Known):
        return (
            f"It measures the code in `{LATEST}`. Whether an alias serves other code was not read.",
        )
    served = [f"{name} ({version})" for name, version in sorted(dict(aliases.value).items())]
    if not served:
        return ()
    obstacle = finding.signals.get("function.alias_obstacle")
    same = isinstance(obstacle, Known) and obstacle.value == "none"
    proof = (
        "which is the same code"
        if same
        else "which is not proven the same code: publish and move it first, or measure a copy"
    )
    return (
        f"It measures the code in `{LATEST}`, as it takes no ARN with an alias. "
        f"Served is {code(', '.join(served))}, {proof}.",
    )


def _memory_mb(finding: Finding) -> int:
    return finding.listed.configuration.memory_mb


def _duration_ms(finding: Finding) -> float | None:
    """Return the p95 it has now, where it is known."""
    found = finding.signals.get("usage.duration_p95_ms")
    if isinstance(found, Known) and isinstance(found.value, int | float):
        return float(found.value)
    curve = finding.advice.curve if isinstance(finding.advice, Abstention) else None
    now = None if curve is None else curve.at(curve.memory_mb)
    return None if now is None else now.duration_p95_ms.expected


def _input(finding: Finding) -> str:
    given = tuning_input(finding.function, _memory_mb(finding), duration_ms=_duration_ms(finding))
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in given.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _block(text: str) -> str:
    """Return JSON in a fenced block. Within its strings every mark becomes an escape."""
    for mark in _MARKUP:
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return f"```json\n{text}\n```"


def _commands(finding: Finding) -> str:
    steps = (
        (
            "Start it",
            "aws stepfunctions start-execution --state-machine-arn STATE_MACHINE "
            "--input file://input.json",
        ),
        (
            "When it has ended, save what it found",
            f"aws stepfunctions describe-execution --execution-arn EXECUTION > {RESULT}",
        ),
        (
            "Bring it back, with credentials of the hub; the next scan decides with it",
            shlex.join(
                ("trimtab", "memory", "import", RESULT, "--function", str(finding.function))
            ),
        ),
    )
    return "\n".join(f"{n}. {what}: {code(line)}" for n, (what, line) in enumerate(steps, 1))
