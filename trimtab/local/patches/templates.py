"""What may a template hold although the emulator does not know it?

The hub's stack is deployed unchanged. State machine versions are created for real, because
executions are started through them; email templates too. The others are only recorded: nothing
on one machine reads them, and assertions on the synthesized template prove them instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import target

RECORDED = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
    "AWS::CloudFormation::StackSet",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::Logs::QueryDefinition",
    "AWS::ResourceGroups::Group",
    "AWS::SecurityHub::Hub",
    "AWS::XRay::Group",
)


def apply() -> None:
    """Register a handler for each type the emulator refuses."""
    provisioners = target.module("ministack.services.cloudformation.provisioners")
    handlers = target.demand(provisioners, "_RESOURCE_HANDLERS", needed_for="templates of the hub")
    for kind in RECORDED:
        handlers.setdefault(kind, _recorded(kind))
    handlers.setdefault("AWS::StepFunctions::StateMachineVersion", _state_machine_version())
    handlers.setdefault("AWS::SES::Template", _email_template())
    handlers["AWS::S3::Bucket"] = _with_object_lock(handlers["AWS::S3::Bucket"])


def _recorded(kind: str) -> dict[str, Callable[..., Any]]:
    service = kind.split("::")[1].lower()

    def create(logical_id: str, properties: Any, stack: str) -> tuple[str, dict[str, str]]:
        del properties
        name = f"{stack}-{logical_id}"
        return name, {"Arn": f"arn:aws:{service}:::{name}", "Id": name}

    return {"create": create, "update": _unchanged, "delete": _nothing}


def _unchanged(physical_id: str, old: Any, new: Any, stack: str) -> tuple[str, dict[str, str]]:
    del old, new, stack
    return physical_id, {}


def _nothing(physical_id: str, properties: Any) -> None:
    del physical_id, properties


def _state_machine_version() -> dict[str, Callable[..., Any]]:
    service = target.module("ministack.services.stepfunctions")
    publish = target.demand(
        service, "_publish_state_machine_version", needed_for="state machine versions"
    )
    remove = target.demand(
        service, "_delete_state_machine_version", needed_for="state machine versions"
    )

    def create(logical_id: str, properties: Any, stack: str) -> tuple[str, dict[str, str]]:
        del logical_id, stack
        request = {
            "stateMachineArn": properties["StateMachineArn"],
            "description": properties.get("Description", ""),
        }
        status, _, body = publish(request)
        answer = json.loads(body)
        if status != HTTPStatus.OK:
            raise ValueError(
                f"PublishStateMachineVersion refused {properties['StateMachineArn']}: {answer}"
            )
        return answer["stateMachineVersionArn"], {"Arn": answer["stateMachineVersionArn"]}

    def delete(physical_id: str, properties: Any) -> None:
        del properties
        remove({"stateMachineVersionArn": physical_id})

    return {"create": create, "update": _unchanged, "delete": delete}


def _email_template() -> dict[str, Callable[..., Any]]:
    templates = target.demand(
        target.module("ministack.services.ses"), "_templates", needed_for="email templates"
    )

    def create(logical_id: str, properties: Any, stack: str) -> tuple[str, dict[str, str]]:
        template = properties.get("Template") or {}
        name = template.get("TemplateName") or f"{stack}-{logical_id}"
        templates[name] = {
            "TemplateName": name,
            "SubjectPart": template.get("SubjectPart", ""),
            "TextPart": template.get("TextPart", ""),
            "HtmlPart": template.get("HtmlPart", ""),
        }
        return name, {"Id": name}

    def delete(physical_id: str, properties: Any) -> None:
        del properties
        templates.pop(physical_id, None)

    return {"create": create, "update": _unchanged, "delete": delete}


def _with_object_lock(bucket: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The emulator enforces Object Lock but does not read it from a template."""
    storage = target.module("ministack.services.s3")
    locks = target.demand(storage, "_bucket_object_lock", needed_for="Object Lock in templates")
    create = bucket["create"]

    def create_locked(logical_id: str, properties: Any, stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        if str(properties.get("ObjectLockEnabled", "")).lower() == "true":
            rule = (properties.get("ObjectLockConfiguration") or {}).get("Rule") or {}
            retention = rule.get("DefaultRetention")
            if retention is not None and "Days" in retention:
                retention = {"Mode": retention["Mode"], "Days": int(retention["Days"])}
            locks[name] = {"enabled": True, "default_retention": retention}
        return name, attributes

    return {**bucket, "create": create_locked}
