#!/usr/bin/env python3
"""Makes the adapter files of tests/data/adapter, and vectors.safetensors: what the reference makes of them.

Run by hand after tests/data/make_vectors.py and tests/data/train/make_train_vectors.py, whose model folder and inputs
it uses; building and testing never need it (torch, diffusers, transformers, peft, lycoris-lora, safetensors):

    python3 tests/data/adapter/make_adapter_vectors.py

Each case is a file or a folder as the named program writes it, on the model tests/data/models/sd1. The vectors hold

    CASE/1/PART/WEIGHT, CASE/0.6/PART/WEIGHT    each changed weight at the strengths 1 and 0.6, channels last
    CASE/pred                                   the prediction with the weights of strength 1, channels last

PEFT's and diffusers' cases are saved by them and merged by them (PEFT's strength is set_scale). LyCORIS' cases are made
of its own modules and functions, whose rebuilt weights they are; kohya's scripts have the same formulas for LoRA. With dora_scale the
strength is ComfyUI's and A1111's, W + s (W' - W): both programs say so, and LyCORIS' own multiplier is that of training.
"""
import json
import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from lycoris.functional.general import weight_decompose
from lycoris.functional.lokr import kron_weight
from lycoris.functional.loha import diff_weight as loha_weight
from lycoris.modules import LoConModule
from peft import IA3Config, LoHaConfig, LoKrConfig, LoraConfig, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

HERE = Path(__file__).parent
MODEL = HERE.parent / "models" / "sd1"
STRENGTHS = (1, 0.6)
MID = "mid_block.attentions.0.transformer_blocks.0."
UP = "up_blocks.1.attentions.1.transformer_blocks.0."
CONV = "down_blocks.0.resnets.0.conv1"  # 8 x 8 x 3 x 3
LAST = "conv_out"  # 4 x 8 x 3 x 3
SHORTCUT = "down_blocks.1.resnets.0.conv_shortcut"  # 16 x 8 x 1 x 1
TEXT = "text_model.encoder.layers.1."

inputs = load_file(HERE.parent / "train" / "sd1.safetensors")
vectors = {}


def base_unet():
    return UNet2DConditionModel.from_pretrained(MODEL / "unet").eval()


def base_text():
    return CLIPTextModel.from_pretrained(MODEL / "text_encoder").eval()


def text_path(name):
    return name if name.startswith("text_model.") else "text_model." + name


def channels_last(x):
    return x.detach().movedim(1, -1).contiguous().float() if x.ndim == 4 else x.detach().contiguous().float()


def note_weights(case, strength, part, changed):
    """changed: weight name -> tensor."""
    for name, w in changed.items():
        vectors[f"{case}/{strength:g}/{part}/{name}"] = channels_last(w).clone()


def note_prediction(case, changed):
    unet = base_unet()
    unet.load_state_dict({**unet.state_dict(), **changed})
    noise = inputs["noise"][0].reshape(1, 8, 8, 4).movedim(-1, 1)  # its numbers as tests/adapter/fixture.c takes them
    with torch.no_grad():
        y = unet(noise, inputs["time"][0], inputs["states"]).sample
    vectors[f"{case}/pred"] = channels_last(y).clone()


def differences(model, merged):
    """The merged tensors that differ from the model's own."""
    base = model.state_dict()
    return {k: v for k, v in merged.items() if not torch.equal(v, base[k])}


def randomize(module, seed):
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(module.named_parameters()):
            if "magnitude" in name:
                p.mul_(1 + 0.3 * torch.rand(p.shape, generator=g))
            elif "ia3" in name:
                p.copy_(1 + 0.5 * torch.randn(p.shape, generator=g))
            elif any(word in name for word in ("lora_", "hada_", "lokr_")):
                p.copy_(0.3 * torch.randn(p.shape, generator=g))


def merged_by_peft(model, strength):
    """State of the base model with the adapters of `model` merged, at that strength. Works on a copy."""
    import copy

    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, BaseTunerLayer) and strength != 1:
            module.set_scale("default", strength)
    return model.merge_and_unload().state_dict()


# ---- PEFT ------------------------------------------------------------------------------------------------


