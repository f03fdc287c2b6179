"""Which Python compiles what is shipped?

A Lambda cannot keep bytecode between cold starts, so without it every cold start compiles anew
(2.2 times the time of a typical handler). Bytecode fits one minor version only: the runtime's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from infra.errors import AssetError

RUNTIME = "3.13"


@cache
def compiler_for(platform: str) -> Path | None:
    """Return the interpreter whose bytecode fits; None after a warning when there is none."""
    if platform == "host":
        return Path(sys.executable)
    for candidate in _candidates():
        if version_of(candidate) == RUNTIME:
            return candidate
    sys.stderr.write(
        f"infra: warning: no working python{RUNTIME} found, so the Lambdas carry no bytecode and "
        f"start about twice as slowly. Install Python {RUNTIME} before a deployment.\n"
    )
    return None


@cache
def version_of(interpreter: Path) -> str | None:
    """Return the minor version as `3.13`; None when it does not run, as some shims."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(interpreter), "-c", question],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def compile_folder(folder: Path, compiler: Path | None) -> None:
    """Add bytecode to every module below, valid whatever the times of the files become."""
    if compiler is None:
        return
    done = subprocess.run(
        [
            *(str(compiler), "-m", "compileall", "-q"),
            *("--invalidation-mode", "unchecked-hash"),
            *("-s", str(folder), "-p", "/var/task"),
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssetError(f"compiling for the Lambdas failed:\n{done.stdout}{done.stderr}")


def _candidates() -> list[Path]:
    """Return this interpreter, those on the search path, and those behind a manager's shims."""
    name = f"python{RUNTIME}"
    found = [Path(sys.executable)]
    for folder in os.get_exec_path():
        path = Path(folder, name)
        if path.exists():
            found.append(path)
            installed = path.parent.parent / "versions"
            found += sorted(installed.glob(f"{RUNTIME}*/bin/{name}"), reverse=True)
    return found
