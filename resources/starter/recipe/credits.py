"""Who made the photographs of gcompris-qt-data that the model was shown, by that package's own list: AUTHORS of the folder that ships.

    python credits.py PACKAGE/usr/share/doc/gcompris-qt-data/copyright > ../AUTHORS
"""
import fnmatch
import re
import sys

import catalogue

BEFORE = "src/activities/"


def paragraphs(text):
    """[(patterns, authors, licence)] in the list's order; a later one counts more."""
    found = []
    for part in re.split(r"\n\s*\n", text):
        fields = {m[1]: m[2] for m in re.finditer(r"^(\S+): *((?:.*)(?:\n[ \t]+.*)*)", part, re.M)}
        if "Files" in fields:
            authors = "; ".join(line.strip() for line in fields.get("Copyright", "").splitlines() if line.strip())
            found.append((fields["Files"].split(), authors, fields.get("License", "").splitlines()[0]))
    return found


def entry(listed, path):
    """(authors, licence) of the last paragraph that names the file, whatever its ending there; the package's own name nobody."""
    found = None
    for patterns, authors, licence in listed:
        for pattern in patterns:
            if pattern != "*" and (fnmatch.fnmatch(path + ".webp", pattern) or fnmatch.fnmatch(path, re.sub(r"\.\w+$", "", pattern))):
                found = authors, licence
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        listed = paragraphs(file.read())
    print("Photographs of Debian's gcompris-qt-data that the starter model was shown: file below src/activities, who made it, licence.\n"
          "What is not listed by itself there is under the package's own licence, GPL-3 or later, by the authors of GCompris.\n")
    for path in sorted({p for p, _, _ in catalogue.photographs() if not p.startswith("wallpapers/")}):
        authors, licence = entry(listed, BEFORE + path) or ("the authors of GCompris", "GPL-3+")
        print(f"{path}: {authors}; {licence}")


if __name__ == "__main__":
    main()
