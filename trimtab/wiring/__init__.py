"""Which adapter stands behind which port? The one composition root, for handlers, CLI and tests.

No Lambda pays for another's: everything is built, and imported, when it is first asked for. The
environment is read here and nowhere else.
"""

from trimtab.wiring.asking import approval_desk, notify_bench, request_bench
from trimtab.wiring.changing import (
    aftercare_once,
    apply_bench,
    reconcile_once,
    tell_ended,
    tell_stage,
    watch_once,
)
from trimtab.wiring.checking import Clinic, Yard, clinic_of, doctor_bench, yard_of
from trimtab.wiring.command import HUB_STACK, Hub, bucket_mirror, hub_of
from trimtab.wiring.delivering import deliver
from trimtab.wiring.drilling import drill_bench, drill_telling, expiry_bench
from trimtab.wiring.folder import Folder
from trimtab.wiring.looking import Lookout, at_once, lookout
from trimtab.wiring.memories import memory_records
from trimtab.wiring.parts import (
    change_kinds,
    forget,
    load_policies,
    policies_in,
    policy_warnings,
    read_policy_files,
)
from trimtab.wiring.recording import checkpoint_once, folder_mirror, verifier_of
from trimtab.wiring.scanning import (
    deployed_warnings,
    discover_bench,
    file_ticket,
    plan_bench,
    scan_bench,
)
from trimtab.wiring.vaulting import (
    Strongroom,
    backup_bench,
    backup_reader,
    home_region,
    restore_bench,
    strongroom_of,
)

__all__ = [
    "HUB_STACK",
    "Clinic",
    "Folder",
    "Hub",
    "Lookout",
    "Strongroom",
    "Yard",
    "aftercare_once",
    "apply_bench",
    "approval_desk",
    "at_once",
    "backup_bench",
    "backup_reader",
    "bucket_mirror",
    "change_kinds",
    "checkpoint_once",
    "clinic_of",
    "deliver",
    "deployed_warnings",
    "discover_bench",
    "doctor_bench",
    "drill_bench",
    "drill_telling",
    "expiry_bench",
    "file_ticket",
    "folder_mirror",
    "forget",
    "home_region",
    "hub_of",
    "load_policies",
    "lookout",
    "memory_records",
    "notify_bench",
    "plan_bench",
    "policies_in",
    "policy_warnings",
    "read_policy_files",
    "reconcile_once",
    "request_bench",
    "restore_bench",
    "scan_bench",
    "strongroom_of",
    "tell_ended",
    "tell_stage",
    "verifier_of",
    "watch_once",
    "yard_of",
]
