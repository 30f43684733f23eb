// What is to be said of a sentence's words before anybody waits for a picture of them.
#pragma once

#include "compute/model/vocabulary.h"

// One sentence about the words that the model knows little or not at all, or "" where it knows them
// all or does not say (vocabulary NULL). A last word that is still being typed is left in peace
// while it can become one that the model knows. To be freed.
char *words_text(const struct vocabulary *vocabulary, const char *sentence);
