"""Which behaviours of the emulator does Trimtab change before it starts?

One module per behaviour, each with one public function ``apply()``. They run inside the
emulator's own virtual environment, so they import the standard library and, by name, the
emulator: nothing of Trimtab.
"""
