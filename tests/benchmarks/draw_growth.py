"""How do time and memory of a scan grow with the fleet? Draws what `fleet.py` measured.

Runs in the environment of the peer, which has matplotlib: `draw_growth.py POINTS PICTURE`.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

points, picture = (Path(argument) for argument in sys.argv[1:3])
rows = json.loads(points.read_text())
functions = [row["functions"] for row in rows]
figure, (times, memory) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, label in (("wall_s", "wall"), ("cpu_s", "CPU")):
    times.plot(functions, [row[name] for row in rows], marker="o", label=label)
times.set(title="Time of one scan", xlabel="functions", ylabel="seconds", ylim=0, xlim=0)
times.legend()
memory.plot(functions, [row["peak_pss_mb"] for row in rows], marker="o")
memory.set(title="Peak memory", xlabel="functions", ylabel="MB", ylim=0, xlim=0)
for axes in (times, memory):
    axes.grid(visible=True, alpha=0.3)
figure.savefig(picture)
