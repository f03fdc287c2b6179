"""Which stacks are there? The hub, the vaults of further regions, one per member role, the kill
switch, and the sandbox.

`python -m infra.app` writes the templates; the CDK command line runs the same through cdk.json.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import aws_cdk as cdk

from infra import assets
from infra.hub import HubStack
from infra.kill_switch import KillSwitchStack
from infra.member import ROLES
from infra.options import OptionError, Options
from infra.sandbox import SandboxStack
from infra.vault import VaultStack

ROOT = Path(__file__).resolve().parent.parent


def build(options: Options, *, code: assets.Code, outdir: Path) -> cdk.App:
    """Return the app with all stacks, not yet written."""
    app = cdk.App(analytics_reporting=False, tree_metadata=False, outdir=str(outdir))
    for member in (*ROLES, KillSwitchStack, SandboxStack):
        member(app)
    for region in options.vault_regions:
        VaultStack(app, region, options=options)
    HubStack(app, options=options, code=code)
    return app


def context_of(arguments: list[str]) -> dict[str, str]:
    """Return the context given as `name=value`."""
    context = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or name not in Options.__slots__:
            known = ", ".join(sorted(Options.__slots__))
            raise OptionError(f"-c {argument}: say name=value, with one of {known}")
        context[name] = value
    return context


def main() -> int:
    """Write the templates."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("-o", "--outdir", type=Path, help="folder to write to (default: cdk.out)")
    arguments = parser.parse_args()
    from_cdk = cdk.App().node
    try:
        context = {name: from_cdk.try_get_context(name) for name in Options.__slots__}
        options = Options.read(context | context_of(arguments.context))
        code = assets.prepare(options.platform, bundle=ROOT / options.bundle)
    except (OptionError, assets.AssetError) as error:
        print(f"infra: {error}", file=sys.stderr)  # noqa: T201 - the command line's answer
        return 1
    # The CDK command line says by this variable where it wants the templates.
    outdir = arguments.outdir or Path(os.environ.get("CDK_OUTDIR", "cdk.out"))
    build(options, code=code, outdir=outdir).synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
