"""Is every target judged by the same engine, is every verdict explained, and is unknown never
clean?
"""

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import REGION, TARGET, an_account
from tests.pipeline.house import FILES, OTHER_ACCOUNT, House, with_policy
from tests.pipeline.reads import POLICY, watching
from trimtab.domain.arn import Target
from trimtab.domain.finding import Assessment
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity
from trimtab.flows.sweep import AN_OPEN_END, PLACE_UNKNOWN, Bench, Place, sweep
from trimtab.flows.tally import exit_code, tally
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

UNUSED = '  function.memory_mb: "> 1024 MB"\n  usage.invocations: "= 0"\n'


def place(target: Target = TARGET, *, is_placed: bool = True) -> Place:
    return Place(target=target, account=an_account(target.account), is_placed=is_placed)


def seen(house: House, *places: Place, explains_all: bool = True) -> list[Sighting]:
    bench = Bench(
        fleet=house.fleet, bundle=house.bundle, clock=house.clock, explains_all=explains_all
    )
    return list(sweep(places or (place(),), bench))


def line(sighting: Sighting, name: str) -> Line:
    (found,) = [one for one in sighting.lines if one.function.name == name]
    return found


def test_every_verdict_says_why() -> None:
    house = House(watching(UNUSED))
    house.plant("idle", memory_mb=2048, invocations=0)
    house.plant("busy", memory_mb=2048, invocations=5)
    house.plant("small", memory_mb=512, invocations=0)
    (sighting,) = seen(house)
    assert (sighting.functions, sighting.gaps) == (3, ())
    idle, busy, small = (line(sighting, name) for name in ("idle", "busy", "small"))
    assert idle.is_finding
    assert idle.because == "function.memory_mb > 1024 MB: 2048 MB; usage.invocations = 0"
    assert busy.assessment is small.assessment is Assessment.COMPLIANT
    assert busy.because == "usage.invocations = 0: 70"
    assert small.because == "function.memory_mb > 1024 MB: 512 MB"
    (brief,) = seen(house, explains_all=False)
    assert line(brief, "idle").because == idle.because
    assert line(brief, "busy").because == ""


def test_s08_an_owner_is_looked_for_in_the_tags_that_the_bundle_names() -> None:
    house = House(watching("  owner.present: false\n"))
    house.bundle = replace(house.bundle, owners=replace(house.bundle.owners, tags=("owner",)))
    house.plant("nobodys", tags={"team": "a"})
    house.plant("somebodys", tags={"owner": "a@example.com"})
    (sighting,) = seen(house)
    assert line(sighting, "nobodys").is_finding
    assert line(sighting, "somebodys").assessment is Assessment.COMPLIANT


def test_s08_denied_metrics_name_every_function_that_is_not_judged() -> None:
    house = House(watching(UNUSED))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    for target in (TARGET, other):
        house.plant("big", target=target, memory_mb=2048, invocations=0)
        house.plant("small", target=target, memory_mb=512)
    house.cloud[other].metrics.fail_always("GetMetricData", "AccessDenied")
    whole, denied = seen(house, place(), place(other))
    assert whole.gaps == ()
    assert [gap.what for gap in denied.gaps] == ["GetMetricData", "not judged by watch"]
    assert denied.gaps[1].function == str(line(denied, "big").function)
    assert "AccessDenied" in denied.gaps[1].error
    assert line(denied, "big").assessment is Assessment.INSUFFICIENT_DATA
    assert line(denied, "big").missing == ("usage.invocations",)
    assert line(denied, "small").assessment is Assessment.COMPLIANT
    sums = tally([whole, denied])
    assert (sums.findings, sums.gaps, exit_code(sums)) == (1, 2, 2)


def test_s08_a_target_that_cannot_be_entered_is_a_gap_and_the_others_are_judged() -> None:
    house = House(watching(UNUSED))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    house.cloud.deny(other)
    house.plant(memory_mb=512)
    lost, whole = seen(house, place(other), place())
    assert (lost.functions, lost.lines, lost.gaps[0].what) == (0, (), "target")
    assert "AccessDenied" in lost.gaps[0].error
    assert whole.functions == 1
    assert exit_code(tally([lost, whole])) == 2


def test_s08_a_listing_that_stops_is_a_gap() -> None:
    house = House(watching(UNUSED))
    for n in range(60):
        house.plant(f"f{n:02d}", memory_mb=128)
    house.clock.leave(timedelta(seconds=1))
    (sighting,) = seen(house)
    assert sighting.functions == 50
    assert sighting.gaps[0].error == AN_OPEN_END


def test_one_slice_holds_a_whole_target_and_makes_few_calls() -> None:
    house = House(watching(UNUSED))
    for n in range(220):
        house.plant(f"f{n:03d}", memory_mb=2048, invocations=1)
    (sighting,) = seen(house)
    assert sighting.functions == 220
    assert sighting.calls == {"cloudwatch:GetMetricData": 1, "lambda:ListFunctions": 5}


def test_a_scan_that_only_looks_asks_for_nothing_that_only_guards_a_change() -> None:
    house = House()
    house.plant()
    (sighting,) = seen(house)
    assert line(sighting, "orders").is_finding
    assert not {name for name in sighting.calls if "GetFunction" in name or "cloudtrail" in name}


