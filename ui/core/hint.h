// The hint that leads the open document's edits, as a picture: made anew when photo, frame or
// control change, and kept in the project.
//
// Thread: main only.
#pragma once

#include "ui/core/project.h"
#include "ui/core/queue.h"

struct hint;
struct hint *hint_new(TinctureProject *project, TinctureQueue *queue); // both borrowed
void hint_free(struct hint *h);
void hint_made(struct hint *h, TinctureJob *job);
