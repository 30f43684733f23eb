#!/usr/bin/env python3
"""Draws scenes of the starter's recipe with their captions: its own domain, numbers that its training never had.

    scenes.py SOURCES WORK FOLDER [FIRST COUNT]     (the recipe's sources and work folder; see resources/starter/recipe)
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "resources/starter/recipe"))
sys.dont_write_bytecode = True

import scenes  # noqa: E402
from PIL import Image  # noqa: E402


def main():
    if len(sys.argv) not in (4, 6):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[3])
    first, count = map(int, sys.argv[4:] or (7000000, 500))
    folder.mkdir(parents=True, exist_ok=True)
    sources = scenes.load_sources(sys.argv[1], sys.argv[2])
    for i in range(first, first + count):
        picture, said, _ = scenes.one(i, sources)
        Image.fromarray(picture).convert("RGB").save(folder / f"{i:07d}.png")
        (folder / f"{i:07d}.txt").write_text(said + "\n")


main()
