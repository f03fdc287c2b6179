"""Trimtab keeps a fleet of Lambda functions right-sized, with proof, approval and a way back.

Nothing may be executed on import of this package or of anything in it.
"""
