"""The adapters to AWS: the only importers of botocore. No judgement here, and no environment reads.

Each module imports only what it needs, and clients are handed in, so that no Lambda pays for
another's.
"""
