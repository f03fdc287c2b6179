"""What can a policy say? The reference page, written from the catalog so that it cannot drift."""

from collections.abc import Iterable, Iterator, Mapping

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldValue
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.loader_change import written_field
from trimtab.policy.loader_floors import floor_specs
from trimtab.policy.model import Policy
from trimtab.policy.signal import Signal, Tier

_INTRODUCTION = """# Policies: reference

Written by `trimtab policy docs` from the code; a test holds the two together. Edit the code.

A policy is one YAML file, `policies/<pack>/<id>.yaml`. All mistakes of all files are reported at
once, each with file, line and column. [policies.md](policies.md) tells how to write one, test it
and exempt from it.
"""

_KEYS = (
    ("id", "required", "Kebab-case, the name of the file without `.yaml`."),
    ("title", "required", "One line for people."),
    ("why", "required", "Why this matters, for whoever reads the file."),
    ("remedy", "none", "What to do about it, for the ticket; at most 400 characters."),
    ("links", "none", "Where to read more, for the ticket: a list of `https://` addresses."),
    ("severity", "required", "`informational`, `low`, `medium`, `high` or `critical`."),
    ("mode", "`observe`", "`observe`, `ticket` or `approve`; fleet.yaml may lower it."),
    (
        "scope",
        "everything",
        "`organizational_units`, `accounts`, `regions`: a list, or `include` and `exclude`;"
        " `tags`: names with matchers.",
    ),
    ("when", "required", "The conditions; all entries must hold."),
    ("lookback", "`14d`", "How far usage reaches back, `1h` to `455d`."),
    ("change", "none", "One kind of change with its fields, see below."),
    (
        "approval",
        "the owner, `72h`",
        "`approvers`: addresses or `owner`; `needed`: 1; `expires`: silence is no, at most `30d`.",
    ),
    ("window", "any time", '`days: mon-thu`, `hours: "09:00-16:00"`, `timezone: Europe/Berlin`.'),
    (
        "verify",
        "`30m`, `24h`, 200",
        "`settle`, `watch`, `samples`, and `roll_back_if` with `error_rate`, `duration_p95`,"
        " `out_of_memory`, `throttles`: `> 1.5x and >= 5`, `> 1.25x` or `> 0`.",
    ),
    ("ticket", "none", "`sink: github`, `labels: [...]`, given when it is opened."),
)

_MATCHERS = (
    ("`> 1024`, `>=`, `<`, `<=`", "Amounts. A bare number is in the unit of the signal."),
    ("`= x`, `!= x`, or just `x`", "Equal, not equal."),
    ("`in [a, b]`, or a list", "One of these."),
    ("`matches ^prod-`", "Text: a regular expression with few choices and no repeated group."),
    ("`absent`, `present`", "Whether there is anything at all."),
    ("`512 MB`, `1 GB`", "Memory and sizes; 1 GB is 1024 MB."),
    ("`30d`, `12h`, `15m`, `10s`, `250ms`", "Durations."),
    ("`60%`, or `0.6`", "Shares."),
    ("`$20`", "Money, in USD."),
)

_CONDITIONS = """## Conditions

Entries of a mapping must all hold. `all:` and `any:` take lists, `not:` takes one condition, and
they nest. `function.has_tag: name` asks for a tag; `function.tags: {name: matcher}` for its value.

Every answer is true, false or unknown. Unknown and false is false; unknown and true is unknown: the
verdict is then `insufficient_data` and names the missing signals. Comparing what a function does
not have makes the policy `not_applicable`; a missing tag merely does not fit.
"""

_WARNINGS = """## Warnings

`trimtab policy validate` also tells what loads and is probably not meant, each with file, line and
column; `--strict` makes it exit code 1, and the deployed scan logs it:

- a condition that can never hold, always holds, is said twice, or says nothing beside another;
- two policies with the same scope and the same conditions; a scope that leaves nothing;
- a region or runtime that AWS did not name when the lists were made, with the nearest one it did;
- an exemption that has ended, ends within seven days, or covers no function of the fleet; a known
  gap that has ended;
- a table of runtimes that was read more than 180 days ago;
- tests that lack an answer, or a row below, at or above a limit;
- a `why` or `remedy` that `trimtab policy new` left for you to write.

`trimtab policy new cost/my-policy --signal 'function.memory_mb > 1024'` writes a policy and its
tests; its warnings are the texts left for you.
"""

