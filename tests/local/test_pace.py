"""Does every policy of the demo say the pace that a world puts its own in place of?"""

from pathlib import Path

import pytest

from trimtab.local.demo.world import BUNDLE, WRITTEN

POLICIES = [f for pack in ("cost", "reliability") for f in sorted((BUNDLE / pack).glob("*.yaml"))]


@pytest.mark.parametrize("file", POLICIES, ids=lambda f: f.stem)
def test_each_pace_in_a_policy_is_the_one_that_is_replaced(file: Path) -> None:
    lines = file.read_text().splitlines()
    paces = {line for line in lines if line.startswith(("  expires:", "  watch:"))}
    assert paces <= {f"  expires: {WRITTEN.expires}", f"  watch: {WRITTEN.watch}"}
