"""Which functions are backed up in a test? Seeded, with every feature there is, in any mixture."""

import random
from datetime import timedelta
from typing import Any

from tests.fakes.clock import NOW, FakeClock
from tests.fakes.member_account import MemberAccount, MemberDownloads, zip_of
from tests.fakes.member_state import LATEST
from tests.fakes.vault import FakeVault
from trimtab.aws.archive import AwsArchive
from trimtab.aws.recreator import AwsRecreator
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Backup, BackupProof, Manifest
from trimtab.domain.restoring import RestoreOrder
from trimtab.pipeline.backup import back_up, load, read_back
from trimtab.pipeline.restore import Bench, Restored, restore

SECRET = "hunter2-never-shown"
KEPT_FOR = timedelta(days=400)
ROLE = "arn:aws:iam::111111111111:role/service"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:orders"
STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/clicks"
DEAD = "arn:aws:sqs:eu-west-1:111111111111:dead"


class House:
    """An account, a vault, and both directions between them."""

    def __init__(self) -> None:
        self.vault = FakeVault()
        self.sources: dict[str, bytes] = {}
        self.account = MemberAccount(self.fetch)
        self.downloads = MemberDownloads(self.account)
        self.clock = FakeClock(NOW)
        self.events: list[tuple[str, Any]] = []
        self.freeze: str | None = None

    def fetch(self, bucket: str, key: str) -> bytes:
        return self.sources[key] if bucket == "source" else self.vault.fetch(bucket, key)

    def archive(self, function: FunctionArn) -> AwsArchive:
        return AwsArchive(function, self.account, self.downloads)  # type: ignore[arg-type]

    def back_up(self, function: FunctionArn) -> Manifest:
        return back_up(function, self.archive(function), self.vault, now=self.clock.now())

    def prove(self, manifest: Manifest) -> BackupProof:
        found = read_back(
            manifest.function,
            manifest.backup_id,
            self.vault,
            now=self.clock.now(),
            kept_for=KEPT_FOR,
        )
        assert found.proof is not None, found.faults
        return found.proof

    def load(self, manifest: Manifest) -> Backup:
        return load(manifest.function, manifest.backup_id, self.vault)

    def order(self, manifest: Manifest, **more: Any) -> RestoreOrder:
        usual = {"name": manifest.function.name, "by": "person-1", "why": "a drill"}
        return RestoreOrder(
            backup_id=manifest.backup_id, function=manifest.function, **usual | more
        )

    def bench(self, order: RestoreOrder, backup: Backup) -> Bench:
        stored = [code.stored for code in backup.code if code.stored is not None]
        return Bench(
            archive=self.archive(order.target),
            recreator=AwsRecreator(
                order.target, self.account, sleep=self.clock.sleep, deadline_s=5.0
            ),
            places={one.key: self.vault.place(one.key) for one in stored},
            record=lambda event, data: self.events.append((event, dict(data))),
            stopped=lambda: self.freeze,
            clock=self.clock,
        )

    def restore(self, manifest: Manifest, **more: Any) -> Restored:
        order, backup = self.order(manifest, **more), self.load(manifest)
        return restore(backup, order, self.bench(order, backup))

    def add(self, name: str, code: str = "code 1", **given: Any) -> FunctionArn:
        """Create a function; what is not given is as with most."""
        self.sources[code] = zip_of(code)[0]
        asked: dict[str, Any] = {
            "FunctionName": name,
            "Role": ROLE,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "MemorySize": 512,
            "Timeout": 30,
            "Code": {"S3Bucket": "source", "S3Key": code},
            "EphemeralStorage": {"Size": 512},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        } | given
        asked = {key: value for key, value in asked.items() if value is not None}
        self.account.create_function(asked)
        self.settled(name)
        return self.account.own(name)

    def settled(self, name: str) -> None:
        kept = self.account.functions[name]
        for _ in range(3):
            self.account.settle(kept)

    def update(self, name: str, code: str | None = None, **settings: Any) -> None:
        if code is not None:
            self.sources[code] = zip_of(code)[0]
            asked = {"FunctionName": name, "S3Bucket": "source", "S3Key": code}
            self.account.update_function_code(asked)
            self.settled(name)
        if settings:
            self.account.update_function_configuration({"FunctionName": name} | settings)
            self.settled(name)

    def publish(self, name: str) -> str:
        return str(self.account.publish_version({"FunctionName": name})["Version"])


