"""Which regions has AWS? For telling a misspelt one; a new one is only a warning.

Source: `partitions.json` of botocore 1.44.5, "regions" of every partition, read 2026-11-21.
"""

from trimtab.policy.problems import unknown_word

_NAMES = """
af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1
ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5
ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1
eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1
me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1
cn-northwest-1 eusc-de-east-1 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1
us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-east-1 us-isof-south-1
"""

REGIONS = frozenset(_NAMES.split())


def doubt_of_region(name: str) -> str | None:
    """Say that a region is not known, with the nearest that is; None for one that is known."""
    if name in REGIONS:
        return None
    return f"{unknown_word('region', name, REGIONS)} (a new one works, and needs no list)"
