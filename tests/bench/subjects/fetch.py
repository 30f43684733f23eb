#!/usr/bin/env python3
"""Fetches what the subjects are made of: the icons of OpenMoji with npm, photographs as the bench of edits does.

    fetch.py FOLDER

Nothing is installed. What is there already is left alone. Needs Pillow.
"""
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import subjects

ICONS = "@iconify-json/openmoji@1.2.29"  # CC BY-SA 4.0, the OpenMoji project


def fetch_icons(target):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", ICONS], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as package:
            data = package.extractfile("package/icons.json").read()
    temporary = target.with_suffix(".new")
    temporary.write_bytes(data)
    temporary.replace(target)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "openmoji.json").exists():
        fetch_icons(folder / "openmoji.json")
    edits = pathlib.Path(__file__).resolve().parents[1] / "edits/fetch.py"
    subprocess.run([sys.executable, edits, folder, *subjects.PHOTOS], check=True)


main()
