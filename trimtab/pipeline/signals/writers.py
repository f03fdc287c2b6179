"""Which tool wrote a function? Read from what CloudTrail recorded of its callers. No I/O.

A user agent is what the caller says of itself: it can name a tool falsely, which costs a ticket,
and a tool can hide, so that nothing seen proves nothing (S12).
"""

from collections.abc import Sequence

from trimtab.ports import FunctionWrite

CLOUDFORMATION = "cloudformation.amazonaws.com"
"""Stands as user agent, source address and `invokedBy` of what a stack does, also of a CDK, SAM or
Serverless deployment. Source: "CloudTrail record contents" and "CloudTrail userIdentity element",
AWS CloudTrail user guide, read 2026-11-21."""

USER_AGENTS = (
    ("Crossplane", "crossplane"),
    ("Pulumi", "pulumi/", "pulumi-aws/"),
    ("OpenTofu", "opentofu/"),
    ("Terraform or OpenTofu", "terraform/", "terraform-provider-aws"),
    ("CloudFormation", CLOUDFORMATION),
    ("Serverless Framework", "serverless-framework/"),
    ("AWS SAM", "aws-sam-cli/"),
    ("AWS CDK", "cdk-hotswap/"),
    ("Ansible", "apn/1.0 ansible/"),
)
"""Tool, then what its user agent holds in lower case; the first that fits, because Crossplane runs
Terraform's provider. Sources, read 2026-11-21, as owner/repository:

Crossplane: crossplane-contrib/provider-jet-aws, pull request 180. Pulumi: pulumi/pulumi-aws, issue
2190; old ones call themselves Terraform. Terraform: hashicorp/terraform, pull request 9806, and
recorded events in elastic/detection-rules, pull request 3631; OpenTofu runs the same provider and
says the same, unless told otherwise by TF_APPEND_USER_AGENT. Serverless Framework, since 4.31 and
only where it does not go through a stack: serverless/serverless, pull request 13279. SAM, for `sam
sync`: aws/aws-sam-cli, samcli/lib/utils/boto_utils.py. CDK, for hot swaps: aws/aws-cdk-cli,
hotswap-deployments.ts. Ansible: ansible-collections/amazon.aws, plugins/module_utils/botocore.py.
"""

PIPELINES = (
    ("GitHub Actions", "githubactions"),
    ("AWS CodeBuild", "awscodebuild-"),
    ("AWS CodePipeline", "codepipeline.amazonaws.com"),
    ("AWS CodeDeploy", "codedeploy.amazonaws.com"),
)
"""Pipeline, then how its sessions or the service begin, in lower case: each runs whatever it is
told, infrastructure as code or not. Sources, read 2026-11-21: the default of role-session-name in
aws-actions/configure-aws-credentials; sessions of CodeBuild as errors quote them; for the other two
`invokedBy` in "CloudTrail userIdentity element", AWS CloudTrail user guide."""


def tool_in_writes(writes: Sequence[FunctionWrite]) -> str | None:
    """Return the tool that last wrote the function, with the call; None: no known tool did."""
    for write in writes:
        said = f"{write.user_agent} {write.invoked_by}".lower()
        for tool, *signs in USER_AGENTS:
            if any(sign in said for sign in signs):
                return f"{tool} ({write.event} on {write.at:%Y-%m-%d})"
    return None


def pipeline_in_writes(writes: Sequence[FunctionWrite]) -> str | None:
    """Return the delivery pipeline that last wrote the function; None: none is known to have."""
    for write in writes:
        for pipeline, sign in PIPELINES:
            if any(t.lower().startswith(sign) for t in (write.session, write.invoked_by)):
                return f"{pipeline} ({write.event} on {write.at:%Y-%m-%d})"
    return None
