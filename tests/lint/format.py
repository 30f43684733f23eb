#!/usr/bin/env python3
"""One form for every C file: what clang-format 14 makes of .clang-format, braces around every controlled
statement (that version cannot see to it), dividers that fill the line, and comments that end with it.
Argument: the source root."""
import pathlib
import re
import subprocess
import sys

WIDTH = 100
root = pathlib.Path(sys.argv[1])
files = sorted(p for folder in ("compute", "render", "ui", "tests") for p in (root / folder).rglob("*.[ch]"))
faults = []


def fault(path, number, text):
    faults.append(f"{path.relative_to(root)}:{number + 1}: {text}")


def without_text(line):
    """The line without comments, strings and characters."""
    line = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', "0", line)
    return line.split("//")[0].rstrip()


def check_braces(path, lines):
    head = None
    for number, line in enumerate(lines):
        code = without_text(line).rstrip("\\ ")
        if head is None:
            if re.match(r"\s*(\} )?else$", code):
                fault(path, number, "no braces")
            if re.match(r"\s*(\} )?(else )?(if|for|while|switch)\b", code):
                head, depth = number, 0
        if head is not None:
            depth += code.count("(") - code.count(")")
            if depth <= 0:
                closes_do = lines[head].lstrip().startswith("} while")
                if not code.endswith("{") and not closes_do:
                    fault(path, head, "no braces")
                head = None


for path in files:
    lines = path.read_text().splitlines()
    check_braces(path, lines)
    for number, line in enumerate(lines):
        if re.match(r"// -+$", line) or (re.match(r"// ---- .* -{4,}$", line) and len(line) != WIDTH):
            fault(path, number, f"a divider is one line of {WIDTH} columns")
        if re.match(r"\s*//", line) and len(line) > WIDTH:
            fault(path, number, f"a comment ends at column {WIDTH}")

run = subprocess.run(["clang-format-14", "--dry-run", "--ferror-limit=0", *map(str, files)], cwd=root,
                     capture_output=True, text=True)
for line in run.stderr.splitlines():
    if "clang-format-violations" in line:
        faults.append(line.replace(f"{root}/", ""))
print("\n".join(faults) or f"{len(files)} files in one form")
sys.exit(bool(faults))
