"""The pictures in Qt resource files.

    python unpack.py FILE.rcc ... --to sources/gcompris

Writes below the folder what the files hold under `gcompris/src/activities`.
"""
import argparse
import struct
import zlib
from pathlib import Path

ENDINGS = (".webp", ".jpg", ".png")
PREFIX = "gcompris/src/activities/"
COMPRESSED, FOLDER = 1, 2


class Resource:
    """A version 2 or 3 file: a tree of nodes of 22 bytes, UTF-16 names, data with its length before it."""

    def __init__(self, data):
        if data[:4] != b"qres":
            raise ValueError("not a Qt resource file")
        self.data = data
        _, self.tree, self.values, self.names = struct.unpack_from(">IIII", data, 4)

    def name(self, offset):
        length, = struct.unpack_from(">H", self.data, self.names + offset)
        start = self.names + offset + 6
        return self.data[start:start + 2 * length].decode("utf-16-be")

    def files(self, node=0, path=""):
        """(path, bytes) of every file below the node."""
        place = self.tree + 22 * node
        offset, flags = struct.unpack_from(">IH", self.data, place)
        path = f"{path}/{self.name(offset)}" if node else ""
        if flags & FOLDER:
            count, first = struct.unpack_from(">II", self.data, place + 6)
            for child in range(first, first + count):
                yield from self.files(child, path)
            return
        start, = struct.unpack_from(">I", self.data, place + 10)
        length, = struct.unpack_from(">I", self.data, self.values + start)
        content = self.data[self.values + start + 4:self.values + start + 4 + length]
        yield path.lstrip("/"), zlib.decompress(content[4:]) if flags & COMPRESSED else content


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("files", nargs="+", type=Path)
    options.add_argument("--to", required=True, type=Path)
    options = options.parse_args()
    for file in options.files:
        for path, content in Resource(file.read_bytes()).files():
            if path.startswith(PREFIX) and path.endswith(ENDINGS) and ".." not in path:
                goal = options.to / path.removeprefix(PREFIX)
                goal.parent.mkdir(parents=True, exist_ok=True)
                goal.write_bytes(content)


if __name__ == "__main__":
    main()
