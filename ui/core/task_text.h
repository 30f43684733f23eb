// What a task is doing, in words: the one place where they are made.
#pragma once

#include "compute/task.h"

// A sentence that begins with a capital: "Drawing: step 12 of 20". Newly allocated.
char *task_text(const struct task_progress *progress);

// "12 s left", "3 min left"; NULL where the time is unknown (seconds < 0). Newly allocated.
char *time_left_text(double seconds);
