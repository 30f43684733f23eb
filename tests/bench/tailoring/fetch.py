#!/usr/bin/env python3
"""Fetches what the sets are made of, the icons of three packages, with npm.

    fetch.py FOLDER

Nothing is installed. What is there already is left alone.
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import icons

PACKAGES = {
    "openmoji": icons.OPENMOJI,
    "twemoji": "@iconify-json/twemoji@1.2.5",                       # CC BY 4.0, Twitter
    "fluent-emoji-flat": "@iconify-json/fluent-emoji-flat@1.2.6",   # MIT, Microsoft
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, package in PACKAGES.items():
        icons.fetch(package, folder / f"{name}.json")


main()
