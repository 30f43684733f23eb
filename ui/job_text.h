// What a job is doing, in words.
#pragma once

#include "ui/core/session.h"

// "Drawing: step 12 of 20"; its title while it has not said more. Newly allocated; empty for NULL.
char *job_text(const TinctureJob *job);

// The same with the time left where it is known: "Drawing: step 12 of 60 · 24 s left".
char *job_text_with_time(const TinctureJob *job);

// The same with how much is done, where that is known: "Loading the model · 40 %".
char *job_text_with_percent(const TinctureJob *job);

// Name of a photo that opens when what is shown is done, or NULL.
const char *job_text_next(TinctureSession *session);
