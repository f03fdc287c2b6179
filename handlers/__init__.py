"""One thin module per Lambda: parse the event, take the wiring, call one function, answer a
reference.
"""
