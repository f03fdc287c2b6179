"""Is a backup ever whole when it is not? Each read and each store is broken in turn (S14)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOW
from tests.fakes.failures import CONNECTION_CLOSED
from tests.fakes.member_state import CrashError
from tests.pipeline.vaulted import KEPT_FOR, SECRET, House, any_function
from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import (
    AccessDeniedError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
    TamperedError,
)
from trimtab.domain.wire import to_wire
from trimtab.pipeline.backup import ReadBack, listed, manifest_key, read_back

SEED = 8
"""A function with versions, aliases, policies and mappings; the tests say what they need of it."""

READS = (
    "GetFunction",
    "ListTags",
    "ListVersionsByFunction",
    "ListAliases",
    "GetPolicy",
    "ListEventSourceMappings",
    "ListFunctionUrlConfigs",
    "ListFunctionEventInvokeConfigs",
    "GetFunctionConcurrency",
    "ListProvisionedConcurrencyConfigs",
    "DescribeScalableTargets",
    "DescribeScheduledActions",
    "DescribeScalingPolicies",
    "GetFunctionCodeSigningConfig",
    "GetRuntimeManagementConfig",
    "GetFunctionRecursionConfig",
)
HOW = ("AccessDeniedException", "TooManyRequestsException", "ServiceException", CONNECTION_CLOSED)


def look(house: House, function: FunctionArn, backup_id: str) -> ReadBack:
    return read_back(function, backup_id, house.vault, now=house.clock.now(), kept_for=KEPT_FOR)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("operation", READS)
def test_s14_a_component_that_cannot_be_read_makes_the_backup_incomplete(
    operation: str, how: str
) -> None:
    """Every call of the operation in turn, the first and the last included."""
    house, function = any_function(SEED)
    house.back_up(function)
    calls = house.account.calls[operation]
    assert calls
    for nth in range(calls):
        house, function = any_function(SEED)
        for _ in range(nth):
            house.account.before_next(operation, lambda: None)
        house.account.before_next(operation, lambda h=house: h.account.fail_next(operation, how))
        try:
            manifest = house.back_up(function)
        except OutsideError:
            assert not house.vault.keys("manifests/")
            continue
        assert not manifest.is_complete
        assert any(operation in missing.why for missing in manifest.missing)
        found = look(house, function, manifest.backup_id)
        assert found.proof is None
        assert "is missing" in found.faults[0]
        assert SECRET not in json.dumps([m.why for m in manifest.missing])


@pytest.mark.parametrize(
    "error",
    [RetryableError("slow down"), AccessDeniedError("denied"), PermanentError("no such bucket")],
    ids=lambda e: type(e).__name__,
)
def test_s14_an_object_that_cannot_be_stored_leaves_nothing_that_counts(
    error: OutsideError,
) -> None:
    house, function = any_function(SEED)
    house.back_up(function)
    for nth in range(house.vault.puts):
        again, function = any_function(SEED)
        again.vault.fail_put = (nth, error)
        try:
            manifest = again.back_up(function)
        except OutsideError:
            assert not again.vault.keys("manifests/")
            continue
        assert not manifest.is_complete
        assert look(again, function, manifest.backup_id).proof is None


def test_s14_a_crash_at_any_store_and_a_second_run_give_one_whole_backup() -> None:
    house, function = any_function(SEED)
    whole = house.back_up(function)
    boundaries = [(n, when) for n in range(house.vault.puts) for when in ("before", "after")]
    for boundary in boundaries:
        again, function = any_function(SEED)
        again.vault.crash_put = boundary
        with pytest.raises(CrashError):
            again.back_up(function)
        for manifest in listed(again.vault, function):
            assert again.prove(manifest).backup_id == whole.backup_id
        again.vault.crash_put = None
        again.prove(again.back_up(function))
        assert {m.backup_id for m in listed(again.vault)} == {whole.backup_id}


def test_s14_code_that_does_not_have_its_digest_is_not_kept() -> None:
    house = House()
    function = house.add("orders")
    house.account.zips = dict.fromkeys(house.account.zips, b"other code")
    manifest = house.back_up(function)
    assert [m.part for m in manifest.missing] == [f"code {manifest.code_sha256}"]
    assert "does not have the digest" in manifest.missing[0].why
    assert not any(b"other code" in body for body in house.vault.objects.values())


def test_s14_code_whose_download_breaks_off_is_missing() -> None:
    house = House()
    function = house.add("orders")
    house.downloads.faults.append(RetryableError("the code of it: ReadTimeoutError"))
    (missing,) = house.back_up(function).missing
    assert (missing.call, "ReadTimeoutError" in missing.why) == ("lambda:GetFunction", True)


def test_s14_code_without_a_link_or_without_a_proper_digest_is_missing() -> None:
    house = House()
    function = house.add("orders")
    house.account.functions["orders"].latest["CodeSha256"] = "c2hvcnQ="
    (missing,) = house.back_up(function).missing
    assert "is not a SHA-256" in missing.why
    house.account.functions["orders"].latest["CodeSha256"] = "no base64"
    assert "is not a SHA-256" in house.back_up(function).missing[0].why


def test_s14_an_image_that_lambda_does_not_name_is_missing() -> None:
    house = House()
    image = "1.dkr.test/app@sha256:" + "a" * 64
    function = house.add(
        "orders", Code={"ImageUri": image}, PackageType="Image", Runtime=None, Handler=None
    )
    house.account.functions["orders"].code = {}
    assert "which image" in house.back_up(function).missing[0].why


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Environment", {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms"}}),
        ("ImageConfigResponse", {"Error": {"ErrorCode": "X"}}),
        ("RuntimeVersionConfig", {"Error": {"ErrorCode": "X"}}),
    ],
)
def test_s14_an_answer_that_says_it_could_not_tell_makes_the_backup_incomplete(
    field: str, value: object
) -> None:
    house = House()
    function = house.add("orders")
    house.account.functions["orders"].latest[field] = value
    (missing,) = house.back_up(function).missing
    assert missing.why == f"it answers Configuration.{field}.Error"


def test_s14_a_variable_called_error_is_no_error() -> None:
    house = House()
    function = house.add("orders", Environment={"Variables": {"Error": "yes", "TagsError": "1"}})
    house.prove(house.back_up(function))


def test_s14_a_function_that_changes_while_it_is_read_is_not_backed_up() -> None:
    house = House()
    function = house.add("orders")
    house.account.before_next("ListAliases", lambda: house.update("orders", MemorySize=1024))
    (missing,) = house.back_up(function).missing
    assert "changed while it was read" in missing.why
    house.account.before_next(
        "GetFunctionRecursionConfig", lambda: house.update("orders", MemorySize=2048)
    )
    assert "changed while" in house.back_up(function).missing[0].why


def test_s14_every_object_that_is_altered_or_gone_is_found() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    for stored in manifest.objects:
        whole = house.vault.objects[stored.key]
        house.vault.objects[stored.key] = whole + b" "
        assert "is not what was kept" in look(house, function, manifest.backup_id).faults[0]
        del house.vault.objects[stored.key]
        assert "is gone" in look(house, function, manifest.backup_id).faults[0]
        house.vault.objects[stored.key] = whole
    house.prove(manifest)


def test_s14_every_object_that_cannot_be_fetched_leaves_it_unproven() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    house.prove(manifest)
    for nth in range(house.vault.gets):
        house.vault.gets, house.vault.fail_get = 0, (nth, RetryableError("slow down"))
        with pytest.raises(RetryableError):
            look(house, function, manifest.backup_id)


def test_s14_an_altered_manifest_is_refused() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    key = manifest_key(function, manifest.backup_id)
    body = house.vault.objects[key]
    for altered in (b"{}", b"no json", body.replace(b'"schema":1', b'"schema":2')):
        house.vault.objects[key] = altered
        with pytest.raises(TamperedError):
            look(house, function, manifest.backup_id)
    with pytest.raises(NotFoundError):
        look(house, function, "another")


def test_s14_a_manifest_under_another_key_is_refused_in_a_list() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    key = manifest_key(function, manifest.backup_id)
    house.vault.objects[f"{key}2"] = house.vault.objects[key]
    with pytest.raises(TamperedError):
        listed(house.vault)


def test_s14_an_expired_backup_proves_nothing() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    assert house.prove(manifest).expires_at == NOW + KEPT_FOR
    house.clock.advance(KEPT_FOR - timedelta(seconds=1))
    house.prove(manifest)
    house.clock.advance(timedelta(seconds=1))
    assert "expired" in look(house, function, manifest.backup_id).faults[0]


def test_s14_the_proof_says_what_the_function_was() -> None:
    house, function = any_function(SEED)
    manifest = house.back_up(function)
    proof = house.prove(manifest)
    latest = house.account.functions[function.name].latest
    assert (proof.revision_id, proof.code_sha256) == (latest["RevisionId"], latest["CodeSha256"])
    assert proof.objects == len(manifest.objects)
    assert proof.size_bytes == sum(len(house.vault.objects[o.key]) for o in manifest.objects)


def test_s16_neither_manifest_nor_proof_holds_a_value_of_the_environment() -> None:
    house = House()
    function = house.add("orders", Environment={"Variables": {"TOKEN": SECRET}})
    manifest = house.back_up(function)
    assert SECRET not in str(house.vault.objects[manifest_key(function, manifest.backup_id)])
    assert SECRET not in str(house.prove(manifest))
    before = manifest.configuration_digest
    house.update("orders", Environment={"Variables": {"TOKEN": "x"}})
    house.account.functions["orders"].latest["RevisionId"] = manifest.revision_id
    assert house.back_up(function).configuration_digest == before


def test_s18_two_functions_of_one_name_never_share_an_object() -> None:
    house = House()
    function = house.add("orders")
    other = FunctionArn(partition="aws", region="eu-west-1", account="2" * 12, name="orders")
    keys = {o.key for o in house.back_up(function).objects}
    assert all(key.startswith(f"{function.account}/{function.region}/orders/") for key in keys)
    assert listed(house.vault, other) == ()


def test_s14_a_backup_of_another_release_is_not_taken_for_whole() -> None:
    house, function = any_function(SEED)
    manifest = replace(house.back_up(function), schema=2)
    body = canonical_json(to_wire(manifest)).encode()
    house.vault.objects[manifest_key(function, manifest.backup_id)] = body
    found = look(house, function, manifest.backup_id)
    assert found.proof is None
    assert found.faults[0] == "its schema is 2, not 1"
