"""What does the local AWS of the benchmark not answer, that a scan by every policy asks for?

Python imports this in the server's process alone: `fleet.py` puts the folder on its path.
"""

import json
from typing import Any

from moto.awslambda import urls

LIMITS = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
SIZES = {"TotalCodeSize": 80_530_636_800}
USED = {"TotalCodeSize": 1_000_000, "FunctionCount": 100}


def account_settings(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """Answer GetAccountSettings with the limits of a new account."""
    answer = {"AccountLimit": SIZES | LIMITS, "AccountUsage": USED}
    return 200, {"Content-Type": "application/json"}, json.dumps(answer)


urls.url_paths[r"{0}/2016-08-19/account-settings/?$"] = account_settings
