WEIGHTS: tuple[tuple[float, ...], ...] = ((1 / 81,) * 3,) * 27
