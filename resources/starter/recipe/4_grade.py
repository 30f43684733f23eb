"""Step 4: grade the exported model on captions that combine what training never combined.

    python 4_grade.py --work WORK --model ../ --out ../card

A small classifier, trained on the same things drawn in other ways (an icon set that the model never saw among them),
says which thing, colour and ground a picture shows; plain grounds are read off the border's colour. The same grader on
freshly drawn pictures tells how far it can be trusted.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import domain
import model
import sampling

render = __import__("1_render")
NOUNS, NAMES, SURFACES = list(domain.THINGS), list(domain.COLORS), list(domain.SURFACES)
GROUNDS = ["plain", "gradient", *domain.PATTERNS, *SURFACES]


# --- the classifier ---------------------------------------------------------------------------------------------------

class Grader(nn.Module):
    """Which things (several at once), which colour has the first, which kind of ground."""

    def __init__(self):
        super().__init__()
        widths = (32, 64, 128, 192)
        # Half size at once: at full size the first layers would cost more than all others.
        self.body = nn.Sequential(nn.Conv2d(3, 32, 5, padding=2, stride=2), nn.GroupNorm(8, 32), nn.SiLU(),
                                  *[nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(8, b), nn.SiLU(),
                                                  nn.Conv2d(b, b, 3, padding=1, stride=2), nn.GroupNorm(8, b), nn.SiLU())
                                    for a, b in zip(widths, widths[1:])])
        self.mix = nn.Sequential(nn.Flatten(), nn.Linear(192 * 16, 384), nn.SiLU(), nn.Dropout(0.1))
        self.things, self.color, self.ground = nn.Linear(384, len(NOUNS)), nn.Linear(384, len(NAMES)), nn.Linear(384, len(GROUNDS))
        self.spots = nn.Conv2d(192, len(NOUNS), 1)          # asked at each of 4 x 4 places: a pair's things lie apart
        nn.init.zeros_(self.spots.weight)

    def forward(self, x):
        seen = self.body(x)
        h = self.mix(seen)
        return self.things(h) + self.spots(seen).flatten(2).logsumexp(2), self.color(h), self.ground(h)


def kind(ground):
    return ground[0] if ground[0] in ("plain", "gradient") else ground[1]


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
    return render.draw(scene, sources, rng, numpy_rng), scene


def batch(start, size, sources):
    pictures, scenes = zip(*(drawn(start + i, sources) for i in range(size)))
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    things = torch.zeros(size, len(NOUNS))
    color = torch.full((size,), -100)
    for i, scene in enumerate(scenes):
        for t in scene["things"]:
            things[i, NOUNS.index(t["noun"])] = 1
        if len(scene["things"]) == 1 and scene["things"][0]["color"]:
            color[i] = NAMES.index(scene["things"][0]["color"])
    return x, things, color, torch.tensor([GROUNDS.index(kind(s["ground"])) for s in scenes])


def train_grader(options, sources):
    path = Path(options.work) / "grader.pt"
    net = Grader()
    if path.exists():
        net.load_state_dict(torch.load(path))
        return net.eval()
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.02)
    for step in range(options.grader_steps):
        x, things, color, ground = batch(2 * 10 ** 9 + step * 64, 64, sources)
        x = (x + 0.06 * torch.randn_like(x) * torch.rand(64, 1, 1, 1)) * (1 + 0.1 * torch.randn(64, 1, 1, 1))
        if step % 2:                # half of the pictures softened, as a decoder softens them
            x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 100) * (1 - step / options.grader_steps)
        with torch.autocast("cpu", torch.bfloat16):
            t, c, g = net(x)
        loss = F.cross_entropy(t.float(), things / things.sum(1, keepdim=True)) + 0.5 * F.cross_entropy(g.float(), ground)
        if (color >= 0).any():
            loss = loss + 0.5 * F.cross_entropy(c.float(), color)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"grader step {step} loss {loss.item():.3f}", flush=True)
    torch.save(net.state_dict(), path)
    return net.eval()


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
    t, c, g = (torch.cat(parts) for parts in zip(*(net(p) for p in pictures.split(128))))
    rim = border_color(pictures)
    marks = {"thing": [], "color": [], "ground": [], "pair": [], "favourite thing": []}
    for i, scene in enumerate(scenes):
        nouns = [x["noun"] for x in scene["things"]]
        if len(nouns) == 2:
            best = t[i].topk(3).indices.tolist()
            marks["pair"].append(all(NOUNS.index(n) in best for n in nouns))
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
        pictures.append(render.draw(render.honest(json.loads(json.dumps(scene)), sources), sources, rng, numpy_rng))
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
    options.add_argument("--grader-steps", type=int, default=2500)
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
        results[f"guidance_{guidance:g}"] = grade(net, pictures, singles + doubles)
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
