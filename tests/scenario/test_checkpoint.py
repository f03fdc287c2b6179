"""Does the deployed checkpoint Lambda sign what the hub entered, and does it verify? (S17)"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenario.test_whole_loop import trimtab

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def verified(played: Played) -> dict[str, Any]:
    """What `trimtab audit verify` says once the Lambda has run."""
    played.world.fire("checkpoint")
    found: dict[str, Any] = {}
    for _ in range(20):
        done = trimtab(played, "audit", "verify", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout)
        if found["checkpoints"]:
            break
        time.sleep(1)
    return found


def test_s17_the_deployed_hub_signs_a_checkpoint_that_covers_everything(
    verified: dict[str, Any],
) -> None:
    assert verified["checkpoints"] >= 1
    assert verified["faults"] == []
    assert verified["covered"] == verified["entries"] > 10


def test_s17_the_bucket_and_the_public_key_of_an_export_are_enough(
    played: Played, verified: dict[str, Any], tmp_path: Path
) -> None:
    on = verified["newest"]["at"][:10]
    out = tmp_path / "out"
    done = trimtab(played, "audit", "export", "--from", on, "--to", on, "-o", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    bucket = played.world.outputs["LedgerBucket"]
    key = str(out / "public-key.pem")
    alone = trimtab(played, "audit", "verify", "--bucket", bucket, "--public-key", key, "--json")
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert json.loads(alone.stdout)["entries"] == verified["entries"]
