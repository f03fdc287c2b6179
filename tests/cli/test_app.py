"""Does every mistake end with one clear message and its own exit code, never a traceback?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call

KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
NOBODY_LISTENS = "http://127.0.0.1:9"
ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
DEMO = ROOT / "trimtab" / "local" / "bundle"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A shell that knows nothing of AWS."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize(
    "given",
    [
        ("nonsense",),
        ("run", "list", "--last", "0"),
        ("audit", "show"),
        ("undo", "x", "--nonsense"),
    ],
)
def test_a_wrong_command_line_ends_with_three_and_the_usage(
    call: Call, given: tuple[str, ...]
) -> None:
    said = call(*given)
    assert said.code == 3
    assert "Usage: trimtab" in said.err


def test_help_and_version_are_well(call: Call) -> None:
    assert call("--help").code == 0
    version = call("--version")
    assert (version.code, version.out.startswith("trimtab ")) == (0, True)


def test_without_a_region_it_names_the_variable(call: Call, shell: pytest.MonkeyPatch) -> None:
    said = call("run", "list")
    assert (said.code, "AWS_REGION" in said.err) == (3, True)


def test_without_credentials_it_says_so(call: Call, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("AWS_REGION", "eu-west-1")
    said = call("audit", "verify")
    assert (said.code, "there are no AWS credentials" in said.err) == (3, True)


def test_an_unknown_profile_is_named(call: Call, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("AWS_PROFILE", "elsewhere")
    shell.setenv("AWS_REGION", "eu-west-1")
    said = call("run", "show")
    assert (said.code, "elsewhere" in said.err) == (3, True)


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_both_variables_of_a_region_are_heard(
    call: Call, shell: pytest.MonkeyPatch, variable: str
) -> None:
    for name, value in KEYS.items():
        shell.setenv(name, value)
    shell.setenv(variable, "eu-west-1")
    shell.setenv("AWS_ENDPOINT_URL", NOBODY_LISTENS)
    shell.setenv("AWS_MAX_ATTEMPTS", "1")
    said = call("run", "show")
    assert (said.code, "trimtab-hub" in said.err) == (2, True)


def test_a_malformed_region_is_no_traceback(call: Call, shell: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        shell.setenv(name, value)
    shell.setenv("AWS_REGION", "eu west 1!")
    said = call("run", "show")
    assert said.code == 3


def test_a_folder_without_policies_is_a_bad_input(call: Call, tmp_path: Path) -> None:
    said = call("policy", "validate", str(tmp_path))
    assert (said.code, "holds no policy files" in said.err) == (3, True)


def test_policies_are_counted(call: Call) -> None:
    assert "\n5 policies, bundle " in call("policy", "validate", str(DEMO)).out
    assert "0 policies without" in call("policy", "test", str(POLICIES)).out


def test_as_a_program_it_ends_the_same_way() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "undo", "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "--why" in done.stderr
    assert "Traceback" not in done.stderr
