"""What does a ticket say about something that still points to a removed function?"""

from collections.abc import Mapping

from trimtab.domain.arn import FunctionArn
from trimtab.domain.references import Reference
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.tickets.markdown import code

OTHERWISE = "Take the function out of it, or delete it if nothing else needs it."

WHAT_TO_DO: Mapping[TriggerKind, str] = {
    TriggerKind.ALARM: "Take the function out of the alarm's actions.",
    TriggerKind.BUCKET: "Take the function out of the bucket's notifications: S3 refuses every "
    "later change of them as long as one names a function that is not there.",
    TriggerKind.DESTINATION: "Give the function named here another destination: what became of its "
    "asynchronous events is lost.",
    TriggerKind.ENVIRONMENT: "Look in the code of the function named here what it needs the "
    "variable for, then take it out.",
    TriggerKind.EVENT_SOURCE: "Delete the event source mapping: deleting a function leaves it "
    "behind.",
    TriggerKind.LOAD_BALANCER: "Take the function out of the target group, or delete the group.",
    TriggerKind.RULE: "Take the function out of the rule's targets, or delete the rule.",
    TriggerKind.SCHEDULE: "Delete the schedule, or give it another target.",
    TriggerKind.STACK: "Take the function out of the template before the stack's next update.",
    TriggerKind.STATE_MACHINE: "Take the state that calls it out of the definition: it fails.",
    TriggerKind.TOPIC: "Delete the subscription.",
}


def reference_body(function: FunctionArn, reference: Reference, change_id: str) -> str:
    """Write the ticket in Markdown. Names and reasons are outside text (S23)."""
    rows = (
        (reference.kind.value, reference.name),
        ("How it stood", reference.why),
        ("It names", ", ".join(reference.qualifiers) or "the function itself"),
        ("Removed function", function.name),
        ("Account", function.account),
        ("Region", function.region),
    )
    lines = [f"| {label} | {code(value)} |" for label, value in rows]
    parts = (
        "The function is deleted, and this still points to it. It did not keep the function alive, "
        "because it could not call it when it was looked at; switched on again, it fails.",
        "\n".join(["| | |", "| --- | --- |", *lines]),
        "### What to do",
        WHAT_TO_DO.get(reference.kind, OTHERWISE),
        f"Or bring the function back: {code(f'trimtab restore {function}')}",
        f"The whole story: {code(f'trimtab audit show {change_id}')}. Function "
        f"{code(str(function))}.\nTrimtab does not look at this again: close the ticket when it is "
        "done.",
    )
    return "\n\n".join(parts) + "\n"
