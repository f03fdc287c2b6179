"""How is provisioned concurrency scheduled, guarded and taken back? By scheduled actions of
Application Auto Scaling, which carry on without us.
"""

from dataclasses import replace
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.finding import Finding
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.provisioned_guard import (
    LEVEL_ACTIONS,
    SCALING_ACTIONS,
    advice_of,
    why_left_over,
)
from trimtab.remediations.provisioned_kind import provisioned_kind

SPEC = ChangeSpec(
    kind=ChangeKind.SCHEDULE_PROVISIONED,
    meaning="Provision by a weekly schedule that Application Auto Scaling carries out, found from "
    "four weeks of demand.",
    fields=(
        FieldSpec(
            name="timezone",
            type=FieldType.ZONE,
            unit="",
            default="UTC",
            meaning="In which the schedule is written, with its daylight saving.",
        ),
        FieldSpec(
            name="max_spillover",
            type=FieldType.PERCENT,
            unit="of the concurrency needed",
            default=0.05,
            minimum=0.0,
            maximum=1.0,
            meaning="How much of the demand may find all of it busy and run on demand; more than "
            "that of the invocations while it is watched, and the schedule is taken back. At 100% "
            "cost alone decides.",
        ),
        FieldSpec(
            name="max_price_per_cold_start",
            type=FieldType.USD,
            unit="USD",
            default=0.0,
            minimum=0.0,
            meaning="What one avoided cold start may cost over running on demand, at most, where "
            "nothing is provisioned yet; 0: it must cost no more than on demand. Where something "
            "is provisioned, a schedule must only cost less than that does.",
        ),
        FieldSpec(
            name="changes_per_day",
            type=FieldType.COUNT,
            unit="changes of the level",
            default=8.0,
            minimum=2.0,
            maximum=24.0,
            meaning="At most so many a day: people read it.",
        ),
        FieldSpec(
            name="max_level",
            type=FieldType.COUNT,
            unit="environments",
            default=100.0,
            minimum=1.0,
            maximum=3000.0,
            meaning="At most so many are provisioned at any time.",
        ),
        FieldSpec(
            name="min_gain",
            type=FieldType.PERCENT,
            unit="of what it costs now",
            default=0.10,
            minimum=0.0,
            maximum=1.0,
            meaning="The least saving for which a level or a schedule is changed.",
        ),
        FieldSpec(
            name="min_saving_usd",
            type=FieldType.USD,
            unit="USD a month",
            default=5.0,
            minimum=0.0,
            meaning="The least saving in money for which it is changed.",
        ),
        FieldSpec(
            name="cooldown",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=7),
            minimum=timedelta(days=1),
            meaning="How long a schedule stands before another one is proposed.",
        ),
    ),
)


def _risks(finding: Finding) -> tuple[str, ...]:
    """Name what could go wrong, in an approver's words."""
    advice = advice_of(finding)
    assert advice is not None, "only what an advisor recommends is planned"
    spilled = f"{advice.proposed.spillover:.1%}"
    return (
        f"About {spilled} of the demand may run on demand and meet cold starts; an unusual day or "
        "a campaign more: see trimtab pc peak.",
        "Application Auto Scaling carries it out by itself. An allocation takes minutes, and none "
        "of it can be used before all of it is there.",
        f"While it stands, alias {advice.qualifier} cannot split its traffic between versions, so "
        "gradual deployments of it fail.",
        "If the alias is deleted, its registration must be too, or whatever bears the name next "
        "is provisioned: Trimtab takes it away while it watches and for two weeks after.",
    )


KIND = replace(
    provisioned_kind(SPEC, iam_actions=(*LEVEL_ACTIONS, *SCALING_ACTIONS), risks=_risks),
    left_over=why_left_over,
)
