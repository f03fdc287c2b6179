"""What does an entry of the ledger say, as a sentence? One for each event, and one that admits it.

An auditor may be looking at an altered record: whatever does not have the shape it should have is
said to be so, and never stops the reading.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from trimtab.domain.errors import InputError
from trimtab.domain.finding import Saving
from trimtab.domain.ledger import Entry
from trimtab.domain.realised import ProvisionedSaving, read_realised
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import VerifyTerms
from trimtab.domain.verification import Verification
from trimtab.domain.wire import from_wire
from trimtab.report import drill_words, reference_words, removal_words, words
from trimtab.report.figures import compared, figures, percent

Data = Mapping[str, Any]
UNREADABLE = "this entry cannot be put into words: look at it with --json"


def proposal(entries: tuple[Entry, ...]) -> Remediation | None:
    """Return the change that was proposed last; None for a run, or a record that is damaged."""
    for entry in reversed(entries):
        if entry.event == "proposed":
            try:
                return from_wire(Remediation, entry.data.get("remediation"))
            except InputError:
                return None
    return None


def header(remediation: Remediation) -> tuple[tuple[str, str], ...]:
    """Return what a change is about, as (name, value)."""
    plan = remediation.provisioned
    whose = "" if plan is None else f" of {words.qualified(plan.qualifier)}"
    changed = "; ".join(
        f"{c.label.lower()}{whose} {c.before} -> {c.after}"
        for c in words.setting_changes(remediation)
    )
    function = remediation.function
    return (
        ("change", remediation.change_id),
        ("function", function.name),
        ("account", function.account),
        ("region", function.region),
        ("changes", changed),
        ("policy", remediation.policy_id),
        ("run", remediation.run_id),
    )


def sentence(entry: Entry, remediation: Remediation | None) -> str:
    """Return one entry in words, on one line."""
    said = _SENTENCES.get(entry.event, _other)
    terms = None if remediation is None else remediation.verify
    try:
        text = said(entry.data, terms)
    except (KeyError, TypeError, ValueError, AttributeError, InputError):
        return UNREADABLE
    return words.inert(text)


def step(data: Data) -> str:
    """Return one write in words: 'set memory to 1,504 MB'."""
    match data["is"]:
        case "SetMemory":
            return f"set memory to {words.memory(data['memory_mb'])}"
        case "PublishVersion":
            return "publish a version"
        case "MoveAlias":
            return f"move alias {data['alias']} from {data['from_version']} to {data['to_version']}"
        case "SplitAlias":
            return (
                f"let version {data['canary_version']} answer {percent(data['weight'])} of "
                f"alias {data['alias']}, version {data['stable_version']} the rest"
            )
        case "UnsplitAlias":
            return f"take version {data['canary_version']} out of alias {data['alias']}"
        case _:
            return removal_words.step(data) or _scaling_step(data)


def _scaling_step(data: Data) -> str:
    """Return one write to what is provisioned, or to what scales it."""
    whose = words.qualified(str(data["qualifier"])) if "qualifier" in data else ""
    match data["is"]:
        case "SetProvisioned":
            level = words.settings({"provisioned": data["level"]})
            return f"have {level} for {whose}"
        case "AwaitProvisioned":
            return f"wait until {words.settings({'provisioned': data['level']})} for {whose}"
        case "RegisterTarget":
            bounds = words.between(data["minimum"], data["maximum"])
            how = ", with its schedule stopped" if data["is_suspended"] else ""
            return f"let Application Auto Scaling keep {whose} at {bounds}{how}"
        case "PutAction":
            bounds = words.between(data["minimum"], data["maximum"])
            return (
                f"schedule {bounds} for {whose}: action {data['name']}, {data['schedule']} "
                f"in {data['timezone']}"
            )
        case "DeleteAction":
            return f"delete the scheduled action {data['name']} of {whose}"
        case "DeregisterTarget":
            return f"take {whose} out of Application Auto Scaling"
        case other:
            return f"{other}: {dict(data)}"


def _proposed(data: Data, _: VerifyTerms | None) -> str:
    found = from_wire(Remediation, data["remediation"])
    who = ", ".join(found.approval.approvers)
    return (
        f"proposed by run {found.run_id}: {words.saving(found.recommendation.saving)} saved; "
        f"{who} may answer until {words.moment(found.expires_at)}"
    )


def _asked(data: Data, _: VerifyTerms | None) -> str:
    about = data.get("changes")
    many = "" if about is None else f" about {words.count(len(about), 'change')}"
    return f"{data['approver']} was asked by email{many}"


def _decided(data: Data, _: VerifyTerms | None) -> str:
    decision = data["signed"]["decision"]
    why = f": {decision['reason']}" if decision["reason"] else ""
    return f"{decision['word']} (auth: {decision['auth']}) by {decision['approver']}{why}"


def _intended(data: Data, _: VerifyTerms | None) -> str:
    before, after = _settings(data["undo"]), _settings(data["after"])
    at = f" at revision {data['revision_id']}" if data.get("revision_id") else ""
    return f"about to write {after}; it was {before}{at}"


def _settings(values: Data) -> str:
    return words.settings(values)


def _step_intended(data: Data, _: VerifyTerms | None) -> str:
    return f"about to {step(data['step'])}"


def _step_written(data: Data, _: VerifyTerms | None) -> str:
    adopted = ", as CloudTrail says" if data.get("adopted") else ""
    return f"done{adopted}: {step(data['step'])}"


def _applied(data: Data, _: VerifyTerms | None) -> str:
    aliases = ", ".join(f"{name} serves {v}" for name, v in sorted(data["aliases"].items()))
    until = datetime.fromisoformat(data["baseline"]["watch_until"])
    served = f"; alias {aliases}" if aliases else ""
    provisioned = data.get("provisioned")
    what = f"memory is {words.memory(data['memory_mb'])}{served}"
    if provisioned is not None:
        what = "; ".join(map(_provisioned, provisioned)) or "nothing is provisioned"
    return f"applied: {what}; watched until {words.moment(until)}"


def _provisioned(state: Data) -> str:
    """Return what a fresh read of an alias showed, as it is kept in an entry."""
    whose = words.qualified(state["qualifier"])
    said = f"{whose} has {words.settings({'provisioned': state['requested']})}"
    target = state.get("target")
    if target is None:
        return said
    many = words.count(len(target["actions"]), "scheduled action")
    return f"{said}, moved by {many}"


def _canary_started(data: Data, _: VerifyTerms | None) -> str:
    aliases = ", ".join(sorted(data["aliases"]))
    return f"version {data['version']} is tried on a share of {aliases}, and watched"


_WATCHED = {
    "healthy": "not worse, kept",
    "regressed": "worse than before, to be undone",
    "insufficient_data": "too little traffic to tell, kept as unproven",
    "reverted": "taken back by somebody else",
}


def _watched(data: Data, terms: VerifyTerms | None) -> str:
    found = from_wire(Verification, data["verification"])
    figures_said = "; ".join(
        f"{c.figure}: {figures(c.why) if terms is None else compared(c, terms)}"
        for c in found.comparisons
    )
    return f"{_WATCHED[found.health.value]}. {figures_said}"


def _canary_judged(start: str) -> "Callable[[Data, VerifyTerms | None], str]":
    return lambda data, terms: f"{start}: {_of_arms(data, terms) or data['reason']}"


def _of_arms(data: Data, terms: VerifyTerms | None) -> str:
    """Return what decided, in the words of a watch; empty where nothing was compared."""
    if terms is None or "verification" not in data:
        return ""
    seen = from_wire(Verification, data["verification"])
    said = [(c.figure, compared(c, terms)) for c in seen.comparisons if c.answer is seen.health]
    return "; ".join(f"{figure}: {_side_by_side(text)}" for figure, text in said)


def _side_by_side(text: str) -> str:
    beside = text.replace(" before, ", " beside it, ", 1)
    return beside.replace(" after; ", " with the new size; ", 1)


def _saving_measured(data: Data, _: VerifyTerms | None) -> str:
    found = read_realised(data["saving"])
    if isinstance(found, ProvisionedSaving):
        return _cost_measured(found)
    before, after = found.before.gb_s_per_invocation, found.after.gb_s_per_invocation
    more_or_less = "less" if found.share >= 0 else "more"
    usd = "not known" if found.usd_month is None else f"{words.money(found.usd_month)} a month"
    predicted = Saving(
        low_usd_month=found.predicted_low_usd_month, high_usd_month=found.predicted_high_usd_month
    )
    return (
        f"{percent(round(abs(found.share), 3))} {more_or_less} billed GB-seconds per invocation: "
        f"{before:.4g} before, {after:.4g} after, by the {found.basis}; predicted "
        f"{words.saving(predicted)}, measured {usd}"
    )


def _cost_measured(found: ProvisionedSaving) -> str:
    before, after = (
        words.money(found.cost_before_usd_month),
        words.money(found.cost_after_usd_month),
    )
    predicted = words.money(found.predicted_cost_usd_month)
    spilled = "" if found.spillover is None else f"; {percent(round(found.spillover, 3))} spilled"
    return (
        f"it costs {after} a month, measured; before, the very same demand cost {before}; a cost "
        f"of {predicted} was predicted{spilled}"
    )


def _reverted_later(data: Data, _: VerifyTerms | None) -> str:
    by = data.get("by")
    written = f"; last written by {by} ({data['event']})" if by else ""
    return f"somebody else took it back: {data['reason']}{written}"


def _undo_intended(data: Data, _: VerifyTerms | None) -> str:
    return f"about to put back {_settings(data['undo'])}"


def _frozen(data: Data, _: VerifyTerms | None) -> str:
    return ("frozen, undo included: " if data["level"] == "hard" else "frozen: ") + str(data["why"])


def _told(data: Data, _: VerifyTerms | None) -> str:
    return f"{data['approver']} was told by email: {str(data['ending']).replace('_', ' ')}"


def _not_told(data: Data, _: VerifyTerms | None) -> str:
    ending = str(data["ending"]).replace("_", " ")
    return f"{data['approver']} was not told ({ending}): {data['reason']}"


def _not_asked(data: Data, _: VerifyTerms | None) -> str:
    many = words.count(len(data["changes"]), "change")
    return f"{data['approver']} was not asked about {many}: {data['reason']}"


def _discovered(data: Data, _: VerifyTerms | None) -> str:
    accounts, targets = len(data["accounts"]), int(data["targets"])
    left_out = "; ".join(f"{a['account']} left out: {a['reason']}" for a in data["left_out"])
    return (
        f"{words.count(accounts, 'account')}, {words.count(targets, 'target')}"
        f"{'; ' + left_out if left_out else ''}{_gaps(data['gaps'])}"
    )


def _planned(data: Data, _: VerifyTerms | None) -> str:
    c = data["counts"]
    faults = "".join(f"; DOES NOT ADD UP: {fault}" for fault in data["faults"])
    return (
        f"{words.count(c['functions'], 'function')} judged, "
        f"{words.count(c['findings'], 'finding')}: {c['planned']} planned, "
        f"{c['held_back']} held back, {c['suppressed']} suppressed, {c['observed']} observed, "
        f"{c['ticketed']} ticketed, {c['already_open']} already open, "
        f"{c['cooling_down']} cooling down{_gaps(data['gaps'])}{faults}"
    )


def _gaps(gaps: list[Data]) -> str:
    if not gaps:
        return "; no gaps"
    where = "; ".join(f"{g['account']}/{g['region']} {g['what']}: {g['error']}" for g in gaps)
    return f"; {words.count(len(gaps), 'gap')}: {where}"


def _ticketed(data: Data, _: VerifyTerms | None) -> str:
    if data["address"] == "closed":
        return f"ticket of finding {data['finding_id']} closed"
    return f"ticket of finding {data['finding_id']}: {data['address']}"


def _memory_imported(data: Data, _: VerifyTerms | None) -> str:
    sizes = data["mean_ms_by_mb"]
    listed = ", ".join(f"{mb} MB {float(ms):g} ms" for mb, ms in sizes.items())
    number = data["invocations"]
    of = "an unknown number of" if number is None else str(number)
    return (
        f"{data['source']} of {words.count(len(sizes), 'size')} taken as evidence "
        f"({listed}; means of {of} invocations each; file {str(data['sha256'])[:16]})"
    )


def _with_reason(start: str) -> "Callable[[Data, VerifyTerms | None], str]":
    return lambda data, _: f"{start}: {data['reason']}"


def _other(data: Data, _: VerifyTerms | None) -> str:
    reason = data.get("reason")
    return str(reason) if reason else "see --json"


_SENTENCES: Mapping[str, Callable[[Data, VerifyTerms | None], str]] = {
    "proposed": _proposed,
    "withdrawn": _with_reason("withdrawn before anybody was asked"),
    "opened": lambda data, _: f"opened for an answer, as run {data['run_id']} proposed it",
    "link_issued": lambda data, _: f"a personal link was made for {data['approver']}",
    "waiting": _with_reason("not its turn yet"),
    "watch_reverted": _watched,
    "allowed": lambda data, _: f"may be proposed again: {data['why']}",
    "frozen": _frozen,
    "thawed": lambda data, _: f"thawed: {data['why']}",
    "rolled_back": lambda data, _: f"{data['execution']} was rolled back",
    "freeze_told": lambda data, _: f"{data['to']} was told by email",
    "asked": _asked,
    "decided": _decided,
    "intended": _intended,
    "forward_step_intended": _step_intended,
    "forward_step_written": _step_written,
    "canary_started": _canary_started,
    "backup_asked": lambda data, _: "a backup is made and read back first",
    "vault_missing": _with_reason("it cannot be backed up"),
    "notice_started": lambda data, _: (
        f"its notice begins; backup {data['proof']['backup_id']} was read back whole"
    ),
    "quarantine_intended": lambda data, _: "nothing speaks against it: into quarantine",
    "quarantine_started": lambda data, _: "in quarantine: it takes no calls",
    "quarantine_read": lambda data, _: "whether somebody calls it can be read again",
    "quarantine_unread": _with_reason("whether somebody calls it could not be read"),
    "removal_stopped": _with_reason("the removal goes no further"),
    "deletion_intended": lambda data, _: removal_words.about_to_delete(data),
    "version_kept": lambda data, _: f"version {data['version']} stays: {data['reason']}",
    "version_gone": lambda data, _: f"version {data['version']} is gone: {data['deleted_by']}",
    "gone": lambda data, _: f"the function is gone: {data['deleted_by']}",
    "removed": _with_reason("removed"),
    **reference_words.SENTENCES,
    "canary_healthy": _canary_judged("the trial did no worse than the rest, all may follow"),
    "canary_regressed": _canary_judged("the trial did worse than the rest, to be taken back"),
    "canary_unproven": _canary_judged("the trial proved nothing, to be taken back"),
    "canary_disturbed": _with_reason("somebody else changed it during its trial"),
    "canary_stopped": _with_reason("the trial was stopped"),
    "promotion_intended": lambda data, _: "all of the traffic is about to follow",
    "applied": _applied,
    "stale": _with_reason("nothing written, stopped at the last check"),
    "forward_refused": _with_reason("nothing written, refused"),
    "not_written": _with_reason("not applied"),
    "saving_measured": _saving_measured,
    "reverted_later": _reverted_later,
    "watch_healthy": _watched,
    "watch_regressed": _watched,
    "watch_insufficient_data": _watched,
    "undo_asked": lambda data, _: f"the undo was asked for: {data['why']}",
    "undo_intended": _undo_intended,
    "undo_step_intended": _step_intended,
    "undo_step_written": _step_written,
    "undo_refused": _with_reason("the undo was refused"),
    "undone": _with_reason("taken back"),
    "undo_stopped": _with_reason("the undo stopped, a person is needed"),
    "given_up": _with_reason("given up: neither watched nor taken back any more"),
    "told": _told,
    "everybody_told": lambda data, _: "nobody is left to tell how it ended",
    "not_told": _not_told,
    "not_asked": _not_asked,
    "erased": lambda data, _: f"{data['person']} was erased: {data['why']}",
    "memory_imported": _memory_imported,
    "discovered": _discovered,
    "planned": _planned,
    "ticketed": _ticketed,
    **drill_words.SENTENCES,
}

EVENTS = frozenset(_SENTENCES)
"""Every event that an entry of this release may tell."""
