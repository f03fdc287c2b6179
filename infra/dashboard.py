"""How does Trimtab stand, at a glance? One dashboard, from what matters to what explains it.

First what needs a person, then the last run, then changes, then the machinery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.metrics import own

NAME = "trimtab"
FIVE_MINUTES = cdk.Duration.minutes(5)
QUARTER = cdk.Duration.minutes(15)
HOUR = cdk.Duration.hours(1)
DAY = cdk.Duration.days(1)

ABOUT = """# Trimtab
Red above means that a person has to look; the alarm says what to do. Then read from the top: the
last run (`trimtab run show`), changes (`trimtab audit show CHANGE`), and below, the machinery.
A figure without a value was not measured: that is not zero."""

FULL, HALF, THIRD = 24, 12, 8
GREEN, RED, GREY = cloudwatch.Color.GREEN, cloudwatch.Color.RED, cloudwatch.Color.GREY


class Dashboard(Construct):
    """The dashboard."""

    def __init__(
        self,
        scope: Construct,
        *,
        functions: Mapping[str, lambda_.Function],
        machines: Mapping[str, sfn.StateMachine],
        dead_letters: Mapping[str, sqs.Queue],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, "Dashboard")
        cloudwatch.Dashboard(
            self,
            "Board",
            dashboard_name=NAME,
            default_interval=cdk.Duration.days(14),
            widgets=[
                [cloudwatch.TextWidget(markdown=ABOUT, width=FULL, height=3)],
                [_alarm_states(alarms)],
                [_last_run(), _standing()],
                [_runs(), _gaps()],
                [_changes(), _watches(), _open()],
                [_per_function("Errors and throttles", functions), _durations(functions)],
                [_machines(machines), _dead_letters(dead_letters)],
            ],
        )


def _alarm_states(alarms: Sequence[cloudwatch.IAlarm]) -> cloudwatch.IWidget:
    return cloudwatch.AlarmStatusWidget(
        title="Alarms",
        alarms=list(alarms),
        sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
        width=FULL,
        height=6,
    )


def _last_run() -> cloudwatch.IWidget:
    names = {
        "functions": "functions read",
        "gaps": "gaps",
        "findings": "findings",
        "planned": "changes asked for",
        "ticketed": "tickets",
        "held_back": "held back",
    }
    metrics = [own("discover", "Targets", statistic="Maximum", period=DAY, label="targets")]
    metrics += [
        own("plan", name, statistic="Maximum", period=DAY, label=label)
        for name, label in names.items()
    ]
    return cloudwatch.SingleValueWidget(title="Last run", metrics=metrics, width=16, height=4)


def _standing() -> cloudwatch.IWidget:
    metrics = [
        own("reconcile", "Frozen", statistic="Maximum", period=FIVE_MINUTES, label="frozen"),
        own(
            "checkpoint",
            "MirrorLagEntries",
            statistic="Maximum",
            period=QUARTER,
            label="entries not mirrored",
        ),
    ]
    return cloudwatch.SingleValueWidget(title="Right now", metrics=metrics, width=THIRD, height=4)


def _runs() -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title="Runs: what was read and found",
        left=[own("plan", "functions", statistic="Maximum", period=DAY, label="functions read")],
        right=[
            own("plan", "findings", statistic="Maximum", period=DAY),
            own("plan", "planned", statistic="Maximum", period=DAY, label="changes asked for"),
            own("plan", "ticketed", statistic="Maximum", period=DAY, label="tickets"),
        ],
        width=HALF,
    )


def _gaps() -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title="Runs: what could not be read or judged",
        left=[
            own("plan", "gaps", statistic="Maximum", period=DAY).with_(color=RED),
            own(
                "plan",
                "insufficient_data",
                statistic="Maximum",
                period=DAY,
                label="insufficient data",
            ).with_(color=GREY),
        ],
        width=HALF,
    )


def _changes() -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title="Changes written, and not",
        left=[
            own("apply", "Forward_written", statistic="Sum", period=DAY, label="written").with_(
                color=GREEN
            ),
            own("apply", "Forward_stale", statistic="Sum", period=DAY, label="stale"),
            own("apply", "Forward_not_written", statistic="Sum", period=DAY, label="not written"),
            own("apply", "Undo_written", statistic="Sum", period=DAY, label="undone").with_(
                color=RED
            ),
        ],
        stacked=True,
        width=THIRD,
    )


def _watches() -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title="What the watches saw",
        left=[
            own("watch", "Watch_healthy", statistic="Sum", period=DAY, label="healthy").with_(
                color=GREEN
            ),
            own("watch", "Watch_regressed", statistic="Sum", period=DAY, label="regressed").with_(
                color=RED
            ),
            own("watch", "Watch_insufficient_data", statistic="Sum", period=DAY, label="unproven"),
            own("watch", "WatchGaps", statistic="Sum", period=DAY, label="not seen").with_(
                color=GREY
            ),
        ],
        width=THIRD,
    )


def _open() -> cloudwatch.IWidget:
    oldest = own("reconcile", "OldestOpenChainHours", statistic="Maximum", period=HOUR)
    return cloudwatch.GraphWidget(
        title="Oldest change that has not ended (hours)", left=[oldest], width=THIRD
    )


def _per_function(title: str, functions: Mapping[str, lambda_.Function]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=[f.metric_errors(period=HOUR, label=name) for name, f in functions.items()],
        right=[
            f.metric_throttles(period=HOUR, label=f"{name} throttled")
            for name, f in functions.items()
        ],
        left_y_axis=cloudwatch.YAxisProps(min=0, label="errors"),
        right_y_axis=cloudwatch.YAxisProps(min=0, label="throttles"),
        width=HALF,
    )


def _durations(functions: Mapping[str, lambda_.Function]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title="Duration p95",
        left=[
            f.metric_duration(period=HOUR, statistic="p95", label=name)
            for name, f in functions.items()
        ],
        width=HALF,
    )


def _machines(machines: Mapping[str, sfn.StateMachine]) -> cloudwatch.IWidget:
    started = [m.metric_started(period=HOUR, label=f"{n} started") for n, m in machines.items()]
    failed = [
        metric
        for name, machine in machines.items()
        for metric in (
            machine.metric_failed(period=HOUR, label=f"{name} failed"),
            machine.metric_timed_out(period=HOUR, label=f"{name} timed out"),
        )
    ]
    return cloudwatch.GraphWidget(title="Executions", left=started, right=failed, width=HALF)


def _dead_letters(queues: Mapping[str, sqs.Queue]) -> cloudwatch.IWidget:
    depths = [
        queue.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum", label=name
        )
        for name, queue in queues.items()
    ]
    return cloudwatch.GraphWidget(title="Dead letters", left=depths, width=HALF)
