"""All edits in one picture: each photograph, and beside it its two edits with what was asked and measured."""
from PIL import Image, ImageDraw

CELL = (300, 210)  # a picture on the sheet, with room for two lines below
LINES = 26


def fit(size, limit=1000):
    """The size at which an edit is kept for looking."""
    scale = min(1, limit / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def words(row):
    found = "passed" if row["passed"] else "goal reached" if row["reached"] else "not reached"
    numbers = [found] + [f"{key} {row[key]}" for key in ("outside", "texture", "keep") if row.get(key, "") != ""]
    return row["to"].removeprefix("a photograph of "), ", ".join(numbers)


def paste(sheet, draw, corner, path, lines):
    with Image.open(path) as image:
        image.draft("RGB", (2 * CELL[0], 2 * CELL[1]))
        image = image.convert("RGB")
        image.thumbnail((CELL[0] - 4, CELL[1] - 4), Image.Resampling.LANCZOS)
        sheet.paste(image, corner)
    for i, line in enumerate(lines):
        draw.text((corner[0], corner[1] + CELL[1] - 3 + 12 * i), line, fill="black")


def write(cells, path, limit=590_000):
    """cells: (photo, row) in order. The quality is lowered until the file is small enough for a repository."""
    groups = {}
    for photo, row in cells:
        groups.setdefault(photo.name, (photo, []))[1].append(row)
    most = max(len(rows) for _, rows in groups.values())
    across = 2 if len(groups) > 4 else 1
    wide = (1 + most) * CELL[0]
    sheet = Image.new("RGB", (across * wide, -(-len(groups) // across) * (CELL[1] + LINES)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (photo, rows) in enumerate(groups.values()):
        x, y = (i % across) * wide, (i // across) * (CELL[1] + LINES)
        paste(sheet, draw, (x, y), photo.path, (photo.name, f"{rows[0]['megapixels']} megapixels"))
        for j, row in enumerate(rows, 1):
            paste(sheet, draw, (x + j * CELL[0], y), photo.folder / f"{row['edit']}.jpg", words(row))
    for quality in range(85, 20, -5):
        sheet.save(path, quality=quality)
        if path.stat().st_size <= limit:
            break
