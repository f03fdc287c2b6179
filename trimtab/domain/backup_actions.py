"""Which calls do a backup and a restore make in a member account, and what narrows them?

Source: "Actions, resources, and condition keys for AWS Lambda", "... for Application Auto Scaling"
and "... for AWS KMS", Service Authorization Reference, read 2026-11-22; CreateFunction with a
network asks for three calls of EC2 in the caller's name: "Giving Lambda functions access to
resources in an Amazon VPC", Lambda developer guide, read 2026-11-22.
"""

READ_FUNCTION = (
    "lambda:GetFunction",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetPolicy",
    "lambda:GetRuntimeManagementConfig",
    "lambda:ListAliases",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
)
"""Of the one function that is backed up."""

READ_MAPPINGS = ("lambda:ListTags",)
"""Of event source mappings, which are resources of their own."""

READ_REGION = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "lambda:ListEventSourceMappings",
)
"""Calls that take no ARN."""

DECRYPT = ("kms:Decrypt",)
"""Through Lambda alone: without it the environment of a function with a key of its own is closed,
and its backup incomplete."""

WRITE_FUNCTION = (
    "lambda:AddPermission",
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteFunctionConcurrency",
    "lambda:PublishVersion",
    "lambda:PutFunctionCodeSigningConfig",
    "lambda:PutFunctionConcurrency",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:PutRuntimeManagementConfig",
    "lambda:TagResource",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
)
"""Of the one function that is made."""

WRITE_SCALING = (
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
)
"""Narrowed to provisioned concurrency by their conditions."""

WRITE_MAPPINGS = ("lambda:CreateEventSourceMapping",)
"""Takes no ARN; narrowed by the function that a mapping feeds."""

NETWORK = ("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")
"""Asked in the caller's name when a function gets a network. They take no ARN."""

LAYERS = ("lambda:GetLayerVersion",)
PASS_ROLE = ("iam:PassRole",)
USE_KEYS = ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt")
"""Through Lambda: the key of an environment. `kms:Decrypt` also through S3: the key of the vault.
"""
FETCH_CODE = ("s3:GetObject",)

DRILL_WRITES = (
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:PublishVersion",
    "lambda:PutFunctionConcurrency",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutRuntimeManagementConfig",
    "lambda:TagResource",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
)
"""What a restore drill does to a function that nobody may ever call."""
DRILL_DELETES = ("lambda:DeleteFunction",)
DRILL_LISTS = ("lambda:ListFunctions",)
DRILL_NEVER = (
    "lambda:AddPermission",
    "lambda:CreateEventSourceMapping",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteFunctionConcurrency",
    "lambda:InvokeFunction",
    "lambda:InvokeFunctionUrl",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:UntagResource",
)
"""Denied in the sandbox: whatever would let such a function run, or take its mark away."""

BACKUP_ACTIONS = tuple(sorted({*READ_FUNCTION, *READ_MAPPINGS, *READ_REGION, *DECRYPT}))
RESTORE_ACTIONS = tuple(
    sorted(
        {
            *READ_FUNCTION,
            *READ_REGION,
            *WRITE_FUNCTION,
            *WRITE_SCALING,
            *WRITE_MAPPINGS,
            *NETWORK,
            *LAYERS,
            *PASS_ROLE,
            *USE_KEYS,
            *FETCH_CODE,
        }
    )
)
