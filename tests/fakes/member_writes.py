"""What do the writes of a restore do to an account? Each is refused where AWS would refuse it."""

import copy
from typing import Any

from tests.fakes.failures import client_error
from tests.fakes.member_state import LATEST, Kept, MemberState, Raw, digest_of

CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
IDENTITY = ("FunctionArn", "LastModified", "RevisionId", "State", "Version", "LastUpdateStatus")


def taken(operation: str, what: str) -> Exception:
    return client_error("ResourceConflictException", f"{what} exists already", operation)


class MemberWrites(MemberState):
    """The writes of Lambda and of Application Auto Scaling."""

    def create_function(self, asked: Raw) -> Raw:
        name = asked["FunctionName"]
        if name in self.functions:
            raise taken("CreateFunction", name)
        tags, code = asked.pop("Tags", {}), asked.pop("Code")
        kept = Kept(latest={}, tags=tags, code={})
        kept.latest = {
            "FunctionArn": self.arn(name),
            "Version": LATEST,
            "Architectures": ["x86_64"],
            "Description": "",
            "LastModified": "2026-11-01T00:00:00.000+0000",
            "PackageType": "Zip",
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "TracingConfig": {"Mode": "PassThrough"},
            "RuntimeVersionConfig": {"RuntimeVersionArn": f"arn:{len(self.writes)}"},
        }
        self._apply(kept, asked)
        self._set_code(kept, code)
        kept.latest["State"] = "Pending"
        self.functions[name] = kept
        self.begin_update(kept)
        return kept.latest

    def _apply(self, kept: Kept, asked: Raw) -> None:
        for key, value in asked.items():
            if key == "Layers":
                kept.latest[key] = [{"Arn": arn, "CodeSize": 1} for arn in value]
            elif key == "ImageConfig":
                kept.latest["ImageConfigResponse"] = {"ImageConfig": value}
            elif key == "SnapStart":
                kept.latest[key] = value | {"OptimizationStatus": "Off"}
            elif key == "VpcConfig":
                vpc = {"VpcId": "vpc-1"} if value["SubnetIds"] else {}
                kept.latest[key] = {
                    k: v[::-1] if isinstance(v, list) else v for k, v in value.items()
                }
                kept.latest[key] |= vpc
            elif key not in ("RevisionId", "CodeSha256"):
                kept.latest[key] = value
        for key in ("KMSKeyArn", "DeadLetterConfig", "Environment"):
            if kept.latest.get(key) in ("", {"TargetArn": ""}, {"Variables": {}}):
                del kept.latest[key]

    def _set_code(self, kept: Kept, code: Raw) -> None:
        if "ImageUri" in code:
            kept.code = {"ImageUri": code["ImageUri"], "ResolvedImageUri": code["ImageUri"]}
            kept.latest["CodeSha256"] = code["ImageUri"].rpartition(":")[2]
        elif code.get("S3ObjectStorageMode") == "REFERENCE":
            names = ("S3Bucket", "S3Key", "S3ObjectVersion")
            kept.code = {"ResolvedS3Object": {k: code[k] for k in names}}
            kept.latest["CodeSha256"] = digest_of(code["S3Key"].encode())
        else:
            body = self.fetch(code["S3Bucket"], code["S3Key"])
            digest = digest_of(body)
            self.zips[digest] = body
            kept.code = {"RepositoryType": "S3"}
            if code.get("SourceKMSKeyArn"):
                kept.code["SourceKMSKeyArn"] = code["SourceKMSKeyArn"]
            kept.latest["CodeSha256"] = digest

    def delete_function(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "DeleteFunction")
        del self.functions[kept.latest["FunctionName"]]
        return {}

    def update_function_code(self, asked: Raw) -> Raw:
        operation = "UpdateFunctionCode"
        kept, _ = self.find(asked.pop("FunctionName"), operation)
        self.guard(kept, asked.pop("RevisionId", None), operation)
        if "Architectures" in asked:
            kept.latest["Architectures"] = asked.pop("Architectures")
        self._set_code(kept, asked)
        self.begin_update(kept)
        return kept.latest

    def update_function_configuration(self, asked: Raw) -> Raw:
        operation = "UpdateFunctionConfiguration"
        kept, _ = self.find(asked["FunctionName"], operation)
        self.guard(kept, asked.get("RevisionId"), operation)
        del asked["FunctionName"]
        self._apply(kept, asked)
        self.begin_update(kept)
        return kept.latest

    def publish_version(self, asked: Raw) -> Raw:
        operation = "PublishVersion"
        kept, _ = self.find(asked["FunctionName"], operation)
        self.guard(kept, asked.get("RevisionId"), operation)
        if asked.get("CodeSha256") not in (None, kept.latest["CodeSha256"]):
            raise client_error("InvalidParameterValueException", "other code", operation)
        name = kept.latest["FunctionName"]
        image = {k: v for k, v in kept.latest.items() if k not in (*IDENTITY, "Description")}
        last = str(self.numbers.get(name, 0))
        if kept.published == image and last in kept.versions:
            return kept.versions[last]
        number = str(self.numbers.get(name, 0) + 1)
        self.numbers[name] = int(number)
        kept.published = copy.deepcopy(image)
        kept.versions[number] = copy.deepcopy(kept.latest) | {
            "FunctionArn": self.arn(name, number),
            "Version": number,
            "RevisionId": self.revision(),
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
        if asked.get("Description"):
            kept.versions[number]["Description"] = asked["Description"]
        kept.version_code[number] = dict(kept.code)
        kept.latest["RevisionId"] = self.revision()
        return kept.versions[number]

    def create_alias(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked.pop("FunctionName"), "CreateAlias")
        if asked["Name"] in kept.aliases:
            raise taken("CreateAlias", asked["Name"])
        routing = (asked.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version in (asked["FunctionVersion"], *routing):
            if version not in (LATEST, *kept.versions):
                raise client_error("ResourceNotFoundException", version, "CreateAlias")
        kept.aliases[asked["Name"]] = asked | {"RevisionId": self.revision()}
        return kept.aliases[asked["Name"]]

    def add_permission(self, asked: Raw) -> Raw:
        operation = "AddPermission"
        kept, at = self.find(asked["FunctionName"], operation, asked.get("Qualifier"))
        there = kept.policies.setdefault(at, {})
        if asked["StatementId"] in there:
            raise taken(operation, asked["StatementId"])
        principal: Any = asked["Principal"]
        if principal != "*":
            kind = "Service" if principal.endswith(".com") else "AWS"
            principal = {kind: principal}
        condition: Raw = {}
        for parameter, (operator, key) in CONDITIONS.items():
            if parameter in asked:
                value = asked[parameter]
                said = str(value).lower() if isinstance(value, bool) else value
                condition.setdefault(operator, {})[key] = said
        there[asked["StatementId"]] = {
            "Sid": asked["StatementId"],
            "Effect": "Allow",
            "Principal": principal,
            "Action": asked["Action"],
            "Resource": self.arn(kept.latest["FunctionName"], at),
        } | ({"Condition": condition} if condition else {})
        return {"Statement": "{}"}

    def create_event_source_mapping(self, asked: Raw) -> Raw:
        operation = "CreateEventSourceMapping"
        kept, at = self.find(asked.pop("FunctionName"), operation)
        arn = self.arn(kept.latest["FunctionName"], at)
        source = asked.get("EventSourceArn")
        if source and any(
            (m.get("EventSourceArn"), m["FunctionArn"]) == (source, arn) for m in self.mappings
        ):
            raise taken(operation, source)
        number = next(self._ids)
        tags, enabled = asked.pop("Tags", {}), asked.pop("Enabled", True)
        mapping = asked | {
            "UUID": f"uuid-{number}",
            "EventSourceMappingArn": f"arn:aws:lambda:eu-west-1:{'1' * 12}:mapping:{number}",
            "FunctionArn": arn,
            "LastModified": 1.5,
            "State": "Enabled" if enabled else "Disabled",
            "_tags": tags,
        }
        self.mappings.append(mapping)
        return mapping

    def create_function_url_config(self, asked: Raw) -> Raw:
        operation = "CreateFunctionUrlConfig"
        kept, at = self.find(asked.pop("FunctionName"), operation, asked.pop("Qualifier", None))
        if at in kept.urls:
            raise taken(operation, at)
        address = f"https://{next(self._ids)}.lambda-url.test/"
        arn = self.arn(kept.latest["FunctionName"], at)
        kept.urls[at] = asked | {"FunctionUrl": address, "FunctionArn": arn}
        return kept.urls[at]

    def put_function_event_invoke_config(self, asked: Raw) -> Raw:
        operation = "PutFunctionEventInvokeConfig"
        kept, at = self.find(asked.pop("FunctionName"), operation, asked.pop("Qualifier", None))
        arn = f"{self.arn(kept.latest['FunctionName'])}:{at}"
        kept.invoke[at] = asked | {"FunctionArn": arn, "LastModified": 2.5}
        return kept.invoke[at]

    def put_function_concurrency(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "PutFunctionConcurrency")
        kept.reserved = asked["ReservedConcurrentExecutions"]
        return {"ReservedConcurrentExecutions": kept.reserved}

    def delete_function_concurrency(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "DeleteFunctionConcurrency")
        kept.reserved = None
        return {}

    def put_provisioned_concurrency_config(self, asked: Raw) -> Raw:
        operation = "PutProvisionedConcurrencyConfig"
        kept, at = self.find(asked["FunctionName"], operation, asked["Qualifier"])
        if kept.reserved is not None and kept.reserved < asked["ProvisionedConcurrentExecutions"]:
            raise client_error("InvalidParameterValueException", "more than reserved", operation)
        kept.provisioned[at] = asked["ProvisionedConcurrentExecutions"]
        return {}

    def put_function_code_signing_config(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "PutFunctionCodeSigningConfig")
        kept.signing = asked["CodeSigningConfigArn"]
        return {}

    def put_runtime_management_config(self, asked: Raw) -> Raw:
        operation = "PutRuntimeManagementConfig"
        kept, at = self.find(asked.pop("FunctionName"), operation, asked.pop("Qualifier", None))
        kept.runtime[at] = asked
        return asked

    def put_function_recursion_config(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["FunctionName"], "PutFunctionRecursionConfig")
        kept.recursion = asked["RecursiveLoop"]
        return {}

    def tag_resource(self, asked: Raw) -> Raw:
        kept, _ = self.find(asked["Resource"], "TagResource")
        self.guard(kept, None, "TagResource")
        kept.tags |= asked["Tags"]
        return {}

    def register_scalable_target(self, asked: Raw) -> Raw:
        of, at = self._scaled(asked["ResourceId"], "RegisterScalableTarget")
        self.targets[asked["ResourceId"]] = asked
        least, most = asked["MinCapacity"], asked["MaxCapacity"]
        of.provisioned[at] = min(max(of.provisioned.get(at, 0), least), most)
        return {}

    def _scaled(self, resource: str, operation: str) -> tuple[Kept, str]:
        _, name, qualifier = resource.split(":")
        return self.find(name, operation, qualifier)

    def put_scheduled_action(self, asked: Raw) -> Raw:
        self._needs_target(asked, "PutScheduledAction")
        self.actions[asked["ResourceId"], asked["ScheduledActionName"]] = asked
        return {}

    def put_scaling_policy(self, asked: Raw) -> Raw:
        self._needs_target(asked, "PutScalingPolicy")
        policy = asked | {"PolicyARN": f"arn:policy:{next(self._ids)}", "Alarms": []}
        self.policies[asked["ResourceId"], asked["PolicyName"]] = policy
        return {}

    def _needs_target(self, asked: Raw, operation: str) -> None:
        if asked["ResourceId"] not in self.targets:
            raise client_error("ObjectNotFoundException", asked["ResourceId"], operation)
