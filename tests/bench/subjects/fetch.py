#!/usr/bin/env python3
"""Fetches what the subjects are made of: the icons of OpenMoji with npm, photographs as the bench of edits does.

    fetch.py FOLDER

Nothing is installed. What is there already is left alone. Needs Pillow.
"""
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import icons
import subjects


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    icons.fetch(icons.OPENMOJI, folder / "openmoji.json")
    edits = pathlib.Path(__file__).resolve().parents[1] / "edits/fetch.py"
    subprocess.run([sys.executable, edits, folder, *subjects.PHOTOS], check=True)


main()
