"""The four networks, their configurations and the folder that the program loads."""
import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

import catalogue
import domain

SIZE = 128               # pixels
FACTOR = 8               # pixels a latent, along one side
LATENT = SIZE // FACTOR
CHANNELS = 12            # of the latents; the first four mean what version 1's meant (see 1_autoencoder.py)
TOKENS = 32              # length of a caption, padded
WIDTH = 192              # text states
START, END = "<|startoftext|>", "<|endoftext|>"


def new_autoencoder():
    return AutoencoderKL(in_channels=3, out_channels=3, latent_channels=CHANNELS, sample_size=SIZE, layers_per_block=1,
                         block_out_channels=(32, 64, 96, 96), norm_num_groups=16, scaling_factor=1.0,
                         down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)


def new_unet():
    return UNet2DConditionModel(
        sample_size=LATENT, in_channels=CHANNELS, out_channels=CHANNELS, layers_per_block=1, block_out_channels=(96, 160, 256),
        down_block_types=("CrossAttnDownBlock2D",) * 3,
        up_block_types=("CrossAttnUpBlock2D",) * 3,
        cross_attention_dim=WIDTH, attention_head_dim=(3, 5, 8), norm_num_groups=32)


def coarse_unet(folder):
    """A U-Net of version 1's shape: the first stage learns what photographs show in pictures of 64 x 64."""
    return UNet2DConditionModel.from_config(json.loads((Path(folder) / "unet/config.json").read_text()))


def new_text_encoder(vocabulary, start, end):
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=3, num_attention_heads=6,
        max_position_embeddings=TOKENS, hidden_act="quick_gelu", bos_token_id=start, eos_token_id=end, pad_token_id=end,
        projection_dim=WIDTH))


# --- tokenizer: CLIP's format, byte-level, word ends marked </w> ------------------------------------------------------

