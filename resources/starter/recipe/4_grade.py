"""Step 4: grade the exported model on captions that combine what training never combined.

    python 4_grade.py --work WORK --model ../ --out ../card

A small classifier, trained on the same things drawn in other ways (an icon set that the model never saw among them),
says which thing, colour and ground a picture shows; plain grounds are read off the border's colour. The same grader on
freshly drawn pictures tells how far it can be trusted.
"""
import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import domain
import model
import sampling
import trainer
import scenes as render

NOUNS, NAMES, SURFACES = list(domain.THINGS), list(domain.COLORS), list(domain.SURFACES)
GROUNDS = ["plain", "gradient", *domain.PATTERNS, *SURFACES]


# --- the classifier ---------------------------------------------------------------------------------------------------

class Grader(nn.Module):
    """Which thing, which colour has it, which kind of ground. A pair is asked thing by thing, each half by itself."""

    def __init__(self):
        super().__init__()
        widths = (48, 96, 160, 256)
        # Half size at once: at full size the first layers would cost more than all others.
        self.body = nn.Sequential(nn.Conv2d(3, 48, 5, padding=2, stride=2), nn.GroupNorm(8, 48), nn.SiLU(),
                                  *[nn.Sequential(nn.Conv2d(a, b, 3, padding=1, stride=2), nn.GroupNorm(8, b), nn.SiLU(),
                                                  nn.Conv2d(b, b, 3, padding=1), nn.GroupNorm(8, b), nn.SiLU())
                                    for a, b in zip(widths, widths[1:])])
        self.mix = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(256 * 16, 512), nn.SiLU(), nn.Dropout(0.2))
        self.things, self.color, self.ground = nn.Linear(512, len(NOUNS)), nn.Linear(512, len(NAMES)), nn.Linear(512, len(GROUNDS))

    def forward(self, x):
        """[n, 3, 64, 64]: half a picture's size is enough to tell a thing by."""
        h = self.mix(self.body(x))
        return self.things(h), self.color(h), self.ground(h)


def halves(x, how):
    """The two things of a pair's picture, each cut out and as large as a single one: [3, 64, 64] -> [2, 3, 64, 64]."""
    across = x if how == "left" else x.transpose(1, 2)
    parts = torch.stack([across[:, 14:50, :36], across[:, 14:50, 28:]])
    parts = parts if how == "left" else parts.transpose(2, 3)
    return F.interpolate(parts, size=64, mode="bilinear", align_corners=False)


def kind(ground):
    return ground[0] if ground[0] in ("plain", "gradient") else ground[1]


def halved(picture):
    """uint8 [128, 128, 3] at half the size."""
    return np.asarray(Image.fromarray(picture).resize((64, 64), Image.BOX))


def drawn(index, sources):
    """A scene for the grader, held combinations included, one third in the icon set the model never saw."""
    rng, numpy_rng = random.Random(index), np.random.default_rng(index)
    random.seed(index)
    pair = rng.random() < 0.3
    scene = domain.random_scene(rng)
    while pair and len(scene["things"]) < 2:
        scene = domain.random_scene(rng)
    if rng.random() < 0.34:
        scene["style"] = "held"
    scene = render.honest(scene, sources)
    return halved(render.draw(scene, sources, rng, numpy_rng)), scene


def lessons(count, sources):
    """Pictures with their answers: uint8 [n, 64, 64, 3] and long [n, 3] for thing, colour and ground, -100 where unasked."""
    pictures, answers = [], []
    for i in range(count):
        picture, scene = drawn(2 * 10 ** 9 + i, sources)
        ground = GROUNDS.index(kind(scene["ground"]))
        if scene["relation"] in ("left", "above"):
            x = torch.from_numpy(picture).permute(2, 0, 1).float()
            pictures += list(halves(x, scene["relation"]).permute(0, 2, 3, 1).round().byte().numpy())
            things, ground = scene["things"], -100              # too little of it to say
        else:
            pictures.append(picture)
            things = scene["things"][:1]
        for t in things:
            answers.append((NOUNS.index(t["noun"]), NAMES.index(t["color"]) if t["color"] else -100, ground))
    return torch.from_numpy(np.stack(pictures)), torch.tensor(answers)


