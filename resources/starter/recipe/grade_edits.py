"""The two edit rows of the table, measured with the program itself.

    python grade_edits.py --cli path/to/tincture-cli --work WORK --model .. --count 24 --out ../card

For each held-out scene: learn the one picture (single-image SVDiff), change one word of its caption (colour, thing or
ground), and ask the grader for the new word. What the prompt did not name should stay: structural similarity is taken
outside the area that the edit had to change (the old and the new thing, or all but the thing for a ground).
"""
import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import domain
import model

grading = __import__("4_grade")
KINDS = ("color", "thing", "ground")


def edited(scene, which, rng):
    """The same scene with one word changed."""
    new = json.loads(json.dumps(scene))
    thing = new["things"][0]
    if which == "color":
        thing["color"] = rng.choice([c for c in domain.COLORS if c not in (thing["color"], *scene["ground"])])
    elif which == "thing":
        thing["noun"] = rng.choice([n for n in domain.THINGS if n != thing["noun"] and n not in domain.NO_COLOR])
    else:
        new["ground"] = ["plain", rng.choice([c for c in domain.COLORS if c not in (thing["color"], *scene["ground"])])]
    return new


def said(scene, seed):
    """Both captions in the same wording: only the changed word may differ."""
    random.seed(seed)
    return domain.caption(scene)


def similarity(a, b, mask):
    """SSIM (16 x 16 windows, grey) over the windows that lie in the mask."""
    a, b = (np.asarray(Image.fromarray(x).convert("L"), np.float64) / 255 for x in (a, b))
    marks = []
    for y in range(0, 121, 8):
        for x in range(0, 121, 8):
            if mask[y:y + 16, x:x + 16].all():
                p, q = a[y:y + 16, x:x + 16], b[y:y + 16, x:x + 16]
                cov = ((p - p.mean()) * (q - q.mean())).mean()
                marks.append((2 * p.mean() * q.mean() + 1e-4) * (2 * cov + 9e-4)
                             / ((p.mean() ** 2 + q.mean() ** 2 + 1e-4) * (p.var() + q.var() + 9e-4)))
    return float(np.mean(marks)) if marks else None


def covers(scene, sources, seed):
    """Where a scene's things and their shadows are: what differs between its things painted white and black."""
    def draw(level):
        painted = {key: (sprite.copy(), False) for key, (sprite, _) in sources["sprites"].items() if key[1] in [t["noun"] for t in scene["things"]]}
        for sprite, _ in painted.values():
            sprite[..., :3] = level
        return grading.render.draw(scene, {**sources, "sprites": painted}, random.Random(seed), np.random.default_rng(seed)).astype(int)
    return np.abs(draw(255) - draw(0)).max(-1) > 24


def stays(scene, new, which, sources, seed):
    """Mask of what the changed word does not name: the thing for a ground; for a thing, all but the old one and the new."""
    if which == "ground":
        return covers(scene, sources, seed)
    return ~(covers(scene, sources, seed) | covers(grading.render.honest(new, sources), sources, seed))


def run(cli, *words):
    subprocess.run([cli, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def one_edit(options, folder, scene, which, sources, seed, rng):
    picture = grading.render.draw(scene, sources, random.Random(seed), np.random.default_rng(seed))
    image, adapter, result = folder / "in.png", folder / "adapter.safetensors", folder / "out.png"
    Image.fromarray(picture).save(image)
    new = edited(scene, which, rng)
    before, after = said(scene, seed), said(new, seed)
    run(options.cli, "train", "--model", options.model, "--image", image, "--prompt", before, "--method", "svdiff",
        "--steps", options.steps, "--seed", seed, "--out", adapter)
    run(options.cli, "edit", "--model", options.model, "--image", image, "--source-prompt", before, "--prompt", after,
        "--adapter", adapter, "--guidance", options.guidance, "--steps", 20, "--seed", seed, "--out", result)
    out = np.asarray(Image.open(result).convert("RGB").resize((128, 128), Image.BOX))
    # What was learned, as the model itself draws it from the inverted noise; without --raw the photo would stand in for it.
    run(options.cli, "edit", "--model", options.model, "--image", image, "--source-prompt", before, "--prompt", before, "--raw",
        "--locality", 0, "--adapter", adapter, "--guidance", options.guidance, "--steps", 20, "--seed", seed, "--out", result)
    learned = np.asarray(Image.open(result).convert("RGB").resize((128, 128), Image.BOX))
    return picture, learned, out, new, (before, after), similarity(picture, out, stays(scene, new, which, sources, seed))


def changed(net, out, new, which):
    x = torch.from_numpy(grading.halved(out).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    return bool(grading.grade(net, x, [new])[which])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cli", required=True)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--model", default="..")
    options.add_argument("--out", default="../card")
    options.add_argument("--count", type=int, default=24)
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--guidance", type=float, default=4.0)
    grading.grader_options(options)
    options = options.parse_args()
    sources = grading.render.load_sources(options.sources, options.work)
    net = grading.train_grader(options, sources)
    scenes = [s for s in grading.questions(4 * options.count, 0)[0] if s["things"][0]["color"]][:options.count]
    rng, marks, kept, rows = random.Random(3), {k: [] for k in KINDS}, [], []
    with tempfile.TemporaryDirectory() as folder:
        for i, scene in enumerate(scenes):
            which = KINDS[i % 3]
            scene = grading.render.honest(scene, sources)
            picture, learned, out, new, words, same = one_edit(options, Path(folder), scene, which, sources, i, rng)
            marks[which].append(changed(net, out, new, which))
            kept += [] if same is None else [same]
            rows += [picture, learned, out]
            print(f"{words[0]} -> {words[1]}: {'changed' if marks[which][-1] else 'not changed'}, rest {same}", flush=True)
    every = [m for v in marks.values() for m in v]
    result = {"changed": 100 * sum(every) / len(every), "stays_ssim": sum(kept) / max(1, len(kept)),
              **{k: 100 * sum(v) / max(1, len(v)) for k, v in marks.items()}}
    print(result)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    model.write_json(out / "grade_edits.json", result)
    model.save_sheet(torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float() / 127.5 - 1, 12, out / "edits.png")


if __name__ == "__main__":
    main()
