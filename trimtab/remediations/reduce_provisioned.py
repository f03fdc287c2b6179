"""How is provisioned concurrency lowered, guarded and taken back? One call each way."""

from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.finding import Finding
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.provisioned_guard import LEVEL_ACTIONS
from trimtab.remediations.provisioned_kind import provisioned_kind

SPEC = ChangeSpec(
    kind=ChangeKind.REDUCE_PROVISIONED,
    meaning="Provision less, all the time: what four weeks of demand needed, and some room.",
    fields=(
        FieldSpec(
            name="headroom",
            type=FieldType.RATIO,
            unit="times the most that was busy at once",
            default=1.1,
            minimum=1.0,
            maximum=10.0,
            meaning="The new level is at least this.",
            has_floor=True,
        ),
        FieldSpec(
            name="max_spillover",
            type=FieldType.PERCENT,
            unit="of the concurrency needed",
            default=0.01,
            minimum=0.0,
            maximum=1.0,
            meaning="More than that on demand while it is watched, and the level is put back.",
        ),
        FieldSpec(
            name="min_saving_usd",
            type=FieldType.USD,
            unit="USD a month",
            default=5.0,
            minimum=0.0,
            meaning="The least saving for which it is changed.",
        ),
        FieldSpec(
            name="cooldown",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=14),
            minimum=timedelta(days=1),
            meaning="How long an alias rests after a change before the next one.",
        ),
    ),
)


def _risks(finding: Finding) -> tuple[str, ...]:
    return (
        "A peak above all of the last four weeks runs on demand and meets cold starts.",
        "While the level changes (minutes) a deployment that changes it too gets a conflict.",
    )


KIND = provisioned_kind(SPEC, iam_actions=LEVEL_ACTIONS, risks=_risks)
