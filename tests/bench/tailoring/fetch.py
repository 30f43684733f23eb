#!/usr/bin/env python3
"""Fetches what the sets are made of, the icons of three packages, with npm.

    fetch.py FOLDER

Nothing is installed. What is there already is left alone.
"""
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PACKAGES = {
    "openmoji": "@iconify-json/openmoji@1.2.29",                    # CC BY-SA 4.0, the OpenMoji project
    "twemoji": "@iconify-json/twemoji@1.2.5",                       # CC BY 4.0, Twitter
    "fluent-emoji-flat": "@iconify-json/fluent-emoji-flat@1.2.6",   # MIT, Microsoft
}


def fetch(package, target):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as archive:
            data = archive.extractfile("package/icons.json").read()
    temporary = target.with_suffix(".new")
    temporary.write_bytes(data)
    temporary.replace(target)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, package in PACKAGES.items():
        if not (folder / f"{name}.json").exists():
            fetch(package, folder / f"{name}.json")


main()
