#!/usr/bin/env python3
"""Every C file of the build, with its warnings, through the front end of clang 14, which the fuzzers are built with and
nothing else in the daily tests is. Arguments: the source root, the build root. Status 77: no clang-14."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

CLANG = "clang-14"
JOBS = 2
OUTPUTS = ("-o", "-MF", "-MQ")  # with the word behind them; -fsyntax-only writes none

source, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])


def clang_command(command):
    """The command of the build with clang for its compiler, a ccache in front of it kept."""
    words = iter(shlex.split(command))
    first = next(words)
    caches = os.path.basename(first) == "ccache"
    if caches:
        next(words)
    kept = [first, CLANG] if caches else [CLANG]
    for word in words:
        if word in OUTPUTS:
            next(words)
        elif word not in ("-c", "-MD"):
            kept.append(word)
    return kept + ["-fsyntax-only", "-fno-color-diagnostics"]


def complaint(entry):
    done = subprocess.run(clang_command(entry["command"]), cwd=entry["directory"], capture_output=True, text=True)
    return done.stderr if done.returncode or done.stderr else ""


def own_files():
    """A command for each file of the source; what the build generates is the generator's matter."""
    entries = json.loads((build / "compile_commands.json").read_text())
    own = {}
    for entry in entries:
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if source in path.parents and build not in path.parents:
            own.setdefault(path, entry)
    return list(own.values())


if not shutil.which(CLANG):
    print(f"skipped: there is no {CLANG}")
    sys.exit(77)
files = own_files()
with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
    complaints = [said for said in pool.map(complaint, files) if said]
print("\n".join(complaints) or f"{len(files)} files without a warning")
sys.exit(1 if complaints or not files else 0)
