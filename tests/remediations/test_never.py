"""What may no kind of change ever do, as long as the way back is not built?"""

from trimtab.remediations import NEVER, all_iam_actions


def test_no_kind_asks_for_what_is_denied_to_all() -> None:
    assert not set(NEVER) & set(all_iam_actions())


def test_s14_nothing_may_be_deleted_while_no_backup_is_read_back() -> None:
    assert {"lambda:DeleteFunction", "lambda:DeleteAlias"} <= set(NEVER)
    assert [action for action in all_iam_actions() if ":Delete" in action] == [
        "application-autoscaling:DeleteScheduledAction",
        "cloudwatch:DeleteAlarms",
        "lambda:DeleteProvisionedConcurrencyConfig",
    ], "what an undo puts back with one call"


def test_s15_nothing_may_be_throttled_while_no_quarantine_releases_itself() -> None:
    assert {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"} <= set(NEVER)
    assert "lambda:PutFunctionConcurrency" not in all_iam_actions()


def test_what_is_denied_to_all_is_this_and_nothing_less() -> None:
    assert NEVER == (
        "iam:PassRole",
        "lambda:AddPermission",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
        "lambda:UpdateFunctionCode",
    )


def test_the_roles_that_write_get_these_actions_and_no_more() -> None:
    assert all_iam_actions() == (
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:RegisterScalableTarget",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudtrail:LookupEvents",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:PutMetricAlarm",
        "codedeploy:BatchGetDeployments",
        "codedeploy:ListDeployments",
        "iam:CreateServiceLinkedRole",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:GetAccountSettings",
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:ListAliases",
        "lambda:ListProvisionedConcurrencyConfigs",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
        "lambda:PublishVersion",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionConfiguration",
    )
