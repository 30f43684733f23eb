#!/usr/bin/env python3
"""Reads a page of claims: it is well-formed, its pictures are there, and each claim that was asked for has a row with
a finite number and one of the words.

    read_page.py INDEX.HTML CLAIM...
"""
import math
import pathlib
import sys
import xml.etree.ElementTree as ET

WORDS = ("holds", "holds weakly", "does not hold here")

path = pathlib.Path(sys.argv[1])
root = ET.fromstring(path.read_text(encoding="utf-8"))
for img in root.iter("img"):
    assert (path.parent / img.get("src").replace("%20", " ")).is_file(), img.get("src")
sections = {s.get("id"): s for s in root.iter("section")}
for claim in sys.argv[2:]:
    rows = [r for r in sections[claim].iter("tr") if (r.get("id") or "").startswith(claim + "-")]
    assert rows, claim
    said = 0
    for row in rows:
        cells = ["".join(td.itertext()) for td in row.findall("td")]
        assert math.isfinite(float(cells[2])), cells
        said += cells[4] in WORDS
        assert cells[4] in WORDS + ("",), cells
    assert said, claim
for row in list(sections["measures"].iter("tr"))[1:]:
    assert all(math.isfinite(float("".join(td.itertext()))) for td in row.findall("td")[1:])
