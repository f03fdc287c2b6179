"""Which regions have a vault, and what is to be done about one that has none?

Lambda takes code only from a bucket of its own region, so each region needs a vault of its own.
"""

from collections.abc import Collection

VAULT_STACK = "trimtab-vault-{region}"
VAULT_ALIAS = "alias/trimtab-vault"
"""Names of `infra.names`; a test compares them."""


def why_no_vault(region: str, *, further: Collection[str] = ()) -> str:
    """Say that nothing of a region can be backed up, and by which commands that is changed.

    `further` are the regions that have a vault besides the hub's: to be named again.
    """
    named = ",".join(sorted({*further, region}))
    stack = VAULT_STACK.replace("{region}", region)
    return (
        f"there is no vault in {region}: deploy one with python -m infra.app -c "
        f"vault_regions={named} and your other options, then aws cloudformation deploy --region "
        f"{region} --stack-name {stack} --template-file cdk.out/{stack}.template.json, then "
        "trimtab-hub anew"
    )
