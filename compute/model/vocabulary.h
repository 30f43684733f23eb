// Which words a model knows: a file words.json beside model_index.json,
//
//   {"flower": "known", "fog": "weak"}
//
// A word that it does not list is unknown to the model. The starter's was made by asking the model
// itself (resources/starter/recipe/grade_words.py). Published models have no such file, and nothing
// is said of their words. It is this program's own; others ignore it.
#pragma once

#include <glib.h>
#include <stdbool.h>

enum word_standing { WORD_UNKNOWN, WORD_WEAK, WORD_KNOWN };

struct vocabulary;
// Of a model's folder (or file: then none). NULL without an error: the model does not say.
struct vocabulary *vocabulary_load(const char *model, GError **error);
void vocabulary_free(struct vocabulary *v); // NULL is allowed
// One word in lower case.
enum word_standing vocabulary_ask(const struct vocabulary *v, const char *word);
// Whether a known word begins so: then who types it may not have come to its end.
bool vocabulary_begins(const struct vocabulary *v, const char *start);
