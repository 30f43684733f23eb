// Shared by session.c (jobs, requests, life), session_model.c (the model that all sessions of a
// studio work with) and session_library.c (the library that they have).
#pragma once

#include "ui/core/studio.h"

typedef struct _TinctureSession TinctureSession; // ui/core/session.h, which comes above this

// The one that does what is to be done once for all.
bool session_is_first(const TinctureSession *self);
// The i-th of the studio.
TinctureSession *session_at(const TinctureSession *self, guint i);

void session_load(TinctureSession *self, const struct studio_engine *engine); // for all
// What load and tokens jobs bring, to be called for each session, the first one first.
void session_loaded(TinctureSession *self, TinctureJob *job);
void session_tokens_came(TinctureSession *self, TinctureJob *job);
void session_tokens_read(TinctureSession *self, TinctureJob *job);

// False, and told: another session has the document (0: a new one).
bool session_may_open(TinctureSession *self, gint64 document);
void session_tell_library(TinctureSession *self); // the others: it has other documents
void session_note_opening(TinctureSession *self); // what would be to blame
void session_begin_studio(TinctureSession *self); // of the first one: its model and document come
