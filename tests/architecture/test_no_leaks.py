"""Does the project name any machine or package index that it was made on?

A lock with a host in it installs on one network only; a path of somebody's home works on one
machine only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, project_files

HOST = re.compile(r"(?:https?|file)://|--(?:extra-)?index-url|--find-links", re.IGNORECASE)
# A folder directly below the root of somebody's machine, not a part of an address or of an ARN.
MACHINE_PATH = re.compile(r"(?<![\w.:/~$}\])-])/(?:work|root|home/\w+|Users/\w+)/")
# The planted examples below are such paths.
EXAMPLES = Path("tests/architecture/test_no_leaks.py")


def installs_packages(path: Path) -> bool:
    """Tell whether a file says from where, or which, packages are installed."""
    return path.name in {"Makefile", ".npmrc"} or path.name.startswith("requirements")


def names_host(line: str, *, path: Path) -> bool:
    """Tell whether a line binds an installation to one package index."""
    if path.name == "package-lock.json":  # its other addresses are only for people to read
        return '"resolved"' in line and HOST.search(line) is not None
    return installs_packages(path) and HOST.search(line) is not None


def leaks(text: str, *, path: Path) -> Iterator[str]:
    """Yield one sentence for each line that names a host or a path of one machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if names_host(line, path=path):
            yield f"{path}:{number} names a package host: {line.strip()[:80]}"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number} names a path of one machine: {line.strip()[:80]}"


def test_no_file_names_a_package_host_or_a_path_of_one_machine() -> None:
    found = [
        sentence
        for path in project_files()
        if path != EXAMPLES and b"\0" not in (content := (ROOT / path).read_bytes())
        for sentence in leaks(content.decode("utf-8", errors="replace"), path=path)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.lock", "--index-url x"),
        ("requirements-local.lock", "a==1 @ https://packages.example/a.whl"),
        ("Makefile", "pip install -i http://packages.example/simple"),
        (".npmrc", "registry=https://packages.example"),
        ("package-lock.json", '"resolved": "https://packages.example/a.tgz"'),
        ("docs/guide.md", "see /work/notes.md"),
        ("trimtab/settings.py", 'HOME = "/root/x"'),
        ("README.md", "cd /home/somebody/trimtab"),
        ("README.md", "(/Users/somebody/trimtab)"),
    ],
)
def test_a_planted_leak_is_found(path: str, text: str) -> None:
    assert list(leaks(text, path=Path(path)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "https://docs.aws.amazon.com/lambda/latest/dg/root/page.html"),
        ("trimtab/aws/organizations.py", "arn:aws:organizations::111122223333:root/o-a/r-b"),
        ("requirements.lock", "boto3==1.44.5 --hash=sha256:00"),
        ("package-lock.json", '"funding": {"url": "https://sponsors.example"}'),
        ("docs/guide.md", "in your own home/work/ folder, or ~/work/"),
    ],
)
def test_harmless_text_is_let_through(path: str, text: str) -> None:
    assert list(leaks(text, path=Path(path))) == []
