"""What one Lambda does with the stages: read, call a stage, store, tell. Ports in, values out; no
I/O of its own, and the time comes from a port.

scan, conclude (with tickets) → request, notify, approval_page, decide → carry → tell; reconcile and
audit walk what is stored. `keys` names the objects of a run.
"""
