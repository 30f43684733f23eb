// Colours that a sentence names: how well a pixel fits the word.
#pragma once

struct color_word;

// By its English name in lower case, "gray" or "turquoise"; NULL: this is no word for a colour.
const struct color_word *color_word_find(const char *name);

// 0..1; lab is a colour in Oklab (see oklab.h).
float color_word_fit(const struct color_word *word, const float *lab);
