#!/usr/bin/env python3
"""Makes batch_MODEL.safetensors for tests/train: ten steps of a run that draws its own batches.

Run by hand after make_train_vectors.py, whose cases and start values it uses (arguments: the models to do; none: all).
Nothing is drawn by the framework: the samples, their time steps, the posterior's noise and the noise come of the seed
as they do in the program, by the same Philox stream, so that the program's own draw is what is compared.

    DRAW.sample, DRAW.time (10,rows)                what each step draws
    DRAW.latents, DRAW.noise (rows,c,h,w)           of the first step
    CASE.grad/PART/PATH, CASE.grad/own              gradient of the first step; own: of the new word
    CASE.loss, CASE.loss_mean, CASE.grad_norm (10)  before each AdamW step; grad_norm before clipping
    CASE.norm (10)                                  of all parameters, after each step

The set has three pictures that differ in caption, weight, time steps and mask (reference.c has the same). AdamW has
rates of 1e-2, for norms 1e-3, for the word 2e-2, and a decay of 1, which ten steps show.
"""
import math
import struct
import sys

import torch
from diffusers import AutoencoderKL, DDIMScheduler
from safetensors.torch import load_file, save_file
from torch.func import functional_call
from transformers import CLIPTokenizer

import make_train_vectors as train

SEED, STEPS, SIDE, DECAY, MEAN_RATE = 5, 10, 8, 1.0, 0.05
MASK32 = 0xFFFFFFFF
SET = [dict(caption="a photo of a dog on the beach", weight=1.0, time=(0, 1000)),
       dict(caption="a cat", weight=0.5, time=(200, 700)),
       dict(caption="a dog", weight=2.0, time=(0, 1000), mask=True)]
SPLIT = 600     # of content and style: the cat is the style
BENEATH = 0.6   # strength of what is learned on
EMBEDDING = "text_model.embeddings.token_embedding.weight"

# model: cases; a case is (name of its start values, draw, clip_norm, settings)
LORA, LORA_ALL = dict(rank=4), dict(rank=3, all=True)
MODELS = {
    "sd1": {"svdiff": ("svdiff", "batch3", 0.35, {}), "svdiff_te": ("svdiff_te", "batch3", 0.35, dict(te=True)),
            "oft": ("oft_r2", "batch3", 0.15, dict(blocks=2)), "lora": ("lora", "batch3", 0.06, LORA),
            "unmix": ("lora", "mix4", 0.3, dict(rank=4, unmix=900.0)), "prior": ("lora", "prior4", 0.1, LORA),
            "keep": ("lora", "prior4", 0.1, dict(rank=4, keep=True, cosine=True)), "word": ("lora", "each3", 0.1, dict(rank=4, word=True)),
            "tailor": ("lora", "tailor4", 0.1, LORA),
            "stack": ("lora", "batch3", 0.06, dict(rank=4, beneath="svdiff_te")),
            "stack_keep": ("lora", "prior4", 0.1, dict(rank=4, beneath="svdiff_te", keep=True, cosine=True))},
    "sd2": {"svdiff": ("svdiff", "batch2", 0.3, {}), "unmix": ("lora_all", "mix2", 0.3, dict(**LORA_ALL, unmix=900.0)),
            "prior": ("lora_all", "prior2", 0.1, LORA_ALL), "keep": ("lora_all", "prior2", 0.1, dict(**LORA_ALL, keep=True, cosine=True))},
    "wide": {"oft": ("oft_r2", "batch2", 0.15, dict(blocks=2)), "unmix": ("lora", "mix4", 0.3, dict(rank=2, unmix=900.0)),
             "prior": ("lora", "prior4", 0.1, dict(rank=2)), "keep": ("lora", "prior4", 0.1, dict(rank=2, keep=True, cosine=True))},
}


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


