"""Frozen values and their arithmetic. No I/O, no clock, standard library only."""
