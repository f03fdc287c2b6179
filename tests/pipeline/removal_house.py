"""What do the tests of a removal share? A function nobody calls, and the days that pass."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.builders import APPROVER_ID, TARGET
from tests.pipeline.house import FILES, House
from trimtab.domain.errors import OutsideError
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import BACKUP_VERIFIED
from trimtab.domain.sign_in import SignedIn
from trimtab.domain.terms import Direction
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_watch import Released, watch_removals
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

NAME = "orders"
OLD = "2025-01-01T09:00:00.000+0000"

POLICY = """
id: unused
title: Nobody calls it
why: It is one more thing to patch.
severity: low
mode: approve
when:
  usage.invocations: "= 0"
lookback: 400d
change:
  remove_function: {}
approval:
  approvers: [owner]
  expires: 72h
verify:
  settle: 10m
  watch: 4h
  samples: 200
"""

DAY = timedelta(days=1)


def removing(policy: str) -> Bundle:
    """Load the policy where removals may go as far as approval, and people can sign in."""
    rules = FILES["guardrails.yaml"] + "  remove_function: approve\n"
    files = {n: t for n, t in FILES.items() if "/" not in n} | {"guardrails.yaml": rules}
    bundle = load_bundle(files | {"cost/unused.yaml": policy}, kinds=change_specs())
    return replace(bundle, guardrails=replace(bundle.guardrails, can_sign_in=True))


def a_house(policy: str = POLICY, *, reserved: int | None = None, **raw: Any) -> House:
    house = House(removing(policy))
    house.functions.add(NAME, **{"LastModified": OLD} | raw)
    house.functions.reserve(NAME, reserved)
    return house


def approved(house: House) -> Remediation:
    _, opened = house.run()
    assert opened, house.reasons()
    proven = SignedIn(issuer="https://id.test", subject="s" * 64, at=house.clock.now())
    house.answer(opened[0], auth="sign_in", signed_in=proven)
    return opened[0]


def back_up(house: House, change: Remediation, **given: Any) -> None:
    """Enter what the role that reads backups back enters."""
    raw = house.functions._functions.get(NAME)
    proof = {
        "backup_id": "b" * 26,
        "code_sha256": None if raw is None else raw.latest["CodeSha256"],
    } | {k: v for k, v in given.items() if k not in ("differs", "not_restorable")}
    now = house.clock.now()
    data = {
        "proof": proof,
        "backup_id": proof["backup_id"],
        "differs": given.get("differs", []),
        "not_restorable": given.get("not_restorable", []),
    }
    record_change(
        house.ledger,
        change,
        BACKUP_VERIFIED,
        data,
        actor="trimtab-restore",
        at=now,
        key=now.isoformat(),
    )


def tell(house: House, change: Remediation, ending: str) -> None:
    now, data = house.clock.now(), {"approver": APPROVER_ID, "ending": ending}
    record_change(
        house.ledger, change, "told", data, actor="trimtab-notify", at=now, key=f"{ending}-tell"
    )


def step(house: House, change: Remediation, direction: Direction = Direction.FORWARD) -> Outcome:
    """Do once what the state machine does: apply, and whatever its word asks for."""
    outcome = house.carry(change, direction)
    if outcome.word is OutcomeWord.BACKUP:
        back_up(house, change)
    elif outcome.word is OutcomeWord.NOTICE:
        tell(house, change, "notice")
    elif outcome.word is OutcomeWord.QUARANTINE:
        tell(house, change, "last_call")
    return outcome


def on_notice(house: House) -> Remediation:
    change = approved(house)
    assert step(house, change).word is OutcomeWord.BACKUP
    assert step(house, change).word is OutcomeWord.NOTICE
    return change


def in_quarantine(house: House) -> Remediation:
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    assert step(house, change).word is OutcomeWord.QUARANTINE
    return change


def watch(house: House) -> tuple[Released, ...]:
    released, gaps = watch_removals(house.verify_bench())
    assert not gaps, gaps
    return released


def call(house: House, metric: str = "Throttles", times: float = 1.0) -> None:
    """Let CloudWatch have a call of just now."""
    at = house.clock.now() - timedelta(seconds=30)
    house.cloud[TARGET].metrics.put(metric, "Sum", {at: times}, FunctionName=NAME)


def to_the_end(house: House, change: Remediation, *, calls: int = 2000) -> list[str]:
    """Call again as the state machine would until it has ended; return the words on the way."""
    said: list[str] = []
    for _ in range(calls):
        try:
            outcome = step(house, change)
        except OutsideError:
            house.clock.advance(timedelta(minutes=1))
            continue
        said.append(outcome.word.value)
        if outcome.word is OutcomeWord.NOTICE:
            house.clock.advance(timedelta(hours=6))
        elif outcome.word in (OutcomeWord.QUARANTINE, OutcomeWord.WAITING):
            house.clock.advance(timedelta(minutes=10))
        elif outcome.word is not OutcomeWord.BACKUP:
            return said
    raise AssertionError("it never ended")
