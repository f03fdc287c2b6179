"""How do demo and scenario tests run the real stacks on one machine, without an AWS account?

An embedded AWS: the emulator of ``requirements-local.lock``, started and stopped as a
subprocess, with one Organization in it. Nothing here may be imported by anything but the
command line's demo and the tests; and no safety rule is proven here alone.
"""
