"""How is the worth of the tests measured? By small faults in the code: see docs/mutants.md."""
