"""What does a plan depend on in these tests, besides its findings?"""

from datetime import timedelta
from typing import Any

from tests.fakes.builders import (
    ACCOUNT,
    HUB_ID,
    REGION,
)
from tests.fakes.clock import NOW
from tests.pipeline.house import a_bundle
from trimtab.domain.finding import (
    Exemption,
)
from trimtab.domain.fleet import Gap
from trimtab.domain.freeze import Freeze
from trimtab.pipeline.plan import Setting
from trimtab.policy.model import Bundle

EXEMPTION = Exemption(
    policy_id="memory-oversized",
    functions=("*",),
    why="year end",
    who="pay@example.com",
    ends_at=NOW + timedelta(days=30),
)


def a_setting(bundle: Bundle | None = None, **given: Any) -> Setting:
    usual: dict[str, Any] = {
        "run_id": "run-1",
        "hub_id": HUB_ID,
        "bundle": bundle or a_bundle(),
        "missing": (),
        "discovery_gaps": (),
        "last_read": {},
        "memory": {},
        "freeze": Freeze(),
        "now": NOW,
    }
    return Setting(**usual | given)


def a_gap(**given: Any) -> Gap:
    usual = {"account": ACCOUNT, "region": REGION, "what": "tags", "error": "denied"}
    return Gap(**usual | given)
