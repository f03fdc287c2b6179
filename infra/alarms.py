"""When must a person look? Something failed or waits undelivered, or Trimtab no longer keeps watch.

Each description says what to do next. Whoever should be called subscribes to the topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.api import ApprovalApi
from infra.functions import ONE_AT_A_TIME
from infra.metrics import own
from infra.names import function_name

FIVE_MINUTES = cdk.Duration.minutes(5)
QUARTER = cdk.Duration.minutes(15)
HOUR = cdk.Duration.hours(1)

SILENT_AFTER_THREE: Mapping[str, cdk.Duration] = {
    "watch": FIVE_MINUTES,
    "reconcile": FIVE_MINUTES,
    "checkpoint": QUARTER,
}
"""What runs by a schedule of minutes, and the period of which three may not pass without a run."""

SCAN_WITHIN_HOURS = 26
"""A day and two hours: a scan may start an hour late (its schedule retries) and take an hour."""
DAILY_HOURS = 26
"""A day and two hours, as for the scan."""
OLDEST_CHAIN_HOURS = 45 * 24
"""An approval may stay open for 31 days, its window opens within a week, a watch takes days; what
is older is stuck. Chosen, not measured."""

OVER = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
UNDER = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
ALARMING = cloudwatch.TreatMissingData.BREACHING
AS_BEFORE = cloudwatch.TreatMissingData.IGNORE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alarm: a metric, when it rings, and what to do then."""

    name: str
    """Its name after `trimtab-`, and how it is called in the template."""
    metric: cloudwatch.IMetric
    next_step: str
    threshold: float = 1
    periods: int = 1
    """How many in a row have to breach."""
    comparison: cloudwatch.ComparisonOperator = OVER
    missing: cloudwatch.TreatMissingData = QUIET


class Alarms(Construct):
    """The topic, and one alarm per thing that a person has to know."""

    def __init__(
        self,
        scope: Construct,
        *,
        functions: Mapping[str, lambda_.Function],
        api: ApprovalApi,
        machines: Mapping[str, sfn.StateMachine],
        dead_letters: Mapping[str, sqs.Queue],
        drill_days: int | None,
        key: kms.Key,
    ) -> None:
        """`drill_days`: how many lie between two drills; None: none is scheduled."""
        super().__init__(scope, "Alarms")
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        _let_alarms_use(key)
        rules = [
            *_of_functions(functions, api),
            *_of_machines(machines),
            *_of_dead_letters(dead_letters),
            *_of_runs(),
            *_of_changes(),
            *_of_backups(),
            *_of_drills(drill_days),
            *_of_the_record(),
        ]
        self.all = [self._alarm(rule) for rule in rules]

    def _alarm(self, rule: Rule) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            "".join(part.title() for part in rule.name.split("-")),
            alarm_name=f"trimtab-{rule.name}",
            alarm_description=rule.next_step,
            metric=rule.metric,
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            comparison_operator=rule.comparison,
            treat_missing_data=rule.missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm


def _of_functions(functions: Mapping[str, lambda_.Function], api: ApprovalApi) -> Iterator[Rule]:
    """Yield what fails. What approval fails at it answers with a page, so the API counts that."""
    for handler, function in functions.items():
        name = function_name(handler)
        failures = function.metric_errors(period=FIVE_MINUTES)
        yield Rule(
            name=f"{handler}-errors",
            metric=api.failures(FIVE_MINUTES) if handler == "approval" else failures,
            next_step=f"{name} failed. Read the last ERROR in log group /aws/lambda/{name}. "
            "A denied call names role and action; what AWS could not answer is tried again.",
        )
        # One tick that waits for the one before is how these two are meant to run.
        periods = 3 if handler in ONE_AT_A_TIME else 1
        yield Rule(
            name=f"{handler}-throttles",
            metric=function.metric_throttles(period=FIVE_MINUTES),
            periods=periods,
            next_step=f"{name} was not let run. Look at its reserved concurrency and at the "
            "account's quota of concurrent executions; who else uses it up?",
        )
    for handler, period in SILENT_AFTER_THREE.items():
        yield Rule(
            name=f"{handler}-silent",
            metric=functions[handler].metric_invocations(period=period),
            comparison=UNDER,
            periods=3,
            missing=ALARMING,
            next_step=f"{function_name(handler)} has not run for {3 * period.to_minutes():.0f} "
            f"minutes. Is the schedule trimtab-{handler} enabled, and is anything in the dead "
            "letters of the schedules?",
        )


