// How a sentence is read by the text encoder: as the ids of one window, or of as many as it takes,
// each word with the weight that parentheses give it.
#pragma once

#include "compute/model/model.h"

#define PROMPT_WINDOWS 16 // at most; what is longer is cut

struct prompt_style {
    // Each window of the text encoder, of T ids, holds T - 2 of the sentence between marks of its
    // own, and their embeddings follow each other; else the sentence is cut to one window.
    bool long_prompt;
    // (words) weigh 1.1 and [words] 1 / 1.1 times as much, (words:1.3) as much as that says, and
    // they may be nested; a backslash makes a bracket one of the text. As in the web UI of
    // AUTOMATIC1111 (modules/prompt_parser.py).
    bool emphasis;
};

struct prompt {
    int windows, tokens; // tokens: T, of one window
    int32_t *ids;        // (windows, T)
    float *weights;      // (windows, T): 1 for marks and padding
    bool weighted;       // any of them is not 1
    bool cut;            // there was more
    int n;               // ids of the sentence itself, without marks and padding ...
    int32_t *content;    // (n) ... which they are
    int *places;         // (n) ... and where in ids
    int *filled;         // (windows): how many of them are in each
};
// windows: how many there are to be where the sentence may take several, 0: as many as it takes.
void prompt_init(struct prompt *p, const struct model *m, const struct prompt_style *style,
                 int windows, const char *text);
void prompt_finish(struct prompt *p);

// The windows that this sentence takes.
int prompt_windows(const struct model *m, const struct prompt_style *style, const char *text);
// The sentence without the signs of its weights, as words are looked for in it; newly allocated.
char *prompt_plain(const struct prompt_style *style, const char *text);
// Bytes of the text, up to the end of a word, that the model reads: all of it where nothing is cut.
gsize prompt_end(const struct model *m, const struct prompt_style *style, const char *text);
