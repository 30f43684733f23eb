#!/usr/bin/env python3
"""Makes the folders beside it: orthogonal fine-tuning as other programs save it, and the weights it leads to there.

Run by hand; building and testing never need it (needs torch, safetensors and the library that a group is named after):

    python3 tests/data/rotations/make_rotation_vectors.py peft       # peft 0.21
    python3 tests/data/rotations/make_rotation_vectors.py peft-0.17  # peft 0.17.1, with transformers 4
    python3 tests/data/rotations/make_rotation_vectors.py peft-0.15  # peft 0.15.2, with transformers 4
    python3 tests/data/rotations/make_rotation_vectors.py peft-0.10  # peft 0.10.0, with transformers 4
    python3 tests/data/rotations/make_rotation_vectors.py lycoris    # lycoris-lora 4.1.3
    python3 tests/data/rotations/make_rotation_vectors.py formulas   # programs that are no libraries

What `tincture-cli adapter convert` made of one of them is read by PEFT, LyCORIS or the formulas again, and held to the
same weights (a folder, or a file of LyCORIS or the authors' code):

    python3 tests/data/rotations/make_rotation_vectors.py read NAME CONVERTED

    NAME/adapter_model.safetensors    as the program saves it
    NAME/adapter_config.json          where it saves one
    NAME/merged.safetensors           path of a layer -> its weight with the adapter merged at strength 1

The layers are those of models/sd1 whose path begins with one of LAYERS. The numbers are random and large enough that
every term of a series shows.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

HERE = Path(__file__).parent
MODEL = HERE.parent / "models" / "sd1"
MID = "mid_block.attentions.0."
QUERY = MID + "transformer_blocks.0.attn1.to_q"  # (16, 16)
KEY = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"  # (8, 16)
PIXEL = MID + "proj_in"  # (16, 16, 1, 1)
CONV = "conv_in"  # (8, 4, 3, 3)
TEXT = "text_model.encoder.layers.0.self_attn.q_proj"  # (16, 16)
PLACES = "text_model.embeddings.position_embedding"  # (77, 16)
LAYERS = [QUERY, KEY, PIXEL, CONV]
UNET = load_file(MODEL / "unet" / "diffusion_pytorch_model.safetensors")
WEIGHTS = {path: UNET[path + ".weight"] for path in LAYERS}
TEXT_ENCODER = load_file(MODEL / "text_encoder" / "model.safetensors")
WEIGHTS |= {path: TEXT_ENCODER[path + ".weight"] for path in (TEXT, PLACES)}


def layer(path):
    w = WEIGHTS[path]
    if path == PLACES:
        made = nn.Embedding(*w.shape)
    elif w.dim() == 2:
        made = nn.Linear(w.shape[1], w.shape[0], bias=False)
    else:
        made = nn.Conv2d(w.shape[1], w.shape[0], w.shape[2], padding=w.shape[2] // 2, bias=False)
    made.weight.data = w.clone()
    return made


def tree(paths):
    """A module that has the layers under their paths, and nothing else."""
    root = nn.Module()
    for path in paths:
        *outer, last = path.split(".")
        at = root
        for name in outer:
            if name not in at._modules:
                at.add_module(name, nn.Module())
            at = at._modules[name]
        at.add_module(last, layer(path))
    return root


def save(name, tensors, merged, config=None):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, folder / "adapter_model.safetensors")
    save_file({k: v.detach().contiguous().clone() for k, v in merged.items()}, folder / "merged.safetensors")
    if config:
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")


# ---- PEFT -----------------------------------------------------------------------------------------------------------


def peft(name, config, paths=LAYERS, size=0.2):
    """Random numbers in an adapter that PEFT makes, saved by PEFT, merged by PEFT."""
    from peft import get_peft_model, get_peft_model_state_dict

    torch.manual_seed(len(name))
    model = get_peft_model(tree(paths), config)
    for key, value in model.named_parameters():
        if "oft_s" in key:
            value.data = 1 + size * torch.randn_like(value)
        elif "oft_" in key:
            value.data = size * torch.randn_like(value)
    tensors = {k: v.clone() for k, v in get_peft_model_state_dict(model).items()}
    said = {k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items()}
    merged = dict(model.merge_and_unload().named_parameters())
    save(name, tensors, {path: merged[path + ".weight"] for path in paths}, said)


class BlockDiagonal:
    """Without its kernel for CUDA the library makes one factor of a butterfly; this is the same without it."""

    @staticmethod
    def apply(blocks):
        return torch.stack([torch.block_diag(*factor) for factor in blocks])


def make_peft():
    from peft import BOFTConfig, OFTConfig
    from peft.tuners.boft import layer as boft

    def oft(name, paths=LAYERS, **more):
        peft(name, OFTConfig(target_modules=paths, **more), paths)

    oft("peft-exact", [QUERY, KEY, PIXEL], r=2, oft_block_size=0, use_cayley_neumann=False)
    oft("peft-exact-conv", r=0, oft_block_size=4, use_cayley_neumann=False, module_dropout=0.3)
    oft("peft-neumann", oft_block_size=4)
    for terms in (1, 2, 3, 4, 7):
        oft(f"peft-neumann-{terms}", [QUERY, KEY], oft_block_size=8, num_cayley_neumann_terms=terms)
    oft("peft-coft", oft_block_size=4, coft=True, eps=0.9, use_cayley_neumann=False)
    oft("peft-coft-share", oft_block_size=4, coft=True, eps=0.3, block_share=True)
    oft("peft-share", oft_block_size=4, block_share=True)
    oft("peft-text", [TEXT], oft_block_size=4)
    oft("peft-embedding", [TEXT, PLACES], oft_block_size=4)
    oft("peft-embedding-exact", [TEXT, PLACES], oft_block_size=4, use_cayley_neumann=False)

    peft("peft-boft-1", BOFTConfig(target_modules=LAYERS, boft_block_size=4, bias="none"))
    boft.get_fbd_cuda = lambda: True
    boft.FastBlockDiag = BlockDiagonal
    peft("peft-boft-3", BOFTConfig(target_modules=[QUERY, KEY, PIXEL], boft_block_size=4, boft_n_butterfly_factor=3,
                                   bias="none"), [QUERY, KEY, PIXEL])
    peft("peft-boft-2", BOFTConfig(target_modules=LAYERS, boft_block_size=2, boft_n_butterfly_factor=2, bias="none"))


def make_peft_17():
    from peft import OFTConfig

    for terms in (2, 3, 5):
        peft(f"peft-0.17-neumann-{terms}", OFTConfig(target_modules=[QUERY, KEY], oft_block_size=4,
                                                     num_cayley_neumann_terms=terms, use_cayley_neumann=True), [QUERY, KEY])


def make_peft_15():
    from peft import OFTConfig

    peft("peft-0.15", OFTConfig(target_modules=LAYERS, r=2, oft_block_size=0))
    peft("peft-0.15-coft", OFTConfig(target_modules=LAYERS, r=0, oft_block_size=4, coft=True, eps=0.05))
    peft("peft-0.15-coft-share", OFTConfig(target_modules=LAYERS, r=0, oft_block_size=4, coft=True, eps=0.02,
                                           block_share=True))


def make_peft_10():
    from peft import OFTConfig

    peft("peft-0.10", OFTConfig(target_modules=LAYERS, r=2))
    peft("peft-0.10-odd", OFTConfig(target_modules=LAYERS, r=3))  # 16 and 8 channels: the last block is cut
    peft("peft-0.10-coft", OFTConfig(target_modules=LAYERS, r=4, coft=True, eps=0.05))
    peft("peft-0.10-coft-share", OFTConfig(target_modules=LAYERS, r=4, coft=True, eps=0.02, block_share=True))


# ---- LyCORIS --------------------------------------------------------------------------------------------------------


def flat(path):
    return ("lora_te_" if path == TEXT else "lora_unet_") + path.replace(".", "_")


def make_lycoris():
    from lycoris.modules.boft import ButterflyOFTModule
    from lycoris.modules.diag_oft import DiagOFTModule

    def lycoris(name, kind, paths=LAYERS, size=0.2, **more):
        torch.manual_seed(len(name))
        tensors, merged = {}, {}
        for path in paths:
            m = kind(flat(path), layer(path), **more)
            m.oft_blocks.data = size * torch.randn_like(m.oft_blocks)
            if hasattr(m, "rescale"):
                m.rescale.data = 1 + size * torch.randn_like(m.rescale)
            tensors |= {f"{flat(path)}.{k}": v for k, v in m.state_dict().items() if "org_module" not in k}
            merged[path] = m.get_merged_weight()[0]
        save(name, tensors, merged)

    lycoris("lycoris-oft", DiagOFTModule, [*LAYERS, TEXT], lora_dim=4)
    lycoris("lycoris-oft-rescaled", DiagOFTModule, lora_dim=4, rescaled=True, constraint=0.05)
    lycoris("lycoris-boft", ButterflyOFTModule, lora_dim=4)
    lycoris("lycoris-boft-rescaled", ButterflyOFTModule, lora_dim=2, rescaled=True, constraint=0.05)


# ---- programs that are no libraries: stated from their sources -------------------------------------------------------


def skew(d):
    return d - d.transpose(-1, -2)


def plus(s):
    """(I + S)(I - S)^-1"""
    eye = torch.eye(s.shape[-1], dtype=s.dtype)
    return (eye + s) @ torch.linalg.inv(eye - s)


def series(s):
    """What PEFT 0.18 and OneTrainer take for plus(s), with five terms."""
    eye = torch.eye(s.shape[-1], dtype=s.dtype)
    return eye + 2 * s + 2 * s @ s + 2 * s @ s @ s + s @ s @ s @ s


def rotate_outputs(w, r):
    """R^T W, blocks of rows."""
    rows = w.reshape(r.shape[0], r.shape[1], -1)
    return torch.einsum("knm,kni->kmi", r, rows).reshape(w.shape)


def rotate_inputs(w, r):
    """W R, blocks of columns, those of a convolution in the order (I, ky, kx)."""
    columns = w.reshape(w.shape[0], r.shape[0], r.shape[1])
    return torch.einsum("ork,rkc->orc", columns, r).reshape(w.shape)


def triangles(u, b):
    s = torch.zeros(u.shape[0], b, b, dtype=u.dtype)
    s[:, *torch.triu_indices(b, b, 1)] = u
    return skew(s)


def dotted(path):
    return ("text_encoder." if path == TEXT else "unet.") + path


def original(path):
    """As ComfyUI names the layers, after the original code."""
    places = {"down_blocks.0.attentions.0": "input_blocks.1.1", "mid_block.attentions.0": "middle_block.1",
              "conv_in": "input_blocks.0.0"}
    for ours, theirs in places.items():
        path = path.replace(ours, theirs)
    return ("text_encoders.clip_l.transformer." if path == TEXT else "diffusion_model.") + path


def onetrainer(name, naming, scaled=False, share=False):
    """OneTrainer, modules/module/oft_utils.py and LoRAModule.py: triangles divided by 2 sqrt(b - 1) where a tensor says
    so, the series of five terms, and on convolutions the other way round."""
    tensors, merged, b = {}, {}, 4
    for path in [*LAYERS, TEXT]:
        w = WEIGHTS[path].double()
        n = w[0].numel()
        u = 0.3 * torch.randn(1 if share else n // b, b * (b - 1) // 2)
        r = series(triangles(u.double() / (2 * (b - 1) ** 0.5 if scaled else 1), b)).repeat(n // b // len(u), 1, 1)
        merged[path] = rotate_inputs(w, r if w.dim() == 4 else r.transpose(-1, -2)).float()
        tensors[naming(path) + ".oft_R.weight"] = u
        if scaled:
            tensors[naming(path) + ".oft_R.scaled_oft"] = torch.tensor(True)
    save(name, tensors, merged)


def make_formulas():
    torch.manual_seed(5)

    # kohya-ss/sd-scripts, networks/oft.py: dim blocks, alpha times outputs bounds the norm of all of them.
    for name, alpha in (("kohya-oft", 100.0), ("kohya-oft-bound", 0.03)):
        tensors, merged = {}, {}
        for path in LAYERS:
            w = WEIGHTS[path].double()
            d = 0.2 * torch.randn(4, w.shape[0] // 4, w.shape[0] // 4)
            q = skew(d.double())
            norm = q.norm()
            q = q * ((norm.clamp(max=alpha * w.shape[0]) + 1e-8) / (norm + 1e-8))
            merged[path] = rotate_outputs(w, plus(q)).float()
            tensors["oft_unet_" + path.replace(".", "_") + ".oft_blocks"] = d
            tensors["oft_unet_" + path.replace(".", "_") + ".alpha"] = torch.tensor(alpha)
        save(name, tensors, merged)

    # LyCORIS of November 2023, modules/diag_oft.py: the rotation itself; rescale (num, b, 1) comes before it.
    tensors, merged = {}, {}
    for path in LAYERS:
        w = WEIGHTS[path].double()
        r = plus(0.1 * skew(torch.randn(w.shape[0] // 4, 4, 4))).float() + 0.01 * torch.randn(4, 4)
        rescale = 1 + 0.2 * torch.randn(r.shape[0], 4, 1)
        merged[path] = rotate_outputs(w, (rescale * r).double()).float()
        tensors |= {flat(path) + ".oft_diag": r, flat(path) + ".rescale": rescale}
    save("lycoris-diag", tensors, merged)
    # Of October 2023: what is added to the identity.
    tensors, merged = {}, {}
    for path in LAYERS:
        w = WEIGHTS[path].double()
        r = 0.1 * torch.randn(w.shape[0] // 4, 4, 4)
        merged[path] = rotate_outputs(w, r.double() + torch.eye(4)).float()
        tensors[flat(path) + ".oft_diag"] = r
    save("lycoris-diag-first", tensors, merged)

    onetrainer("onetrainer", flat)
    onetrainer("onetrainer-scaled", dotted, scaled=True)
    onetrainer("onetrainer-share", flat, scaled=True, share=True)

    # Zeju1997/oft, oft-t2i/oft_utils/attention_processor.py: squares, half their skew part, four blocks or one shared,
    # and buffers that say the bound.
    for name, prefix, share, bound in (("official-oft", "", False, 0), ("official-oft-unet", "unet.", False, 0.003),
                                       ("official-oft-share", "unet.", True, 0.006)):
        tensors, merged = {}, {}
        for path in (QUERY, KEY):
            w = WEIGHTS[path].double()
            n, b = 4, w.shape[1] // 4
            d = 0.3 * torch.randn(*([b, b] if share else [n, b, b]))
            limit = bound * b * b / (1 if share else n ** 0.5)
            norm = d.double().norm(dim=(-2, -1), keepdim=True)
            s = torch.where(norm <= limit, d.double(), d.double() * limit / norm) if bound else d.double()
            r = plus(-0.5 * skew(s).reshape(-1, b, b)).repeat(n if share else 1, 1, 1)
            merged[path] = rotate_inputs(w, r.transpose(-1, -2)).float()
            attention, projection = path.rsplit(".", 1)
            at = f"{prefix}{attention}.processor.{projection}_oft."
            tensors |= {at + "R": d, at + "cross_attention_dim": torch.tensor(w.shape[1]),
                        at + "hidden_size": torch.tensor(w.shape[0])}
            if bound:
                tensors |= {at + "oft_eps": torch.tensor(bound), at + "oft_is_coft": torch.tensor(True)}
        save(name, tensors, merged)

    # LyCORIS up to February 2024: oft_blocks with the rescale of oft_diag.
    tensors, merged = {}, {}
    for path in LAYERS:
        w = WEIGHTS[path].double()
        d, rescale = 0.1 * torch.randn(w.shape[0] // 4, 4, 4), 1 + 0.2 * torch.randn(w.shape[0] // 4, 4, 1)
        merged[path] = rotate_outputs(w, rescale * plus(skew(d.double()))).float()
        tensors |= {flat(path) + ".oft_blocks": d, flat(path) + ".rescale": rescale}
    save("lycoris-oft-early", tensors, merged)
    onetrainer("onetrainer-comfy", original)


# ---- what is written is read ----------------------------------------------------------------------------------------


def read_peft(folder, paths):
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict
    from peft.tuners.boft import layer as boft

    boft.get_fbd_cuda = lambda: True
    boft.FastBlockDiag = BlockDiagonal
    model = get_peft_model(tree(paths), PeftConfig.from_pretrained(folder))
    left = set_peft_model_state_dict(model, load_file(folder / "adapter_model.safetensors"))
    assert not left.unexpected_keys, left.unexpected_keys
    merged = dict(model.merge_and_unload().named_parameters())
    return {path: merged[path + ".weight"].detach() for path in paths}


def read_lycoris(tensors, paths):
    from lycoris.modules.boft import ButterflyOFTModule
    from lycoris.modules.diag_oft import DiagOFTModule

    merged = {}
    for path in paths:
        own = {k: tensors.get(f"{flat(path)}.{k}") for k in ("oft_blocks", "rescale", "alpha")}
        kind = DiagOFTModule if own["oft_blocks"].dim() == 3 else ButterflyOFTModule
        assert kind.algo_check(tensors, flat(path))
        with torch.no_grad():
            merged[path] = kind.make_module_from_state_dict(flat(path), layer(path), **own).get_merged_weight()[0]
    return merged


def read_official(tensors, paths):
    merged = {}
    for path in paths:
        attention, projection = path.rsplit(".", 1)
        d = tensors[f"{attention}.processor.{projection}_oft.R"].double()
        merged[path] = rotate_inputs(WEIGHTS[path].double(), plus(-0.5 * skew(d)).transpose(-1, -2)).float()
    return merged


def read(name, converted):
    expected, converted = load_file(HERE / name / "merged.safetensors"), Path(converted)
    if (converted / "adapter_config.json").exists():
        merged = read_peft(converted, list(expected))
    else:
        tensors = load_file(converted / "lora.safetensors" if converted.is_dir() else converted)
        merged = (read_official if any(k.endswith("_oft.R") for k in tensors) else read_lycoris)(tensors, list(expected))
    worst = max(((merged[k] - v).abs().max() / v.abs().max()).item() for k, v in expected.items())
    print(f"{name}: {worst:.2g}")
    assert worst < 1e-5


GROUPS = {"peft": make_peft, "peft-0.17": make_peft_17, "peft-0.15": make_peft_15, "peft-0.10": make_peft_10,
          "lycoris": make_lycoris, "formulas": make_formulas}

if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(*sys.argv[2:])
    else:
        for group in sys.argv[1:]:
            GROUPS[group]()
