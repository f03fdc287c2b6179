"""How do the locked dependencies get into a folder, and what of them is left out?

Wheels only, with hashes, for the Lambda's platform or for this machine. botocore ships the data of
some 400 services; the Lambdas call a few.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infra.errors import AssetError
from infra.interpreters import RUNTIME

SERVICES = frozenset(
    (
        "apigateway",
        "apigatewayv2",
        "application-autoscaling",
        "cloudformation",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "codedeploy",
        "cognito-idp",
        "compute-optimizer",
        "dynamodb",
        "ec2",
        "elbv2",
        "events",
        "iam",
        "iot",
        "kms",
        "lambda",
        "logs",
        "organizations",
        "pipes",
        "pricing",
        "resourcegroupstaggingapi",
        "s3",
        "scheduler",
        "secretsmanager",
        "securityhub",
        "sesv2",
        "sns",
        "sqs",
        "ssm",
        "stepfunctions",
        "sts",
    )
)
"""Whose data stays. A Lambda that asks for another service gets UnknownServiceError."""

LEFT_OUT = ("bin", "boto3/examples")
SWAGGER = Path("aws_lambda_powertools", "event_handler", "openapi", "swagger_ui")
"""Where a web page's code of 0.4 MB lies that no Lambda serves."""
UV_FOR_LAMBDA = ("--python-platform", "aarch64-manylinux2014", "--python-version", RUNTIME)
PIP_FOR_LAMBDA = (
    *("--platform", "manylinux2014_aarch64"),
    *("--implementation", "cp"),
    *("--python-version", RUNTIME),
)


def install(lock: Path, folder: Path, *, platform: str) -> None:
    """Install what the lock names into the folder, by uv where there is one, else by pip.

    Raises: AssetError with the installer's last words.
    """
    common = ["--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    common += ["--target", str(folder)]
    for_lambda = platform == "lambda"
    attempts = []
    if (uv := _uv()) is not None:
        uv_install = [uv, "pip", "install", "--python", sys.executable, "--link-mode", "copy"]
        attempts.append([*uv_install, *common, *(UV_FOR_LAMBDA if for_lambda else ())])
    pip_install = [sys.executable, "-m", "pip", "install", "--no-compile", "--no-deps"]
    attempts.append([*pip_install, *common, *(PIP_FOR_LAMBDA if for_lambda else ())])
    said = ""
    for attempt in attempts:
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(attempt, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        said += done.stdout + done.stderr
    tail = "\n".join(said.strip().splitlines()[-15:])
    raise AssetError(f"installing {lock.name} for {platform} failed:\n{tail}")


def prune(folder: Path) -> None:
    """Remove what no Lambda reads."""
    for name in LEFT_OUT:
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)  # uv's own
    for path in (folder / SWAGGER).glob("swagger-ui*"):
        path.unlink()
    data = folder / "botocore" / "data"
    unknown = SERVICES - {path.name for path in data.iterdir()}
    if unknown:
        raise AssetError(f"botocore has no data of {', '.join(sorted(unknown))}")
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)


def _uv() -> str | None:
    beside = Path(sys.prefix).parent / ".venv-tools" / "bin" / "uv"
    return str(beside) if beside.exists() else shutil.which("uv")