class Stream:
    """compute/gpu/random.c: element i of a draw is of the block with counter (offset, i); a draw is one offset."""

    def __init__(self, seed):
        self.seed, self.offset = seed, 0

    def block(self, subsequence):
        c = [self.offset & MASK32, self.offset >> 32, subsequence & MASK32, subsequence >> 32]
        k = [self.seed & MASK32, self.seed >> 32]
        for _ in range(10):
            p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [(q >> 32) ^ c[1] ^ k[0], q & MASK32, (p >> 32) ^ c[3] ^ k[1], p & MASK32]
            k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
        return c

    def normal(self, n):
        turn = single(2.3283064e-10 * 6.2831855)
        blocks = [self.block(i) for i in range(n)]
        self.offset += 1
        return [single(math.sqrt(-2 * math.log((b[0] + 0.5) * 2**-32)) * math.sin((b[1] + 0.5) * turn)) for b in blocks]

    def uniform(self):
        x = self.block(2**64 - 1)[0]
        self.offset += 1
        return x * 2.0**-32

    def below(self, n):
        while True:
            product = self.block(2**64 - 1)[0] * n
            self.offset += 1
            if product & MASK32 >= 2**32 % n:
                return product >> 32


def pick(stream, samples):
    return samples[stream.below(len(samples))]


def draw_batch(stream, kind, data):
    """Rows of one step: (sample, time step, factor of its weight, latents, noise)."""
    rows = []
    for i in range(int(kind[-1])):
        factor = 1.0
        if kind.startswith("prior"):  # the cat is the class; the second half of the batch are its pictures
            is_prior = i >= int(kind[-1]) // 2
            sample, factor = pick(stream, [1] if is_prior else [0, 2]), 2 * (0.25 if is_prior else 1)
        elif kind.startswith("mix"):  # a draw says whether it is the one that is put together; the cat is the class
            is_prior, composed = i >= int(kind[-1]) // 2, stream.uniform() < 0.6
            sample, factor = pick(stream, [1] if is_prior else [0] if composed else [2]), 2 * (0.25 if is_prior else 1)
        elif kind.startswith("tailor"):
            is_style = i >= int(kind[-1]) // 2
            sample, factor = pick(stream, [1] if is_style else [0, 2]), 2
        else:
            sample = i % len(SET) if kind.startswith("each") else pick(stream, [0, 1, 2])
        begin, end = SET[sample]["time"]
        if kind.startswith("tailor"):
            begin, end = (begin, min(end, SPLIT)) if is_style else (max(begin, SPLIT), end)
        time = begin + stream.below(end - begin)
        shape = data["mean"][sample].shape
        spread = torch.tensor(stream.normal(shape.numel())).double().view(shape)
        noise = torch.tensor(stream.normal(shape.numel())).double().view(shape)
        rows.append((sample, time, factor, data["mean"][sample] + data["std"][sample] * spread, noise))
    return rows


def text_of(parts, changed, rows, data, word):
    ids = torch.cat([data["ids"][sample] for sample, *_ in rows])
    weights = dict(changed["text_encoder"])
    if word is not None:
        key = next(n for n, _ in parts["text_encoder"].named_parameters() if train.text_path(n) == EMBEDDING)
        table = parts["text_encoder"].get_parameter(key)
        is_word = (torch.arange(len(table)) == data["word"]).double()[:, None]
        weights[key] = table * (1 - is_word) + is_word * word
    return functional_call(parts["text_encoder"], weights, (ids,)).last_hidden_state


class Watched:
    """Cross-attention whose probabilities are kept."""

    def __init__(self, kept):
        self.kept = kept

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = (attn.head_to_batch_dim(x, out_dim=4)
                   for x in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)))
        p = (q @ k.transpose(-1, -2) * attn.scale).softmax(-1)  # (N, heads, Q, K)
        if encoder_hidden_states is not None:
            self.kept.append(p)
        return attn.to_out[0]((p @ v).transpose(1, 2).flatten(2))


