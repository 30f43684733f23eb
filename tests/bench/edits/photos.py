"""The photographs, their edits and their masks, as the tables beside this file say."""
import csv
import json
import pathlib

from PIL import Image, ImageDraw

here = pathlib.Path(__file__).parent
Image.MAX_IMAGE_PIXELS = 60_000_000  # the tables' largest has 24 million


def rows(table):
    with open(here / table, encoding="utf-8") as f:
        return list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t"))


def photos():
    return rows("photos.tsv")


def edits():
    return rows("edits.tsv")


def path_of(photo, folder):
    """Where fetch.py puts a photograph; an enlarged one is written anew."""
    suffix = ".png" if photo["width"] else pathlib.Path(photo["path"]).suffix
    return pathlib.Path(folder) / (photo["name"] + suffix)


def mask_of(name, size, where):
    """8-bit mask of where an edit may change the photograph: its outlines filled at that size; None is everywhere."""
    if where == "all":
        return None
    with open(here / "masks" / f"{name}.json", encoding="utf-8") as f:
        outlines = json.load(f)
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    for value, kind in ((255, "object"), (0, "holes")):
        for outline in outlines[kind]:
            draw.polygon([(x * size[0] - 0.5, y * size[1] - 0.5) for x, y in outline], fill=value)
    return mask.point(lambda v: 255 - v) if where == "around" else mask


def region_of(name, size, margin=0.25):
    """The frame that a person drags around the object: its box with a margin, made square where the photograph allows."""
    x0, y0, x1, y1 = mask_of(name, size, "object").getbbox()
    side = max(x1 - x0, y1 - y0) * (1 + 2 * margin)
    w, h = min(size[0], round(side)), min(size[1], round(side))
    x = min(max(0, round((x0 + x1 - w) / 2)), size[0] - w)
    y = min(max(0, round((y0 + y1 - h) / 2)), size[1] - h)
    return x, y, w, h
