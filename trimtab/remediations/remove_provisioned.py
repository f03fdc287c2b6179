"""How is provisioned concurrency removed, guarded and taken back? One call each way, and the
schedule of ours with it where there is one.
"""

from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.finding import Finding
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.provisioned_guard import LEVEL_ACTIONS, SCALING_ACTIONS
from trimtab.remediations.provisioned_kind import provisioned_kind

SPEC = ChangeSpec(
    kind=ChangeKind.REMOVE_PROVISIONED,
    meaning="Provision nothing: it ran nothing, or costs more than it is worth.",
    fields=(
        FieldSpec(
            name="max_price_per_cold_start",
            type=FieldType.USD,
            unit="USD",
            default=0.0,
            minimum=0.0,
            meaning="Kept where each cold start that it avoids costs no more than this over "
            "running on demand; 0: only where it costs no more than on demand.",
        ),
        FieldSpec(
            name="max_spillover",
            type=FieldType.PERCENT,
            unit="of the concurrency needed",
            default=1.0,
            minimum=0.0,
            maximum=1.0,
            meaning="More than that on demand while it is watched, and it is put back. Once "
            "removed all of it runs on demand, so anything below 100% asks that nobody calls it.",
        ),
        FieldSpec(
            name="min_saving_usd",
            type=FieldType.USD,
            unit="USD a month",
            default=1.0,
            minimum=0.0,
            meaning="The least saving for which it is removed.",
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
        "Every invocation runs on demand from then on: a call after a pause meets a cold start.",
        "It may have been kept warm for a rare, urgent call that four weeks did not show.",
    )


KIND = provisioned_kind(SPEC, iam_actions=(*LEVEL_ACTIONS, *SCALING_ACTIONS), risks=_risks)
