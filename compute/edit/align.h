// Which tokens of two sentences belong together: for what takes the attention of one sentence's
// words over to the other's.
//
// Sentences are compared word by word. Words that both have in the same order belong together;
// between those the words of one sentence stand for the other's, the last for the last, so that in
// "a red bird" and "a large blue parrot" the parrot is the bird. What is left over is new, or gone.
#pragma once

#include "compute/model/prompt.h"

struct alignment {
    int tokens;                // T, of all windows
    int windows;               // of the model's text encoder
    struct prompt_style style; // how the sentences are read
    float *mapper; // (T,T): how much each token of the edit (column) takes of one of the source; a
                   // row adds up to 1, or to 0 where the token is gone
    float *shared; // (T): 1 where the edit's token has one of the source
    float *weight; // (T): factor of the edit's token, 1 but for alignment_weigh()
    bool changed;  // some word is not the same in both
};
// Any text; what is longer than the model reads is cut, as it is for the text encoder.
void alignment_init(struct alignment *a, const struct model *m, const struct prompt_style *style,
                    int windows, const char *source, const char *edit);
void alignment_finish(struct alignment *a);
// Multiplies the weight of each token of `text` (a word, or several in a row; marks around them do
// not count), wherever the edit has it. False: it does not.
bool alignment_weigh(struct alignment *a, const struct model *m, const char *edit, const char *text,
                     double factor);
// The words of a text as somebody names them, without blanks and marks around: "cat," is the cat.
// Newly allocated.
char *words_alone(const char *text);
