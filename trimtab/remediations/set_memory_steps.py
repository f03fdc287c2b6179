"""Which single write comes next when a memory size is changed, and what tells somebody else's?

Forward: $LATEST, a version of it, a share of each alias's traffic for that version, and when the
canary proved well each alias as a whole. Back: our share first, then the aliases, then $LATEST, or
a pipeline's next publish would ship our size.
"""

from collections.abc import Iterable, Mapping

from trimtab.domain.fleet import Alias, FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import (
    MoveAlias,
    PublishVersion,
    SetMemory,
    SplitAlias,
    Step,
    UnsplitAlias,
)

LATEST = "$LATEST"


def published_aliases(remediation: Remediation) -> dict[str, str]:
    """Return the aliases that must move: those that serve a numbered version."""
    return {n: v for n, v in remediation.before.aliases.items() if v != LATEST}


def differing_settings(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n)))


def publication(remediation: Remediation) -> PublishVersion | None:
    if not published_aliases(remediation):
        return None
    return PublishVersion(
        code_sha256=remediation.before.configuration.code_sha256,
        memory_mb=remediation.after["memory_mb"],
        description=remediation.execution_name,
    )


def next_canary_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> Step | None:
    """Return the next write up to the split of every alias; None: all of them are split."""
    memory_mb = remediation.after["memory_mb"]
    if state.configuration.memory_mb != memory_mb:
        return SetMemory(memory_mb=memory_mb)
    if published is None:
        return publication(remediation)
    for alias, version in _still_serving(remediation, state):
        split = _split(remediation, alias, version, published)
        if split is not None:
            return split
    return None


def next_step(remediation: Remediation, state: FunctionState, published: str | None) -> Step | None:
    """Return the next write up to the end; an alias moves only from a split, if it has a canary."""
    memory_mb = remediation.after["memory_mb"]
    if state.configuration.memory_mb != memory_mb:
        return SetMemory(memory_mb=memory_mb)
    if published is None:
        return publication(remediation)
    next_alias = next(iter(_still_serving(remediation, state)), None)
    if next_alias is None:
        return None
    alias, version = next_alias
    return _split(remediation, alias, version, published) or MoveAlias(
        alias=alias.name, from_version=version, to_version=published
    )


def _still_serving(remediation: Remediation, state: FunctionState) -> Iterable[tuple[Alias, str]]:
    """Yield the aliases that serve what they served before, by name."""
    before = published_aliases(remediation)
    for alias in sorted(state.aliases, key=lambda a: a.name):
        if before.get(alias.name) == alias.version:
            yield alias, alias.version


def _split(
    remediation: Remediation, alias: Alias, version: str, published: str
) -> SplitAlias | None:
    """Return the split that an alias still lacks."""
    if remediation.canary is None or published in alias.weights:
        return None
    return SplitAlias(
        alias=alias.name,
        stable_version=version,
        canary_version=published,
        weight=remediation.canary.weight,
    )


def next_removal(state: FunctionState, ours: frozenset[str]) -> UnsplitAlias | None:
    """Return the next write that takes a share of our versions away, whoever moved the alias since
    (S13); weights that hold any version but ours are somebody else's.
    """
    for alias in sorted(state.aliases, key=lambda a: a.name):
        if alias.weights and alias.weights.keys() <= ours:
            return UnsplitAlias(alias=alias.name, canary_version=min(alias.weights))
    return None


def next_undo_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> Step | None:
    if published is not None:
        removal = next_removal(state, frozenset({published}))
        if removal is not None:
            return removal
    serving = {a.name: a.version for a in state.aliases}
    for name, version in sorted(published_aliases(remediation).items()):
        if published is not None and serving.get(name) == published:
            return MoveAlias(alias=name, from_version=published, to_version=version)
    if state.configuration.memory_mb != remediation.undo["memory_mb"]:
        return SetMemory(memory_mb=remediation.undo["memory_mb"])
    return None


def foreign_change(
    remediation: Remediation, state: FunctionState, published: str | None
) -> str | None:
    before, now = remediation.before.configuration, state.configuration
    ours = (before.memory_mb, remediation.after["memory_mb"])
    if now.memory_mb not in ours:
        return f"memory is {now.memory_mb} MB, neither the old {ours[0]} nor the new {ours[1]}"
    if now.code_sha256 != before.code_sha256:
        return "its code was changed by someone else"
    if (now.timeout_s, now.settings) != (before.timeout_s, before.settings):
        names = differing_settings(before.settings, now.settings) or ("timeout_s",)
        return f"its settings were changed by someone else: {', '.join(names)}"
    return _foreign_aliases(remediation, state, published)


def _foreign_aliases(
    remediation: Remediation, state: FunctionState, published: str | None
) -> str | None:
    serving = {a.name: a.version for a in state.aliases}
    for name, version in remediation.before.aliases.items():
        if serving.get(name) not in (version, published):
            return f"alias {name} serves {serving.get(name)}, neither {version} nor {published}"
    split = next((a for a in state.aliases if not _is_our_split(remediation, a, published)), None)
    if split is not None:
        return f"alias {split.name} was made to split its traffic by someone else"
    served = {serving[name] for name in published_aliases(remediation)}
    if not served & state.versions.keys() <= state.same_environment:
        return "its environment variables were changed by someone else"
    return None


def _is_our_split(remediation: Remediation, alias: Alias, published: str | None) -> bool:
    """Tell whether an alias is whole, or split exactly as the canary of this change splits it."""
    if not alias.weights:
        return True
    if remediation.canary is None or published is None:
        return False
    is_on_before = published_aliases(remediation).get(alias.name) == alias.version
    return is_on_before and alias.weights == {published: remediation.canary.weight}