def peft_case(case, config, part="unet", strengths=STRENGTHS):
    base = base_unet() if part == "unet" else base_text()
    model = get_peft_model(base_unet() if part == "unet" else base_text(), config)
    randomize(model, len(case))
    shutil.rmtree(HERE / case, ignore_errors=True)
    model.save_pretrained(HERE / case)
    (HERE / case / "README.md").unlink(missing_ok=True)
    config_file = HERE / case / "adapter_config.json"
    said = json.loads(config_file.read_text())
    said["base_model_name_or_path"] = None  # a path of whoever ran this
    config_file.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    for strength in strengths:
        changed = differences(base, merged_by_peft(model, strength))
        assert changed, case
        names = {(k if part == "unet" else text_path(k)): v for k, v in changed.items()}
        note_weights(case, strength, "unet" if part == "unet" else "text_encoder", names)
        if strength == 1 and part == "unet":
            note_prediction(case, changed)


def peft_cases():
    layers = [MID + "attn1.to_q", MID + "attn2.to_k", UP + "attn1.to_v", UP + "attn2.to_out.0", CONV, SHORTCUT]
    peft_case("peft-lora", LoraConfig(
        r=4, lora_alpha=8, target_modules=layers, rank_pattern={"attn2.to_k": 2, CONV: 3},
        alpha_pattern={"to_v": 2, r"mid_block\..*\.attn[12]\.to_q": 6, "conv1": 5}))
    peft_case("peft-rslora", LoraConfig(r=4, lora_alpha=3, use_rslora=True, target_modules=layers[:3]))
    peft_case("peft-dora", LoraConfig(r=3, lora_alpha=6, use_dora=True, target_modules=layers[:2] + [CONV]))
    peft_case("peft-bias", LoraConfig(r=2, lora_alpha=6, lora_bias=True, target_modules=[MID + "attn1.to_out.0"]))
    peft_case("peft-loha", LoHaConfig(r=3, alpha=6, target_modules=layers[:2] + [CONV], use_effective_conv2d=True,
                                      alpha_pattern={"to_k": 2}))
    peft_case("peft-loha-flat", LoHaConfig(r=3, alpha=6, target_modules=[CONV]))
    peft_case("peft-lokr", LoKrConfig(r=2, alpha=6, target_modules=layers[:2] + [CONV], use_effective_conv2d=True,
                                      decompose_both=True, decompose_factor=4))
    peft_case("peft-lokr-whole", LoKrConfig(r=8, alpha=6, target_modules=layers[:2], rank_pattern={"to_k": 16}))
    # (IA)^3 has no strength of its own there.
    peft_case("peft-ia3", IA3Config(target_modules=[MID + "attn1.to_k", MID + "ff.net.2", MID + "attn1.to_out.0"],
                                    feedforward_modules=[MID + "ff.net.2"]), strengths=(1,))
    peft_case("peft-table", LoraConfig(r=2, lora_alpha=5, target_modules=["position_embedding"]), "text")
    peft_case("peft-text", LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "fc2"]), "text")


# ---- diffusers -------------------------------------------------------------------------------------------


def diffusers_merged(model):
    """Of a model into which diffusers or transformers put PEFT's layers."""
    import copy

    model = copy.deepcopy(model)
    state = {}
    for name, module in model.named_modules():
        if isinstance(module, BaseTunerLayer):
            module.merge()
            state[name + ".weight"] = module.get_base_layer().weight
    return state


