"""How do we say a figure, a moment or a size to a person? The same way in every email and page.

No locale, no clock, no I/O: `now` is an argument and the words are English.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trimtab.domain.errors import InputError
from trimtab.domain.finding import Saving, last_day
from trimtab.domain.person import people_in, with_names
from trimtab.domain.remediation import Remediation
from trimtab.domain.sighting import Line
from trimtab.domain.terms import ChangeKind, Window

MINUS = "\N{MINUS SIGN}"
TO = "\N{EN DASH}"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MS_PER_S = 1000.0
WHOLE_DOLLARS_FROM = 10.0
"""Below it a saving is told with cents: nobody should read $0 where there is something."""
SMALLEST_SAVING = 0.01
DAYS_FOR_A_SPAN = 3

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_LOOKS_LIKE_HOST = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
_BY_WHOM = re.compile(
    r"(Trimtab is frozen(?:, undo included)?(?: since [\d-]+ [\d:]+ UTC)?) by \S+: "
)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,255}")


def inert(text: str) -> str:
    """Return text on one line, without control, format and direction characters (S23)."""
    visible = (" " if unicodedata.category(c) in _INVISIBLE else c for c in text)
    return " ".join("".join(visible).split())


def unlinked(text: str) -> str:
    """Return outside text so that no mail program makes a link of it: 'evil[.]com' (S23)."""
    plain = inert(text).replace("://", "[:]//").replace("@", "[at]")
    return _LOOKS_LIKE_HOST.sub("[.]", plain)


def nameless(note: str) -> str:
    """Return a note of ours without who stopped it, and without the ids of people."""
    plain = _BY_WHOM.sub(r"\1: ", note)
    return with_names(plain, dict.fromkeys(people_in(plain), "somebody"))


def address(text: str) -> str:
    """Return an email address that is safe in a header.

    Raises: InputError when it is not one plain address.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise InputError(f"{text!r} is not a plain email address: correct owners.yaml or the tag")
    return text


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(usd: float) -> str:
    """Return whole dollars from $10 up, cents below."""
    sign = MINUS if usd <= -SMALLEST_SAVING / 2 else ""
    size = abs(usd)
    return f"{sign}${size:,.0f}" if size >= WHOLE_DOLLARS_FROM else f"{sign}${size:,.2f}"


def saving(interval: Saving) -> str:
    """Return the interval per month: '$12-31 a month', or that it may cost more."""
    low, high = interval.low_usd_month, interval.high_usd_month
    if high < SMALLEST_SAVING and low > -SMALLEST_SAVING:
        return "less than a cent a month"
    if low < 0:
        return f"between {money(low)} and {money(high)} a month"
    if money(low) == money(high):
        return f"{money(low)} a month"
    second = money(high)[1:] if (low >= WHOLE_DOLLARS_FROM) else money(high)
    return f"{money(low)}{TO}{second} a month"


def saves(interval: Saving, *, is_one: bool = True) -> str:
    """Return the beginning of a sentence: 'It saves $12-31 a month', or what it costs more."""
    if interval.high_usd_month > -SMALLEST_SAVING:
        return f"{'It saves' if is_one else 'Together they save'} {saving(interval)}"
    return f"{'It costs' if is_one else 'Together they cost'} {costs_more(interval)}"


def costs_more(interval: Saving) -> str:
    """Return what a change without any saving costs more."""
    less, most = -interval.high_usd_month, -interval.low_usd_month
    turned = Saving(low_usd_month=less, high_usd_month=most)
    return f"{saving(turned)} more"


def saved(interval: Saving) -> str:
    """Return it for a headline: '$12-31 a month saved'."""
    is_saving = interval.high_usd_month > -SMALLEST_SAVING
    return f"{saving(interval)} saved" if is_saving else costs_more(interval)


def total_saving(intervals: tuple[Saving, ...]) -> Saving:
    return Saving(
        low_usd_month=sum(i.low_usd_month for i in intervals),
        high_usd_month=sum(i.high_usd_month for i in intervals),
    )


