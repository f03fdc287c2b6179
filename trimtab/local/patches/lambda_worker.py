"""Which interpreter, packages and variables does a function see, and what if it raises?

The emulator runs Python functions under its own interpreter with its own packages and
environment, calls every exception ``Runtime.HandlerError``, and ends the process after one.
Here a function runs under a bare interpreter that has only the zip (and what the Lambda runtime
itself brings), keeps its exception's name as ``errorType`` (Step Functions matches on it), and
survives it. Code is unpacked once per archive, not once per process.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import types
from typing import Any

from trimtab.local.patches import target

PYTHON_VARIABLE = "TRIMTAB_FUNCTION_PYTHON"
CODE_VARIABLE = "TRIMTAB_CODE_CACHE"
_PASSED_ON = frozenset({"PATH", "HOME", "TMPDIR"})
_RAISED = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_SURVIVED = (
    '{"status": "ok", "raised": {"errorMessage": str(e), "errorType": type(e).__name__, '
    '"stackTrace": traceback.format_exc().splitlines()}}'
)

_unpacking = threading.Lock()
_invocation = threading.local()


def apply() -> None:
    """Replace interpreter, environment, unpacking and error reporting of Python functions."""
    runtime = target.module("ministack.core.lambda_runtime")
    script = target.demand(runtime, "_PYTHON_WORKER_SCRIPT", needed_for="exception names")
    runtime._PYTHON_WORKER_SCRIPT = target.rewrite(
        script, _RAISED, _SURVIVED, where="the Python worker", needed_for="exception names"
    )
    _use_bare_interpreter(runtime)
    _report_exceptions(runtime, target.module("ministack.services.lambda_svc"))
    processes = target.demand(runtime, "subprocess", needed_for="a clean environment")
    runtime.subprocess = _module_like(processes, Popen=_popen(processes.Popen))
    archives = target.demand(runtime, "zipfile", needed_for="unpacking once")
    runtime.zipfile = _module_like(archives, ZipFile=_cached_zip(archives))


def _module_like(original: Any, **changed: Any) -> Any:
    """A stand-in for an imported module that differs in the given names only."""
    stand_in = types.SimpleNamespace(**vars(original))
    vars(stand_in).update(changed)
    return stand_in


def _use_bare_interpreter(runtime: Any) -> None:
    original = target.demand(runtime, "_detect_runtime_binary", needed_for="a clean interpreter")

    def detect(name: str) -> tuple[str, str]:
        binary, script = original(name)
        return (os.environ[PYTHON_VARIABLE] if name.startswith("python") else binary), script

    runtime._detect_runtime_binary = detect


def _popen(original: Any) -> Any:
    """Start a worker without the emulator's own variables and with those Lambda itself sets."""
    inherited = frozenset(os.environ)

    def popen(arguments: list[str], **options: Any) -> Any:
        given = options.get("env") or {}
        environment = {
            key: value for key, value in given.items() if key not in inherited or key in _PASSED_ON
        }
        name = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
        environment.setdefault("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{name}")
        environment.setdefault("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        environment.update(LANG="en_US.UTF-8", TZ=":UTC")
        return original(arguments, **{**options, "env": environment})

    return popen


def _cached_zip(zipfile: Any) -> Any:
    """A ZipFile whose code extraction links to one unpacked copy per archive."""
    cache = os.environ[CODE_VARIABLE]

    class CachedZip(zipfile.ZipFile):  # type: ignore[misc]
        def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
            if (
                path is None
                or os.path.basename(path) != "code"
                or not isinstance(self.filename, str)
            ):
                super().extractall(path, members, pwd)
                return
            with open(self.filename, "rb") as archive:
                unpacked = os.path.join(cache, hashlib.sha256(archive.read()).hexdigest())
            with _unpacking:
                if not os.path.isdir(unpacked):
                    shutil.rmtree(unpacked + ".part", ignore_errors=True)
                    super().extractall(unpacked + ".part")
                    os.rename(unpacked + ".part", unpacked)
            os.rmdir(path)
            os.symlink(unpacked, path)

    return CachedZip


def _report_exceptions(runtime: Any, service: Any) -> None:
    worker = target.demand(runtime, "Worker", needed_for="exception names")
    invoke = target.demand(worker, "invoke", needed_for="exception names")
    execute = target.demand(service, "_execute_function_warm", needed_for="exception names")

    def invoke_and_keep(self: Any, *arguments: Any, **options: Any) -> Any:
        answer = invoke(self, *arguments, **options)
        _invocation.raised = answer.get("raised")
        return answer

    def execute_with_name(function: Any, event: Any, request_id: str) -> Any:
        _invocation.raised = None
        result = execute(function, event, request_id)
        raised = _invocation.raised
        if raised is None:
            return result
        trace = "\n".join(raised["stackTrace"])
        log = "\n".join(part for part in (result.get("log", ""), f"[ERROR] {trace}") if part)
        return {"body": {**raised, "requestId": request_id}, "error": True, "log": log}

    worker.invoke = invoke_and_keep
    service._execute_function_warm = execute_with_name
