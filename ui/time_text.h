// Times as people say them.
#pragma once

#include <glib.h>

// "12 s left", "3 min left"; NULL where the time is unknown (seconds < 0).
char *time_left_text(double seconds);

// When something was made, seen from now: "14:32", "Yesterday, 14:32", "3 Mar 2026".
char *time_ago_text(gint64 unix_seconds);
