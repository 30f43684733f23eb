#!/usr/bin/env python3
"""Makes added.json: what the reference makes of tokens that a tokenizer's folder adds to its vocabulary.

Run by hand when something is added; building and testing never need it (transformers).

Each member is a folder: that of sd1 with the files of `files` in it, as JSON; where `single` is true, its vocabulary
and merges are members of a tokenizer.json instead, whose `added_tokens` is the list in `files`. `cases` are texts with
the ids that CLIPTokenizer gives them.
"""
import json
import shutil
import tempfile
from pathlib import Path

from transformers import CLIPTokenizer

HERE = Path(__file__).parent
TEXTS = [
    "", "a <cat-toy> b", "a<cat-toy>b", "A <CAT-TOY>!", "  <cat-toy>  <cat-toy>  ", "<|endoftext|><cat-toy>", "sks dog",
    "sksdog", "SKS Dog, sks  dog", "\u00e9<cat-toy>\u00e9", "x_<cat-toy>", "<cat-toy>'s ball", "a photo of <sun> dog",
    "a\t<sun>\n dog", "<sun><sun>", "!<sun>!", "<moon> <moon>dog", "dog<moon>", "(<moon>)", "_<moon>", "\u0301<moon>", "7<moon>",
    "<moon>\u200d", "<Star> <star> <STAR>", "<\u00c9toile> <\u00e9toile> <e\u0301toile>", "<cat-toy", "cat-toy>", "<cat-<cat-toy>>",
    "<cat-toy>er <cat-toys>", "<|startoftext|> <sun>", "dog \u3000<sun>\u2003 dog", "<sun>" * 40,
]


def token(content, **flags):
    return dict(dict(content=content, lstrip=False, rstrip=False, single_word=False, normalized=False, special=False),
                **flags)


FLAGS = [
    token("<cat-toy>"), token("sks dog", normalized=True), token("<sun>", lstrip=True, rstrip=True),
    token("<moon>", single_word=True), token("<Star>", normalized=True), token("<\u00c9toile>", normalized=True),
    token("<cat-toys>", special=True), token("<left>", lstrip=True, normalized=True),
]
CONFIG = json.loads((HERE / "sd1/tokenizer_config.json").read_text())
MAP = json.loads((HERE / "sd1/special_tokens_map.json").read_text())
VOCAB = json.loads((HERE / "sd1/vocab.json").read_text())
FIRST = len(VOCAB)

VARIANTS = {
    "added-tokens": dict(files={"added_tokens.json": {"Sks Dog": FIRST + 1, "<cat-toy>": FIRST, "<Star>": FIRST + 2}}),
    "special-map": dict(files={
        "added_tokens.json": {"<cat-toy>": FIRST, "<Star>": FIRST + 1},
        "special_tokens_map.json": dict(MAP, mask_token="<Star>")}),
    "decoder": dict(files={"tokenizer_config.json": dict(
        CONFIG, added_tokens_decoder={str(FIRST + i): t for i, t in enumerate(FLAGS)})}),
    "decoder-known": dict(files={"tokenizer_config.json": dict(CONFIG, added_tokens_decoder={
        str(VOCAB["<|endoftext|>"]): token("<|endoftext|>", special=True),
        str(VOCAB["dog</w>"]): token("dog", rstrip=True), "2000": token("<sun>"), "1000": token("<moon>", lstrip=True)})}),
    "single": dict(single=True, files={"added_tokens": [dict(t, id=FIRST + i) for i, t in enumerate(FLAGS)]}),
}


def main():
    out = {}
    for name, variant in VARIANTS.items():
        folder = Path(tempfile.mkdtemp())
        for file in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(HERE / "sd1" / file, folder)
        for file, value in variant["files"].items():
            (folder / file).write_text(json.dumps(value))
        if variant.get("single"):
            merges = (folder / "merges.txt").read_text().splitlines()[1:]
            whole = dict(version="1.0", truncation=None, padding=None, normalizer=None, pre_tokenizer=None,
                         post_processor=None, decoder=None, added_tokens=variant["files"]["added_tokens"],
                         model=dict(type="BPE", dropout=None, unk_token="<|endoftext|>", continuing_subword_prefix="",
                                    end_of_word_suffix="</w>", fuse_unk=False, vocab=VOCAB, merges=merges))
            (folder / "tokenizer.json").write_text(json.dumps(whole))
            for file in ("vocab.json", "merges.txt", "added_tokens"):
                (folder / file).unlink()
        tokenizer = CLIPTokenizer.from_pretrained(folder)
        variant["cases"] = [{"text": text, "ids": tokenizer(text).input_ids} for text in TEXTS]
        out[name] = variant
        shutil.rmtree(folder)
    (HERE / "added.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
