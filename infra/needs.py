"""What does each Lambda need? Tables by handler; `permissions` says what each need means."""

from __future__ import annotations

from collections.abc import Mapping

NEEDS: Mapping[str, tuple[str, ...]] = {
    "discover": ("ledger", "organization", "price_list"),
    "scan": ("read_role",),
    "plan": ("ledger", "name_people", "send_tickets", "send_deliveries"),
    "ticket": ("ledger", "receive_tickets", "ticket_token"),
    "deliver": ("ledger", "receive_deliveries", "import_findings"),
    "request": ("ledger", "verify", "signal"),
    "notify": ("ledger", "read_names", "email", "send_tickets"),
    "approval": ("ledger", "read_names", "sign", "verify", "signal", "sign_in"),
    "decide": ("ledger", "verify"),
    "apply": ("ledger", "read_names", "verify", "read_role", "change_role", "restore_role"),
    "watch": ("ledger", "days", "name_people", "read_names", "read_role", "start_change", "email"),
    "reconcile": ("ledger", "open_chains", "verify", "signal", "start_change"),
    "checkpoint": ("ledger", "read_ledger", "fill_mirror", "sign_checkpoints"),
    "doctor": ("organization", "read_role"),
    "backup": ("ledger", "change_role", "fill_vault"),
    "restore": ("ledger", "of_function", "restore_role", "open_vault"),
    "drill": ("ledger", "open_vault", "sandbox_role", "name_people", "email"),
}
"""Besides these: what `EVIDENCE` and `state_access.STATE` say of a handler."""

EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "discover": ("PutObject",),
    "scan": ("GetObject", "PutObject", "ListBucket"),
    "plan": ("GetObject", "PutObject", "ListBucket"),
    "deliver": ("GetObject", "PutObject", "ListBucket"),
    "notify": ("GetObject",),
    "drill": ("GetObject", "PutObject", "ListBucket"),
}
"""What a handler does with the evidence. Scan, plan, deliver and drill ask for objects that may be
missing: without ListBucket S3 would answer 403 where it means 404."""

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "plan": ("runs", "findings"),
    "deliver": ("findings",),
    "drill": ("drills", "runs"),
}
WRITTEN: Mapping[str, tuple[str, ...]] = {"drill": ("drills",)}
"""Where it puts, if that is less."""
"""Where in the evidence; a handler that is not here: in the runs alone."""
