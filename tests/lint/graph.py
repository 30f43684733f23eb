#!/usr/bin/env python3
"""The include graph of ui/core: who knows whom. Prints it from the bottom up, a job as a node of its own, and fails
where it has a cycle, where a job or the queue knows who uses them, and where anything there knows GTK."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
users = {"project", "library", "live", "training", "session"}  # of jobs and the queue
graph, gtk = {}, []
for path in sorted((root / "ui/core").rglob("*.[ch]")):
    node = str(path.relative_to(root / "ui/core").with_suffix(""))
    arrows = graph.setdefault(node, set())
    for line in path.read_text().splitlines():
        name = re.match(r'#include [<"](.*)[>"]', line)
        if name and re.match(r"ui/core/(?!config)", name[1]):
            arrows.add(name[1][len("ui/core/"):-2])
        elif name and re.match(r"(gtk|gdk/|adwaita)", name[1]):
            gtk.append(f"{path.relative_to(root)}: {line}")
    arrows.discard(node)

faults = [f"knows GTK: {line}" for line in gtk]
for node, arrows in graph.items():
    if node in ("job", "queue", "outcome") or node.startswith("jobs/"):
        faults += [f"{node} knows {other}, which uses it" for other in sorted(arrows & users)]
    faults += [f"{node} includes {other}, which is not there" for other in sorted(arrows - graph.keys())]

# From the bottom up: what is printed knows only what stands above it.
printed = {}
while len(printed) < len(graph):
    ready = sorted(node for node in graph.keys() - printed.keys() if graph[node] <= printed.keys())
    if not ready:
        faults += [f"in a cycle: {node} -> {other}" for node in sorted(graph.keys() - printed.keys())
                   for other in sorted(graph[node] & graph.keys() - printed.keys())]
        break
    for node in ready:
        printed[node] = True
        print(f"{node}: {' '.join(sorted(graph[node]))}".rstrip(": "))
print(f"{len(graph)} nodes, {sum(map(len, graph.values()))} arrows")
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