def diffusers_cases():
    config = LoraConfig(r=4, lora_alpha=8, target_modules=[MID + "attn1.to_q", UP + "attn2.to_out.0", CONV],
                        rank_pattern={"to_out.0": 2}, alpha_pattern={"to_q": 3})
    unet = base_unet()
    unet.add_adapter(config)
    randomize(unet, 1)
    text = get_peft_model(base_text(), LoraConfig(r=2, lora_alpha=5, target_modules=["v_proj"]))
    randomize(text, 2)
    text_layers = {k.removeprefix("base_model.model."): v for k, v in get_peft_model_state_dict(text).items()}
    case = "diffusers-metadata"
    for model in (unet, text):
        model.peft_config["default"].base_model_name_or_path = None  # a path of whoever ran this
    StableDiffusionPipeline.save_lora_weights(
        HERE, unet_lora_layers=get_peft_model_state_dict(unet), text_encoder_lora_layers=text_layers,
        weight_name=f"{case}.safetensors", unet_lora_adapter_metadata=unet.peft_config["default"].to_dict(),
        text_encoder_lora_adapter_metadata=text.peft_config["default"].to_dict())
    changed = diffusers_merged(unet)
    note_weights(case, 1, "unet", changed)
    note_weights(case, 1, "text_encoder", {text_path(k): v for k, v in diffusers_merged(text.base_model.model).items()})
    note_prediction(case, changed)

    # Without metadata, as until diffusers 0.34: alpha is the rank of each layer.
    case = "diffusers-plain"
    state = {k: v for k, v in load_file(HERE / "diffusers-metadata.safetensors").items() if k.startswith("unet.")}
    save_file(state, HERE / f"{case}.safetensors", {"format": "pt"})
    loaded = base_unet()
    loaded.load_lora_adapter(state, prefix="unet")
    changed = diffusers_merged(loaded)
    note_weights(case, 1, "unet", changed)
    note_prediction(case, changed)

    # The names of attention processors, and the alphas of each layer, read by diffusers itself.
    case = "diffusers-old"
    old, alphas = {}, {}
    for layer, value in ((MID + "attn1.to_q", 3.0), (UP + "attn2.to_out.0", 1.0)):
        attention, projection = layer.rsplit(".to_", 1)
        name = f"unet.{attention}.processor.to_{projection.split('.')[0]}_lora"
        old[name + ".down.weight"] = state[f"unet.{layer}.lora_A.weight"]
        old[name + ".up.weight"] = state[f"unet.{layer}.lora_B.weight"]
        alphas[f"unet.{layer}.alpha"] = value
    save_file({**old, **{k: torch.tensor(v) for k, v in alphas.items()}}, HERE / f"{case}.safetensors")
    loaded = base_unet()
    loaded.load_lora_adapter(old, prefix="unet", network_alphas=dict(alphas))
    changed = diffusers_merged(loaded)
    note_weights(case, 1, "unet", changed)
    note_prediction(case, changed)


# ---- kohya and LyCORIS -----------------------------------------------------------------------------------


class Bag:
    """Tensors of a file under flattened names, and the weights that they make."""

    def __init__(self, seed):
        self.models = {"unet": base_unet(), "text_encoder": base_text()}
        self.generator = torch.Generator().manual_seed(seed)
        self.file, self.changed = {}, {s: {"unet": {}, "text_encoder": {}} for s in STRENGTHS}

    def random(self, *shape, size=0.3):
        return size * torch.randn(shape, generator=self.generator)

    def layer(self, path):
        part = "text_encoder" if path.startswith("text_model.") else "unet"
        model = self.models[part]
        have = path if path in dict(model.named_modules()) else path.removeprefix("text_model.")
        return part, have, model.get_submodule(have)

    def name(self, path):
        return ("lora_te_" if path.startswith("text_model.") else "lora_unet_") + path.replace(".", "_")

    def note(self, path, weight, suffix=".weight"):
        """weight: strength -> merged weight."""
        part, have, _ = self.layer(path)
        for strength in STRENGTHS:
            self.changed[strength][part][have + suffix] = weight(strength).detach()

    def add(self, kind, path, tensors, alpha=None, dora=None, dtype=torch.float32, names=None):
        """A layer of LyCORIS' module `kind`, built from these tensors as LyCORIS loads them."""
        _, _, module = self.layer(path)
        stored = {k: v.to(dtype) for k, v in tensors.items() if v is not None}
        if alpha is not None:
            stored["alpha"] = torch.tensor(float(alpha))
        if dora is not None:
            stored["dora_scale"] = dora
        for k, v in stored.items():
            self.file[f"{self.name(path)}.{k}"] = v
        values = {k: v.float() if v is not None else None for k, v in tensors.items()}
        values = {k: None if v is None else stored[k].float() for k, v in values.items()}
        with torch.no_grad():
            built = kind.make_module_from_state_dict(self.name(path), module, *values.values(),
                                                     *(() if alpha is None else (torch.tensor(float(alpha)), dora)))
            whole = built.get_merged_weight(1, module.weight.shape)[0]
        base = module.weight.detach()
        self.note(path, lambda s: whole if s == 1 else base + s * (whole - base))

    def save(self, case, metadata=None):
        save_file({k: v.contiguous() for k, v in self.file.items()}, HERE / f"{case}.safetensors", metadata)
        for strength in STRENGTHS:
            for part, changed in self.changed[strength].items():
                named = changed if part == "unet" else {text_path(k): v for k, v in changed.items()}
                note_weights(case, strength, part, named)
        note_prediction(case, self.changed[1]["unet"])


