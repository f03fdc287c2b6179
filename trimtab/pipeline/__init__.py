"""The straight line: one module per stage, one public function each. The time is an argument, I/O
a port.

discover → inventory → evaluate → plan → approve → apply → verify → record. What a Lambda does
around them is in `flows`.
"""
