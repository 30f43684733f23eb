// What is to be said of a sentence's words before anybody waits for a picture of them.
#pragma once

#include "compute/model/prompt.h"
#include "compute/model/vocabulary.h"

// One sentence about the words that the model knows little or not at all, or "" where it knows them
// all or does not say (vocabulary NULL). Learned tokens of m (NULL: not known yet) are no words. A
// last word that is still being typed is left in peace while it can become one that the model
// knows. To be freed.
char *words_text(const struct vocabulary *vocabulary, const struct model *m, const char *sentence);
// The first "(red:1.2)" of a sentence, NULL: it has none. To be freed.
char *weighed_word(const char *sentence);
// The last words of the sentence that the model reads, behind `more` where there are others before
// them; NULL: it reads all of it. m NULL: not known yet. To be freed.
char *reading_end(const struct model *m, const struct prompt_style *style, const char *sentence,
                  const char *more);
// The same as a sentence: its last words, or "" where it reads all of it.
// m NULL: not known yet. To be freed.
char *reading_text(const struct model *m, const struct prompt_style *style, const char *sentence);