def varied(x):
    """Light, grain, a shift, and half of the pictures softened as a decoder softens them."""
    x = torch.roll(x, (random.randint(-3, 3), random.randint(-3, 3)), (2, 3))
    x = (x + 0.06 * torch.randn_like(x) * torch.rand(len(x), 1, 1, 1)) * (1 + 0.1 * torch.randn(len(x), 1, 1, 1))
    soft = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")
    return torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, soft, x)


def train_grader(options, sources):
    path = Path(options.work) / "grader.pt"
    net = Grader()
    if path.exists():
        net.load_state_dict(torch.load(path))
        return net.eval()
    pictures, answers = lessons(options.grader_scenes, sources)
    print(len(pictures), "pictures for the grader", flush=True)
    optimizer = torch.optim.AdamW(net.parameters(), 1.5e-3, weight_decay=0.05)
    net.compile()
    begun, step, size = time.time(), 0, 128
    while (progress := (time.time() - begun) / (60 * options.grader_minutes)) < 1:
        picks = torch.randint(len(pictures), (size,))
        x = varied(pictures[picks].permute(0, 3, 1, 2).float() / 127.5 - 1)
        with torch.autocast("cpu", torch.bfloat16, trainer.dtype() is torch.bfloat16):
            outs = net(x)
        losses = [F.cross_entropy(o.float(), a, label_smoothing=0.05) for o, a in zip(outs, answers[picks].T)]
        loss = losses[0] + 0.3 * losses[1] + 0.6 * losses[2]
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * min(1, (step + 1) / 200, (1 - progress) / 0.6)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"grader step {step} loss {' '.join(f'{l.item():.3f}' for l in losses)} progress {progress:.2f}", flush=True)
        step += 1
    torch.save(net.state_dict(), path)
    return net.eval()


def grader_options(options):
    """How long a grader is trained where WORK has none yet."""
    options.add_argument("--grader-scenes", type=int, default=60000)
    options.add_argument("--grader-minutes", type=float, default=25)


# --- the questions ----------------------------------------------------------------------------------------------------

def questions(count, pairs):
    """Scenes of held-out combinations: thing x colour and, for every other one, thing x ground."""
    rng = random.Random(77)
    random.seed(77)
    singles, doubles = [], []
    while len(singles) < count:
        noun = NOUNS[len(singles) % len(NOUNS)]
        colors = [c for c in NAMES if domain.held_out(noun, c)] if noun not in domain.NO_COLOR else []
        color = rng.choice(colors) if colors else None
        plains = [("plain", c) for c in NAMES if c != color and domain.held_out(noun, "plain-" + c)]
        surfaces = [("surface", s) for s in SURFACES if domain.held_out(noun, "surface-" + s)]
        choice = surfaces if surfaces and rng.random() < 0.5 else plains or surfaces
        ground = rng.choice(choice) if choice else ("plain", rng.choice([c for c in NAMES if c != color]))
        singles.append(scene_of(rng.choice(("photo", "photo", "flat", "cartoon")), "one", [(noun, color)], ground))
    while len(doubles) < pairs:
        first, second = rng.sample(NOUNS, 2)
        color = rng.choice([c for c in NAMES if domain.held_out(first, c)] or [None]) if first not in domain.NO_COLOR else None
        ground = ("plain", rng.choice([c for c in NAMES if c != color]))
        doubles.append(scene_of(rng.choice(domain.STYLES), rng.choice(("left", "left", "above")), [(first, color), (second, None)], ground))
    return singles, doubles


def scene_of(style, relation, things, ground):
    return {"style": style, "sticker": False, "relation": relation, "ground": ground, "say_ground": True,
            "things": [{"noun": n, "color": c, "size": None} for n, c in things]}


