"""What may no kind of change ever do, and which role may do what?"""

from trimtab.remediations import NEVER, all_iam_actions, restore_iam_actions


def test_no_kind_asks_for_what_is_denied_to_all() -> None:
    assert not set(NEVER) & set(all_iam_actions())


def test_s14_only_the_change_role_may_delete_a_function_and_nobody_an_alias() -> None:
    assert "lambda:DeleteAlias" in NEVER
    assert "lambda:DeleteFunction" in all_iam_actions()
    assert "lambda:DeleteFunction" not in restore_iam_actions()


def test_s15_the_restore_role_may_let_a_quarantine_go() -> None:
    release = {"lambda:DeleteFunctionConcurrency", "lambda:PutFunctionConcurrency"}
    assert release <= set(restore_iam_actions())


def test_what_is_denied_to_all_is_this_and_nothing_less() -> None:
    assert NEVER == (
        "iam:PassRole",
        "lambda:AddPermission",
        "lambda:DeleteAlias",
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
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:GetAccountSettings",
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:ListAliases",
        "lambda:ListEventSourceMappings",
        "lambda:ListProvisionedConcurrencyConfigs",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
        "lambda:PublishVersion",
        "lambda:PutFunctionConcurrency",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionConfiguration",
    )
