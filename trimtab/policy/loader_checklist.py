"""Which points does a checklist make? `checklists/<id>.yaml`, each point over policies that are.

A checklist judges nothing itself: it counts what the policies of the bundle say.
"""

from collections.abc import Iterable, Mapping

from trimtab.domain.checklist import Checklist, Point
from trimtab.policy.loader_shapes import validated
from trimtab.policy.problems import Document, Mistakes, unknown_word
from trimtab.policy.schema_rules import ChecklistShape

FOLDER = "checklists/"
ONE_OF_THEM = "a point names `policies`, or says `not_checked` and why: one of them"

_STAND_INS = {"title": "-", "points": [{"title": "-", "not_checked": "-"}]}
"""For what is missing or broken while the rest of its file is still checked; none ever loads."""


def read_checklist(
    document: Document, policy_ids: Iterable[str], mistakes: Mistakes
) -> Checklist | None:
    """Read one checklist; `policy_ids` are all that exist, whether or not they loaded."""
    stem = document.file.rpartition("/")[2].removesuffix(".yaml")
    shape = validated(ChecklistShape, document, mistakes, stand_ins=_STAND_INS | {"id": stem})
    if shape is None:
        return None
    if shape.id != stem:
        text = f"the id is {shape.id!r}, the file is named {stem!r}: make them one"
        mistakes.at_value(document, ("id",), text)
    _check_points(document, frozenset(policy_ids), mistakes)
    return Checklist(
        id=shape.id,
        title=shape.title,
        points=tuple(
            Point(
                title=point.title,
                policies=tuple(dict.fromkeys(point.policies)),
                not_checked=None
                if point.not_checked is None
                else " ".join(point.not_checked.split()),
            )
            for point in shape.points
        ),
    )


def _check_points(document: Document, known: frozenset[str], mistakes: Mistakes) -> None:
    """Note points that say both or neither, and policies that are not in the bundle."""
    points = document.at(("points",))
    for position, point in enumerate(points if isinstance(points, list) else ()):
        if not isinstance(point, Mapping):
            continue
        path = ("points", position)
        policies = point.get("policies")
        if bool(policies) is ("not_checked" in point):
            mistakes.at_value(document, path, ONE_OF_THEM)
        for number, policy in enumerate(policies if isinstance(policies, list) else ()):
            place = (*path, "policies", number)
            is_wrong = isinstance(policy, str) and policy not in known
            if is_wrong and not mistakes.has_at(document, place):
                mistakes.at_value(document, place, unknown_word("policy", policy, known))
