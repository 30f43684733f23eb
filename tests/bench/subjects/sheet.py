"""All pictures on one sheet: what was learned from, then each prompt, with the adapter above, without below."""
from PIL import Image, ImageDraw

CELL = 66
LINE = 13


def paste(sheet, x, y, image, mark):
    """A picture; a bar below it says whether it is what it should be."""
    sheet.paste(image.convert("RGB").resize((CELL - 2, CELL - 6), Image.Resampling.LANCZOS), (x, y))
    if mark is not None:
        bar = x, y + CELL - 6, x + CELL - 3, y + CELL - 4
        ImageDraw.Draw(sheet).rectangle(bar, fill="green" if mark else "red")


def write(blocks, path, limit=390_000):
    """blocks: (line of words, photos, [(with, without, mark)]). Its quality falls until the file is small enough."""
    most = max(len(pictures) for _, _, pictures in blocks)
    sheet = Image.new("RGB", ((most + 2) * CELL + 8, len(blocks) * (2 * CELL + LINE)), "white")
    for i, (words, photos, pictures) in enumerate(blocks):
        y = i * (2 * CELL + LINE)
        ImageDraw.Draw(sheet).text((2, y), words, fill="black")
        y += LINE
        for k, photo in enumerate(photos[:4]):
            paste(sheet, (k % 2) * CELL, y + (k // 2) * CELL, photo, None)
        for k, (after, before, mark) in enumerate(pictures):
            paste(sheet, (k + 2) * CELL + 8, y, after, mark)
            paste(sheet, (k + 2) * CELL + 8, y + CELL, before, None)
    for quality in range(88, 20, -6):
        sheet.save(path, quality=quality)
        if path.stat().st_size <= limit:
            break
