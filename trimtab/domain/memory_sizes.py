"""Which memory can a function have, and what does it get with it?

Source: Lambda developer guide, "Configure Lambda function memory", read 2026-11.
"""

MIN_MEMORY_MB = 128
MAX_MEMORY_MB = 10_240
"""In 1 MB steps between the two."""

ONE_VCPU_MB = 1769
"""Here a function has the equivalent of one vCPU; the CPU follows the memory on both sides, and
from here on a second vCPU begins, so the curve bends here."""
