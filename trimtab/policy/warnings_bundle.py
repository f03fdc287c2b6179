"""What in a bundle is allowed, and probably not meant? Warnings with file, line and column.

A bundle with warnings loads and works as it is written; errors are told by `loader`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.condition import AllOf, AnyOf, Condition, Leaf, plain
from trimtab.policy.loader import EXEMPTIONS, FLEET, OWNERS, RUNTIMES
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.model import Bundle, Policy, Selection
from trimtab.policy.problems import Document, Path, Place, Problem, unknown_word
from trimtab.policy.regions import doubt_of_region
from trimtab.policy.runtimes import OLD_AFTER, RuntimeTable
from trimtab.policy.scaffold import REMEDY, WHY
from trimtab.policy.warnings_conditions import Said, pointless
from trimtab.policy.warnings_exemptions import about_exemptions, about_known_gaps
from trimtab.policy.warnings_tests import missing_rows, rows_by_policy

Files: TypeAlias = Mapping[str, str | bytes]
CONTAINER_IMAGE = "container image"
"""What function.runtime says of a function without one."""
A_DAY = timedelta(days=1)
"""Somewhere the next day has begun already."""


def bundle_warnings(
    bundle: Bundle,
    files: Files,
    *,
    now: datetime,
    with_tests: bool = True,
) -> tuple[Problem, ...]:
    """Return every warning about a bundle that was loaded from these files, in order."""
    found: set[Problem] = set(_about_runtimes(bundle.runtimes, files, now))
    for file, said in _about_rules(bundle, now):
        found |= set(_placed(files, file, said))
    for file, said in _about_policies(bundle, files):
        found |= set(_placed(files, file, said))
    if with_tests:
        rows, problems = rows_by_policy(bundle, files)
        found |= set(problems)
        for policy in bundle.policies:
            said = tuple(missing_rows(policy, rows.get(policy.id, ())))
            found |= set(_placed(files, file_of(policy), said))
    return tuple(sorted(found))


def file_of(policy: Policy) -> str:
    return f"{policy.pack}/{policy.id}.yaml"


def _placed(files: Files, file: str, said: Sequence[Said]) -> Iterator[Problem]:
    for document in _documents(file, files) if said else ():
        for one in said:
            yield Problem(file, document.value_at(one.path), one.message)


def _documents(file: str, files: Files) -> tuple[Document, ...]:
    """Read a file again: once its bundle has loaded, it is a document."""
    return tuple(read for read in (read_document(file, files[file]),) if isinstance(read, Document))


def _about_rules(bundle: Bundle, now: datetime) -> Iterator[tuple[str, tuple[Said, ...]]]:
    fleet = [
        Said(path=("scope", "regions", n), message=doubt)
        for n, region in enumerate(bundle.fleet.scope.regions)
        if (doubt := doubt_of_region(region)) is not None
    ]
    yield FLEET, (*fleet, *about_known_gaps(bundle.fleet, now))
    owners = [
        Said(path=("map", n, "match", "region"), message=doubt)
        for n, rule in enumerate(bundle.owners.map)
        if rule.region is not None and (doubt := doubt_of_region(rule.region)) is not None
    ]
    yield OWNERS, tuple(owners)
    yield EXEMPTIONS, tuple(about_exemptions(bundle, now))


def _about_runtimes(table: RuntimeTable, files: Files, now: datetime) -> Iterator[Problem]:
    """Warn of a table of runtimes that nobody has held against what AWS says for long."""
    age = now.date() - table.read_on
    text = f"the table of runtimes was read on {table.read_on}, {age.days} days ago: hold it"
    text += " against what AWS says now, and write the day here as read_on"
    if not table.is_refreshed:
        if age > OLD_AFTER:
            yield Problem(RUNTIMES, Place(1, 1), text)
        return
    if age < -A_DAY:
        text = f"{table.read_on} is still to come: write the day on which the table was read"
    if not -A_DAY <= age <= OLD_AFTER:
        yield from _placed(files, RUNTIMES, (Said(path=("read_on",), message=text),))


def _about_policies(bundle: Bundle, files: Files) -> Iterator[tuple[str, tuple[Said, ...]]]:
    first: dict[object, Policy] = {}
    for policy in bundle.policies:
        file = file_of(policy)
        (document,) = _documents(file, files)
        said = [*_about_scope(policy, bundle, document), *_about_words(policy, bundle.runtimes)]
        said += _about_texts(policy)
        said += pointless(_with_scope(policy), document)
        same = first.setdefault(_meaning(policy), policy)
        if same is not policy:
            text = f"{file_of(same)} judges the same functions by the same conditions"
            said.append(Said(path=("when",), message=text))
        yield file, tuple(said)


def _with_scope(policy: Policy) -> Condition:
    """Return the conditions with the tags of the scope, which must hold as well."""
    tags = tuple(
        Leaf(SIGNALS[TAGS], tag, f"scope tag {tag.key} {tag.text}", ("scope", "tags", str(tag.key)))
        for tag in policy.scope.tags
    )
    return AllOf((*tags, policy.when)) if tags else policy.when


def _about_words(policy: Policy, table: RuntimeTable) -> Iterator[Said]:
    """Warn of runtimes that AWS does not name."""
    known = {*table.rows, CONTAINER_IMAGE}
    for leaf in policy.when.leaves():
        if leaf.signal.name == "function.runtime":
            for name in leaf.matcher.limits or ():
                if name not in known:
                    yield Said(path=leaf.path, message=unknown_word("runtime", name, known))


def _about_texts(policy: Policy) -> Iterator[Said]:
    """Warn of what `trimtab policy new` left for a person to write."""
    texts = (("why", policy.why, WHY), ("remedy", policy.guidance.remedy or "", REMEDY))
    for key, text, left in texts:
        if text.strip() == left:
            yield Said(
                path=(key,), message="still the text of `trimtab policy new`: write your own"
            )


def _about_scope(policy: Policy, bundle: Bundle, document: Document) -> Iterator[Said]:
    scope, fleet = policy.scope, bundle.fleet.scope
    for word in ("include", "exclude"):
        for n, region in enumerate(getattr(scope.regions, word)):
            doubt = doubt_of_region(region)
            if doubt is not None:
                yield Said(path=_written(document, ("scope", "regions", word, n)), message=doubt)
    for name in ("organizational_units", "accounts", "regions"):
        selection: Selection = getattr(scope, name)
        if selection.include and set(selection.include) <= set(selection.exclude):
            text = "excludes all that it includes: the policy judges nothing"
            yield Said(path=("scope", name), message=text)
    if not any(scope.regions.admits((region,)) for region in fleet.regions):
        text = f"admits no region of {FLEET}: the policy judges nothing"
        yield Said(path=("scope", "regions"), message=text)
    accounts = set(scope.accounts.include)
    if accounts and accounts <= set(fleet.exclude_accounts):
        text = f"names only accounts that {FLEET} excludes: the policy judges nothing"
        yield Said(path=("scope", "accounts"), message=text)


def _written(document: Document, path: Path) -> Path:
    """Return the path in the file: a bare list stands for what is included."""
    if path in document.values:
        return path
    return tuple(step for step in path if step != "include")


def _meaning(policy: Policy) -> object:
    """Return what a policy judges and how, whatever the order in which it is said."""
    lookback = (
        policy.lookback if any(_is_over_time(leaf) for leaf in policy.when.leaves()) else None
    )
    scope = (
        *(
            (frozenset(selection.include), frozenset(selection.exclude))
            for selection in (
                policy.scope.organizational_units,
                policy.scope.accounts,
                policy.scope.regions,
            )
        ),
        frozenset((tag.key, tag.text) for tag in policy.scope.tags),
    )
    return scope, lookback, _unordered(policy.when)


def _is_over_time(leaf: Leaf) -> bool:
    return leaf.signal.over_lookback or bool(leaf.signal.derived_from)


def _unordered(condition: Condition) -> object:
    if isinstance(condition, AllOf | AnyOf):
        word = "all" if isinstance(condition, AllOf) else "any"
        return word, frozenset(_unordered(child) for child in condition.children)
    if isinstance(condition, Leaf):
        return repr(plain(condition))
    return "not", _unordered(condition.child)