_RULES = """## The other files

`fleet.yaml` says `scope`, `known_gaps`, `unmanaged`, `ceilings`, `limits` (`per_run`,
`share_of_read`, `per_account`, `unverified` with `per_account` and `total`, `per_day`) and `freeze`
(`rollbacks`, `within`); `guardrails.yaml` `approval` (`domains`, `needed`, and `identity`:
for each kind of change `link`, or `sign_in`, which also asks to type the function's name),
`highest_mode` and floors per kind of change;
`owners.yaml` `tags`, `map` and `fallback`; `exemptions.yaml` `exemptions`. `runtimes.yaml`, which
may be missing, lays `runtimes` over the shipped table: `runtime`, `deprecated`, and `block_create`
and `block_update` where AWS has published them; `read_on` is the day on which the whole table was
held against the page that `source` names. A checklist, `checklists/<id>.yaml`, says `id`, `title`
and `points`: each with a `title`, and either `policies` that must find nothing or `not_checked`
with the reason. The files in `policies/` are commented.

Refused, because nothing enforces them yet: `hub`, `approval.remind`, `approval.escalate`,
`needed: 2` in a policy, and mode `auto` in a policy.
"""

_CEILING = """How far a policy goes is its mode or the ceiling of `fleet.yaml`, whichever is lower;
as shipped, the ceiling is `observe` everywhere."""

_TIERS = {
    Tier.LISTED: "listing, free",
    Tier.BULK: "one listing per target",
    Tier.METRICS: "metrics, 500 a call",
    Tier.OPTIMIZER: "Compute Optimizer",
    Tier.LOGS: "log queries",
    Tier.DEEP: "calls per function",
}


def reference(
    kinds: Mapping[str, ChangeSpec], policies: Iterable[Policy] = (), *, at: str = "../policies"
) -> str:
    """Return docs/policies-reference.md. `at` is where the files of the policies are linked."""
    keys = _table(("key", "default", "meaning"), ((f"`{k}`", d, m) for k, d, m in _KEYS))
    parts = [
        _INTRODUCTION,
        *_policy_section(policies, at),
        f"## Keys\n\n{keys}",
        _CONDITIONS,
        f"## Matchers\n\n{_table(('write', 'meaning'), _MATCHERS)}",
        *(_kind_section(name, spec) for name, spec in sorted(kinds.items())),
        f"## Signals\n\n{_signal_table()}",
        _RULES,
        _WARNINGS,
    ]
    return "\n".join(parts)


def _policy_section(policies: Iterable[Policy], at: str) -> Iterator[str]:
    """List the policies of the bundle, pack by pack."""
    rows = [
        (p.pack, f"[{p.id}]({at}/{p.pack}/{p.id}.yaml)", p.title, p.severity.value, p.mode.value)
        for p in sorted(policies, key=lambda p: (p.pack, p.id))
    ]
    if rows:
        table = _table(("pack", "policy", "title", "severity", "mode"), rows)
        yield f"## Policies of this bundle\n\n{_CEILING}\n\n{table}"


def _kind_section(name: str, spec: ChangeSpec) -> str:
    rows = (
        (f"`{f.name}`", _shown(f, f.default), f.unit, _bounds(f), f.meaning) for f in spec.fields
    )
    table = _table(("field", "default", "unit", "bounds", "meaning"), rows)
    floors = ", ".join(f"`{field}`" for field in floor_specs(spec))
    return f"## Change: {name}\n\n{spec.meaning}\n\n{table}\nguardrails.yaml may bound {floors}.\n"


def _signal_table() -> str:
    rows = (
        (
            f"`{s.name}`",
            ", ".join(dict.fromkeys(w for w in (s.type.value, s.unit) if w)),
            s.meaning + (" Over the lookback." if s.over_lookback else ""),
            _source(s),
            _TIERS[s.tier],
            s.unknown_when,
        )
        for s in SIGNALS.values()
    )
    return _table(("signal", "type", "meaning", "source", "cost", "unknown when"), rows)


def _source(signal: Signal) -> str:
    return f"computed: {signal.source}" if signal.derived_from else signal.source


def _shown(field: FieldSpec, value: FieldValue) -> str:
    return f"`{written_field(field, value)}`"


def _bounds(field: FieldSpec) -> str:
    least = "" if field.minimum is None else f"from {_shown(field, field.minimum)} "
    most = "" if field.maximum is None else f"to {_shown(field, field.maximum)}"
    return (least + most).strip()


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
