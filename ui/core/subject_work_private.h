// Shared by subject_input.c (what a person puts in), subject_photos.c (its photos), subject_run.c
// (learning), subject_known.c (what was learned), subject_saved.c (the library's file) and the
// lessons.
#pragma once

#include "ui/core/subject_work.h"

void subject_work_changed(TinctureSubjectWork *self);      // emits the signal
void subject_work_changed_soon(TinctureSubjectWork *self); // for what a training reports
void subject_work_edited(TinctureSubjectWork *self);       // and saves soon
void subject_work_save_soon(TinctureSubjectWork *self);
void subject_work_save_now(TinctureSubjectWork *self);
// From the library's file into draft and run. False: there is none.
bool subject_work_read(TinctureSubjectWork *self);

void subject_work_read_photo(TinctureSubjectWork *self, const char *path);
void subject_view_free(void *view);
struct subject_removed { // a photo, or a subject
    gint64 number;
    guint subject, at; // where it was; at: of a photo
    struct subject_shot *shot;
    struct subject_entry *entry;
    GPtrArray *shots; // struct subject_shot: all of a list that stays
};
void subject_removed_free(void *removed);

void subject_strip_free(void *strip);
void subject_run_init(struct subject_run *run, const struct lesson *lesson);
void subject_run_clear(struct subject_run *run);
bool subject_run_has_checkpoint(TinctureSubjectWork *self, const struct subject_run *run);
// What runs will not be waited for: the window closes, or it was stopped.
void subject_run_stopped(TinctureSubjectWork *self);

// "a photograph of a <rex> dog", of what is put in by now.
char *subject_entry_sentence(const struct subject_entry *e);
// Whether learned subjects have the word already.
char *subject_known_by(TinctureSubjectWork *self, const char *word);
