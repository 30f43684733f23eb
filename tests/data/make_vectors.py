#!/usr/bin/env python3
"""Makes tests/data/models and tests/data/tokenizer with the reference implementation.

Run by hand when a model feature is added; building and testing never need it:

    python3 tests/data/make_vectors.py [MODEL ...]   (needs torch, diffusers, transformers, tokenizers, safetensors)

With names it makes those models alone and leaves the rest as it is.

models/NAME/ is a model folder in the diffusers layout with small random weights, and vectors.safetensors beside it:

    ids        (N, tokens) int32         states    (N, 1, tokens, width)    the text encoder's last state
    latents    (N, h, w, c)              time.K, pred.K                     timesteps of call K and its prediction
                                         guidance.K                         what it was given of guidance, where it takes it
    picture    (1, H, W, 3)              mean      (1, h', w', c)           unscaled mean of the encoder
    z          (1, h, w, c)              decoded   (1, H, W, 3)             decoder's picture for the unscaled z
    ddim.noise, ddim.latents             twenty DDIM steps, eta 0, no guidance, with states[0]

Everything is channels last, as the engine holds it. Configurations differ in what real models differ in; the table
CASES says how. tokenizer/NAME/ holds a tokenizer and cases.json: awkward texts with the ids that CLIPTokenizerFast
gives them, cut to the model's length.
"""
import json
import random
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, LatentConsistencyModelPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent

# ---- tokenizer -------------------------------------------------------------------------------------------

CORPUS = """a photo of a dog on the beach a photograph of the cat in the garden an oil painting of an old house
the dog's ball isn't red they're running we've seen it i'm here you'll see he'd go watercolour drawing of mountains
at sunset with warm light a small bird sitting on a green branch portrait of a young woman with long hair and a hat
red blue yellow white black square circle triangle on a plain background high quality detailed sharp focus city street
""" * 4


def printable_bytes():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in keep]
    return [chr(b) for b in keep] + [chr(256 + i) for i in range(len(rest))]


def write_tokenizer(folder, length, pad, merges):
    folder.mkdir(parents=True)
    letters = printable_bytes()
    vocab = letters + [c + "</w>" for c in letters] + [a + b for a, b in merges]
    vocab += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(vocab)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))

    def token(text):
        return {"content": text, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    roles = {"bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"),
             "unk_token": token("<|endoftext|>"), "pad_token": pad}
    config = {k: dict(v, __type="AddedToken") if isinstance(v, dict) else v for k, v in roles.items()}
    config.update(model_max_length=length, tokenizer_class="CLIPTokenizer", do_lower_case=True)
    (folder / "special_tokens_map.json").write_text(json.dumps(roles, indent=1))
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    return len(vocab)


def train_merges(n):
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), tokenizer.pre_tokenizer])
    trainer = trainers.BpeTrainer(vocab_size=512 + n, end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator([CORPUS], trainer)
    return [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]][:n]


def kept_merges():
    """Those of the models that are there: another version of the trainer would find others."""
    lines = (HERE / "models/sd1/tokenizer/merges.txt").read_text().splitlines()[1:]
    return [tuple(line.split()) for line in lines]


FIXED_TEXTS = [
    "", " ", "\n\t ", "a", "A Photo Of A DOG", "dog's isn't they're we've I'm you'll he'd", "DOG'S ISN'T WE'VE I'LL",
    "'s't're", "''s", "rock'n'roll", "it\u2019s", "caf\u00e9", "cafe\u0301", "\u212b \u00c5 A\u030a", "\u1e9b\u0323",
    "na\u00efve co\u00f6perate", "\uac00\u1100\u1161", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea flag", "\u732b\u306e\u5199\u771f", "\u043a\u043e\u0448\u043a\u0430 \u041a\u041e\u0428",
    "\u0130STANBUL \u0131", "\u03a3\u0391\u03a3 \u03c3\u03b1\u03c2", "stra\u00dfe \u1e9e", "\ufb01ne \u01c5", "1234567890",
    "3.14 1,000 \u0663\u0664 \u00bd \u2167 \u2460", "a1b2c3", "hello!", "wow!!! !", "!", "!!", "a!b", "<|endoftext|>",
    "a <|endoftext|> b", "x<|startoftext|>y", "<|ENDOFTEXT|>", "<|EndOfText|>dog", "!<|endoftext|>", "<|endoftext",
    "endoftext|>", "<||>", "<|>", "a\x01b\x07c\x1bd", "a\x0bb\x0cc\x1cd\x1de\x1ef\x1fg", "a\x7fb", "a\x85b\xa0c\xadd",
    "a\u200bb\u200cc\u200dd\ufeffe", "a\u1680b\u2003c\u2028d\u2029e\u202ff\u205fg\u3000h", "\u180e", "tab\tnew\nline\r\n",
    "dog " * 100, "dogdogdog" * 40, "\u00e9" * 200, "(cat:1.2), [dog], {bird}", "a, b; c: d. e? f", "--- *** ___ ###",
    "\u0e01\u0e33 \u0928\u093f \u0645\u0631\u062d\u0628\u0627", "e\u0301\u0301\u0323", "\u0301alone", "a\u0300\u0301b",
    "https://example.org/a?b=c&d", "50% off @home #1 $5 \u20ac5 \u00a35", "\\n \\u00e9 \"quoted\" `code`", "\U00010400\U00010428",
]


