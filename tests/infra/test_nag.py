"""What does cdk-nag (AWS Solutions) object to, and why is each of it as it is?

The table is the whole list: a new objection fails, and so does a reason nobody needs any more.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.app import build
from infra.assets import Code
from tests.infra.templates import USUAL

REASONS = {
    "DDB3": "the name table has no backup: whoever is erased there must be gone",
    "APIG4": "an approver has no AWS identity: the random link, checked by the Lambda, admits",
    "L1": "Python 3.13 is the runtime the bytecode in the zip is made for",
    "S1": "CloudTrail's data events tell who reads or writes; a second log would tell less",
    "SF2": "no tracing: the tracing library alone costs a third of a cold start",
    "SMG4": "the ticket sink issues the token; AWS cannot rotate it",
    "SQS3": "it is the dead-letter queue, of schedules, which cdk-nag does not look at",
    "IAM5[Action::kms:*]": "AWS services call one or the other of a pair; only through a service",
    "IAM5[Resource::*]": "see the table of reasons in test_permissions.py",
    "IAM5[objects]": "keys below one prefix; which ones is known only while it runs",
    "IAM5[members]": "the accounts are the Organization's; the role's trust decides",
    "IAM5[product]": "the account's own product, in whatever region a function is found",
    "IAM5[scalable targets]": "no ARN names a function; two conditions narrow it to Lambda",
    "IAM5[alarms]": "those that Application Auto Scaling names itself, which it asks about",
    "IAM5[apis]": "the APIs of every region, and of API Gateway nothing else",
    "IAM5[mappings]": "no id of a mapping names its function; ids of removed ones never come back",
    "IAM5[signing]": "which one a function had is known only from its backup",
    "IAM5[layers]": "a layer may be of any account; its own policy decides",
    "IAM5[passed]": "a function comes back with the role it had; only Lambda may be given it",
    "IAM5[keys]": "a key of any account, through a service alone; its own policy decides",
    "IAM5[drills]": "functions of the restore drills, in an account that nobody relies on",
    "IAM5[vault keys]": "no ARN of another region's key is known: three conditions name one key",
    "IAM5[vault]": "the account's own folder in the vault of whatever region",
    "IAM5[functions]": "the change role exists to change any function of its account",
    "IAM5[versions]": "an execution that started before a deployment calls an older version",
    "IAM5[identities]": "narrowed by ses:FromAddress to one address",
    "IAM5[executions]": "children of the Distributed Map and undos get names of their own",
}
KINDS = (
    (r"Resource::arn:<AWS::Partition>:apigateway:\*::/(rest)?apis(/\*)?", "apis"),
    (r"Action::kms:.*", "Action::kms:*"),
    (
        r"Resource::<Stores(Evidence|Mirror)\w+\.Arn>/(runs|findings|drills|log|checkpoints|heads|filled)/.*",
        "objects",
    ),
    (r"Resource::arn:<AWS::Partition>:iam::\*:role/trimtab-(read|change|restore)", "members"),
    (r"Resource::arn:<AWS::Partition>:lambda:\*:<AWS::AccountId>:function:\*", "functions"),
    (
        r"Resource::arn:<AWS::Partition>:lambda:\*:<AWS::AccountId>:function:trimtab-drill-\*",
        "drills",
    ),
    (r"Resource::arn:<AWS::Partition>:cloudwatch:.*:alarm:.*", "alarms"),
    (r"Resource::arn:<AWS::Partition>:application-autoscaling:.*/\*", "scalable targets"),
    (r"Resource::arn:<AWS::Partition>:securityhub:\*:.*:product/.*/default", "product"),
    (r"Resource::<VaultBucket\w+\.Arn>/\*", "objects"),
    (r"Resource::arn:<AWS::Partition>:lambda:.*:event-source-mapping:\*", "mappings"),
    (r"Resource::arn:<AWS::Partition>:lambda:.*:code-signing-config:\*", "signing"),
    (r"Resource::arn:<AWS::Partition>:lambda:\*:\*:layer:\*:\*", "layers"),
    (r"Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:role/\*", "passed"),
    (r"Resource::arn:<AWS::Partition>:kms:\*:\*:key/\*", "keys"),
    (r"Resource::arn:<AWS::Partition>:kms:us-east-1:<AWS::AccountId>:key/\*", "vault keys"),
    (r"Resource::arn:<AWS::Partition>:s3:::trimtab-vault-.*", "vault"),
    (r"Resource::<Functions\w+\.Arn>:\*", "versions"),
    (r"Resource::arn:<AWS::Partition>:ses:.*:identity/\*", "identities"),
    (r"Resource::arn:<AWS::Partition>:states:.*:execution:trimtab-(scan|change).*", "executions"),
)


def kind_of(rule: str) -> str:
    """Return a rule without its pack, and with a wildcard's subject by its kind."""
    name = rule.removeprefix("AwsSolutions-")
    subject = re.fullmatch(r"IAM5\[(.*)\]", name)
    if subject is None:
        return name
    for pattern, kind in KINDS:
        if re.fullmatch(pattern, subject[1]):
            return f"IAM5[{kind}]"
    return name


def objections(folder: Path) -> set[str]:
    """Return the kinds of everything cdk-nag reports on all stacks."""
    stub = folder / "stub.zip"
    with zipfile.ZipFile(stub, "w") as archive:
        archive.writestr("handlers/__init__.py", "")
    app = build(USUAL, code=Code(path=stub, digest="0" * 64), outdir=folder / "cdk.out")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((folder / "cdk.out/validation-report.json").read_text(encoding="utf-8"))
    (pack,) = report["pluginReports"]
    return {kind_of(violation["ruleName"]) for violation in pack["violations"]}


def test_every_objection_has_a_reason_and_every_reason_an_objection(tmp_path: Path) -> None:
    assert objections(tmp_path) == set(REASONS)