def locon(bag, path, rank, alpha, mid=False, dora=None, dtype=torch.float32):
    weight = bag.layer(path)[2].weight
    out, inner, *k = weight.shape
    ones = [1] * len(k)
    down = bag.random(rank, inner, *(ones if mid else k))
    bag.add(LoConModule, path,
            {"lora_up.weight": bag.random(out, rank, *ones), "lora_down.weight": down,
             "lora_mid.weight": bag.random(rank, rank, *k) if mid else None}, alpha, dora, dtype)


def magnitudes(bag, path, out):
    w = bag.layer(path)[2].weight.detach()
    rows = w.flatten(1).norm(dim=1) if out else w.transpose(0, 1).flatten(1).norm(dim=1)
    m = rows * (1 + 0.3 * torch.rand(rows.shape, generator=bag.generator))
    return m.reshape((-1,) + (1,) * (w.ndim - 1)) if out else m.reshape((1, -1) + (1,) * (w.ndim - 2))


def kohya_cases():
    bag = Bag(3)
    locon(bag, MID + "attn1.to_q", 4, 1)
    locon(bag, UP + "ff.net.0.proj", 3, 2, dtype=torch.bfloat16)
    locon(bag, CONV, 2, 4)
    locon(bag, LAST, 3, 2, mid=True)
    locon(bag, SHORTCUT, 2, 1, dtype=torch.float16)
    locon(bag, TEXT + "self_attn.q_proj", 2, 1)
    locon(bag, TEXT + "mlp.fc1", 2, 3)
    locon(bag, UP + "attn2.to_k", 20, 5)  # a rank above the layer's width
    bag.save("kohya-locon")

    # The names of the original layout, as some trainers write them.
    original = {MID + "attn1.to_q": "middle_block_1_transformer_blocks_0_attn1_to_q",
                UP + "attn2.to_k": "output_blocks_4_1_transformer_blocks_0_attn2_to_k",
                CONV: "input_blocks_1_0_in_layers_2"}
    theirs = Bag(4)
    theirs.name = lambda path: "lora_unet_" + original[path]
    for path in original:
        locon(theirs, path, 2, 1)
    theirs.save("kohya-original-names")

    bag = Bag(5)
    for path, out in ((MID + "attn1.to_q", True), (UP + "attn2.to_k", False), (CONV, True),
                      ("up_blocks.0.resnets.0.conv_shortcut", False)):
        m = magnitudes(bag, path, out)
        locon(bag, path, 3, 2, dora=m if out else None)
        if not out:  # LyCORIS takes the axis from its settings, files say it by their shape
            bag.file[f"{bag.name(path)}.dora_scale"] = m
            fix_input_axis(bag, path)
    bag.save("kohya-dora")


def fix_input_axis(bag, path):
    _, _, module = bag.layer(path)
    name, w = bag.name(path), module.weight.detach()
    up, down = bag.file[f"{name}.lora_up.weight"], bag.file[f"{name}.lora_down.weight"]
    change = (up.flatten(1) @ down.flatten(1)).view_as(w) * bag.file[f"{name}.alpha"] / len(down)
    whole = weight_decompose(w + change, bag.file[f"{name}.dora_scale"], 1, False)
    bag.note(path, lambda s: w + s * (whole - w))


def loha(bag, path, rank, alpha, tucker=False, dora=None):
    """By LyCORIS' function: the module's get_merged_weight() of version 4.1.3 multiplies by the scale twice."""
    w = bag.layer(path)[2].weight.detach()
    out, inner, *k = w.shape
    size = torch.Size(k).numel()
    if tucker:
        a, b, t = (lambda: bag.random(rank, out)), (lambda: bag.random(rank, inner)), lambda: bag.random(rank, rank, *k)
    else:
        a, b, t = (lambda: bag.random(out, rank)), (lambda: bag.random(rank, inner * size)), lambda: None
    tensors = {"hada_w1_b": b(), "hada_w1_a": a(), "hada_w2_b": b(), "hada_w2_a": a(), "hada_t1": t(), "hada_t2": t()}
    change = loha_weight(*tensors.values(), gamma=torch.tensor(alpha / rank)).reshape(w.shape)
    tensors.update(alpha=torch.tensor(float(alpha)), dora_scale=dora)
    bag.file.update({f"{bag.name(path)}.{k}": v for k, v in tensors.items() if v is not None})
    whole = w + change if dora is None else weight_decompose(w + change, dora)
    bag.note(path, lambda s: w + s * (whole - w))