def random_texts(n):
    rng = random.Random(7)
    pools = [
        [chr(c) for c in range(32, 127)],
        list("abcdefghij '!,.<|>") + ["'s", "'LL", "<|endoftext|>", "dog", "Photo", " ", "  "],
        [chr(c) for c in range(0xa0, 0x250)],
        [chr(c) for c in range(0x300, 0x330)] + list("aeiouAEIOUncs"),
        [chr(c) for c in list(range(0x370, 0x530)) + list(range(0x5d0, 0x6ff)) if chr(c).isprintable()],
        [chr(c) for c in list(range(0x3040, 0x3100)) + list(range(0x4e00, 0x4f00)) + list(range(0xac00, 0xac80))],
        [chr(c) for c in list(range(0x1f300, 0x1f650)) + [0x200d, 0xfe0f, 0x20e3]],
        [chr(c) for c in list(range(1, 33)) + list(range(0x7f, 0xa1)) + list(range(0x2000, 0x2070))] + list("abc"),
        [chr(c) for c in list(range(0x2070, 0x2190)) + list(range(0x2460, 0x2500)) + list(range(0x900, 0xa00))],
        [chr(c) for c in range(0x1, 0x30000) if not 0xd800 <= c < 0xe000 and chr(c).isprintable()],
    ]
    for _ in range(n):
        pool = rng.choice(pools)
        other = rng.choice(pools)
        yield "".join(rng.choice(pool if rng.random() < 0.8 else other) for _ in range(rng.randint(1, 24)))


def cut(ids, length, eos):
    return ids if len(ids) <= length else ids[:length - 1] + [eos]


def write_cases(folder, length, count):
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    cases = []
    for text in FIXED_TEXTS + list(random_texts(count)):
        cases.append({"text": text, "ids": cut(tokenizer(text).input_ids, length, tokenizer.eos_token_id)})
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (folder / "cases.json").write_text('{"length":%d,"pad":%d,"cases":[\n%s\n]}\n'
                                       % (length, tokenizer.pad_token_id, lines))


# ---- models ----------------------------------------------------------------------------------------------

SD1 = dict(
    text=dict(hidden_act="quick_gelu", num_hidden_layers=2),
    unet=dict(block_out_channels=(8, 16), layers_per_block=2, attention_head_dim=2,
              down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
              up_block_types=("UpBlock2D", "CrossAttnUpBlock2D")),
    vae=dict(block_out_channels=(8, 16), layers_per_block=1),
    sched=dict(prediction_type="epsilon"), length=77, pad="<|endoftext|>", size=(8, 8), times=[(981, 1), (500, 261)])