def any_function(seed: int) -> tuple[House, FunctionArn]:
    """Build one function with a mixture of features; the same seed, the same function."""
    dice, house = random.Random(seed), House()
    name = f"orders-{seed}"
    is_image = dice.random() < 0.15
    function = _image(house, name) if is_image else house.add(name, **_settings(dice))
    house.account.functions[name].tags |= _some_tags(dice)
    versions = _versions(house, dice, name, is_image=is_image)
    places = [LATEST, *versions, *_aliases(house, dice, name, versions)]
    _around(house, dice, name, places)
    _scaling(house, dice, name, [p for p in places if p != LATEST])
    _mappings(house, dice, name, places)
    house.account.writes.clear()
    return house, function


def _image(house: House, name: str) -> FunctionArn:
    image = {"ImageUri": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'a' * 64}"}
    more = {"PackageType": "Image", "ImageConfig": {"Command": ["run"]}}
    return house.add(name, Code=image, Runtime=None, Handler=None, **more)


def _settings(dice: random.Random) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "Environment": {"Variables": {"TOKEN": SECRET, "STAGE": str(dice.random())}},
        "Layers": [f"arn:aws:lambda:eu-west-1:111111111111:layer:base:{dice.randint(1, 9)}"],
        "VpcConfig": {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "DeadLetterConfig": {"TargetArn": DEAD},
        "KMSKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/1",
        "TracingConfig": {"Mode": "Active"},
        "Description": f"does {dice.randint(1, 99)} things",
        "EphemeralStorage": {"Size": dice.choice((512, 1024))},
        "FileSystemConfigs": [
            {
                "Arn": "arn:aws:elasticfilesystem:eu-west-1:111111111111:access-point/fsap-"
                + "0" * 17,
                "LocalMountPath": "/mnt/x",
            }
        ],
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "MemorySize": dice.choice((128, 512, 1769)),
        "Timeout": dice.randint(1, 900),
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/shared", "SystemLogLevel": "WARN"},
    }
    return {key: value for key, value in usual.items() if dice.random() < 0.4}


def _some_tags(dice: random.Random) -> dict[str, str]:
    tags = {"team": "shop", "cost": str(dice.randint(1, 9)), "aws:cloudformation:stack-name": "s"}
    return {key: value for key, value in tags.items() if dice.random() < 0.5}


def _versions(house: House, dice: random.Random, name: str, *, is_image: bool) -> list[str]:
    for n in range(dice.randint(0, 4)):
        if n and dice.random() < 0.9:
            code = f"code {dice.randint(1, 3)}" if not is_image and dice.random() < 0.6 else None
            house.update(name, code, **{"Timeout": dice.randint(1, 900), **_changes(dice)})
        house.publish(name)
    kept = house.account.functions[name]
    for number in list(kept.versions):
        if dice.random() < 0.2:
            del kept.versions[number], kept.version_code[number]
    if dice.random() < 0.3:
        house.update(name, MemorySize=dice.randint(128, 3008))
    return list(kept.versions)


def _changes(dice: random.Random) -> dict[str, Any]:
    changes = {
        "Environment": {"Variables": dice.choice(({}, {"TOKEN": SECRET}))},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
        "Layers": [],
        "DeadLetterConfig": {"TargetArn": dice.choice(("", DEAD))},
        "Description": dice.choice(("", "another")),
    }
    return {key: value for key, value in changes.items() if dice.random() < 0.3}


