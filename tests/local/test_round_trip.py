"""Does a function of the embedded AWS come back as it was? (S14)

The generated functions of tests/pipeline are brought there by a restore of their own; then each is
backed up through the real adapters, deleted, restored and compared. Left out is what the emulator
does not keep apart by qualifier or not at all: images, policies and mappings of versions, URLs,
asynchronous settings, provisioned concurrency, runtime management and code signing.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.member_account import zip_of
from tests.fakes.member_state import LATEST
from tests.local.support import MEMBER, settled, trust, zipped
from tests.pipeline.vaulted import House, any_function
from trimtab.aws.answers import keep_raw_answers
from trimtab.aws.archive import AwsArchive
from trimtab.aws.download import Downloads
from trimtab.aws.recreator import AwsRecreator
from trimtab.aws.vault import S3Vault
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Backup
from trimtab.domain.restoring import RestoreOrder
from trimtab.local.emulator import Emulator
from trimtab.pipeline.backup import back_up, load
from trimtab.pipeline.restore import Bench, Restored, RestoreWord, restore

ACCOUNT, REGION = "111111111111", "eu-west-1"
FEW, MANY = 6, 260


@dataclass(frozen=True, slots=True)
class There:
    """The account of the generated functions, in the emulator."""

    aws: Emulator
    vault: S3Vault

    def client(self, service: str) -> Any:
        return self.aws.client(service, ACCOUNT, REGION)

    writer = client

    def archive(self, function: FunctionArn) -> AwsArchive:
        return AwsArchive(function, self, Downloads())

    def restore(self, house: House, backup: Backup, order: RestoreOrder) -> Restored:
        stored = [code.stored for code in backup.code if code.stored is not None]
        bench = Bench(
            archive=self.archive(order.target),
            recreator=AwsRecreator(order.target, self, sleep=lambda _: time.sleep(0.02)),
            places={one.key: self.vault.place(one.key) for one in stored},
            record=lambda event, data: None,
            stopped=lambda: None,
            clock=house.clock,
        )
        return restore(backup, order, bench)

    def remove(self, name: str) -> None:
        client = self.client("lambda")
        found = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        client.delete_function(FunctionName=name)
        for mapping in found:
            client.delete_event_source_mapping(UUID=mapping["UUID"])


@pytest.fixture(scope="module")
def there(aws: Emulator) -> There:
    """What the generated functions name: a role, queues, layers, and a vault."""

    def client(service: str) -> Any:
        return aws.client(service, ACCOUNT, REGION)

    keep_raw_answers(client("lambda"))
    place: Any = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="vault", CreateBucketConfiguration=place)
    document = json.dumps(trust({"Service": "lambda.amazonaws.com"}))
    client("iam").create_role(RoleName="service", AssumeRolePolicyDocument=document)
    for queue in ("orders", "dead"):
        client("sqs").create_queue(QueueName=queue)
    for n in range(9):
        content = {"ZipFile": zip_of(f"layer {n}")[0]}
        client("lambda").publish_layer_version(LayerName="base", Content=content)
    return There(aws, S3Vault(client("s3"), bucket="vault"))


def leave_out(house: House, name: str) -> None:
    """Take away what the emulator would not keep as AWS does."""
    account, kept = house.account, house.account.functions[name]
    for place in set(kept.policies) - {LATEST}:
        del kept.policies[place]
    for things in (kept.urls, kept.invoke, kept.runtime, kept.provisioned):
        things.clear()
    for things in (account.targets, account.actions, account.policies):
        things.clear()
    kept.signing = None
    account.mappings[:] = [
        raw
        for raw in account.mappings
        if raw["FunctionArn"].endswith(f":{name}") and ":sqs:" in raw["EventSourceArn"]
    ]
    for raw in (kept.latest, *kept.versions.values()):
        raw["EphemeralStorage"] = {"Size": 512}


def bring(there: There, house: House, function: FunctionArn) -> Restored:
    """Let the emulator have the function, with its code."""
    manifest = house.back_up(function)
    for key in house.vault.keys(""):
        body = b"".join(house.vault.get(key))
        there.client("s3").put_object(Bucket="vault", Key=key, Body=body)
    order = house.order(manifest, starts_mappings=True)
    return there.restore(house, house.load(manifest), order)


def goes_round(there: There, seeds: range) -> int:
    """Back up, delete, restore and compare; return how many functions."""
    done = 0
    for seed in seeds:
        house, function = any_function(seed)
        if house.account.functions[function.name].latest["PackageType"] == "Image":
            continue
        leave_out(house, function.name)
        assert bring(there, house, function).word in (RestoreWord.RESTORED, RestoreWord.DIFFERENT)
        later = house.clock.now() + timedelta(hours=1)
        manifest = back_up(function, there.archive(function), there.vault, now=later)
        assert manifest.is_complete, (seed, manifest.missing)
        there.remove(function.name)
        order = house.order(manifest, starts_mappings=True)
        came = there.restore(house, load(function, manifest.backup_id, there.vault), order)
        assert (came.word, came.differences, came.refused) == (RestoreWord.RESTORED, (), ()), seed
        there.remove(function.name)
        done += 1
    return done


@pytest.mark.scenario
def test_s14_functions_of_the_embedded_aws_come_back_without_a_difference(there: There) -> None:
    assert goes_round(there, range(FEW)) >= FEW - 2


@pytest.mark.storm
def test_s14_very_many_functions_of_the_embedded_aws_come_back(there: There) -> None:
    assert goes_round(there, range(MANY)) >= 200


@pytest.mark.scenario
def test_each_version_has_its_own_code_behind_its_link(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = make_function("two", source="# one")
    client = aws.client("lambda", MEMBER)
    client.publish_version(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=zipped("# two"))
    settled(client, name)
    client.publish_version(FunctionName=name)
    for version, source in (("1", "# one"), ("2", "# two")):
        found = client.get_function(FunctionName=name, Qualifier=version)
        code = b"".join(Downloads().chunks(found["Code"]["Location"], what=version))
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            assert archive.read("code.py").decode() == source
        digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
        assert digest == found["Configuration"]["CodeSha256"]
