"""How long until the approval page answers its first GET, next to making one DynamoDB client?

Run with `python -m tests.benchmarks.cold_start`. Each figure is a fresh process, the three in turn,
so that a noisy machine hits all alike; prints medians and the two ratios the page is held to.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.builders import a_remediation
from trimtab.aws.items import to_item
from trimtab.domain.wire import to_wire
from trimtab.flows.decide import token_hash
from trimtab.settings import ApprovalSettings

ROUNDS = 9
TOKEN = "a-token-of-forty-three-characters-or-so-----"
CLIENT = "import boto3; boto3.client('dynamodb', region_name='eu-west-1')"
IMPORT = "import handlers.approval"
GET = f"""
import handlers.approval
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = 'x'
http = {{'method': 'GET'}}
event = {{'requestContext': {{'http': http}}, 'pathParameters': {{'token': {TOKEN!r}}}}}
answer = handlers.approval.handler(event, Context())
assert answer['statusCode'] == 200, answer
assert 'name="nonce"' in answer['body']
"""


def rows() -> dict[str, dict[str, Any]]:
    """Return the two stored items a GET reads, by partition key."""
    change = a_remediation()
    return {
        f"link#{token_hash(TOKEN)}": {
            "change_id": change.change_id,
            "round": change.round,
            "approver": change.approval.approvers[0],
            "expires_at": "2999-01-01T00:00:00+00:00",
        },
        f"change#{change.change_id}": {
            "body": json.dumps(to_wire(change)),
            "status": "proposed",
            "signalled": False,
        },
    }


class Table(BaseHTTPRequestHandler):
    """Answers GetItem from the rows above."""

    stored = rows()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        item = self.stored[asked["Key"]["pk"]["S"]]
        body = json.dumps({"Item": to_item(item)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def seconds(code: str, environment: dict[str, str]) -> float:
    """Return the wall time of one fresh process."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Table)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= dict.fromkeys(ApprovalSettings.variables(), "x")
    environment |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    codes = {"client": CLIENT, "import": IMPORT, "get": GET}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for turn in range(ROUNDS + 1):
        for name, code in codes.items():
            spent = seconds(code, environment)
            if turn > 0:
                taken[name].append(spent)
    server.shutdown()
    median = {name: statistics.median(values) for name, values in taken.items()}
    print(f"boto3.client('dynamodb')          {median['client'] * 1000:6.0f} ms   1.00 x")
    for name, words in (("import", "import handlers.approval"), ("get", "first GET answered")):
        ratio = median[name] / median["client"]
        print(f"{words:32}  {median[name] * 1000:6.0f} ms   {ratio:.2f} x")


if __name__ == "__main__":
    main()