def _of_machines(machines: Mapping[str, sfn.StateMachine]) -> Iterator[Rule]:
    for name, machine in machines.items():
        what = name.removesuffix("-machine")
        next_step = (
            f"Open the failed execution of trimtab-{what}: its history names the state. "
            "Then read the ledger (`trimtab audit show ID`) before starting anything again."
        )
        failed = machine.metric_failed(period=FIVE_MINUTES)
        timed_out = machine.metric_timed_out(period=FIVE_MINUTES)
        yield Rule(name=f"{name}-failed", metric=failed, next_step=next_step)
        yield Rule(name=f"{name}-timedout", metric=timed_out, next_step=next_step)


def _of_dead_letters(queues: Mapping[str, sqs.Queue]) -> Iterator[Rule]:
    advice = {
        "tickets": "Tickets could not be filed in five attempts. Mend the sink or its token "
        "(secret trimtab/ticket-token), then redrive the queue.",
        "deliveries": "Security Hub could not be told of a target in five attempts. The log of "
        "trimtab-deliver says why. The next run tells what is left; then purge the queue.",
        "schedules": "A schedule's call was not delivered, or a tick of watch or reconcile failed "
        "or waited too long. The message says which and why. The next tick makes up for it; a "
        "scan that was not started is started by hand. Then purge the queue.",
    }
    for name, queue in queues.items():
        depth = queue.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum"
        )
        yield Rule(name=f"{name}-deadletters", metric=depth, next_step=advice[name])


def _of_runs() -> Iterator[Rule]:
    """Yield what the figures of a run tell; it keeps ringing until a run is better."""
    yield Rule(
        name="scan-overdue",
        metric=own("plan", "ScanComplete", statistic="Sum", period=HOUR),
        comparison=UNDER,
        periods=SCAN_WITHIN_HOURS,
        missing=ALARMING,
        next_step=f"No scan came to its end for {SCAN_WITHIN_HOURS} hours. Look at the last "
        "execution of trimtab-scan and at the schedule of that name. After the first deployment "
        "it rings until the first scan.",
    )
    yield Rule(
        name="run-gaps",
        metric=own("plan", "gaps", statistic="Maximum", period=FIVE_MINUTES),
        missing=AS_BEFORE,
        next_step="The last run could not read everything. `trimtab run show` lists the gaps "
        "first, each with its error. Nothing is changed where there is a gap.",
    )
    yield Rule(
        name="security-hub-untold",
        metric=own("deliver", "NotTold", statistic="Maximum", period=FIVE_MINUTES),
        next_step="Security Hub did not take findings, or does not let us in. `trimtab run show` "
        "names accounts and findings with the reason. What is left is sent by the next run.",
    )
    yield Rule(
        name="run-faults",
        metric=own("plan", "CountFaults", statistic="Maximum", period=FIVE_MINUTES),
        missing=AS_BEFORE,
        next_step="The counts of the last run do not add up: a bug. `trimtab run show` says which "
        "sum. Set the freeze until it is understood, and report it.",
    )


