"""How does the owner of an account stop Trimtab's changes without losing the way back?

A stack of its own, deployed by the owner into the account: a managed policy, attached to the
change role, that denies all but its reads. A forward change then ends as not written, with AWS's
refusal as the reason. An undo runs through the restore role, which the policy is not attached to.
Deleting the stack lets changes go on. A policy and not a parameter of the change role's stack: that
one belongs to the StackSet, which would put its own value back.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.member import is_read
from infra.names import CHANGE_ROLE, KILL_SWITCH, KILL_SWITCH_STACK
from trimtab.remediations import all_iam_actions


class KillSwitchStack(cdk.Stack):
    """While it is deployed, nothing goes forward in this account."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(
            scope,
            KILL_SWITCH_STACK,
            stack_name=KILL_SWITCH_STACK,
            description="While this stack is here, Trimtab changes nothing in this account",
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        # All but what is known to read: also what a later kind of change will be allowed.
        deny = iam.PolicyStatement(
            sid="NothingGoesForward",
            effect=iam.Effect.DENY,
            not_actions=[action for action in all_iam_actions() if is_read(action)],
            resources=["*"],
        )
        iam.CfnManagedPolicy(
            self,
            "KillSwitch",
            managed_policy_name=KILL_SWITCH,
            description="Denies every write of Trimtab's change role; undo is not affected",
            policy_document=iam.PolicyDocument(statements=[deny]),
            roles=[CHANGE_ROLE],
        )
