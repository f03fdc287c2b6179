"""How each tier of signals is read, cheapest first. Every failure becomes an unknown with a
reason (S8).
"""
