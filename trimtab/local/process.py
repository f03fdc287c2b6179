"""What does one embedded AWS consist of, and how is its process started and ended?

A clean environment, the loopback address, and one temporary folder for whatever it writes: the
folder is gone afterwards, also when this process is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

LOCAL_PYTHON_VARIABLE = "TRIMTAB_LOCAL_PYTHON"
LAUNCHER = Path(__file__).with_name("launcher.py")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
LOG_LINES_SHOWN = 15


class EmulatorError(RuntimeError):
    """The embedded AWS did not start, or refused what it was told: the message has the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorSettings:
    """What one embedded AWS is made of."""

    local_python: Path
    """The Python of the emulator's own virtual environment."""

    hub_account: str = "111111111111"
    """The account that anonymous requests to the HTTP API reach."""

    management_account: str = "100000000000"
    region: str = "eu-central-1"

    function_python: Path = Path(sys.executable)
    """Functions run under a bare copy of it: it must fit the compiled packages in the zips."""

    runtime_packages: Path | None = None
    """A folder with what the Lambda runtime brings beside the zip (boto3); ``None``: nothing."""

    wait_scale: float = 1.0
    """Wait states and retry intervals are multiplied by this; 0 skips them."""

    log_file: Path | None = None
    """Where the log stays after the end; ``None``: it goes with the temporary folder."""


def find_local_python(checkout: Path) -> Path | None:
    """The emulator's Python by the environment variable or below the checkout, if installed."""
    named = os.environ.get(LOCAL_PYTHON_VARIABLE)
    candidate = checkout / ".venv-local" / "bin" / "python" if named is None else Path(named)
    return candidate if candidate.exists() else None


class EmulatorProcess:
    """The subprocess and its folder."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self._settings = settings
        self._home: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The address every AWS client talks to."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def home(self) -> Path | None:
        """The folder everything is written below; ``None`` unless started."""
        return self._home

    def start(self) -> None:
        """Start and wait until it answers.

        Raises: EmulatorError when it ends early or stays silent; the message has the log's end.
        """
        home = Path(tempfile.mkdtemp(prefix="trimtab-local-"))
        self._home = home
        self._port = free_port()
        atexit.register(self.stop)
        try:
            environment = self._environment(home)
            with self._log_path(home).open("wb") as log:
                self._process = subprocess.Popen(
                    [str(self._settings.local_python), "-I", "-B", str(LAUNCHER)],
                    env=environment,
                    cwd=home,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._wait_until_ready(home)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it and remove its folder; calling it again does nothing."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is not None:
            end(process)
        home, self._home = self._home, None
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)

    def _log_path(self, home: Path) -> Path:
        return self._settings.log_file or home / "emulator.log"

    def _environment(self, home: Path) -> dict[str, str]:
        folders = {name: home / name for name in ("tmp", "code", "state", "s3")}
        for folder in folders.values():
            folder.mkdir()
        return {
            "PATH": os.defpath,
            "HOME": str(home),
            "TMPDIR": str(folders["tmp"]),
            "STATE_DIR": str(folders["state"]),
            "S3_DATA_DIR": str(folders["s3"]),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_ACCOUNT_ID": self._settings.hub_account,
            "MINISTACK_REGION": self._settings.region,
            "AUTH": "true",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "SFN_WAIT_SCALE": str(self._settings.wait_scale),
            "TRIMTAB_LOCAL_HOME": str(home),
            "TRIMTAB_CODE_CACHE": str(folders["code"]),
            "TRIMTAB_FUNCTION_PYTHON": str(self._function_python(home)),
            "TRIMTAB_MANAGEMENT_ACCOUNT": self._settings.management_account,
        }

    def _function_python(self, home: Path) -> Path:
        """A bare environment: the interpreter, its standard library and the runtime's packages."""
        folder = home / "python"
        subprocess.run(
            [str(self._settings.function_python), "-m", "venv", "--without-pip", str(folder)],
            check=True,
            capture_output=True,
        )
        if self._settings.runtime_packages is not None:
            packages = next((folder / "lib").glob("python*/site-packages"))
            line = f"{self._settings.runtime_packages.resolve()}\n"
            (packages / "runtime.pth").write_text(line)
        return folder / "bin" / "python"

    def _wait_until_ready(self, home: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if answers(f"{self.endpoint}/_ministack/ready"):
                return
            time.sleep(0.05)
        lines = self._log_path(home).read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        message = f"The emulator at {self.endpoint} did not start. The end of its log:\n"
        raise EmulatorError(message + "\n".join(lines))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL for it and for the function processes it left."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
