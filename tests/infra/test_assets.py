"""Is the zip small, complete, and the same whenever nothing changed?"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import assets, interpreters
from infra.dependencies import SERVICES

LARGEST_MB = 23
"""Measured: 20.9, of which 5.4 check the tokens of a sign-in (decision 21) and 2.4 are ours."""
NOTHING_BUILT = "there is no such zip yet: make synth, or make demo, builds one"


def built(kind: str) -> Path:
    """Return the newest zip of a kind, or skip."""
    found = sorted(assets.BUILD.glob(f"{kind}-*.zip"), key=os.path.getmtime)
    if not found:
        pytest.skip(NOTHING_BUILT)
    return found[-1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project whose dependencies are already packed."""
    for name in ("handlers/plan.py", "trimtab/__init__.py", "trimtab/report/page.html"):
        write(tmp_path / name)
    for name in ("trimtab/local/launcher.py", "trimtab/cli/demo.py", "trimtab/__main__.py"):
        write(tmp_path / name)
    write(tmp_path / "policies/cost/memory-oversized.yaml")
    write(tmp_path / "policies/README.md")
    layer = tmp_path / "layer.zip"
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("boto3/__init__.py", assets.EARLIEST), "")
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "BUILD", tmp_path / "build")
    monkeypatch.setattr(assets, "_layer", lambda *_: assets.Code(path=layer, digest="layer"))
    return tmp_path


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def prepare(project: Path) -> assets.Code:
    return assets.prepare("host", bundle=project / "policies")


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if not name.endswith(".pyc")}


def test_the_zip_holds_our_code_the_policies_and_the_dependencies_only(project: Path) -> None:
    assert names(prepare(project).path) == {
        "boto3/__init__.py",
        "handlers/plan.py",
        "trimtab/__init__.py",
        "trimtab/report/page.html",
        "policies/cost/memory-oversized.yaml",
    }


def test_every_module_of_ours_is_compiled(project: Path) -> None:
    with zipfile.ZipFile(prepare(project).path) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert len(compiled) == 2


def test_another_bundle_takes_the_same_place(project: Path) -> None:
    write(project / "demo/fleet.yaml")
    code = assets.prepare("host", bundle=project / "demo")
    assert "policies/fleet.yaml" in names(code.path)
    assert "policies/cost/memory-oversized.yaml" not in names(code.path)


def test_the_same_contents_give_the_same_bytes_whenever_they_were_written(project: Path) -> None:
    first = prepare(project)
    before = first.path.read_bytes()
    first.path.unlink()
    os.utime(project / "handlers/plan.py", (1, 1))
    again = prepare(project)
    assert (again.digest, again.path.read_bytes()) == (first.digest, before)


@pytest.mark.parametrize(
    "changed",
    ["handlers/plan.py", "trimtab/report/page.html", "policies/cost/memory-oversized.yaml"],
)
def test_a_change_anywhere_gives_another_digest(project: Path, changed: str) -> None:
    before = prepare(project)
    write(project / changed, "# changed")
    assert prepare(project).digest != before.digest


def test_zips_of_today_stay_and_older_ones_do_not_pile_up(project: Path) -> None:
    first = prepare(project)
    write(project / "handlers/plan.py", "# second")
    second = prepare(project)
    assert first.path.exists()
    os.utime(first.path, (1, 1))
    write(project / "handlers/plan.py", "# third")
    prepare(project)
    assert (first.path.exists(), second.path.exists()) == (False, True)


def test_what_is_already_packed_is_not_packed_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(project)
    monkeypatch.setattr(assets, "_pack", lambda *_: pytest.fail("packed twice"))
    assert prepare(project) == first


def test_a_bundle_without_policies_is_refused(project: Path) -> None:
    with pytest.raises(assets.AssetError, match="holds no policy file"):
        assets.prepare("host", bundle=project / "handlers")


def test_missing_handlers_are_refused(project: Path) -> None:
    (project / "handlers/plan.py").unlink()
    (project / "handlers").rmdir()
    with pytest.raises(assets.AssetError, match="handlers/ is missing"):
        prepare(project)


def test_a_shim_that_does_not_work_is_no_interpreter(tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    assert interpreters.version_of(shim) is None
    assert interpreters.version_of(tmp_path / "missing") is None
    assert interpreters.version_of(Path(sys.executable)) == ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def no_interpreter() -> Iterator[None]:
    interpreters.compiler_for.cache_clear()
    yield
    interpreters.compiler_for.cache_clear()


@pytest.mark.usefixtures("no_interpreter")
def test_without_the_runtimes_python_a_warning_says_what_it_costs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreters, "_candidates", lambda: [])
    assert interpreters.compiler_for("lambda") is None
    assert "no working python3.13 found" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["code-lambda", "code-host"])
def test_a_built_zip_is_small_enough(kind: str) -> None:
    assert built(kind).stat().st_size < LARGEST_MB * 1024 * 1024


def test_the_lambdas_zip_holds_arm64_code_of_the_runtimes_version() -> None:
    with zipfile.ZipFile(built("code-lambda")) as archive:
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
    assert [name for name in libraries if "pydantic_core" in name]
    assert not [name for name in libraries if "x86_64" in name or "cpython-311" in name]


def test_the_zip_alone_can_make_every_client_the_lambdas_use(tmp_path: Path) -> None:
    with zipfile.ZipFile(built("code-host")) as archive:
        archive.extractall(tmp_path)
    program = (
        "import boto3\n"
        f"for name in {sorted(SERVICES)!r}:\n"
        "    boto3.client(name, region_name='eu-central-1')\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(tmp_path), "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
