// What a running job is doing, in words.
#pragma once

#include "ui/core/session.h"

// "Drawing: step 12 of 20"; a general word for the kind of job while it has not said more. Newly
// allocated; empty without a job.
char *job_text(const struct job_state *job);

// The same with the time left where it is known: "Drawing: step 12 of 60 · 24 s left".
char *job_text_with_time(const struct job_state *job);

// The same with how much is done, where that is known: "Loading the model · 40 %".
char *job_text_with_percent(const struct job_state *job);
