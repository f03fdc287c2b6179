"""The demo: a believable Organization on the embedded AWS, and people who use it."""