def _aliases(house: House, dice: random.Random, name: str, versions: list[str]) -> list[str]:
    found = []
    for alias in ("live", "blue", "next"):
        if dice.random() < 0.4:
            continue
        version = dice.choice([LATEST, *versions])
        asked: dict[str, Any] = {"FunctionName": name, "Name": alias, "FunctionVersion": version}
        others = [v for v in versions if v != version]
        if others and version != LATEST and dice.random() < 0.3:
            weights = {dice.choice(others): 0.25}
            asked["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        if dice.random() < 0.5:
            asked["Description"] = f"alias {alias}"
        house.account.create_alias(asked)
        found.append(alias)
    return found


def _around(house: House, dice: random.Random, name: str, places: list[str]) -> None:
    account, kept = house.account, house.account.functions[name]
    for n, place in enumerate(places):
        at = {"FunctionName": name} | ({} if place == LATEST else {"Qualifier": place})
        if dice.random() < 0.5:
            for sid in ("s3", "org", "role")[: dice.randint(1, 3)]:
                account.add_permission(at | {"StatementId": f"{sid}-{n}"} | PERMISSIONS[sid])
        if dice.random() < 0.3:
            destination = {"OnFailure": {"Destination": DEAD}}
            asked = at | {"MaximumRetryAttempts": n % 3, "DestinationConfig": destination}
            account.put_function_event_invoke_config(asked)
        if dice.random() < 0.2 and not place.isdigit():
            cors = {"AllowOrigins": ["https://shop.test"]}
            account.create_function_url_config(at | {"AuthType": "AWS_IAM", "Cors": cors})
        if dice.random() < 0.2 and (place == LATEST or place.isdigit()):
            manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": "arn:runtime:" + "1" * 20}
            account.put_runtime_management_config(at | manual)
    if dice.random() < 0.4:
        kept.reserved = dice.choice((0, 20, 100))
    if dice.random() < 0.2:
        kept.signing = f"arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-{'0' * 17}"
    if dice.random() < 0.2:
        kept.recursion = "Allow"


PERMISSIONS: dict[str, dict[str, Any]] = {
    "s3": {
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::uploads",
        "SourceAccount": "111111111111",
    },
    "org": {
        "Action": "lambda:InvokeFunction",
        "Principal": "*",
        "PrincipalOrgID": "o-0123456789",
    },
    "role": {"Action": "lambda:InvokeFunction", "Principal": ROLE},
}


def _scaling(house: House, dice: random.Random, name: str, places: list[str]) -> None:
    if house.account.functions[name].reserved is not None:
        return
    for place in places:
        if dice.random() < 0.7:
            continue
        at = {"FunctionName": name, "Qualifier": place, "ProvisionedConcurrentExecutions": 5}
        house.account.put_provisioned_concurrency_config(at)
        if dice.random() < 0.5:
            _scale(house, dice, f"function:{name}:{place}")


def _scale(house: House, dice: random.Random, resource: str) -> None:
    of = {
        "ServiceNamespace": "lambda",
        "ResourceId": resource,
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    suspended = {"SuspendedState": {"ScheduledScalingSuspended": dice.random() < 0.5}}
    house.account.register_scalable_target(of | {"MinCapacity": 0, "MaxCapacity": 9} | suspended)
    for n, schedule in enumerate(("cron(0 8 * * ? *)", "at(2020-01-01T00:00:00)")):
        action = {"Schedule": schedule, "ScalableTargetAction": {"MinCapacity": n}}
        house.account.put_scheduled_action(of | {"ScheduledActionName": f"a{n}"} | action)
    tracking = {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 0.7},
    }
    house.account.put_scaling_policy(of | {"PolicyName": "track"} | tracking)


def _mappings(house: House, dice: random.Random, name: str, places: list[str]) -> None:
    for place in places:
        function = name if place == LATEST else f"{name}:{place}"
        for source, more in ((QUEUE, {}), (STREAM, {"StartingPosition": "LATEST"})):
            if dice.random() < 0.25:
                asked = {"FunctionName": function, "EventSourceArn": source, "BatchSize": 10}
                asked |= {"Enabled": dice.random() < 0.5, "Tags": {"team": "shop"}}
                house.account.create_event_source_mapping(asked | more)