def test_a_finding_says_what_its_change_saves_or_why_none_is_proposed() -> None:
    house = House()
    house.plant("wide")
    house.plant("narrow", memory_mb=512)
    (sighting,) = seen(house)
    wide, narrow = line(sighting, "wide"), line(sighting, "narrow")
    assert wide.saving is not None
    assert wide.saving.low_usd_month < wide.saving.high_usd_month
    assert wide.saving.high_usd_month > 0
    assert wide.not_proposed == ""
    assert narrow.is_finding
    assert narrow.saving is None
    assert narrow.not_proposed.startswith("no step is likely enough to hold")


def test_s08_what_a_function_costs_is_told_only_where_it_was_read() -> None:
    house = House()
    house.plant("wide")
    house.plant("small", memory_mb=128)
    (sighting,) = seen(house)
    (priced,) = sighting.usd_month
    assert priced == str(line(sighting, "wide").function)
    assert sighting.usd_month[priced] > 0


def test_cost_and_saving_are_of_the_same_days() -> None:
    plain = "title: t\nwhy: w\nseverity: low\nmode: observe\nlookback: 28d\nwhen:\n"
    long = f"id: long\n{plain}  usage.duration_p95_ms: '> 1 ms'\n"
    house = House(load_bundle({**FILES, "cost/long.yaml": long}, kinds=change_specs()))
    house.plant("wide")
    (sighting,) = seen(house)
    (one,) = [line for line in sighting.lines if line.saving is not None]
    assert one.saving is not None
    (cost,) = sighting.usd_month.values()
    assert one.saving.high_usd_month < cost
    alone = House()
    alone.plant("wide")
    assert list(seen(alone)[0].usd_month.values()) == [cost]


def test_what_is_exempt_is_suppressed_until_its_end() -> None:
    house = House()
    house.plant(tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    (sighting,) = seen(house)
    found = line(sighting, "orders")
    assert (found.assessment, found.is_finding) == (Assessment.NON_COMPLIANT, False)
    assert found.suppressed_until is not None
    sums = tally([sighting])
    assert (sums.suppressed, sums.findings, sums.verdicts, exit_code(sums)) == (1, 0, 1, 0)


def test_s08_a_policy_for_units_is_not_judged_where_the_account_has_no_known_place() -> None:
    text = POLICY.replace(
        "when:", "scope:\n  organizational_units: {include: [ou-ab12-11111111]}\nwhen:"
    )
    house = House(with_policy(text))
    house.plant()
    (sighting,) = seen(house, place(is_placed=False))
    found = line(sighting, "orders")
    assert (found.assessment, found.because) == (Assessment.INSUFFICIENT_DATA, PLACE_UNKNOWN)
    assert sighting.gaps[0].what == "not judged by memory-oversized"
    (placed,) = seen(house)
    assert line(placed, "orders").assessment is Assessment.NOT_APPLICABLE
    assert line(placed, "orders").because == "out of the policy's scope"


def test_s08_a_function_with_a_gap_of_its_own_is_named_with_all_that_could_not_judge_it() -> None:
    urls, cpu = watching("  trigger.has_url: true\n"), watching('  cpu.share: "> 90%"\n')
    others = (replace(policy, id="watch-cpu") for policy in cpu.policies if policy.id == "watch")
    house = House(replace(urls, policies=(*urls.policies, *others)))
    house.plant()
    house.functions.fail_always("ListFunctionUrlConfigs", "ServiceException")
    (sighting,) = seen(house)
    own, unjudged = sighting.gaps
    assert (own.what, unjudged.what) == ("function URLs", "not judged by watch, watch-cpu")
    assert own.function == unjudged.function
    for part in ("trigger.has_url: could not be read: ", "cpu.share", "ServiceException"):
        assert part in unjudged.error


def test_the_lines_follow_functions_and_then_policies() -> None:
    plain = "title: t\nwhy: w\nseverity: {}\nmode: observe\nlookback: 14d\nwhen:\n"
    files = {name: text for name, text in FILES.items() if "/" not in name}
    for name, severity in (("b-big", "high"), ("a-small", "low")):
        text = plain.format(severity) + '  function.memory_mb: "> 1 MB"\n'
        files[f"cost/{name}.yaml"] = f"id: {name}\n{text}"
    bundle: Bundle = load_bundle(files, kinds=change_specs())
    house = House(bundle)
    for name in ("z", "y"):
        house.plant(name)
    (sighting,) = seen(house)
    assert [(one.function.name, one.policy_id) for one in sighting.lines] == [
        ("y", "a-small"),
        ("y", "b-big"),
        ("z", "a-small"),
        ("z", "b-big"),
    ]
    sums = tally([sighting])
    assert sums.by_severity == {"high": 2, "low": 2}
    assert exit_code(sums, fail_on=Severity.CRITICAL) == 0
    assert exit_code(sums, fail_on=Severity.HIGH) == 1
    assert exit_code(sums) == 1


def test_a_scan_that_saw_nothing_is_not_clean() -> None:
    assert exit_code(tally([])) == 2


def test_s08_a_gap_of_the_organization_counts() -> None:
    house = House(watching(UNUSED))
    house.cloud.deny(TARGET)
    (lost,) = seen(house)
    (whole,) = seen(House(watching(UNUSED)))
    assert exit_code(tally([whole])) == 0
    assert exit_code(tally([whole], lost.gaps)) == 2
