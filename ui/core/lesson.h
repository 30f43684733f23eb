// What is learned on a page of its own, from lists of photos that belong to no document: subjects
// under words of their own, or a look. A family: lesson_NAME.c with a `const struct lesson
// NAME_lesson`; its work is the session's, its page the window's.
#pragma once

#include "compute/model/model.h"
#include "compute/train/train.h"

#include <glib-object.h>

struct subject_draft;
struct _TinctureSubjectWork;

struct lesson {
    const char *name;   // of its page and of the controls there: "subject"
    const char *folder; // of the library, where what is learned is kept
    guint least, most;  // lists of photos that are learned together
    bool tokens; // each list has a word that the model learns, and a class of which it may draw
    const enum train_role *roles; // of each list's photos; NULL: those of subjects

    const char *title; // of the page
    // Sentences of what came of it; done tells how it is used, newly allocated.
    const char *no_start, *no_save, *no_read;
    char *(*done)(guint lists, const char *usage);
    const char *start, *starts;  // the button's text; starts: of several lists
    const char *known;           // what was learned before
    const char *word, *kind;     // titles of what is written about a list
    const char *const *lists;    // title of each list where there are several
    const char *const *describe; // of each list: what belongs there

    const char *(*objective)(guint n);
    // Settings of learn_settings, with what the model's folder says of "learn", become those of it.
    bool (*defaults)(const char *model, struct settings *s, GError **error);
    // A name for what is learned; how it is called in a sentence, NULL where it has no word of its
    // own; sentences that are drawn on the way, char *, freed with the array. To be freed.
    char *(*name_of)(const struct subject_draft *d);
    char *(*sentence)(const struct subject_draft *d);
    GPtrArray *(*prompts)(const struct subject_draft *d);
    // What is in the way of learning a list, as a sentence to be freed; NULL: nothing. m: the
    // session's reader.
    char *(*missing)(struct _TinctureSubjectWork *work, guint list, const struct model *m);
};
extern const struct lesson subject_lesson, style_lesson;
