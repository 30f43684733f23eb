"""Which words the model knows, asked of the model itself: words.json beside the weights.

    python grade_words.py --work WORK --model .. --out ../words.json

A picture that training never showed is made noisy, and the U-Net cleans it twice from the same noise: with its caption, and
with one word of it exchanged for another of the same sort (a thing for a thing, a colour for a colour). A word that is
understood makes the right caption the better guess. Chance is one half. A word is known where it wins in four of five
pictures of photographs, and weak where it wins in two of three, or drawings alone say so. Others are left out.
"""
import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import catalogue
import domain
import model
import sampling
import scenes as render

TIMES = (999, 900, 780, 640)    # where the caption decides what the picture shows
KNOWN, WEAK = 0.8, 0.66
# Words that hold a sentence together or say how the picture was made; nothing is asked about them.
PLAIN = ("a an the of in on at by under and with next to left right front above two photo photograph picture cartoon drawing sticker icon flat "
         "small big background gradient stripes dots checks").split()


def sorts():
    """{sort: words}: a word may be exchanged for another of its own sort only."""
    photographed = [what.split(" ", 1)[1].split()[-1] for _, what, _ in catalogue.photographs() if what.startswith(("a ", "an "))]
    things = [domain.PHRASE.get(n, n) for n in domain.THINGS] + [noun for _, noun, _, _ in catalogue.cutouts()] + photographed
    kinds = [k for k in catalogue.KINDS if k not in ("thing", "car")]
    places = [where for _, _, where in catalogue.photographs()] + list(domain.SURFACES.values())
    lights = [words for ways in domain.LIGHTS.values() for words in ways]
    return {"thing": sorted(set(things + kinds)), "color": list(domain.COLORS), "place": sorted(set(places) - set(lights)), "light": lights}


def holds(caption, words):
    return re.search(rf"\b{re.escape(words)}\b", caption)


def exchanged(rng, caption, words, others):
    """The caption with other words of the sort, an article put right."""
    new = rng.choice([w for w in others if not holds(caption, w)])
    text = re.sub(rf"\b{re.escape(words)}\b", new, caption, count=1)
    return re.sub(r"\b(?:a|an) (\w)", lambda m: domain.a(m.group(1)), text)


def questions(sources, count, each):
    """[(picture, caption, wrong caption, words, whether photographs are shown)], at most `each` for a word and a kind."""
    rng, asked, found = random.Random(41), defaultdict(int), []
    every = [(words, others) for others in sorts().values() for words in others]
    for i in range(count):
        picture, caption, scene = render.one(2 * 10 ** 9 + i, sources, share=0.72)
        real = "real" in scene
        if not real and scene["style"] != "photo":
            continue
        for words, others in every:
            if asked[words, real] < each and holds(caption, words):
                asked[words, real] += 1
                found.append((picture, caption, exchanged(rng, caption, words, others), words, real))
    return found


@torch.no_grad()
def errors(made, latents, captions):
    """[n]: how far off the U-Net's guess is, over some times, the noise the same for every caption."""
    states, total = made.states(captions), 0.0
    for t in TIMES:
        noise = torch.randn(1, *latents.shape[1:], generator=torch.Generator().manual_seed(t))
        a = made.alpha[t]
        noisy = a.sqrt() * latents + (1 - a).sqrt() * noise
        v = made.unet(noisy.to(made.device, made.dtype), t, states, return_dict=False)[0].float().cpu()
        total = total + (v - (a.sqrt() * noise - (1 - a).sqrt() * latents)).square().mean((1, 2, 3))
    return total


@torch.no_grad()
def answers(made, asked, batch=64):
    """Whether the right caption was the better guess, question by question."""
    right = []
    for i in range(0, len(asked), batch):
        part = asked[i:i + batch]
        x = torch.from_numpy(np.stack([q[0] for q in part])).permute(0, 3, 1, 2).float() / 127.5 - 1
        x = F.avg_pool2d(x, x.shape[-1] // made.vae.config.sample_size)
        z = made.vae.encode(x.to(made.device, made.dtype)).latent_dist.mode().float().cpu() * made.vae.config.scaling_factor
        right += (errors(made, z, [q[1] for q in part]) < errors(made, z, [q[2] for q in part])).tolist()
    return right


def verdicts(asked, right, least):
    """{words: "known" or "weak"}, {sort: share of right answers on photographs}, and what each word scored."""
    marks = defaultdict(list)
    for (_, _, _, words, real), ok in zip(asked, right):
        marks[words, real].append(ok)
    said, scores = {}, {}
    for words in sorted({w for w, _ in marks}):
        photos, drawn = marks[words, True], marks[words, False]
        share = lambda m: sum(m) / len(m) if len(m) >= least else 0.0
        scores[words] = [round(share(photos), 2), round(share(drawn), 2)]
        if share(photos) >= KNOWN:
            said[words] = "known"
        elif max(share(photos), share(drawn)) >= WEAK:
            said[words] = "weak"
    means = {s: float(np.mean([ok for w in words for ok in marks[w, True]] or [0])) for s, words in sorts().items()}
    return said, means, scores


def by_word(said):
    """The same for single words, as people type them: the best verdict of what holds the word, for its plural too."""
    words = dict.fromkeys(PLAIN, "known")
    for verdict in ("weak", "known"):
        for phrase in [p for p, v in said.items() if v == verdict]:
            for word in (w for w in phrase.split() if w not in PLAIN):
                words[word] = words[domain.plural_word(word)] = verdict
    return dict(sorted(words.items()))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", default="sources")
    options.add_argument("--work", default="work")
    options.add_argument("--model", default="..")
    options.add_argument("--out", default="../words.json")
    options.add_argument("--scenes", type=int, default=3000)
    options.add_argument("--each", type=int, default=8)
    options.add_argument("--threads", type=int, default=0)
    options = options.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    asked = questions(render.load_sources(options.sources, options.work), options.scenes, options.each)
    print(len(asked), "questions", flush=True)
    said, means, scores = verdicts(asked, answers(sampling.Model(options.model), asked), options.each // 2)
    model.write_json(Path(options.out), by_word(said))
    model.write_json(Path(options.work) / "words.json", {"right": means, "words": scores})
    print({s: round(100 * m, 1) for s, m in means.items()}, {v: list(said.values()).count(v) for v in ("known", "weak")})


if __name__ == "__main__":
    main()