def allowed_now(allowed: Saving | None, functions: int) -> str:
    """Return what of a possible saving a run may propose, as the bundle stands."""
    if allowed is None:
        return "nothing of it would be proposed now: modes and ceilings of the bundle allow less"
    return (
        f"of it may be proposed now, by modes and ceilings of the bundle: {saving(allowed)}, "
        f"{count(functions, 'function')}"
    )


def capital(text: str) -> str:
    """Return text with a capital at its beginning; what follows stays as it is."""
    return text[:1].upper() + text[1:]


def memory(memory_mb: float) -> str:
    return f"{memory_mb:,.0f} MB"


def milliseconds(duration_ms: float) -> str:
    """Return a run time in the unit a person would use."""
    if duration_ms < MS_PER_S:
        return f"{duration_ms:,.0f} ms"
    return f"{duration_ms / MS_PER_S:,.1f} s"


def duration(span: timedelta) -> str:
    """Return the two largest units: '2 days 3 hours'. Rounded down; seconds only below a minute."""
    if span < timedelta(minutes=1):
        return count(int(span.total_seconds()), "second")
    minutes = int(span.total_seconds() // 60)
    parts = (
        (minutes // 1440, "day"),
        (minutes // 60 % 24, "hour"),
        (minutes % 60, "minute"),
    )
    said = [count(number, unit) for number, unit in parts if number]
    return " ".join(said[:2])


def moment(at: datetime) -> str:
    """Return a moment in UTC: 'Thu 26 Nov 2026, 09:00 UTC'."""
    utc = at.astimezone(UTC)
    day = f"{DAYS[utc.weekday()]} {utc.day} {MONTHS[utc.month - 1]} {utc.year}"
    return f"{day}, {utc:%H:%M} UTC"


def covered(line: Line) -> str:
    """Return until when an exemption covers a finding, why, and who says so."""
    if line.suppressed_until is None:
        return ""
    said = ": ".join(text for text in (line.suppressed_by, line.suppressed_why) if text)
    return f"until the end of {last_day(line.suppressed_until)}" + f" ({said})" * bool(said)


def relative(at: datetime, *, now: datetime) -> str:
    """Return how far away a moment is: 'in 3 days', '2 hours 5 minutes ago'."""
    if abs(at - now) < timedelta(seconds=1):
        return "now"
    return f"in {duration(at - now)}" if at > now else f"{duration(now - at)} ago"


def window(terms: Window | None) -> str:
    """Return when writes may happen: 'Mon-Thu, 09:00-16:00 (Europe/Berlin)' with dashes."""
    if terms is None:
        return "any time"
    days = sorted(terms.days)
    unbroken = days == list(range(days[0], days[-1] + 1)) and len(days) >= DAYS_FOR_A_SPAN
    named = f"{DAYS[days[0]]}{TO}{DAYS[days[-1]]}" if unbroken else ", ".join(DAYS[d] for d in days)
    if len(days) == len(DAYS):
        named = "every day"
    return f"{named}, {terms.opens:%H:%M}{TO}{terms.closes:%H:%M} ({terms.timezone})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One setting of a function, before and after, in words."""

    label: str
    before: str
    after: str


NONE = "none"
PROVISIONED = "Provisioned concurrency"
EARLIER = "an earlier schedule"

_SETTINGS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "memory_mb": ("Memory", memory),
    "versions": ("Published versions", lambda number: f"{number:,.0f}"),
}
_HEADLINES: Mapping[ChangeKind, tuple[str, str]] = {
    ChangeKind.SET_MEMORY: ("Lower the memory of", "Raise the memory of"),
    ChangeKind.SCHEDULE_PROVISIONED: ("Schedule the", "Schedule the"),
    ChangeKind.REDUCE_PROVISIONED: ("Lower the", "Raise the"),
    ChangeKind.REMOVE_PROVISIONED: ("Remove the", "Remove the"),
    ChangeKind.REMOVE_FUNCTION: ("Remove", "Remove"),
    ChangeKind.REMOVE_VERSIONS: ("Remove old versions of", "Remove old versions of"),
}
_OF_ITS_OWN = (ChangeKind.SET_MEMORY, ChangeKind.REMOVE_FUNCTION, ChangeKind.REMOVE_VERSIONS)
"""Kinds that are about the function, not about what is provisioned for it."""


def headline(remediation: Remediation) -> str:
    """Return the change as the beginning of a sentence that the function's name ends."""
    less, more = _HEADLINES[remediation.kind]
    rises = any(after > remediation.undo.get(n, after) for n, after in remediation.after.items())
    verb = more if rises else less
    if remediation.kind in _OF_ITS_OWN:
        return verb
    return f"{verb} provisioned concurrency of {_whose(remediation)}"


def back_by_hand(remediation: Remediation) -> str:
    """Return what the commands of a change that was made are for."""
    if remediation.kind is ChangeKind.REMOVE_VERSIONS:
        return "To have their code and settings back, once deleted"
    return "To take it back by hand, once applied"


def _whose(remediation: Remediation) -> str:
    """Return the beginning of what the function's name ends: 'alias live of'."""
    plan = remediation.provisioned
    return "" if plan is None else f"{qualified(plan.qualifier)} of"


def qualified(qualifier: str) -> str:
    """Return what a qualifier names: 'alias live', 'version 12'."""
    return f"{'version' if qualifier.isdigit() else 'alias'} {inert(qualifier)}"


def setting_changes(remediation: Remediation) -> tuple[SettingChange, ...]:
    """Return every setting that is written, by name."""
    if remediation.kind is ChangeKind.REMOVE_FUNCTION:
        return (SettingChange(label="Function", before="there", after="removed"),)
    if remediation.kind not in _OF_ITS_OWN:
        return (
            SettingChange(
                label=PROVISIONED,
                before=EARLIER if _was_scheduled(remediation) else level(remediation.undo),
                after=level(remediation.after),
            ),
        )
    rows = []
    for name in sorted(remediation.after):
        label, say = _SETTINGS.get(name, (name, str))
        before, after = remediation.undo.get(name), remediation.after[name]
        rows.append(
            SettingChange(
                label=label, before="not set" if before is None else say(before), after=say(after)
            )
        )
    return tuple(rows)


def _was_scheduled(remediation: Remediation) -> bool:
    """Tell whether a schedule of ours was there before."""
    before = remediation.before.provisioned
    return before is not None and before.target is not None and bool(before.target.actions)


def level(counts: Mapping[str, int]) -> str:
    """Return what is provisioned: '12', 'none', or '4 to 12 by schedule'."""
    if "minimum" in counts:
        low, high = counts["minimum"], counts.get("maximum", counts["minimum"])
        return f"{between(low, high)} by schedule"
    return f"{counts['provisioned']:,}" if counts.get("provisioned") else NONE


def between(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def settings(values: Mapping[str, int]) -> str:
    """Return values that are written, within a sentence: 'memory 1,504 MB', '12 provisioned',
    'nothing provisioned'.
    """
    if "functions" in values:
        return "the function" if values["functions"] else "no function"
    if "versions" in values:
        return count(values["versions"], "published version")
    if "provisioned" in values or "minimum" in values:
        said = level(values)
        if said == NONE:
            return "nothing provisioned"
        many, by, how = said.partition(" by ")
        return f"{many} provisioned{by}{how}"
    return ", ".join(
        f"memory {memory(value)}" if name == "memory_mb" else f"{name} {value}"
        for name, value in sorted(values.items())
    )


def was(remediation: Remediation) -> str:
    """Return what it had before, within a sentence: '3,008 MB', '12 provisioned'."""
    if _was_scheduled(remediation):
        return EARLIER
    return _within(remediation, remediation.undo, [c.before for c in setting_changes(remediation)])


def becomes(remediation: Remediation) -> str:
    """Return what it has afterwards, within a sentence."""
    return _within(remediation, remediation.after, [c.after for c in setting_changes(remediation)])


def _within(remediation: Remediation, values: Mapping[str, int], said: list[str]) -> str:
    if remediation.kind is ChangeKind.REMOVE_VERSIONS:
        return settings(values)
    if remediation.kind in _OF_ITS_OWN:
        return ", ".join(said)
    return settings(values)
