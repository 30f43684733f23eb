// Texts from outside as they can be shown: names of files, metadata, sentences, what a library
// holds. UTF-8 without control characters, which could steer a terminal or turn a line around, and
// of a length that a window can lay out. All are newly allocated; raw NULL is "".
#pragma once

enum {
    TEXT_NAME = 200,      // characters of a name,
    TEXT_MESSAGE = 600,   // of a message,
    TEXT_SENTENCE = 2000, // of a sentence to draw: many times what a model reads
};

char *plain_text(const char *raw, int max); // one line; ends in "…" where it was longer
char *plain_lines(const char *raw);         // of any length, with its line ends
char *plain_sentence(const char *raw);      // the same of TEXT_SENTENCE, where it just ends
