#!/usr/bin/env python3
"""Do the tests notice? Makes each change of mutations.txt in a copy of the tree and runs the test that must fail.

    tests/mutate/mutate.py              all changes
    tests/mutate/mutate.py WORD ...     only those with one of the words in their file, test or comment
    tests/mutate/mutate.py --stale      changes nothing: names the lines of the list that the source no longer has

The copy and its build stay in build-mutate/, so that a change compiles one file. A line of the list that the source no
longer has is a failure: the list must stay true. Closes with "N passed, N failed, N skipped"; passed is noticed.
"""
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build-mutate"
COPY, BUILD = PLACE / "source", PLACE / "build"
LIST = Path(__file__).with_name("mutations.txt")
TAIL = 15  # lines of a failed build that are shown


class Mutation:
    """A paragraph of the list: a comment, "FILE: TEST", "- OLD LINE", "+ NEW LINE"."""

    def __init__(self, paragraph):
        comment, place, old, new = paragraph.splitlines()
        if not (old.startswith("- ") and new.startswith("+ ")):
            sys.exit(f"{LIST.name}: not a change:\n{paragraph}")
        self.comment, (self.file, self.test) = comment, place.split(": ")
        self.old, self.new = old[2:], new[2:]

    def apply(self, text):
        """The text with the line changed; None where the line is not there once."""
        lines = text.split("\n")
        found = [i for i, line in enumerate(lines) if line.strip() == self.old]
        if len(found) != 1:
            return None
        at = found[0]
        lines[at] = lines[at].replace(self.old, self.new)
        return "\n".join(lines)


def read_list(words):
    text = "\n".join(line for line in LIST.read_text().splitlines() if not line.startswith("#"))
    every = [Mutation(p) for p in re.split(r"\n\n+", text.strip())]
    return [m for m in every if not words or any(w in f"{m.file} {m.test} {m.comment}" for w in words)]


def run(*command):
    return subprocess.run(list(map(str, command)), cwd=PLACE, capture_output=True, text=True)


def copy_tree():
    """Makes the copy what the tree is, files that git does not ignore, and leaves alone what is already so."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\0")
    wanted = {name for name in names if (ROOT / name).is_file()}
    for path in [p for p in COPY.rglob("*") if p.is_file() and str(p.relative_to(COPY)) not in wanted]:
        path.unlink()
    for name in wanted:
        if not (COPY / name).is_file() or not filecmp.cmp(ROOT / name, COPY / name, shallow=False):
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, COPY / name)  # with the time of now, which is what the build goes by


def set_up():
    """The test programs by test name."""
    PLACE.mkdir(exist_ok=True)
    copy_tree()
    if (BUILD / "build.ninja").exists():
        done = run("ninja", "-C", BUILD, "build.ninja")  # anew where a meson.build has changed
    else:
        done = run("meson", "setup", "-Dwerror=false", BUILD, COPY)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    tests = json.loads(run("meson", "introspect", "--tests", BUILD).stdout)
    return {t["name"]: [os.path.relpath(part, BUILD) for part in t["cmd"] if part.startswith(f"{BUILD}/")]
            for t in tests}


def build(programs):
    """What went wrong, or nothing."""
    done = run("ninja", "-C", BUILD, *programs)
    return "\n".join((done.stdout + done.stderr).splitlines()[-TAIL:]) if done.returncode else ""


def run_test(name):
    """(result as the test runner names it, the line that says why it failed)"""
    log = BUILD / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    run("meson", "test", "-C", BUILD, "--no-rebuild", name)
    result = json.loads(log.read_text().splitlines()[0])
    said = (result.get("stdout", "") + "\n" + result.get("stderr", "")).splitlines()
    why = [line for line in said if re.match(r"(not ok|Bail out|# .*ERROR|\*\*.*ERROR|.*: FAIL)", line)]
    return result["result"], why[0] if why else f"ends as {result['result']}"


def try_mutation(m, programs):
    """(passed, what to say)"""
    path = COPY / m.file
    before = path.read_text() if path.is_file() else ""
    changed = m.apply(before)
    if changed is None:
        return False, "OLD LINE NOT FOUND once"
    path.write_text(changed)
    try:
        wrong = build(programs[m.test])
        if wrong:
            return False, "DID NOT BUILD\n" + wrong
        result, why = run_test(m.test)
        return (False, "NOT NOTICED") if result == "OK" else (True, f"noticed: {why}")
    finally:
        path.write_text(before)


def find_stale():
    stale = [m for m in read_list([]) if m.apply((ROOT / m.file).read_text()) is None]
    for m in stale:
        print(f"{m.file}: {m.comment} Old line not found once: {m.old}")
    return 1 if stale else 0


def main(words):
    if words == ["--stale"]:
        return find_stale()
    mutations, counts = read_list(words), {"passed": 0, "failed": 0, "skipped": 0}
    programs = set_up()
    unknown = {m.test for m in mutations} - set(programs)
    if unknown:
        sys.exit(f"{LIST.name}: there is no test {', '.join(sorted(unknown))}")
    baseline = {}
    for m in mutations:
        if m.test not in baseline:  # a test that fails by itself notices nothing
            wrong = build(programs[m.test])
            baseline[m.test] = "DID NOT BUILD\n" + wrong if wrong else run_test(m.test)[0]
        if baseline[m.test] == "SKIP":
            kind, said = "skipped", "the test is skipped here"
        elif baseline[m.test] != "OK":
            kind, said = "failed", f"the test fails without a change: {baseline[m.test]}"
        else:
            noticed, said = try_mutation(m, programs)
            kind = "passed" if noticed else "failed"
        counts[kind] += 1
        print(f"{m.file}: {m.comment}\n    {m.test}: {said}", flush=True)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or not mutations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
