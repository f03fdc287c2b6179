"""Does each region's backup go to the bucket of that region, and what where there is none?"""

import hashlib
from collections.abc import Iterator

import pytest
from botocore.session import Session
from moto import mock_aws

from infra.names import VAULT_ALIAS, vault_stack
from trimtab.domain import vault as names
from trimtab.domain.errors import NotFoundError
from trimtab.settings import BackupSettings, variable
from trimtab.wiring import parts
from trimtab.wiring.vaulting import vault_of

HOME, AWAY = "eu-west-1", "us-east-1"
BODY = b"code"


def settings(further: str) -> BackupSettings:
    given = dict.fromkeys(BackupSettings.variables(), "x") | {
        variable("vault_bucket"): "vault-{region}",
        variable("vault_regions"): further,
    }
    return BackupSettings.read(given)


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    with mock_aws():
        for region in (HOME, AWAY):
            client = Session().create_client("s3", region_name=region)
            place = {} if region == "us-east-1" else {"LocationConstraint": region}
            more = {"CreateBucketConfiguration": place} if place else {}
            client.create_bucket(Bucket=f"vault-{region}", **more)
        parts.forget()
        yield
    parts.forget()


@pytest.mark.usefixtures("buckets")
def test_a_backup_lies_in_the_region_of_its_function() -> None:
    vaults = vault_of(settings(AWAY))
    for region in (HOME, AWAY):
        digest = hashlib.sha256(BODY).hexdigest()
        vaults(region).put(f"{region}/code", [BODY], sha256=digest)
        assert vaults(region).keys("") == (f"{region}/code",)
        assert vaults(region).place("k")["S3Bucket"] == f"vault-{region}"


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize("further", ["none", AWAY])
def test_s14_a_region_without_a_vault_is_refused_with_what_to_deploy(further: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        vault_of(settings(further))("eu-north-1")
    said = str(refused.value)
    named = "eu-north-1" if further == "none" else f"eu-north-1,{AWAY}"
    assert f"-c vault_regions={named} " in said
    assert "--region eu-north-1 --stack-name trimtab-vault-eu-north-1 " in said


def test_the_names_are_those_of_the_templates() -> None:
    assert names.VAULT_STACK.replace("{region}", AWAY) == vault_stack(AWAY)
    assert names.VAULT_ALIAS == VAULT_ALIAS
