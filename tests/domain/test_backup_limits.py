"""Is everything named that does not come back, and refused what must not be removed?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.fakes.clock import NOW
from tests.fakes.member_state import digest_of
from tests.pipeline.vaulted import DEAD, QUEUE, ROLE, STREAM, House
from trimtab.domain.backup import Backup, CodeKind, CodePart, gaps_in
from trimtab.domain.backup_items import items_of
from trimtab.domain.backup_limits import (
    what_cannot_come_back,
    why_not_restorable,
    why_version_not_restorable,
)
from trimtab.domain.backup_policy import permission_of

BLOCKS: dict[str, date | None] = {"python3.13": date(2029, 7, 31), "java11.al2023": None}


def backup_of(house: House) -> Backup:
    name = next(iter(house.account.functions))
    return house.load(house.back_up(house.account.own(name)))


def lost(backup: Backup) -> str:
    return "\n".join(what_cannot_come_back(backup, create_blocks=BLOCKS, now=NOW))


def reasons(backup: Backup, blocks: dict[str, date | None] = BLOCKS) -> tuple[str, ...]:
    return why_not_restorable(backup, create_blocks=blocks, now=NOW)


@pytest.fixture
def house() -> House:
    made = House()
    made.add("orders")
    return made


def test_a_plain_function_may_be_removed_and_begins_anew(house: House) -> None:
    backup = backup_of(house)
    assert reasons(backup) == ()
    assert lost(backup) == "revision ids, dates, and the age of the function begin anew"


def test_version_numbers_and_versions_that_are_alike_are_named(house: House) -> None:
    house.publish("orders")
    house.update("orders", MemorySize=1024)
    house.publish("orders")
    house.update("orders", MemorySize=512)
    house.publish("orders")
    assert "(1, 2, 3)" in lost(backup_of(house))
    kept = house.account.functions["orders"]
    del kept.versions["2"], kept.version_code["2"]
    said = lost(backup_of(house))
    assert "(1, 3)" in said
    assert "versions 1, 3 as several" in said


def test_s14_a_function_with_an_address_is_not_removed(house: House) -> None:
    asked = {"FunctionName": "orders", "AuthType": "NONE"}
    house.account.create_function_url_config(asked)
    backup = backup_of(house)
    assert "address of the function URL of orders" in lost(backup)
    assert reasons(backup) == (
        "the address of the function URL of orders: a new one has another address",
    )


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ({}, "not known whether"),
        ({"python3.13": NOW.date() + timedelta(days=1)}, None),
        ({"python3.13": NOW.date()}, "no function can be created with it since 2026-11-02"),
        ({"python3.13": None}, None),
    ],
    ids=["unknown", "tomorrow", "today", "no day"],
)
def test_s14_a_function_whose_runtime_is_blocked_is_not_removed(
    house: House, blocks: dict[str, date | None], said: str | None
) -> None:
    found = reasons(backup_of(house), blocks)
    assert (said in found[0]) if said else found == ()


@pytest.mark.parametrize(
    "raw",
    [
        {"DurableConfig": {"RetentionPeriodInDays": 1}},
        {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
        {"MasterArn": "arn"},
        {"CapacityProviderConfig": {}},
        {"SomethingNew": 1},
    ],
    ids=lambda raw: next(iter(raw)),
)
def test_s14_what_is_no_plain_function_is_not_removed(house: House, raw: dict[str, Any]) -> None:
    house.publish("orders")
    assert reasons(backup_of(house)) == ()
    house.account.functions["orders"].versions["1"] |= raw
    assert "it is no plain function: 1:" in reasons(backup_of(house))[0]


def test_s14_a_function_at_the_edge_is_not_removed(house: House) -> None:
    permit(house, Principal={"Service": "replicator.lambda.amazonaws.com"})
    assert any("replicated to the edge" in why for why in reasons(backup_of(house)))


def permit(house: House, **given: Any) -> None:
    usual = {"Sid": "one", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "x"}
    statement = {key: value for key, value in (usual | given).items() if value is not None}
    house.account.functions["orders"].policies["$LATEST"] = {"one": statement}


@pytest.mark.parametrize(
    "given",
    [
        {"Effect": "Deny", "Principal": "*"},
        {"Principal": {"AWS": [ROLE, "2"]}},
        {"Principal": {"AWS": ROLE, "Service": "s3.amazonaws.com"}},
        {"Principal": {"Federated": "x"}},
        {"Principal": "*", "Action": ["a", "b"]},
        {"Principal": "*", "Sid": None},
        {"Principal": "*", "NotAction": "x"},
        {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Principal": "*", "Condition": {"ArnLike": {"AWS:SourceArn": ["a", "b"]}}},
        {"NotPrincipal": "*"},
    ],
    ids=str,
)
def test_s14_a_statement_that_cannot_be_made_again_is_in_the_way(
    house: House, given: dict[str, Any]
) -> None:
    permit(house, **given)
    assert any("AddPermission does not make" in why for why in reasons(backup_of(house)))


def test_a_condition_is_made_again_whatever_its_case() -> None:
    statement = {
        "Sid": "url",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    }
    assert permission_of(statement) == {
        "Principal": "*",
        "Action": "lambda:InvokeFunction",
        "InvokedViaFunctionUrl": True,
    }


def test_a_principal_that_was_deleted_is_named_and_not_made_again(house: House) -> None:
    permit(house, Principal={"AWS": "AROAEXAMPLE1234567890"})
    backup = backup_of(house)
    assert "permission one of $LATEST: whom it let in is deleted" in lost(backup)
    assert not [k for k in items_of(backup, name="orders", now=NOW) if "permission" in k]
    assert reasons(backup) == ()


def test_mappings_are_named_with_what_they_lose(house: House) -> None:
    for source, more in ((QUEUE, {}), (STREAM, {"StartingPosition": "TRIM_HORIZON"})):
        asked = {"FunctionName": "orders", "EventSourceArn": source, "Enabled": source == QUEUE}
        house.account.create_event_source_mapping(asked | more)
    house.account.create_event_source_mapping(
        {
            "FunctionName": "orders",
            "SelfManagedEventSource": {"Endpoints": {}},
            "Topics": ["t"],
            "Enabled": False,
        }
    )
    said = lost(backup_of(house))
    assert "the ids (UUID) of its 3 event source mappings" in said
    assert f"mapping of {STREAM} had read: it begins again at TRIM_HORIZON" in said
    assert "mapping of self-managed had read" in said
    assert f"mapping of {QUEUE} is left disabled" in said
    assert f"mapping of {STREAM} is left" not in said


def test_what_hangs_on_a_version_that_is_gone_is_named_and_left_out(house: House) -> None:
    house.publish("orders")
    house.account.create_event_source_mapping({"FunctionName": "orders:1", "EventSourceArn": QUEUE})
    kept = house.account.functions["orders"]
    kept.versions.clear()
    kept.version_code.clear()
    backup = backup_of(house)
    assert "function:orders:1: that is gone already" in lost(backup)
    assert not [k for k in items_of(backup, name="orders", now=NOW) if "mapping" in k]


def test_tags_of_services_and_the_fiftieth_tag_are_named(house: House) -> None:
    house.account.functions["orders"].tags |= {f"t{n:02d}": "x" for n in range(50)}
    house.account.functions["orders"].tags["aws:cloudformation:stack-name"] = "s"
    said = lost(backup_of(house))
    assert "tags that a service set: aws:cloudformation:stack-name" in said
    assert "one tag, as trimtab:restored takes its place: t49" in said


def test_a_schedule_that_is_over_is_named_and_left_out(house: House) -> None:
    house.publish("orders")
    of = {
        "ServiceNamespace": "lambda",
        "ResourceId": "function:orders:1",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    account = house.account
    account.register_scalable_target(of | {"MinCapacity": 0, "MaxCapacity": 1})
    past, coming = NOW - timedelta(days=1), NOW + timedelta(days=1)
    for name, more in {
        "ended": {"Schedule": "rate(1 day)", "EndTime": past},
        "once": {"Schedule": "at(2026-11-02T10:30:00)", "Timezone": "Europe/Zurich"},
        "comes": {"Schedule": "at(2026-11-02T10:30:00)"},
        "ends": {"Schedule": "rate(1 day)", "EndTime": coming},
    }.items():
        account.put_scheduled_action(of | {"ScheduledActionName": name} | more)
    backup = backup_of(house)
    said = lost(backup)
    assert "action ended: its time is past" in said
    assert "action once: its time is past" in said
    found = {i.name for i in items_of(backup, name="orders", now=NOW).values()}
    assert {"comes", "ends"} <= found
    assert not {"ended", "once"} & found


def test_s14_code_that_is_not_in_the_vault_is_named_and_must_be_pinned() -> None:
    house = House()
    image = "1.dkr.test/app@sha256:" + "a" * 64
    more = {"PackageType": "Image", "Runtime": None, "Handler": None}
    house.add("orders", Code={"ImageUri": image}, **more)
    backup = backup_of(house)
    assert f"the image {image}, unless" in lost(backup)
    assert reasons(backup) == ()
    house.account.functions["orders"].code = {"ImageUri": "1.dkr.test/app:latest"}
    assert "its digest is not known" in reasons(backup_of(house))[0]


def test_s14_code_in_its_owners_bucket_comes_back_from_there(house: House) -> None:
    code = {"S3Bucket": "owner", "S3Key": "k", "S3ObjectVersion": "v1"}
    house.account.functions["orders"].code = {"ResolvedS3Object": dict(code)}
    house.account.functions["orders"].latest["CodeSha256"] = digest_of(b"k")
    manifest = house.back_up(house.account.own("orders"))
    backup = house.load(manifest)
    assert manifest.code[0].kind is CodeKind.REFERENCED
    assert "unless its object is still in its owner's bucket" in lost(backup)
    assert reasons(backup) == ()
    house.account.remove("orders")
    house.restore(manifest)
    assert house.account.functions["orders"].code == {"ResolvedS3Object": code}
    unpinned = CodePart(code_sha256="x", kind=CodeKind.REFERENCED)
    found = reasons(Backup(function=backup.function, documents=backup.documents, code=(unpinned,)))
    assert "the version of its object is not known" in found[0]


def test_s14_the_key_of_a_package_is_given_again(house: House) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/2"
    house.account.functions["orders"].code["SourceKMSKeyArn"] = key
    manifest = house.back_up(house.account.own("orders"))
    house.account.remove("orders")
    house.restore(manifest)
    assert house.account.functions["orders"].code["SourceKMSKeyArn"] == key


def test_s14_a_backup_without_one_of_its_parts_has_a_gap(house: House) -> None:
    house.publish("orders")
    house.account.create_alias({"FunctionName": "orders", "Name": "live", "FunctionVersion": "1"})
    backup = backup_of(house)
    assert gaps_in(backup) == ()
    for name in backup.documents:
        documents = {k: v for k, v in backup.documents.items() if k != name}
        found = Backup(function=backup.function, documents=documents, code=backup.code)
        assert gaps_in(found) == (name,)
    without = Backup(function=backup.function, documents=backup.documents)
    assert gaps_in(without)[0].startswith("code ")
    blind = {**backup.documents, "aliases": [{"Name": "live", "Error": {"x": DEAD}}]}
    assert gaps_in(Backup(function=backup.function, documents=blind, code=backup.code)) == (
        "aliases: Error",
    )


def of_version(backup: Backup, number: str = "1") -> str | None:
    return why_version_not_restorable(backup, number, create_blocks=BLOCKS, now=NOW)


def test_s14_a_version_that_is_held_whole_may_go(house: House) -> None:
    house.publish("orders")
    asked = {"FunctionName": "orders", "AuthType": "NONE"}
    house.account.create_function_url_config(asked)
    backup = backup_of(house)
    assert reasons(backup), "the function itself would not come back as it is"
    assert of_version(backup) is None
    assert of_version(backup, "2") == "the backup does not hold it"


def test_s14_a_version_whose_code_or_runtime_would_not_come_back_stays(house: House) -> None:
    house.publish("orders")
    backup = backup_of(house)
    sha = backup.configuration("1")["CodeSha256"]
    assert of_version(replace(backup, code=())) == f"the backup does not hold code {sha}"
    image = CodePart(code_sha256=sha, kind=CodeKind.IMAGE, image="repo:tag")
    assert of_version(replace(backup, code=(image,))) == "image repo:tag: its digest is not known"
    name = "function of 1"
    for said, changed in (
        ("it is no plain version: durable", {"UnknownKind": "durable"}),
        ("runtime ruby9: it is not known", {"Runtime": "ruby9"}),
    ):
        document = dict(backup.documents[name])
        document["Configuration"] |= changed if "Runtime" in changed else {}
        document |= changed if "UnknownKind" in changed else {}
        other = replace(backup, documents=dict(backup.documents) | {name: document})
        assert said in (of_version(other) or "")
    packed = dict(backup.documents[name]["Configuration"])
    del packed["Runtime"]
    documents = backup.documents | {name: backup.documents[name] | {"Configuration": packed}}
    assert of_version(replace(backup, documents=documents)) is None
