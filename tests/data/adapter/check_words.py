#!/usr/bin/env python3
"""Checks by hand that every word of PEFT's configurations is in a list of compute/adapter/dialect/peft_config.c:

    python3 tests/data/adapter/check_words.py      (packages as make_adapter_vectors.py)

Prints the methods and those of their words that are in none: each is to be looked up in PEFT's tuner, and obeyed,
refused or passed over there.
"""
import dataclasses
import re
from pathlib import Path

from peft import PeftType
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

source = (Path(__file__).parents[3] / "compute/adapter/dialect/peft_config.c").read_text()
lists = {name: set(re.findall(r'"(\w+)"', body))
         for name, body in re.findall(r"(?:word|\*const) (\w+)\[\] = \{(.*?)\};", source, re.S)}
for method, name in re.findall(r'\{"(\w+)", (\w+), ROLE', source):
    config = PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(method)]
    known = lists["of_all"] | lists[name] | (lists["more_than_lora"] if name == "of_lora" else set())
    words = {f.name for f in dataclasses.fields(config)}
    print(f"{method:5} {len(words):3} words, not known: {sorted(words - known) or 'none'}")
