"""What does a stack ask its deployer for, when the options did not say it?"""

from __future__ import annotations

import aws_cdk as cdk

from infra.options import Options


def given(stack: cdk.Stack, parameter: str, value: str | None, description: str) -> str:
    """Return the option, or a parameter that the deployment has to fill in."""
    if value is not None:
        return value
    return cdk.CfnParameter(
        stack, parameter, type="String", description=description, min_length=1
    ).value_as_string


def organization_of(stack: cdk.Stack, options: Options) -> str | None:
    """Return the Organization's id; None: it was not given, and nothing needs it."""
    if not options.target_ous:
        return options.organization_id
    return given(stack, "OrganizationId", options.organization_id, "The Organization's id")
