// The longest common sequence of two sentences' words, for what has to tell which words they share.
#pragma once

#include <stdbool.h>

// Whether word i of a is word j of b.
typedef bool (*common_words_func)(const void *a, int i, const void *b, int j);
// The usual table: at i * (n_b + 1) + j the length of what the words from i of a and from j of b
// have in common. To be freed with g_free().
int *common_words(const void *a, int n_a, const void *b, int n_b, common_words_func same);