def _of_changes() -> Iterator[Rule]:
    yield Rule(
        name="watch-gaps",
        metric=own("watch", "WatchGaps", statistic="Maximum", period=FIVE_MINUTES),
        periods=3,
        next_step="Applied changes could not be watched for 15 minutes. The log of trimtab-watch "
        "names account and error; if it lasts, undo them: `trimtab undo CHANGE --why TEXT`.",
    )
    yield Rule(
        name="below-plan",
        metric=own("watch", "BelowPlan", statistic="Sum", period=FIVE_MINUTES),
        next_step="What a schedule provisions will not be there before it is needed. The log of "
        "trimtab-watch names change and reason; `trimtab undo CHANGE --why TEXT` brings the "
        "constant level back.",
    )
    for name in ("Undo_not_written", "Undo_unknown", "Forward_unknown"):
        yield Rule(
            name=name.lower().replace("_", "-"),
            metric=own("apply", name, statistic="Sum", period=FIVE_MINUTES),
            next_step="A function may stand between its old and its new settings. The log of "
            "trimtab-apply names the change; `trimtab audit show CHANGE` says why it stopped and "
            "how to put it right by hand.",
        )
    yield Rule(
        name="chain-open-too-long",
        metric=own("reconcile", "OldestOpenChainHours", statistic="Maximum", period=HOUR),
        threshold=OLDEST_CHAIN_HOURS,
        next_step="A change has not come to its end for weeks. The log of trimtab-reconcile names "
        "it; `trimtab audit show CHANGE` says what it waits for.",
    )
    yield Rule(
        name="person-needed",
        metric=own("reconcile", "Problems", statistic="Maximum", period=FIVE_MINUTES),
        next_step="Reconcile found what it may not mend by itself. The log of trimtab-reconcile "
        "says `a person is needed` and names it; `trimtab audit show CHANGE` has the story.",
    )
    yield Rule(
        name="frozen",
        metric=own("reconcile", "Frozen", statistic="Maximum", period=FIVE_MINUTES),
        next_step="Trimtab is frozen: nothing goes forward, undo still does. Find out who or what "
        "set it (`trimtab audit show control#freeze`) before lifting it.",
    )


def _of_backups() -> Iterator[Rule]:
    yield Rule(
        name="backup-incomplete",
        metric=own("backup", "IncompleteBackups", statistic="Sum", period=FIVE_MINUTES),
        next_step="A function could not be backed up whole, so it is not removed. `trimtab backups "
        "ARN` names each part that is missing, with the call that failed.",
    )
    yield Rule(
        name="restore-not-whole",
        metric=own("restore", "RestoreNotWhole", statistic="Sum", period=FIVE_MINUTES),
        next_step="A backup was refused, or a restored function is not as it was. The log of "
        "trimtab-restore names the restore; `trimtab audit show ID` says what is missing.",
    )


def _of_drills(every_days: int | None) -> Iterator[Rule]:
    yield Rule(
        name="drill-failed",
        metric=own("drill", "DrillFailures", statistic="Maximum", period=FIVE_MINUTES),
        missing=AS_BEFORE,
        next_step="A backup did not come back as it was in a restore drill, or the drill could not "
        "be finished or cleaned up. The email and `trimtab audit show control#drill` say which. It "
        "rings until a drill is better: mend the reason, then `trimtab drill ARN --why TEXT`.",
    )
    yield Rule(
        name="expiry-silent",
        metric=own("drill", "VaultLooks", statistic="Sum", period=HOUR),
        comparison=UNDER,
        periods=DAILY_HOURS,
        missing=ALARMING,
        next_step=f"Nobody has looked for {DAILY_HOURS} hours at which backups end. Is the "
        "schedule trimtab-expiry enabled? The log of trimtab-drill says why a look failed. After "
        "the first deployment it rings until the first look.",
    )
    if every_days is not None:
        yield Rule(
            name="drill-overdue",
            metric=own("drill", "DrillAgeDays", statistic="Maximum", period=HOUR),
            threshold=every_days + 2,
            missing=AS_BEFORE,
            next_step=f"No restore drill has ended for {every_days + 2} days. Is the schedule "
            "trimtab-drill enabled, and is anything in the dead letters of the schedules? The log "
            "of trimtab-drill says why one did not end.",
        )


def _of_the_record() -> Iterator[Rule]:
    """Yield what a checkpoint tells; there is one every quarter of an hour."""
    yield Rule(
        name="mirror-lag",
        metric=own("checkpoint", "MirrorLagEntries", statistic="Maximum", period=QUARTER),
        periods=2,
        next_step="Entries of the ledger are not in the mirror yet, for half an hour. Look at the "
        "log of trimtab-checkpoint: may it write to the bucket and use the ledger's key?",
    )
    yield Rule(
        name="ledger-faults",
        metric=own("checkpoint", "LedgerFaults", statistic="Maximum", period=QUARTER),
        next_step="The ledger and its mirror are not as they were written. Stop all changes, run "
        "`trimtab audit verify`, and find out who could write to the tables.",
    )


def _let_alarms_use(key: kms.Key) -> None:
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsToTheTopic",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