def lokr(bag, path, rows, columns, alpha, first=None, second=None, tucker=False):
    """first, second: ranks of the two matrices; None: whole."""
    out, inner, *k = bag.layer(path)[2].weight.shape
    o2, i2 = out // rows, inner // columns
    tensors = dict.fromkeys(("lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"))
    if first:
        tensors.update(lokr_w1_a=bag.random(rows, first), lokr_w1_b=bag.random(first, columns))
    else:
        tensors["lokr_w1"] = bag.random(rows, columns)
    if not second:
        tensors["lokr_w2"] = bag.random(o2, i2, *k)
    elif tucker:
        tensors.update(lokr_w2_a=bag.random(second, o2), lokr_w2_b=bag.random(second, i2),
                       lokr_t2=bag.random(second, second, *k))
    else:
        tensors.update(lokr_w2_a=bag.random(o2, second), lokr_w2_b=bag.random(second, i2, *k))
    for key, value in tensors.items():
        if value is not None:
            bag.file[f"{bag.name(path)}.{key}"] = value
    bag.file[f"{bag.name(path)}.alpha"] = torch.tensor(float(alpha))
    rank = second or first
    change = kron_weight(tensors["lokr_w1"], tensors["lokr_w1_a"], tensors["lokr_w1_b"], tensors["lokr_w2"],
                         tensors["lokr_w2_a"], tensors["lokr_w2_b"], tensors["lokr_t2"],
                         scale=alpha / rank if rank else 1.0)
    w = bag.layer(path)[2].weight.detach()
    bag.note(path, lambda s: w + s * change.reshape(w.shape))


def lycoris_cases():
    bag = Bag(6)
    loha(bag, MID + "attn1.to_q", 3, 2)
    loha(bag, CONV, 2, 1)
    loha(bag, LAST, 3, 1, tucker=True)
    loha(bag, TEXT + "self_attn.q_proj", 2, 1)
    loha(bag, UP + "attn2.to_k", 2, 1, dora=magnitudes(bag, UP + "attn2.to_k", True))
    bag.save("lycoris-loha")

    bag = Bag(7)
    lokr(bag, MID + "attn1.to_q", 4, 4, 3)
    lokr(bag, UP + "attn2.to_k", 2, 4, 3, second=2)
    lokr(bag, UP + "attn1.to_v", 4, 4, 3, first=2, second=1)
    lokr(bag, MID + "attn1.to_v", 8, 4, 3, first=2)
    lokr(bag, CONV, 4, 2, 1, second=2)
    lokr(bag, LAST, 2, 2, 1, second=2, tucker=True)
    lokr(bag, "up_blocks.1.resnets.1.conv2", 2, 4, 1)
    bag.save("lycoris-lokr")

    bag = Bag(8)
    for path, kind in ((MID + "attn1.to_out.0", "diff"), (LAST, "diff"), ("conv_norm_out", "norm"),
                       (TEXT + "layer_norm1", "norm")):
        module = bag.layer(path)[2]
        w, b = bag.random(*module.weight.shape, size=0.1), bag.random(*module.bias.shape, size=0.1)
        keys = ("diff", "diff_b") if kind == "diff" else ("w_norm", "b_norm")
        bag.file[f"{bag.name(path)}.{keys[0]}"], bag.file[f"{bag.name(path)}.{keys[1]}"] = w, b
        bag.note(path, lambda s: module.weight + s * w)
        bag.note(path, lambda s: module.bias + s * b, ".bias")
    for path, on_input in ((UP + "attn2.to_k", True), (UP + "ff.net.2", False), (CONV, False)):
        module = bag.layer(path)[2]
        w = module.weight.detach()
        v = bag.random(w.shape[1] if on_input else w.shape[0], size=0.5)
        bag.file[f"{bag.name(path)}.weight"] = v if w.ndim == 2 else v.reshape(1, -1, 1, 1)
        bag.file[f"{bag.name(path)}.on_input"] = torch.tensor(int(on_input))
        by = v if on_input else v.reshape((-1,) + (1,) * (w.ndim - 1))
        bag.note(path, lambda s: w * (1 + s * by))
    bag.save("lycoris-full")


# ---- all -------------------------------------------------------------------------------------------------

if __name__ == "__main__":
    torch.manual_seed(0)
    with torch.no_grad():
        peft_cases()
        diffusers_cases()
        kohya_cases()
        lycoris_cases()
    for file in HERE.rglob("*.safetensors"):
        file.chmod(0o644)
    save_file(vectors, HERE / "vectors.safetensors")
    print(len(vectors), "vectors,", (HERE / "vectors.safetensors").stat().st_size, "bytes")