# --- the marks --------------------------------------------------------------------------------------------------------

def border_color(pictures):
    """The nearest named colour of the picture's rim."""
    rim = torch.cat([pictures[:, :, :4].flatten(2), pictures[:, :, -4:].flatten(2), pictures[..., :4].flatten(2), pictures[..., -4:].flatten(2)], 2)
    middle = (rim.median(2).values + 1) * 127.5
    palette = torch.tensor(list(domain.COLORS.values())).float()
    return torch.cdist(middle, palette).argmin(1)


@torch.no_grad()
def grade(net, pictures, scenes):
    t, c, g = (torch.cat(parts).float() for parts in zip(*(net(p) for p in pictures.split(128))))
    rim = border_color(pictures)
    marks = {"thing": [], "color": [], "ground": [], "pair": [], "favourite thing": []}
    for i, scene in enumerate(scenes):
        nouns = [x["noun"] for x in scene["things"]]
        if len(nouns) == 2:
            seen = net(halves(pictures[i], scene["relation"]))[0].argmax(1).tolist()
            marks["pair"].append(sorted(seen) == sorted(NOUNS.index(n) for n in nouns))
            continue
        marks["thing"].append(t[i].argmax().item() == NOUNS.index(nouns[0]))
        if nouns[0] in domain.FAVOURITES:
            marks["favourite thing"].append(marks["thing"][-1])
        if scene["things"][0]["color"]:
            marks["color"].append(c[i].argmax().item() == NAMES.index(scene["things"][0]["color"]))
        if scene["ground"][0] == "plain":
            marks["ground"].append(rim[i].item() == NAMES.index(scene["ground"][1]))
        else:
            marks["ground"].append(GROUNDS[g[i].argmax().item()] == scene["ground"][1])
    return {k: round(100 * sum(v) / max(1, len(v)), 1) for k, v in marks.items()}


def ceiling(net, scenes, sources):
    """The grader's marks for drawn pictures of the very same scenes."""
    pictures = []
    for i, scene in enumerate(scenes):
        rng, numpy_rng = random.Random(i), np.random.default_rng(i)
        pictures.append(halved(render.draw(render.honest(json.loads(json.dumps(scene)), sources), sources, rng, numpy_rng)))
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return grade(net, x, scenes)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--model", default="..")
    options.add_argument("--out", default="../card")
    options.add_argument("--guidance", type=float, nargs="+", default=[3.0, 4.0, 5.0])
    options.add_argument("--singles", type=int, default=362)
    options.add_argument("--pairs", type=int, default=128)
    grader_options(options)
    options.add_argument("--threads", type=int, default=0)
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(4)
    sources = render.load_sources(options.sources, options.work)
    net = train_grader(options, sources)
    singles, doubles = questions(options.singles, options.pairs)
    random.seed(5)
    captions = [domain.caption(s) for s in singles + doubles]
    results = {"grader_on_drawn_pictures": ceiling(net, singles + doubles, sources)}
    print("grader on drawn pictures", results["grader_on_drawn_pictures"], flush=True)
    made = sampling.Model(options.model)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for guidance in options.guidance:
        pictures = made.pictures(made.latents(captions, guidance=guidance, seed=1))
        results[f"guidance_{guidance:g}"] = grade(net, F.avg_pool2d(pictures, pictures.shape[-1] // 64), singles + doubles)
        print(f"guidance {guidance:g}", results[f"guidance_{guidance:g}"], flush=True)
        if guidance == options.guidance[len(options.guidance) // 2]:
            picked = list(range(0, 48)) + list(range(len(singles), len(singles) + 16))
            model.save_sheet(pictures[picked], 16, out / "samples.png")
            (out / "samples.txt").write_text("\n".join(captions[i] for i in picked) + "\n")
    autoencoder = Path(options.work) / "autoencoder.json"
    if autoencoder.exists():
        results["autoencoder"] = json.loads(autoencoder.read_text())
    model.write_json(out / "grade.json", results)


if __name__ == "__main__":
    main()
