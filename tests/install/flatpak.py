#!/usr/bin/env python3
"""flatpak.py SOURCE: the Flatpak manifest is one, takes everything from outside by its hash, and asks for no network."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def main():
    resources = pathlib.Path(sys.argv[1]) / "resources"
    paths = list((resources / "flatpak").glob("*.json"))
    if len(paths) != 1:
        sys.exit(f"there should be one manifest: {paths}")
    manifest = json.loads(paths[0].read_text(encoding="utf-8"))
    faults = []
    name = ElementTree.parse(resources / "org.tincture.Tincture.metainfo.xml").findtext("id")
    if manifest["id"] != name or paths[0].stem != name:
        faults.append(f"it is not called {name}")
    if int(manifest["runtime-version"]) < 43:
        faults.append("the runtime is older than GTK 4.8")
    for argument in manifest["finish-args"]:
        if argument in ("--share=network", "--filesystem=host", "--filesystem=home"):
            faults.append(f"the program needs no {argument}")
    for module in manifest["modules"]:
        for source in module["sources"]:
            kind = source["type"]
            if kind == "dir":
                if not (paths[0].parent / source["path"] / "meson.build").is_file():
                    faults.append(f"{module['name']}: {source['path']} is not the source")
            elif kind != "archive" or not re.fullmatch(r"[0-9a-f]{64}", source.get("sha256", "")) or \
                    not source["url"].startswith("https://"):
                faults.append(f"{module['name']}: a source without its hash")
    if shutil.which("flatpak-builder"):
        # It leaves a folder of its own where it runs.
        with tempfile.TemporaryDirectory() as state:
            shown = subprocess.run(["flatpak-builder", "--show-manifest", str(paths[0].resolve())], cwd=state,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if shown.returncode != 0:
            faults.append(f"flatpak-builder: {shown.stderr.strip()}")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
