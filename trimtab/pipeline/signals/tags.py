"""What do the tags of a function tell? Tier 1: one listing for the whole target."""

from collections.abc import Mapping, Sequence

from trimtab.domain.evidence import Evidence, Known

SOURCE = "Resource tagging API"
TAG_SIGNALS = ("function.tags", "owner.present")


def tag_signals(tags: Mapping[str, str], *, owner_tags: Sequence[str]) -> dict[str, Evidence]:
    """Return the signals of one function's tags; `owner_tags` are those that name an owner."""
    has_owner = any(tags.get(name, "").strip() for name in owner_tags) if owner_tags else None
    return {
        "function.tags": Known(value=dict(tags), source=SOURCE),
        "owner.present": Known(value=has_owner, source=f"{SOURCE}, owners.yaml"),
    }
