"""How does the emulator start with Trimtab's corrections in place?

Run as a script by the Python of the emulator's own virtual environment, which has the emulator
and none of Trimtab's dependencies: this file, ``patches`` and ``scaling`` import the standard
library only.
A patch that does not fit the installed emulator ends the start with a message that names it.
When the process that started it is gone, the emulator stops and removes its folder.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

HOME_VARIABLE = "TRIMTAB_LOCAL_HOME"
"""Names the emulator's own folder: all it writes is below, and it may be removed whole."""

GRACE_S = 10.0
"""How long an orphaned emulator may take to stop by itself; chosen, not measured."""

PATCHES = (
    "control",
    "organization",
    "identity",
    "lambda_actions",
    "lambda_code",
    "conditions",
    "recorder",
    "lost_answers",
    "email",
    "lambda_worker",
    "lambda_api",
    "lambda_reads",
    "lambda_routing",
    "provisioned",
    "step_functions",
    "metrics",
    "http_api",
    "schedules",
    "templates",
    "services",
    "scaling",
    "trail",
)


def main() -> int:
    """Apply every patch in order, then serve until SIGTERM."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    target = importlib.import_module("trimtab.local.patches.target")
    for name in PATCHES:
        patch = importlib.import_module(f"trimtab.local.patches.{name}")
        try:
            patch.apply()
        except target.PatchError as error:
            sys.stderr.write(f"patch {name}: {error}\n")
            return 1
    home, orphaned = Path(os.environ[HOME_VARIABLE]), threading.Event()
    threading.Thread(target=_stop_with_parent, args=(home, orphaned), daemon=True).start()
    try:
        target.demand(target.module("ministack.app"), "main", needed_for="starting")()
    finally:
        if orphaned.is_set():
            shutil.rmtree(home, ignore_errors=True)
    return 0


def _stop_with_parent(home: Path, orphaned: threading.Event) -> None:
    """Standard input is a pipe from the process that started us: it closes when that one ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    orphaned.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    shutil.rmtree(home, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
