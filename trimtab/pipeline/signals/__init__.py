"""How each question is asked and its answer read. Every failure becomes an unknown with a reason
(S8).
"""
