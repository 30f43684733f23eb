"""Version 1's weights in version 2's networks: what has the same shape is kept, what is new starts so that it changes nothing.

Version 2 sees more latents a place (the first four mean what version 1's did), attends at the finest level too, has one
more level in the autoencoder, and knows more words.
"""
import torch
from safetensors.torch import load_file

import catalogue


def grown_unet(unet, folder):
    """In place. New latents come in and go out with zero weights; new attention adds nothing until it has learned."""
    old, mine = load_file(folder / "unet/diffusion_pytorch_model.safetensors"), unet.state_dict()
    for name, value in mine.items():
        if name in old and old[name].shape == value.shape:
            value.copy_(old[name])
        elif name in old:
            value.zero_()
            value[tuple(slice(n) for n in old[name].shape)] = old[name].float()
        elif name.endswith(("proj_out.weight", "proj_out.bias")):
            value.zero_()
    unet.load_state_dict(mine)


def encoder_name(name):
    """A decoder's level of version 2 as version 1 counted it: both begin at the coarsest, and version 2 has one more."""
    for level in (1, 2, 3):
        if name.startswith(f"decoder.up_blocks.{level}."):
            return name.replace(f"up_blocks.{level}.", f"up_blocks.{level - 1}.", 1)
    return name


def grown_autoencoder(vae, folder):
    """In place. The coarsest level is new in the encoder and begins like its neighbour in the decoder."""
    old, mine = load_file(folder / "vae/diffusion_pytorch_model.safetensors"), vae.state_dict()
    for name, value in mine.items():
        theirs = old.get(encoder_name(name))
        if theirs is not None and theirs.shape == value.shape:
            value.copy_(theirs)
    for name in ("encoder.down_blocks.3.resnets.0.conv2", "decoder.up_blocks.0.resnets.0.conv2", "decoder.up_blocks.0.resnets.1.conv2"):
        mine[name + ".weight"].mul_(0.2)
    vae.load_state_dict(mine)


def likeness():
    """{new word: known words it starts out like}: a bird that version 1 never saw begins as a bird."""
    like = {word: words.split() for word, words in catalogue.KINDS.items()}
    like.update({noun.split()[-1]: catalogue.KINDS[kind].split() for kind, noun, _, _ in catalogue.cutouts()})
    like.update(catalogue.LIKE)
    return like


def grown_text_encoder(text, tokenizer, old_tokenizer, folder):
    """In place; returns a mask [tokens, 1] that is 1 at the rows of new tokens."""
    state = load_file(folder / "text_encoder/model.safetensors")
    wanted = text.state_dict()
    old = {k if k in wanted else k.removeprefix("text_model."): v.float() for k, v in state.items()}
    table = next(k for k in wanted if k.endswith("token_embedding.weight"))
    rows, new, like = wanted[table].clone(), torch.zeros(len(tokenizer.ids), 1), likeness()
    for token, place in tokenizer.ids.items():
        if token in old_tokenizer.ids:
            rows[place] = old[table][old_tokenizer.ids[token]]
            continue
        new[place] = 1
        known = [old_tokenizer.word(w)[0] for w in like.get(token.removesuffix("</w>"), ())]
        rows[place] = old[table][known].mean(0) if known else old[table].std() * torch.randn(rows.shape[1])
    text.load_state_dict({**old, table: rows})
    return new