def byte_letters():
    """GPT-2's printable stand-in for each of the 256 bytes, in CLIP's order."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = [chr(b) for b in keep]
    others = [b for b in range(256) if b not in keep]
    return dict(zip(keep + others, letters + [chr(256 + i) for i in range(len(others))]))


def more_merges(words, counts, merges):
    """Appends byte-pair merges until every word is one token; a few hundred words need few merges."""
    while True:
        pairs = Counter()
        for w, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[w]
        if not pairs:
            return
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        for w, parts in words.items():
            words[w] = merge(parts, best)


def extend_tokenizer(folder, captions, old):
    """The tokenizer of the folder `old` with tokens for the captions' new words after its own, whose ids stay.

    Only START and END move, to the end of the list, where CLIP has them.
    """
    known = Tokenizer(old)
    merges = sorted(known.rank, key=known.rank.get)
    counts = Counter(w for c in captions for w in re.findall(r"[a-z]+|[^\sa-z]", c))
    # The old merges first, in their own order, as whoever reads the file will do it.
    words = {w: known.parts(w) for w in counts}
    more_merges(words, counts, merges)
    tokens = list(known.ids)[:-2] + ["".join(m) for m in merges[len(known.rank):]] + [START, END]
    write_tokenizer(folder, tokens, merges)


def write_tokenizer(folder, tokens, merges):
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "vocab.json", {t: i for i, t in enumerate(tokens)})
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{x} {y}\n" for x, y in merges), encoding="utf-8")
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    write_json(folder / "special_tokens_map.json", special)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, "do_lower_case": True,
                                                  "add_prefix_space": False, "errors": "replace", **special})


def merge(parts, pair):
    out, i = [], 0
    while i < len(parts):
        if tuple(parts[i:i + 2]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


class Tokenizer:
    """The same ids as CLIPTokenizer for plain English, with each word looked up once."""

    def __init__(self, folder):
        self.ids = json.loads((Path(folder) / "vocab.json").read_text(encoding="utf-8"))
        lines = (Path(folder) / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
        self.rank = {tuple(line.split()): i for i, line in enumerate(lines)}
        self.seen = {}
        self.start, self.end = self.ids[START], self.ids[END]

    def parts(self, w):
        parts = list(w[:-1]) + [w[-1] + "</w>"]
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda p: self.rank.get(p, 1 << 30))
            if best not in self.rank:
                break
            parts = merge(parts, best)
        return parts

    def word(self, w):
        if w not in self.seen:
            self.seen[w] = [self.ids[p] for p in self.parts(w)]
        return self.seen[w]

    def __call__(self, captions):
        rows = []
        for c in captions:
            ids = [i for w in re.findall(r"[a-z]+|[^\sa-z]", c.lower()) for i in self.word(w)][:TOKENS - 2]
            rows.append([self.start, *ids, *[self.end] * (TOKENS - 1 - len(ids))])
        return torch.tensor(rows)


def every_word():
    """Captions that hold each word which the drawn scenes, the cut-outs, the photographs and their light are said with."""
    every = [" ".join(domain.SURFACES.values()), " ".join(domain.EXTRA_WORDS)]
    every += [words for ways in domain.LIGHTS.values() for words in ways]
    every += [domain.noun_phrase(n, c) + " two " + domain.plural(n) for n in domain.THINGS for c in domain.COLORS]
    every += [f"{kind} {noun} {domain.plural_word(kind)}" for kind, noun, _, _ in catalogue.cutouts()]
    return every + [f"{what} {where}" for _, what, where in catalogue.photographs()]


# --- the folder -------------------------------------------------------------------------------------------------------

SCHEDULER = {"_class_name": "DDIMScheduler", "_diffusers_version": "0.30.0", "num_train_timesteps": 1000, "beta_start": 0.00085,
             "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False, "set_alpha_to_one": False,
             "steps_offset": 1, "timestep_spacing": "leading", "prediction_type": "v_prediction", "trained_betas": None}
INDEX = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "feature_extractor": [None, None],
         "image_encoder": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
         "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
         "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
         "vae": ["diffusers", "AutoencoderKL"]}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def half(state):
    return {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in state.items()}


def save_network(out, name, network, weights=None, scaling=None):
    """One network as config.json + fp16 safetensors, in the names that every version of the readers knows."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if name == "text_encoder":
        config = network.config.to_dict()
        config["architectures"] = ["CLIPTextModel"]
        file = "model.safetensors"
    else:
        config = dict(network.config)
        file = "diffusion_pytorch_model.safetensors"
    config = {k: v for k, v in config.items() if k not in ("_name_or_path", "_use_default_values", "transformers_version", "dtype")}
    if scaling is not None:
        config["scaling_factor"] = scaling
    write_json(folder / "config.json", config)
    state = half(weights or network.state_dict())
    state = {k: v for k, v in state.items() if not k.endswith("position_ids")}
    if name == "text_encoder":
        state = {k if k.startswith("text_model.") else "text_model." + k: v for k, v in state.items()}
    save_file(state, folder / (file + ".new"), metadata={"format": "pt"})
    os.replace(folder / (file + ".new"), folder / file)


def install(new, target, names):
    """Moves finished sub-folders into place, one rename a file, so that a reader never sees half a file."""
    for name in names:
        source = new / name
        for path in ([source] if source.is_file() else sorted(source.iterdir())):
            goal = target / path.relative_to(new)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, str(goal) + ".new")
            os.replace(str(goal) + ".new", goal)


def write_frame(out):
    """The parts without weights."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "scheduler").mkdir(exist_ok=True)
    write_json(out / "scheduler" / "scheduler_config.json", SCHEDULER)
    write_json(out / "model_index.json", INDEX)


def save_sheet(pictures, columns, path):
    """Pictures in [-1, 1] as one PNG."""
    import numpy as np
    from PIL import Image
    tiles = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    rows = [np.concatenate(list(tiles[i:i + columns]), 1) for i in range(0, len(tiles) - len(tiles) % columns, columns)]
    Image.fromarray(np.concatenate(rows, 0)).save(path)
