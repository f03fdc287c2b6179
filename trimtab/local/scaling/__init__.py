"""What does Application Auto Scaling keep and do for Lambda? The one stateful model of it.

The embedded AWS serves it (`trimtab/local/patches/scaling.py`) and the tests' fake client wraps it
(`tests/fakes/fake_scaling.py`), so both answer alike. Standard library only: the emulator's own
environment imports it. Lambda itself is not in here: what is provisioned is asked of, and told to,
a `Capacities`.
"""
