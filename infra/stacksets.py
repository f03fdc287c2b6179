"""How do the member roles get into the accounts of the Organization? A StackSet for each role.

Managed by the Organization and run from here as its delegated administrator. An account that joins
a unit gets the role by itself. Roles are global, so each account needs one stack, in one region.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import Aws
from constructs import Construct

from infra.member import templates
from infra.names import CHANGE_STACK, IMPORT_STACK, READ_STACK, RESTORE_STACK


class MemberRoles(Construct):
    """The StackSets of the read, the change, the restore and the import role."""

    def __init__(
        self,
        scope: Construct,
        *,
        read_ous: tuple[str, ...],
        change_ous: tuple[str, ...],
        restore_ous: tuple[str, ...],
        import_ous: tuple[str, ...],
        organization_id: str,
        external_id: str,
    ) -> None:
        super().__init__(scope, "MemberRoles")
        bodies = {name: json.dumps(template) for name, template in templates().items()}
        parameters = {
            "HubAccount": Aws.ACCOUNT_ID,
            "OrganizationId": organization_id,
            "ExternalId": external_id,
        }
        places = {READ_STACK: read_ous, CHANGE_STACK: change_ous, RESTORE_STACK: restore_ous}
        places[IMPORT_STACK] = import_ous
        for name, units in places.items():
            if units:
                self._stack_set(name, bodies[name], units, parameters)

    def _stack_set(
        self, name: str, body: str, units: tuple[str, ...], parameters: dict[str, str]
    ) -> None:
        cdk.CfnStackSet(
            self,
            "".join(part.title() for part in name.split("-")),
            stack_set_name=name,
            template_body=body,
            permission_model="SERVICE_MANAGED",
            call_as="DELEGATED_ADMIN",
            capabilities=["CAPABILITY_NAMED_IAM"],
            auto_deployment=cdk.CfnStackSet.AutoDeploymentProperty(
                enabled=True, retain_stacks_on_account_removal=False
            ),
            # One account that refuses must not keep the role from all others.
            operation_preferences=cdk.CfnStackSet.OperationPreferencesProperty(
                failure_tolerance_percentage=100, max_concurrent_percentage=100
            ),
            parameters=[
                cdk.CfnStackSet.ParameterProperty(parameter_key=key, parameter_value=value)
                for key, value in parameters.items()
            ],
            stack_instances_group=[
                cdk.CfnStackSet.StackInstancesProperty(
                    deployment_targets=cdk.CfnStackSet.DeploymentTargetsProperty(
                        organizational_unit_ids=list(units)
                    ),
                    regions=[Aws.REGION],
                )
            ],
        )