def unmix(maps, rows, data):
    """What the words of one half see in the other, squared: the mean over rows, heads and that half."""
    total = 0
    for p in maps:
        side = math.isqrt(p.shape[2])  # the pictures are square
        squares = p.square().unflatten(2, (side, side))  # (N, heads, height, width, K)
        for words, half in ((data["left"], squares[..., side // 2:, :]), (data["right"], squares[..., :side // 2, :])):
            mine = torch.stack([words if row[0] == 0 else torch.zeros_like(words) for row in rows])
            total = total + (half * mine[:, None, None, None]).sum(-1).mean() / len(maps)
    return total


def changed_weights(parts, *stack):
    """The weights with all (params, values) of the stack; what each changes of a weight is added."""
    changed = {part: {} for part in parts}
    for params, values in stack:
        for (part, name), p in params.items():
            before = changed[part].get(name, p.weight)
            changed[part][name] = before + (p.apply(values[part, name]) - p.weight)
    return changed


def loss_of(parts, params, values, rows, data, settings, beneath=()):
    changed = changed_weights(parts, *beneath, (params, values))
    time = torch.tensor([row[1] for row in rows])
    z, noise = (torch.stack([row[k] for row in rows]) for k in (3, 4))
    abar = data["alphas"][time].view(-1, 1, 1, 1)
    target = noise if data["prediction"] == "epsilon" else abar.sqrt() * noise - (1 - abar).sqrt() * z
    text = text_of(parts, changed, rows, data, values.get("word"))
    noisy = abar.sqrt() * z + (1 - abar).sqrt() * noise
    maps = []
    if settings.get("unmix"):
        parts["unet"].set_attn_processor(Watched(maps))
    output = functional_call(parts["unet"], changed["unet"], (noisy, time, text)).sample
    if settings.get("keep"):  # the class is held to what the model itself predicts
        half = len(rows) // 2
        before = changed_weights(parts, *beneath)
        plain = text_of(parts, before, rows[half:], data, None)
        own = functional_call(parts["unet"], before["unet"], (noisy[half:], time[half:], plain)).sample
        target = torch.cat([target[:half], own])
    weight = torch.tensor([SET[row[0]]["weight"] * row[2] for row in rows]).double().view(-1, 1, 1, 1)
    mask = torch.stack([data["mask"] if SET[row[0]].get("mask") else torch.ones_like(data["mask"]) for row in rows])
    loss = (weight * mask * (output - target) ** 2).mean()
    return loss + settings["unmix"] * unmix(maps, rows, data) if maps else loss


def run_case(case, start, kind, clip_norm, settings, parts, data, starts, out):
    method = start.split("_")[0]
    params = train.make_params(method, settings, parts, torch.Generator().manual_seed(11))
    values = {}
    for key, p in params.items():
        first = starts[train.stored_name("start", start, *key)]
        values[key] = first.double().view(p.start.shape).requires_grad_()
    beneath = []
    if settings.get("beneath"):
        frozen = train.make_params("svdiff", dict(te=True), parts, torch.Generator().manual_seed(11))
        beneath = [(frozen, {key: BENEATH * starts[train.stored_name("start", settings["beneath"], *key)].double()
                             .view(p.start.shape) for key, p in frozen.items()})]
    vectors = [v for k, v in values.items() if params[k].weight.ndim == 1]
    matrices = [v for k, v in values.items() if params[k].weight.ndim > 1]
    if settings.get("word"):
        table = next(p for n, p in parts["text_encoder"].named_parameters() if train.text_path(n) == EMBEDDING)
        values["word"] = table[data["word"]].detach().clone().requires_grad_()
    own = [values["word"]] if "word" in values else []
    groups = [{"params": matrices, "lr": 1e-2}, {"params": vectors, "lr": 1e-3}, {"params": own, "lr": 2e-2}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / STEPS)) if settings.get("cosine") else 1.0)
    stream, drawn = Stream(SEED), []
    curve = {"loss": [], "loss_mean": [], "grad_norm": [], "norm": []}
    for i in range(STEPS):
        rows = draw_batch(stream, kind, data)
        drawn.append(rows)
        optimizer.zero_grad()
        loss = loss_of(parts, params, values, rows, data, settings, beneath)
        loss.backward()
        before = curve["loss_mean"][-1] if i else loss.item()
        curve["loss"].append(loss.item())
        curve["loss_mean"].append(before + MEAN_RATE * (loss.item() - before))
        if i == 0:
            for key, v in values.items():
                name = f"{case}.grad/own" if key == "word" else train.stored_name("grad", case, *key)
                out[name] = v.grad.float().clone()
        curve["grad_norm"].append(torch.nn.utils.clip_grad_norm_(list(values.values()), clip_norm).item())
        optimizer.step()
        rates.step()
        curve["norm"].append(math.sqrt(sum((v.detach() ** 2).sum().item() for v in values.values())))
    out.update({f"{case}.{key}": torch.tensor(numbers) for key, numbers in curve.items()})
    for k, name in enumerate(("sample", "time")):
        out[f"{kind}.{name}"] = torch.tensor([[row[k] for row in rows] for rows in drawn]).int()
    for k, name in enumerate(("latents", "noise"), 3):
        out[f"{kind}.{name}"] = torch.stack([row[k] for row in drawn[0]]).float()
    print(f"{case:10} loss {curve['loss'][0]:.4f} -> {curve['loss'][-1]:.4f}, gradient norms "
          + " ".join(f"{x:.3f}" for x in curve["grad_norm"]))


def picture(k, side):
    """(1,3,side,side), from the same whole numbers as reference.c's (side,side,3)."""
    numbers = [((i * (37 + 11 * k) + i // 29 + k * 101) % 257 - 128) / 128 for i in range(side * side * 3)]
    return torch.tensor(numbers).double().view(1, side, side, 3).permute(0, 3, 1, 2)


def words_in(tokenizer, words):
    """1 at the places that the words have in the first caption, which is put together."""
    ids, wanted = tokenizer(SET[0]["caption"]).input_ids, tokenizer(words).input_ids[1:-1]
    at = next(i for i in range(len(ids)) if ids[i:i + len(wanted)] == wanted)
    place = torch.arange(tokenizer.model_max_length)
    return ((place >= at) & (place < at + len(wanted))).double()


def make(model):
    folder = train.HERE.parent / "models" / model
    parts = train.load_parts(folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae").double().eval()
    for module in (*parts.values(), vae):
        module.requires_grad_(False)
    sched = DDIMScheduler.from_pretrained(folder / "scheduler")
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    posterior = [vae.encode(picture(k, SIDE * factor)).latent_dist for k in range(len(SET))]
    scale = vae.config.scaling_factor
    # The left half counts, at mean 1.
    mask = torch.tensor([2.0] * (SIDE // 2) + [0.0] * (SIDE // 2)).double().expand(1, SIDE, SIDE)
    data = dict(mean=[scale * p.mean[0] for p in posterior], std=[scale * p.std[0] for p in posterior], mask=mask,
                ids=[tokenizer([s["caption"]], padding="max_length", max_length=tokenizer.model_max_length,
                               truncation=True, return_tensors="pt").input_ids for s in SET],
                word=tokenizer("dog").input_ids[1],
                left=words_in(tokenizer, "dog"), right=words_in(tokenizer, "the beach"),
                alphas=sched.alphas_cumprod.double(), prediction=sched.config.prediction_type)
    starts, out = load_file(train.HERE / f"{model}.safetensors"), {}
    for case, arguments in MODELS[model].items():
        run_case(case, *arguments, parts, data, starts, out)
    save_file({k: v.contiguous() for k, v in out.items()}, train.HERE / f"batch_{model}.safetensors")


if __name__ == "__main__":
    for each in sys.argv[1:] or MODELS:
        make(each)