SD2 = dict(
    text=dict(hidden_act="gelu", num_hidden_layers=3),
    unet=dict(block_out_channels=(8, 16), layers_per_block=1, attention_head_dim=[1, 4], use_linear_projection=True,
              down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
              up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"), upcast_attention=True),
    vae=dict(block_out_channels=(8, 16), layers_per_block=2),
    sched=dict(prediction_type="v_prediction"), length=24, pad="!", size=(8, 8), times=[(981, 1), (500, 261)])


def merged(base, **changes):
    case = {k: dict(v) if isinstance(v, dict) else v for k, v in base.items()}
    for key, value in changes.items():
        case[key] = {**case[key], **value} if isinstance(value, dict) else value
    return case


# name: what it is there for
CASES = {
    # SD 1.x: convolutional projections, a number of heads for all levels, quick GELU, epsilon; picture not square
    "sd1": merged(SD1, ddim=True, size=(8, 12)),
    # SD 2.x: linear projections, heads a level, GELU, v-prediction, "!" as padding
    "sd2": merged(SD2, ddim=True),
    # three levels with different layers, attention on some levels only, latents that do not halve evenly
    "levels": merged(SD1, size=(7, 5), length=16,
                     unet=dict(block_out_channels=(8, 8, 12), layers_per_block=[1, 2, 1], attention_head_dim=[2, 4, 3],
                               down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                               up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")),
                     vae=dict(block_out_channels=(8, 8, 12))),
    # half precision on disk, under the names that such files have
    "fp16": merged(SD1, length=16, dtype=torch.float16, unet=dict(layers_per_block=1)),
    "bf16": merged(SD2, length=16, dtype=torch.bfloat16),
    # text encoder without the text_model. prefix, two transformer layers a block, an odd width
    "bare-text": merged(SD2, length=16, prefix=False, unet=dict(block_out_channels=(8, 12), transformer_layers_per_block=[1, 2]), size=(6, 9)),
    # autoencoder without attention in the middle and without 1x1 convolutions; other time features
    "plain-vae": merged(SD1, length=16, size=(5, 6),
                        unet=dict(layers_per_block=1, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-4),
                        vae=dict(mid_block_add_attention=False, use_quant_conv=False, use_post_quant_conv=False,
                                 scaling_factor=0.5)),
    # older names of the autoencoder's attention; middle block without attention; U-Net in two shards;
    # projections stored as the other kind
    "old-names": merged(SD2, length=16, old_names=True, shards=True, turn=True,
                        unet=dict(block_out_channels=(8, 8), mid_block_type="UNetMidBlock2D", downsample_padding=0),
                        vae=dict(block_out_channels=(4, 8, 8, 12), layers_per_block=1)),
    # distilled: guidance is an input, as of whole LCM models
    "guided": merged(SD1, length=16, unet=dict(layers_per_block=1, time_cond_proj_dim=32), guidance=[(7.5, 1.0), (8.0, 3.0)]),
    # eight latents a place, attention on every level, latents eight times smaller than the picture
    "wide": merged(SD1, length=16, size=(4, 4), channels=8,
                   unet=dict(block_out_channels=(8, 8, 12), layers_per_block=1, attention_head_dim=[1, 2, 3],
                             down_block_types=("CrossAttnDownBlock2D",) * 3, up_block_types=("CrossAttnUpBlock2D",) * 3),
                   vae=dict(block_out_channels=(4, 8, 8, 8)), sched=dict(prediction_type="v_prediction")),
}

PROMPTS = ["a photo of a dog on the beach", "An old house, in the garden!"]


def disturb(module, generator):
    """Norms and biases away from 1 and 0, or nobody would notice if they were left out."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            if p.ndim == 1:
                p.add_(torch.randn(p.shape, generator=generator) * 0.2)
            else:
                p.mul_(1.5)


def round_weights(module, dtype):
    module.load_state_dict({k: v.to(dtype).to(v.dtype) if v.is_floating_point() else v
                            for k, v in module.state_dict().items()})


def last(x):
    return x.movedim(1, -1).contiguous()


def save_part(module, folder, file, dtype, rename=lambda k, v: (k, v)):
    module.save_config(folder) if hasattr(module, "save_config") else module.config.save_pretrained(folder)
    state = {}
    for key, value in module.state_dict().items():
        key, value = rename(key, value)
        state[key] = value.to(dtype).contiguous() if value.is_floating_point() else value
    stem, suffix = file.rsplit(".", 1)
    name = f"{stem}.fp16.{suffix}" if dtype == torch.float16 else file
    save_file(state, folder / name, metadata={"format": "pt"})
    return folder / name


def split_shards(path):
    state = load_file(path)
    keys = sorted(state)
    parts = [keys[::2], keys[1::2]]
    index = {"metadata": {}, "weight_map": {}}
    for i, part in enumerate(parts):
        name = f"{path.stem}-{i + 1:05}-of-00002.safetensors"
        save_file({k: state[k] for k in part}, path.parent / name)
        index["weight_map"].update({k: name for k in part})
    (path.parent / f"{path.name}.index.json").write_text(json.dumps(index))
    path.unlink()


def text_rename(prefix):
    def rename(key, value):
        bare = key.removeprefix("text_model.")
        return ("text_model." if prefix else "") + bare, value
    return rename


def unet_rename(turn):
    def rename(key, value):
        if turn and key.endswith(("proj_in.weight", "proj_out.weight")):
            value = value[:, :, None, None] if value.ndim == 2 else value[:, :, 0, 0]
        return key, value
    return rename


def vae_rename(old):
    def rename(key, value):
        if old and ".attentions.0." in key:
            for new, was in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
                key = key.replace(new, was)
        return key, value
    return rename


def guidance_features(case, k, unet):
    """Of both rows of call K, as the pipeline of latent consistency models makes them."""
    if "guidance" not in case:
        return None
    of = LatentConsistencyModelPipeline.get_guidance_scale_embedding
    return of(None, torch.tensor(case["guidance"][k]) - 1, embedding_dim=unet.config.time_cond_proj_dim)


@torch.no_grad()
def make_vectors(case, tokenizer, text, unet, vae, sched):
    generator = torch.Generator().manual_seed(3)
    height, width = case["size"]
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    ids = tokenizer(PROMPTS, padding="max_length", max_length=case["length"], truncation=True,
                    return_tensors="pt").input_ids
    states = text(ids).last_hidden_state
    channels = unet.config.in_channels
    latents = torch.randn(2, channels, height, width, generator=generator)
    out = {"ids": ids.int(), "states": states[:, None], "latents": last(latents)}
    for k, times in enumerate(case["times"]):
        out[f"time.{k}"] = torch.tensor(times, dtype=torch.int32)
        condition = guidance_features(case, k, unet)
        if condition is not None:
            out[f"guidance.{k}"] = torch.tensor(case["guidance"][k])
        out[f"pred.{k}"] = last(unet(latents, torch.tensor(times), states, timestep_cond=condition).sample)
    picture = torch.rand(1, 3, height * factor, width * factor, generator=generator) * 2 - 1
    z = torch.randn(1, channels, height, width, generator=generator)
    out["picture"] = last(picture)
    out["mean"] = last(vae.encode(picture).latent_dist.mean)
    out["z"] = last(z)
    out["decoded"] = last(vae.decode(z).sample)
    if case.get("ddim"):
        x = torch.randn(1, channels, height, width, generator=generator)
        out["ddim.noise"] = last(x)
        sched.set_timesteps(20)
        for t in sched.timesteps:
            x = sched.step(unet(x, t, states[:1]).sample, t, x, eta=0.0).prev_sample
        out["ddim.latents"] = last(x)
    return {k: v.clone() for k, v in out.items()}


def make_model(name, case, merges):
    folder = HERE / "models" / name
    vocab = write_tokenizer(folder / "tokenizer", case["length"], case["pad"], merges)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    torch.manual_seed(sum(name.encode()))
    generator = torch.Generator().manual_seed(1)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=vocab, hidden_size=16, intermediate_size=40, num_attention_heads=2,
        max_position_embeddings=case["length"], bos_token_id=vocab - 2, eos_token_id=vocab - 1,
        pad_token_id=tokenizer.pad_token_id, **case["text"])).eval()
    channels = case.get("channels", 4)
    unet = UNet2DConditionModel(sample_size=case["size"][0], cross_attention_dim=16, norm_num_groups=4, in_channels=channels,
                                out_channels=channels, **case["unet"]).eval()
    n = len(case["vae"]["block_out_channels"])
    vae = AutoencoderKL(norm_num_groups=4, down_block_types=("DownEncoderBlock2D",) * n,
                        up_block_types=("UpDecoderBlock2D",) * n, sample_size=64, latent_channels=channels,
                        **case["vae"]).eval()
    sched = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                          set_alpha_to_one=False, steps_offset=1, **case["sched"])
    dtype = case.get("dtype", torch.float32)
    for module in (text, unet, vae):
        disturb(module, generator)
        round_weights(module, dtype)
    save_part(text, folder / "text_encoder", "model.safetensors", dtype, text_rename(case.get("prefix", True)))
    path = save_part(unet, folder / "unet", "diffusion_pytorch_model.safetensors", dtype,
                     unet_rename(case.get("turn", False)))
    if case.get("shards"):
        split_shards(path)
    save_part(vae, folder / "vae", "diffusion_pytorch_model.safetensors", dtype, vae_rename(case.get("old_names")))
    sched.save_config(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}) + "\n")
    save_file(make_vectors(case, tokenizer, text, unet, vae, sched), folder / "vectors.safetensors")
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    print(f"{name:12} {size / 1024:8.0f} KiB")


def main():
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            shutil.rmtree(HERE / "models" / name, ignore_errors=True)
            make_model(name, CASES[name], kept_merges())
        return
    for folder in ("models", "tokenizer"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    merges = train_merges(160)
    for name, pad in (("sd1", "<|endoftext|>"), ("sd2", "!")):
        write_tokenizer(HERE / "tokenizer" / name, 77, pad, merges)
        write_cases(HERE / "tokenizer" / name, 77, 1500)
    for name, case in CASES.items():
        make_model(name, case, merges)


if __name__ == "__main__":
    main()
